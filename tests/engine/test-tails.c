/* test-tails.c - CETT at all cuts against sums written out in full */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"
#include "sp-panels.h"
#include "sp-tail-meter.h"

#include <math.h>
#include <string.h>

#define N_NEURONS 70
#define N_OUTPUTS 45
#define N_TOKENS 37

typedef struct { float down[N_OUTPUTS][N_NEURONS], turned[N_NEURONS][N_OUTPUTS], h[N_TOKENS][N_NEURONS]; } Layer;

static Layer *
make_layer (void)
{
  Layer           *layer = g_new0 (Layer, 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed (4);

  for (gsize o = 0; o < N_OUTPUTS; o++)
    for (gsize i = 0; i < N_NEURONS; i++)
      layer->turned[i][o] = layer->down[o][i] = (float) g_rand_double_range (rand, -1, 1);
  for (gsize t = 1; t < N_TOKENS; t++)                 /* the first is silent */
    for (gsize i = 0; i < N_NEURONS; i++)
      layer->h[t][i] = i % 5 == 0 ? 0 : (float) pow (g_rand_double_range (rand, -1.5, 1.5), 5);
  return layer;
}

/* Of the neurons of a token with ν < cut. */
static double
length_below (const Layer *layer, gsize token, const double *norms, double cut)
{
  double square = 0;

  for (gsize o = 0; o < N_OUTPUTS; o++)
    {
      double sum = 0;

      for (gsize i = 0; i < N_NEURONS; i++)
        if ((double) (fabsf (layer->h[token][i]) * (float) norms[i]) < cut)
          sum += (double) layer->h[token][i] * (double) layer->down[o][i];
      square += sum * sum;
    }
  return sqrt (square);
}

static double
mean_below (const Layer *layer, const double *norms, double cut)
{
  double sum = 0;

  for (gsize t = 1; t < N_TOKENS; t++)
    sum += length_below (layer, t, norms, cut) / length_below (layer, t, norms, INFINITY);
  return sum / (N_TOKENS - 1);
}

static double
share_not_below (const Layer *layer, const double *norms, double cut)
{
  guint n = 0;

  for (gsize t = 0; t < N_TOKENS; t++)
    for (gsize i = 0; i < N_NEURONS; i++)
      n += layer->h[t][i] != 0 && (double) (fabsf (layer->h[t][i]) * (float) norms[i]) >= cut;
  return n / (double) (N_TOKENS * N_NEURONS);
}

static void
check (gboolean is_input_major)
{
  g_autofree Layer       *layer = make_layer ();
  g_autoptr (SpTeam)      team = sp_team_new (3, NULL);
  g_autoptr (SpTailMeter) meter = sp_tail_meter_new (N_NEURONS, 3);
  g_autofree SpTailSums  *sums = g_new0 (SpTailSums, 1);
  const float            *down = is_input_major ? &layer->turned[0][0] : &layer->down[0][0];
  double                  norms[N_NEURONS];
  SpPanels                panels;

  g_assert_true (sp_down_norms (team, down, N_NEURONS, N_OUTPUTS, is_input_major, norms, NULL));
  sp_panels_init (&panels, N_NEURONS, N_OUTPUTS, SP_WIDE_PANEL);
  g_assert_true (sp_panels_fill (&panels, team, down, is_input_major, NULL));
  sp_tail_meter_set_weights (meter, &panels, norms);
  for (gsize i = 0; i < N_NEURONS; i++)
    {
      double square = 0;

      for (gsize o = 0; o < N_OUTPUTS; o++)
        square += (double) layer->down[o][i] * (double) layer->down[o][i];
      g_assert_cmpfloat_with_epsilon (norms[i], sqrt (square), 1e-9);
    }
  sp_tail_meter_measure (meter, 2, &layer->h[0][0], N_TOKENS, sums);
  g_assert_cmpuint (sums->n_tokens, ==, N_TOKENS - 1);
  g_assert_cmpuint (sums->n_silent, ==, 1);
  for (guint cut = 0; cut < SP_TAIL_CUTS; cut++)
    {
      g_assert_cmpfloat_with_epsilon (sums->cett[cut] / (double) sums->n_tokens, mean_below (layer, norms, sp_tail_cut (cut + 1)), 2e-6);
      g_assert_cmpfloat_with_epsilon (sp_tail_sums_active (sums, sp_tail_cut (cut), N_NEURONS),
                                      share_not_below (layer, norms, cut > 0 ? sp_tail_cut (cut) : 0), 1e-12);
    }
  for (double tau = 0.05; tau < 0.9; tau += 0.05)
    {
      double cett, threshold = sp_tail_sums_solve (sums, tau, &cett);

      g_assert_cmpfloat (cett, ==, tau);
      g_assert_cmpfloat (mean_below (layer, norms, threshold / 1.05), <=, tau + 1e-6);
      g_assert_cmpfloat (mean_below (layer, norms, threshold * 1.05), >=, tau - 0.05);
    }
  sp_panels_clear (&panels);
}

static void
test_outputs_first (void)
{
  check (FALSE);
}

static void
test_inputs_first (void)
{
  check (TRUE);
}

static void
test_ends (void)
{
  g_autofree SpTailSums *sums = g_new0 (SpTailSums, 1);
  double                 cett;

  g_assert_true (isnan (sp_tail_sums_solve (sums, 0.5, &cett)));
  g_assert_true (isnan (cett));
  g_assert_true (isnan (sp_tail_sums_active (sums, 1, N_NEURONS)));
  sums->n_tokens = 2;
  for (guint i = 100; i < SP_TAIL_CUTS; i++)
    sums->cett[i] = 2;
  g_assert_cmpfloat (sp_tail_sums_solve (sums, 0, &cett), ==, sp_tail_cut (100));
  g_assert_cmpfloat (sp_tail_sums_solve (sums, 0.5, &cett), ==, (sp_tail_cut (100) + sp_tail_cut (101)) / 2);
  g_assert_cmpfloat (sp_tail_sums_solve (sums, 1, &cett), ==, sp_tail_cut (SP_TAIL_CUTS));
  sums->n_in[100] = 8;
  sums->n_in[200] = 4;
  g_assert_cmpfloat (sp_tail_sums_active (sums, sp_tail_cut (100), 10), ==, 12 / 20.0);
  g_assert_cmpfloat (sp_tail_sums_active (sums, (sp_tail_cut (100) + sp_tail_cut (101)) / 2, 10), ==, 8 / 20.0);
  g_assert_cmpfloat (sp_tail_sums_active (sums, sp_tail_cut (101), 10), ==, 4 / 20.0);
  g_assert_cmpfloat (sp_tail_sums_active (sums, sp_tail_cut (SP_TAIL_CUTS), 10), ==, 0);
  g_assert_cmpfloat (sp_tail_cut (0), ==, ldexp (1, -28));
  g_assert_cmpfloat (sp_tail_cut (SP_TAIL_CUTS), ==, ldexp (1, 20));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tails/outputs-first", test_outputs_first);
  g_test_add_func ("/tails/inputs-first", test_inputs_first);
  g_test_add_func ("/tails/ends", test_ends);
  return g_test_run ();
}
