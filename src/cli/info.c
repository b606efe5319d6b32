/* info.c - sparsoscope-cli info: what is in a file or folder */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-format.h"

#include <glib/gi18n.h>
#include <math.h>

/* Rows of the tables, as they are found. */
typedef struct { GPtrArray *names; GArray *values; GPtrArray *units; } Facts;

static void
add_fact (Facts *facts, const char *name, double value, const char *unit)
{
  g_ptr_array_add (facts->names, (gpointer) name);
  g_array_append_val (facts->values, value);
  g_ptr_array_add (facts->units, (gpointer) unit);
}

static void
add_summary (SpResult *result, SpStore *store)
{
  Facts    facts = { g_ptr_array_new (), g_array_new (FALSE, FALSE, sizeof (double)), g_ptr_array_new () };
  guint64  n_elements = 0, n_unreadable = 0, n_tied = 0;
  gint32   n_layers = 0;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      n_tied += tensor->alias_of != G_MAXSIZE;
      n_unreadable += !sp_tensor_is_readable (tensor);
      n_elements += tensor->alias_of == G_MAXSIZE && tensor->dtype != SP_DTYPE_NONE ? tensor->n_elements : 0;
      n_layers = MAX (n_layers, tensor->role.layer + 1);
    }
  add_fact (&facts, "tensors", (double) sp_store_get_n_tensors (store), "tensors");
  add_fact (&facts, "elements", (double) n_elements, "elements");
  add_fact (&facts, "layers", n_layers, "layers");
  add_fact (&facts, "tied", (double) n_tied, "tensors");
  add_fact (&facts, "unreadable", (double) n_unreadable, "tensors");
  add_fact (&facts, "files", sp_store_get_n_files (store), "files");
  add_fact (&facts, "bytes", (double) sp_store_get_n_bytes (store), "bytes");
  sp_result_add_summary (result, facts.names->len, (const char *const *) facts.names->pdata,
                         (const double *) (gpointer) facts.values->data,
                         (const char *const *) facts.units->pdata);
  g_array_unref (facts.values);
  g_ptr_array_unref (facts.names);
  g_ptr_array_unref (facts.units);
}

typedef char *(*Text) (SpStore *store, const SpTensor *tensor);

static char *text_name (SpStore *s, const SpTensor *t) { return g_strdup (t->name); }
static char *text_part (SpStore *s, const SpTensor *t) { return g_strdup (t->is_foreign ? NULL : sp_part_id (t->role.part)); }
static char *text_shape (SpStore *s, const SpTensor *t) { return sp_tensor_dup_shape (t); }

static char *
text_dtype (SpStore *store, const SpTensor *tensor)
{
  return g_strdup (tensor->dtype != SP_DTYPE_NONE || tensor->dtype_name == NULL
                   ? sp_dtype_name (tensor->dtype) : tensor->dtype_name);
}

static char *
text_note (SpStore *store, const SpTensor *tensor)
{
  if (tensor->alias_of != G_MAXSIZE)
    return g_strdup_printf (_("same storage as %s"), sp_store_get_tensor (store, tensor->alias_of)->name);
  return g_strdup (tensor->note);
}

static SpColumn *
make_text (SpStore *store, const char *name, const char *title, Text text)
{
  gsize         n = sp_store_get_n_tensors (store);
  char        **cells = g_new0 (char *, n + 1);
  SpColumn     *column;

  for (gsize i = 0; i < n; i++)
    cells[i] = text (store, sp_store_get_tensor (store, i));
  column = sp_column_new_text (name, title, n, (const char *const *) cells);
  for (gsize i = 0; i < n; i++)
    g_free (cells[i]);
  g_free (cells);
  return column;
}

