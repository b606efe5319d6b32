/* sp-panes.h - a side pane left and right of the middle; over it where there is no room beside it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_PANES (sp_panes_get_type ())
G_DECLARE_FINAL_TYPE (SpPanes, sp_panes, SP, PANES, GtkWidget)

/* Properties "start-visible" and "end-visible": as wanted while there is room for a side; a side without
 * room begins hidden and comes as an overlay, one at a time. */
GtkWidget *sp_panes_new       (GtkWidget *start, GtkWidget *middle, GtkWidget *end);
gboolean   sp_panes_is_wanted (SpPanes *self, GtkPackType side);     /* where there is room */
