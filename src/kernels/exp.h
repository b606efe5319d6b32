/* exp.h - e^x in sixteen lanes, and ln x of one number; what is fused is exact, so all instruction sets agree bit by bit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define LEAST_EXPONENT (-128.0f)               /* e to the power of less is 0 in f32 */
#define LOG2_E 1.44269504f
#define LN_2_HIGH 0x1.62e4p-1f                 /* 15 bits: its product with a whole number below 2^9 is exact */
#define LN_2_LOW 1.42860677e-6f
#define LN_2_SHORT 0x1.62e42fefap-1            /* 37 bits: likewise in f64 */
#define LN_2 0x1.62e42fefa39efp-1

/* |x| < 2^22, to nearest. */
SIMD f32x16
whole (f32x16 x)
{
  return minus (plus (x, set1 (0x1.8p23f)), set1 (0x1.8p23f));
}

/* c[0] + c[1] x + c[2] x² …, even powers and odd ones apart; n is a constant. */
SIMD f32x16
polynomial (const float *c, unsigned n, f32x16 x)
{
  f32x16 square = mul (x, x), sums[2];

  sums[n % 2] = set1 (c[n - 2]);
  sums[(n - 1) % 2] = set1 (c[n - 1]);
  for (unsigned i = n - 2; i-- > 0;)
    sums[i % 2] = plus (mul (sums[i % 2], square), set1 (c[i]));
  return plus (mul (sums[1], x), sums[0]);
}

/* e^r 2^n, |r| < 0.39.  All of these are within 1 ulp, and 1.25 where there is a rest, from LEAST_EXPONENT to 88; NaN stays. */
SIMD f32x16
exp_near (f32x16 r, f32x16 n)
{
  static const float rest[] = { 0.49999994f, 0.16666521f, 0.04166839f, 0.008368735f, 0.001381456f };    /* (e^r - 1 - r) / r² */
  f32x16             p = mul (mul (r, r), polynomial (rest, 5, r));

  return scale (plus (plus (p, r), set1 (1)), n);
}

/* e^(x + rest), |rest| < 0.04 */
SIMD f32x16
exp_sum (f32x16 x, f32x16 rest)
{
  f32x16 n = whole (mul (x, set1 (LOG2_E)));
  f32x16 r = minus (minus (x, mul (n, set1 (LN_2_HIGH))), mul (n, set1 (LN_2_LOW)));

  return exp_near (plus (r, rest), n);
}

SIMD f32x16
exp_of (f32x16 x)
{
  return exp_sum (x, set1 (0));
}

SIMD f32x16
exp_wide (f64x16 y)
{
  f32x16 n = whole (mul (to_f32 (y), set1 (LOG2_E)));

  return exp_near (to_f32 (add_product (y, to_f64 (n), dset1 (-LN_2_SHORT))), n);
}

/* x > 0, within some ulp of f64: 2 atanh ((m - 1) / (m + 1)) of the mantissa m, near 1. */
SIMD double
ln_of (double x)
{
  uint64_t bits;
  int      e;
  double   m, z, sum = 0;

  memcpy (&bits, &x, sizeof bits);
  bits -= UINT64_C (0x3fe6a09e667f3bcd);       /* of the root of 1/2 */
  e = (int) ((int64_t) bits >> 52);
  bits = (bits & UINT64_C (0xfffffffffffff)) + UINT64_C (0x3fe6a09e667f3bcd);
  memcpy (&m, &bits, sizeof m);
  z = (m - 1) / (m + 1);
  for (int k = 23; k > 0; k -= 2)
    sum = sum * (z * z) + 1.0 / k;
  return e * LN_2 + 2 * z * sum;
}
