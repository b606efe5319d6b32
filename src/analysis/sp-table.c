/* sp-table.c - columns of numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-table.h"

#include <math.h>
#include <string.h>

/* Rows that are a tensor's neurons. */
typedef struct { gsize first_row, n_rows; const char *key; } Neurons;

struct _SpTable {
  char          *id, *title;
  gsize          n_rows;
  GPtrArray     *columns;      /* of SpColumn */
  GArray        *neurons;      /* of Neurons, in the order of rows; NULL: none */
  SpTableDetail  detail;       /* NULL: none */
  gpointer       detail_data;
  GDestroyNotify free_detail_data;
};

static SpColumn *
column_new (const char *name, const char *title, const char *unit, SpColumnType type, gsize n_rows)
{
  SpColumn *column = g_atomic_rc_box_new0 (SpColumn);

  column->name = g_intern_string (name);
  column->title = g_intern_string (title);
  column->unit = g_intern_string (unit);
  column->type = type;
  column->n_rows = n_rows;
  return column;
}

SpColumn *
sp_column_new_f64 (const char *name, const char *title, const char *unit, gsize n_rows, double *take)
{
  SpColumn *column = column_new (name, title, unit, SP_COLUMN_F64, n_rows);

  column->f64 = take;
  return column;
}

SpColumn *
sp_column_new_i64 (const char *name, const char *title, const char *unit, gsize n_rows, gint64 *take)
{
  SpColumn *column = column_new (name, title, unit, SP_COLUMN_I64, n_rows);

  column->i64 = take;
  return column;
}

/* Pointers first, the characters behind them: one block, so that the column is freed like the others. */
SpColumn *
sp_column_new_text (const char *name, const char *title, gsize n_rows, const char *const *copied)
{
  SpColumn *column = column_new (name, title, "", SP_COLUMN_TEXT, n_rows);
  gsize     n_bytes = n_rows * sizeof (char *);
  char    **text, *end;

  for (gsize i = 0; i < n_rows; i++)
    n_bytes += copied[i] != NULL ? strlen (copied[i]) + 1 : 0;
  text = g_malloc (MAX (n_bytes, 1));
  end = (char *) (text + n_rows);
  for (gsize i = 0; i < n_rows; i++)
    {
      text[i] = copied[i] != NULL ? end : NULL;
      if (copied[i] != NULL)
        end = g_stpcpy (end, copied[i]) + 1;
    }
  column->text = (const char *const *) text;
  return column;
}

SpColumn *
sp_column_new_words (const char *name, const char *title, gsize n_rows, const char **take)
{
  SpColumn *column = column_new (name, title, "", SP_COLUMN_TEXT, n_rows);

  column->text = take;
  return column;
}

SpColumn *
sp_column_ref (SpColumn *column)
{
  return g_atomic_rc_box_acquire (column);
}

static void
column_clear (gpointer data)
{
  SpColumn *column = data;

  g_free ((gpointer) column->f64);
}

void
sp_column_unref (SpColumn *column)
{
  g_atomic_rc_box_release_full (column, column_clear);
}

SpTable *
sp_table_new (const char *id, const char *title, gsize n_rows)
{
  SpTable *table = g_atomic_rc_box_new0 (SpTable);

  table->id = g_strdup (id);
  table->title = g_strdup (title);
  table->n_rows = n_rows;
  table->columns = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_column_unref);
  return table;
}

SpTable *
sp_table_ref (SpTable *table)
{
  return g_atomic_rc_box_acquire (table);
}

static void
table_clear (gpointer data)
{
  SpTable *table = data;

  g_free (table->id);
  g_free (table->title);
  g_ptr_array_unref (table->columns);
  g_clear_pointer (&table->neurons, g_array_unref);
  if (table->free_detail_data != NULL)
    table->free_detail_data (table->detail_data);
}

void
sp_table_unref (SpTable *table)
{
  g_atomic_rc_box_release_full (table, table_clear);
}

void
sp_table_take_column (SpTable *table, SpColumn *column)
{
  g_return_if_fail (column->n_rows == table->n_rows);
  g_ptr_array_add (table->columns, column);
}

void
sp_table_take_f64 (SpTable *table, const char *name, const char *title, const char *unit, double *take)
{
  sp_table_take_column (table, sp_column_new_f64 (name, title, unit, sp_table_get_n_rows (table), take));
}

