/* test-sparse-product.c - a down projection of the neurons that are not silent against sums written out in full */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"
#include "sp-sparse-product.h"

#include <math.h>

#define N_NEURONS 200
#define N_OUTPUTS 100
#define N_TOKENS 70

typedef struct { float down[N_NEURONS][N_OUTPUTS], h[N_TOKENS][N_NEURONS], bias[N_OUTPUTS], out[N_TOKENS][N_OUTPUTS]; } Product;

/* Token t has about t of a hundred neurons active, the first none. */
static Product *
make_product (void)
{
  Product          *product = g_new0 (Product, 1);
  g_autoptr (GRand) rand = g_rand_new_with_seed (9);

  for (gsize i = 0; i < N_NEURONS; i++)
    for (gsize o = 0; o < N_OUTPUTS; o++)
      product->down[i][o] = (float) g_rand_double_range (rand, -1, 1);
  for (gsize t = 0; t < N_TOKENS; t++)
    for (gsize i = 0; i < N_NEURONS; i++)
      product->h[t][i] = g_rand_int_range (rand, 0, 100) < (gint) t ? (float) g_rand_double_range (rand, -2, 2) : 0;
  for (gsize o = 0; o < N_OUTPUTS; o++)
    product->bias[o] = (float) g_rand_double_range (rand, -5, 5);
  return product;
}

static double
sum (const Product *product, gsize token, gsize output)
{
  double value = 0;

  for (gsize i = 0; i < N_NEURONS; i++)
    value += (double) product->h[token][i] * (double) product->down[i][output];
  return value;
}

static void
check (gboolean has_bias)
{
  g_autofree Product *product = make_product ();
  g_autoptr (SpTeam)  team = sp_team_new (2, NULL);
  SpPanels            panels;
  SpSparseRoom        room;

  sp_panels_init (&panels, N_NEURONS, N_OUTPUTS, SP_WIDE_PANEL);
  g_assert_true (sp_panels_fill (&panels, team, &product->down[0][0], TRUE, NULL));
  sp_sparse_room_init (&room, N_NEURONS);
  sp_sparse_product (&panels, &room, &product->h[0][0], N_TOKENS, has_bias ? product->bias : NULL, &product->out[0][0]);
  for (gsize t = 0; t < N_TOKENS; t++)
    for (gsize o = 0; o < N_OUTPUTS; o++)
      g_assert_cmpfloat_with_epsilon ((double) product->out[t][o], sum (product, t, o) + (has_bias ? (double) product->bias[o] : 0), 2e-5);
  sp_sparse_room_clear (&room);
  sp_panels_clear (&panels);
}

static void
test_without_bias (void)
{
  check (FALSE);
}

static void
test_with_bias (void)
{
  check (TRUE);
}

static void
test_pays (void)
{
  float h[1000] = { 0 };

  g_assert_true (sp_sparse_pays (h, 1000));
  for (gsize i = 0; i < 1000; i += 10)
    h[i] = -1;
  g_assert_true (sp_sparse_pays (h, 1000));
  for (gsize i = 0; i < 1000; i++)
    h[i] = i % 10 > 0;
  g_assert_false (sp_sparse_pays (h, 1000));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/sparse-product/without-bias", test_without_bias);
  g_test_add_func ("/sparse-product/with-bias", test_with_bias);
  g_test_add_func ("/sparse-product/pays", test_pays);
  return g_test_run ();
}
