/* sp-export.c - results as JSON, CSV and Markdown */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-export-private.h"

#include "kernels.h"
#include "sp-analysis.h"
#include "sp-beside.h"
#include "sp-format.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* The shortest text that reads back as the same number: at most 17 significant digits. */
static void
append_exact (GString *out, double value)
{
  static const char *const formats[] = { "%.15g", "%.16g", "%.17g" };
  char               text[G_ASCII_DTOSTR_BUF_SIZE];

  for (gsize i = 0; i < G_N_ELEMENTS (formats); i++)
    if (g_ascii_strtod (g_ascii_formatd (text, sizeof text, formats[i], value), NULL) == value)
      break;
  g_string_append (out, text);
}

void
sp_json_append_number (GString *out, double value)
{
  if (isfinite (value))
    append_exact (out, value);
  else
    g_string_append (out, "null");
}

void
sp_json_append_member (GString *out, const char *name, const char *text)
{
  sp_json_append_string (out, name);
  g_string_append (out, ": ");
  if (text != NULL)
    sp_json_append_string (out, text);
  else
    g_string_append (out, "null");
}

static void
append_cell (GString *out, const SpColumn *column, gsize row)
{
  if (column->type == SP_COLUMN_F64)
    sp_json_append_number (out, column->f64[row]);
  else if (column->type == SP_COLUMN_I64 && column->i64[row] != SP_I64_NONE)
    g_string_append_printf (out, "%" G_GINT64_FORMAT, column->i64[row]);
  else if (column->type == SP_COLUMN_TEXT && column->text[row] != NULL)
    sp_json_append_string (out, column->text[row]);
  else
    g_string_append (out, "null");
}

static void
append_columns (GString *out, SpTable *table)
{
  for (gsize i = 0; i < sp_table_get_n_columns (table); i++)
    {
      const SpColumn *column = sp_table_get_column (table, i);

      g_string_append (out, i > 0 ? ", {" : "{");
      sp_json_append_member (out, "name", column->name);
      if (*column->unit != '\0')
        {
          g_string_append (out, ", ");
          sp_json_append_member (out, "unit", column->unit);
        }
      g_string_append_c (out, '}');
    }
}

static void
append_table (GString *out, SpTable *table)
{
  gsize n_columns = sp_table_get_n_columns (table), n_rows = sp_table_get_n_rows (table);

  sp_json_append_string (out, sp_table_get_id (table));
  g_string_append (out, ": {\"columns\": [");
  append_columns (out, table);
  g_string_append (out, "],\n      \"rows\": [");
  for (gsize row = 0; row < n_rows; row++)
    {
      g_string_append (out, row > 0 ? ",\n        [" : "\n        [");
      for (gsize i = 0; i < n_columns; i++)
        {
          if (i > 0)
            g_string_append (out, ", ");
          append_cell (out, sp_table_get_column (table, i), row);
        }
      g_string_append_c (out, ']');
    }
  g_string_append (out, "]}");
}

static void
append_names (GString *out, const char *key, char **names)
{
  g_string_append_printf (out, ", \"%s\": [", key);
  for (gsize i = 0; names != NULL && names[i] != NULL; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      sp_json_append_string (out, names[i]);
    }
  g_string_append_c (out, ']');
}

static void
append_plot (GString *out, const SpPlot *plot)
{
  g_string_append_c (out, '{');
  sp_json_append_member (out, "id", plot->id);
  g_string_append (out, ", ");
  sp_json_append_member (out, "kind", plot->kind);
  g_string_append (out, ", ");
  sp_json_append_member (out, "table", plot->table);
  if (plot->x != NULL)
    {
      g_string_append (out, ", ");
      sp_json_append_member (out, "x", plot->x);
    }
  append_names (out, "y", plot->y);
  if (plot->y_low != NULL)
    append_names (out, "y_low", plot->y_low);
  if (plot->y_high != NULL)
    append_names (out, "y_high", plot->y_high);
  if (plot->y_points != NULL)
    append_names (out, "y_points", plot->y_points);
  g_string_append (out, ", ");
  sp_json_append_member (out, "caption", plot->caption);
  g_string_append_c (out, '}');
}

/* Numbers and booleans stay such, unless text is what is asked for. */
static void
append_value (GString *out, const SpParam *param, const char *value)
{
  char  *end;
  double number = g_ascii_strtod (value, &end);

  if (param != NULL && sp_param_is_text (param))
    sp_json_append_string (out, value);
  else if (*end == '\0' && end != value)
    sp_json_append_number (out, number);
  else if (g_str_equal (value, "true") || g_str_equal (value, "false"))
    g_string_append (out, value);
  else
    sp_json_append_string (out, value);
}

