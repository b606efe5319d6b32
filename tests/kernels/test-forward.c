/* test-forward.c - the kernels of a forward pass: arithmetic == the oracle, exponentials within their bounds
 *
 * Rows begin or end where a page does, so a step too far ends the program. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "oracle-forward.h"
#include "oracle.h"

#include <math.h>
#include <string.h>

#define MAX_N 5000
#define N_ROWS 4                          /* rows a kernel takes at once */
#define F32 SP_DTYPE_F32

static Guarded rows[N_ROWS];
static bool    is_at_end;
static float   expected[MAX_N];

/* The n elements of a row, filled. */
static float *
row_of (unsigned i, Fill fill, size_t n)
{
  float *row = (float *) (void *) (is_at_end ? rows[i].end - n * sizeof (float) : rows[i].first + n % 3 * sizeof (float));

  fill_elements (fill, F32, row, n);
  return row;
}

static void
check_row (const Case *c, const char *family, size_t n, const float *found)
{
  check (c, family, n, expected, found, n * sizeof *found);
}

/* --- arithmetic -------------------------------------------------------------------------------- */

static void
check_rms_norm (const Case *c, size_t n)
{
  double       eps = n % 2 ? 1e-5 : 0;
  float       *x = row_of (0, c->fill, n), *out = row_of (2, FILL_ZERO, n);
  const float *weight = row_of (1, n % 5 ? FILL_WEIGHTS : c->fill, n);

  oracle_norm (x, n, false, weight, NULL, eps, expected);
  c->k->rms_norm[F32] (x, n, weight, eps, out);
  check_row (c, "rms_norm", n, out);
  c->k->rms_norm[F32] (x, n, weight, eps, x);
  check_row (c, "rms_norm", n, x);
}

static void
check_layer_norm (const Case *c, size_t n)
{
  float       *x = row_of (0, c->fill, n), *out = row_of (3, FILL_ZERO, n);
  const float *weight = n % 3 ? row_of (1, c->fill, n) : NULL, *bias = n % 4 ? row_of (2, FILL_WEIGHTS, n) : NULL;

  oracle_norm (x, n, true, weight, bias, 1e-5, expected);
  c->k->layer_norm[F32] (x, n, weight, bias, 1e-5, out);
  check_row (c, "layer_norm", n, out);
  c->k->layer_norm[F32] (x, n, weight, bias, 1e-5, x);
  check_row (c, "layer_norm", n, x);
}

static void
check_rotate (const Case *c, size_t n)
{
  size_t       half = n / 2;
  float       *x = row_of (0, c->fill, 2 * half);
  const float *cosines = row_of (1, FILL_WEIGHTS, half), *sines = row_of (2, n % 5 ? FILL_WEIGHTS : c->fill, half);

  memcpy (expected, x, 2 * half * sizeof *x);
  oracle_rotate (expected, half, cosines, sines);
  c->k->rotate[F32] (x, half, cosines, sines);
  check_row (c, "rotate", 2 * half, x);
}

static void
check_multiply (const Case *c, size_t n)
{
  float       *x = row_of (0, c->fill, n);
  const float *y = row_of (1, n % 2 ? FILL_FINITE : c->fill, n);

  memcpy (expected, x, n * sizeof *x);
  oracle_multiply (expected, y, n);
  c->k->multiply[F32] (x, y, n);
  check_row (c, "multiply", n, x);
}

static void
check_add (const Case *c, size_t n)
{
  static const float scales[] = { 1, 0.1f, -3, 1e38f, 0 };
  float              scale = scales[n % 5], *x = row_of (0, c->fill, n);
  const float       *y = row_of (1, n % 2 ? FILL_FINITE : c->fill, n);

  memcpy (expected, x, n * sizeof *x);
  oracle_add (expected, y, scale, n);
  c->k->add[F32] (x, y, scale, n);
  check_row (c, "add", n, x);
}

/* Some limits are what is measured, 0 or infinite. */
static void
make_limits (float *limits, const float *measure, size_t n)
{
  static const float some[] = { 0, INFINITY, NAN, 0.01f };

  for (size_t i = 0; i < n; i++)
    limits[i] = rnd () % 2 ? fabsf (measure[i]) : some[rnd () % 4];
}

