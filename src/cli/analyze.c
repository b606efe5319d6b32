/* analyze.c - sparsoscope-cli analyze: measure, and write numbers and plots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

typedef struct {
  char       *analyses, *format, *output, *table, *lists, *densities;
  char      **sets, **tensors, **roles, **neurons, **paths;
  CliPictures pictures;
  int         n_threads;
  gboolean    is_quiet;
} Options;

static void
options_clear (Options *options)
{
  g_free (options->analyses);
  g_free (options->format);
  g_free (options->output);
  g_free (options->pictures.plot);
  g_free (options->pictures.plot_id);
  g_free (options->pictures.size);
  g_free (options->table);
  g_free (options->lists);
  g_free (options->densities);
  g_strfreev (options->sets);
  g_strfreev (options->tensors);
  g_strfreev (options->roles);
  g_strfreev (options->neurons);
  g_strfreev (options->paths);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Options, options_clear)

static gboolean
parse_options (Options *options, int *argc, char ***argv, int *status)
{
  const GOptionEntry entries[] = {
    { "analysis", 'a', 0, G_OPTION_ARG_STRING, &options->analyses,
      N_("which, commas between; sparsoscope-cli list analyses"), N_("ID,…") },
    { "set", 's', 0, G_OPTION_ARG_STRING_ARRAY, &options->sets, N_("a parameter; may be repeated"),
      N_("ID.PARAM=VALUE") },
    { "tensor", 't', 0, G_OPTION_ARG_STRING_ARRAY, &options->tensors, N_("only tensors of this name; may be repeated"),
      N_("GLOB") },
    { "neuron", 'n', 0, G_OPTION_ARG_STRING_ARRAY, &options->neurons,
      N_("with lazy-neurons, or sae-features, where any layer will do: also the tokens at which this neuron or feature is most active; "
         "may be repeated"), N_("LAYER:INDEX") },
    { "as", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->roles, N_("an input and what it is: weights or text"),
      N_("ROLE=PATH") },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format, N_("json, csv, columns (a table as a JSON object of lists) or md"),
      N_("FORMAT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
      N_("file or folder to write instead of standard output"), N_("PATH") },
    { "table", 0, 0, G_OPTION_ARG_STRING, &options->table, N_("the table to write with --format csv or columns"), N_("NAME") },
    { "lists", 0, 0, G_OPTION_ARG_FILENAME, &options->lists,
      N_("lists of indices to write, such as of dead neurons: .json, or as masks .safetensors"), N_("FILE") },
    { "densities", 0, 0, G_OPTION_ARG_FILENAME, &options->densities,
      N_("densities of features to write as SAELens does: sparsity.safetensors"), N_("FILE") },
    { "plot", 'p', 0, G_OPTION_ARG_FILENAME, &options->pictures.plot,
      N_("picture to write: .svg, .pdf or .png; a folder: all of them"), N_("FILE") },
    { "plot-id", 0, 0, G_OPTION_ARG_STRING, &options->pictures.plot_id, N_("which plot; by default the first"), N_("NAME") },
    { "size", 0, 0, G_OPTION_ARG_STRING, &options->pictures.size, N_("of the picture in points (1/72 inch), such as 468x288"),
      N_("WxH") },
    { "dpi", 0, 0, G_OPTION_ARG_DOUBLE, &options->pictures.dpi, N_("pixels per inch of a PNG"), N_("N") },
    { "dark", 0, 0, G_OPTION_ARG_NONE, &options->pictures.is_dark, N_("picture on a dark ground"), NULL },
    { "threads", 'j', 0, G_OPTION_ARG_INT, &options->n_threads, N_("0: one per processor"), N_("N") },
    { "quiet", 'q', 0, G_OPTION_ARG_NONE, &options->is_quiet, N_("no progress"), NULL },
    { G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_FILENAME_ARRAY, &options->paths, NULL, NULL },
    { NULL }
  };
  g_autoptr (GOptionContext) context = g_option_context_new (N_("PATH… - measure, and write numbers and plots"));

  g_option_context_add_main_entries (context, entries, GETTEXT_PACKAGE);
  return cli_parse (context, argc, argv, status);
}

/* Inputs by role go first; what is no tensor goes to the analyses. */
static gboolean
take_roles (Options *options, GArray *chosen, GError **error)
{
  g_autoptr (GStrvBuilder) paths = g_strv_builder_new ();

  for (gsize i = 0; options->roles != NULL && options->roles[i] != NULL; i++)
    {
      const char *role = options->roles[i];

      if (g_str_has_prefix (role, "weights="))
        g_strv_builder_add (paths, role + strlen ("weights="));
      else if (!g_str_has_prefix (role, "text="))
        {
          g_propagate_error (error, cli_usage_error (_("--as %s: no analysis here takes that role; it is weights=PATH or text=PATH"),
                                                     role));
          return FALSE;
        }
      else if (!cli_chosen_set_text (chosen, role + strlen ("text="), error))
        return FALSE;
    }
  if (options->paths != NULL)
    g_strv_builder_addv (paths, (const char **) options->paths);
  g_strfreev (options->paths);
  options->paths = g_strv_builder_end (paths);
  return TRUE;
}

