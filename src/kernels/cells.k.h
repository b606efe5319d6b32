/* cells.k.h - a row folded into heatmap cells
 *
 * Element j of a cell goes to lane j mod 16; the lanes of one call fold by the fixed tree
 * and are then added to the cell. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

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

/* In a loop: not to be made vectors of, which would shuffle for longer than the work takes. */
#define ONE_BY_ONE __asm__ volatile ("" ::: "memory")

/* Cells narrower than the lanes go sixteen at a time, a lane each. */
typedef struct
{
  float    lo[SP_LANES], hi[SP_LANES];
  double   sum[SP_LANES], sum_abs[SP_LANES];
  uint32_t n_bad[SP_LANES], n_zero[SP_LANES];
} FewCells;

/* The fixed tree over the width <= 16 elements of each lane's cell; the rest would add 0. */
SIMD f64x16
fold_each (f64x16 *d, size_t width)
{
  for (size_t w = SP_LANES / 2; w > 0; w /= 2)
    for (size_t j = 0; j < w && j + w < width; j++)
      d[j] = add (d[j], d[j + w]);
  return d[0];
}

/* x: (16, width), cell after cell; NaN where there is no element. */
SIMD void
cells_each (const float *x, size_t width, FewCells *f)
{
  Extremes e = { set1 (INF_F32), set1 (-INF_F32), zero_u32 (), zero_u32 () };
  f64x16   sum[SP_LANES], sum_abs[SP_LANES];

  for (size_t j = 0; j < width; j++)
    {
      float  across[SP_LANES];
      f32x16 v;

      EACH_LANE across[l] = x[l * width + j];
      v = ld_f32 (across);
      extremes_step (v, SP_LANES, &e);
      sum[j] = to_f64 (drop (nle (vabs (v), set1 (MAX_F32)), v));
      sum_abs[j] = dabs (sum[j]);
    }
  st_f32 (f->lo, e.lo);
  st_f32 (f->hi, e.hi);
  st_u32 (f->n_bad, e.n_bad);
  st_u32 (f->n_zero, e.n_zero);
  st_f64 (f->sum, fold_each (sum, width));
  st_f64 (f->sum_abs, fold_each (sum_abs, width));
}

/* Sixteen cells' elements as f32, the rest of them NaN; out: (16 * 16). */
SIMD void
ld_few (SpDtype t, const void *x, size_t n, size_t n_wanted, float *out)
{
  char   pad[PAD_BYTES];
  size_t i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    st_f32 (out + i, ld (t, at (t, x, i)));
  if (i < n)
    {
      st_f32 (out + i, hide (beyond ((unsigned) (n - i)), ld (t, padded (t, at (t, x, i), n - i, pad))));
      i += SP_LANES;
    }
  for (; i < n_wanted; i += SP_LANES)
    st_f32 (out + i, hide (beyond (0), set1 (0.0f)));
}

SIMD void
cells_few (SpDtype t, const void *x, size_t n, size_t width, SpCell *cells)
{
  size_t   group = width * SP_LANES;
  float    v[SP_LANES * SP_LANES];
  FewCells f;

  for (size_t i = 0; i < n; i += group, cells += SP_LANES)
    {
      size_t k = n - i < group ? n - i : group, n_cells = (k + width - 1) / width;

      ld_few (t, at (t, x, i), k, group, v);
      cells_each (v, width, &f);
      for (size_t c = 0; c < n_cells; c++)
        {
          ONE_BY_ONE;
          cell_add (&cells[c], f.sum[c], f.sum_abs[c], f.lo[c] + 0.0f, f.hi[c] + 0.0f, (uint32_t) width - f.n_bad[c], f.n_zero[c]);
        }
    }
}

SIMD void
cells (SpDtype t, const void *x, size_t n, size_t width, SpCell *out)
{
  if (is_narrow (t) && width > 0 && width < SP_LANES)
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
