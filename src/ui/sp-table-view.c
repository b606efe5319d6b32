/* sp-table-view.c - any table: sortable columns, rows on demand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table-view-private.h"

#include "sp-compat.h"

G_DEFINE_FINAL_TYPE (SpTableView, sp_table_view, GTK_TYPE_WIDGET)

/* Selection */

static const char *
key_of (SpTableView *self, gsize row, gint64 *neuron)
{
  SpTable *table = sp_table_model_get_table (self->model);

  *neuron = -1;
  return table != NULL ? sp_table_get_key (table, row, neuron) : NULL;
}

/* It is mostly where it was. */
static gboolean
find_selected (SpTableView *self)
{
  SpTable    *table = sp_table_model_get_table (self->model);
  const char *name = sp_session_get_key (self->session, self->result);
  gint64      wanted = sp_session_get_neuron (self->session), neuron;

  if (table == NULL || name == NULL)
    return FALSE;
  if (g_strcmp0 (key_of (self, self->selected, &neuron), name) == 0 && neuron == wanted)
    return TRUE;
  return sp_table_find_key (table, name, wanted, &self->selected);
}

void
sp_table_view_show_selection (SpTableView *self)
{
  guint position = find_selected (self) ? sp_table_model_position_of (self->model, self->selected) : GTK_INVALID_LIST_POSITION;

  if (gtk_single_selection_get_selected (self->selection) == position)
    return;
  self->is_selecting = TRUE;
  gtk_single_selection_set_selected (self->selection, position);
  if (position != GTK_INVALID_LIST_POSITION)
    sp_compat_scroll_to (self->view, position);
  self->is_selecting = FALSE;
}

static const char *
key_at (SpTableView *self, guint position, gint64 *neuron)
{
  return position != GTK_INVALID_LIST_POSITION ? key_of (self, sp_table_model_row_at (self->model, position), neuron) : NULL;
}

static void
on_selected (SpTableView *self)
{
  gint64      neuron;
  const char *key = key_at (self, gtk_single_selection_get_selected (self->selection), &neuron);

  if (!self->is_selecting && key != NULL)
    sp_session_select (self->session, key, neuron);
}

static void
on_activate (SpTableView *self, guint position)
{
  gint64      neuron;
  const char *key = key_at (self, position, &neuron);

  if (key != NULL)
    gtk_widget_activate_action (GTK_WIDGET (self), "win.show-map", "s", key);
}

/* Widget */

static void
sp_table_view_dispose (GObject *object)
{
  SpTableView *self = SP_TABLE_VIEW (object);

  if (self->scrolled != NULL)
    gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  g_clear_pointer (&self->scrolled, gtk_widget_unparent);
  g_clear_object (&self->selection);
  g_clear_object (&self->model);
  g_clear_object (&self->session);
  g_clear_pointer (&self->layout, sp_table_unref);
  g_clear_pointer (&self->result, sp_result_unref);
  g_clear_pointer (&self->cells, g_ptr_array_unref);
  G_OBJECT_CLASS (sp_table_view_parent_class)->dispose (object);
}

static void
sp_table_view_class_init (SpTableViewClass *klass)
{
  G_OBJECT_CLASS (klass)->dispose = sp_table_view_dispose;
  gtk_widget_class_set_layout_manager_type (GTK_WIDGET_CLASS (klass), GTK_TYPE_BIN_LAYOUT);
}

static void
sp_table_view_init (SpTableView *self)
{
  self->cells = g_ptr_array_new ();
  self->model = sp_table_model_new ();
  self->selection = gtk_single_selection_new (G_LIST_MODEL (g_object_ref (self->model)));
  gtk_single_selection_set_autoselect (self->selection, FALSE);
  gtk_single_selection_set_can_unselect (self->selection, TRUE);
  self->view = gtk_column_view_new (NULL);
  gtk_widget_add_css_class (self->view, "data-table");
  gtk_widget_add_css_class (self->view, "result-table");
  self->scrolled = gtk_scrolled_window_new ();
  gtk_widget_set_focusable (self->scrolled, FALSE);
  gtk_scrolled_window_set_child (GTK_SCROLLED_WINDOW (self->scrolled), self->view);
  gtk_widget_set_vexpand (GTK_WIDGET (self), TRUE);
  gtk_widget_set_parent (self->scrolled, GTK_WIDGET (self));
}

GtkWidget *
sp_table_view_new (SpSession *session)
{
  SpTableView *self = g_object_new (SP_TYPE_TABLE_VIEW, NULL);

  self->session = g_object_ref (session);
  g_signal_connect_object (session, "notify::selection", G_CALLBACK (sp_table_view_show_selection), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->selection, "notify::selected", G_CALLBACK (on_selected), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (self->view, "activate", G_CALLBACK (on_activate), self, G_CONNECT_SWAPPED);
  g_signal_connect_object (gtk_column_view_get_sorter (GTK_COLUMN_VIEW (self->view)), "changed",
                           G_CALLBACK (sp_table_view_sort), self, G_CONNECT_SWAPPED);
  return GTK_WIDGET (self);
}

void
sp_table_view_set_table (SpTableView *self, SpResult *result, SpTable *table)
{
  SpTable            *shown = sp_table_model_get_table (self->model);
  g_autoptr (SpTable) before = shown != NULL ? sp_table_ref (shown) : NULL;
  gboolean            is_moved;

  if (result != NULL)
    sp_result_ref (result);
  g_clear_pointer (&self->result, sp_result_unref);
  self->result = result;
  self->is_selecting = TRUE;
  if (table != NULL && !sp_table_view_has_columns_of (self, table))
    sp_table_view_make_columns (self, table);
  is_moved = sp_table_model_set_table (self->model, table);
  self->is_selecting = FALSE;
  if (result == NULL || result->is_final)
    gtk_widget_remove_css_class (self->view, "preview");
  else
    gtk_widget_add_css_class (self->view, "preview");
  if (table != NULL)
    gtk_accessible_update_property (GTK_ACCESSIBLE (self->view), GTK_ACCESSIBLE_PROPERTY_LABEL,
                                    sp_table_get_title (table), -1);
  if (is_moved || before == NULL)
    sp_table_view_show_cells (self);
  else
    sp_table_view_show_changed_cells (self, before);
  sp_table_view_show_selection (self);
}

void
sp_table_view_show_only (SpTableView *self, const char *column, const char *text)
{
  self->is_selecting = TRUE;
  sp_table_model_show_only (self->model, column, text);
  self->is_selecting = FALSE;
  sp_table_view_show_selection (self);
}

SpTable *
sp_table_view_get_table (SpTableView *self)
{
  return sp_table_model_get_table (self->model);
}
