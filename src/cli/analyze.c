/* analyze.c - sparsoscope-cli analyze: measure, and write numbers and plots */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <glib/gi18n.h>
#include <math.h>
#include <string.h>

typedef struct {
  char       *analyses, *format, *output, *table, *lists;
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
      N_("with lazy-neurons: also the tokens at which this neuron is most active; may be repeated"), N_("LAYER:INDEX") },
    { "as", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options->roles, N_("an input and what it is: weights or text"),
      N_("ROLE=PATH") },
    { "format", 'f', 0, G_OPTION_ARG_STRING, &options->format, N_("json, csv or md"), N_("FORMAT") },
    { "output", 'o', 0, G_OPTION_ARG_FILENAME, &options->output,
      N_("file or folder to write instead of standard output"), N_("PATH") },
    { "table", 0, 0, G_OPTION_ARG_STRING, &options->table, N_("the table to write as CSV"), N_("NAME") },
    { "lists", 0, 0, G_OPTION_ARG_FILENAME, &options->lists,
      N_("lists of indices to write, such as of dead neurons: .json, or as masks .safetensors"), N_("FILE") },
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

/* Of what there is to choose, in an error. */
#define MAX_LISTED 8

typedef struct { const SpAnalysis *analysis; SpArgs *args; } Chosen;

static void
chosen_clear (gpointer data)
{
  sp_args_unref (((Chosen *) data)->args);
}

static GError *
no_analysis (const char *id)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char      *list = NULL;

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    g_ptr_array_add (ids, (gpointer) sp_analyses[i]->id);
  list = cli_join (ids);
  if (id == NULL)
    return cli_usage_error (_("no analysis was chosen; -a can be %s"), list);
  return cli_usage_error (_("there is no analysis '%s'; it can be %s"), id, list);
}

static gboolean
choose_one (GArray *chosen, const char *id, GError **error)
{
  Chosen one = { sp_analysis_find (id), NULL };

  if (one.analysis == NULL)
    {
      g_propagate_error (error, no_analysis (id));
      return FALSE;
    }
  for (gsize i = 0; i < chosen->len; i++)
    if (g_array_index (chosen, Chosen, i).analysis == one.analysis)
      {
        g_propagate_error (error, cli_usage_error (_("-a names %s twice"), id));
        return FALSE;
      }
  one.args = sp_args_new (one.analysis);
  g_array_append_val (chosen, one);
  return TRUE;
}

static GArray *
choose (const Options *options, GError **error)
{
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (Chosen));
  g_auto (GStrv)     ids = g_strsplit (options->analyses != NULL ? options->analyses : "", ",", -1);

  g_array_set_clear_func (chosen, chosen_clear);
  for (gsize i = 0; ids[i] != NULL; i++)
    if (!choose_one (chosen, ids[i], error))
      return NULL;
  if (chosen->len > 0)
    return g_steal_pointer (&chosen);
  g_propagate_error (error, no_analysis (NULL));
  return NULL;
}

/* The text of every analysis that reads one. */
static gboolean
set_texts (GArray *chosen, const char *path, GError **error)
{
  guint n = 0;

  for (guint i = 0; i < chosen->len; i++)
    {
      Chosen        *one = &g_array_index (chosen, Chosen, i);
      const SpParam *param = sp_analysis_find_param (one->analysis, "text");

      if (param == NULL || param->type != SP_PARAM_FILE)
        continue;
      sp_args_set_text (one->args, param->id, path);
      n++;
    }
  if (n == 0)
    g_propagate_error (error, cli_usage_error (_("--as text=%s: none of the analyses chosen reads a text"), path));
  return n > 0;
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
      else if (!set_texts (chosen, role + strlen ("text="), error))
        return FALSE;
    }
  if (options->paths != NULL)
    g_strv_builder_addv (paths, (const char **) options->paths);
  g_strfreev (options->paths);
  options->paths = g_strv_builder_end (paths);
  return TRUE;
}

