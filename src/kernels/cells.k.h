/* cells.k.h - a row folded into heatmap cells
 *
 * Element j of a cell goes to lane j mod 16; the lanes of one call fold by the fixed tree
 * and are then added to the cell. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define CELLS_BLOCK 1024      /* elements widened at a time for cells narrower than the lanes */

SIMD float
as_f32_finite (double x)
{
  return (float) (x > (double) MAX_F32 ? (double) MAX_F32 : x < -(double) MAX_F32 ? -(double) MAX_F32 : x);
}

/* lo above hi: nothing finite was seen. */
SIMD void
cell_add (SpCell *c, double sum, double sum_abs, float lo, float hi, uint32_t n_finite, uint32_t n_zero)
{
  c->sum = plain_nan (c->sum + sum);
  c->sum_abs += sum_abs;
  c->min = lo < c->min ? lo : c->min;
  c->max = hi > c->max ? hi : c->max;
  c->n_finite += n_finite;
  c->n_zero += n_zero;
}

SIMD void
cell_narrow (SpDtype t, const void *x, size_t n, SpCell *c)
{
  f64x16   zero = to_f64 (set1 (0.0f));
  Sums     s = { zero, zero, zero };
  float    lo, hi;
  uint32_t n_zero, n_bad = extremes_run (t, x, n, &lo, &hi, &n_zero);

  if (n_bad == 0)
    sums_run (t, x, n, true, &s);
  else
    sums_run (t, x, n, false, &s);
  cell_add (c, fold (s.sum), fold (s.sum_abs), lo, hi, (uint32_t) n - n_bad, n_zero);
}

SIMD void
cell_wide (SpDtype t, const void *x, size_t n, SpCell *c)
{
  WideRun  w;
  double   lo = INF_F64, hi = -INF_F64;
  uint64_t n_zero = 0, n_bad = 0;

  EACH_LANE w.sum[l] = w.sum_abs[l] = w.sum_sq[l] = 0.0;
  wide_run (t, x, n, &w);
  EACH_LANE
    {
      lo = w.lo[l] < lo ? w.lo[l] : lo;
      hi = w.hi[l] > hi ? w.hi[l] : hi;
      n_zero += w.n_zero[l], n_bad += w.n_bad[l];
    }
  if (n_bad < n)
    cell_add (c, sp_lanes_fold (w.sum), sp_lanes_fold (w.sum_abs), as_f32_finite (lo) + 0.0f, as_f32_finite (hi) + 0.0f,
              (uint32_t) (n - n_bad), (uint32_t) n_zero);
}

/* The tree over the n <= 16 lanes that hold anything; the others would add 0. */
SIMD double
fold_few (double *s, size_t n)
{
  for (size_t w = 8; w > 0; w /= 2)
    for (size_t l = 0; l < w && l + w < n; l++)
      s[l] += s[l + w];
  return plain_nan (s[0]);
}

/* A cell of n <= 16 elements, already f64. */
SIMD void
cell_few (const double *v, size_t n, SpCell *c)
{
  double   sum[SP_LANES], sum_abs[SP_LANES], lo = INF_F64, hi = -INF_F64;
  uint32_t n_bad = 0, n_zero = 0;

  for (size_t l = 0; l < n; l++)
    {
      double a = __builtin_fabs (v[l]), x = a <= MAX_F64 ? v[l] : 0.0;

      sum[l] = x + 0.0;
      sum_abs[l] = a <= MAX_F64 ? a : 0.0;
      lo = a <= MAX_F64 && x < lo ? x : lo;
      hi = a <= MAX_F64 && x > hi ? x : hi;
      n_bad += a <= MAX_F64 ? 0 : 1;
      n_zero += a == 0.0 ? 1 : 0;
    }
  if (n_bad < n)
    cell_add (c, fold_few (sum, n), fold_few (sum_abs, n), as_f32_finite (lo) + 0.0f, as_f32_finite (hi) + 0.0f,
              (uint32_t) n - n_bad, n_zero);
}

/* v: (n rounded up to 16) */
SIMD void
to_f64_all (SpDtype t, const void *x, size_t n, double *v)
{
  char pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      const void *p = n - i < SP_LANES ? padded (t, at (t, x, i), n - i, pad) : at (t, x, i);

      if (is_narrow (t))
        st_f64 (v + i, to_f64 (ld (t, p)));
      else
        ld_wide (t, p, v + i);
    }
}

SIMD void
cells_few (SpDtype t, const void *x, size_t n, size_t width, SpCell *cells)
{
  double v[CELLS_BLOCK];
  size_t block = CELLS_BLOCK - CELLS_BLOCK % width;

  for (size_t i = 0; i < n; i += block)
    {
      size_t k = n - i < block ? n - i : block, j;

      to_f64_all (t, at (t, x, i), k, v);
      for (j = 0; j + width <= k; j += width)
        cell_few (v + j, width, cells++);
      if (j < k)
        cell_few (v + j, k - j, cells);
    }
}

SIMD void
cells (SpDtype t, const void *x, size_t n, size_t width, SpCell *out)
{
  if (width > 0 && width < SP_LANES)
    {
      cells_few (t, x, n, width, out);
      return;
    }
  for (size_t i = 0; width > 0 && i < n; i += width)
    {
      size_t k = n - i < width ? n - i : width;

      if (is_narrow (t))
        cell_narrow (t, at (t, x, i), k, out++);
      else
        cell_wide (t, at (t, x, i), k, out++);
    }
}

#define cells_KERNEL(t, name) \
static void name (const void *x, size_t n, size_t width, SpCell *c) { cells (t, x, n, width, c); }
