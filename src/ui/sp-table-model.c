/* sp-table-model.c - the rows of a table, or some of them, as a list, in a chosen order */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table-model.h"

#include "sp-order.h"
#include "sp-role.h"

#include <math.h>
#include <stdlib.h>

#define MOST_WORDS 16                      /* more are names, which are compared one by one */

struct _SpTableRow {
  GObject parent_instance;
  guint   position;
};

G_DEFINE_FINAL_TYPE (SpTableRow, sp_table_row, G_TYPE_OBJECT)

static void
sp_table_row_class_init (SpTableRowClass *klass)
{
}

static void
sp_table_row_init (SpTableRow *self)
{
}

guint
sp_table_row_get_position (SpTableRow *self)
{
  return self->position;
}

struct _SpTableModel {
  GObject   parent_instance;
  SpTable  *table;                  /* owned; NULL */
  guint32  *order;                  /* (n_rows) position → row, of those shown */
  guint     n_shown;
  char     *only_column, *only_text;    /* rows shown have that text there; NULL: all are */
  gssize    column;                 /* sorted by; -1: none */
  gboolean  is_descending;
};

static void sp_table_model_list_init (GListModelInterface *iface);
G_DEFINE_FINAL_TYPE_WITH_CODE (SpTableModel, sp_table_model, G_TYPE_OBJECT,
                               G_IMPLEMENT_INTERFACE (G_TYPE_LIST_MODEL, sp_table_model_list_init))

static void
sp_table_model_finalize (GObject *object)
{
  SpTableModel *self = SP_TABLE_MODEL (object);

  g_clear_pointer (&self->table, sp_table_unref);
  g_free (self->order);
  g_free (self->only_column);
  g_free (self->only_text);
  G_OBJECT_CLASS (sp_table_model_parent_class)->finalize (object);
}

static void
sp_table_model_class_init (SpTableModelClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sp_table_model_finalize;
}

static void
sp_table_model_init (SpTableModel *self)
{
  self->column = -1;
}

static GType
get_item_type (GListModel *list)
{
  return SP_TYPE_TABLE_ROW;
}

static guint
get_n_items (GListModel *list)
{
  return SP_TABLE_MODEL (list)->n_shown;
}

static gpointer
get_item (GListModel *list, guint position)
{
  SpTableRow *row;

  if (position >= get_n_items (list))
    return NULL;
  row = g_object_new (SP_TYPE_TABLE_ROW, NULL);
  row->position = position;
  return row;
}

static void
sp_table_model_list_init (GListModelInterface *iface)
{
  iface->get_item_type = get_item_type;
  iface->get_n_items = get_n_items;
  iface->get_item = get_item;
}

SpTableModel *
sp_table_model_new (void)
{
  return g_object_new (SP_TYPE_TABLE_MODEL, NULL);
}

/* Nothing comes last in either direction. */
static int
compare_texts (const char *a, const char *b, gboolean is_descending)
{
  if (a == NULL || b == NULL)
    return (a == NULL) - (b == NULL);
  return is_descending ? sp_natural_compare (b, a) : sp_natural_compare (a, b);
}

static int
compare_rows (const void *a, const void *b, void *data)
{
  SpTableModel   *self = data;
  const SpColumn *column = sp_table_get_column (self->table, (gsize) self->column);
  guint32         row_a = *(const guint32 *) a, row_b = *(const guint32 *) b;
  int             order = compare_texts (column->text[row_a], column->text[row_b], self->is_descending);

  return order != 0 ? order : (row_a > row_b) - (row_a < row_b);
}

static guint
find_word (GPtrArray *words, const char *word)
{
  guint i = 0;

  while (i < words->len && words->pdata[i] != word)
    i++;
  return i;
}

/* Different ones, by where they are.  NULL: more than a few. */
static GPtrArray *
list_words (const SpColumn *column)
{
  g_autoptr (GPtrArray) words = g_ptr_array_new ();

  for (gsize i = 0; i < column->n_rows; i++)
    if (column->text[i] != NULL && find_word (words, column->text[i]) == words->len)
      {
        if (words->len == MOST_WORDS)
          return NULL;
        g_ptr_array_add (words, (gpointer) column->text[i]);
      }
  g_ptr_array_sort (words, sp_natural_compare_places);
  return g_steal_pointer (&words);
}