/* "eps=0.01 eps-mode=absolute" */
void
sp_json_append_parameters (GString *out, const SpResult *result)
{
  const SpAnalysis *analysis = sp_analysis_find (result->analysis);
  g_auto (GStrv)    pairs = NULL;

  g_string_append (out, "\"params\": {");
  if (result->parameters != NULL)
    g_shell_parse_argv (result->parameters, NULL, &pairs, NULL);
  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i++)
    {
      char *value = strchr (pairs[i], '=');

      if (value == NULL)
        continue;
      *value++ = '\0';
      g_string_append_printf (out, "%s", i > 0 ? ", " : "");
      sp_json_append_string (out, pairs[i]);
      g_string_append (out, ": ");
      append_value (out, analysis != NULL ? sp_analysis_find_param (analysis, pairs[i]) : NULL, value);
    }
  g_string_append_c (out, '}');
}

static void
append_result (GString *out, SpResult *result)
{
  g_string_append (out, "\n    {");
  sp_json_append_member (out, "analysis", result->analysis);
  g_string_append (out, ", ");
  sp_json_append_parameters (out, result);
  g_string_append (out, ",\n    ");
  sp_json_append_member (out, "definition", result->definition);
  g_string_append (out, ",\n    \"tables\": {");
  for (gsize i = 0; i < result->tables->len; i++)
    {
      g_string_append (out, i > 0 ? ",\n      " : "\n      ");
      append_table (out, result->tables->pdata[i]);
    }
  g_string_append (out, "},\n    \"plots\": [");
  for (gsize i = 0; i < result->plots->len; i++)
    {
      g_string_append (out, i > 0 ? ",\n      " : "\n      ");
      append_plot (out, result->plots->pdata[i]);
    }
  g_string_append (out, "],\n    \"notes\": [");
  for (gsize i = 0; i < result->notes->len; i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      sp_json_append_string (out, result->notes->pdata[i]);
    }
  g_string_append (out, "]}");
}

static void
append_input (GString *out, SpStore *store)
{
  const SpFormat *format = sp_store_get_format (store);

  g_string_append (out, "{");
  sp_json_append_member (out, "path", sp_store_get_path (store));
  g_string_append (out, ", ");
  sp_json_append_member (out, "role", "weights");
  g_string_append (out, ", ");
  sp_json_append_member (out, "format", format != NULL ? format->id : NULL);
  g_string_append_printf (out, ", \"n_tensors\": %" G_GSIZE_FORMAT ", \"n_bytes\": %" G_GUINT64_FORMAT ", \"notes\": [",
                          sp_store_get_n_tensors (store), sp_store_get_n_bytes (store));
  for (gsize i = 0; i < sp_store_get_n_notes (store); i++)
    {
      if (i > 0)
        g_string_append (out, ", ");
      sp_json_append_string (out, sp_store_get_note (store, i));
    }
  g_string_append (out, "]}");
}

void
sp_json_append_inputs (GString *out, SpStore *const *stores, gsize n_stores)
{
  g_string_append (out, "\"inputs\": [");
  for (gsize i = 0; i < n_stores; i++)
    {
      g_string_append (out, i > 0 ? ",\n    " : "\n    ");
      append_input (out, stores[i]);
    }
  g_string_append_c (out, ']');
}

void
sp_export_json (GString *out, SpStore *const *stores, gsize n_stores, SpResult *const *results, gsize n_results,
                guint n_threads)
{
  g_string_append (out, "{\"schema_version\": 1,\n \"program\": {\"name\": \"sparsoscope\", \"version\": \"" SP_VERSION "\", ");
  sp_json_append_member (out, "isa", sp_kernels ()->isa);
  g_string_append_printf (out, ", \"threads\": %u},\n ", n_threads);
  sp_json_append_inputs (out, stores, n_stores);
  g_string_append (out, ",\n \"results\": [");
  for (gsize i = 0; i < n_results; i++)
    {
      if (i > 0)
        g_string_append_c (out, ',');
      append_result (out, results[i]);
    }
  g_string_append (out, "]}\n");
}

/* RFC 4180; a cell that a spreadsheet would run as a formula gets no special treatment: names are data. */
static void
append_csv_text (GString *out, const char *text)
{
  if (strpbrk (text, ",\"\r\n") == NULL)
    {
      g_string_append (out, text);
      return;
    }
  g_string_append_c (out, '"');
  for (const char *c = text; *c != '\0'; c++)
    {
      if (*c == '"')
        g_string_append_c (out, '"');
      g_string_append_c (out, *c);
    }
  g_string_append_c (out, '"');
}

void
sp_export_csv (GString *out, SpTable *table)
{
  gsize n_columns = sp_table_get_n_columns (table);

  for (gsize i = 0; i < n_columns; i++)
    g_string_append_printf (out, "%s%s", i > 0 ? "," : "", sp_table_get_column (table, i)->name);
  g_string_append_c (out, '\n');
  for (gsize row = 0; row < sp_table_get_n_rows (table); row++)
    for (gsize i = 0; i < n_columns; i++)
      {
        const SpColumn *column = sp_table_get_column (table, i);

        if (column->type == SP_COLUMN_TEXT)
          append_csv_text (out, column->text[row] != NULL ? column->text[row] : "");
        else if (column->type == SP_COLUMN_F64 && isfinite (column->f64[row]))
          append_exact (out, column->f64[row]);
        else if (column->type == SP_COLUMN_I64 && column->i64[row] != SP_I64_NONE)
          g_string_append_printf (out, "%" G_GINT64_FORMAT, column->i64[row]);
        g_string_append_c (out, i + 1 < n_columns ? ',' : '\n');
      }
}

