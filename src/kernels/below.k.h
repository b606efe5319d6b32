/* below.k.h - how many magnitudes are at most each of some limits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define BELOW_BLOCK 1024      /* magnitudes made once and compared with every limit */

/* The largest f32 that is not above the limit: |x| <= limit asks the same of it. */
SIMD float
f32_floor (double limit)
{
  float    f = (float) limit;
  uint32_t bits = f32_bits (f);

  if (!((double) f > limit))
    return f;
  return f32_from_bits (f > 0.0f ? bits - 1 : f < 0.0f ? bits + 1 : 0x80000001);
}

SIMD void
below_narrow (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts)
{
  float    a[BELOW_BLOCK];
  char     pad[PAD_BYTES];
  size_t   i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    st_f32 (a + i, vabs (ld (t, at (t, x, i))));
  if (i < n)
    st_f32 (a + i, hide (beyond (n - i), vabs (ld (t, padded (t, at (t, x, i), n - i, pad)))));
  for (unsigned j = 0; j < n_limits; j++)
    {
      f32x16 limit = set1 (f32_floor (limits[j]));
      u32x16 c = zero_u32 ();

      for (i = 0; i < n; i += SP_LANES)
        c = tally (c, le (ld_f32 (a + i), limit));
      counts[j] += total (c);
    }
}

SIMD void
below_wide (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts)
{
  double a[BELOW_BLOCK];
  char   pad[PAD_BYTES];
  size_t i;

  for (i = 0; i < n; i += SP_LANES)
    ld_wide (t, n - i < SP_LANES ? padded (t, at (t, x, i), n - i, pad) : at (t, x, i), a + i);
  for (unsigned j = 0; j < n_limits; j++)
    {
      uint64_t c = 0;

      for (i = 0; i < n; i++)
        c += __builtin_fabs (a[i]) <= limits[j] ? 1 : 0;
      counts[j] += c;
    }
}

/* 64-bit integers do not fit an f64: their magnitudes against the limit's whole part. */
SIMD void
below_integers (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts)
{
  uint64_t a[BELOW_BLOCK];

  memcpy (a, x, n * sizeof *a);
  for (size_t i = 0; t == SP_DTYPE_I64 && i < n; i++)
    a[i] = a[i] >> 63 ? -a[i] : a[i];
  for (unsigned j = 0; j < n_limits; j++)
    {
      uint64_t c = 0, limit = limits[j] < 0x1p64 && limits[j] >= 0.0 ? (uint64_t) limits[j] : UINT64_MAX;

      for (size_t i = 0; i < n; i++)
        c += a[i] <= limit ? 1 : 0;
      counts[j] += limits[j] >= 0.0 ? c : 0;
    }
}

SIMD void
below (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts)
{
  for (size_t i = 0; i < n; i += BELOW_BLOCK)
    {
      size_t      k = n - i < BELOW_BLOCK ? n - i : BELOW_BLOCK;
      const void *p = at (t, x, i);

      if (is_narrow (t))
        below_narrow (t, p, k, limits, n_limits, counts);
      else if (t == SP_DTYPE_I64 || t == SP_DTYPE_U64)
        below_integers (t, p, k, limits, n_limits, counts);
      else
        below_wide (t, p, k, limits, n_limits, counts);
    }
}

#define below_KERNEL(t, name) \
static void name (const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts) \
{ below (t, x, n, limits, n_limits, counts); }
