/* test-screen.c - that the bounds of a screened product hold, from f64, for weights and tokens that make it hard, and are of use */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-screen.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define N_TOKENS 43
#define N_FEATURES 101
#define N_ROWS 48                       /* N_TOKENS in whole panels */
#define STRIDE 128
#define TIGHT 0.017                     /* of |x| |w|, both ways: bf16 takes 2^-8 of each at most */

/* Powers of 2 that elements of weights and tokens are multiplied by, at random from low to high. */
typedef struct {
  gsize    n_inputs;
  int      low, high, x_low, x_high;
  float    offset;
  gboolean is_short;                    /* weights are bf16 already */
  gboolean is_extreme;                  /* each feature has a weight as large as can be, which is no bf16 */
  gboolean is_tight;
} Case;

typedef struct { const Case *c; GRand *rand; float *weights, *x, offsets[N_FEATURES], z[N_ROWS * STRIDE]; } World;

static float
draw (World *w, int low, int high)
{
  return (float) ldexp (g_rand_double_range (w->rand, -1, 1), g_rand_int_range (w->rand, low, high + 1));
}

static float
shorten (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  bits &= 0xffff0000;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* A row of zeros, and one of a single element, are among both; one token is the exact opposite of a feature. */
static void
fill (World *w)
{
  gsize n = w->c->n_inputs;

  for (gsize i = 0; i < N_FEATURES * n; i++)
    {
      w->weights[i] = draw (w, w->c->low, w->c->high);
      w->weights[i] = w->c->is_short ? shorten (w->weights[i]) : w->weights[i];
      if (w->c->is_extreme && i % n == 0)
        w->weights[i] = copysignf (FLT_MAX, w->weights[i]);
    }
  for (gsize i = 0; i < N_TOKENS * n; i++)
    w->x[i] = draw (w, w->c->x_low, w->c->x_high);
  memset (w->weights + 3 * n, 0, n * sizeof (float));
  memset (w->weights + 4 * n, 0, (n - 1) * sizeof (float));
  memset (w->x + 5 * n, 0, n * sizeof (float));
  memset (w->x + 6 * n, 0, (n - 1) * sizeof (float));
  for (gsize i = 0; i < n; i++)
    w->x[7 * n + i] = -w->weights[8 * n + i];
  for (gsize i = 0; i < N_FEATURES; i++)
    w->offsets[i] = w->c->offset * draw (w, 0, 0);
}

static double
length_of (const float *x, gsize n)
{
  double square = 0;

  for (gsize i = 0; i < n; i++)
    square += (double) x[i] * (double) x[i];
  return sqrt (square);
}

static float
exact_of (const SpScreen *screen, gsize t, gsize i)
{
  float z;

  sp_screen_exact (screen, t, &(guint32) { (guint32) i }, 1, &z);
  return z;
}

static void
check_pair (const World *w, const SpScreen *screen, gsize t, gsize i, float most)
{
  gsize        n = w->c->n_inputs;
  const float *x = w->x + t * n, *row = w->weights + i * n;
  float        least = sp_screen_least (screen, t, i, most), exact = exact_of (screen, t, i);
  double       z = (double) w->offsets[i], size = length_of (x, n) * length_of (row, n) + fabs (z), slack = 1e-13 * size;

  for (gsize k = 0; k < n; k++)
    z += (double) x[k] * (double) row[k];
  g_assert_true ((isnan (most) && !w->c->is_tight) || (double) most >= z - slack);
  g_assert_false ((double) least > z + slack);
  if (fabs (z) < 3.4e38)
    g_assert_cmpfloat_with_epsilon ((double) exact, z, 0x1p-24 * fabs (z) + slack + 0x1p-149);
  if (w->c->is_tight)
    g_assert_true ((double) most - (double) least <= TIGHT * size + 1e-12);
}

/* All whose z is more than 0 must be found. */
static void
check_token (const World *w, const SpScreen *screen, gsize t)
{
  static const float limits[N_FEATURES];
  guint32            places[N_FEATURES];
  float              most[N_FEATURES];
  SpMargin           margin = sp_screen_margin (screen, t, 0);
  gsize              n = sp_kernels ()->pick[SP_DTYPE_F32] (w->z + t * STRIDE, margin, limits, 0, N_FEATURES, places, most), found = 0;

  for (gsize i = 0; i < n; i++)
    check_pair (w, screen, t, places[i], most[i]);
  for (gsize i = 0; i < N_FEATURES; i++)
    if (found < n && places[found] == i)
      found++;
    else
      g_assert_cmpfloat ((double) exact_of (screen, t, i), <=, 0);
  g_assert_cmpuint (found, ==, n);
}

static void
test_case (gconstpointer data)
{
  World               w = { data, g_rand_new_with_seed (7), NULL, NULL, { 0 }, { 0 } };
  gsize               n = w.c->n_inputs;
  g_autoptr (SpTeam)  team = sp_team_new (2, NULL);
  g_autoptr (SpScreen) screen = NULL;

  w.weights = g_new0 (float, N_FEATURES * n);
  w.x = g_new0 (float, N_TOKENS * n);
  fill (&w);
  screen = sp_screen_new (team, w.weights, w.offsets, N_FEATURES, n, w.x, N_TOKENS, NULL);
  g_assert_nonnull (screen);
  for (gsize first = 0; first < N_TOKENS; first += 16)
    sp_screen_take (screen, first, MIN (16, N_TOKENS - first));
  sp_screen_multiply (screen, 0, 16, 0, 64, w.z, STRIDE);
  sp_screen_multiply (screen, 16, N_TOKENS - 16, 0, 64, w.z + 16 * STRIDE, STRIDE);
  sp_screen_multiply (screen, 0, N_TOKENS, 64, N_FEATURES - 64, w.z + 64, STRIDE);
  for (gsize t = 0; t < N_TOKENS; t++)
    check_token (&w, screen, t);
  g_free (w.weights);
  g_free (w.x);
  g_rand_free (w.rand);
}

int
main (int argc, char **argv)
{
  static const struct { const char *name; Case c; } cases[] = {
    { "plain", { 64, 0, 0, 0, 0, .is_tight = TRUE } },
    { "odd", { 77, 0, 0, 0, 0, 1, .is_tight = TRUE } },
    { "one", { 1, 0, 0, 0, 0, 1, .is_tight = TRUE } },
    { "wide", { 1500, -3, 0, -3, 0, 10, .is_tight = TRUE } },
    { "outliers", { 64, -8, 0, -12, 8, 1, .is_tight = TRUE } },
    { "short-weights", { 64, -4, 4, 0, 0, .is_short = TRUE, .is_tight = TRUE } },
    { "large-offsets", { 64, 0, 0, 0, 0, 1e6f, .is_tight = TRUE } },
    { "small-weights", { 64, -149, -110, 100, 126 } },
    { "small-all", { 64, -140, -60, -140, -60 } },
    { "large-weights", { 64, 100, 127, -20, 0 } },
    { "extreme-weights", { 64, 120, 127, -12, -9, .is_extreme = TRUE } },
    { "large-all", { 64, 60, 127, 60, 127 } },
    { "everything", { 64, -149, 127, -149, 127 } },
  };

  g_test_init (&argc, &argv, NULL);
  g_test_message ("instruction set: %s", sp_kernels ()->isa);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/screen/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i].c, test_case);
    }
  return g_test_run ();
}
