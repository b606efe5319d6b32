/* test-kernels.c - every kernel of the list on every level this processor runs, == the oracle
 *
 * Inputs and outputs touch pages that cannot be read, so a step too far ends the program. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"
#include "oracle.h"

#include <math.h>
#include <string.h>

#define MAX_N 5000
#define N_LIMITS 16

static Guarded  in, out;
static uint32_t bins[65536];

/* Outputs end where the page ends. */
static void *
output (size_t n_bytes)
{
  return out.end - n_bytes;
}

/* Called in two parts, split at a multiple of the lanes: as one call. */
static void
check_moments (const Case *c, const void *x, size_t n)
{
  SpMoments a, b;
  size_t    part = n / 2 / SP_LANES * SP_LANES;

  sp_moments_init (&a);
  sp_moments_init (&b);
  oracle_moments (c->t, x, n, &a);
  c->k->moments[c->t] (x, n, &b);
  check (c, "moments", n, &a, &b, sizeof a);
  sp_moments_init (&b);
  c->k->moments[c->t] (x, part, &b);
  c->k->moments[c->t] ((const uint8_t *) x + part * sp_dtype_size (c->t), n - part, &b);
  check (c, "moments", n, &a, &b, sizeof a);
}

/* The oracle takes out of the bins what the kernel put in. */
static void
check_histogram (const Case *c, const void *x, size_t n)
{
  static const uint32_t nothing;
  size_t                part = n / 3;

  c->k->histogram[c->t] (x, part, bins);
  c->k->histogram[c->t] ((const uint8_t *) x + part * sp_dtype_size (c->t), n - part, bins);
  for (size_t i = 0; i < n; i++)
    bins[oracle_bin (c->t, oracle_bits (c->t, x, i))]--;
  for (size_t i = 0; i < n; i++)
    check (c, "histogram", n, &nothing, &bins[oracle_bin (c->t, oracle_bits (c->t, x, i))], sizeof nothing);
}

static void
check_bins_empty (const Case *c)
{
  static const uint32_t nothing[65536];

  check (c, "histogram", 0, nothing, bins, sizeof bins);
  memset (bins, 0, sizeof bins);
}

/* Half of the limits lie on elements or just below them. */
static void
make_limits (SpDtype t, const void *x, size_t n, double *limits)
{
  static const double some[] = { 0.0, -0.0, 5e-324, 1e-40, 0.001, 0.5, 1.0, 41.5, 42.0, 127.0, 65504.0, 0x1p53 + 2, 0x1p63,
                                 0x1.fffffffffffffp63, 0x1p64, 3.4028234663852886e38, 3.5e38, 1.7976931348623157e308, -1.0, -5e-324 };
  static const unsigned n_some = sizeof some / sizeof *some;

  for (unsigned k = 0; k < N_LIMITS; k++)
    limits[k] = k % 2 || n == 0 ? some[rnd () % n_some] : fabs (oracle_value (t, oracle_bits (t, x, rnd () % n)));
  limits[2] = nextafter (limits[2], 0.0);
  limits[4] = nextafter (limits[4], (double) INFINITY);
  if (rnd () % 2)
    limits[7] = (double) INFINITY, limits[9] = (double) NAN, limits[11] = (double) -INFINITY;
}

static void
check_below (const Case *c, const void *x, size_t n)
{
  double   limits[N_LIMITS];
  unsigned n_limits = n % 3 ? N_LIMITS : rnd () % (N_LIMITS + 1);
  uint64_t a[N_LIMITS] = { 7 }, *b = output (n_limits * sizeof *b);

  make_limits (c->t, x, n, limits);
  memcpy (b, a, n_limits * sizeof *b);
  oracle_below (c->t, x, n, limits, n_limits, a);
  c->k->below[c->t] (x, n, limits, n_limits, b);
  check (c, "below", n, a, b, n_limits * sizeof *b);
}

static void
check_row (const Case *c, const void *x, size_t n)
{
  uint64_t a_nonzero = 5, b_nonzero = 5;
  double   a = oracle_row (c->t, x, n, &a_nonzero), b = c->k->row[c->t] (x, n, &b_nonzero);

  check (c, "row", n, &a, &b, sizeof a);
  check (c, "row", n, &a_nonzero, &b_nonzero, sizeof a_nonzero);
}

