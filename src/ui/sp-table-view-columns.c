/* sp-table-view-columns.c - any table: its columns, their cells, and their order */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table-view-private.h"

#include "sp-compat.h"

#include <glib/gi18n.h>

#define MOST_TITLE_CHARS 28                 /* longer ones, such as names of files, lose their middle */
#define LEAST_COUNT_CHARS 5
#define LEAST_NAME_CHARS 6
#define MOST_NAME_CHARS 22
#define MEASURE_CHARS 7                     /* "100.00 %", "-0.01234" */
#define PLAIN_CHARS   9                     /* "-2.144e-05": what has no unit may be of any size */

/* Cells */

static gsize
factory_column (GtkListItem *item)
{
  return GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (item), "column"));
}

static void
show_cell (SpTableView *self, GtkListItem *item)
{
  SpTableRow      *row = gtk_list_item_get_item (item);
  SpTable         *table = sp_table_model_get_table (self->model);
  GtkWidget       *cell = gtk_list_item_get_child (item);
  g_autofree char *text = NULL;

  if (row == NULL || table == NULL || factory_column (item) >= sp_table_get_n_columns (table))
    return;
  text = sp_table_format_cell (table, factory_column (item),
                               sp_table_model_row_at (self->model, sp_table_row_get_position (row)));
  if (GTK_IS_INSCRIPTION (cell))
    sp_compat_inscribe (cell, text);
  else
    gtk_label_set_text (GTK_LABEL (cell), text);
}

/* A name: as wide as it is. */
static GtkWidget *
make_text_cell (SpTableView *self, gsize index)
{
  GtkWidget *label = gtk_label_new (NULL);

  gtk_label_set_xalign (GTK_LABEL (label), 0);
  if (index == 0)
    {
      gtk_label_set_ellipsize (GTK_LABEL (label), PANGO_ELLIPSIZE_START);
      gtk_label_set_width_chars (GTK_LABEL (label), (int) MIN (self->name_chars, MOST_NAME_CHARS));
    }
  return label;
}

static guint
find_number_chars (SpTableView *self, const SpColumn *column)
{
  if (column->type == SP_COLUMN_I64)
    return self->count_chars;
  return column->unit == NULL || *column->unit == '\0' ? PLAIN_CHARS : MEASURE_CHARS;
}

/* Room for any number of its column, so that another one need not lay the window out again. */
static GtkWidget *
make_number_cell (SpTableView *self, const SpColumn *column)
{
  GtkWidget *cell = gtk_inscription_new (NULL);
  guint      n_chars = find_number_chars (self, column);

  gtk_inscription_set_xalign (GTK_INSCRIPTION (cell), 1);
  gtk_inscription_set_min_chars (GTK_INSCRIPTION (cell), n_chars);
  gtk_inscription_set_nat_chars (GTK_INSCRIPTION (cell), n_chars);
  gtk_inscription_set_text_overflow (GTK_INSCRIPTION (cell), GTK_INSCRIPTION_OVERFLOW_ELLIPSIZE_START);
  gtk_widget_add_css_class (cell, "numeric");
  return cell;
}

static void
setup_cell (GtkListItemFactory *factory, GtkListItem *item, SpTableView *self)
{
  gsize           index = GPOINTER_TO_SIZE (g_object_get_data (G_OBJECT (factory), "column"));
  const SpColumn *column = sp_table_get_column (self->layout, index);

  g_object_set_data (G_OBJECT (item), "column", GSIZE_TO_POINTER (index));
  gtk_list_item_set_child (item, column->type == SP_COLUMN_TEXT ? make_text_cell (self, index) : make_number_cell (self, column));
}

static void
bind_cell (GtkListItemFactory *factory, GtkListItem *item, SpTableView *self)
{
  g_ptr_array_add (self->cells, item);
  show_cell (self, item);
}

static void
unbind_cell (GtkListItemFactory *factory, GtkListItem *item, SpTableView *self)
{
  g_ptr_array_remove_fast (self->cells, item);
}

void
sp_table_view_show_cells (SpTableView *self)
{
  for (guint i = 0; i < self->cells->len; i++)
    show_cell (self, self->cells->pdata[i]);
}

