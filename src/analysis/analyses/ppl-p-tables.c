/* ppl-p-tables.c - ppl-p in rows: what was found for each p, what was measured, and the layers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* --- for each p ------------------------------------------------------------------------------------- */

const char *
ppl_describe (const PplState *state, const PplAnswer *answer)
{
  switch (answer->state)
    {
    case PPL_SEARCHING: return "searching";
    case PPL_DENSE:     return "dense";
    case PPL_NEVER:     return "never-reached";
    case PPL_AT_ONCE:   return "exceeded-at-once";
    case PPL_FOUND:     break;
    }
  return answer->is_measured && !state->setting.is_table ? "measured" : "interpolated";
}

/* Where nothing may be left out, a neuron that is exactly 0, as a ReLU makes them, is inactive all the same. */
static PplAnswer
find_answer (const PplReport *report, gsize i)
{
  const PplState *state = report->state;
  PplAnswer       answer;

  if (state->setting.is_table)
    return ppl_curve_interpolate (&report->curve, state->setting.percents[i]);
  answer = ppl_search_get_answer (state->search, i);
  if (answer.state == PPL_DENSE && state->dense != NULL)
    answer.active = sp_outcome_get_ratio (state->dense);
  return answer;
}

void
ppl_add_answers (const PplReport *report)
{
  const PplState          *state = report->state;
  gsize                    n = state->setting.n_percents;
  SpTable                 *table = sp_table_new ("answers", _("Sparsity by p"), n);
  double                  *p = g_new (double, n + 1), *sparsity = g_new (double, n + 1), *active = g_new (double, n + 1);
  double                  *tau = g_new (double, n + 1), *low = g_new (double, n + 1), *high = g_new (double, n + 1);
  double                  *error = g_new (double, n + 1), *estimate = g_new (double, n + 1);
  g_autofree const char  **states = g_new0 (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      PplAnswer answer = find_answer (report, i);

      p[i] = state->setting.percents[i];
      sparsity[i] = 1 - answer.active;
      active[i] = answer.active;
      tau[i] = answer.tau;
      low[i] = answer.low;
      high[i] = answer.high;
      error[i] = answer.error;
      estimate[i] = isfinite (answer.estimate) ? answer.estimate : NAN;
      states[i] = ppl_describe (state, &answer);
    }
  sp_table_take_f64 (table, "p", _("p"), "%", p);
  sp_table_take_f64 (table, "sparsity", _("Sparsity"), "share", sparsity);
  sp_table_take_f64 (table, "activation_ratio", _("Activation ratio"), "share", active);
  sp_table_take_f64 (table, "tau", _("τ"), "", tau);
  sp_table_take_f64 (table, "tau_low", _("τ, below p"), "", low);
  sp_table_take_f64 (table, "tau_high", _("τ, not below p"), "", high);
  sp_table_take_f64 (table, "standard_error", _("Standard error"), "share", error);
  sp_table_take_f64 (table, "interpolation_error", _("Interpolation error"), "share", estimate);
  sp_table_take_column (table, sp_column_new_text ("state", _("Found"), n, states));
  g_ptr_array_add (report->result->tables, table);
}

/* --- what was measured ------------------------------------------------------------------------------ */

static int
compare_outcomes (gconstpointer a, gconstpointer b)
{
  const SpOutcome *left = *(SpOutcome *const *) a, *right = *(SpOutcome *const *) b;

  if (left->rule != right->rule)
    return left->rule > right->rule ? -1 : 1;
  return (left->value > right->value) - (left->value < right->value);
}

/* The whole model first, then CETT by τ, then the others. */
static GPtrArray *
sort_outcomes (const PplState *state)
{
  GPtrArray *sorted = g_ptr_array_new ();

  for (guint i = 0; i < state->outcomes->len; i++)
    g_ptr_array_add (sorted, state->outcomes->pdata[i]);
  g_ptr_array_sort (sorted, compare_outcomes);
  g_ptr_array_insert (sorted, 0, state->dense);
  return sorted;
}

void
ppl_add_points (const PplReport *report)
{
  g_autoptr (GPtrArray)   sorted = sort_outcomes (report->state);
  gsize                   n = sorted->len;
  SpTable                *table = sp_table_new ("points", _("Measured"), n);
  double                 *values = g_new (double, n), *losses = g_new (double, n), *perplexities = g_new (double, n);
  double                 *ratios = g_new (double, n), *active = g_new (double, n), *errors = g_new (double, n);
  g_autofree const char **rules = g_new0 (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      const SpOutcome *outcome = sorted->pdata[i];

      rules[i] = ppl_rule_id (outcome->rule);
      values[i] = outcome->rule == SP_CUT_NONE || outcome->rule == SP_CUT_ZERO ? NAN : outcome->value;
      losses[i] = outcome->loss;
      perplexities[i] = exp (outcome->loss);
      ratios[i] = ppl_ratio (report->state, outcome);
      errors[i] = ratios[i] * outcome->loss_error;
      active[i] = outcome->rule == SP_CUT_NONE ? 1 : sp_outcome_get_ratio (outcome);
    }
  sp_table_take_column (table, sp_column_new_text ("rule", _("Rule"), n, rules));
  sp_table_take_f64 (table, "value", _("τ, ε or k"), "", values);
  sp_table_take_f64 (table, "activation_ratio", _("Activation ratio"), "share", active);
  sp_table_take_f64 (table, "ratio", _("Ratio of perplexities"), "", ratios);
  sp_table_take_f64 (table, "ratio_error", _("Standard error"), "", errors);
  sp_table_take_f64 (table, "perplexity", _("Perplexity"), "", perplexities);
  sp_table_take_f64 (table, "loss", _("Loss"), "", losses);
  g_ptr_array_add (report->result->tables, table);
}

