/* sp-window.c - a window: sources, pages, parameters */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-window-private.h"

#include "sp-compat.h"
#include "sp-error-bar.h"
#include "sp-error.h"
#include "sp-loader.h"
#include "sp-model.h"
#include "sp-overview-page.h"
#include "sp-panes.h"
#include "sp-parameter-form.h"
#include "sp-recents.h"
#include "sp-result-page.h"
#include "sp-run-bar.h"
#include "sp-settings.h"
#include "sp-source-tree.h"
#include "sp-tabs.h"
#include "sp-trace.h"
#include "sp-welcome-page.h"

#include <glib/gi18n.h>
#include <string.h>

G_DEFINE_FINAL_TYPE (SpWindow, sp_window, ADW_TYPE_APPLICATION_WINDOW)

/* Pages */

static const char *
page_title (const char *page)
{
  if (strcmp (page, SP_PAGE_OVERVIEW) == 0)
    return _("Overview");
  return _(sp_analysis_find (page)->title);
}

static void
show_title (SpWindow *self)
{
  SpStore         *store = sp_session_get_store (self->session);
  const char      *page = page_title (sp_session_get_page (self->session));
  g_autofree char *whole = NULL;

  adw_window_title_set_title (ADW_WINDOW_TITLE (self->title),
                              store != NULL ? sp_store_get_title (store) : "Sparsoscope");
  adw_window_title_set_subtitle (ADW_WINDOW_TITLE (self->title), store != NULL ? page : "");
  whole = store != NULL ? g_strdup_printf ("%s · %s", sp_store_get_title (store), page) : g_strdup ("Sparsoscope");
  gtk_window_set_title (GTK_WINDOW (self), whole);
}

static GtkWidget *
make_page (SpWindow *self, const char *page)
{
  if (strcmp (page, SP_PAGE_OVERVIEW) == 0)
    return sp_overview_page_new (self->session);
  return sp_result_page_new (self->session, sp_analysis_find (page));
}

static void
show_child (GtkWidget *stack, const char *name)
{
  sp_compat_show_child (stack, gtk_stack_get_child_by_name (GTK_STACK (stack), name));
}

/* A page is made when it is first looked at. */
static void
show_page (SpWindow *self)
{
  const char *page = sp_session_get_page (self->session);

  if (gtk_stack_get_child_by_name (GTK_STACK (self->pages), page) == NULL)
    gtk_stack_add_named (GTK_STACK (self->pages), make_page (self, page), page);
  show_child (self->pages, page);
  sp_tabs_set_active (SP_TABS (self->tabs), page);
  show_title (self);
}

/* A page for each analysis that has something to say about the store shown. */
static void
show_tabs (SpWindow *self)
{
  sp_tabs_begin (SP_TABS (self->tabs));
  if (sp_session_offers (self->session, SP_PAGE_OVERVIEW))
    sp_tabs_add (SP_TABS (self->tabs), SP_PAGE_OVERVIEW, page_title (SP_PAGE_OVERVIEW), NULL);
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    if (sp_session_offers (self->session, sp_analyses[i]->id))
      sp_tabs_add (SP_TABS (self->tabs), sp_analyses[i]->id, page_title (sp_analyses[i]->id),
                   _ (sp_analyses[i]->question));
  sp_tabs_end (SP_TABS (self->tabs));
  sp_tabs_set_active (SP_TABS (self->tabs), sp_session_get_page (self->session));
}

static void
on_tab (SpWindow *self)
{
  sp_session_set_page (self->session, sp_tabs_get_active (SP_TABS (self->tabs)));
}

SpPlotView *
sp_window_get_plot_view (SpWindow *self)
{
  GtkWidget *page = gtk_stack_get_visible_child (GTK_STACK (self->pages));

  if (SP_IS_OVERVIEW_PAGE (page))
    return sp_overview_page_get_view (SP_OVERVIEW_PAGE (page));
  return SP_IS_RESULT_PAGE (page) ? sp_result_page_get_view (SP_RESULT_PAGE (page)) : NULL;
}

SpTable *
sp_window_get_table (SpWindow *self)
{
  GtkWidget *page = gtk_stack_get_visible_child (GTK_STACK (self->pages));
  SpResult *result =
    sp_session_get_result (self->session, sp_session_page_analysis (sp_session_get_page (self->session)));

  if (SP_IS_RESULT_PAGE (page))
    return sp_result_page_get_table (SP_RESULT_PAGE (page));
  return result != NULL && result->tables->len > 0 ? result->tables->pdata[0] : NULL;
}

