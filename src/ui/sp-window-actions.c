/* sp-window-actions.c - what a window can be told to do, and the keys for it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-window-private.h"

#include "sp-compat.h"
#include "sp-export-dialog.h"
#include "sp-error-bar.h"
#include "sp-loader.h"
#include "sp-record-dialog.h"
#include "sp-source-tree.h"
#include "sp-tabs.h"

#include <glib/gi18n.h>

static void
on_file (GFile *file, const char *problem, gpointer window)
{
  if (file != NULL)
    sp_window_open_file (window, file);
  else if (problem != NULL)
    sp_window_fail (window, problem);
}

void
sp_window_choose (SpWindow *self, gboolean is_folder)
{
  sp_compat_choose_file (GTK_WINDOW (self), is_folder ? _("Open a Folder of Files") : _("Open a Checkpoint"), is_folder,
                         on_file, g_object_ref (self), g_object_unref);
}

static void
open_action (GtkWidget *widget, const char *name, GVariant *target)
{
  sp_window_choose (SP_WINDOW (widget), g_str_equal (name, "win.open-folder"));
}

static void
open_recent_action (GtkWidget *widget, const char *name, GVariant *target)
{
  g_autoptr (GFile) file = g_file_new_for_uri (g_variant_get_string (target, NULL));

  sp_window_open_file (SP_WINDOW (widget), file);
}

static void
open_sample_action (GtkWidget *widget, const char *name, GVariant *target)
{
  const char      *part = g_variant_get_string (target, NULL);
  g_autofree char *path = sp_loader_dup_sample (part), *beside = NULL;

  if (!g_str_equal (part, "sae"))
    {
      sp_window_open_path (SP_WINDOW (widget), path);
      return;
    }
  beside = sp_loader_dup_sample ("residual");    /* what it encodes */
  sp_window_open_beside (SP_WINDOW (widget), beside, path, "sae-features");
}

static void
close_source_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpSession *session = SP_WINDOW (widget)->session;

  if (sp_session_get_store (session) != NULL)
    sp_session_close_store (session, sp_session_get_store (session));
}

static void
nth_page_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpWindow   *self = SP_WINDOW (widget);
  const char *page = sp_tabs_get_nth (SP_TABS (self->tabs), (guint) g_variant_get_int32 (target) - 1);

  if (page != NULL && sp_session_get_store (self->session) != NULL)
    sp_session_set_page (self->session, page);
}

/* The page that looks at one tensor: that of the first analysis with such a parameter. */
static void
show_map_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpSession *session = SP_WINDOW (widget)->session;

  sp_session_set_selection (session, g_variant_get_string (target, NULL));
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    for (const SpParam *param = sp_analyses[i]->params; param->id != NULL; param++)
      if (param->type == SP_PARAM_TENSOR)
        {
          sp_session_set_page (session, sp_analyses[i]->id);
          return;
        }
}

static void
filter_action (GtkWidget *widget, const char *name, GVariant *target)
{
  g_object_set (SP_WINDOW (widget)->panes, "start-visible", TRUE, NULL);
  sp_source_tree_focus_filter (SP_SOURCE_TREE (SP_WINDOW (widget)->tree));
}

static void
toggle_pane_action (GtkWidget *widget, const char *name, GVariant *target)
{
  const char *property = g_variant_get_boolean (target) ? "start-visible" : "end-visible";
  gboolean    is_shown;

  g_object_get (SP_WINDOW (widget)->panes, property, &is_shown, NULL);
  g_object_set (SP_WINDOW (widget)->panes, property, !is_shown, NULL);
}

/* Escape: stop what runs, else let go of the selection. */
static void
cancel_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpWindow         *self = SP_WINDOW (widget);
  const SpAnalysis *analysis;
  SpProgress        progress;

  if (self->n_loading > 0)
    g_cancellable_cancel (self->cancellable);
  else if (sp_session_get_progress (self->session, &analysis, &progress))
    sp_session_cancel (self->session);
  else
    sp_session_set_selection (self->session, NULL);
}

static void
zoom_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpPlotView *view = sp_window_get_plot_view (SP_WINDOW (widget));
  int         step = g_variant_get_int32 (target);

  if (view == NULL)
    return;
  if (step == 0)
    sp_plot_view_fit (view);
  else
    sp_plot_view_zoom (view, step > 0 ? 1.5 : 1 / 1.5);
}

static void
on_exported (SpWindow *self, const char *path)
{
  g_autofree char *name = g_path_get_basename (path), *sentence = g_strdup_printf (_("Wrote %s"), name);

  sp_window_tell (self, sentence);
}

static void
tell_problem (SpWindow *self, const char *message)
{
  g_clear_pointer (&self->failed_path, g_free);
  self->failed_analysis = NULL;
  sp_error_bar_show (SP_ERROR_BAR (self->error), message, NULL, SP_WAY_NONE);
}