/* Most columns are the same in all results of a run. */
void
sp_table_view_show_changed_cells (SpTableView *self, SpTable *before)
{
  SpTable *table = sp_table_model_get_table (self->model);

  for (guint i = 0; table != NULL && i < self->cells->len; i++)
    {
      gsize column = factory_column (self->cells->pdata[i]);

      if (column >= sp_table_get_n_columns (before) || column >= sp_table_get_n_columns (table)
          || sp_table_get_column (before, column) != sp_table_get_column (table, column))
        show_cell (self, self->cells->pdata[i]);
    }
}

/* Sorting: the header only offers comparisons of two items.  Asked to compare one pair, the first
 * column it turns to is the one chosen, and the sign it gives back is the direction. */

typedef struct { SpTableView *view; gsize column; } Probe;

static int
probe_compare (gconstpointer a, gconstpointer b, gpointer data)
{
  Probe *probe = data;

  if (probe->view->probed < 0)
    probe->view->probed = (gssize) probe->column;
  return -1;
}

void
sp_table_view_sort (SpTableView *self)
{
  GtkSorter              *sorter = gtk_column_view_get_sorter (GTK_COLUMN_VIEW (self->view));
  g_autoptr (SpTableRow)  a = g_object_new (SP_TYPE_TABLE_ROW, NULL), b = g_object_new (SP_TYPE_TABLE_ROW, NULL);
  GtkOrdering             order;

  self->probed = -1;
  order = gtk_sorter_compare (sorter, a, b);
  sp_table_model_sort (self->model, self->probed, order == GTK_ORDERING_LARGER);
  sp_table_view_show_cells (self);
  sp_table_view_show_selection (self);
}

/* Columns */

static char *
shorten (const char *title)
{
  glong            n = g_utf8_strlen (title, -1);
  g_autofree char *begin = n > MOST_TITLE_CHARS ? g_utf8_substring (title, 0, MOST_TITLE_CHARS / 2) : NULL;

  if (begin == NULL)
    return g_strdup (title);
  return g_strconcat (begin, "…", g_utf8_offset_to_pointer (title, n - MOST_TITLE_CHARS / 2), NULL);
}

/* Counts, shares and weights say by their titles what they are. */
static char *
column_title (const SpColumn *column)
{
  static const char *const silent[] = { "", "share", "weight", "elements", "rows", "columns", "tokens", "steps", "neurons", NULL };
  g_autofree char         *title = shorten (column->title);

  if (column->unit == NULL || g_strv_contains (silent, column->unit) || g_str_equal (column->unit, column->title))
    return g_steal_pointer (&title);
  return g_strdup_printf ("%s (%s)", title, _(column->unit));
}

static void
add_column (SpTableView *self, gsize index)
{
  const SpColumn                 *column = sp_table_get_column (self->layout, index);
  GtkListItemFactory             *factory = gtk_signal_list_item_factory_new ();
  g_autofree char                *title = column_title (column);
  g_autoptr (GtkColumnViewColumn) view_column = gtk_column_view_column_new (title, factory);
  Probe                          *probe = g_new (Probe, 1);
  g_autoptr (GtkSorter)           sorter = NULL;

  *probe = (Probe) { self, index };
  sorter = GTK_SORTER (gtk_custom_sorter_new (probe_compare, probe, g_free));
  gtk_column_view_column_set_sorter (view_column, sorter);
  g_object_set_data (G_OBJECT (factory), "column", GSIZE_TO_POINTER (index));
  g_signal_connect (factory, "setup", G_CALLBACK (setup_cell), self);
  g_signal_connect (factory, "bind", G_CALLBACK (bind_cell), self);
  g_signal_connect (factory, "unbind", G_CALLBACK (unbind_cell), self);
  gtk_column_view_column_set_resizable (view_column, TRUE);
  gtk_column_view_column_set_expand (view_column, index == 0 && column->type == SP_COLUMN_TEXT);
  gtk_column_view_append_column (GTK_COLUMN_VIEW (self->view), view_column);
  if (column->type != SP_COLUMN_TEXT)
    sp_compat_end_title (self->view);
}