/* "weight-sparsity.eps=0.01" */
static gboolean
set_one (GArray *chosen, const char *text, GError **error)
{
  const char *dot = strchr (text, '.'), *equals = strchr (text, '=');

  if (dot == NULL || equals == NULL || dot > equals)
    {
      g_propagate_error (error, cli_usage_error (_("--set %s is not of the form ID.PARAM=VALUE"), text));
      return FALSE;
    }
  for (gsize i = 0; i < chosen->len; i++)
    {
      Chosen          *one = &g_array_index (chosen, Chosen, i);
      g_autofree char *param = g_strndup (dot + 1, (gsize) (equals - dot - 1));

      if (strlen (one->analysis->id) == (gsize) (dot - text) && strncmp (one->analysis->id, text,
                                                                         (gsize) (dot - text)) == 0)
        return sp_args_parse (one->args, param, equals + 1, error);
    }
  g_propagate_error (error, cli_usage_error (_("--set %s: that analysis was not chosen with -a"), text));
  return FALSE;
}

static gboolean
set_all (GArray *chosen, char **sets, GError **error)
{
  for (gsize i = 0; sets != NULL && sets[i] != NULL; i++)
    if (!set_one (chosen, sets[i], error))
      return FALSE;
  return TRUE;
}

static gboolean
has_tensor (GPtrArray *stores, const char *name)
{
  for (gsize i = 0; i < stores->len; i++)
    if (sp_store_find (stores->pdata[i], name) != NULL)
      return TRUE;
  return FALSE;
}

/* A parameter that names a tensor can be judged once the inputs are open. */
static gboolean
check_tensors (const Chosen *one, GPtrArray *stores, GError **error)
{
  for (const SpParam *param = one->analysis->params; param->id != NULL; param++)
    {
      const char *name = param->type == SP_PARAM_TENSOR ? sp_args_get_text (one->args, param->id) : NULL;

      if (name != NULL && !has_tensor (stores, name))
        {
          g_propagate_error (error, cli_usage_error (_("--set %s.%s: there is no tensor '%s'; sparsoscope-cli info lists them"),
                                                     one->analysis->id, param->id, name));
          return FALSE;
        }
    }
  return TRUE;
}

static GError *
no_such_offer (const Chosen *one, const SpParam *param, const char *text, GPtrArray *offers)
{
  g_autofree char *list = sp_offers_list (offers, G_MAXUINT, MAX_LISTED);

  if (offers->len == 0)
    return cli_usage_error (_("--set %s.%s: there is no '%s' here, nor anything else to choose"), one->analysis->id, param->id, text);
  return cli_usage_error (_("--set %s.%s: there is no '%s' here; there is %s"), one->analysis->id, param->id, text, list);
}

/* The same goes for one that is chosen from what the inputs offer. */
static gboolean
check_offers (const Chosen *one, GPtrArray *stores, GError **error)
{
  for (const SpParam *param = one->analysis->params; param->id != NULL; param++)
    {
      gboolean              is_choice = param->type == SP_PARAM_TEXT && param->offer != NULL;
      const char           *text = is_choice ? sp_args_get_text (one->args, param->id) : NULL;
      g_autoptr (GPtrArray) offers = text != NULL ? param->offer ((SpStore *const *) stores->pdata, stores->len) : NULL;

      if (offers != NULL && sp_offers_find (offers, text) == G_MAXUINT)
        {
          g_propagate_error (error, no_such_offer (one, param, text, offers));
          return FALSE;
        }
    }
  return TRUE;
}

static gboolean
check_files (const Chosen *one, GError **error)
{
  const SpParam *missing = sp_args_find_missing (one->args);

  if (missing != NULL && strcmp (missing->id, "text") == 0)
    g_propagate_error (error, cli_usage_error (_("%s needs a text: --as text=PATH"), one->analysis->id));
  else if (missing != NULL)
    g_propagate_error (error, cli_usage_error (_("%s needs a file: --set %s.%s=PATH"), one->analysis->id, one->analysis->id, missing->id));
  return missing == NULL;
}

