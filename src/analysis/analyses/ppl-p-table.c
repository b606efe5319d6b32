/* ppl-p-table.c - losses by τ that were measured elsewhere: JSON of lists, or CSV with a line of names */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include "sp-csv.h"
#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MOST_BYTES ((goffset) 16 << 20)

enum { TAU, LOSS, ACTIVE, N_COLUMNS };
static const char *const column_names[N_COLUMNS] = { "tau", "loss", "activation_ratio" };

typedef struct {
  const char *name;                        /* of the file */
  GArray     *columns[N_COLUMNS];          /* of double */
} Table;

static gboolean
refuse (const Table *table, GError **error, const char *reason)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, "%s: %s", table->name, reason);
  return FALSE;
}

/* -1: none of ours. */
static int
find_column (const char *name)
{
  for (int i = 0; i < N_COLUMNS; i++)
    if (g_ascii_strcasecmp (name, column_names[i]) == 0)
      return i;
  return -1;
}

/* --- CSV --------------------------------------------------------------------------------------------- */

static gboolean
read_csv (Table *table, const char *text, GError **error)
{
  g_autoptr (GPtrArray) columns = sp_csv_read (text, table->name, error);

  for (guint i = 0; columns != NULL && i < columns->len; i++)
    {
      const SpCsvColumn *column = columns->pdata[i];
      int                wanted = find_column (column->name);

      if (wanted >= 0 && column->problem != NULL)
        return refuse (table, error, column->problem);
      if (wanted >= 0)
        g_array_append_vals (table->columns[wanted], column->numbers->data, column->numbers->len);
    }
  return columns != NULL;
}

/* --- JSON -------------------------------------------------------------------------------------------- */

static gboolean
read_numbers (Table *table, SpJson *json, int column, GError **error)
{
  SpJsonToken token = sp_json_next (json, error);

  g_array_set_size (table->columns[column], 0);
  if (token == SP_JSON_ARRAY)
    while ((token = sp_json_next (json, error)) == SP_JSON_NUMBER || token == SP_JSON_NULL)
      {
        double value = token == SP_JSON_NUMBER ? sp_json_get_double (json) : NAN;

        g_array_append_val (table->columns[column], value);
      }
  if (token == SP_JSON_ARRAY_END || token == SP_JSON_ERROR)
    return token == SP_JSON_ARRAY_END;
  return refuse (table, error, _("tau, loss and activation_ratio must be lists of numbers"));
}

static gboolean
read_json (Table *table, const char *text, gsize n_bytes, GError **error)
{
  g_autoptr (SpJson) json = sp_json_new (text, n_bytes, table->name);
  SpJsonToken        token = sp_json_next (json, error);

  if (token == SP_JSON_ERROR)
    return FALSE;
  while (token == SP_JSON_OBJECT || token == SP_JSON_KEY)
    {
      int column;

      token = sp_json_next (json, error);
      if (token != SP_JSON_KEY)
        break;
      column = find_column (sp_json_get_string (json));
      if (column >= 0 ? !read_numbers (table, json, column, error)
                      : sp_json_next (json, error) == SP_JSON_ERROR || !sp_json_skip (json, error))
        return FALSE;
    }
  return token == SP_JSON_OBJECT_END ? sp_json_next (json, error) == SP_JSON_END : token != SP_JSON_ERROR;
}

/* --- points ------------------------------------------------------------------------------------------ */

static int
compare_points (gconstpointer a, gconstpointer b)
{
  const PplPoint *left = a, *right = b;

  return (left->tau > right->tau) - (left->tau < right->tau);
}

static gboolean
check_columns (const Table *table, GError **error)
{
  guint n = table->columns[TAU]->len;

  if (n == 0 || table->columns[LOSS]->len == 0)
    return refuse (table, error, _("a table needs the columns tau and loss, and rows; activation_ratio may be there"));
  if (table->columns[LOSS]->len != n || (table->columns[ACTIVE]->len != n && table->columns[ACTIVE]->len != 0))
    return refuse (table, error, _("its columns are not of one length"));
  return TRUE;
}