/* Takes the room that is left: a column view narrower than its window is drawn as if it were scrolled too far. */
static void
add_filler (SpTableView *self)
{
  g_autoptr (GtkColumnViewColumn) column = gtk_column_view_column_new (NULL, NULL);

  gtk_column_view_column_set_expand (column, TRUE);
  gtk_column_view_append_column (GTK_COLUMN_VIEW (self->view), column);
}

/* Rows are called by their first column, or by the numbers they begin with: layer and neuron. */
static gboolean
is_name (SpTable *table, gsize index)
{
  for (gsize i = 0; i <= index && index > 0; i++)
    {
      const SpColumn *column = sp_table_get_column (table, i);

      if (column->type != SP_COLUMN_I64 || column->unit == NULL || *column->unit != '\0')
        return FALSE;
    }
  return TRUE;
}

/* What a row is called, what was measured, and what else is known of it. */
static int
column_rank (SpTable *table, gsize index)
{
  const SpColumn *column = sp_table_get_column (table, index);

  if (is_name (table, index))
    return 0;
  return column->type != SP_COLUMN_TEXT && column->unit != NULL && *column->unit != '\0' ? 1 : 2;
}

gboolean
sp_table_view_has_columns_of (SpTableView *self, SpTable *table)
{
  SpTable *a = self->layout, *b = table;

  if (a == NULL || b == NULL || sp_table_get_n_columns (a) != sp_table_get_n_columns (b))
    return FALSE;
  for (gsize i = 0; i < sp_table_get_n_columns (a); i++)
    {
      const SpColumn *x = sp_table_get_column (a, i), *y = sp_table_get_column (b, i);

      if (x->name != y->name || x->type != y->type || x->title != y->title)
        return FALSE;
    }
  return TRUE;
}

static glong
chars_of_largest (const SpColumn *column)
{
  gsize            largest = 0;
  g_autofree char *text = NULL;

  for (gsize row = 1; row < column->n_rows; row++)
    largest = column->i64[row] > column->i64[largest] ? row : largest;
  text = sp_column_format_cell (column, largest);
  return g_utf8_strlen (text, -1);
}

static guint
find_count_chars (SpTable *table)
{
  glong n_chars = LEAST_COUNT_CHARS;

  for (gsize i = 0; i < sp_table_get_n_columns (table); i++)
    {
      const SpColumn *column = sp_table_get_column (table, i);

      if (column->type == SP_COLUMN_I64 && column->n_rows > 0)
        n_chars = MAX (n_chars, chars_of_largest (column));
    }
  return (guint) n_chars;
}

static guint
find_name_chars (SpTable *table)
{
  const SpColumn *names = sp_table_get_n_columns (table) > 0 ? sp_table_get_column (table, 0) : NULL;
  glong           n_chars = LEAST_NAME_CHARS;

  for (gsize i = 0; names != NULL && names->type == SP_COLUMN_TEXT && i < names->n_rows && n_chars < MOST_NAME_CHARS; i++)
    n_chars = MAX (n_chars, names->text[i] != NULL ? g_utf8_strlen (names->text[i], -1) : 0);
  return (guint) n_chars;
}

void
sp_table_view_make_columns (SpTableView *self, SpTable *table)
{
  GListModel *columns = gtk_column_view_get_columns (GTK_COLUMN_VIEW (self->view));

  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), NULL);
  while (g_list_model_get_n_items (columns) > 0)
    {
      g_autoptr (GtkColumnViewColumn) column = g_list_model_get_item (columns, 0);

      gtk_column_view_remove_column (GTK_COLUMN_VIEW (self->view), column);
    }
  g_ptr_array_set_size (self->cells, 0);
  g_clear_pointer (&self->layout, sp_table_unref);
  self->layout = sp_table_ref (table);
  self->count_chars = find_count_chars (table);
  self->name_chars = find_name_chars (table);
  sp_table_model_sort (self->model, -1, FALSE);
  for (int rank = 0; rank <= 2; rank++)
    for (gsize i = 0; i < sp_table_get_n_columns (table); i++)
      if (column_rank (table, i) == rank)
        add_column (self, i);
  if (sp_table_get_n_columns (table) == 0 || sp_table_get_column (table, 0)->type != SP_COLUMN_TEXT)
    add_filler (self);
  gtk_column_view_set_model (GTK_COLUMN_VIEW (self->view), GTK_SELECTION_MODEL (self->selection));
}
