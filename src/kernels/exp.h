/* exp.h - e^y in sixteen lanes, and parts of a row
 *
 * Nothing is fused but what is exact, so all instruction sets agree bit by bit.  A NaN's bits are theirs to choose: what
 * arithmetic gave is stored through plain_nans(). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define LEAST_EXPONENT (-128.0)                /* e to the power of less is 0 in f32 */
#define LOG2_E 1.44269504f
#define LN_2_SHORT 0x1.62e42fefap-1            /* 37 bits: its product with a whole number below 2^16 is exact */
#define LN_2 0x1.62e42fefa39efp-1

SIMD f32x16
plain_nans (f32x16 x)
{
  return put (nle (x, x), x, set1 (f32_from_bits (0x7fc00000)));
}

/* |x| < 2^22, to nearest. */
SIMD f32x16
whole (f32x16 x)
{
  return minus (plus (x, set1 (0x1.8p23f)), set1 (0x1.8p23f));
}

/* c[0] + c[1] x + c[2] x² …; n is a constant. */
SIMD f32x16
polynomial (const float *c, unsigned n, f32x16 x)
{
  f32x16 sum = set1 (c[n - 1]);

  for (unsigned i = n - 1; i-- > 0;)
    sum = plus (mul (sum, x), set1 (c[i]));
  return sum;
}

/* LEAST_EXPONENT <= y <= 88 or NaN: within 1 ulp, and half the smallest subnormal below that. */
SIMD f32x16
exp_of (f64x16 y)
{
  static const float rest[] = { 0.49999994f, 0.16666521f, 0.04166839f, 0.008368735f, 0.001381456f };    /* (e^r - 1 - r) / r² */
  f32x16             n = whole (mul (to_f32 (y), set1 (LOG2_E)));
  f32x16             r = to_f32 (add_product (y, to_f64 (n), dset1 (-LN_2_SHORT)));
  f32x16             p = mul (mul (r, r), polynomial (rest, 5, r));

  return scale (plus (plus (p, r), set1 (1)), n);
}

/* e^-|y|. */
SIMD f32x16
exp_below (f64x16 y)
{
  return exp_of (at_least (LEAST_EXPONENT, dsub (dset1 (0), dabs (y))));
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
