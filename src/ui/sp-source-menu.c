/* sp-source-menu.c - what can be done with the source of a row in the tree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-source-menu.h"

#include <glib/gi18n.h>
#include <string.h>

/* The row around a widget, by the expander in one of its cells. */
static GtkTreeListRow *
find_row (GtkWidget *inside)
{
  GtkWidget *cell;

  while (inside != NULL && strcmp (gtk_widget_get_css_name (inside), "row") != 0)
    inside = gtk_widget_get_parent (inside);
  cell = inside != NULL ? gtk_widget_get_first_child (inside) : NULL;
  while (cell != NULL && !GTK_IS_TREE_EXPANDER (gtk_widget_get_first_child (cell)))
    cell = gtk_widget_get_next_sibling (cell);
  return cell != NULL ? gtk_tree_expander_get_list_row (GTK_TREE_EXPANDER (gtk_widget_get_first_child (cell))) : NULL;
}

/* At the row around inside, if there is one.  x, y: of the parent. */
static gboolean
open_at (GtkPopover *menu, GtkWidget *inside, double x, double y)
{
  GtkSingleSelection *selection = g_object_get_data (G_OBJECT (menu), "selection");
  GtkTreeListRow     *row = find_row (inside);

  if (row == NULL)
    return FALSE;
  gtk_single_selection_set_selected (selection, gtk_tree_list_row_get_position (row));
  gtk_popover_set_pointing_to (menu, &(GdkRectangle) { (int) x, (int) y, 1, 1 });
  gtk_popover_popup (menu);
  return TRUE;
}

static void
on_pressed (GtkPopover *menu, int n_press, double x, double y, GtkGesture *gesture)
{
  GtkWidget *parent = gtk_widget_get_parent (GTK_WIDGET (menu));

  if (open_at (menu, gtk_widget_pick (parent, x, y, GTK_PICK_DEFAULT), x, y))
    gtk_gesture_set_state (gesture, GTK_EVENT_SEQUENCE_CLAIMED);
}

static gboolean
on_menu_key (GtkWidget *parent, GVariant *args, gpointer menu)
{
  GtkWidget      *focus = gtk_root_get_focus (gtk_widget_get_root (parent));
  graphene_rect_t box;

  return focus != NULL && gtk_widget_is_ancestor (focus, parent) && gtk_widget_compute_bounds (focus, parent, &box) &&
         open_at (menu, focus, box.origin.x + box.size.width / 2, box.origin.y + box.size.height);
}

static void
add_key (GtkEventController *keys, guint key, GdkModifierType modifiers, GtkWidget *menu)
{
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (keys),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (key, modifiers),
                                                          gtk_callback_action_new (on_menu_key, menu, NULL)));
}

/* What cannot be done with this source is not there. */
static void
append (GMenu *menu, const char *label, const char *action)
{
  g_autoptr (GMenuItem) item = g_menu_item_new (label, action);

  g_menu_item_set_attribute (item, "hidden-when", "s", "action-disabled");
  g_menu_append_item (menu, item);
}

GtkWidget *
sp_source_menu_new (GtkWidget *parent, GtkSingleSelection *selection)
{
  g_autoptr (GMenu)   items = g_menu_new ();
  GtkWidget          *menu = gtk_popover_menu_new_from_model (G_MENU_MODEL (items));
  GtkGesture         *click = gtk_gesture_click_new ();
  GtkEventController *keys = gtk_shortcut_controller_new ();

  append (items, _("_Record Activations…"), "win.record-activations");
  append (items, _("_Close Source"), "win.close-source");
  gtk_popover_set_has_arrow (GTK_POPOVER (menu), FALSE);
  gtk_widget_set_halign (menu, GTK_ALIGN_START);
  gtk_widget_set_parent (menu, parent);
  g_object_set_data (G_OBJECT (menu), "selection", selection);
  gtk_gesture_single_set_button (GTK_GESTURE_SINGLE (click), GDK_BUTTON_SECONDARY);
  g_signal_connect_object (click, "pressed", G_CALLBACK (on_pressed), menu, G_CONNECT_SWAPPED);
  gtk_widget_add_controller (parent, GTK_EVENT_CONTROLLER (click));
  add_key (keys, GDK_KEY_Menu, 0, menu);
  add_key (keys, GDK_KEY_F10, GDK_SHIFT_MASK, menu);
  gtk_widget_add_controller (parent, keys);
  return menu;
}
