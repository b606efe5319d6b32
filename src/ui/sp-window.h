/* sp-window.h - a window: sources, pages, parameters */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

#define SP_TYPE_WINDOW (sp_window_get_type ())
G_DECLARE_FINAL_TYPE (SpWindow, sp_window, SP, WINDOW, AdwApplicationWindow)

GtkWidget *sp_window_new       (AdwApplication *application);
void       sp_window_open_path (SpWindow *self, const char *path);
void       sp_window_open_file (SpWindow *self, GFile *file);      /* says so where it has no path */
