/* sp-run-bar.h - how far the reading is, and a way to stop it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_RUN_BAR (sp_run_bar_get_type ())
G_DECLARE_FINAL_TYPE (SpRunBar, sp_run_bar, SP, RUN_BAR, GtkWidget)

GtkWidget *sp_run_bar_new (SpSession *session);
char      *sp_run_bar_format_left (double seconds);          /* " · 5 s left"; NaN: "" */
