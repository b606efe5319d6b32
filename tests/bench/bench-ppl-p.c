/* bench-ppl-p.c - from a moved p to a new result, of a model with 32 layers of 11008 neurons, on 8192 tokens
 *
 * CPU time of finish() alone: nothing is run.  The aim is one frame, 16 ms, drawing included. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analyses/ppl-p.h"
#include "cpu-seconds.h"

#include <math.h>
#include <stdio.h>

#define N_LAYERS   32
#define N_NEURONS  11008
#define N_TOKENS   8192
#define N_OUTCOMES 12
#define REPEATS    20

/* Neurons that fire as often as a model's: some always, most seldom. */
static SpOutcome *
make_outcome (SpCutRule rule, double tau, GRand *chance)
{
  SpOutcome *outcome = sp_outcome_new (&(SpCut) { .rule = rule, .value = tau }, N_LAYERS, N_NEURONS, N_TOKENS);
  double     share = exp (-3 * tau);

  outcome->loss = 3 + 0.7 * tau * tau;
  outcome->n_predicted = N_TOKENS;
  for (guint layer = 0; layer < N_LAYERS; layer++)
    {
      for (gsize i = 0; i < N_NEURONS; i++)
        {
          guint32 n = (guint32) (N_TOKENS * pow (g_rand_double (chance), 1 / share));

          outcome->by_neuron[(gsize) layer * N_NEURONS + i] = n;
          outcome->n_active[layer] += n;
        }
      for (gsize t = 0; t < N_TOKENS; t++)
        outcome->by_token[(gsize) layer * N_TOKENS + t] = (guint32) (outcome->n_active[layer] / N_TOKENS);
      outcome->thresholds[layer] = outcome->cett[layer] = tau;
    }
  return outcome;
}

static PplState *
make_state (void)
{
  PplSetting       setting = { .percents = { 1, 5, 10 }, .n_percents = 3 };
  PplState        *state = ppl_state_new (&setting, NULL, NULL);
  g_autoptr (GRand) chance = g_rand_new_with_seed (1);

  state->facts = (PplFacts) { .n_layers = N_LAYERS, .n_neurons = N_NEURONS, .n_hidden = 4096, .window = 2048, .stride = 2048,
                              .n_windows = N_TOKENS / 2048, .n_tokens = N_TOKENS, .n_text_tokens = N_TOKENS, .flops = 1.3e10,
                              .keys = g_new0 (char *, N_LAYERS + 1), .texts = g_new0 (char *, N_TOKENS + 1) };
  for (guint i = 0; i < N_LAYERS; i++)
    state->facts.keys[i] = g_strdup_printf ("model.layers.%u.mlp.down_proj.weight", i);
  for (guint i = 0; i < N_TOKENS; i++)
    state->facts.texts[i] = g_strdup_printf ("word%u", i % 500);
  state->dense = make_outcome (SP_CUT_NONE, 0, chance);
  for (guint i = 0; i < N_OUTCOMES; i++)
    {
      SpOutcome *outcome = make_outcome (SP_CUT_CETT, 0.04 * (i + 1), chance);
      PplPoint   point = { outcome->value, ppl_ratio (state, outcome), sp_outcome_get_ratio (outcome) };

      g_ptr_array_add (state->outcomes, outcome);
      ppl_search_add (state->search, &point);
    }
  return state;
}

int
main (void)
{
  g_autoptr (SpArgs) args = sp_args_new (sp_analysis_find ("ppl-p"));
  PplState          *state = make_state ();
  double             worst = 0, total = 0, first = 0;

  for (guint i = 0; i <= REPEATS; i++)
    {
      g_autoptr (SpResult) result = NULL;
      double               started = cpu_seconds (), seconds;

      sp_args_set_number (args, "at", 0.2 * (i + 1));
      result = ppl_report (state, args);
      seconds = cpu_seconds () - started;
      if (i == 0)
        first = seconds;
      total += i > 0 ? seconds : 0;
      worst = i > 0 ? MAX (worst, seconds) : 0;
    }
  printf ("p moved, %d layers of %d neurons, %d tokens: %.2f ms CPU at first, then %.2f ms on average, %.2f ms at worst; ratio to a frame "
          "of 16 ms %.2f\n", N_LAYERS, N_NEURONS, N_TOKENS, 1e3 * first, 1e3 * total / REPEATS, 1e3 * worst, worst / 16e-3);
  ppl_state_free (state);
  return 0;
}
