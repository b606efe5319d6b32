/* test-ppl-p-report.c - what ppl-p shows of one measurement, against sums and sorted lists made here */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "analyses/ppl-p.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_LAYERS  3
#define N_NEURONS 1001
#define N_TOKENS  5000                   /* more than the map has cells */

static SpOutcome *
make_outcome (SpCutRule rule, double tau, double loss)
{
  SpOutcome       *outcome = sp_outcome_new (&(SpCut) { .rule = rule, .value = tau }, N_LAYERS, N_NEURONS, N_TOKENS);
  g_autoptr (GRand) chance = g_rand_new_with_seed (7);

  outcome->loss = loss;
  outcome->n_predicted = N_TOKENS - 1;
  for (guint i = 0; i < N_LAYERS * N_TOKENS; i++)
    outcome->by_token[i] = (guint32) g_rand_int_range (chance, 0, N_NEURONS + 1);
  /* Of all lengths, and many the same: more than there are tokens, but nothing here minds. */
  for (guint i = 0; i < N_LAYERS * N_NEURONS; i++)
    outcome->by_neuron[i] = g_rand_int (chance) >> g_rand_int_range (chance, 0, 32);
  return outcome;
}

static PplState *
make_state (void)
{
  PplSetting setting = { .percents = { 1 }, .n_percents = 1 };
  PplState  *state = ppl_state_new (&setting, NULL, NULL);
  PplPoint   point;

  state->facts = (PplFacts) { .n_layers = N_LAYERS, .n_neurons = N_NEURONS, .n_hidden = 4, .window = N_TOKENS, .stride = N_TOKENS,
                              .n_windows = 1, .n_tokens = N_TOKENS, .n_text_tokens = N_TOKENS, .flops = 1e6,
                              .keys = g_new0 (char *, N_LAYERS + 1) };
  for (guint i = 0; i < N_LAYERS; i++)
    state->facts.keys[i] = g_strdup_printf ("layer%u", i);
  state->dense = make_outcome (SP_CUT_NONE, 0, 3);
  g_ptr_array_add (state->outcomes, make_outcome (SP_CUT_CETT, 0.2, 3.02));
  point = (PplPoint) { 0.2, exp (0.02), 0.5, 0.003 };
  ppl_search_add (state->search, &point);
  return state;
}

static int
compare_down (gconstpointer a, gconstpointer b)
{
  guint32 left = *(const guint32 *) a, right = *(const guint32 *) b;

  return (left < right) - (left > right);
}

static void
check_frequencies (SpTable *table, const SpOutcome *outcome)
{
  const SpColumn *ranks = sp_table_find_column (table, "rank");

  for (guint layer = 0; layer < N_LAYERS; layer++)
    {
      g_autofree char    *name = g_strdup_printf ("layer_%u", layer);
      const SpColumn     *column = sp_table_find_column (table, name);
      g_autofree guint32 *sorted = g_memdup2 (outcome->by_neuron + layer * N_NEURONS, N_NEURONS * sizeof (guint32));

      g_assert_nonnull (column);
      qsort (sorted, N_NEURONS, sizeof *sorted, compare_down);
      for (gsize i = 0; i < sp_table_get_n_rows (table); i++)
        g_assert_cmpfloat (column->f64[i], ==, (double) sorted[(gsize) (ranks->f64[i] * N_NEURONS)] / N_TOKENS);
    }
}

static void
check_tokens (SpTable *table, const SpOutcome *outcome)
{
  const SpColumn *active = sp_table_find_column (table, "activation_ratio");

  g_assert_cmpuint (sp_table_get_n_rows (table), ==, N_TOKENS);
  for (gsize t = 0; t < N_TOKENS; t++)
    {
      guint64 sum = 0;

      for (guint layer = 0; layer < N_LAYERS; layer++)
        sum += outcome->by_token[layer * N_TOKENS + t];
      g_assert_cmpfloat_with_epsilon (active->f64[t], (double) sum / (N_LAYERS * N_NEURONS), 1e-12);
    }
}

/* Cells are means; token by token, where one looks closer. */
static void
check_map (const SpGrid *grid, const SpOutcome *outcome)
{
  g_autofree float *closer = g_new (float, N_LAYERS * N_TOKENS);

  g_assert_cmpuint (grid->cell_columns, ==, 3);
  g_assert_true (grid->detail (grid->detail_data, 0, 0, N_LAYERS, N_TOKENS, closer));
  for (gsize i = 0; i < N_LAYERS * N_TOKENS; i++)
    g_assert_cmpfloat_with_epsilon (closer[i], (double) outcome->by_token[i] / N_NEURONS, 1e-6);
  g_assert_true (grid->detail (grid->detail_data, 1, 4321, 2, 7, closer));
  for (gsize i = 0; i < 2 * 7; i++)
    g_assert_cmpfloat_with_epsilon (closer[i], (double) outcome->by_token[(1 + i / 7) * N_TOKENS + 4321 + i % 7] / N_NEURONS, 1e-6);
  for (gsize c = 0; c < 2; c++)
    g_assert_cmpfloat_with_epsilon (grid->layers[SP_LAYER_MEAN][grid->n_cell_columns + c],
                                    (double) (outcome->by_token[N_TOKENS + 3 * c] + outcome->by_token[N_TOKENS + 3 * c + 1] +
                                              outcome->by_token[N_TOKENS + 3 * c + 2]) / (3.0 * N_NEURONS), 1e-6);
}

/* Growth is 2.02 %; a standard error of the logarithm is 0.3 % of the ratio. */
static void
check_band (SpResult *result)
{
  const SpPlot *plot = sp_result_find_plot (result, "growth");
  SpTable      *table = sp_result_find_table (result, "by_tau");
  double        ratio = exp (0.02);

  g_assert_cmpstr (plot->y_low[0], ==, "growth_low");
  g_assert_cmpstr (plot->y_high[0], ==, "growth_high");
  g_assert_nonnull (strstr (plot->caption, "standard error"));
  g_assert_cmpfloat_with_epsilon (sp_table_find_column (table, "growth_low")->f64[0], 100 * (0.997 * ratio - 1), 1e-12);
  g_assert_cmpfloat_with_epsilon (sp_table_find_column (table, "growth_high")->f64[0], 100 * (1.003 * ratio - 1), 1e-12);
}

static void
test_shown (void)
{
  g_autoptr (SpArgs)   args = sp_args_new (sp_analysis_find ("ppl-p"));
  PplState            *state = make_state ();
  const SpOutcome     *outcome = state->outcomes->pdata[0];
  g_autoptr (SpResult) result = NULL;

  sp_args_set_number (args, "at", 3);
  result = ppl_report (state, args);
  check_frequencies (sp_result_find_table (result, "frequencies"), outcome);
  check_tokens (sp_result_find_table (result, "tokens"), outcome);
  check_map (result->grids->pdata[0], outcome);
  check_band (result);
  ppl_state_free (state);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/ppl-p-report/shown", test_shown);
  return g_test_run ();
}