/* Opening */

static void
show_state (SpWindow *self)
{
  gboolean    has_store = sp_session_get_store (self->session) != NULL;
  gboolean    is_model = has_store && sp_model_is_in (sp_session_get_store (self->session));
  const char *name = has_store ? "content" : self->n_loading > 0 ? "loading" : "welcome";

  show_child (self->stack, name);
  sp_window_show_bar (self);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.export", has_store);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.close-source", has_store);
  gtk_widget_action_set_enabled (GTK_WIDGET (self), "win.record-activations", is_model);
  show_title (self);
}

static void
fail (SpWindow *self, const char *path, const GError *error)
{
  g_autofree char *details = NULL;

  g_free (self->failed_path);
  self->failed_path = g_strdup (path);
  self->failed_analysis = NULL;
  if (error->domain == SP_ERROR)
    details = g_strdup_printf (_("%s\nKind of error: %s"), path, sp_error_code_name ((SpError) error->code));
  else
    details = g_strdup_printf ("%s\n%s, %d", path, g_quark_to_string (error->domain), error->code);
  sp_error_bar_show (SP_ERROR_BAR (self->error), error->message, details, SP_WAY_RETRY | SP_WAY_CHOOSE);
}

static void
forget_next (SpWindow *self)
{
  g_clear_pointer (&self->next_path, g_free);
  g_clear_pointer (&self->next_page, g_free);
}

/* What was to come after what is there now. */
static void
go_on (SpWindow *self)
{
  g_autofree char *path = g_steal_pointer (&self->next_path), *page = path == NULL ? g_steal_pointer (&self->next_page) : NULL;

  if (path != NULL)
    sp_window_open_path (self, path);
  else if (page != NULL && sp_session_offers (self->session, page))
    sp_session_set_page (self->session, page);
}

typedef struct { SpWindow *window; guint place; } Opening;

static void
on_opened (GObject *source, GAsyncResult *result, gpointer data)
{
  g_autofree Opening  *opening = data;
  g_autoptr (SpWindow) self = opening->window;
  g_autoptr (GError)   error = NULL;
  SpStore             *store = sp_loader_open_finish (result, &error);

  self->n_loading--;
  if (self->session == NULL)   /* closed meanwhile */
    {
      g_clear_pointer (&store, sp_store_unref);
      return;
    }
  if (store != NULL)
    {
      sp_recents_add (sp_store_get_path (store));
      sp_session_take_store (self->session, store, opening->place);
      go_on (self);
    }
  else
    {
      forget_next (self);
      if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
        fail (self, sp_loader_get_path (result), error);
    }
  show_state (self);
}

void
sp_window_open_path (SpWindow *self, const char *path)
{
  Opening *opening = g_new (Opening, 1);

  *opening = (Opening) { g_object_ref (self), self->n_opened++ };
  sp_error_bar_hide (SP_ERROR_BAR (self->error));
  if (g_cancellable_is_cancelled (self->cancellable))
    {
      g_object_unref (self->cancellable);
      self->cancellable = g_cancellable_new ();
    }
  self->n_loading++;
  sp_loader_open_async (path, self->cancellable, on_opened, opening);
  show_state (self);
}

void
sp_window_open_beside (SpWindow *self, const char *path, const char *next_path, const char *page)
{
  forget_next (self);
  self->next_path = g_strdup (next_path);
  self->next_page = g_strdup (page);
  sp_window_open_path (self, path);
}

void
sp_window_fail (SpWindow *self, const char *sentence)
{
  g_clear_pointer (&self->failed_path, g_free);
  self->failed_analysis = NULL;
  sp_error_bar_show (SP_ERROR_BAR (self->error), sentence, NULL, SP_WAY_CHOOSE);
}

void
sp_window_open_file (SpWindow *self, GFile *file)
{
  g_autofree char *path = g_file_get_path (file), *uri = NULL, *sentence = NULL;

  if (path != NULL)
    {
      sp_window_open_path (self, path);
      return;
    }
  uri = g_file_get_uri (file);
  sentence = g_strdup_printf (_("%s is not on this machine: copy it here first."), uri);
  sp_window_fail (self, sentence);
}

static void
on_failed_run (SpWindow *self, const SpAnalysis *analysis, const char *message)
{
  g_clear_pointer (&self->failed_path, g_free);
  self->failed_analysis = analysis;
  sp_error_bar_show (SP_ERROR_BAR (self->error), message, NULL, SP_WAY_RETRY);
}