static void
check_cut (const Case *c, size_t n)
{
  static uint32_t a[MAX_N];
  float          *h = row_of (0, c->fill, n), *limits = row_of (2, FILL_WEIGHTS, n);
  const float    *measure = n % 3 ? row_of (1, c->fill, n) : h;
  uint32_t       *b = (uint32_t *) (void *) row_of (3, FILL_ZERO, n), a_count, b_count;

  make_limits (limits, measure, n);
  for (size_t i = 0; i < n; i++)
    a[i] = b[i] = (uint32_t) i;
  memcpy (expected, h, n * sizeof *h);
  a_count = oracle_cut (expected, measure == h ? expected : measure, limits, n, a);
  b_count = c->k->cut[F32] (h, measure, limits, n, b);
  check_row (c, "cut", n, h);
  check (c, "cut", n, a, b, n * sizeof *b);
  check (c, "cut", n, &a_count, &b_count, sizeof a_count);
}

/* Some limits are what is measured, and some infinite; some margins are 0 and some too large for a number. */
static void
check_pick (const Case *c, size_t n)
{
  static const float least[] = { 0, -INFINITY, 0.01f, INFINITY, -0.01f }, errors[] = { 0, 0.003f, 3e38f };
  static uint32_t    a[MAX_N], places[MAX_N];
  static float       values[MAX_N];
  float             *x = row_of (0, c->fill, n), limit = least[n % 5], *limits = row_of (2, n % 4 ? FILL_WEIGHTS : FILL_ZERO, n);
  SpMargin           margin = { row_of (1, n % 2 ? FILL_ZERO : FILL_WEIGHTS, n), row_of (3, FILL_WEIGHTS, n), errors[n % 3] };
  uint32_t           a_count, b_count;

  for (size_t i = 0; i < n; i++)
    if (rnd () % 4 == 0)
      limits[i] = rnd () % 2 || isnan (x[i]) ? INFINITY : x[i] + 0;
  a_count = oracle_pick (x, margin, limits, limit, n, a, expected);
  b_count = c->k->pick[F32] (x, margin, limits, limit, n, places, values);
  check (c, "pick", n, &a_count, &b_count, sizeof a_count);
  check (c, "pick", n, a, places, b_count * sizeof *a);
  check (c, "pick", n, expected, values, b_count * sizeof *values);
}

/* The last row ends where memory may. */
static void
check_dots (const Case *c, size_t n)
{
  const float *x = row_of (0, c->fill, n), *matrix = row_of (1, n % 2 ? FILL_WEIGHTS : c->fill, 7 * n);
  uint32_t     at[9] = { 6, 0, 5, 3, 3, 1, 2, 6, 4 };
  size_t       n_rows = rnd () % 10;
  double       truth[9], found[9];

  for (size_t k = 0; k < n_rows; k++)
    truth[k] = oracle_dot (x, matrix + at[k] * n, n);
  c->k->dots[F32] (x, n, matrix, at, n_rows, found);
  check (c, "dots", n, truth, found, n_rows * sizeof *truth);
}

/* Whole numbers are exact; others are off by what 2 n additions round. */
static void
check_pairs (const SpKernels *k, size_t n, bool is_whole)
{
  static uint32_t x[SP_PAIR_ROWS * 300], weights[SP_PAIR_COLUMNS * 300];
  float           out[SP_PAIR_ROWS * (SP_PAIR_COLUMNS + 3)];
  double          truth[SP_PAIR_ROWS * SP_PAIR_COLUMNS], magnitudes[SP_PAIR_ROWS * SP_PAIR_COLUMNS];
  Case            c = { k, SP_DTYPE_BF16, FILL_WEIGHTS };

  for (size_t i = 0; i < SP_PAIR_COLUMNS * n; i++)
    weights[i] = is_whole ? (rnd () % 2 ? 0x3f80c040 : 0x40400000) : 0x3c003c00 + rnd () % 0x3ff + (rnd () % 2 << 31);
  for (size_t i = 0; i < SP_PAIR_ROWS * n; i++)
    x[i] = is_whole ? (rnd () % 2 ? 0xbf804100 : 0x3f800000) : 0x3f003e00 + (rnd () % 0xff << 16) + rnd () % 0xff + (rnd () % 2 << 15);
  oracle_pairs (x, weights, n, truth, magnitudes);
  k->pairs (x, weights, n, out, SP_PAIR_COLUMNS + 3);
  for (size_t i = 0; i < SP_PAIR_ROWS * SP_PAIR_COLUMNS; i++)
    {
      double found = (double) out[i / SP_PAIR_COLUMNS * (SP_PAIR_COLUMNS + 3) + i % SP_PAIR_COLUMNS];
      double slack = is_whole ? 0 : 2 * (double) n * 0x1p-23 * magnitudes[i];

      check_within (&c, "pairs", n, fabs (found - truth[i]) <= slack, NULL, 0);
    }
}

