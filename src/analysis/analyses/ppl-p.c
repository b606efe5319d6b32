/* ppl-p.c - how few neurons a model can do with at so many per cent worse perplexity
 *
 * Question: what share of its FFN neurons does a model need, if its perplexity on a text may grow by p %?
 *
 * For each layer the threshold of CETT τ (METHODS of activation-cett.h) is found on the activations of the whole model; a neuron is
 * left out where |h_i| · |w_i| is below it.  One τ for all layers; PPL-p % sparsity = 1 − activation ratio at the largest τ with
 * exp (loss_τ − loss) < 1 + p/100, losses being mean cross-entropies of the same tokens: Luo et al., "Sparsing Law" (2024), section 3.
 * The model is run here, layer by layer, with all candidates of a pass at once. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include "sp-model.h"
#include "sp-series.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define DEFAULT_PERCENTS "1,5,10"

static const char *const sources[] = { "model", "table", NULL };
static const char *const source_titles[] = { N_("by running the model"), N_("elsewhere, in a table"), NULL };
static const char *const rules[] = { "cett", "all", NULL };
static const char *const rule_titles[] = { N_("CETT"), N_("CETT, FAT, top k, exact zero"), NULL };
static const char *const conventions[] = { "ours", "reference", "exact", NULL };
static const char *const convention_titles[] = { N_("interpolated, few measurements"), N_("bisected, as in Sparsing Law's code"),
                                                 N_("interpolated, as far as numbers go"), NULL };

gboolean
ppl_parse_percents (const char *text, double *percents, gsize *n, GError **error)
{
  g_auto (GStrv) words = g_strsplit_set (text, ", \t;", -1);
  gsize          n_found = 0;

  for (gsize i = 0; words[i] != NULL; i++)
    {
      char  *end;
      double percent = g_ascii_strtod (words[i], &end);

      if (words[i][0] == '\0')
        continue;
      if (*end != '\0' || !(percent >= 0 && percent <= 1000) || n_found == PPL_MOST_PERCENTS)
        {
          g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("'%s' is no p: at most %d numbers from 0 to 1000 are wanted, commas between"),
                       words[i], PPL_MOST_PERCENTS);
          return FALSE;
        }
      if (percents != NULL)
        percents[n_found] = percent;
      n_found++;
    }
  if (n != NULL)
    *n = n_found;
  if (n_found == 0)
    g_set_error_literal (error, SP_ERROR, SP_ERROR_USAGE, _("there is no number in it"));
  return n_found > 0;
}

static gboolean
check_percents (const char *text, GError **error)
{
  return ppl_parse_percents (text, NULL, NULL, error);
}

/* Of what was measured elsewhere nothing is to be said but p. */
static gboolean
has_model (SpStore *const *stores, gsize n_stores)
{
  for (gsize i = 0; i < n_stores; i++)
    if (sp_model_is_in (stores[i]))
      return TRUE;
  return FALSE;
}

static const SpParam params[] = {
  { .id = "from", .is_for = has_model, .title = N_("Measured"), .section = N_("Measured"), .type = SP_PARAM_CHOICE, .max = 1,
    .choices = sources, .choice_titles = source_titles, .unit = "", .help = N_("Where perplexities come from") },
  { .id = "text", .is_for = has_model, .when = "from=model", .title = N_("Text"), .type = SP_PARAM_FILE, .is_needed = TRUE,
    .offer = sp_offer_texts, .unit = "", .help = N_("The text the model is run on: UTF-8, or token ids as .json or .npy") },
  { .id = "table", .is_for = has_model, .when = "from=table", .title = N_("Table"), .type = SP_PARAM_FILE, .is_needed = TRUE, .unit = "",
    .help = N_("JSON or CSV with tau, loss and activation_ratio; tau 0 is the whole model") },
  { .id = "at", .title = N_("p"), .section = N_("Shown"), .type = SP_PARAM_NUMBER, .fallback = 1, .min = 0.1, .max = 100, .is_log = TRUE,
    .is_live = TRUE, .unit = "%", .help = N_("By how much perplexity may grow in what is shown by layer, token and neuron") },
  { .id = "p", .title = N_("Found for p"), .section = N_("Search"), .type = SP_PARAM_TEXT, .fallback_text = DEFAULT_PERCENTS,
    .check = check_percents, .unit = "", .help = N_("By how many per cent perplexity may grow; several with commas between") },
  { .id = "rules", .is_for = has_model, .when = "from=model", .title = N_("Rules"), .type = SP_PARAM_CHOICE, .max = 1, .choices = rules,
    .choice_titles = rule_titles, .unit = "", .help = N_("Which neurons are left out: by CETT alone, or by other rules too, to compare") },
  { .id = "convention", .is_for = has_model, .when = "from=model", .title = N_("τ is"), .type = SP_PARAM_CHOICE, .max = 2,
    .choices = conventions, .choice_titles = convention_titles, .unit = "",
    .help = N_("How τ is found for p: few measurements tell the activation ratio to a tenth of its standard error on the text") },
  { .id = "window", .is_for = has_model, .when = "from=model", .title = N_("Window"), .section = N_("Text"), .type = SP_PARAM_NUMBER,
    .max = 1048576, .is_log = TRUE, .at_min = N_("auto"), .unit = "tokens",
    .help = N_("Tokens the model sees at once; auto: 2048, or its context where that is less") },
  { .id = "stride", .is_for = has_model, .when = "from=model", .title = N_("Stride"), .type = SP_PARAM_NUMBER, .max = 1048576,
    .is_log = TRUE, .at_min = N_("window"), .unit = "tokens",
    .help = N_("From the start of a window to that of the next; at most the window") },
  { .id = "tokens", .is_for = has_model, .when = "from=model", .title = N_("Tokens read"), .type = SP_PARAM_NUMBER, .fallback = 8192,
    .max = 1e8, .is_log = TRUE, .at_min = N_("all"), .unit = "tokens", .help = N_("So many tokens of the text, the first ones") },
  { NULL }
};

