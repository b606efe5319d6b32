/* sp-error-bar.h - one sentence about what went wrong, and ways on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_ERROR_BAR (sp_error_bar_get_type ())
G_DECLARE_FINAL_TYPE (SpErrorBar, sp_error_bar, SP, ERROR_BAR, GtkWidget)

typedef enum { SP_WAY_NONE = 0, SP_WAY_RETRY = 1, SP_WAY_CHOOSE = 2 } SpWaysOn;   /* flags: buttons of the bar */

/* Signals "retry", "choose" (another file). */
GtkWidget *sp_error_bar_new  (void);
void sp_error_bar_show (SpErrorBar *self,
                        const char *sentence,
                        const char *details,
                        SpWaysOn ways); /* details: NULL for none */
void       sp_error_bar_hide (SpErrorBar *self);
