/* test-distribution.c - compact distributions against counting every element */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-distribution.h"

#include "kernels.h"

#include <math.h>
#include <string.h>

#define N 50000

/* n bit patterns of a dtype: like weights, with zeros, extremes and non-finite values among them. */
static void
fill (SpDtype dtype, guint8 *x, gsize n, GRand *rng)
{
  gsize size = sp_dtype_size (dtype);

  for (gsize i = 0; i < n; i++)
    for (gsize b = 0; b < size; b++)
      x[i * size + b] = i % 7 == 0 ? 0 : (guint8) g_rand_int (rng);
}

static void
make_values (SpDtype dtype, const guint8 *x, gsize n, double *values)
{
  g_autofree float *narrow = g_new (float, n);

  if (dtype == SP_DTYPE_F64)
    memcpy (values, x, n * sizeof (double));
  else
    {
      sp_kernels ()->widen[dtype] (x, n, narrow);
      for (gsize i = 0; i < n; i++)
        values[i] = (double) narrow[i];
    }
}

static SpDistribution *
make (SpDtype dtype, const guint8 *x, gsize n, SpBins *counts)
{
  g_autofree SpChunkBins *chunk = g_new0 (SpChunkBins, 1);
  g_autofree SpBins      *bins = g_new0 (SpBins, 1);

  sp_kernels ()->histogram[dtype] (x, n, chunk->counts);
  sp_chunk_bins_mark (chunk, sp_bin_count (dtype));
  sp_bins_add_chunk (bins, chunk);
  sp_bins_clear (counts);
  sp_magnitudes_fold (sp_magnitudes_get (dtype), bins, counts);
  return sp_distribution_new (dtype, counts);
}

static void
check_limit (SpDtype dtype, const SpDistribution *distribution, const double *values, double limit)
{
  double   expected = 0, squares = 0, energy, found = sp_distribution_below (distribution, limit, &energy);
  gboolean is_exact = sp_bin_is_exact (dtype);
  double   slack = 0, tiny = sp_magnitudes_get (dtype)->high[0];

  for (gsize i = 0; i < N; i++)
    if (fabs (values[i]) <= limit && isfinite (values[i]))
      {
        expected++;
        squares += values[i] * values[i];
      }
  for (gsize i = 0; i < N && !is_exact; i++)
    slack += (fabs (values[i]) > limit * (1 - 1.0 / 64) && fabs (values[i]) < limit * (1 + 1.0 / 64))
          || (limit < tiny && fabs (values[i]) < tiny);
  g_assert_cmpfloat (fabs (found - expected), <=, slack);
  if (is_exact)
    g_assert_cmpfloat (fabs (energy - squares), <=, 1e-12 * squares);
}

