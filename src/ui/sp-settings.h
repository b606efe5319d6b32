/* sp-settings.h - what is remembered between sessions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

#define SP_TYPE_SETTINGS (sp_settings_get_type ())
G_DECLARE_FINAL_TYPE (SpSettings, sp_settings, SP, SETTINGS, GObject)

/* One for the process, on the main thread.  Where the schema is not installed the defaults stand
 * in and last as long as the process.  Signal "changed::key" (key). */
SpSettings *sp_settings_get_default (void);

gboolean    sp_settings_get_boolean (const char *key);
int         sp_settings_get_int     (const char *key);
char       *sp_settings_dup_string  (const char *key);
GStrv       sp_settings_dup_strv    (const char *key);
void        sp_settings_set_boolean (const char *key, gboolean value);
void        sp_settings_set_int     (const char *key, int value);
void        sp_settings_set_string  (const char *key, const char *value);
void        sp_settings_set_strv    (const char *key, const char *const *value);