static void
on_retry (SpWindow *self)
{
  g_autofree char *path = g_steal_pointer (&self->failed_path);

  if (path != NULL)
    sp_window_open_path (self, path);
  else if (self->failed_analysis != NULL)
    sp_session_run (self->session, self->failed_analysis);
}

static void
on_choose (SpWindow *self)
{
  sp_window_choose (self, FALSE);
}

void
sp_window_tell (SpWindow *self, const char *sentence)
{
  g_autofree char *escaped = g_markup_escape_text (sentence, -1);

  adw_toast_overlay_add_toast (ADW_TOAST_OVERLAY (self->toasts), adw_toast_new (escaped));
}

/* Header */

static void
show_recents (SpWindow *self)
{
  g_auto (GStrv) uris = sp_recents_dup ();

  g_menu_remove_all (self->recents);
  for (gsize i = 0; uris[i] != NULL; i++)
    {
      g_autofree char      *path = g_filename_from_uri (uris[i], NULL, NULL);
      g_autofree char      *name = path != NULL ? g_path_get_basename (path) : NULL;
      g_autofree char      *label = NULL;
      g_autoptr (GMenuItem) item = NULL;
      g_auto (GStrv)        parts = NULL;

      if (name == NULL)
        continue;
      parts = g_strsplit (name, "_", -1);
      label = g_strjoinv ("__", parts);
      item = g_menu_item_new (label, NULL);
      g_menu_item_set_action_and_target (item, "win.open-recent", "s", uris[i]);
      g_menu_append_item (self->recents, item);
    }
}

static GMenuModel *
make_open_menu (SpWindow *self)
{
  GMenu *menu = g_menu_new (), *ways = g_menu_new ();

  g_menu_append (ways, _("Open _Folder…"), "win.open-folder");
  g_menu_append (ways, _("Explore the _Sample"), "win.open-sample::relu-pruned");
  g_menu_append (ways, _("Explore Its _Activations"), "win.open-sample::activations");
  g_menu_append (ways, _("Explore Its Sparse A_utoencoder"), "win.open-sample::sae");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (ways));
  self->recents = g_menu_new ();
  g_menu_append_section (menu, _("Recent"), G_MENU_MODEL (self->recents));
  g_object_unref (ways);
  return G_MENU_MODEL (menu);
}

static GMenuModel *
make_primary_menu (void)
{
  GMenu *menu = g_menu_new (), *window = g_menu_new (), *program = g_menu_new ();

  g_menu_append (window, _("_New Window"), "app.new-window");
  g_menu_append (window, _("_Export…"), "win.export");
  g_menu_append (window, _("_Record Activations…"), "win.record-activations");
  g_menu_append (window, _("_Close Source"), "win.close-source");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (window));
  g_menu_append (program, _("_Preferences"), "app.preferences");
  g_menu_append (program, _("_Keyboard Shortcuts"), "app.shortcuts");
  g_menu_append (program, _("_About Sparsoscope"), "app.about");
  g_menu_append_section (menu, NULL, G_MENU_MODEL (program));
  g_object_unref (window);
  g_object_unref (program);
  return G_MENU_MODEL (menu);
}

static void
name_button (GtkWidget *button, const char *title)
{
  gtk_widget_set_tooltip_text (button, title);
  gtk_accessible_update_property (GTK_ACCESSIBLE (button), GTK_ACCESSIBLE_PROPERTY_LABEL, title, -1);
}

static GtkWidget *
make_home (GtkWidget *child)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  gtk_box_append (GTK_BOX (box), child);
  return box;
}

static GtkWidget *
make_toggle (SpWindow *self, int side, const char *icon, const char *title, const char *property)
{
  GtkWidget *button = self->toggles[side] = gtk_toggle_button_new ();

  gtk_button_set_icon_name (GTK_BUTTON (button), icon);
  name_button (button, title);
  g_object_bind_property (self->panes, property, button, "active", G_BINDING_SYNC_CREATE | G_BINDING_BIDIRECTIONAL);
  return self->homes[2 * side] = make_home (button);
}

static GtkWidget *
make_menu_button (void)
{
  GtkWidget             *button = gtk_menu_button_new ();
  g_autoptr (GMenuModel) menu = make_primary_menu ();

  gtk_menu_button_set_icon_name (GTK_MENU_BUTTON (button), "open-menu-symbolic");
  gtk_menu_button_set_menu_model (GTK_MENU_BUTTON (button), menu);
  gtk_menu_button_set_primary (GTK_MENU_BUTTON (button), TRUE);
  name_button (button, _("Main Menu"));
  return button;
}

