/* ppl-p-report.c - what ppl-p shows at one p, of what was measured by now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define SOURCE N_("C. Luo, Y. Song, X. Han, Z. Liu, M. Sun et al., “Sparsing Law: Towards Large Language Models with Greater " \
                  "Activation Sparsity” (2024), section 3")

double
ppl_ratio (const PplState *state, const SpOutcome *outcome)
{
  return exp (outcome->loss - state->dense->loss);
}

double
ppl_threshold (const PplState *state, guint layer, double tau)
{
  double aimed_at;

  return sp_tail_sums_solve (&state->tails[layer], tau, &aimed_at);
}

const char *
ppl_rule_id (SpCutRule rule)
{
  static const char *const ids[] = {
    [SP_CUT_NONE] = "none", [SP_CUT_ZERO] = "zero", [SP_CUT_FAT] = "fat", [SP_CUT_TOPK] = "topk", [SP_CUT_CETT] = "cett",
    [SP_CUT_LIST] = "list",
  };

  return ids[rule];
}

const char *
ppl_rule_name (SpCutRule rule)
{
  switch (rule)
    {
    case SP_CUT_NONE: return _("none");
    case SP_CUT_ZERO: return _("exact zero");
    case SP_CUT_FAT:  return _("FAT");
    case SP_CUT_TOPK: return _("top k");
    case SP_CUT_CETT: return _("CETT");
    case SP_CUT_LIST: break;
    }
  return _("thresholds");
}

static SpOutcome *
find_outcome (const PplState *state, double tau)
{
  for (guint i = 0; i < state->outcomes->len; i++)
    {
      SpOutcome *outcome = state->outcomes->pdata[i];

      if (outcome->rule == SP_CUT_CETT && outcome->value == tau)
        return outcome;
    }
  return NULL;
}

/* Which of the p that were searched for it is; n_percents: none of them. */
static gsize
find_searched (const PplReport *report)
{
  const PplSetting *setting = &report->state->setting;
  gsize             i = 0;

  while (i < setting->n_percents && setting->percents[i] != report->at)
    i++;
  return i;
}

static void
find_answer (PplReport *report)
{
  const PplPoint *nearest = ppl_curve_nearest (&report->curve, report->at);
  gsize           searched = find_searched (report);

  report->is_searched = searched < report->state->setting.n_percents;
  if (report->state->setting.is_table)
    report->answer = ppl_curve_interpolate (&report->curve, report->at);
  else if (report->is_searched)
    report->answer = ppl_search_get_answer (report->state->search, searched);
  else
    report->answer = ppl_curve_answer (&report->curve, report->at, PPL_TOLERANCE);
  if (report->answer.state == PPL_DENSE)
    report->shown = report->state->dense;
  else
    report->shown = find_outcome (report->state, report->answer.tau);
  if (report->shown == NULL && nearest != NULL)
    report->shown = find_outcome (report->state, nearest->tau);
}

/* --- words ------------------------------------------------------------------------------------------ */

static char *
define (const PplReport *report)
{
  const PplFacts  *facts = &report->state->facts;
  g_autofree char *sparsity = sp_format_number (1 - report->answer.active, "share");
  g_autofree char *number = g_strdup_printf ("%g", report->at), *tau = sp_format_number (report->answer.tau, "");

  if (isnan (report->answer.tau) || report->answer.state == PPL_DENSE)
    return g_strdup (_("PPL-p % sparsity: the share of all FFN neurons that are left out at a token where perplexity grows by p %."));
  if (report->answer.state == PPL_NEVER)
    return g_strdup_printf (_("PPL-%s %% sparsity %s: so many FFN neurons are left out at the largest τ that was measured, %s, where "
                              "perplexity has still not grown by %s %%."), number, sparsity, tau, number);
  if (report->state->setting.is_table)
    return g_strdup_printf (_("PPL-%s %% sparsity %s: so many FFN neurons are left out at τ = %s, where perplexity has grown by %s %%; "
                              "interpolated in a table."), number, sparsity, tau, number);
  return g_strdup_printf (_("PPL-%s %% sparsity %s: share of the %u × %u FFN neurons that are left out, in the mean over layers and "
                            "%zu tokens, because |h| · |w| is below their layer's threshold for CETT τ = %s, at which the perplexity of "
                            "%zu predicted tokens grows by %s %%."), number, sparsity, facts->n_layers, facts->n_neurons, facts->n_tokens,
                          tau, (gsize) report->state->dense->n_predicted, number);
}

static void G_GNUC_PRINTF (2, 3)
note (const PplReport *report, const char *format, ...)
{
  va_list args;

  va_start (args, format);
  sp_result_take_note (report->result, g_strdup_vprintf (format, args));
  va_end (args);
}

