/* activate.k.h - what a feed-forward layer's neurons answer with, in place */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

typedef enum { SILU, GELU, GELU_TANH, RELU } Activation;

#define TANH_1 1.5957691216057308              /* 2 sqrt (2 / pi), and 0.044715 of it */
#define TANH_3 0.071354816272600244

/* -|x|, no less than this. */
SIMD f32x16
below0 (float least, f32x16 x)
{
  return at_least (least, minus (set1 (0), vabs (x)));
}

/* x / (1 + e^-y), where e is e^-|y| and y has the sign of x. */
SIMD f32x16
gated_by (f32x16 x, f32x16 e)
{
  f32x16 factor = put (le (x, set1 (0)), set1 (1), e);

  return over (mul (at_least (LEAST_EXPONENT, x), factor), plus (set1 (1), e));
}

/* The exponent in f64, or the far tail would be out. */
SIMD f32x16
gelu_tanh (f32x16 x)
{
  f64x16 d = to_f64 (below0 (-12, x));

  return gated_by (x, exp_wide (dmul (d, add (dset1 (TANH_1), dmul (dset1 (TANH_3), dmul (d, d))))));
}

/* e^(-x² / 2), |x| < 16: a coarse x has an exact square. */
SIMD f32x16
bell (f32x16 x)
{
  f32x16 coarse = minus (plus (x, set1 (0x1.8p15f)), set1 (0x1.8p15f)), half = set1 (-0.5f);
  f32x16 rest = mul (minus (x, coarse), plus (x, coarse));

  return exp_sum (mul (mul (coarse, coarse), half), mul (rest, half));
}

/* x less the part of it that lies in the other tail: |x| Φ(-|x|), of which Φ(b) = e^(-b² / 2) above (b) / below (b) for b < 0.
 * The quotient is within 3e-8 down to -15, where nothing is left. */
SIMD f32x16
gelu (f32x16 x)
{
  static const float above[] = { 0.5f, -0.439284533f, 0.183969968f, -0.0408814101f, 0.00415327207f };
  static const float below[] = { 1, -1.67645407f, 1.2055517f, -0.471410887f, 0.102480615f, -0.0104105975f };
  f32x16             b = below0 (-15, x);
  f32x16             part = over (mul (b, polynomial (above, 5, b)), polynomial (below, 6, b));

  return plus (vmax (x, set1 (0)), mul (part, bell (b)));
}

SIMD f32x16
activated (Activation kind, f32x16 x)
{
  switch (kind)
    {
    case SILU:      return gated_by (x, exp_of (below0 (LEAST_EXPONENT, x)));
    case GELU:      return gelu (x);
    case GELU_TANH: return gelu_tanh (x);
    default:        return drop (le (x, set1 (0)), x);
    }
}

SIMD void
activate (Activation kind, float *x, size_t n)
{
  for (size_t i = 0; i < n; i += SP_LANES)
    st_part (x + i, n - i, plain_nans (activated (kind, ld_part (x + i, n - i))));
}

#define silu_KERNEL(t, name) static void name (float *x, size_t n) { activate (SILU, x, n); }
#define gelu_KERNEL(t, name) static void name (float *x, size_t n) { activate (GELU, x, n); }
#define gelu_tanh_KERNEL(t, name) static void name (float *x, size_t n) { activate (GELU_TANH, x, n); }
#define relu_KERNEL(t, name) static void name (float *x, size_t n) { activate (RELU, x, n); }
