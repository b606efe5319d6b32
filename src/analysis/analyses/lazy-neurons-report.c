/* lazy-neurons-report.c - what lazy-neurons says at one setting of its cut-offs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <glib/gi18n-lib.h>

/* Of counts: what fired at a token was decided elsewhere. */
static char *
define_counted (const LazyReport *report)
{
  const LazyTally *a = &report->all;
  const char      *site = report->state->dump->site;
  g_autofree char *ratio = sp_format_number (lazy_ratio (a), "share"), *fired = sp_format_number ((double) a->n_fired, "elements");
  g_autofree char *valid = sp_format_number ((double) a->n_valid, "elements"), *tokens = sp_format_number ((double) a->n_tokens, "tokens");
  g_autofree char *dead = sp_format_number ((double) a->n_dead, "neurons"), *neurons = sp_format_number ((double) a->n_neurons, "neurons");
  g_autofree char *cut = sp_format_number (report->dead, "share");

  if (report->state->lacks_total)
    return g_strdup_printf (_("%s firings of %s neurons, by the counts in %s; nothing says over how many tokens."), fired, neurons, site);
  return g_strdup_printf (_("Activation ratio %s: firings by the counts in %s, of all neurons at all tokens (%s of %s), over %s tokens. "
                            "%s of %s neurons are dead (fire at less than %s of the tokens)."),
                          ratio, site, fired, valid, tokens, dead, neurons, cut);
}

static char *
say_rule (const LazyState *state)
{
  g_autofree char *eps = sp_format_number (state->limit, "weight"), *kept = sp_format_number (1 - state->dropped, "share");

  return state->dropped > 0 ? g_strdup_printf (_("a ≠ 0 among the largest %s of their token"), kept) : g_strdup_printf ("|a| > %s", eps);
}

static char *
define (const LazyReport *report)
{
  const LazyTally *a = &report->all;
  g_autofree char *ratio = sp_format_number (lazy_ratio (a), "share");
  g_autofree char *fired = sp_format_number ((double) a->n_fired, "elements"), *valid = sp_format_number ((double) a->n_valid, "elements");
  g_autofree char *rule = say_rule (report->state), *tokens = sp_format_number ((double) a->n_tokens, "tokens");
  g_autofree char *dead = sp_format_number ((double) a->n_dead, "neurons"), *neurons = sp_format_number ((double) a->n_neurons, "neurons");
  g_autofree char *never = sp_format_number ((double) a->n_never, "neurons"), *cut = sp_format_number (report->dead, "share");
  g_autofree char *bound = sp_format_number (lazy_rule_of_three (a), "share");

  if (report->state->dump->site == NULL)
    return g_strdup (report->state->dump->problem);
  if (report->state->is_counted)
    return define_counted (report);
  if (a->n_never == 0 || a->n_tokens == 0)
    return g_strdup_printf (_("Activation ratio %s: share of activations with %s (%s of %s), over %s tokens, in %s. "
                              "%s of %s neurons are dead (fire at less than %s of the tokens)."),
                            ratio, rule, fired, valid, tokens, report->state->dump->site, dead, neurons, cut);
  return g_strdup_printf (_("Activation ratio %s: share of activations with %s (%s of %s), over %s tokens, in %s. "
                            "%s of %s neurons are dead (fire at less than %s of the tokens); %s never fired, which after so many tokens "
                            "means at most %s of all tokens, with 95 %% confidence."),
                          ratio, rule, fired, valid, tokens, report->state->dump->site, dead, neurons, cut, never, bound);
}

static void
add_notes (SpResult *result, const LazyReport *report)
{
  const LazyState *state = report->state;
  gsize            n_problems = 0;
  double           wanted = lazy_tokens_wanted (report);

  sp_dump_add_notes (state->dump, result);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    n_problems += state->layers[i].problem != NULL;
  if (n_problems > 0)
    sp_result_take_note (result, g_strdup_printf (ngettext ("%zu layer could not be read; its row says why.",
                                                            "%zu layers could not be read; their rows say why.", n_problems), n_problems));
  if (report->all.n_nonfinite > 0)
    {
      g_autofree char *n = sp_format_number ((double) report->all.n_nonfinite, "elements");

      sp_result_take_note (result, g_strdup_printf (_("%s activations are NaN or infinite; they count neither as firing nor "
                                                      "as silent."), n));
    }
  if (state->lacks_total)
    sp_result_take_note (result, g_strdup (_("Shares stay empty: a scalar n_tokens beside the counts, or the parameter tokens, "
                                             "says over how many tokens they were counted.")));
  if (!state->lacks_total && wanted > 0 && isfinite (wanted) && report->all.n_tokens > 0)
    {
      g_autofree char *n = sp_format_number (wanted, "tokens");

      sp_result_take_note (result, g_strdup_printf (_("Too few tokens to tell a dead neuron from a seldom one; %s more would do."), n));
    }
}

SpResult *
lazy_report (gpointer data, SpArgs *args)
{
  LazyReport report = { .state = data, .dead = sp_args_get_number (args, "dead"), .rare = sp_args_get_number (args, "rare"),
                        .often = sp_args_get_number (args, "often"), .order = (LazyOrder) sp_args_get_number (args, "order") };
  SpResult  *result = sp_result_new ("lazy-neurons");

  lazy_count_all (&report);
  lazy_add_layers (result, &report);
  lazy_add_neurons (result, &report);
  lazy_add_lists (result, &report);
  lazy_add_summary (result, &report);
  lazy_add_map (result, &report);
  lazy_add_sorted (result, &report);
  lazy_add_coverage (result, &report);
  if (!report.state->lacks_total)
    {
      lazy_add_histogram (result, &report);
      lazy_add_layer_plot (result, &report);
    }
  result->definition = define (&report);
  result->source = g_strdup (_("Li et al., The Lazy Neuron Phenomenon (2022); dead neurons: Luo et al., Sparsing Law (2024); coverage: "
                               "Song et al., PowerInfer (2023)"));
  sp_dump_add_links (report.state->dump, result);
  add_notes (result, &report);
  g_free (report.layers);
  return result;
}