static void
test_below (gconstpointer data)
{
  SpDtype               dtype = (SpDtype) GPOINTER_TO_UINT (data);
  g_autoptr (GRand)     rng = g_rand_new_with_seed (dtype + 1);
  g_autofree guint8    *x = g_malloc (N * 8);
  g_autofree double    *values = g_new (double, N);
  g_autofree SpBins    *counts = g_new0 (SpBins, 1);
  SpDistribution       *distribution;

  fill (dtype, x, N, rng);
  make_values (dtype, x, N, values);
  distribution = make (dtype, x, N, counts);
  check_limit (dtype, distribution, values, 0);
  for (guint i = 0; i < 300; i++)
    {
      double at = fabs (values[g_rand_int_range (rng, 0, N)]);

      if (!isfinite (at) || at > 1e38)
        continue;
      check_limit (dtype, distribution, values, at);
      check_limit (dtype, distribution, values, nextafter (at, 0));
    }
  sp_distribution_free (distribution);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

/* Σ(2i − m − 1)x_i / (m Σx) over sorted values, in long double. */
static double
naive_gini (double *values, gsize n)
{
  long double weighted = 0, sum = 0;

  for (gsize i = 0; i < n; i++)
    values[i] = fabs (values[i]);
  qsort (values, n, sizeof *values, compare);
  for (gsize i = 0; i < n; i++)
    {
      weighted += (2.0L * (long double) (i + 1) - (long double) n - 1) * values[i];
      sum += values[i];
    }
  return (double) (weighted / (n * sum));
}

static void
test_gini (void)
{
  g_autoptr (GRand)   rng = g_rand_new_with_seed (3);
  g_autofree guint16 *x = g_new (guint16, N);
  g_autofree float   *wide = g_new (float, N);
  g_autofree double  *values = g_new (double, N);
  g_autofree SpBins  *counts = g_new0 (SpBins, 1);

  for (gsize i = 0; i < N; i++)
    {
      wide[i] = (float) g_rand_double_range (rng, -1, 1) * (float) g_rand_double (rng);
      x[i] = (guint16) (((union { float f; guint32 u; }) { .f = wide[i] }).u >> 16);
    }
  sp_distribution_free (make (SP_DTYPE_BF16, (guint8 *) x, N, counts));
  make_values (SP_DTYPE_BF16, (guint8 *) x, N, values);
  g_assert_cmpfloat (fabs (sp_gini (sp_magnitudes_get (SP_DTYPE_BF16), counts) - naive_gini (values, N)), <=, 1e-12);
  sp_distribution_free (make (SP_DTYPE_F32, (guint8 *) wide, N, counts));
  make_values (SP_DTYPE_F32, (guint8 *) wide, N, values);
  g_assert_cmpfloat (fabs (sp_gini (sp_magnitudes_get (SP_DTYPE_F32), counts) - naive_gini (values, N)), <=, 1e-4);
  sp_bins_clear (counts);
  sp_bins_add (counts, 0, 5);
  g_assert_true (isnan (sp_gini (sp_magnitudes_get (SP_DTYPE_BF16), counts)));
}

/* Wide bins under 2^-126 cannot tell one magnitude from another; what cannot be known is not a number. */
static void
test_gini_of_subnormals (void)
{
  const float        tiny[] = { 1e-41f, 2e-42f, 3e-43f, -1e-44f }, mixed[] = { 1e-41f, 2e-42f, 3e-43f, 1.0f };
  g_autofree SpBins *counts = g_new0 (SpBins, 1);

  sp_distribution_free (make (SP_DTYPE_F32, (const guint8 *) tiny, G_N_ELEMENTS (tiny), counts));
  g_assert_true (isnan (sp_gini (sp_magnitudes_get (SP_DTYPE_F32), counts)));
  sp_distribution_free (make (SP_DTYPE_F32, (const guint8 *) mixed, G_N_ELEMENTS (mixed), counts));
  g_assert_cmpfloat (fabs (sp_gini (sp_magnitudes_get (SP_DTYPE_F32), counts) - 0.75), <=, 1e-12);
}

/* The middle of each of the 128 bins of a binade that is filled evenly: half the bin lies below. */
static void
test_middles (void)
{
  g_autofree float  *x = g_new (float, 8192);
  g_autofree SpBins *counts = g_new0 (SpBins, 1);
  SpDistribution    *distribution;

  for (guint i = 0; i < 8192; i++)
    x[i] = 1.0f + (float) i / 8192;
  distribution = make (SP_DTYPE_F32, (const guint8 *) x, 8192, counts);
  for (guint bin = 0; bin < 128; bin++)
    g_assert_cmpfloat (sp_distribution_below (distribution, 1 + (bin + 0.5) / 128, NULL), ==, (bin + 0.5) * 64);
  sp_distribution_free (distribution);
}

/* A tensor of a few elements, zeros among them, costs a few bytes however far its bins lie apart. */
static void
test_bytes (void)
{
  const float        few[] = { 0, 1e-30f, -3.5f, 0.02f, 0.021f, 1e30f };
  g_autofree SpBins *counts = g_new0 (SpBins, 1);
  SpDistribution    *distribution = make (SP_DTYPE_F32, (const guint8 *) few, G_N_ELEMENTS (few), counts);

  g_assert_cmpuint (sp_distribution_bytes (distribution), <=, 256);
  g_assert_cmpfloat (sp_distribution_below (distribution, 1e-20, NULL), ==, 2);
  g_assert_cmpfloat (sp_distribution_below (distribution, 1e38, NULL), ==, 6);
  sp_distribution_free (distribution);
}

static void
test_empty (void)
{
  g_autofree SpBins *counts = g_new0 (SpBins, 1);
  SpDistribution    *distribution = sp_distribution_new (SP_DTYPE_F16, counts);
  double             energy;

  g_assert_cmpfloat (sp_distribution_below (distribution, 1e30, &energy), ==, 0);
  g_assert_cmpfloat (energy, ==, 0);
  sp_distribution_free (distribution);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  for (guint d = 0; d < SP_N_DTYPES; d++)
    {
      g_autofree char *path = g_strdup_printf ("/analysis/distribution/below/%s", sp_dtype_name ((SpDtype) d));

      if (d != SP_DTYPE_I64 && d != SP_DTYPE_U64 && d != SP_DTYPE_I32 && d != SP_DTYPE_U32)   /* widen rounds those */
        g_test_add_data_func (path, GUINT_TO_POINTER (d), test_below);
    }
  g_test_add_func ("/analysis/distribution/gini", test_gini);
  g_test_add_func ("/analysis/distribution/gini-of-subnormals", test_gini_of_subnormals);
  g_test_add_func ("/analysis/distribution/middles", test_middles);
  g_test_add_func ("/analysis/distribution/bytes", test_bytes);
  g_test_add_func ("/analysis/distribution/empty", test_empty);
  return g_test_run ();
}
