/* sp-fold.h - two widgets beside one another; one above the other where there is no room */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_FOLD (sp_fold_get_type ())
G_DECLARE_FINAL_TYPE (SpFold, sp_fold, SP, FOLD, GtkWidget)

/* box: a GtkBox or GtkPaned that has start and end as its children, beside one another at first. */
GtkWidget *sp_fold_new (GtkWidget *box, GtkWidget *start, GtkWidget *end);