static gboolean
check_lists (const Options *options, GArray *chosen, GError **error)
{
  guint n_with_lists = 0, n_with_densities = 0;

  for (guint i = 0; i < chosen->len; i++)
    {
      n_with_lists += g_array_index (chosen, CliChosen, i).analysis->has_lists;
      n_with_densities += g_array_index (chosen, CliChosen, i).analysis->has_densities;
    }
  return (options->lists == NULL || cli_lists_check (options->lists, n_with_lists, error))
         && (options->densities == NULL || cli_densities_check (options->densities, n_with_densities, error));
}

/* --- the run ----------------------------------------------------------------------------------- */

static SpRun *
make_run (const Options *options, GPtrArray *stores, GArray *chosen, GError **error)
{
  g_autoptr (SpRun) run = sp_run_new ((SpStore *const *) stores->pdata, stores->len);

  if (!cli_chosen_check (chosen, stores, error))
    return NULL;
  if (options->n_threads < 0)
    {
      g_propagate_error (error, cli_usage_error (_("--threads cannot be negative")));
      return NULL;
    }
  sp_run_set_threads (run, (guint) options->n_threads);
  if (!options->is_quiet)
    sp_run_set_progress (run, cli_progress, NULL);
  for (gsize i = 0; i < chosen->len; i++)
    sp_run_add (run, g_array_index (chosen, CliChosen, i).analysis, g_array_index (chosen, CliChosen, i).args);
  return sp_run_set_filter (run, (const char *const *) options->tensors, error) ? g_steal_pointer (&run) : NULL;
}

/* What reads tensors is worth nothing when it is stopped; the points of a curve are. */
static void
execute (SpRun *run, GArray *chosen, GError **error)
{
  gboolean has_parts = FALSE;

  for (gsize i = 0; i < chosen->len; i++)
    has_parts = has_parts || g_array_index (chosen, CliChosen, i).analysis->execute != NULL;
  sp_run_execute (run, has_parts ? cli_parts_begin () : NULL, error);
  cli_parts_end ();
}

/* Those that have something to say. */
static GPtrArray *
list_results (SpRun *run, gsize n)
{
  GPtrArray *results = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_result_unref);

  for (gsize i = 0; i < n; i++)
    {
      SpResult *result = sp_run_dup_result (run, i, NULL);

      if (result != NULL)
        g_ptr_array_add (results, result);
    }
  return results;
}

static gboolean
write_everything (const Options *options, CliFormat format, GPtrArray *stores, SpRun *run, gsize n, GError **error)
{
  g_autoptr (GPtrArray)  results = list_results (run, n);
  g_autoptr (GHashTable) pictures = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  CliOutput              out = { stores, results, cli_pick_format (format, options->output), options->output,
                                 options->table, sp_run_get_threads (run), pictures };

  if (results->len == 0)
    return TRUE;
  return cli_neurons_add (options->neurons, results, error)
         && cli_pictures_write (&options->pictures, stores, results, pictures, error)
         && cli_lists_write (options->lists, stores, results, error)
         && cli_densities_write (options->densities, stores, results, error) && cli_write (&out, error);
}

int
cli_analyze (int argc, char **argv)
{
  g_auto (Options)      options = { .pictures.dpi = NAN };
  g_autoptr (GPtrArray) stores = NULL;
  g_autoptr (GArray)    chosen = NULL;
  g_autoptr (SpRun)     run = NULL;
  g_autoptr (GError)    problem = NULL;
  CliFormat             format;
  GError               *error = NULL;
  int                   status = CLI_OK;

  if (!parse_options (&options, &argc, &argv, &status))
    return status;
  if (!cli_parse_format (options.format, &format, &error) || !cli_pictures_check (&options.pictures, &error)
      || !cli_neurons_check (options.neurons, &error)
      || (chosen = cli_choose (options.analyses, &error)) == NULL || !take_roles (&options, chosen, &error)
      || !cli_chosen_set (chosen, options.sets, &error)
      || !cli_output_check (format, options.output, options.table, chosen->len, &error)
      || !check_lists (&options, chosen, &error)
      || (stores = cli_open (options.paths, &error)) == NULL
      || (run = make_run (&options, stores, chosen, &error)) == NULL)
    return cli_fail (error);
  execute (run, chosen, &problem);
  cli_progress_clear ();
  if (problem != NULL)                           /* comes first: what cannot be written may follow from it */
    status = cli_fail (g_steal_pointer (&problem));
  if (!write_everything (&options, format, stores, run, chosen->len, &error))
    return cli_fail (error);
  return status == CLI_OK && sp_run_get_n_problems (run) > 0 ? CLI_PARTIAL : status;
}
