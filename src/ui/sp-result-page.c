/* sp-result-page.c - any result: plots above, tables below, notes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-result-page.h"

#include "sp-compat.h"
#include "sp-detail-pane.h"
#include "sp-file-row.h"
#include "sp-fold.h"
#include "sp-plot-pane.h"
#include "sp-selection-label.h"
#include "sp-table-filter.h"
#include "sp-table-view.h"
#include "sp-tabs.h"

#include <adwaita.h>
#include <glib/gi18n.h>

#define NOTES_TAB ":notes"
#define LEAST_TABLE 180                     /* width beside a detail, in pixels */

struct _SpResultPage {
  GtkWidget         parent_instance;
  GtkWidget        *stack, *paned, *empty, *below, *spinner;
  GtkWidget        *file;                   /* one it cannot run without; NULL: it never lacked any */
  const SpParam    *missing;                /* file's parameter */
  gboolean          is_missing;             /* now */
  GtkWidget        *plots, *tabs, *filter, *lower, *table, *notes, *detail;
  SpSession        *session;                /* owned */
  const SpAnalysis *analysis;
  gboolean          is_late;                /* hidden when a result came: shown when the page is */
};

G_DEFINE_FINAL_TYPE (SpResultPage, sp_result_page, GTK_TYPE_WIDGET)

static SpResult *
page_result (SpResultPage *self)
{
  return sp_session_get_result (self->session, self->analysis);
}

static void
show_table (SpResultPage *self)
{
  SpResult   *result = page_result (self);
  const char *id = sp_tabs_get_active (SP_TABS (self->tabs));
  gboolean    is_notes = g_strcmp0 (id, NOTES_TAB) == 0;

  sp_compat_show_child (self->lower,
                        is_notes ? gtk_widget_get_ancestor (self->notes, GTK_TYPE_SCROLLED_WINDOW) : self->table);
  sp_table_view_set_table (SP_TABLE_VIEW (self->table), result,
                           result != NULL && id != NULL && !is_notes ? sp_result_find_table (result, id) : NULL);
  sp_table_filter_set_table (self->filter, sp_table_view_get_table (SP_TABLE_VIEW (self->table)));
}

static void
show_notes (SpResultPage *self, SpResult *result)
{
  GString *text = g_string_new (NULL);

  for (guint i = 0; result != NULL && i < result->notes->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "\n" : "", (char *) result->notes->pdata[i]);
  gtk_label_set_text (GTK_LABEL (self->notes), text->str);
  g_string_free (text, TRUE);
}

static void
show_tabs (SpResultPage *self, SpResult *result)
{
  sp_tabs_begin (SP_TABS (self->tabs));
  for (guint i = 0; result != NULL && i < result->tables->len; i++)
    sp_tabs_add (SP_TABS (self->tabs), sp_table_get_id (result->tables->pdata[i]),
                 sp_table_get_title (result->tables->pdata[i]), NULL);
  if (result != NULL && result->notes->len > 0)
    {
      g_autofree char *title =
        g_strdup_printf (ngettext ("%u note", "%u notes", result->notes->len), result->notes->len);

      sp_tabs_add (SP_TABS (self->tabs), NOTES_TAB, title, NULL);
    }
  sp_tabs_end (SP_TABS (self->tabs));
}

static void
on_file (SpResultPage *self)
{
  SpArgs *args = sp_args_dup (sp_session_get_args (self->session, self->analysis));

  sp_args_set_text (args, self->missing->id, sp_file_row_get_path (SP_FILE_ROW (self->file)));
  sp_session_take_args (self->session, self->analysis, args);
}

/* The row of a file that is there by now is only hidden: it may be what was just clicked. */
static void
show_missing (SpResultPage *self, const SpParam *missing)
{
  if (self->file != NULL)
    gtk_widget_set_visible (self->file, missing != NULL);
  self->is_missing = missing != NULL;
  if (missing == NULL)
    return;
  if (missing != self->missing)
    {
      if (self->file != NULL)
        gtk_box_remove (GTK_BOX (self->below), self->file);
      self->missing = missing;
      self->file = sp_file_row_new (missing, TRUE);
      g_signal_connect_object (self->file, "changed", G_CALLBACK (on_file), self, G_CONNECT_SWAPPED);
      gtk_box_append (GTK_BOX (self->below), self->file);
    }
  sp_file_row_set_store (SP_FILE_ROW (self->file), sp_session_get_store (self->session));
}

