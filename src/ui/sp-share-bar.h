/* sp-share-bar.h - a share as a thin bar in the colour of the text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_SHARE_BAR (sp_share_bar_get_type ())
G_DECLARE_FINAL_TYPE (SpShareBar, sp_share_bar, SP, SHARE_BAR, GtkWidget)

GtkWidget *sp_share_bar_new       (void);
void       sp_share_bar_set_share (SpShareBar *self, double share);   /* 0…1; NaN: nothing known, nothing drawn */