/* The arrow beside "Open" has a name of its own. */
static void
name_arrow (GtkWidget *split_button)
{
  adw_split_button_set_dropdown_tooltip (ADW_SPLIT_BUTTON (split_button), _("More Ways to Open"));
  for (GtkWidget *child = gtk_widget_get_first_child (split_button); child != NULL;
       child = gtk_widget_get_next_sibling (child))
    if (GTK_IS_MENU_BUTTON (child))
      gtk_accessible_update_property (GTK_ACCESSIBLE (child), GTK_ACCESSIBLE_PROPERTY_LABEL, _ ("More Ways to Open"),
                                      -1);
}

static GtkWidget *
make_header (SpWindow *self)
{
  GtkWidget             *header = adw_header_bar_new ();
  g_autoptr (GMenuModel) menu = make_open_menu (self);

  self->title = adw_window_title_new ("Sparsoscope", NULL);
  adw_header_bar_set_title_widget (ADW_HEADER_BAR (header), self->title);
  self->open = adw_split_button_new ();
  adw_split_button_set_label (ADW_SPLIT_BUTTON (self->open), _("_Open"));
  adw_split_button_set_use_underline (ADW_SPLIT_BUTTON (self->open), TRUE);
  adw_split_button_set_menu_model (ADW_SPLIT_BUTTON (self->open), menu);
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->open), "win.open");
  name_arrow (self->open);
  name_button (self->open, _("Open a Checkpoint (Ctrl+O)"));
  adw_header_bar_pack_start (ADW_HEADER_BAR (header), self->open);
  adw_header_bar_pack_start (ADW_HEADER_BAR (header),
                             make_toggle (self, 0, "sidebar-show-symbolic", _ ("Tensors (F9)"), "start-visible"));
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), make_menu_button ());
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), make_toggle (self, 1, "sidebar-show-right-symbolic",
                                                                 _ ("Parameters (Shift+F9)"), "end-visible"));
  self->export = gtk_button_new_from_icon_name ("document-send-symbolic");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (self->export), "win.export");
  name_button (self->export, _("Export (Ctrl+E)"));
  adw_header_bar_pack_end (ADW_HEADER_BAR (header), self->export);
  return header;
}

/* Content */

static GtkWidget *
make_middle (SpWindow *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0);

  self->tabs = sp_tabs_new (_("Pages"));
  g_signal_connect_object (self->tabs, "changed", G_CALLBACK (on_tab), self, G_CONNECT_SWAPPED);
  gtk_widget_set_hexpand (self->tabs, TRUE);
  self->homes[1] = make_home (self->tabs);
  gtk_widget_add_css_class (self->homes[1], "page-tabs");
  gtk_box_append (GTK_BOX (box), self->homes[1]);
  self->pages = gtk_stack_new ();
  gtk_widget_set_vexpand (self->pages, TRUE);
  gtk_widget_add_css_class (self->pages, "page");
  gtk_box_append (GTK_BOX (box), self->pages);
  return box;
}

static GtkWidget *
make_loading (void)
{
  GtkWidget *page = adw_status_page_new (), *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 24);
  GtkWidget *spinner = gtk_spinner_new (), *cancel = gtk_button_new_with_mnemonic (_("_Cancel"));

  adw_status_page_set_title (ADW_STATUS_PAGE (page), _("Opening…"));
  gtk_spinner_set_spinning (GTK_SPINNER (spinner), TRUE);
  gtk_widget_set_size_request (spinner, 32, 32);
  gtk_widget_set_halign (cancel, GTK_ALIGN_CENTER);
  gtk_widget_add_css_class (cancel, "pill");
  gtk_actionable_set_action_name (GTK_ACTIONABLE (cancel), "win.cancel");
  gtk_box_append (GTK_BOX (box), spinner);
  gtk_box_append (GTK_BOX (box), cancel);
  adw_status_page_set_child (ADW_STATUS_PAGE (page), box);
  return page;
}

