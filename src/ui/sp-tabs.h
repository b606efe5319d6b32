/* sp-tabs.h - a row of flat toggles, one of them on; scrolls where there is no room */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_TABS (sp_tabs_get_type ())
G_DECLARE_FINAL_TYPE (SpTabs, sp_tabs, SP, TABS, GtkWidget)

/* Signal "changed" when a person chose another. */
GtkWidget  *sp_tabs_new        (const char *accessible_name);
void sp_tabs_begin (SpTabs *self); /* ids and titles follow; what is the same stays as it is */
void        sp_tabs_add        (SpTabs *self, const char *id, const char *title, const char *tooltip);
void        sp_tabs_end        (SpTabs *self);
const char *sp_tabs_get_active (SpTabs *self);                 /* NULL: empty */
void        sp_tabs_set_active (SpTabs *self, const char *id); /* without "changed"; unknown: the first */
const char *sp_tabs_get_nth    (SpTabs *self, guint i);        /* NULL past the end */
