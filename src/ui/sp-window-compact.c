/* sp-window-compact.c - where the window is too narrow for its header bar, pages and panes are chosen below */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-window-private.h"

/* Under this width, which the wide header bar does not need in any language. */
#define COMPACT_PIXELS 560

static void
move (GtkWidget *child, GtkWidget *box)
{
  g_object_ref (child);
  gtk_box_remove (GTK_BOX (gtk_widget_get_parent (child)), child);
  gtk_box_append (GTK_BOX (box), child);
  g_object_unref (child);
}

void
sp_window_show_bar (SpWindow *self)
{
  gboolean has_store = sp_session_get_store (self->session) != NULL;

  gtk_widget_set_visible (self->bar, has_store && self->is_compact);
  for (gsize i = 0; i < G_N_ELEMENTS (self->homes); i++)
    gtk_widget_set_visible (self->homes[i], has_store && !self->is_compact);
}

static gboolean
change (gpointer data)
{
  SpWindow  *self = data;
  GtkWidget *moved[] = { self->toggles[0], self->tabs, self->toggles[1] };

  self->compact_idle = 0;
  self->is_compact = !self->is_compact;
  for (gsize i = 0; i < G_N_ELEMENTS (moved); i++)
    move (moved[i], self->is_compact ? self->bar : self->homes[i]);
  gtk_widget_set_visible (self->export, !self->is_compact);
  sp_window_show_bar (self);
  return G_SOURCE_REMOVE;
}

void
sp_window_fit (SpWindow *self)
{
  gboolean is_compact = gtk_widget_get_width (self->content) < COMPACT_PIXELS;

  if (is_compact != self->is_compact && self->compact_idle == 0)
    self->compact_idle = g_idle_add_full (G_PRIORITY_HIGH_IDLE, change, self, NULL);
}