static void
check_narrow (const Case *c, const float *x, size_t n)
{
  static const SpDtype types[] = { SP_DTYPE_F16, SP_DTYPE_BF16 };
  static uint16_t      a[MAX_N];
  uint16_t            *b = (uint16_t *) (void *) row_of (1, FILL_ZERO, n) + (is_at_end ? n : 0);

  for (unsigned i = 0; i < 2; i++)
    {
      SpNarrowing truth = { 1, 2 }, found = truth;

      for (size_t k = 0; k < n; k++)
        {
          a[k] = oracle_narrow (types[i], x[k]);
          truth.n_large += isfinite (x[k]) && isinf (oracle_value (types[i], a[k]));
          truth.n_small += x[k] != 0 && oracle_value (types[i], a[k]) == 0;
        }
      c->k->narrow[types[i]] (x, n, b, &found);
      check (c, "narrow", n, a, b, n * sizeof *b);
      check (c, "narrow", n, &truth, &found, sizeof found);
    }
}

/* --- exponentials ------------------------------------------------------------------------------ */

static bool
is_within (float found, double truth, double relative, double absolute)
{
  if (isnan (truth))
    return memcmp (&found, &(float) { oracle_plain (NAN) }, sizeof found) == 0;
  return (double) found == (double) (float) truth || fabs ((double) found - truth) <= relative * fabs (truth) + absolute;
}

typedef struct
{
  const char *name;
  void      (*kernel) (float *x, size_t n);
  double    (*oracle) (double x);
  double      relative, absolute;
} Activation;

static void
check_activation (const Case *c, const Activation *a, float *x, size_t n)
{
  bool is_good = true;

  memcpy (expected, x, n * sizeof *x);
  a->kernel (x, n);
  for (size_t i = 0; i < n; i++)
    is_good &= is_within (x[i], a->oracle ((double) expected[i]), a->relative, a->absolute);
  check_within (c, a->name, n, is_good, x, n * sizeof *x);
}

static void
each_activation (const Case *c, size_t n, void (*fill) (float *x, size_t n, const void *how), const void *how)
{
  const Activation all[] = {
    { "silu", c->k->silu[F32], oracle_silu, 1e-6, 1e-43 },
    { "gelu", c->k->gelu[F32], oracle_gelu, 1e-6, 1e-43 },
    { "gelu_tanh", c->k->gelu_tanh[F32], oracle_gelu_tanh, 1e-6, 1e-43 },
    { "relu", c->k->relu[F32], oracle_relu, 0, 0 },
  };

  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    {
      float *x = row_of (0, FILL_ZERO, n);

      fill (x, n, how);
      check_activation (c, &all[i], x, n);
    }
}

static void
fill_as (float *x, size_t n, const void *how)
{
  fill_elements (*(const Fill *) how, F32, x, n);
}

/* Bit patterns one after another, from one on. */
static void
fill_sweep (float *x, size_t n, const void *how)
{
  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits = *(const uint32_t *) how + (uint32_t) i * 4099;

      memcpy (&x[i], &bits, sizeof bits);
    }
}

static void
fill_steps (float *x, size_t n, const void *how)
{
  for (size_t i = 0; i < n; i++)
    x[i] = *(const float *) how + (float) i * 0.0078125f;
}

