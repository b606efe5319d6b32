/* norm.k.h - a row scaled to a mean square, or a variance, of 1 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

SIMD double
mean_of (const float *x, size_t n)
{
  f64x16 sum = dset1 (0);

  for (size_t i = 0; i < n; i += SP_LANES)
    sum = add (sum, to_f64 (ld_part (x + i, n - i)));
  return fold (sum) / (double) n;
}

/* Of the row less its mean; each square is rounded before it is added. */
SIMD double
mean_square (const float *x, size_t n, double mean)
{
  f64x16 sum = dset1 (0);

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      f64x16 d = dfirst (dsub (to_f64 (ld_part (x + i, n - i)), dset1 (mean)), n - i);

      sum = add (sum, dmul (d, d));
    }
  return fold (sum) / (double) n;
}

/* weight, bias: or NULL. */
SIMD void
norm (const float *x, size_t n, double mean, double divisor, const float *weight, const float *bias, float *out)
{
  f64x16 shift = dset1 (mean), factor = dset1 (1 / divisor);

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      size_t k = n - i;
      f32x16 v = to_f32 (dmul (dsub (to_f64 (ld_part (x + i, k)), shift), factor));

      v = weight ? mul (v, ld_part (weight + i, k)) : v;
      v = bias ? plus (v, ld_part (bias + i, k)) : v;
      st_part (out + i, k, plain_nans (v));
    }
}

SIMD void
rms_norm (const float *x, size_t n, const float *weight, double eps, float *out)
{
  norm (x, n, 0, __builtin_sqrt (mean_square (x, n, 0) + eps), weight, NULL, out);
}

SIMD void
layer_norm (const float *x, size_t n, const float *weight, const float *bias, double eps, float *out)
{
  double mean = mean_of (x, n);

  norm (x, n, mean, __builtin_sqrt (mean_square (x, n, mean) + eps), weight, bias, out);
}

#define rms_norm_KERNEL(t, name) \
static void name (const float *x, size_t n, const float *weight, double eps, float *out) { rms_norm (x, n, weight, eps, out); }
#define layer_norm_KERNEL(t, name) \
static void name (const float *x, size_t n, const float *weight, const float *bias, double eps, float *out) \
{ layer_norm (x, n, weight, bias, eps, out); }