static SpColumn *
make_number (SpStore *store, const char *name, const char *title, const char *unit)
{
  gsize   n = sp_store_get_n_tensors (store);
  gint64 *values = g_new (gint64, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (g_str_equal (name, "layer"))
        values[i] = tensor->role.layer < 0 ? SP_I64_NONE : tensor->role.layer;
      else
        values[i] = (gint64) (g_str_equal (name, "elements") ? tensor->n_elements : tensor->n_bytes);
    }
  return sp_column_new_i64 (name, title, unit, n, values);
}

static void
add_tensors (SpResult *result, SpStore *store)
{
  SpTable *table = sp_table_new ("tensors", _("Tensors"), sp_store_get_n_tensors (store));

  sp_table_take_column (table, make_text (store, "tensor", _("Tensor"), text_name));
  sp_table_take_column (table, make_number (store, "layer", _("Layer"), ""));
  sp_table_take_column (table, make_text (store, "part", _("Part"), text_part));
  sp_table_take_column (table, make_text (store, "dtype", _("Type"), text_dtype));
  sp_table_take_column (table, make_text (store, "shape", _("Shape"), text_shape));
  sp_table_take_column (table, make_number (store, "elements", _("Elements"), "elements"));
  sp_table_take_column (table, make_number (store, "bytes", _("Bytes"), "bytes"));
  sp_table_take_column (table, make_text (store, "note", _("Note"), text_note));
  g_ptr_array_add (result->tables, table);
}

static void
add_metadata (SpResult *result, SpStore *store)
{
  gsize                  n = sp_store_get_n_metadata (store);
  g_autofree const char **keys = g_new0 (const char *, n + 1), **values = g_new0 (const char *, n + 1);
  SpTable               *table = sp_table_new ("metadata", _("Metadata"), n);

  for (gsize i = 0; i < n; i++)
    keys[i] = sp_store_get_metadata (store, i, &values[i]);
  sp_table_take_column (table, sp_column_new_text ("key", _("Key"), n, keys));
  sp_table_take_column (table, sp_column_new_text ("value", _("Value"), n, values));
  g_ptr_array_add (result->tables, table);
}

static SpResult *
describe (SpStore *store)
{
  SpResult *result = sp_result_new ("info");

  result->definition = g_strdup_printf (_("%s, %s, %zu tensors."), sp_store_get_title (store),
                                        sp_store_get_format (store) != NULL ? _(sp_store_get_format (store)->title) : _("several formats"),
                                        sp_store_get_n_tensors (store));
  add_summary (result, store);
  add_tensors (result, store);
  add_metadata (result, store);
  for (gsize i = 0; i < sp_store_get_n_notes (store); i++)
    sp_result_take_note (result, g_strdup (sp_store_get_note (store, i)));
  return result;
}

int
cli_info (int argc, char **argv)
{
  g_autofree char           *format = NULL, *output = NULL;
  g_auto (GStrv)             paths = NULL;
  const GOptionEntry         entries[] = {
    { "format", 'f', 0, G_OPTION_ARG_STRING, &format, N_("json, csv, columns (a table as a JSON object of lists) or md"), N_("FORMAT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &output, N_("file or folder to write instead of standard output"),
      N_("PATH") },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &paths, NULL, NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (N_("PATH… - what is in it"));
  g_autoptr (GPtrArray)      stores = NULL, results = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_result_unref);
  GError                    *error = NULL;
  CliOutput                  out = { 0 };
  int                        status = CLI_OK;

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  if (!cli_parse (context, &argc, &argv, &status))
    return status;
  if (!cli_parse_format (format, &out.format, &error)
      || !cli_output_check (out.format, output, NULL, paths != NULL ? g_strv_length (paths) : 0, &error)
      || (stores = cli_open (paths, &error)) == NULL)
    return cli_fail (error);
  for (gsize i = 0; i < stores->len; i++)
    g_ptr_array_add (results, describe (stores->pdata[i]));
  out.stores = stores;
  out.results = results;
  out.output = output;
  out.table = "tensors";
  out.n_threads = 1;
  out.format = cli_pick_format (out.format, output);
  return cli_write (&out, &error) ? CLI_OK : cli_fail (error);
}