/* Of each row one that rises as the texts do: places of few words.  NULL: they are many. */
static double *
number_texts (const SpColumn *column)
{
  g_autoptr (GPtrArray) words = list_words (column);
  double               *numbers = words != NULL ? g_new (double, column->n_rows + 1) : NULL;

  for (gsize i = 0; words != NULL && i < column->n_rows; i++)
    {
      guint place = find_word (words, column->text[i]);

      while (place > 0 && place < words->len && sp_natural_compare (words->pdata[place - 1], words->pdata[place]) == 0)
        place--;
      numbers[i] = column->text[i] != NULL ? place : NAN;
    }
  return numbers;
}

static double *
number_rows (const SpColumn *column)
{
  double *numbers;

  if (column->type == SP_COLUMN_TEXT)
    return number_texts (column);
  numbers = g_new (double, column->n_rows + 1);
  for (gsize i = 0; i < column->n_rows; i++)
    numbers[i] = sp_column_get_number (column, i);
  return numbers;
}

static const SpColumn *
sorted_column (SpTableModel *self)
{
  gboolean is_there = self->column >= 0 && self->table != NULL && (gsize) self->column < sp_table_get_n_columns (self->table);

  return is_there ? sp_table_get_column (self->table, (gsize) self->column) : NULL;
}

static guint
count_rows (SpTableModel *self)
{
  return self->table != NULL ? (guint) MIN (sp_table_get_n_rows (self->table), G_MAXUINT - 1) : 0;
}

/* NULL: all rows are shown. */
static const SpColumn *
only_column (SpTableModel *self)
{
  const SpColumn *column = self->only_column != NULL && self->table != NULL ? sp_table_find_column (self->table, self->only_column) : NULL;

  return column != NULL && column->type == SP_COLUMN_TEXT ? column : NULL;
}

static void
sort (SpTableModel *self)
{
  const SpColumn    *only = only_column (self), *column = sorted_column (self);
  g_autofree double *numbers = column != NULL ? number_rows (column) : NULL;

  self->n_shown = 0;
  for (guint i = 0, n = count_rows (self); i < n; i++)
    if (only == NULL || g_strcmp0 (only->text[i], self->only_text) == 0)
      self->order[self->n_shown++] = i;
  if (numbers != NULL)
    sp_order_rows (self->order, self->n_shown, numbers, self->is_descending);
  else if (column != NULL)
    qsort_r (self->order, self->n_shown, sizeof *self->order, compare_rows, self);
}

gboolean
sp_table_model_set_table (SpTableModel *self, SpTable *table)
{
  g_autoptr (SpTable) before = self->table;
  const SpColumn     *sorted_before = sorted_column (self), *only_before = only_column (self);
  guint               n_before = self->n_shown, n_rows_before = count_rows (self), n_rows;

  self->table = table != NULL ? sp_table_ref (table) : NULL;
  n_rows = count_rows (self);
  if (n_rows == n_rows_before && sorted_column (self) == sorted_before && only_column (self) == only_before)
    return FALSE;
  if (n_rows != n_rows_before)
    self->order = g_renew (guint32, self->order, MAX (n_rows, 1));
  sort (self);
  if (self->n_shown != n_before)
    g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, self->n_shown);
  return TRUE;
}

SpTable *
sp_table_model_get_table (SpTableModel *self)
{
  return self->table;
}

void
sp_table_model_sort (SpTableModel *self, gssize column, gboolean is_descending)
{
  self->column = column;
  self->is_descending = is_descending;
  if (self->table != NULL)
    sort (self);
}

void
sp_table_model_show_only (SpTableModel *self, const char *column, const char *text)
{
  guint n_before = self->n_shown;

  if (g_strcmp0 (column, self->only_column) == 0 && g_strcmp0 (text, self->only_text) == 0)
    return;
  g_free (self->only_column);
  g_free (self->only_text);
  self->only_column = g_strdup (column);
  self->only_text = g_strdup (text);
  sort (self);
  g_list_model_items_changed (G_LIST_MODEL (self), 0, n_before, self->n_shown);
}

gsize
sp_table_model_row_at (SpTableModel *self, guint position)
{
  return position < get_n_items (G_LIST_MODEL (self)) ? self->order[position] : 0;
}

guint
sp_table_model_position_of (SpTableModel *self, gsize row)
{
  guint n = get_n_items (G_LIST_MODEL (self));

  for (guint i = 0; i < n; i++)
    if (self->order[i] == row)
      return i;
  return G_MAXUINT;
}
