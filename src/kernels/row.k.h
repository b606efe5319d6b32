/* row.k.h - rows of a forward pass, element by element */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

SIMD void
rotate (float *x, size_t half, const float *cosines, const float *sines)
{
  for (size_t i = 0; i < half; i += SP_LANES)
    {
      size_t k = half - i;
      f32x16 a = ld_part (x + i, k), b = ld_part (x + half + i, k), c = ld_part (cosines + i, k), s = ld_part (sines + i, k);

      st_part (x + i, k, plain_nans (minus (mul (a, c), mul (b, s))));
      st_part (x + half + i, k, plain_nans (plus (mul (b, c), mul (a, s))));
    }
}

SIMD void
multiply (float *x, const float *y, size_t n)
{
  for (size_t i = 0; i < n; i += SP_LANES)
    st_part (x + i, n - i, plain_nans (mul (ld_part (x + i, n - i), ld_part (y + i, n - i))));
}

SIMD void
add_scaled (float *x, const float *y, float scale, size_t n)
{
  for (size_t i = 0; i < n; i += SP_LANES)
    st_part (x + i, n - i, plain_nans (plus (ld_part (x + i, n - i), mul (set1 (scale), ld_part (y + i, n - i)))));
}

SIMD uint32_t
cut_row (float *h, const float *measure, const float *limits, size_t n, uint32_t *active)
{
  u32x16 count = zero_u32 ();

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      size_t k = n - i;
      f32x16 limit = k < SP_LANES ? hide (beyond ((unsigned) k), ld_part (limits + i, k)) : ld_f32 (limits + i);
      f32x16 magnitude = vabs (ld_part (measure + i, k));

      count = tally (count, le (limit, magnitude));
      st_counts (active + i, k, tally (ld_counts (active + i, k), le (limit, magnitude)));
      st_part (h + i, k, drop (nle (limit, magnitude), ld_part (h + i, k)));
    }
  return total (count);
}

#define rotate_KERNEL(t, name) \
static void name (float *x, size_t half, const float *cosines, const float *sines) { rotate (x, half, cosines, sines); }
#define multiply_KERNEL(t, name) static void name (float *x, const float *y, size_t n) { multiply (x, y, n); }
#define add_KERNEL(t, name) static void name (float *x, const float *y, float scale, size_t n) { add_scaled (x, y, scale, n); }
#define cut_KERNEL(t, name) \
static uint32_t name (float *h, const float *measure, const float *limits, size_t n, uint32_t *active) \
{ return cut_row (h, measure, limits, n, active); }
