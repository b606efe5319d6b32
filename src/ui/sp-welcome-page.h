/* sp-welcome-page.h - what there is before anything is open */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

#define SP_TYPE_WELCOME_PAGE (sp_welcome_page_get_type ())
G_DECLARE_FINAL_TYPE (SpWelcomePage, sp_welcome_page, SP, WELCOME_PAGE, GtkWidget)

/* Acts through win.open, win.open-folder, win.open-recent, win.open-sample. */
GtkWidget *sp_welcome_page_new (void);