static void
check_columns (const Case *c, const void *x, size_t n)
{
  static double   a[MAX_N];
  static uint32_t a_nonzero[MAX_N], b_nonzero[MAX_N];
  double         *b = output (n * sizeof *b);

  for (size_t i = 0; i < n; i++)
    a[i] = b[i] = (double) (i % 7), a_nonzero[i] = b_nonzero[i] = (uint32_t) i;
  oracle_columns (c->t, x, n, a, a_nonzero);
  c->k->columns[c->t] (x, n, b, b_nonzero);
  check (c, "columns", n, a, b, n * sizeof *b);
  check (c, "columns", n, a_nonzero, b_nonzero, n * sizeof *b_nonzero);
}

static void
check_columns_edge (const Case *c, const void *x, size_t n)
{
  static double   a[MAX_N], b[MAX_N];
  static uint32_t a_nonzero[MAX_N];
  uint32_t       *b_nonzero = output (n * sizeof *b_nonzero);

  memset (a, 0, sizeof a);
  memset (b, 0, sizeof b);
  memset (a_nonzero, 0, sizeof a_nonzero);
  memset (b_nonzero, 0, n * sizeof *b_nonzero);
  oracle_columns (c->t, x, n, a, a_nonzero);
  c->k->columns[c->t] (x, n, b, b_nonzero);
  check (c, "columns", n, a_nonzero, b_nonzero, n * sizeof *b_nonzero);
}

static void
check_nonzero (const Case *c, const void *x, size_t n)
{
  static uint8_t a[MAX_N];
  uint8_t       *b = output (n), a_any, b_any;
  unsigned       keep = rnd () % 3;             /* columns seen before: none, half, all */

  for (size_t i = 0; i < n; i++)
    a[i] = b[i] = keep == 2 || (keep == 1 && rnd () & 1);
  a_any = oracle_nonzero (c->t, x, n, a);
  b_any = c->k->nonzero[c->t] (x, n, b);
  check (c, "nonzero", n, a, b, n);
  check (c, "nonzero", n, &a_any, &b_any, sizeof a_any);
}

static void
check_cells (const Case *c, const void *x, size_t n)
{
  static const size_t widths[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 24, 31, 32, 33, 64, 100, 2000, 6000 };
  static SpCell       a[MAX_N];
  size_t              width = widths[rnd () % (sizeof widths / sizeof *widths)], n_cells = (n + width - 1) / width;
  SpCell             *b = output (n_cells * sizeof *b);

  for (size_t i = 0; i < n_cells; i++)
    a[i] = b[i] = (SpCell) { 0.0, 0.0, INFINITY, -INFINITY, 0, 0 };
  for (unsigned i = 0; i < 2; i++)
    {
      oracle_cells (c->t, x, n, width, a);
      c->k->cells[c->t] (x, n, width, b);
      check (c, "cells", n, a, b, n_cells * sizeof *b);
    }
}

static void
check_widen (const Case *c, const void *x, size_t n)
{
  static float a[MAX_N];
  float       *b = output (n * sizeof *b);

  oracle_widen (c->t, x, n, a);
  c->k->widen[c->t] (x, n, b);
  check (c, "widen", n, a, b, n * sizeof *b);
}

/* The same elements as rows of several lengths; some limits are values that occur. */
static void
check_fires (const Case *c, const void *x, size_t n)
{
  static const size_t widths[] = { 1, 3, 15, 16, 17, 33, 64, 100, 1024 };
  static uint32_t     a[MAX_N], a_rows[MAX_N], b_rows[MAX_N];
  size_t              width = widths[rnd () % (sizeof widths / sizeof *widths)], n_rows = n / width;
  uint32_t           *b = output (width * sizeof *b);
  uint64_t            a_odd = 3, b_odd = 3;
  double              limit = rnd () % 3 == 0 || n == 0 ? 0.0 : fabs (oracle_value (c->t, oracle_bits (c->t, x, rnd () % n)));

  limit = isnan (limit) ? 0.01 : limit;
  for (size_t i = 0; i < width; i++)
    a[i] = b[i] = (uint32_t) i;
  for (size_t i = 0; i < n_rows; i++)
    a_rows[i] = b_rows[i] = 7;
  oracle_fires (c->t, x, n_rows, width, limit, a, a_rows, &a_odd);
  c->k->fires[c->t] (x, n_rows, width, limit, b, b_rows, &b_odd);
  check (c, "fires", n, a, b, width * sizeof *b);
  check (c, "fires", n, a_rows, b_rows, n_rows * sizeof *b_rows);
  check (c, "fires", n, &a_odd, &b_odd, sizeof a_odd);
}

