/* sp-preferences.h - the few things that are a matter of taste */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

GtkWidget  *sp_preferences_new             (GtkWindow *parent);
void        sp_preferences_apply_scheme    (void);      /* light, dark or as the system */
const char *sp_preferences_default_palette (void);      /* id; NULL: by the data */
