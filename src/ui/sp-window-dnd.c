/* sp-window-dnd.c - files and folders dropped on a window are opened */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-window-private.h"

static gboolean
on_drop (GtkDropTarget *target, const GValue *value, double x, double y, SpWindow *self)
{
  if (G_VALUE_HOLDS (value, GDK_TYPE_FILE_LIST))
    for (GSList *link = g_value_get_boxed (value); link != NULL; link = link->next)
      sp_window_open_file (self, link->data);
  else if (G_VALUE_HOLDS (value, G_TYPE_FILE))
    sp_window_open_file (self, g_value_get_object (value));
  else
    return FALSE;
  return TRUE;
}

void
sp_window_add_drop (SpWindow *self)
{
  GtkDropTarget *target = gtk_drop_target_new (G_TYPE_INVALID, GDK_ACTION_COPY);

  gtk_drop_target_set_gtypes (target, (GType[]) { GDK_TYPE_FILE_LIST, G_TYPE_FILE }, 2);
  g_signal_connect (target, "drop", G_CALLBACK (on_drop), self);
  gtk_widget_add_controller (GTK_WIDGET (self), GTK_EVENT_CONTROLLER (target));
}
