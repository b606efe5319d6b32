/* sp-panes.h - a side pane left and right of the middle; over it where the window is narrow */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_PANES (sp_panes_get_type ())
G_DECLARE_FINAL_TYPE (SpPanes, sp_panes, SP, PANES, GtkWidget)

/* Properties "start-visible" and "end-visible": as wanted while wide; narrow, both begin hidden and
 * one at a time comes as an overlay.  "narrow" (read only). */
GtkWidget *sp_panes_new (GtkWidget *start, GtkWidget *middle, GtkWidget *end);
