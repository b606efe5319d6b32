/* activate.k.h - what a feed-forward layer's neurons answer with, in place
 *
 * Exponents are made in f64, where they lose nothing, so that even the far tails are as exact as f32 is. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

typedef enum { SILU, GELU, GELU_TANH, RELU } Activation;

#define TANH_1 1.5957691216057308              /* 2 sqrt (2 / pi), and 0.044715 of it */
#define TANH_3 0.071354816272600244

/* x / (1 + e^-y), for y with the sign of x. */
SIMD f32x16
gated_by (f32x16 x, f64x16 y)
{
  f32x16 e = exp_below (y), one = set1 (1), least = set1 ((float) LEAST_EXPONENT);
  f32x16 factor = put (le (x, set1 (0)), one, e);

  return over (mul (vmax (x, least), factor), plus (one, e));
}

SIMD f32x16
gelu_tanh (f32x16 x)
{
  f64x16 d = to_f64 (x), argument = dmul (d, add (dset1 (TANH_1), dmul (dset1 (TANH_3), dmul (d, d))));

  return gated_by (x, argument);
}

/* x less the part of it that lies in the other tail: |x| Φ(-|x|), of which Φ(-a) = e^(-a² / 2) above (a) / below (a).
 * The quotient is within 3e-8 up to 15, where nothing is left. */
SIMD f32x16
gelu (f32x16 x)
{
  static const float above[] = { 0.5f, 0.439284533f, 0.183969968f, 0.0408814101f, 0.00415327207f };
  static const float below[] = { 1, 1.67645407f, 1.2055517f, 0.471410887f, 0.102480615f, 0.0104105975f };
  f32x16             a = vmin (vabs (x), set1 (15));
  f64x16             d = to_f64 (a);
  f32x16             tail = over (mul (a, polynomial (above, 5, a)), polynomial (below, 6, a));

  return minus (vmax (x, set1 (0)), mul (tail, exp_of (dmul (dmul (d, d), dset1 (-0.5)))));
}

SIMD f32x16
activated (Activation kind, f32x16 x)
{
  switch (kind)
    {
    case SILU:      return gated_by (x, to_f64 (x));
    case GELU:      return gelu (x);
    case GELU_TANH: return gelu_tanh (x);
    default:        return drop (le (x, set1 (0)), x);
    }
}

SIMD void
activate (Activation kind, float *x, size_t n)
{
  for (size_t i = 0; i < n; i += SP_LANES)
    {
      f32x16 v = ld_part (x + i, n - i);

      st_part (x + i, n - i, plain_nans (put (nle (v, v), activated (kind, v), v)));
    }
}

#define silu_KERNEL(t, name) static void name (float *x, size_t n) { activate (SILU, x, n); }
#define gelu_KERNEL(t, name) static void name (float *x, size_t n) { activate (GELU, x, n); }
#define gelu_tanh_KERNEL(t, name) static void name (float *x, size_t n) { activate (GELU_TANH, x, n); }
#define relu_KERNEL(t, name) static void name (float *x, size_t n) { activate (RELU, x, n); }