static GArray *
list_rows (const Table *table)
{
  GArray *rows = g_array_new (FALSE, FALSE, sizeof (PplPoint));

  for (guint i = 0; i < table->columns[TAU]->len; i++)
    {
      double   active = table->columns[ACTIVE]->len > 0 ? g_array_index (table->columns[ACTIVE], double, i) : NAN;
      PplPoint row = { g_array_index (table->columns[TAU], double, i), g_array_index (table->columns[LOSS], double, i), active, NAN };

      g_array_append_val (rows, row);
    }
  g_array_sort (rows, compare_points);
  return rows;
}

static gboolean
check_row (const Table *table, const PplPoint *row, const PplPoint *before, GError **error)
{
  if (!(row->tau >= 0 && row->tau <= 1))
    return refuse (table, error, _("every tau must be from 0 to 1"));
  if (before != NULL && before->tau == row->tau)
    return refuse (table, error, _("two rows have the same tau"));
  if (before == NULL && (row->tau != 0 || !isfinite (row->ratio)))
    return refuse (table, error, _("there is no row with tau 0, which has the loss of the whole model"));
  if (!isnan (row->active) && !(row->active >= 0 && row->active <= 1))
    return refuse (table, error, _("every activation_ratio must be from 0 to 1"));
  return TRUE;
}

/* Rows with losses become points with ratios; the first, of the whole model, is no point. */
static GArray *
make_points (const Table *table, double *dense_loss, GError **error)
{
  g_autoptr (GArray) rows = list_rows (table);

  for (guint i = 0; i < rows->len; i++)
    if (!check_row (table, &g_array_index (rows, PplPoint, i), i > 0 ? &g_array_index (rows, PplPoint, i - 1) : NULL, error))
      return NULL;
  if (rows->len < 2)
    {
      refuse (table, error, _("there is no row with a tau above 0"));
      return NULL;
    }
  *dense_loss = g_array_index (rows, PplPoint, 0).ratio;
  for (guint i = 0; i < rows->len; i++)
    g_array_index (rows, PplPoint, i).ratio = exp (g_array_index (rows, PplPoint, i).ratio - *dense_loss);
  g_array_remove_index (rows, 0);
  return g_steal_pointer (&rows);
}

static gboolean
load (const char *path, char **text, gsize *n_bytes, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFile)     file = g_file_new_for_path (path);
  g_autoptr (GError)    problem = NULL;
  g_autoptr (GFileInfo) info = g_file_query_info (file, "standard::size,standard::type", G_FILE_QUERY_INFO_NONE, cancellable, &problem);

  if (info != NULL && (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR || g_file_info_get_size (info) > MOST_BYTES))
    g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s is no table: a file of at most 16 MiB is wanted"), path);
  else if (info != NULL && g_file_load_contents (file, cancellable, text, n_bytes, NULL, &problem))
    return TRUE;
  else
    g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s cannot be read as a table: %s"), path, problem->message);
  return FALSE;
}

GArray *
ppl_table_read (const char *path, double *dense_loss, GCancellable *cancellable, GError **error)
{
  g_autofree char *name = g_path_get_basename (path), *text = NULL;
  Table            table = { .name = name };
  GArray          *points = NULL;
  gsize            n_bytes;

  if (!load (path, &text, &n_bytes, cancellable, error))
    return NULL;
  for (gsize i = 0; i < N_COLUMNS; i++)
    table.columns[i] = g_array_new (FALSE, FALSE, sizeof (double));
  if ((*g_strchug (text) == '{' ? read_json (&table, text, strlen (text), error) : read_csv (&table, text, error))
      && check_columns (&table, error))
    points = make_points (&table, dense_loss, error);
  for (gsize i = 0; i < N_COLUMNS; i++)
    g_array_unref (table.columns[i]);
  return points;
}