static void
check_top (const Case *c, const void *x, size_t n)
{
  static const size_t widths[] = { 1, 5, 16, 33, 65, 100 };
  static const double dropped[] = { 0, 0.1, 0.5, 0.71, 0.9, 1 };
  static uint32_t     a[100], a_rows[MAX_N], b_rows[MAX_N];
  size_t              width = widths[rnd () % (sizeof widths / sizeof *widths)], n_rows = n / width;
  uint32_t           *b = output (width * sizeof *b);
  double              share = dropped[rnd () % (sizeof dropped / sizeof *dropped)];

  n_rows = n_rows < 20 ? n_rows : 20;
  for (size_t i = 0; i < width; i++)
    a[i] = b[i] = (uint32_t) i;
  for (size_t i = 0; i < n_rows; i++)
    a_rows[i] = b_rows[i] = 7;
  oracle_top (c->t, x, n_rows, width, share, a, a_rows);
  c->k->top[c->t] (x, n_rows, width, share, b, b_rows);
  check (c, "top", n, a, b, width * sizeof *b);
  check (c, "top", n, a_rows, b_rows, n_rows * sizeof *b_rows);
}

static void
check_reaches (const Case *c, const void *x, size_t n)
{
  static double limits[MAX_N];
  uint32_t      a, b;

  for (size_t i = 0; i < n; i++)
    {
      double other = fabs (oracle_value (c->t, oracle_bits (c->t, x, rnd () % n)));

      limits[i] = rnd () % 8 == 0 || isnan (other) ? 0 : other;
    }
  a = oracle_reaches (c->t, x, n, limits);
  b = c->k->reaches[c->t] (x, n, limits);
  check (c, "reaches", n, &a, &b, sizeof a);
}

static void
check_pack (const Case *c, const void *x, size_t n)
{
  static uint64_t a[MAX_N / 64 + 1];
  uint64_t       *b = output ((n + 63) / 64 * sizeof *b);
  double          limit = rnd () % 3 == 0 || n == 0 ? 0.0 : fabs (oracle_value (c->t, oracle_bits (c->t, x, rnd () % n)));

  limit = isnan (limit) ? 0.01 : limit;
  memset (a, 0, sizeof a);
  memset (b, 0, (n + 63) / 64 * sizeof *b);
  oracle_pack (c->t, x, n, limit, a);
  c->k->pack[c->t] (x, n, limit, b);
  check (c, "pack", n, a, b, (n + 63) / 64 * sizeof *b);
}

static uint64_t
count_bit_by_bit (const uint64_t *words, size_t n)
{
  uint64_t count = 0;

  for (size_t i = 0; i < 64 * n; i++)
    count += words[i / 64] >> i % 64 & 1;
  return count;
}

static void
check_bits (const SpKernels *k)
{
  uint64_t a[40], b[40], both[40], either[40];
  Case     c = { k, SP_DTYPE_U64, FILL_RAW };

  for (size_t n = 0; n <= 40; n++)
    {
      uint64_t expected[2], found[2];

      fill_elements (FILL_RAW, SP_DTYPE_U64, a, n);
      fill_elements (FILL_RAW, SP_DTYPE_U64, b, n);
      for (size_t i = 0; i < n; i++)
        {
          both[i] = a[i] & b[i];
          either[i] = a[i] | b[i];
        }
      expected[0] = count_bit_by_bit (both, n);
      expected[1] = count_bit_by_bit (either, n);
      found[0] = k->common[SP_DTYPE_U64] (a, b, n);
      found[1] = k->unite[SP_DTYPE_U64] (a, b, n);
      check (&c, "common and unite", n, expected, found, sizeof found);
      check (&c, "unite", n, either, a, n * sizeof *a);
    }
}

#define N_ENDS 9

