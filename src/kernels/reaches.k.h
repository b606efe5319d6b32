/* reaches.k.h - how many elements of a row reach a limit of their column */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

SIMD uint32_t
reaches (SpDtype t, const void *x, size_t n, const double *limits)
{
  double   v[SP_LANES], limit[SP_LANES];
  char     pad[PAD_BYTES];
  uint32_t count = 0;

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      size_t k = n - i < SP_LANES ? n - i : SP_LANES;

      ld_magnitudes (t, sixteen (t, x, i, n, pad), v);
      EACH_LANE limit[l] = INF_F64;
      memcpy (limit, limits + i, k * sizeof *limit);
      EACH_LANE count += v[l] >= limit[l] && v[l] <= MAX_F64;
    }
  return count;
}

#define reaches_KERNEL(t, name) \
static uint32_t name (const void *x, size_t n, const double *limits) { return reaches (t, x, n, limits); }
