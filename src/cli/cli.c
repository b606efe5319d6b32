/* cli.c - what the commands of sparsoscope-cli share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-export.h"
#include "sp-locale.h"

#include <errno.h>
#include <glib/gi18n.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

GError *
cli_usage_error (const char *format, ...)
{
  va_list args;
  GError *error;

  va_start (args, format);
  error = g_error_new_valist (SP_ERROR, SP_ERROR_USAGE, format, args);
  va_end (args);
  return error;
}

int
cli_fail (GError *error)
{
  int              status = CLI_UNREADABLE;
  gboolean         is_interrupted = g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_autofree char *sentence = is_interrupted ? g_strdup (_("interrupted")) : sp_printable_text (error->message, -1);

  cli_progress_clear ();
  if (is_interrupted)
    status = CLI_INTERRUPTED;
  else if (g_error_matches (error, SP_ERROR, SP_ERROR_USAGE) || error->domain == G_OPTION_ERROR)
    status = CLI_USAGE;
  fprintf (stderr, "sparsoscope-cli: %s\n", sentence);
  g_error_free (error);
  return status;
}

gboolean
cli_parse (GOptionContext *context, int *argc, char ***argv, int *status)
{
  GError *error = NULL;

  g_option_context_set_translation_domain (context, GETTEXT_PACKAGE);
  if (g_option_context_parse (context, argc, argv, &error))
    return TRUE;
  *status = cli_fail (error);
  return FALSE;
}

gboolean
cli_parse_format (const char *text, CliFormat *format, GError **error)
{
  if (text == NULL)
    *format = CLI_FORMAT_UNSET;
  else if (strcmp (text, "json") == 0)
    *format = CLI_FORMAT_JSON;
  else if (strcmp (text, "csv") == 0)
    *format = CLI_FORMAT_CSV;
  else if (strcmp (text, "columns") == 0)
    *format = CLI_FORMAT_COLUMNS;
  else if (strcmp (text, "md") == 0)
    *format = CLI_FORMAT_MARKDOWN;
  else
    {
      g_propagate_error (error, cli_usage_error (_("--format cannot be '%s': it is json, csv, columns or md"), text));
      return FALSE;
    }
  return TRUE;
}

CliFormat
cli_pick_format (CliFormat wanted, const char *output)
{
  if (wanted != CLI_FORMAT_UNSET)
    return wanted;
  if (output != NULL && g_str_has_suffix (output, ".csv"))
    return CLI_FORMAT_CSV;
  if (output != NULL && g_str_has_suffix (output, ".md"))
    return CLI_FORMAT_MARKDOWN;
  if (output == NULL && isatty (STDOUT_FILENO))
    return CLI_FORMAT_MARKDOWN;
  return CLI_FORMAT_JSON;
}

/* Readers say which file of a model it is; two models may have files of one name, so the path as given goes before. */
static void
name_path (GError **error, const char *path)
{
  g_autofree char *base = g_path_get_basename (path);
  gsize            n = strlen (base);
  GError          *found = *error;

  if (g_str_has_prefix (found->message, base) && found->message[n] == ':')
    *error = g_error_new (found->domain, found->code, "%s%s", path, found->message + n);
  else
    *error = g_error_new (found->domain, found->code, "%s: %s", path, found->message);
  g_error_free (found);
}

static SpStore *
open_one (const char *path, GError **error)
{
  GError  *problem = NULL;
  SpStore *store;

  if (*path == '\0')
    {
      g_propagate_error (error, cli_usage_error (_("the name of a file or folder to read is empty")));
      return NULL;
    }
  store = sp_store_open (path, NULL, &problem);
  if (store != NULL)
    return store;
  name_path (&problem, path);
  g_propagate_error (error, problem);
  return NULL;
}

GPtrArray *
cli_open (char **paths, GError **error)
{
  g_autoptr (GPtrArray) stores = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_store_unref);

  if (paths == NULL || paths[0] == NULL)
    {
      g_propagate_error (error, cli_usage_error (_("no file or folder was given")));
      return NULL;
    }
  sp_locale_end_messages ();            /* notes and captions go into files */
  for (gsize i = 0; paths[i] != NULL; i++)
    {
      SpStore *store = open_one (paths[i], error);

      if (store == NULL)
        return NULL;
      g_ptr_array_add (stores, store);
    }
  return g_steal_pointer (&stores);
}