void
sp_table_take_i64 (SpTable *table, const char *name, const char *title, const char *unit, gint64 *take)
{
  sp_table_take_column (table, sp_column_new_i64 (name, title, unit, sp_table_get_n_rows (table), take));
}

const char *
sp_table_get_id (SpTable *table)
{
  return table->id;
}

const char *
sp_table_get_title (SpTable *table)
{
  return table->title;
}

gsize
sp_table_get_n_rows (SpTable *table)
{
  return table->n_rows;
}

gsize
sp_table_get_n_columns (SpTable *table)
{
  return table->columns->len;
}

const SpColumn *
sp_table_get_column (SpTable *table, gsize i)
{
  g_return_val_if_fail (i < table->columns->len, NULL);
  return table->columns->pdata[i];
}

const SpColumn *
sp_table_find_column (SpTable *table, const char *name)
{
  for (gsize i = 0; i < table->columns->len; i++)
    {
      const SpColumn *column = table->columns->pdata[i];

      if (strcmp (column->name, name) == 0)
        return column;
    }
  return NULL;
}

void
sp_table_add_neurons (SpTable *table, gsize first_row, gsize n_rows, const char *key)
{
  Neurons neurons = { first_row, n_rows, g_intern_string (key) };

  if (table->neurons == NULL)
    table->neurons = g_array_new (FALSE, FALSE, sizeof neurons);
  g_array_append_val (table->neurons, neurons);
}

static const SpColumn *
find_tensors (SpTable *table)
{
  const SpColumn *column = sp_table_find_column (table, "tensor");

  return column != NULL && column->type == SP_COLUMN_TEXT ? column : NULL;
}

const char *
sp_table_get_key (SpTable *table, gsize row, gint64 *neuron)
{
  const SpColumn *tensors = find_tensors (table);

  *neuron = -1;
  for (guint i = 0; table->neurons != NULL && i < table->neurons->len; i++)
    {
      const Neurons *some = &g_array_index (table->neurons, Neurons, i);

      if (row < some->first_row || row - some->first_row >= some->n_rows)
        continue;
      *neuron = (gint64) (row - some->first_row);
      return some->key;
    }
  return tensors != NULL && row < table->n_rows ? tensors->text[row] : NULL;
}

static gboolean
find_neuron (SpTable *table, const char *key, gint64 neuron, gsize *row)
{
  for (guint i = 0; neuron >= 0 && i < table->neurons->len; i++)
    {
      const Neurons *some = &g_array_index (table->neurons, Neurons, i);

      if (g_strcmp0 (some->key, key) != 0 || (guint64) neuron >= some->n_rows)
        continue;
      *row = some->first_row + (gsize) neuron;
      return TRUE;
    }
  return FALSE;
}

gboolean
sp_table_find_key (SpTable *table, const char *key, gint64 neuron, gsize *row)
{
  const SpColumn *tensors = find_tensors (table);

  if (key == NULL)
    return FALSE;
  if (table->neurons != NULL)
    return find_neuron (table, key, neuron, row);
  for (*row = 0; tensors != NULL && *row < table->n_rows; ++*row)
    if (g_strcmp0 (tensors->text[*row], key) == 0)
      return TRUE;
  return FALSE;
}

void
sp_table_set_detail (SpTable *table, SpTableDetail detail, gpointer data, GDestroyNotify free_data)
{
  table->detail = detail;
  table->detail_data = data;
  table->free_detail_data = free_data;
}

gboolean
sp_table_has_detail (SpTable *table)
{
  return table->detail != NULL;
}

SpTable *
sp_table_read_detail (SpTable *table, gsize row, GCancellable *cancellable, GError **error)
{
  gint64      neuron;
  const char *key = sp_table_get_key (table, row, &neuron);

  g_return_val_if_fail (table->detail != NULL && key != NULL, NULL);
  return table->detail (table->detail_data, key, neuron, cancellable, error);
}

double
sp_column_get_number (const SpColumn *column, gsize row)
{
  if (row >= column->n_rows || column->type == SP_COLUMN_TEXT)
    return NAN;
  if (column->type == SP_COLUMN_F64)
    return column->f64[row];
  return column->i64[row] == SP_I64_NONE ? NAN : (double) column->i64[row];
}
