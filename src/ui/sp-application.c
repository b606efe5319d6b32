/* sp-application.c - the program: its windows, its keys */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-application.h"

#include "sp-compat.h"
#include "sp-preferences.h"
#include "sp-window.h"

#include <glib/gi18n.h>

struct _SpApplication {
  AdwApplication parent_instance;
};

G_DEFINE_FINAL_TYPE (SpApplication, sp_application, ADW_TYPE_APPLICATION)

static const struct { const char *action, *keys[4]; } accels[] = {
  { "win.open", { "<Primary>o" } },
  { "win.open-folder", { "<Primary><Shift>o" } },
  { "win.filter", { "<Primary>f" } },
  { "win.export", { "<Primary>e" } },
  { "win.record-activations", { "<Primary>r" } },
  { "win.toggle-pane(true)", { "F9" } },
  { "win.toggle-pane(false)", { "<Shift>F9" } },
  { "window.close", { "<Primary>w" } },
  { "app.new-window", { "<Primary>n" } },
  { "app.preferences", { "<Primary>comma" } },
  { "app.shortcuts", { "<Primary>question", "<Primary><Shift>question" } },
  { "app.quit", { "<Primary>q" } },
};

static GtkWindow *
new_window (SpApplication *self)
{
  GtkWindow *window = GTK_WINDOW (sp_window_new (ADW_APPLICATION (self)));

  gtk_window_present (window);
  return window;
}

static void
on_new_window (GSimpleAction *action, GVariant *target, gpointer self)
{
  new_window (self);
}

static void
on_preferences (GSimpleAction *action, GVariant *target, gpointer self)
{
  gtk_window_present (GTK_WINDOW (sp_preferences_new (gtk_application_get_active_window (self))));
}

static void
on_shortcuts (GSimpleAction *action, GVariant *target, gpointer self)
{
  sp_compat_show_shortcuts (gtk_application_get_active_window (self));
}

static void
on_about (GSimpleAction *action, GVariant *target, gpointer self)
{
  sp_compat_show_about (gtk_application_get_active_window (self));
}

static void
on_quit (GSimpleAction *action, GVariant *target, gpointer self)
{
  g_autoptr (GList) windows = g_list_copy (gtk_application_get_windows (self));

  for (GList *link = windows; link != NULL; link = link->next)
    gtk_window_close (link->data);
}

static const GActionEntry actions[] = {
  { "new-window", on_new_window },
  { "preferences", on_preferences },
  { "shortcuts", on_shortcuts },
  { "about", on_about },
  { "quit", on_quit },
};

static void
set_accels (GtkApplication *self)
{
  for (gsize i = 0; i < G_N_ELEMENTS (accels); i++)
    gtk_application_set_accels_for_action (self, accels[i].action, (const char **) accels[i].keys);
  for (int i = 1; i <= 9; i++)
    {
      g_autofree char *action = g_strdup_printf ("win.nth-page(%d)", i), *key = g_strdup_printf ("<Primary>%d", i);

      gtk_application_set_accels_for_action (self, action, (const char *[]) { key, NULL });
    }
}

static void
sp_application_startup (GApplication *application)
{
  G_APPLICATION_CLASS (sp_application_parent_class)->startup (application);
  g_action_map_add_action_entries (G_ACTION_MAP (application), actions, G_N_ELEMENTS (actions), application);
  set_accels (GTK_APPLICATION (application));
  gtk_window_set_default_icon_name (SP_APPLICATION_ID);
  sp_preferences_apply_scheme ();
}

static void
sp_application_activate (GApplication *application)
{
  GtkWindow *window = gtk_application_get_active_window (GTK_APPLICATION (application));

  if (window != NULL)
    gtk_window_present (window);
  else
    new_window (SP_APPLICATION (application));
}

static void
sp_application_open (GApplication *application, GFile **files, int n_files, const char *hint)
{
  SpWindow *window = SP_WINDOW (new_window (SP_APPLICATION (application)));

  for (int i = 0; i < n_files; i++)
    sp_window_open_file (window, files[i]);
}

static void
sp_application_class_init (SpApplicationClass *klass)
{
  GApplicationClass *application_class = G_APPLICATION_CLASS (klass);

  application_class->startup = sp_application_startup;
  application_class->activate = sp_application_activate;
  application_class->open = sp_application_open;
}

static void
sp_application_init (SpApplication *self)
{
}

SpApplication *
sp_application_new (void)
{
  return g_object_new (SP_TYPE_APPLICATION, "application-id", SP_APPLICATION_ID, "flags", G_APPLICATION_HANDLES_OPEN,
                       "resource-base-path", "/io/github/sparsoscope/Sparsoscope", NULL);
}
