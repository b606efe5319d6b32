/* sp-preferences.c - the few things that are a matter of taste */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-preferences.h"

#include "sp-palette.h"
#include "sp-settings.h"

#include <adwaita.h>
#include <glib/gi18n.h>

static const struct { const char *id, *title; AdwColorScheme scheme; } schemes[] = {
  { "system", N_("As the system"), ADW_COLOR_SCHEME_DEFAULT },
  { "light", N_("Light"), ADW_COLOR_SCHEME_FORCE_LIGHT },
  { "dark", N_("Dark"), ADW_COLOR_SCHEME_FORCE_DARK },
};

static guint
find_scheme (void)
{
  g_autofree char *id = sp_settings_dup_string ("color-scheme");

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    if (g_str_equal (schemes[i].id, id))
      return i;
  return 0;
}

void
sp_preferences_apply_scheme (void)
{
  adw_style_manager_set_color_scheme (adw_style_manager_get_default (), schemes[find_scheme ()].scheme);
}

/* The first palette is what data choose by themselves where they are not signed. */
const char *
sp_preferences_default_palette (void)
{
  g_autofree char *id = sp_settings_dup_string ("palette");

  for (gsize i = 1; sp_palette_nth (i) != NULL; i++)
    if (g_str_equal (sp_palette_nth (i)->id, id))
      return sp_palette_nth (i)->id;
  return NULL;
}

static void
on_scheme (AdwComboRow *row)
{
  sp_settings_set_string ("color-scheme", schemes[adw_combo_row_get_selected (row)].id);
  sp_preferences_apply_scheme ();
}

static void
on_palette (AdwComboRow *row)
{
  sp_settings_set_string ("palette", sp_palette_nth (adw_combo_row_get_selected (row))->id);
}

static void
on_threads (GtkSpinButton *spin)
{
  sp_settings_set_int ("threads", gtk_spin_button_get_value_as_int (spin));
}

static GtkWidget *
make_combo (GtkWidget *group, const char *title, const char *subtitle, GListModel *titles, guint selected)
{
  GtkWidget *row = adw_combo_row_new ();

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), title);
  if (subtitle != NULL)
    adw_action_row_set_subtitle (ADW_ACTION_ROW (row), subtitle);
  adw_combo_row_set_model (ADW_COMBO_ROW (row), titles);
  adw_combo_row_set_selected (ADW_COMBO_ROW (row), selected);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
  return row;
}

static void
add_scheme (GtkWidget *group)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  GtkWidget                *row;

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++)
    gtk_string_list_append (titles, _(schemes[i].title));
  row = make_combo (group, _("Appearance"), NULL, G_LIST_MODEL (titles), find_scheme ());
  g_signal_connect (row, "notify::selected", G_CALLBACK (on_scheme), NULL);
}

static void
add_palette (GtkWidget *group)
{
  g_autoptr (GtkStringList) titles = gtk_string_list_new (NULL);
  const char               *chosen = sp_preferences_default_palette ();
  guint                     selected = 0;
  GtkWidget                *row;

  for (guint i = 0; sp_palette_nth (i) != NULL; i++)
    {
      gtk_string_list_append (titles, i == 0 ? _("By the data") : _(sp_palette_nth (i)->title));
      if (g_strcmp0 (sp_palette_nth (i)->id, chosen) == 0)
        selected = i;
    }
  row = make_combo (group, _("Colours"), _("Of heatmaps; each plot can have its own"), G_LIST_MODEL (titles), selected);
  g_signal_connect (row, "notify::selected", G_CALLBACK (on_palette), NULL);
}

static void
add_threads (GtkWidget *group)
{
  GtkWidget *row = adw_action_row_new (), *spin = gtk_spin_button_new_with_range (0, 1024, 1);

  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), _("Threads"));
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("That read and count; 0 takes all processors"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (spin), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Threads"), -1);
  gtk_spin_button_set_value (GTK_SPIN_BUTTON (spin), sp_settings_get_int ("threads"));
  gtk_widget_set_valign (spin, GTK_ALIGN_CENTER);
  g_signal_connect (spin, "value-changed", G_CALLBACK (on_threads), NULL);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), spin);
  adw_preferences_group_add (ADW_PREFERENCES_GROUP (group), row);
}

static gboolean
on_escape (GtkWidget *window, GVariant *args, gpointer data)
{
  gtk_window_close (GTK_WINDOW (window));
  return TRUE;
}

static void
close_with_escape (GtkWidget *window)
{
  GtkEventController *controller = gtk_shortcut_controller_new ();

  gtk_shortcut_controller_set_scope (GTK_SHORTCUT_CONTROLLER (controller), GTK_SHORTCUT_SCOPE_GLOBAL);
  gtk_shortcut_controller_add_shortcut (GTK_SHORTCUT_CONTROLLER (controller),
                                        gtk_shortcut_new (gtk_keyval_trigger_new (GDK_KEY_Escape, 0),
                                                          gtk_callback_action_new (on_escape, NULL, NULL)));
  gtk_widget_add_controller (window, controller);
}

GtkWidget *
sp_preferences_new (GtkWindow *parent)
{
  GtkWidget *window = adw_window_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);
  GtkWidget *page = adw_preferences_page_new (), *group = adw_preferences_group_new ();

  add_scheme (group);
  add_palette (group);
  add_threads (group);
  adw_preferences_page_add (ADW_PREFERENCES_PAGE (page), ADW_PREFERENCES_GROUP (group));
  gtk_widget_set_vexpand (page, TRUE);
  gtk_box_append (GTK_BOX (box), adw_header_bar_new ());
  gtk_box_append (GTK_BOX (box), page);
  adw_window_set_content (ADW_WINDOW (window), box);
  gtk_window_set_title (GTK_WINDOW (window), _("Preferences"));
  gtk_window_set_transient_for (GTK_WINDOW (window), parent);
  gtk_window_set_modal (GTK_WINDOW (window), TRUE);
  gtk_window_set_default_size (GTK_WINDOW (window), 480, 320);
  close_with_escape (window);
  return window;
}
