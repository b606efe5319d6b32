/* softmax.k.h - a row's exponentials as shares of their sum, and the logarithm of that sum */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* The largest, or 0 where there is nothing above -inf; NaN is passed over. */
SIMD float
largest_of (const float *x, size_t n)
{
  f32x16 most = set1 (-INF_F32);
  float  r;

  for (size_t i = 0; i < n; i += SP_LANES)
    most = vmax (n - i < SP_LANES ? hide (beyond ((unsigned) (n - i)), ld_part (x + i, n - i)) : ld_f32 (x + i), most);
  r = hmax (most);
  return r > -INF_F32 ? r : 0;
}

/* e^(x - largest) of sixteen, 0 beyond k; what is +inf becomes NaN. */
SIMD f32x16
exp_part (const float *x, size_t k, float largest)
{
  return first (exp_of (at_least (LEAST_EXPONENT, minus (ld_part (x, k), set1 (largest)))), k);
}

SIMD void
softmax (float *x, size_t n)
{
  float  largest = largest_of (x, n);
  f64x16 sum = dset1 (0);
  f32x16 factor;

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      f32x16 e = exp_part (x + i, n - i, largest);

      sum = add (sum, to_f64 (e));
      st_part (x + i, n - i, e);
    }
  factor = set1 ((float) (1 / fold (sum)));
  for (size_t i = 0; i < n; i += SP_LANES)
    st_part (x + i, n - i, plain_nans (mul (ld_part (x + i, n - i), factor)));
}

SIMD double
logsum (const float *x, size_t n)
{
  float  largest = largest_of (x, n);
  f64x16 lanes = dset1 (0);
  double sum;

  for (size_t i = 0; i < n; i += SP_LANES)
    lanes = add (lanes, to_f64 (exp_part (x + i, n - i, largest)));
  sum = fold (lanes);
  if (!(sum > 0))
    return sum == 0 ? -INF_F64 : plain_nan (sum);
  return (double) largest + ln_of (sum);
}

#define softmax_KERNEL(t, name) static void name (float *x, size_t n) { softmax (x, n); }
#define logsum_KERNEL(t, name) static double name (const float *x, size_t n) { return logsum (x, n); }
