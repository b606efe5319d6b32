/* oracle-forward.c - one element at a time, through the C library */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oracle-forward.h"
#include "oracle.h"

#include <math.h>
#include <string.h>

float
oracle_plain (float x)
{
  uint32_t bits = 0x7fc00000;

  if (x != x)
    memcpy (&x, &bits, sizeof x);
  return x;
}

/* Sums in the lanes that are part of the specification. */
static double
mean (const float *x, size_t n, double centre, bool is_squared)
{
  double lanes[SP_LANES] = { 0 };

  for (size_t i = 0; i < n; i++)
    {
      double d = (double) x[i] - centre;

      lanes[i % SP_LANES] += is_squared ? d * d : d;
    }
  return sp_lanes_fold (lanes) / (double) n;
}

void
oracle_norm (const float *x, size_t n, bool is_centred, const float *weight, const float *bias, double eps, float *out)
{
  double centre = is_centred ? mean (x, n, 0, false) : 0, factor = 1 / sqrt (mean (x, n, centre, true) + eps);

  for (size_t i = 0; i < n; i++)
    {
      float v = (float) (((double) x[i] - centre) * factor);

      v = weight ? v * weight[i] : v;
      v = bias ? v + bias[i] : v;
      out[i] = oracle_plain (v);
    }
}

double
oracle_silu (double x)
{
  return x == -(double) INFINITY ? 0 : x / (1 + exp (-x));
}

double
oracle_gelu (double x)
{
  return x == -(double) INFINITY ? 0 : x * erfc (-x / sqrt (2)) / 2;
}

/* (1 + tanh (u)) / 2 = 1 / (1 + e^(-2 u)) */
double
oracle_gelu_tanh (double x)
{
  return x == -(double) INFINITY ? 0 : x / (1 + exp (-2 * sqrt (2 / M_PI) * (x + 0.044715 * x * x * x)));
}

double
oracle_relu (double x)
{
  return x > 0 || x != x ? x : 0;
}

double
oracle_logsum (const float *x, size_t n)
{
  double most = -(double) INFINITY, sum = 0;

  for (size_t i = 0; i < n; i++)
    most = x[i] != x[i] || (double) x[i] == (double) INFINITY ? (double) NAN : (double) x[i] > most ? (double) x[i] : most;
  if (!isfinite (most))
    return most;
  for (size_t i = 0; i < n; i++)
    sum += exp ((double) x[i] - most);
  return most + log (sum);
}

void
oracle_softmax (const float *x, size_t n, double *out, double *slack)
{
  double most = -(double) INFINITY, sum = 0;

  for (size_t i = 0; i < n; i++)
    most = fmax (most, (double) x[i]);
  for (size_t i = 0; i < n; i++)
    {
      out[i] = exp ((double) x[i] - most);
      slack[i] = fmin (128, most - (double) x[i]) * 0x1p-24;
      sum += out[i];
    }
  for (size_t i = 0; i < n; i++)
    out[i] /= sum;
}

void
oracle_rotate (float *x, size_t half, const float *cosines, const float *sines)
{
  for (size_t i = 0; i < half; i++)
    {
      float a = x[i], b = x[i + half], ac = a * cosines[i], as = a * sines[i], bc = b * cosines[i], bs = b * sines[i];

      x[i] = oracle_plain (ac - bs);
      x[i + half] = oracle_plain (bc + as);
    }
}

void
oracle_multiply (float *x, const float *y, size_t n)
{
  for (size_t i = 0; i < n; i++)
    x[i] = oracle_plain (x[i] * y[i]);
}

void
oracle_add (float *x, const float *y, float scale, size_t n)
{
  for (size_t i = 0; i < n; i++)
    {
      float part = scale * y[i];

      x[i] = oracle_plain (x[i] + part);
    }
}

uint32_t
oracle_cut (float *h, const float *measure, const float *limits, size_t n, uint32_t *active)
{
  uint32_t count = 0;

  for (size_t i = 0; i < n; i++)
    {
      bool is_active = fabsf (measure[i]) >= limits[i];

      active[i] += is_active;
      count += is_active;
      h[i] = is_active ? h[i] : 0;
    }
  return count;
}

uint32_t
oracle_pick (const float *x, SpMargin margin, const float *limits, float limit, size_t n, uint32_t *places, float *values)
{
  uint32_t count = 0;

  for (size_t i = 0; i < n; i++)
    {
      float slack = margin.error * margin.lengths[i], above = slack + margin.offsets[i], most = x[i] + above;

      if (most <= limits[i] || most <= limit)
        continue;
      places[count] = (uint32_t) i;
      values[count++] = oracle_plain (most);
    }
  return count;
}

double
oracle_dot (const float *x, const float *y, size_t n)
{
  double lanes[SP_LANES] = { 0 };

  for (size_t i = 0; i < n; i++)
    lanes[i % SP_LANES] += (double) x[i] * (double) y[i];
  for (unsigned half = SP_LANES / 2; half > 0; half /= 2)
    for (unsigned l = 0; l < half; l++)
      lanes[l] += lanes[l + half];
  return isnan (lanes[0]) ? (double) NAN : lanes[0];
}

/* A bf16 is the upper half of an f32; one of a pair is in the lower bits. */
static double
half_of (uint32_t pair, unsigned place)
{
  uint32_t bits = place == 0 ? pair << 16 : pair & 0xffff0000;
  float    value;

  memcpy (&value, &bits, sizeof value);
  return (double) value;
}

void
oracle_pairs (const uint32_t *x, const uint32_t *weights, size_t n, double *out, double *magnitudes)
{
  for (size_t i = 0; i < SP_PAIR_ROWS * SP_PAIR_COLUMNS; i++)
    {
      out[i] = magnitudes[i] = 0;
      for (size_t k = 0; k < 2 * n; k++)
        {
          double product = half_of (x[k / 2 * SP_PAIR_ROWS + i / SP_PAIR_COLUMNS], k % 2)
                           * half_of (weights[k / 2 * SP_PAIR_COLUMNS + i % SP_PAIR_COLUMNS], k % 2);

          out[i] += product;
          magnitudes[i] += fabs (product);
        }
    }
}

/* So many units of the last place, of an exponent no less than the least; units carry into the exponent by themselves. */
uint16_t
oracle_narrow (SpDtype t, float x)
{
  int      m_bits = (int) oracle_mantissa_bits (t), bias = (1 << (oracle_exponent_bits (t) - 1)) - 1;
  unsigned sign = signbit (x) ? 0x8000 : 0, infinity = (unsigned) (2 * bias + 1) << m_bits, bits = infinity;
  double   size = fabs ((double) x);
  int      exponent = isfinite (x) && size > 0 && ilogb (size) > 1 - bias ? ilogb (size) : 1 - bias;

  if (isnan (x))
    bits = infinity | 1u << (m_bits - 1);
  else if (isfinite (x))
    bits = ((unsigned) (exponent + bias - 1) << m_bits) + (unsigned) nearbyint (ldexp (size, m_bits - exponent));
  return (uint16_t) (sign | (bits > infinity && !isnan (x) ? infinity : bits));
}