static void
export_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpWindow   *self = SP_WINDOW (widget);
  SpPlotView *view = sp_window_get_plot_view (self);
  SpFigure   *figure = view != NULL ? sp_plot_view_get_figure (view) : NULL;
  SpResult *result =
    sp_session_get_result (self->session, sp_session_page_analysis (sp_session_get_page (self->session)));
  GtkWidget  *dialog;

  if (result == NULL)
    {
      sp_window_tell (self, _("There is nothing to export yet"));
      return;
    }
  dialog = sp_export_dialog_new (GTK_WINDOW (self), sp_session_get_store (self->session),
                                 figure != NULL ? sp_plot_view_get_result (view) : result,
                                 figure != NULL ? sp_figure_get_plot (figure) : NULL,
                                 figure != NULL ? sp_plot_view_edit (view) : NULL, sp_window_get_table (self));
  g_signal_connect_object (dialog, "done", G_CALLBACK (on_exported), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (dialog, "failed", G_CALLBACK (tell_problem), self, G_CONNECT_SWAPPED);
  gtk_window_present (GTK_WINDOW (dialog));
}

/* What was lost stands until it is closed. */
static void
on_recorded (SpWindow *self, const char *path, const char *loss)
{
  sp_window_open_path (self, path);
  if (loss != NULL)
    tell_problem (self, loss);
}

/* One a model. */
static GtkWidget *
find_record_dialog (SpWindow *self, SpStore *store)
{
  GListModel *windows = gtk_window_get_toplevels ();

  for (guint i = 0; i < g_list_model_get_n_items (windows); i++)
    {
      g_autoptr (GtkWindow) window = g_list_model_get_item (windows, i);

      if (SP_IS_RECORD_DIALOG (window) && gtk_window_get_transient_for (window) == GTK_WINDOW (self) &&
          sp_record_dialog_get_store (SP_RECORD_DIALOG (window)) == store)
        return GTK_WIDGET (window);
    }
  return NULL;
}

static void
record_action (GtkWidget *widget, const char *name, GVariant *target)
{
  SpWindow           *self = SP_WINDOW (widget);
  SpStore            *store = sp_session_get_store (self->session);
  GtkWidget          *dialog = find_record_dialog (self, store);
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpModel) model = dialog == NULL ? sp_model_open (store, &error) : NULL;

  if (model != NULL)
    {
      dialog = sp_record_dialog_new (GTK_WINDOW (self), model);
      g_signal_connect_object (dialog, "done", G_CALLBACK (on_recorded), self, G_CONNECT_SWAPPED);
    }
  if (dialog != NULL)
    gtk_window_present (GTK_WINDOW (dialog));
  else
    tell_problem (self, error->message);
}

static const struct { guint key; int step; } zoom_keys[] = {
  { GDK_KEY_plus, 1 }, { GDK_KEY_equal, 1 }, { GDK_KEY_KP_Add, 1 }, { GDK_KEY_minus, -1 }, { GDK_KEY_KP_Subtract, -1 },
  { GDK_KEY_0, 0 },    { GDK_KEY_KP_0, 0 },
};

/* These come after the focused widget had its chance, so that typing a minus stays typing. */
static void
add_plain_keys (GtkWidgetClass *klass)
{
  gtk_widget_class_add_binding_action (klass, GDK_KEY_Escape, 0, "win.cancel", NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (zoom_keys); i++)
    {
      gtk_widget_class_add_binding_action (klass, zoom_keys[i].key, 0, "win.zoom", "i", zoom_keys[i].step);
      gtk_widget_class_add_binding_action (klass, zoom_keys[i].key, GDK_SHIFT_MASK, "win.zoom", "i", zoom_keys[i].step);
    }
}

void
sp_window_add_actions (GtkWidgetClass *klass)
{
  gtk_widget_class_install_action (klass, "win.open", NULL, open_action);
  gtk_widget_class_install_action (klass, "win.open-folder", NULL, open_action);
  gtk_widget_class_install_action (klass, "win.open-recent", "s", open_recent_action);
  gtk_widget_class_install_action (klass, "win.open-sample", "s", open_sample_action);
  gtk_widget_class_install_action (klass, "win.close-source", NULL, close_source_action);
  gtk_widget_class_install_action (klass, "win.nth-page", "i", nth_page_action);
  gtk_widget_class_install_action (klass, "win.show-map", "s", show_map_action);
  gtk_widget_class_install_action (klass, "win.filter", NULL, filter_action);
  gtk_widget_class_install_action (klass, "win.toggle-pane", "b", toggle_pane_action);
  gtk_widget_class_install_action (klass, "win.cancel", NULL, cancel_action);
  gtk_widget_class_install_action (klass, "win.zoom", "i", zoom_action);
  gtk_widget_class_install_action (klass, "win.export", NULL, export_action);
  gtk_widget_class_install_action (klass, "win.record-activations", NULL, record_action);
  add_plain_keys (klass);
}
