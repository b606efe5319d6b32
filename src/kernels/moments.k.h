/* moments.k.h - counts, extremes and sums; the runs behind it also serve heatmap cells */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Elements looked at twice, first for extremes, then for sums: few enough to stay in the
 * first cache.  Two passes because together they need more registers than AVX2 has. */
#define MOMENTS_BLOCK 2048

typedef struct
{
  f32x16 lo, hi;
  u32x16 n_zero, n_bad;
} Extremes;

typedef struct
{
  f64x16 sum, sum_abs, sum_sq;
} Sums;

/* k below 16 where the block ends in padding, which then counts as not finite. */
SIMD void
extremes_step (f32x16 v, unsigned k, Extremes *e)
{
  mask16 bad;

  if (k < SP_LANES)
    v = hide (beyond (k), v);
  bad = nle (vabs (v), set1 (MAX_F32));
  e->n_zero = tally (e->n_zero, is0 (v));
  e->n_bad = tally (e->n_bad, bad);
  v = hide (bad, v);
  e->lo = vmin (v, e->lo);
  e->hi = vmax (v, e->hi);
}

/* Returns how many are not finite; adds to the rest.  A zero extreme is +0. */
SIMD uint32_t
extremes_run (SpDtype t, const void *x, size_t n, float *lo, float *hi, uint32_t *n_zero)
{
  Extremes e = { set1 (INF_F32), set1 (-INF_F32), zero_u32 (), zero_u32 () };
  char     pad[PAD_BYTES];
  unsigned k = n % SP_LANES;
  size_t   i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    extremes_step (ld (t, at (t, x, i)), SP_LANES, &e);
  if (k > 0)
    extremes_step (ld (t, padded (t, at (t, x, i), k, pad)), k, &e);
  *lo = hmin (e.lo) + 0.0f;
  *hi = hmax (e.hi) + 0.0f;
  *n_zero = total (e.n_zero);
  return total (e.n_bad) - (k > 0 ? SP_LANES - k : 0);
}

SIMD void
sums_step (f32x16 v, bool all_finite, Sums *s)
{
  f64x16 d;

  if (!all_finite)
    v = drop (nle (vabs (v), set1 (MAX_F32)), v);
  d = to_f64 (v);
  s->sum = add (s->sum, d);
  s->sum_abs = add (s->sum_abs, dabs (d));
  s->sum_sq = add_sq (s->sum_sq, d);
}

SIMD void
sums_run (SpDtype t, const void *x, size_t n, bool all_finite, Sums *s)
{
  char     pad[PAD_BYTES];
  unsigned k = n % SP_LANES;
  size_t   i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    sums_step (ld (t, at (t, x, i)), all_finite, s);
  if (k > 0)
    sums_step (ld (t, padded (t, at (t, x, i), k, pad)), all_finite, s);
}

SIMD void
moments_narrow (SpDtype t, const void *x, size_t n, SpMoments *m)
{
  Sums s = { ld_f64 (m->sum), ld_f64 (m->sum_abs), ld_f64 (m->sum_sq) };

  for (size_t i = 0; i < n; i += MOMENTS_BLOCK)
    {
      size_t   k = n - i < MOMENTS_BLOCK ? n - i : MOMENTS_BLOCK;
      float    lo, hi;
      uint32_t n_zero, n_bad = extremes_run (t, at (t, x, i), k, &lo, &hi, &n_zero);

      if (n_bad == 0)
        sums_run (t, at (t, x, i), k, true, &s);
      else
        sums_run (t, at (t, x, i), k, false, &s);
      m->n_zero += n_zero;
      m->n_nonfinite += n_bad;
      m->min = (double) lo < m->min ? (double) lo : m->min;
      m->max = (double) hi > m->max ? (double) hi : m->max;
    }
  st_f64 (m->sum, s.sum);
  st_f64 (m->sum_abs, s.sum_abs);
  st_f64 (m->sum_sq, s.sum_sq);
}

/* Wide types: plain lanes, which the compiler maps to vectors.  Squares are rounded before
 * they are added, as no fused operation would. */
typedef struct
{
  double   lo[SP_LANES], hi[SP_LANES], sum[SP_LANES], sum_abs[SP_LANES], sum_sq[SP_LANES];
  uint64_t n_zero[SP_LANES], n_bad[SP_LANES];
} WideRun;

SIMD void
wide_step (const double *v, unsigned k, WideRun *w)
{
  double finite[SP_LANES];

  for (unsigned l = 0; l < k; l++)
    {
      bool ok = __builtin_fabs (v[l]) <= MAX_F64;

      finite[l] = ok ? v[l] : 0.0;
      w->n_bad[l] += ok ? 0 : 1;
      w->n_zero[l] += v[l] == 0.0 ? 1 : 0;
      w->lo[l] = ok && v[l] < w->lo[l] ? v[l] : w->lo[l];
      w->hi[l] = ok && v[l] > w->hi[l] ? v[l] : w->hi[l];
    }
  for (unsigned l = 0; l < k; l++)
    {
      w->sum[l] += finite[l];
      w->sum_abs[l] += __builtin_fabs (finite[l]);
      w->sum_sq[l] += finite[l] * finite[l];
    }
}

SIMD void
wide_run (SpDtype t, const void *x, size_t n, WideRun *w)
{
  char     pad[PAD_BYTES];
  double   v[SP_LANES];
  unsigned k = n % SP_LANES;
  size_t   i;

  EACH_LANE w->lo[l] = INF_F64, w->hi[l] = -INF_F64, w->n_zero[l] = 0, w->n_bad[l] = 0;
  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    {
      ld_wide (t, at (t, x, i), v);
      wide_step (v, SP_LANES, w);
    }
  if (k > 0)
    {
      ld_wide (t, padded (t, at (t, x, i), k, pad), v);
      wide_step (v, k, w);
    }
}

SIMD void
moments_wide (SpDtype t, const void *x, size_t n, SpMoments *m)
{
  WideRun w;

  EACH_LANE w.sum[l] = m->sum[l], w.sum_abs[l] = m->sum_abs[l], w.sum_sq[l] = m->sum_sq[l];
  wide_run (t, x, n, &w);
  EACH_LANE
    {
      m->min = w.lo[l] < m->min ? w.lo[l] + 0.0 : m->min;
      m->max = w.hi[l] > m->max ? w.hi[l] + 0.0 : m->max;
      m->n_zero += w.n_zero[l];
      m->n_nonfinite += w.n_bad[l];
      m->sum[l] = plain_nan (w.sum[l]), m->sum_abs[l] = w.sum_abs[l], m->sum_sq[l] = w.sum_sq[l];
    }
}

SIMD void
moments (SpDtype t, const void *x, size_t n, SpMoments *m)
{
  m->n += n;
  if (is_narrow (t))
    moments_narrow (t, x, n, m);
  else
    moments_wide (t, x, n, m);
}

#define moments_KERNEL(t, name) \
static void name (const void *x, size_t n, SpMoments *m) { moments (t, x, n, m); }
