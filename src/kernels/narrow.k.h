/* narrow.k.h - f32 as a 16-bit float, rounded to nearest, ties to even; in integers, of which compilers make vectors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define F32_INF 0x7f800000u
#define F16_LEAST (113u << 23)                /* 2^-14, the least normal f16 as an f32 */
#define F16_END (143u << 23)                  /* 2^16: no f16 is as large */

/* Magnitudes below F16_LEAST: an f32 where one unit in the last place is 2^-24 rounds them as f16's subnormals. */
SIMD uint32_t
subnormal_f16 (uint32_t magnitude)
{
  union { uint32_t bits; float value; } x = { magnitude }, half = { 126u << 23 };

  x.value += half.value;
  return x.bits - half.bits;
}

/* A NaN stays one, and quiet. */
SIMD uint32_t
to_f16 (uint32_t bits)
{
  uint32_t magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;
  uint32_t normal = (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13;
  uint32_t large = magnitude > F32_INF ? 0x7e00 : 0x7c00;

  return sign | (magnitude < F16_LEAST ? subnormal_f16 (magnitude) : magnitude < F16_END ? normal : large);
}

SIMD uint32_t
to_bf16 (uint32_t bits)
{
  uint32_t magnitude = bits & 0x7fffffff, sign = bits >> 16 & 0x8000;

  return sign | (magnitude > F32_INF ? 0x7fc0 : (magnitude + 0x7fff + (magnitude >> 16 & 1)) >> 16);
}

SIMD void
narrow (SpDtype t, const float *x, size_t n, uint16_t *out, SpNarrowing *lost)
{
  uint32_t infinity = t == SP_DTYPE_F16 ? 0x7c00 : 0x7f80, n_large = 0, n_small = 0;

  for (size_t i = 0; i < n; i++)
    {
      uint32_t bits, to, magnitude;

      memcpy (&bits, x + i, sizeof bits);
      to = t == SP_DTYPE_F16 ? to_f16 (bits) : to_bf16 (bits);
      magnitude = bits & 0x7fffffff;
      n_large += (magnitude < F32_INF) & ((to & 0x7fff) == infinity);
      n_small += (magnitude != 0) & ((to & 0x7fff) == 0);
      out[i] = (uint16_t) to;
    }
  lost->n_large += n_large;
  lost->n_small += n_small;
}

#define narrow_KERNEL(t, name) \
static void name (const float *x, size_t n, uint16_t *out, SpNarrowing *lost) { narrow (t, x, n, out, lost); }