/* --- layers ----------------------------------------------------------------------------------------- */

/* Whether layers are those of the answer itself, measured or not: thresholds are known for every τ. */
gboolean
ppl_is_carried (const PplReport *report)
{
  return report->state->tails != NULL && report->answer.tau > 0 && report->shown != NULL && report->shown->rule == SP_CUT_CETT;
}

static double
find_threshold (const PplReport *report, guint layer)
{
  return ppl_is_carried (report) ? ppl_threshold (report->state, layer, report->answer.tau) : report->shown->thresholds[layer];
}

/* What was measured, as much more or less as of the dense activations at the answer's threshold. */
static double
find_layer_ratio (const PplReport *report, guint layer)
{
  const SpOutcome  *shown = report->shown;
  const SpTailSums *tails = report->state->tails;
  double            measured = (double) shown->n_active[layer] / ((double) shown->n_tokens * shown->n_neurons), factor;

  if (!ppl_is_carried (report))
    return measured;
  factor = sp_tail_sums_active (&tails[layer], ppl_threshold (report->state, layer, report->answer.tau), shown->n_neurons) /
           sp_tail_sums_active (&tails[layer], shown->thresholds[layer], shown->n_neurons);
  return isfinite (factor) ? MIN (measured * factor, 1) : measured;
}

static char *
list_numbers (const double *numbers, guint n)
{
  GString *list = g_string_new ("thresholds=");

  for (guint i = 0; i < n; i++)
    {
      char number[G_ASCII_DTOSTR_BUF_SIZE];

      g_ascii_dtostr (number, sizeof number, numbers[i]);
      g_string_append_printf (list, "%s%s", i > 0 ? "," : "", number);
    }
  return g_string_free (list, FALSE);
}

static void
add_thresholds (const PplReport *report)
{
  SpTable            *table = sp_table_new ("thresholds", _("Thresholds"), 1);
  g_autofree double  *thresholds = g_new (double, report->shown->n_layers);
  double             *tau = g_new (double, 1);
  g_autofree char    *list = NULL;

  *tau = ppl_is_carried (report) ? report->answer.tau : report->shown->value;
  for (guint i = 0; i < report->shown->n_layers; i++)
    thresholds[i] = find_threshold (report, i);
  list = list_numbers (thresholds, report->shown->n_layers);
  sp_table_take_column (table, sp_column_new_text ("thresholds", _("Thresholds"), 1, (const char *[]) { list }));
  sp_table_take_f64 (table, "tau", _("τ"), "", tau);
  g_ptr_array_add (report->result->tables, table);
}

static void
add_layers_plot (const PplReport *report)
{
  SpPlot *plot = sp_result_add_plot (report->result, "line", "layers", _("Layers"), "layers");

  plot->x = g_strdup ("layer");
  plot->y = g_strdupv ((char **) (const char *const[]) { "activation_ratio", NULL });
  plot->key = g_strdup ("tensor");
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup_printf (_("Share of each layer's neurons that are kept where perplexity grows by %.3g %%."),
                                   100 * ((ppl_is_carried (report) ? report->answer.ratio : ppl_ratio (report->state, report->shown)) - 1));
}

void
ppl_add_layers (const PplReport *report)
{
  const SpOutcome *outcome = report->shown;
  gsize            n = outcome->n_layers;
  SpTable         *table = sp_table_new ("layers", _("Layers"), n);
  gint64          *numbers = g_new (gint64, n);
  double          *active = g_new (double, n), *sparsity = g_new (double, n), *thresholds = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    {
      numbers[i] = (gint64) i;
      active[i] = find_layer_ratio (report, (guint) i);
      sparsity[i] = 1 - active[i];
      thresholds[i] = find_threshold (report, (guint) i);
    }
  sp_table_take_column (table, sp_column_new_i64 ("layer", _("Layer"), "", n, numbers));
  sp_table_take_f64 (table, "sparsity", _("Sparsity"), "share", sparsity);
  sp_table_take_f64 (table, "activation_ratio", _("Activation ratio"), "share", active);
  sp_table_take_f64 (table, "threshold", _("Threshold"), "weight", thresholds);
  if (isfinite (outcome->cett[0]))
    sp_table_take_f64 (table, "cett", _("CETT"), "", g_memdup2 (outcome->cett, n * sizeof (double)));
  sp_table_take_column (table, sp_column_new_text ("tensor", _("Tensor"), n, (const char *const *) report->state->facts.keys));
  g_ptr_array_add (report->result->tables, table);
  if (outcome->rule == SP_CUT_CETT)
    add_thresholds (report);
  add_layers_plot (report);
}