void
sp_export_columns (GString *out, SpTable *table)
{
  g_string_append_c (out, '{');
  for (gsize i = 0; i < sp_table_get_n_columns (table); i++)
    {
      const SpColumn *column = sp_table_get_column (table, i);

      g_string_append (out, i > 0 ? ",\n " : "");
      sp_json_append_string (out, column->name);
      g_string_append (out, ": [");
      for (gsize row = 0; row < sp_table_get_n_rows (table); row++)
        {
          g_string_append (out, row > 0 ? ", " : "");
          append_cell (out, column, row);
        }
      g_string_append_c (out, ']');
    }
  g_string_append (out, "}\n");
}

static void
append_markdown_cell (GString *out, const char *text)
{
  g_autofree char *printable = sp_printable_text (text, -1);

  g_string_append_c (out, ' ');
  for (const char *c = printable; *c != '\0'; c++)
    if (*c == '|' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else
      g_string_append_c (out, *c);
  g_string_append (out, " |");
}

static void
append_markdown_table (GString *out, SpTable *table)
{
  gsize n_columns = sp_table_get_n_columns (table);

  g_string_append_printf (out, "\n### %s\n\n|", sp_table_get_title (table));
  for (gsize i = 0; i < n_columns; i++)
    append_markdown_cell (out, sp_table_get_column (table, i)->title);
  g_string_append (out, "\n|");
  for (gsize i = 0; i < n_columns; i++)
    g_string_append (out, sp_table_get_column (table, i)->type == SP_COLUMN_TEXT ? " :-- |" : " --: |");
  g_string_append_c (out, '\n');
  for (gsize row = 0; row < sp_table_get_n_rows (table); row++)
    {
      g_string_append_c (out, '|');
      for (gsize i = 0; i < n_columns; i++)
        {
          g_autofree char *cell = sp_table_format_cell (table, i, row);

          append_markdown_cell (out, cell);
        }
      g_string_append_c (out, '\n');
    }
}

static void
append_markdown_pictures (GString *out, const SpResult *result, GHashTable *pictures)
{
  for (guint i = 0; i < result->plots->len; i++)
    {
      const SpPlot *plot = result->plots->pdata[i];
      const char   *address = pictures != NULL ? g_hash_table_lookup (pictures, plot) : NULL;

      if (address != NULL)
        g_string_append_printf (out, "\n![%s](%s)\n\n%s\n", plot->title, address, plot->caption != NULL ? plot->caption : "");
    }
}

void
sp_export_markdown (GString *out, SpResult *const *results, gsize n_results, GHashTable *pictures)
{
  for (gsize i = 0; i < n_results; i++)
    {
      g_string_append_printf (out, "%s## %s\n\n%s\n", i > 0 ? "\n" : "", results[i]->analysis,
                              results[i]->definition != NULL ? results[i]->definition : "");
      for (gsize k = 0; k < results[i]->notes->len; k++)
        g_string_append_printf (out, "\n> %s\n", (const char *) results[i]->notes->pdata[k]);
      append_markdown_pictures (out, results[i], pictures);
      for (gsize k = 0; k < results[i]->tables->len; k++)
        append_markdown_table (out, results[i]->tables->pdata[k]);
    }
}

static gboolean
write_all (int fd, const char *data, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      gssize n = write (fd, data, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      n_bytes -= (gsize) n;
    }
  return fsync (fd) == 0 || errno == EINVAL || errno == EROFS;   /* the latter two: a device */
}

static gboolean
replace_file (const char *path, const char *data, gsize n_bytes, GError **error)
{
  g_autoptr (SpBeside) file = sp_beside_new (path, error);

  return file != NULL && sp_beside_write (file, 0, data, n_bytes, error) && sp_beside_finish (file, error);
}

/* A device or a pipe is written to, not replaced. */
static gboolean
write_special (const char *path, const char *data, gsize n_bytes, GError **error)
{
  int fd = g_open (path, O_WRONLY | O_CLOEXEC, 0), problem = 0;

  if (fd < 0 || !write_all (fd, data, n_bytes))
    problem = errno;
  if (fd >= 0)
    close (fd);
  if (problem != 0)
    g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s cannot be written: %s; choose another place"), path, g_strerror (problem));
  return problem == 0;
}

gboolean
sp_export_write (const char *path, const char *data, gsize n_bytes, GError **error)
{
  struct stat info;
  gboolean    is_special = stat (path, &info) == 0 && !S_ISREG (info.st_mode) && !S_ISDIR (info.st_mode);

  return is_special ? write_special (path, data, n_bytes, error) : replace_file (path, data, n_bytes, error);
}