static void
read_setting (PplSetting *setting, SpArgs *args)
{
  const char *percents = sp_args_get_text (args, "p");

  *setting = (PplSetting) {
    .is_table = sp_args_get_number (args, "from") == 1, .compares = sp_args_get_number (args, "rules") == 1,
    .convention = (PplConvention) sp_args_get_number (args, "convention"), .window = (guint) sp_args_get_number (args, "window"),
    .stride = (guint) sp_args_get_number (args, "stride"), .most_tokens = (gsize) sp_args_get_number (args, "tokens"),
  };
  ppl_parse_percents (percents != NULL ? percents : DEFAULT_PERCENTS, setting->percents, &setting->n_percents, NULL);
}

PplState *
ppl_state_new (const PplSetting *setting, SpStore *store, const char *text)
{
  PplState *state = g_new0 (PplState, 1);

  state->setting = *setting;
  state->store = store != NULL ? sp_store_ref (store) : NULL;
  state->text = g_strdup (text);
  state->outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_outcome_unref);
  state->search = ppl_search_new (setting->convention, setting->percents, setting->n_percents,
                                   setting->convention == PPL_EXACT ? PPL_FINE : PPL_TOLERANCE);
  return state;
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  gsize       at = 0;
  SpStore    *model = sp_items_find_store (items, &at, sp_model_is_in);
  SpStore    *losses = model == NULL ? sp_items_find_store (items, &(gsize) { 0 }, sp_series_has_losses) : NULL;
  PplSetting  setting;
  PplState   *state;

  read_setting (&setting, args);
  setting.is_table |= losses != NULL;
  state = ppl_state_new (&setting, model, sp_args_get_text (args, "text"));
  state->table = g_strdup (losses != NULL ? sp_store_get_path (losses) : sp_args_get_text (args, "table"));
  return state;
}

void
ppl_state_free (gpointer data)
{
  PplState *state = data;

  g_free (state->text);
  g_free (state->table);
  g_clear_pointer (&state->store, sp_store_unref);
  g_free (state->facts.title);
  g_free (state->facts.architecture);
  g_free (state->facts.text);
  g_free (state->facts.start);
  g_strfreev (state->facts.keys);
  g_strfreev (state->facts.texts);
  g_clear_pointer (&state->dense, sp_outcome_unref);
  g_ptr_array_unref (state->outcomes);
  g_free (state->tails);
  ppl_search_free (state->search);
  g_clear_pointer (&state->points, g_array_unref);
  g_free (state);
}

static gboolean
execute (gpointer data, G_GNUC_UNUSED SpArgs *args, const SpWork *work, GError **error)
{
  return ppl_execute (data, work, error);
}

const SpAnalysis sp_analysis_ppl_p = {
  .id = "ppl-p",
  .title = N_("Perplexity"),
  .question = N_("How sparse is this model at so many per cent worse perplexity?"),
  .needs = SP_NEEDS_MODEL,
  .params = params,
  .new_state = new_state,
  .free_state = ppl_state_free,
  .execute = execute,
  .finish = ppl_report,
};
