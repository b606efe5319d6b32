/* tails.k.h - the lengths of sums of rows that grow row by row, as the small neurons' share of a layer's output does */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Of the SP_PANEL sums: each in its lane. */
SIMD double
square_of (f64x16 low, f64x16 high)
{
  double sums[SP_PANEL], lanes[SP_LANES];

  st_f64 (sums, low);
  st_f64 (sums + SP_LANES, high);
  EACH_LANE lanes[l] = sums[l] * sums[l] + sums[SP_LANES + l] * sums[SP_LANES + l];
  return sp_lanes_fold (lanes);
}

SIMD void
tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends, double *squares)
{
  f64x16   low = to_f64 (set1 (0)), high = low;
  double   square = 0;
  uint32_t k = 0;

  for (unsigned b = 0; b < n_ends; b++)
    {
      uint32_t first = k;

      for (; k < ends[b]; k++)
        {
          const float *row = panel + (size_t) order[k] * SP_PANEL;
          f64x16       factor = to_f64 (set1 (factors[k]));

          low = add_product (low, to_f64 (ld_f32 (row)), factor);
          high = add_product (high, to_f64 (ld_f32 (row + SP_LANES)), factor);
        }
      square = k > first ? square_of (low, high) : square;
      squares[b] += square;
    }
}

#define tails_KERNEL(t, name) \
static void name (const void *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends, \
                  double *squares) \
{ tails (panel, order, factors, ends, n_ends, squares); }

/* --- in f32 ------------------------------------------------------------------------------------ */

#define PREFETCHED 4          /* rows */

SIMD void
quick_tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends, double *squares)
{
  f32x16   a = set1 (0), b = a, c = a, d = a;
  double   square = 0;
  uint32_t k = 0, n = n_ends > 0 ? ends[n_ends - 1] : 0;

  for (unsigned e = 0; e < n_ends; e++)
    {
      uint32_t first = k;

      for (; k < ends[e]; k++)
        {
          const float *row = panel + (size_t) order[k] * SP_WIDE_PANEL;
          const char  *next = (const char *) (panel + (size_t) order[k + PREFETCHED < n ? k + PREFETCHED : k] * SP_WIDE_PANEL);
          f32x16       factor = set1 (factors[k]);

          for (unsigned line = 0; line < SP_WIDE_PANEL * sizeof *panel; line += 64)
            __builtin_prefetch (next + line);
          a = plus (a, mul (ld_f32 (row), factor));
          b = plus (b, mul (ld_f32 (row + SP_LANES), factor));
          c = plus (c, mul (ld_f32 (row + 2 * SP_LANES), factor));
          d = plus (d, mul (ld_f32 (row + 3 * SP_LANES), factor));
        }
      if (k > first)
        square = fold (add_sq (add_sq (add_sq (add_sq (dset1 (0), to_f64 (a)), to_f64 (b)), to_f64 (c)), to_f64 (d)));
      squares[e] += square;
    }
}

#define quick_tails_KERNEL(t, name) \
static void name (const void *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends, \
                  double *squares) \
{ quick_tails (panel, order, factors, ends, n_ends, squares); }

SIMD void
add_rows (const float *rows, const uint8_t *at, const float *factors, size_t n, float *sums)
{
  f32x16 a = ld_f32 (sums), b = ld_f32 (sums + SP_LANES), c = ld_f32 (sums + 2 * SP_LANES), d = ld_f32 (sums + 3 * SP_LANES);

  for (size_t k = 0; k < n; k++)
    {
      const float *row = rows + (size_t) at[k] * SP_WIDE_PANEL;
      f32x16       factor = set1 (factors[k]);

      a = plus (a, mul (ld_f32 (row), factor));
      b = plus (b, mul (ld_f32 (row + SP_LANES), factor));
      c = plus (c, mul (ld_f32 (row + 2 * SP_LANES), factor));
      d = plus (d, mul (ld_f32 (row + 3 * SP_LANES), factor));
    }
  st_f32 (sums, a);
  st_f32 (sums + SP_LANES, b);
  st_f32 (sums + 2 * SP_LANES, c);
  st_f32 (sums + 3 * SP_LANES, d);
}

#define add_rows_KERNEL(t, name) \
static void name (const float *rows, const uint8_t *at, const float *factors, size_t n, float *sums) \
{ add_rows (rows, at, factors, n, sums); }
