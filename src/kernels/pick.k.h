/* pick.k.h - the few elements of a row that may be more than limits, as sparse codes are found */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where bits are set; returns how many were put. */
SIMD uint32_t
put_picked (f32x16 most, uint32_t bits, uint32_t first, uint32_t *places, float *values)
{
  float    v[SP_LANES];
  uint32_t n = 0;

  st_f32 (v, plain_nans (most));
  for (; bits != 0; bits &= bits - 1)
    {
      unsigned l = (unsigned) __builtin_ctz (bits);

      places[n] = first + l;
      values[n++] = v[l];
    }
  return n;
}

SIMD uint32_t
pick (const float *x, SpMargin margin, const float *limits, float limit, size_t n, uint32_t *places, float *values)
{
  uint32_t count = 0;

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      size_t   k = n - i;
      f32x16   above = plus (mul (set1 (margin.error), ld_part (margin.lengths + i, k)), ld_part (margin.offsets + i, k));
      f32x16   most = plus (ld_part (x + i, k), above);
      uint32_t bits = bits_of (nle (most, vmax (ld_part (limits + i, k), set1 (limit))));

      if (k < SP_LANES)
        bits &= (1u << k) - 1;
      if (__builtin_expect (bits != 0, 0))
        count += put_picked (most, bits, (uint32_t) i, places + count, values + count);
    }
  return count;
}

#define pick_KERNEL(t, name) \
static uint32_t name (const float *x, SpMargin margin, const float *limits, float limit, size_t n, uint32_t *places, float *values) \
{ return pick (x, margin, limits, limit, n, places, values); }
