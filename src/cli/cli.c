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
  g_autofree char *sentence = sp_printable_text (error->message, -1);

  cli_progress_clear ();
  if (g_error_matches (error, SP_ERROR, SP_ERROR_USAGE) || error->domain == G_OPTION_ERROR)
    status = CLI_USAGE;
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    status = CLI_INTERRUPTED;
  fprintf (stderr, "sparsoscope-cli: %s\n", status == CLI_INTERRUPTED ? _("interrupted") : sentence);
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
  else if (strcmp (text, "md") == 0)
    *format = CLI_FORMAT_MARKDOWN;
  else
    {
      g_propagate_error (error, cli_usage_error (_("--format cannot be '%s': it is json, csv or md"), text));
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

GPtrArray *
cli_open (char **paths, GCancellable *cancellable, GError **error)
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
      SpStore *store = sp_store_open (paths[i], cancellable, error);

      if (store == NULL)
        return NULL;
      g_ptr_array_add (stores, store);
    }
  return g_steal_pointer (&stores);
}

gboolean
cli_is_folder (const char *path)
{
  return path != NULL && (g_str_has_suffix (path, "/") || g_file_test (path, G_FILE_TEST_IS_DIR));
}

static GString *
make_document (const CliOutput *output)
{
  GString *out = g_string_new (NULL);

  if (output->format == CLI_FORMAT_MARKDOWN)
    sp_export_markdown (out, (SpResult *const *) output->results->pdata, output->results->len);
  else
    sp_export_json (out, (SpStore *const *) output->stores->pdata, output->stores->len,
                    (SpResult *const *) output->results->pdata, output->results->len, output->n_threads);
  return out;
}

static SpTable *
find_csv_table (const CliOutput *output, GError **error)
{
  for (gsize i = 0; i < output->results->len; i++)
    {
      SpResult *result = output->results->pdata[i];
      SpTable  *table = output->table != NULL ? sp_result_find_table (result, output->table)
                      : result->tables->len > 0 ? result->tables->pdata[0] : NULL;

      if (table != NULL)
        return table;
    }
  g_propagate_error (error, cli_usage_error (_("there is no table '%s'"), output->table != NULL ? output->table : ""));
  return NULL;
}

static gboolean
write_document (const GString *document, const char *path, GError **error)
{
  if (path != NULL && strcmp (path, "-") != 0)
    return sp_export_write (path, document->str, document->len, error);
  if (fwrite (document->str, 1, document->len, stdout) == document->len && fflush (stdout) == 0)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("standard output cannot be written: %s"), g_strerror (errno));
  return FALSE;
}

static gboolean
write_tables (const CliOutput *output, GError **error)
{
  for (gsize i = 0; i < output->results->len; i++)
    for (gsize k = 0; k < ((SpResult *) output->results->pdata[i])->tables->len; k++)
      {
        SpResult        *result = output->results->pdata[i];
        SpTable         *table = result->tables->pdata[k];
        g_autofree char *name = g_strdup_printf ("%s.%s.csv", result->analysis, sp_table_get_id (table));
        g_autofree char *path = g_build_filename (output->output, name, NULL);
        GString         *csv = g_string_new (NULL);
        gboolean         is_written;

        sp_export_csv (csv, table);
        is_written = sp_export_write (path, csv->str, csv->len, error);
        g_string_free (csv, TRUE);
        if (!is_written)
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
  gboolean         is_written;

  if (g_mkdir_with_parents (output->output, 0777) != 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_IO, _("the folder %s cannot be made: %s; choose another place"),
                   output->output,
                   g_strerror (errno));
      return FALSE;
    }
  if (output->format == CLI_FORMAT_CSV)
    return write_tables (output, error);
  document = make_document (output);
  is_written = write_document (document, path, error);
  g_string_free (document, TRUE);
  return is_written;
}

gboolean
cli_write (const CliOutput *output, GError **error)
{
  GString *document = NULL;
  gboolean is_written;

  if (cli_is_folder (output->output))
    return write_folder (output, error);
  if (output->format == CLI_FORMAT_CSV)
    {
      SpTable *table = find_csv_table (output, error);

      if (table == NULL)
        return FALSE;
      document = g_string_new (NULL);
      sp_export_csv (document, table);
    }
  else
    document = make_document (output);
  is_written = write_document (document, output->output, error);
  g_string_free (document, TRUE);
  return is_written;
}

static gboolean is_progress_shown;

void
cli_progress (SpRun *run, const SpProgress *progress, gpointer unused)
{
  g_autofree char *done = NULL, *total = NULL, *rate = NULL, *left = NULL;
  double           speed = progress->seconds > 0 ? (double) progress->bytes_done / progress->seconds : 0;

  if (!isatty (STDERR_FILENO))
    return;
  done = g_format_size (progress->bytes_done);
  total = g_format_size (progress->bytes_total);
  rate = g_format_size ((guint64) speed);
  left = isnan (progress->seconds_left) ? g_strdup ("") : g_strdup_printf (_(" · %.0f s left"), progress->seconds_left);
  fprintf (stderr, "\r\033[K");
  fprintf (stderr, _("Reading %s of %s · %s/s%s"), done, total, rate, left);
  fflush (stderr);
  is_progress_shown = TRUE;
}

void
cli_progress_clear (void)
{
  if (is_progress_shown)
    fprintf (stderr, "\r\033[K");
  is_progress_shown = FALSE;
}