/* Under the title of a page without a result. */
static const char *
describe_empty (SpResultPage *self, gboolean is_running)
{
  if (is_running)
    return _(self->analysis->question);
  if (self->is_missing)
    return _(self->missing->help);
  return self->analysis->execute != NULL ? _("Press Run to begin.") : _("Press Run to read the tensors.");
}

static void
show_empty (SpResultPage *self)
{
  gboolean         is_running = sp_session_is_running (self->session, self->analysis);
  SpArgs          *args = sp_session_get_args (self->session, self->analysis);
  SpStore         *store = sp_session_get_store (self->session);
  g_autofree char *title = NULL;

  show_missing (self, args != NULL && !is_running ? sp_args_find_missing (args, &store, 1) : NULL);
  if (page_result (self) != NULL)
    {
      sp_compat_show_child (self->stack, self->paned);
      return;
    }
  if (self->is_missing)
    title = g_strdup_printf (_("Needs: %s"), _(self->missing->title));
  else
    title = g_strdup (!is_running ? _("Nothing to Show Yet") : self->analysis->execute != NULL ? _("Running…") : _("Reading…"));
  adw_status_page_set_title (ADW_STATUS_PAGE (self->empty), title);
  adw_status_page_set_description (ADW_STATUS_PAGE (self->empty), describe_empty (self, is_running));
  gtk_widget_set_visible (self->spinner, is_running);
  sp_compat_show_child (self->stack, self->empty);
}

static void
show_plots (SpResultPage *self)
{
  show_empty (self);
  sp_plot_pane_set_result (SP_PLOT_PANE (self->plots), page_result (self));
  gtk_widget_set_visible (self->plots, !sp_plot_pane_is_empty (SP_PLOT_PANE (self->plots)));
}

static void
show_tables (SpResultPage *self)
{
  SpResult *result = page_result (self);

  show_notes (self, result);
  show_tabs (self, result);
  sp_detail_pane_set_result (SP_DETAIL_PANE (self->detail), result);
  show_table (self);
}

static void
show_result (SpResultPage *self)
{
  self->is_late = FALSE;
  show_plots (self);
  show_tables (self);
}

static void
on_result_changed (SpResultPage *self, const SpAnalysis *analysis)
{
  if (analysis != self->analysis)
    return;
  if (gtk_widget_get_mapped (GTK_WIDGET (self)))
    show_plots (self);
  else
    self->is_late = TRUE;
}

static void
on_result_drawn (SpResultPage *self, const SpAnalysis *analysis)
{
  if (analysis == self->analysis && !self->is_late)
    show_tables (self);
}

static void
on_state_changed (SpResultPage *self, const SpAnalysis *analysis)
{
  if (analysis == self->analysis)
    show_empty (self);
}

static void
sp_result_page_map (GtkWidget *widget)
{
  SpResultPage *self = SP_RESULT_PAGE (widget);

  if (self->is_late)
    show_result (self);
  GTK_WIDGET_CLASS (sp_result_page_parent_class)->map (widget);
}

static void
sp_result_page_dispose (GObject *object)
{
  SpResultPage *self = SP_RESULT_PAGE (object);

  g_clear_pointer (&self->stack, gtk_widget_unparent);
  g_clear_object (&self->session);
  G_OBJECT_CLASS (sp_result_page_parent_class)->dispose (object);
}

static void
sp_result_page_class_init (SpResultPageClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_result_page_dispose;
  GTK_WIDGET_CLASS (klass)->map = sp_result_page_map;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static GtkWidget *
make_notes (SpResultPage *self)
{
  GtkWidget *scrolled = gtk_scrolled_window_new ();

  gtk_widget_set_focusable (scrolled, FALSE);
  gtk_widget_set_vexpand (scrolled, TRUE);
  self->notes = gtk_label_new (NULL);
  gtk_label_set_xalign (GTK_LABEL (self->notes), 0);
  gtk_label_set_yalign (GTK_LABEL (self->notes), 0);
  gtk_label_set_wrap (GTK_LABEL (self->notes), TRUE);
  gtk_label_set_selectable (GTK_LABEL (self->notes), TRUE);
  gtk_widget_add_css_class (self->notes, "notes");
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (scrolled), self->notes);
  return scrolled;
}

