/* sp-source-menu.h - what can be done with the source of a row in the tree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gtk/gtk.h>

/* A popover below parent, which is around a view of rows with tree expanders and has a layout manager; to be unparented by its owner.  It
 * opens at the row under the pointer's second button, and by the menu key at the row with the focus, which is selected first: so actions
 * are about its source.  Lends selection, of GtkTreeListRow. */
GtkWidget *sp_source_menu_new (GtkWidget *parent, GtkSingleSelection *selection);