/* All values of both types, what lies in the middle between two of f16, and what is near either. */
static void
check_all_narrow (const SpKernels *k)
{
  Case c = { k, F32, FILL_RAW };

  is_at_end = false;
  for (int near = -1; near <= 1; near++)
    for (uint64_t first = 0; first < UINT64_C (1) << 32; first += 4096 * 4096)
      {
        float *x = row_of (0, FILL_ZERO, 4096);

        for (uint32_t i = 0; i < 4096; i++)
          memcpy (&x[i], &(uint32_t) { (uint32_t) first + i * 4096 + (uint32_t) near }, sizeof *x);
        check_narrow (&c, x, 4096);
      }
}

/* Through all exponents, and finely where the functions bend. */
static void
check_everywhere (const SpKernels *k)
{
  Case c = { k, F32, FILL_RAW };

  for (uint64_t first = 0; first < UINT64_C (1) << 32; first += 4099 * 4096)
    each_activation (&c, 4096, fill_sweep, &(uint32_t) { (uint32_t) first });
  for (float first = -128; first < 128; first += 32)
    each_activation (&c, 4096, fill_steps, &first);
}

/* Large and small in a row, sometimes behind a mask. */
static void
spread (float *x, size_t n)
{
  static const float factors[] = { 1, 30, 1000, 1e6f };
  float              factor = factors[rnd () % 4];
  bool               is_masked = rnd () % 3 == 0;

  for (size_t i = 0; i < n; i++)
    x[i] = is_masked && i > n / 2 ? -INFINITY : x[i] * factor;
}

static void
check_softmax (const Case *c, size_t n)
{
  static double truth[MAX_N], slack[MAX_N];
  float        *x = row_of (0, c->fill, n);
  bool          is_good = true;

  spread (x, n);
  oracle_softmax (x, n, truth, slack);
  c->k->softmax[F32] (x, n);
  for (size_t i = 0; i < n; i++)
    is_good &= is_within (x[i], truth[i], 3e-7 + slack[i], 2e-45);
  check_within (c, "softmax", n, is_good, x, n * sizeof *x);
}

static void
check_logsum (const Case *c, size_t n)
{
  float *x = row_of (0, c->fill, n);
  double a, b;
  bool   is_good;

  spread (x, n);
  a = oracle_logsum (x, n);
  b = c->k->logsum[F32] (x, n);
  is_good = isnan (a) ? isnan (b) : a == b || fabs (a - b) <= 1.5e-7 + 1e-15 * fabs (a);
  check_within (c, "logsum", n, is_good, &b, sizeof b);
}

/* --- all --------------------------------------------------------------------------------------- */

static void
check_all (const Case *c, size_t n)
{
  for (unsigned end = 0; end < 2; end++)
    {
      is_at_end = end == 1;
      check_rms_norm (c, n);
      check_layer_norm (c, n);
      check_rotate (c, n);
      check_multiply (c, n);
      check_add (c, n);
      check_cut (c, n);
      check_pick (c, n);
      check_dots (c, n);
      check_narrow (c, row_of (0, c->fill, n), n);
      each_activation (c, n, fill_as, &c->fill);
      check_softmax (c, n);
      check_logsum (c, n);
    }
}

static void
check_level (const SpKernels *k)
{
  for (Fill fill = 0; fill < N_FILLS; fill++)
    {
      Case c = { k, F32, fill };

      for (size_t n = 0; n <= 70; n += check_step)
        check_all (&c, n);
      for (size_t n = 97; n <= MAX_N; n = n * 2 + 3)
        check_all (&c, n);
    }
  for (size_t n = 0; n < 300 && k->pairs != NULL; n = n * 2 + 1)
    {
      check_pairs (k, n, true);
      check_pairs (k, n, false);
    }
  if (check_step == 1)
    {
      check_everywhere (k);
      check_all_narrow (k);
    }
}

int
main (int argc, char **argv)
{
  for (unsigned i = 0; i < N_ROWS; i++)
    rows[i] = guarded_new (7 * (MAX_N + 4) * sizeof (float));
  return check_levels (argc, argv, check_level);
}