/* Where a reader of the document finds the pictures: from its folder, or from here where it goes to standard output. */
static GHashTable *
address_pictures (const CliOutput *output)
{
  GHashTable      *addresses = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  gboolean         is_here = output->output == NULL || strcmp (output->output, "-") == 0;
  g_autofree char *folder = is_here ? g_strdup (".")
                          : cli_is_folder (output->output) ? g_strdup (output->output) : g_path_get_dirname (output->output);
  GHashTableIter   iter;
  gpointer         plot, path;

  g_hash_table_iter_init (&iter, output->pictures);
  while (g_hash_table_iter_next (&iter, &plot, &path))
    {
      g_autofree char *way = cli_find_way (folder, path);

      g_hash_table_insert (addresses, plot, g_uri_escape_string (way, "/", TRUE));
    }
  return addresses;
}

static GString *
make_document (const CliOutput *output)
{
  GString                *out = g_string_new (NULL);
  g_autoptr (GHashTable)  pictures = output->pictures != NULL ? address_pictures (output) : NULL;

  if (output->format == CLI_FORMAT_MARKDOWN)
    sp_export_markdown (out, (SpResult *const *) output->results->pdata, output->results->len, pictures);
  else
    sp_export_json (out, (SpStore *const *) output->stores->pdata, output->stores->len,
                    (SpResult *const *) output->results->pdata, output->results->len, output->n_threads);
  return out;
}

/* Of which a file holds one. */
static gboolean
is_of_tables (CliFormat format)
{
  return format == CLI_FORMAT_CSV || format == CLI_FORMAT_COLUMNS;
}

static GError *
find_output_mistake (CliFormat format, const char *output, const char *table, gsize n_results)
{
  if (table != NULL && !is_of_tables (format))
    return cli_usage_error (_("--table %s picks the table to write; --format csv or --format columns is missing"), table);
  if (table != NULL && cli_is_folder (output))
    return cli_usage_error (_("-o %s is a folder, which takes every table; --table goes with a file"), output);
  if (table == NULL && is_of_tables (format) && n_results > 1 && !cli_is_folder (output))
    return cli_usage_error (_("such a file holds one table; write all of them with -o FOLDER/, or pick one with --table NAME"));
  return NULL;
}

gboolean
cli_output_check (CliFormat format, const char *output, const char *table, gsize n_results, GError **error)
{
  GError *mistake = find_output_mistake (cli_pick_format (format, output), output, table, n_results);

  if (mistake != NULL)
    g_propagate_error (error, mistake);
  return mistake == NULL && cli_check_place (output, error);
}

/* The table of that id, or the cells of the heatmap of that id; no id: the first table. */
static SpTable *
dup_table (const SpResult *result, const char *id)
{
  SpTable *table = id != NULL ? sp_result_find_table (result, id) : result->tables->len > 0 ? result->tables->pdata[0] : NULL;
  SpGrid  *grid = id != NULL ? sp_result_find_grid (result, id) : NULL;

  if (table != NULL)
    return sp_table_ref (table);
  return grid != NULL ? cli_grid_table (grid) : NULL;
}

static GError *
no_table (const CliOutput *output)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char      *list = NULL;

  for (gsize i = 0; i < output->results->len; i++)
    {
      SpResult *result = output->results->pdata[i];

      for (gsize k = 0; k < result->tables->len; k++)
        g_ptr_array_add (ids, (gpointer) sp_table_get_id (result->tables->pdata[k]));
      for (gsize k = 0; k < result->grids->len; k++)
        g_ptr_array_add (ids, (gpointer) ((SpGrid *) result->grids->pdata[k])->id);
    }
  list = cli_join (ids);
  return cli_usage_error (_("there is no table '%s'; it can be %s"), output->table, list);
}

static SpTable *
find_one_table (const CliOutput *output, GError **error)
{
  g_autoptr (SpTable) found = NULL;

  for (gsize i = 0; i < output->results->len; i++)
    {
      g_autoptr (SpTable) table = dup_table (output->results->pdata[i], output->table);

      if (table != NULL && found != NULL)
        {
          g_propagate_error (error, cli_usage_error (_("there is more than one table '%s'; write all with -o FOLDER/"), output->table));
          return NULL;
        }
      if (table != NULL)
        found = g_steal_pointer (&table);
    }
  if (found == NULL)
    g_propagate_error (error, no_table (output));
  return g_steal_pointer (&found);
}