static GtkWidget *
make_table_bar (SpResultPage *self)
{
  GtkWidget *bar = gtk_box_new (GTK_ORIENTATION_HORIZONTAL, 8);

  self->tabs = sp_tabs_new (_("Tables"));
  g_signal_connect_object (self->tabs, "changed", G_CALLBACK (show_table), self, G_CONNECT_SWAPPED);
  gtk_widget_add_css_class (bar, "table-tabs");
  self->filter = sp_table_filter_new (SP_TABLE_VIEW (self->table));
  gtk_box_append (GTK_BOX (bar), self->tabs);
  gtk_box_append (GTK_BOX (bar), self->filter);
  gtk_box_append (GTK_BOX (bar), sp_selection_label_new (self->session));
  return bar;
}

static GtkWidget *
make_lower (SpResultPage *self)
{
  GtkWidget *box = gtk_box_new (GTK_ORIENTATION_VERTICAL, 0), *beside = gtk_paned_new (GTK_ORIENTATION_HORIZONTAL), *fold;

  self->table = sp_table_view_new (self->session);
  gtk_box_append (GTK_BOX (box), make_table_bar (self));
  self->lower = gtk_stack_new ();
  gtk_widget_set_size_request (self->lower, LEAST_TABLE, -1);
  gtk_stack_add_child (GTK_STACK (self->lower), self->table);
  gtk_stack_add_child (GTK_STACK (self->lower), make_notes (self));
  self->detail = sp_detail_pane_new (self->session);
  gtk_paned_set_start_child (GTK_PANED (beside), self->lower);
  gtk_paned_set_end_child (GTK_PANED (beside), self->detail);
  gtk_paned_set_shrink_start_child (GTK_PANED (beside), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (beside), FALSE);
  gtk_accessible_update_property (GTK_ACCESSIBLE (beside), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Table and detail"), -1);
  fold = sp_fold_new (beside, self->lower, self->detail);
  gtk_widget_set_vexpand (fold, TRUE);
  gtk_box_append (GTK_BOX (box), fold);
  gtk_widget_set_size_request (box, -1, 120);
  return box;
}

static void
sp_result_page_init (SpResultPage *self)
{
  self->stack = gtk_stack_new ();
  gtk_widget_set_parent (self->stack, GTK_WIDGET (self));
  self->empty = adw_status_page_new ();
  self->spinner = gtk_spinner_new ();
  gtk_spinner_set_spinning (GTK_SPINNER (self->spinner), TRUE);
  gtk_widget_set_size_request (self->spinner, 32, 32);
  self->below = gtk_box_new (GTK_ORIENTATION_VERTICAL, 12);
  gtk_box_append (GTK_BOX (self->below), self->spinner);
  adw_status_page_set_child (ADW_STATUS_PAGE (self->empty), self->below);
  gtk_stack_add_child (GTK_STACK (self->stack), self->empty);
}

GtkWidget *
sp_result_page_new (SpSession *session, const SpAnalysis *analysis)
{
  SpResultPage *self = g_object_new (SP_TYPE_RESULT_PAGE, NULL);

  self->session = g_object_ref (session);
  self->analysis = analysis;
  self->paned = gtk_paned_new (GTK_ORIENTATION_VERTICAL);
  self->plots = sp_plot_pane_new (session, analysis, NULL, "fingerprint");
  gtk_accessible_update_property (GTK_ACCESSIBLE (self->paned), GTK_ACCESSIBLE_PROPERTY_LABEL, _("Plots and tables"), -1);
  gtk_paned_set_start_child (GTK_PANED (self->paned), self->plots);
  gtk_paned_set_end_child (GTK_PANED (self->paned), make_lower (self));
  gtk_paned_set_shrink_start_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_shrink_end_child (GTK_PANED (self->paned), FALSE);
  gtk_paned_set_resize_end_child (GTK_PANED (self->paned), TRUE);
  gtk_stack_add_child (GTK_STACK (self->stack), self->paned);
  g_signal_connect_object (session, "result-changed", G_CALLBACK (on_result_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "result-drawn", G_CALLBACK (on_result_drawn), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "state-changed", G_CALLBACK (on_state_changed), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (session, "args-changed", G_CALLBACK (on_state_changed), self, G_CONNECT_SWAPPED);
  show_result (self);
  return GTK_WIDGET (self);
}

SpPlotView *
sp_result_page_get_view (SpResultPage *self)
{
  return sp_plot_pane_get_view (SP_PLOT_PANE (self->plots));
}

SpTable *
sp_result_page_get_table (SpResultPage *self)
{
  return sp_table_view_get_table (SP_TABLE_VIEW (self->table));
}
