/* sp-compat.c - every use of what a later GTK or libadwaita replaces */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-compat.h"

#include <glib/gi18n.h>

/* The switch moved from GDK_DEBUG with 4.16. */
void
sp_compat_skip_gl (void)
{
  gboolean is_new = gtk_get_minor_version () >= 16;

  if (g_strcmp0 (g_getenv ("GSK_RENDERER"), "cairo") == 0)
    g_setenv (is_new ? "GDK_DISABLE" : "GDK_DEBUG", is_new ? "gl,vulkan" : "gl-disable", FALSE);
}

void
sp_compat_get_color (GtkWidget *widget, GdkRGBA *color)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  gtk_style_context_get_color (gtk_widget_get_style_context (widget), color);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

typedef struct {
  SpFileFunc     func;
  gpointer       data;
  GDestroyNotify free_data;
} Choice;

static void
on_response (GtkNativeDialog *dialog, int response, gpointer data)
{
  g_autofree Choice *choice = data;
  g_autoptr (GFile)  file = NULL;
  const char        *problem = NULL;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  if (response == GTK_RESPONSE_ACCEPT)
    file = gtk_file_chooser_get_file (GTK_FILE_CHOOSER (dialog));
  G_GNUC_END_IGNORE_DEPRECATIONS
  if (response == GTK_RESPONSE_ACCEPT && file == NULL)   /* a portal that failed answers like this */
    problem = _("The file chooser gave no file: choose again, or drop the file on the window.");
  choice->func (file, problem, choice->data);
  if (choice->free_data != NULL)
    choice->free_data (choice->data);
  g_object_unref (dialog);
}

static void
show_chooser (GtkWindow *parent,
              const char *title,
              GtkFileChooserAction action,
              const char *accept,
              const char *name,
              const Choice *choice)
{
  gpointer dialog;

  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  dialog = gtk_file_chooser_native_new (title, parent, action, accept, NULL);
  if (name != NULL)
    gtk_file_chooser_set_current_name (dialog, name);
  G_GNUC_END_IGNORE_DEPRECATIONS
  gtk_native_dialog_set_modal (dialog, TRUE);
  g_signal_connect (dialog, "response", G_CALLBACK (on_response), g_memdup2 (choice, sizeof *choice));
  gtk_native_dialog_show (dialog);
}

void
sp_compat_choose_file (GtkWindow *parent,
                       const char *title,
                       gboolean is_folder,
                       SpFileFunc func,
                       gpointer data,
                       GDestroyNotify free_data)
{
  Choice choice = { func, data, free_data };

  show_chooser (parent, title, is_folder ? GTK_FILE_CHOOSER_ACTION_SELECT_FOLDER : GTK_FILE_CHOOSER_ACTION_OPEN,
                _ ("_Open"), NULL, &choice);
}

void
sp_compat_save_file (GtkWindow *parent,
                     const char *title,
                     const char *name,
                     SpFileFunc func,
                     gpointer data,
                     GDestroyNotify free_data)
{
  Choice choice = { func, data, free_data };

  show_chooser (parent, title, GTK_FILE_CHOOSER_ACTION_SAVE, _("_Save"), name, &choice);
}

void
sp_compat_show_about (GtkWindow *parent)
{
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  adw_show_about_window (parent, "application-name", "Sparsoscope", "application-icon", SP_APPLICATION_ID, "version",
                         SP_VERSION, "developer-name", _ ("The Sparsoscope developers"), "license-type",
                         GTK_LICENSE_GPL_3_0, "comments", _ ("Shows where neural networks are sparse."), NULL);
  G_GNUC_END_IGNORE_DEPRECATIONS
}

void
sp_compat_show_shortcuts (GtkWindow *parent)
{
  g_autoptr (GtkBuilder) builder = gtk_builder_new_from_resource ("/io/github/sparsoscope/Sparsoscope/shortcuts.ui");
  GtkWindow             *window = GTK_WINDOW (gtk_builder_get_object (builder, "shortcuts"));

  gtk_window_set_transient_for (window, parent);
  gtk_window_present (window);
}

/* gtk_column_view_scroll_to() came with 4.12; the rows are a list view inside, which has this action. */
void
sp_compat_scroll_to (GtkWidget *column_view, guint position)
{
  for (GtkWidget *child = gtk_widget_get_first_child (column_view); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (gtk_widget_activate_action (child, "list.scroll-to-item", "u", position))
      return;
}

static GtkWidget *
find_label (GtkWidget *widget)
{
  GtkWidget *found = GTK_IS_LABEL (widget) ? widget : NULL;

  for (GtkWidget *child = gtk_widget_get_first_child (widget); child != NULL && found == NULL;
       child = gtk_widget_get_next_sibling (child))
    found = find_label (child);
  return found;
}

/* Titles have no alignment of their own: their labels are looked for. */
void
sp_compat_end_title (GtkWidget *column_view)
{
  GtkWidget *header = gtk_widget_get_first_child (column_view);
  GtkWidget *title = header != NULL ? gtk_widget_get_last_child (header) : NULL;
  GtkWidget *label = title != NULL ? find_label (title) : NULL;

  if (label == NULL)
    return;
  gtk_widget_set_hexpand (label, TRUE);
  gtk_widget_set_halign (label, GTK_ALIGN_END);
}

/* Screen readers meet the button inside. */
void
sp_compat_name_drop_down (GtkWidget *drop_down, const char *title)
{
  GtkWidget *button = gtk_widget_get_first_child (drop_down);

  gtk_accessible_update_property (GTK_ACCESSIBLE (drop_down), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

/* A stack only unmaps what it does not show; screen readers are told by visibility. */
void
sp_compat_show_child (GtkWidget *stack, GtkWidget *shown)
{
  gtk_widget_set_visible (shown, TRUE);
  gtk_stack_set_visible_child (GTK_STACK (stack), shown);
  for (GtkWidget *child = gtk_widget_get_first_child (stack); child != NULL; child = gtk_widget_get_next_sibling (child))
    gtk_widget_set_visible (child, child == shown);
}

void
sp_compat_inscribe (GtkWidget *inscription, const char *text)
{
  if (g_strcmp0 (gtk_inscription_get_text (GTK_INSCRIPTION (inscription)), text) == 0)
    return;
  gtk_inscription_set_text (GTK_INSCRIPTION (inscription), text);
  gtk_accessible_update_property (GTK_ACCESSIBLE (inscription), GTK_ACCESSIBLE_PROPERTY_LABEL, text, -1);
}
