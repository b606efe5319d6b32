/* part.h - sixteen elements of a row, or the fewer at its end */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* A NaN's bits are the processor's choice: what arithmetic gave is stored through this. */
SIMD f32x16
plain_nans (f32x16 x)
{
  return put (nle (x, x), x, set1 (f32_from_bits (0x7fc00000)));
}

/* The k elements at p, or sixteen where k is more; zeros after them. */
SIMD f32x16
ld_part (const float *p, size_t k)
{
  char pad[PAD_BYTES];

  return ld_f32 (k < SP_LANES ? padded (SP_DTYPE_F32, p, k, pad) : p);
}

SIMD void
st_part (float *p, size_t k, f32x16 x)
{
  float last[SP_LANES];

  if (k >= SP_LANES)
    {
      st_f32 (p, x);
      return;
    }
  st_f32 (last, x);
  memcpy (p, last, k * sizeof *last);
}

/* Zeros in the lanes from k on. */
SIMD f32x16
first (f32x16 x, size_t k)
{
  return k < SP_LANES ? drop (beyond ((unsigned) k), x) : x;
}

SIMD f64x16
dfirst (f64x16 x, size_t k)
{
  double v[SP_LANES];

  if (k >= SP_LANES)
    return x;
  st_f64 (v, x);
  memset (v + k, 0, (SP_LANES - k) * sizeof *v);
  return ld_f64 (v);
}
