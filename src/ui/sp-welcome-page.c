/* sp-welcome-page.c - what there is before anything is open */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-welcome-page.h"

#include "sp-recents.h"
#include "sp-settings.h"

#include <adwaita.h>
#include <glib/gi18n.h>
#include <string.h>

struct _SpWelcomePage {
  GtkWidget     parent_instance;
  GtkWidget    *status, *recents;
  GCancellable *cancellable;            /* of the look whether recent files are still there */
};

G_DEFINE_FINAL_TYPE (SpWelcomePage, sp_welcome_page, GTK_TYPE_WIDGET)

static char *
shorten_home (const char *path)
{
  const char *home = g_get_home_dir ();

  if (g_str_has_prefix (path, home) && path[strlen (home)] == '/')
    return g_strconcat ("~", path + strlen (home), NULL);
  return g_strdup (path);
}

static void
free_uri (gpointer uri, GClosure *closure)
{
  g_free (uri);
}

static void
on_forget (GtkButton *button, const char *uri)
{
  g_autofree char *kept = g_strdup (uri);

  sp_recents_remove (kept);
}

static GtkWidget *
make_recent (const char *uri, const char *path)
{
  GtkWidget       *row = adw_action_row_new (), *forget = gtk_button_new_from_icon_name ("window-close-symbolic");
  g_autofree char *name = g_path_get_basename (path), *folder = g_path_get_dirname (path),
                  *shown = shorten_home (folder);

  adw_preferences_row_set_use_markup (ADW_PREFERENCES_ROW (row), FALSE);
  adw_preferences_row_set_title (ADW_PREFERENCES_ROW (row), name);
  adw_action_row_set_subtitle (ADW_ACTION_ROW (row), shown);
  adw_action_row_set_subtitle_lines (ADW_ACTION_ROW (row), 1);
  gtk_widget_add_css_class (forget, "flat");
  gtk_widget_set_valign (forget, GTK_ALIGN_CENTER);
  gtk_widget_set_tooltip_text (forget, _("Forget"));
  gtk_accessible_update_property (GTK_ACCESSIBLE (forget), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Forget"), -1);
  g_signal_connect_data (forget, "clicked", G_CALLBACK (on_forget), g_strdup (uri), free_uri, 0);
  adw_action_row_add_suffix (ADW_ACTION_ROW (row), forget);
  gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), TRUE);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (row), "win.open-recent");
  gtk_actionable_set_action_target (GTK_ACTIONABLE (row), "s", uri);
  return row;
}

static void
on_looked (GObject *file, GAsyncResult *result, gpointer data)
{
  g_autoptr (GError)    error = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info_finish (G_FILE (file), result, &error);
  g_autoptr (GtkWidget) row = data;

  if (info == NULL && !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    {
      gtk_list_box_row_set_activatable (GTK_LIST_BOX_ROW (row), FALSE);
      adw_action_row_set_subtitle (ADW_ACTION_ROW (row), _("no longer there"));
      gtk_widget_add_css_class (row, "dim-label");
    }
}

static void
show_recents (SpWelcomePage *self)
{
  g_auto (GStrv) uris = sp_recents_dup ();
  gboolean       has_any = FALSE;

  for (GtkWidget *child; (child = gtk_widget_get_first_child (self->recents)) != NULL;)
    gtk_list_box_remove (GTK_LIST_BOX (self->recents), child);
  for (gsize i = 0; uris[i] != NULL; i++)
    {
      g_autoptr (GFile) file = g_file_new_for_uri (uris[i]);
      g_autofree char  *path = g_file_get_path (file);
      GtkWidget        *row;

      if (path == NULL)
        continue;
      row = make_recent (uris[i], path);
      gtk_list_box_append (GTK_LIST_BOX (self->recents), row);
      g_file_query_info_async (file, G_FILE_ATTRIBUTE_STANDARD_TYPE, G_FILE_QUERY_INFO_NONE, G_PRIORITY_DEFAULT,
                               self->cancellable, on_looked, g_object_ref (row));
      has_any = TRUE;
    }
  gtk_widget_set_visible (self->recents, has_any);
}

static void
sp_welcome_page_dispose (GObject *object)
{
  SpWelcomePage *self = SP_WELCOME_PAGE (object);

  if (self->cancellable != NULL)
    g_cancellable_cancel (self->cancellable);
  g_clear_object (&self->cancellable);
  g_clear_pointer (&self->status, gtk_widget_unparent);
  G_OBJECT_CLASS (sp_welcome_page_parent_class)->dispose (object);
}

static void
sp_welcome_page_class_init (SpWelcomePageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_welcome_page_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
make_button (const char *title, const char *action, const char *css_class)
{
  GtkWidget *button = gtk_button_new_with_mnemonic (title);

  gtk_actionable_set_detailed_action_name (GTK_ACTIONABLE (button), action);
  gtk_widget_add_css_class (button, "pill");
  if (css_class != NULL)
    gtk_widget_add_css_class (button, css_class);
  return button;
}

static void
sp_welcome_page_init (SpWelcomePage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 24), *buttons = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12),
            *clamp = adw_clamp_new ();
  GtkWidget *items[] = { make_button (_("_Open File…"), "win.open", "suggested-action"),
                         make_button (_("Open _Folder…"), "win.open-folder", NULL),
                         make_button (_("_Explore the Sample"), "win.open-sample::relu-pruned", NULL),
                         make_button (_("Explore Its _Activations"), "win.open-sample::activations", NULL),
                         make_button (_("Explore Its Sparse A_utoencoder"), "win.open-sample::sae", NULL) };

  self->cancellable = g_cancellable_new ();
  self->status = adw_status_page_new ();
  adw_status_page_set_icon_name (ADW_STATUS_PAGE (self->status), SP_APPLICATION_ID);
  adw_status_page_set_title (ADW_STATUS_PAGE (self->status), _("See Where a Network Is Sparse"));
  adw_status_page_set_description (ADW_STATUS_PAGE (self->status),
                                   _("Open or drop a checkpoint or activations: safetensors, PyTorch, NumPy, or a folder."));
  gtk_widget_set_parent (self->status, GTK_WIDGET (self));
  gtk_widget_set_halign (buttons, GTK_ALIGN_CENTER);
  for (gsize i = 0; i < G_N_ELEMENTS (items); i++)
    gtk_box_append (GTK_BOX (buttons), items[i]);
  gtk_box_append (GTK_BOX (box), buttons);
  self->recents = gtk_list_box_new ();
  gtk_list_box_set_selection_mode (GTK_LIST_BOX (self->recents), GTK_SELECTION_NONE);
  gtk_widget_add_css_class (self->recents, "boxed-list");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->recents), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("Recently opened"),
                                  -1);
  gtk_box_append (GTK_BOX (box), self->recents);
  adw_clamp_set_maximum_size (ADW_CLAMP (clamp), 560);
  adw_clamp_set_child (ADW_CLAMP (clamp), box);
  adw_status_page_set_child (ADW_STATUS_PAGE (self->status), clamp);
  g_signal_connect_object (sp_settings_get_default (), "changed::recent-sources", G_CALLBACK (show_recents), self,
                           G_CONNECT_SWAPPED);
  show_recents (self);
}

GtkWidget *
sp_welcome_page_new (void)
{
  return g_object_new (SP_TYPE_WELCOME_PAGE, NULL);
}