static void
note_text (const PplReport *report)
{
  const PplFacts *facts = &report->state->facts;

  note (report, _("%zu of the text's %zu tokens were run, in %zu windows of %u, %u tokens from the start of one to the next; what fills no "
                  "window is left out.  Of a window every token but its first is predicted, and a token that two windows predict counts in "
                  "the first."), (facts->n_windows - 1) * facts->stride + facts->window, facts->n_text_tokens, facts->n_windows,
        facts->window, facts->stride);
  if (facts->window > facts->n_context)
    note (report, _("A window is longer than the model's context of %u tokens: beyond it no model is sure to predict anything."),
          facts->n_context);
  if (facts->is_ids)
    note (report, _("Token ids were run as they are, nothing before them."));
  else if (facts->start != NULL)
    note (report, _("Before the text stands %s once, as the tokenizer has it; the windows after the first begin without it."),
          facts->start);
  else
    note (report, _("No token stands before the text."));
  note (report, _("Thresholds are those of this text: another one has others.  Biases of the output belong to no neuron."));
  note (report, _("Standard errors tell how much another text of as many tokens would change, from how differently these tokens’ losses "
                  "grow, each taken as independent.  The search ends where interpolations through different points agree to a tenth of "
                  "that, or to 1e-4."));
}

static void
note_answer (const PplReport *report)
{
  const PplAnswer *answer = &report->answer;

  if (answer->state == PPL_NEVER)
    note (report, _("Perplexity has not grown by %g %% at the largest τ that was measured."), report->at);
  if (answer->state == PPL_AT_ONCE)
    note (report, _("Perplexity grows by more than %g %% as soon as anything is left out."), report->at);
  if (!answer->is_monotone)
    note (report, _("Perplexity has grown by more than %g %% at smaller τ too; the largest τ with less is taken."), report->at);
  if (report->state->setting.is_table)
    note (report, _("Interpolated between the rows of a table: the root of ln of the ratio of perplexities in straight lines by τ."));
  else if (answer->state == PPL_SEARCHING && !report->is_searched)
    note (report, _("p = %g %% was not searched for: it is interpolated between what was measured.  Write it into “Found for p” and run "
                    "again to have it."), report->at);
  if (report->shown != NULL && report->shown != report->state->dense)
    note (report, ppl_is_carried (report)
                    ? _("By token and neuron is shown what was measured at τ = %.6g, where perplexity grows by %.3g %%.")
                    : _("By layer, token and neuron is shown what was measured at τ = %.6g, where perplexity grows by %.3g %%."),
          report->shown->value, 100 * (ppl_ratio (report->state, report->shown) - 1));
  if (ppl_is_carried (report))
    note (report, _("Layers and the list of thresholds are for τ = %.6g, whether it was measured or not: their ratios are those measured, "
                    "as much more or less as of the whole model's activations."), answer->tau);
}

static void
note_savings (const PplReport *report)
{
  if (report->state->facts.is_gated)
    note (report, _("Operations saved, as a share of all the model's: those of the down projection alone where neurons are "
                    "left out there (saved_down), or of all three matrices where an oracle knows them beforehand (saved_all)."));
  else
    note (report, _("Operations saved, as a share of all the model's: those of the second matrix alone where neurons are left "
                    "out there (saved_down), or of both matrices where an oracle knows them beforehand (saved_all)."));
}

/* --- summary ---------------------------------------------------------------------------------------- */

/* Of all operations of a token, those of the FFN's matrices: `n` of them. */
static double
ffn_share (const PplFacts *facts, double n)
{
  return 2 * n * facts->n_hidden * facts->n_neurons * facts->n_layers / facts->flops;
}

static void
add_summary (const PplReport *report)
{
  const PplState  *state = report->state;
  const PplFacts  *facts = &state->facts;
  double           rest = 1 - report->answer.active, loss = state->dense != NULL ? state->dense->loss : state->table_loss;
  const char      *names[] = { "sparsity", "activation_ratio", "tau", "perplexity", "loss", "standard_error", "predicted", "tokens",
                               "windows", "window", "saved_down", "saved_all" };
  const char      *units[] = { "share", "share", "", "", "", "share", "tokens", "tokens", "", "tokens", "share", "share" };
  double           values[] = { rest, report->answer.active, report->answer.tau, exp (loss), loss, report->answer.error,
                                state->dense != NULL ? (double) state->dense->n_predicted : NAN, (double) facts->n_tokens,
                                (double) facts->n_windows, facts->window, rest * ffn_share (facts, 1),
                                rest * ffn_share (facts, facts->is_gated ? 3 : 2) };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (values) && G_N_ELEMENTS (names) == G_N_ELEMENTS (units));
  sp_result_add_summary (report->result, state->setting.is_table ? 5 : G_N_ELEMENTS (names), names, values, units);
}

/* --- all -------------------------------------------------------------------------------------------- */

static void
add_measured (const PplReport *report)
{
  ppl_add_pareto (report);
  ppl_add_points (report);
  if (report->shown != NULL)
    {
      ppl_add_layers (report);
      ppl_add_tokens (report);
      ppl_add_neurons (report);
    }
  note_text (report);
  note_savings (report);
}

SpResult *
ppl_report (gpointer data, SpArgs *args)
{
  const PplState *state = data;
  PplReport       report = { .state = state, .result = sp_result_new ("ppl-p"), .at = sp_args_get_number (args, "at") };

  if (state->points != NULL)
    report.curve = (PplCurve) { (const PplPoint *) state->points->data, state->points->len, NULL };
  else
    report.curve = ppl_search_get_curve (state->search);
  find_answer (&report);
  ppl_add_answers (&report);
  add_summary (&report);
  ppl_add_curves (&report);
  note_answer (&report);
  if (state->dense != NULL)
    add_measured (&report);
  report.result->definition = define (&report);
  report.result->source = g_strdup (_(SOURCE));
  return report.result;
}
