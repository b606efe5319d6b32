/* pick.k.h - the few elements of a row that are more than limits, as sparse codes are found */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* Where bits are set; returns how many were put. */
SIMD uint32_t
put_picked (f32x16 z, uint32_t bits, uint32_t first, uint32_t *places, float *values)
{
  float    v[SP_LANES];
  uint32_t n = 0;

  st_f32 (v, z);
  for (; bits != 0; bits &= bits - 1)
    {
      unsigned l = (unsigned) __builtin_ctz (bits);

      places[n] = first + l;
      values[n++] = v[l];
    }
  return n;
}

/* Behind the last element all three are 0, which is more than no limit. */
SIMD uint32_t
pick (const float *x, const float *offsets, const float *limits, float limit, size_t n, uint32_t *places, float *values)
{
  uint32_t count = 0;

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      f32x16   z = plus (ld_part (x + i, n - i), ld_part (offsets + i, n - i));
      uint32_t bits = bits_of (nle (z, vmax (ld_part (limits + i, n - i), set1 (limit))));

      if (__builtin_expect (bits != 0, 0))
        count += put_picked (z, bits & bits_of (le (vabs (z), set1 (MAX_F32))), (uint32_t) i, places + count, values + count);
    }
  return count;
}

#define pick_KERNEL(t, name) \
static uint32_t name (const float *x, const float *offsets, const float *limits, float limit, size_t n, uint32_t *places, float *values) \
{ return pick (x, offsets, limits, limit, n, places, values); }
