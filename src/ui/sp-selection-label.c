/* sp-selection-label.c - what is selected, and a way to let go of it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-selection-label.h"

#include <glib/gi18n.h>
#include <inttypes.h>

#define FEWEST_CHARS 8

static char *
dup_text (SpSession *session)
{
  const char *name = sp_session_get_selection (session);
  gint64      neuron = sp_session_get_neuron (session);

  if (name == NULL)
    return NULL;
  if (neuron < 0)
    return g_strdup (name);
  return g_strdup_printf (sp_session_selects_features (session) ? _("%s, feature %" PRId64) : _("%s, neuron %" PRId64), name, neuron);
}

static void
show_selection (GtkWidget *label)
{
  SpSession       *session = g_object_get_data (G_OBJECT (label), "session");
  g_autofree char *text = dup_text (session), *whole = text != NULL ? g_strdup_printf (_("Selected: %s"), text) : NULL;

  gtk_widget_set_visible (gtk_widget_get_parent (label), text != NULL);
  gtk_label_set_text (GTK_LABEL (label), text != NULL ? text : "");
  gtk_widget_set_tooltip_text (label, whole);
}

static void
on_clear (GtkWidget *label)
{
  sp_session_set_selection (g_object_get_data (G_OBJECT (label), "session"), NULL);
}

GtkWidget *
sp_selection_label_new (SpSession *session)
{
  GtkWidget  *box = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 2), *label = gtk_label_new (NULL);
  GtkWidget  *button = gtk_button_new_from_icon_name ("window-close-symbolic");
  const char *title = _("Select Nothing (Esc)");

  g_object_set_data_full (G_OBJECT (label), "session", g_object_ref (session), g_object_unref);
  gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_START);
  gtk_label_set_width_chars (GTK_LABEL (label), FEWEST_CHARS);
  gtk_label_set_max_width_chars (GTK_LABEL (label), 60);
  gtk_label_set_xalign (GTK_LABEL (label), 1);
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_add_css_class (box, "selection");
  gtk_widget_add_css_class (button, "flat");
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_box_append (GTK_BOX (box), label);
  gtk_box_append (GTK_BOX (box), button);
  g_signal_connect_object (button, "clicked", G_CALLBACK (on_clear), label, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::selection", G_CALLBACK (show_selection), label, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "notify::page", G_CALLBACK (show_selection), label, G_CONNECT_SWAPPED);
  show_selection (label);
  return box;
}