/* Weights are whatever a person says they are; activations must be there. */
static gboolean
check_needs (const Chosen *one, GPtrArray *stores, GError **error)
{
  if (one->analysis->needs != SP_NEEDS_ACTIVATIONS && one->analysis->needs != SP_NEEDS_FIRINGS)
    return TRUE;
  for (gsize i = 0; i < stores->len; i++)
    if (sp_analysis_suits (one->analysis, stores->pdata[i]))
      return TRUE;
  if (one->analysis->needs == SP_NEEDS_FIRINGS)
    g_propagate_error (error, cli_usage_error (_("%s needs recorded activations, tensors [tokens, neurons] with names like act.3 or "
                                                 "layers.3.mlp.act_fn, or counts [neurons] with names like counts.3, and %s has none"),
                                               one->analysis->id, sp_store_get_path (stores->pdata[0])));
  else
    g_propagate_error (error, cli_usage_error (_("%s needs recorded activations, tensors [tokens, neurons] with names like act.3 or "
                                                 "layers.3.mlp.act_fn, and %s has none"),
                                               one->analysis->id, sp_store_get_path (stores->pdata[0])));
  return FALSE;
}

static gboolean
check_lists (const char *path, GArray *chosen, GError **error)
{
  guint n = 0;

  for (guint i = 0; i < chosen->len; i++)
    n += g_array_index (chosen, Chosen, i).analysis->has_lists;
  return path == NULL || cli_lists_check (path, n, error);
}

/* --- the run ----------------------------------------------------------------------------------- */

static SpRun *
make_run (const Options *options, GPtrArray *stores, GArray *chosen, GError **error)
{
  g_autoptr (SpRun) run = sp_run_new ((SpStore *const *) stores->pdata, stores->len);

  for (gsize i = 0; i < chosen->len; i++)
    if (!check_tensors (&g_array_index (chosen, Chosen, i), stores, error)
        || !check_offers (&g_array_index (chosen, Chosen, i), stores, error)
        || !check_files (&g_array_index (chosen, Chosen, i), error)
        || !check_needs (&g_array_index (chosen, Chosen, i), stores, error))
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
    sp_run_add (run, g_array_index (chosen, Chosen, i).analysis, g_array_index (chosen, Chosen, i).args);
  return sp_run_set_filter (run, (const char *const *) options->tensors, error) ? g_steal_pointer (&run) : NULL;
}

/* What reads tensors is worth nothing when it is stopped; the points of a curve are. */
static void
execute (SpRun *run, GArray *chosen, GError **error)
{
  gboolean has_parts = FALSE;

  for (gsize i = 0; i < chosen->len; i++)
    has_parts = has_parts || g_array_index (chosen, Chosen, i).analysis->execute != NULL;
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
         && cli_lists_write (options->lists, stores, results, error) && cli_write (&out, error);
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
      || (chosen = choose (&options, &error)) == NULL || !take_roles (&options, chosen, &error)
      || !set_all (chosen, options.sets, &error)
      || !cli_output_check (format, options.output, options.table, chosen->len, &error)
      || !check_lists (options.lists, chosen, &error)
      || (stores = cli_open (options.paths, &error)) == NULL
      || (run = make_run (&options, stores, chosen, &error)) == NULL)
    return cli_fail (error);
  execute (run, chosen, &problem);
  cli_progress_clear ();
  if (!write_everything (&options, format, stores, run, chosen->len, &error))
    return cli_fail (error);
  if (problem != NULL)
    return cli_fail (g_steal_pointer (&problem));
  return sp_run_get_n_problems (run) > 0 ? CLI_PARTIAL : CLI_OK;
}