static void
check_tails (const SpKernels *k)
{
  static float    panel[40 * SP_WIDE_PANEL], factors[100];
  static uint32_t order[100], ends[N_ENDS];
  double          a[N_ENDS], b[N_ENDS];
  Case            c = { k, SP_DTYPE_F32, FILL_FINITE };

  for (unsigned round = 0; round < 200; round++)
    {
      fill_elements (round % 2 == 0 ? FILL_WEIGHTS : FILL_SPARSE, SP_DTYPE_F32, panel, 40 * SP_WIDE_PANEL);
      fill_elements (FILL_WEIGHTS, SP_DTYPE_F32, factors, 100);
      for (unsigned i = 0; i < 100; i++)
        order[i] = rnd () % 40;
      for (unsigned i = 0; i < N_ENDS; i++)
        {
          ends[i] = (i > 0 ? ends[i - 1] : 0) + rnd () % 3 * (rnd () % 5);
          a[i] = b[i] = i;
        }
      oracle_tails (panel, order, factors, ends, N_ENDS, a);
      k->tails[SP_DTYPE_F32] (panel, order, factors, ends, N_ENDS, b);
      check (&c, "tails", round, a, b, sizeof a);
      oracle_quick_tails (panel, order, factors, ends, N_ENDS, a);
      k->quick_tails[SP_DTYPE_F32] (panel, order, factors, ends, N_ENDS, b);
      check (&c, "quick tails", round, a, b, sizeof a);
    }
}

static void
check_add_rows (const SpKernels *k)
{
  static float rows[256 * SP_WIDE_PANEL], factors[100], a[SP_WIDE_PANEL], b[SP_WIDE_PANEL];
  uint8_t      at[100];
  Case         c = { k, SP_DTYPE_F32, FILL_FINITE };

  for (unsigned round = 0; round < 100; round++)
    {
      fill_elements (round % 2 == 0 ? FILL_WEIGHTS : FILL_SPARSE, SP_DTYPE_F32, rows, 256 * SP_WIDE_PANEL);
      fill_elements (FILL_WEIGHTS, SP_DTYPE_F32, factors, 100);
      fill_elements (FILL_WEIGHTS, SP_DTYPE_F32, a, SP_WIDE_PANEL);
      memcpy (b, a, sizeof b);
      for (unsigned i = 0; i < 100; i++)
        at[i] = (uint8_t) rnd ();
      oracle_add_rows (rows, at, factors, round, a);
      k->add_rows[SP_DTYPE_F32] (rows, at, factors, round, b);
      check (&c, "add rows", round, a, b, sizeof a);
    }
}

static void
check_all (const Case *c, const void *x, size_t n)
{
  check_moments (c, x, n);
  check_histogram (c, x, n);
  check_below (c, x, n);
  check_row (c, x, n);
  check_columns (c, x, n);
  check_columns_edge (c, x, n);
  check_nonzero (c, x, n);
  check_cells (c, x, n);
  check_widen (c, x, n);
  check_fires (c, x, n);
  check_top (c, x, n);
  check_reaches (c, x, n);
  check_pack (c, x, n);
}

/* At the page's start, some elements or one byte into it, and at its end. */
static void
check_places (const Case *c, size_t n)
{
  size_t   size = sp_dtype_size (c->t);
  uint8_t *x[] = { in.first, in.first + 1, in.first + (1 + n % 3) * size, in.end - n * size };

  for (unsigned i = 0; i < sizeof x / sizeof *x; i++)
    {
      fill_elements (c->fill, c->t, x[i], n);
      check_all (c, x[i], n);
    }
}

static void
check_level (const SpKernels *k)
{
  for (SpDtype t = 0; t < SP_N_DTYPES; t++)
    for (Fill fill = 0; fill < N_FILLS; fill++)
      {
        Case c = { k, t, fill };

        for (size_t n = 0; n <= 70; n += check_step)
          check_places (&c, n);
        for (size_t n = 97; n <= MAX_N; n = n * 5 + 3)
          check_places (&c, n);
        check_bins_empty (&c);
      }
  check_tails (k);
  check_add_rows (k);
  check_bits (k);
}

int
main (int argc, char **argv)
{
  in = guarded_new (MAX_N * 8 + 64);
  out = guarded_new (MAX_N * sizeof (SpCell));
  return check_levels (argc, argv, check_level);
}