static gboolean
write_document (const GString *document, const char *path, GError **error)
{
  gboolean is_written;

  if (path != NULL && strcmp (path, "-") != 0)
    {
      cli_writing_begin ();
      is_written = sp_export_write (path, document->str, document->len, error);
      cli_writing_end ();
      return is_written;
    }
  if (fwrite (document->str, 1, document->len, stdout) == document->len && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("standard output cannot be written: %s"), g_strerror (errno));
  return FALSE;
}

static gboolean
write_table (SpTable *table, CliFormat format, const char *path, GError **error)
{
  GString *text = g_string_new (NULL);
  gboolean is_written;

  if (format == CLI_FORMAT_COLUMNS)
    sp_export_columns (text, table);
  else
    sp_export_csv (text, table);
  is_written = write_document (text, path, error);
  g_string_free (text, TRUE);
  return is_written;
}

/* Every table, and of the heatmaps those with names for rows: the map of a matrix has a million cells, and its plot. */
static gboolean
write_tables (const CliOutput *output, gsize i, GError **error)
{
  SpResult              *result = output->results->pdata[i];
  g_autoptr (GPtrArray)  tables = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_table_unref);

  for (gsize k = 0; k < result->tables->len; k++)
    g_ptr_array_add (tables, sp_table_ref (result->tables->pdata[k]));
  for (gsize k = 0; k < result->grids->len; k++)
    if (((SpGrid *) result->grids->pdata[k])->row_labels != NULL)
      g_ptr_array_add (tables, cli_grid_table (result->grids->pdata[k]));
  for (gsize k = 0; k < tables->len; k++)
    {
      g_autofree char *path = cli_path_in (output->output, output->results, i, sp_table_get_id (tables->pdata[k]),
                                          output->format == CLI_FORMAT_COLUMNS ? "json" : "csv");

      if (!write_table (tables->pdata[k], output->format, path, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
write_folder (const CliOutput *output, GError **error)
{
  g_autofree char *path = g_build_filename (output->output, output->format == CLI_FORMAT_MARKDOWN
                                            ? "report.md" : "results.json", NULL);
  GString         *document;
  gboolean         is_written = TRUE;

  if (!cli_make_folder (output->output, error))
    return FALSE;
  for (gsize i = 0; is_of_tables (output->format) && is_written && i < output->results->len; i++)
    is_written = write_tables (output, i, error);
  if (is_of_tables (output->format))
    return is_written;
  document = make_document (output);
  is_written = write_document (document, path, error);
  g_string_free (document, TRUE);
  return is_written;
}

gboolean
cli_write (const CliOutput *output, GError **error)
{
  GString *document;
  gboolean is_written;

  if (cli_is_folder (output->output))
    return write_folder (output, error);
  if (is_of_tables (output->format))
    {
      g_autoptr (SpTable) table = find_one_table (output, error);

      return table != NULL && write_table (table, output->format, output->output, error);
    }
  document = make_document (output);
  is_written = write_document (document, output->output, error);
  g_string_free (document, TRUE);
  return is_written;
}

static gint is_progress_shown;     /* atomic: an interrupt clears the line from its own thread */

static void
print_reading (const SpProgress *progress, const char *left)
{
  double           speed = progress->seconds > 0 ? (double) progress->bytes_done / progress->seconds : 0;
  g_autofree char *done = g_format_size (progress->bytes_done);
  g_autofree char *total = g_format_size (progress->bytes_total);
  g_autofree char *rate = g_format_size ((guint64) speed);

  fprintf (stderr, _("Reading %s of %s · %s/s%s"), done, total, rate, left);
}

void
cli_progress (SpRun *run, const SpProgress *progress, gpointer unused)
{
  g_autofree char *left = NULL;

  if (!isatty (STDERR_FILENO))
    return;
  left = isnan (progress->seconds_left) ? g_strdup ("") : g_strdup_printf (_(" · %.0f s left"), progress->seconds_left);
  fprintf (stderr, "\r\033[K");
  if (*progress->what != '\0')
    fprintf (stderr, "%s · %.0f %%%s", progress->what, 100 * progress->share, left);
  else
    print_reading (progress, left);
  fflush (stderr);
  g_atomic_int_set (&is_progress_shown, TRUE);
}

void
cli_progress_clear (void)
{
  if (g_atomic_int_compare_and_exchange (&is_progress_shown, TRUE, FALSE))
    fprintf (stderr, "\r\033[K");
}
