/* sp-fold.h - two widgets beside one another; one above the other where there is no room */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_FOLD (sp_fold_get_type ())
G_DECLARE_FINAL_TYPE (SpFold, sp_fold, SP, FOLD, GtkWidget)

/* A handle between them, accessible by this name, says who has how much. */
GtkWidget *sp_fold_new (GtkWidget *start, GtkWidget *end, const char *accessible_name);
