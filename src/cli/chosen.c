/* chosen.c - the analyses of a command line: their parameters, and whether the inputs hold what they need */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <glib/gi18n.h>
#include <string.h>

/* Of what there is to choose, in an error. */
#define MAX_LISTED 8

static void
chosen_clear (gpointer data)
{
  sp_args_unref (((CliChosen *) data)->args);
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
  CliChosen one = { sp_analysis_find (id), NULL };

  if (one.analysis == NULL)
    {
      g_propagate_error (error, no_analysis (id));
      return FALSE;
    }
  for (gsize i = 0; i < chosen->len; i++)
    if (g_array_index (chosen, CliChosen, i).analysis == one.analysis)
      {
        g_propagate_error (error, cli_usage_error (_("-a names %s twice"), id));
        return FALSE;
      }
  one.args = sp_args_new (one.analysis);
  g_array_append_val (chosen, one);
  return TRUE;
}

GArray *
cli_choose (const char *wanted, GError **error)
{
  g_autoptr (GArray) chosen = g_array_new (FALSE, FALSE, sizeof (CliChosen));
  g_auto (GStrv)     ids = g_strsplit (wanted != NULL ? wanted : "", ",", -1);

  g_array_set_clear_func (chosen, chosen_clear);
  for (gsize i = 0; ids[i] != NULL; i++)
    if (!choose_one (chosen, ids[i], error))
      return NULL;
  if (chosen->len > 0)
    return g_steal_pointer (&chosen);
  g_propagate_error (error, no_analysis (NULL));
  return NULL;
}

gboolean
cli_chosen_set_text (GArray *chosen, const char *path, GError **error)
{
  guint n = 0;

  for (guint i = 0; i < chosen->len; i++)
    {
      CliChosen     *one = &g_array_index (chosen, CliChosen, i);
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
      CliChosen       *one = &g_array_index (chosen, CliChosen, i);
      g_autofree char *param = g_strndup (dot + 1, (gsize) (equals - dot - 1));

      if (strlen (one->analysis->id) == (gsize) (dot - text) && strncmp (one->analysis->id, text,
                                                                         (gsize) (dot - text)) == 0)
        return sp_args_parse (one->args, param, equals + 1, error);
    }
  g_propagate_error (error, cli_usage_error (_("--set %s: that analysis was not chosen with -a"), text));
  return FALSE;
}

gboolean
cli_chosen_set (GArray *chosen, char **sets, GError **error)
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
check_tensors (const CliChosen *one, GPtrArray *stores, GError **error)
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
no_such_offer (const CliChosen *one, const SpParam *param, const char *text, GPtrArray *offers)
{
  g_autofree char *list = sp_offers_list (offers, G_MAXUINT, MAX_LISTED);

  if (offers->len == 0)
    return cli_usage_error (_("--set %s.%s: there is no '%s' here, nor anything else to choose"), one->analysis->id, param->id, text);
  return cli_usage_error (_("--set %s.%s: there is no '%s' here; there is %s"), one->analysis->id, param->id, text, list);
}

/* The same goes for one that is chosen from what the inputs offer. */
static gboolean
check_offers (const CliChosen *one, GPtrArray *stores, GError **error)
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
check_files (const CliChosen *one, GPtrArray *stores, GError **error)
{
  const SpParam *missing = sp_args_find_missing (one->args, (SpStore *const *) stores->pdata, stores->len);

  if (missing != NULL && strcmp (missing->id, "text") == 0)
    g_propagate_error (error, cli_usage_error (_("%s needs a text: --as text=PATH"), one->analysis->id));
  else if (missing != NULL)
    g_propagate_error (error, cli_usage_error (_("%s needs a file: --set %s.%s=PATH"), one->analysis->id, one->analysis->id, missing->id));
  return missing == NULL;
}

/* With the id of the analysis and the input's path; NULL: there is nothing it must find. */
static const char *
lacking (SpNeeds needs)
{
  switch (needs)
    {
    case SP_NEEDS_FIRINGS:
      return _("%s needs recorded activations, tensors [tokens, neurons] with names like act.3 or layers.3.mlp.act_fn, or counts "
               "[neurons] with names like counts.3, and %s has none");
    case SP_NEEDS_ACTIVATIONS:
      return _("%s needs recorded activations, tensors [tokens, neurons] with names like act.3 or layers.3.mlp.act_fn, and %s has none");
    case SP_NEEDS_SERIES:
      return _("%s needs activation ratios by tokens of training, two vectors called token_passed and activation_ratio or a folder "
               "of checkpoints, and %s has none");
    case SP_NEEDS_MODEL:
      return _("%s needs a model it can run, a folder with a config.json that says of what kind it is, or what one has lost, lists in JSON "
               "or CSV called tau and loss, and %s has none");
    case SP_NEEDS_SAE:
      return _("%s needs a sparse autoencoder, with tensors W_enc and W_dec or encoder.weight and decoder.weight, or codes or densities "
               "of its features, and %s has none");
    case SP_NEEDS_TENSORS:
    case SP_NEEDS_WEIGHTS:
      break;
    }
  return NULL;
}

/* Weights are whatever a person says they are; activations, series and models must be there. */
static gboolean
check_needs (const CliChosen *one, GPtrArray *stores, GError **error)
{
  const char      *format = lacking (one->analysis->needs);
  g_autofree char *sentence = NULL;

  for (gsize i = 0; format != NULL && i < stores->len; i++)
    if (sp_analysis_suits (one->analysis, stores->pdata[i]))
      format = NULL;
  if (format == NULL)
    return TRUE;
  sentence = g_strdup_printf (format, one->analysis->id, sp_store_get_path (stores->pdata[0]));
  g_propagate_error (error, cli_usage_error ("%s", sentence));
  return FALSE;
}

gboolean
cli_chosen_check (GArray *chosen, GPtrArray *stores, GError **error)
{
  for (gsize i = 0; i < chosen->len; i++)
    {
      const CliChosen *one = &g_array_index (chosen, CliChosen, i);

      if (!check_tensors (one, stores, error) || !check_offers (one, stores, error) || !check_files (one, stores, error)
          || !check_needs (one, stores, error))
        return FALSE;
    }
  return TRUE;
}