static void
make_content (SpWindow *self)
{
  GtkWidget *box = self->content = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *header;

  self->tree = sp_source_tree_new (self->session);
  self->panes = sp_panes_new (self->tree, make_middle (self), sp_parameter_form_new (self->session));
  header = make_header (self);
  self->error = sp_error_bar_new ();
  self->stack = gtk_stack_new ();
  gtk_stack_add_named (GTK_STACK (self->stack), sp_welcome_page_new (), "welcome");
  gtk_stack_add_named (GTK_STACK (self->stack), make_loading (), "loading");
  gtk_stack_add_named (GTK_STACK (self->stack), self->panes, "content");
  gtk_widget_set_vexpand (self->stack, TRUE);
  self->toasts = adw_toast_overlay_new ();
  adw_toast_overlay_set_child (ADW_TOAST_OVERLAY (self->toasts), self->stack);
  gtk_box_append (GTK_BOX (box), header);
  gtk_box_append (GTK_BOX (box), self->error);
  gtk_box_append (GTK_BOX (box), self->toasts);
  self->bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 6);
  gtk_widget_add_css_class (self->bar, "bottom-bar");
  gtk_box_append (GTK_BOX (box), self->bar);
  gtk_box_append (GTK_BOX (box), sp_run_bar_new (self->session));
  adw_application_window_set_content (ADW_APPLICATION_WINDOW (self), box);
}

/* Settings */

static void
restore (SpWindow *self)
{
  gtk_window_set_default_size (GTK_WINDOW (self), sp_settings_get_int ("window-width"),
                               sp_settings_get_int ("window-height"));
  if (sp_settings_get_boolean ("window-maximized"))
    gtk_window_maximize (GTK_WINDOW (self));
  g_object_set (self->panes, "start-visible", sp_settings_get_boolean ("sidebar-visible"),
                "end-visible", sp_settings_get_boolean ("parameters-visible"), NULL);
}

static void
save (SpWindow *self)
{
  SpPanes *panes = SP_PANES (self->panes);
  int      width, height;

  gtk_window_get_default_size (GTK_WINDOW (self), &width, &height);
  sp_settings_set_boolean ("window-maximized", gtk_window_is_maximized (GTK_WINDOW (self)));
  if (width > 0 && height > 0)
    {
      sp_settings_set_int ("window-width", width);
      sp_settings_set_int ("window-height", height);
    }
  sp_settings_set_boolean ("sidebar-visible", sp_panes_is_wanted (panes, GTK_PACK_START));
  sp_settings_set_boolean ("parameters-visible", sp_panes_is_wanted (panes, GTK_PACK_END));
}

static gboolean
sp_window_close_request (GtkWindow *window)
{
  SpWindow *self = SP_WINDOW (window);

  save (self);
  g_cancellable_cancel (self->cancellable);
  sp_session_cancel (self->session);
  return GTK_WINDOW_CLASS (sp_window_parent_class)->close_request (window);
}

static void
sp_window_size_allocate (GtkWidget *widget, int width, int height, int baseline)
{
  GTK_WIDGET_CLASS (sp_window_parent_class)->size_allocate (widget, width, height, baseline);
  sp_window_fit (SP_WINDOW (widget));
}

/* GObject */

static void
sp_window_dispose (GObject *object)
{
  SpWindow *self = SP_WINDOW (object);

  g_clear_handle_id (&self->compact_idle, g_source_remove);
  g_clear_object (&self->recents);
  g_clear_object (&self->session);
  g_clear_object (&self->cancellable);
  forget_next (self);
  g_clear_pointer (&self->failed_path, g_free);
  G_OBJECT_CLASS (sp_window_parent_class)->dispose (object);
}

static void
sp_window_class_init (SpWindowClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_window_dispose;
  GTK_WIDGET_CLASS (klass)->size_allocate = sp_window_size_allocate;
  GTK_WINDOW_CLASS (klass)->close_request = sp_window_close_request;
  sp_window_add_actions (GTK_WIDGET_CLASS (klass));
}

static void
sp_window_init (SpWindow *self)
{
  self->session = sp_session_new ();
  self->cancellable = g_cancellable_new ();
  make_content (self);
  restore (self);
  sp_window_add_drop (self);
  show_recents (self);
  g_signal_connect_object (self->error, "retry", G_CALLBACK (on_retry), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->error, "choose", G_CALLBACK (on_choose), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::page", G_CALLBACK (show_page), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::store", G_CALLBACK (show_tabs), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "notify::store", G_CALLBACK (show_state), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->session, "failed", G_CALLBACK (on_failed_run), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (sp_settings_get_default (), "changed::recent-sources", G_CALLBACK (show_recents), self,
                           G_CONNECT_SWAPPED);
  show_page (self);
  show_state (self);
  sp_trace_first_frame (GTK_WIDGET (self));
}

GtkWidget *
sp_window_new (AdwApplication *application)
{
  return g_object_new (SP_TYPE_WINDOW, "application", application, NULL);
}
