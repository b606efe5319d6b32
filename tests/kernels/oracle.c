/* oracle.c - one element at a time, from the definitions of the formats */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "oracle.h"

#include <float.h>
#include <math.h>
#include <string.h>

unsigned
oracle_exponent_bits (SpDtype t)
{
  static const unsigned bits[SP_N_DTYPES] = { [SP_DTYPE_F64] = 11, [SP_DTYPE_F32] = 8, [SP_DTYPE_F16] = 5,
                                              [SP_DTYPE_BF16] = 8, [SP_DTYPE_F8_E4M3] = 4, [SP_DTYPE_F8_E5M2] = 5 };
  return bits[t];
}

unsigned
oracle_mantissa_bits (SpDtype t)
{
  unsigned exponent = oracle_exponent_bits (t);

  return exponent == 0 ? 0 : (unsigned) sp_dtype_size (t) * 8 - 1 - exponent;
}

uint64_t
oracle_bits (SpDtype t, const void *x, size_t i)
{
  size_t         size = sp_dtype_size (t);
  const uint8_t *p = (const uint8_t *) x + i * size;
  uint8_t        b1;
  uint16_t       b2;
  uint32_t       b4;
  uint64_t       b8;

  switch (size)
    {
    case 1:  memcpy (&b1, p, 1); return b1;
    case 2:  memcpy (&b2, p, 2); return b2;
    case 4:  memcpy (&b4, p, 4); return b4;
    default: memcpy (&b8, p, 8); return b8;
    }
}

/* sign, 2^(exponent - bias), 1.mantissa, by the book. */
static double
float_value (SpDtype t, uint64_t bits)
{
  int      e_bits = (int) oracle_exponent_bits (t), m_bits = (int) oracle_mantissa_bits (t);
  int      bias = (1 << (e_bits - 1)) - 1, top = (1 << e_bits) - 1;
  int      exponent = (int) (bits >> m_bits & (uint64_t) top);
  uint64_t mantissa = bits & ((UINT64_C (1) << m_bits) - 1);
  double   sign = bits >> (e_bits + m_bits) & 1 ? -1.0 : 1.0;

  if (t == SP_DTYPE_F8_E4M3 && exponent == top && mantissa == 7)
    return (double) NAN;
  if (t != SP_DTYPE_F8_E4M3 && exponent == top)
    return mantissa != 0 ? (double) NAN : sign * (double) INFINITY;
  if (exponent == 0)
    return sign * ldexp ((double) mantissa, 1 - bias - m_bits);
  return sign * ldexp ((double) (mantissa + (UINT64_C (1) << m_bits)), exponent - bias - m_bits);
}

long double
oracle_exact (SpDtype t, uint64_t bits)
{
  switch (t)
    {
    case SP_DTYPE_I8:   return (long double) (int8_t) bits;
    case SP_DTYPE_I16:  return (long double) (int16_t) bits;
    case SP_DTYPE_I32:  return (long double) (int32_t) bits;
    case SP_DTYPE_I64:  return (long double) (int64_t) bits;
    case SP_DTYPE_BOOL: return bits ? 1.0L : 0.0L;
    case SP_DTYPE_U8:
    case SP_DTYPE_U16:
    case SP_DTYPE_U32:
    case SP_DTYPE_U64:  return (long double) bits;
    default:            return (long double) float_value (t, bits);
    }
}

double
oracle_value (SpDtype t, uint64_t bits)
{
  return oracle_exponent_bits (t) ? float_value (t, bits) : (double) oracle_exact (t, bits);
}

/* The f32 that f64 conversion makes of a NaN: quiet, with the upper bits of the rest. */
static float
nan_as_f32 (SpDtype t, uint64_t bits)
{
  int      e_bits = (int) oracle_exponent_bits (t), m_bits = (int) oracle_mantissa_bits (t);
  uint64_t mantissa = bits & ((UINT64_C (1) << m_bits) - 1);
  uint32_t sign = bits >> (e_bits + m_bits) & 1 ? 0x80000000 : 0, r;
  float    f;

  if (t == SP_DTYPE_F8_E4M3)
    mantissa = 4;
  r = (uint32_t) (m_bits <= 23 ? mantissa << (23 - m_bits) : mantissa >> (m_bits - 23));
  if (t != SP_DTYPE_F32 && t != SP_DTYPE_BF16)      /* those keep their bits */
    r |= 0x00400000;
  r |= sign | 0x7f800000;
  memcpy (&f, &r, sizeof f);
  return f;
}

unsigned
oracle_bin (SpDtype t, uint64_t bits)
{
  double   v = oracle_value (t, bits);
  float    f = (float) v;
  uint32_t u;

  if (sp_dtype_size (t) <= 2)
    return (unsigned) bits;
  if (v != v)
    f = nan_as_f32 (t, bits);
  else if (fabs (v) <= DBL_MAX && fabs ((double) f) > fabs (v))
    f = nextafterf (f, 0.0f);
  memcpy (&u, &f, sizeof u);
  return u >> 16;
}

/* What lane 0 holds after the tree's step of width w. */
static double
tree (const double *lanes, unsigned l, unsigned w)
{
  return w == SP_LANES ? lanes[l] : tree (lanes, l, 2 * w) + tree (lanes, l + w, 2 * w);
}

static double
fold (const double *lanes)
{
  double s = tree (lanes, 0, 1);

  return isnan (s) ? (double) NAN : s;
}

void
oracle_moments (SpDtype t, const void *x, size_t n, SpMoments *m)
{
  m->n += n;
  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i)), square = v * v;

      if (!isfinite (v))
        {
          m->n_nonfinite++;
          continue;
        }
      m->n_zero += v == 0.0;
      m->min = fmin (m->min, v) + 0.0;
      m->max = fmax (m->max, v) + 0.0;
      m->sum[i % SP_LANES] += v;
      m->sum_abs[i % SP_LANES] += fabs (v);
      m->sum_sq[i % SP_LANES] += square;
    }
  for (unsigned l = 0; l < SP_LANES; l++)
    m->sum[l] = isnan (m->sum[l]) ? (double) NAN : m->sum[l];
}

void
oracle_below (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts)
{
  for (size_t i = 0; i < n; i++)
    {
      uint64_t bits = oracle_bits (t, x, i);
      bool     is_long = t == SP_DTYPE_I64 || t == SP_DTYPE_U64;

      for (unsigned k = 0; k < n_limits; k++)
        counts[k] += is_long ? fabsl (oracle_exact (t, bits)) <= (long double) limits[k] : fabs (oracle_value (t, bits)) <= limits[k];
    }
}

double
oracle_row (SpDtype t, const void *x, size_t n, uint64_t *n_nonzero)
{
  double lanes[SP_LANES] = { 0 };

  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i)), square = v * v;

      *n_nonzero += v != 0.0;
      if (isfinite (v))
        lanes[i % SP_LANES] += square;
    }
  return fold (lanes);
}

void
oracle_columns (SpDtype t, const void *x, size_t n, double *sum_sq, uint32_t *n_nonzero)
{
  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i)), square = v * v;

      n_nonzero[i] += v != 0.0;
      if (isfinite (v))
        sum_sq[i] += square;
    }
}

bool
oracle_nonzero (SpDtype t, const void *x, size_t n, uint8_t *seen)
{
  bool any = false;

  for (size_t i = 0; i < n; i++)
    if (oracle_value (t, oracle_bits (t, x, i)) != 0.0)
      {
        seen[i] = 1;
        any = true;
      }
  return any;
}

static float
nearest_finite_f32 (double v)
{
  return v > (double) FLT_MAX ? FLT_MAX : v < -(double) FLT_MAX ? -FLT_MAX : (float) v;
}

static void
oracle_cell (SpDtype t, const void *x, size_t first, size_t n, SpCell *c)
{
  double sum[SP_LANES] = { 0 }, sum_abs[SP_LANES] = { 0 };

  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, first + i));

      if (!isfinite (v))
        continue;
      sum[i % SP_LANES] += v;
      sum_abs[i % SP_LANES] += fabs (v);
      c->min = fminf (c->min, nearest_finite_f32 (v)) + 0.0f;
      c->max = fmaxf (c->max, nearest_finite_f32 (v)) + 0.0f;
      c->n_finite++;
      c->n_zero += v == 0.0;
    }
  c->sum += fold (sum);
  c->sum = isnan (c->sum) ? (double) NAN : c->sum;
  c->sum_abs += fold (sum_abs);
}

void
oracle_cells (SpDtype t, const void *x, size_t n, size_t width, SpCell *cells)
{
  for (size_t i = 0; i < n; i += width)
    oracle_cell (t, x, i, n - i < width ? n - i : width, cells++);
}

void
oracle_widen (SpDtype t, const void *x, size_t n, float *out)
{
  for (size_t i = 0; i < n; i++)
    {
      uint64_t    bits = oracle_bits (t, x, i);
      long double v = oracle_exact (t, bits);

      out[i] = v != v ? nan_as_f32 (t, bits) : (float) v;
    }
}

void
oracle_fires (SpDtype t, const void *x, size_t n_rows, size_t n_columns, double limit, uint32_t *by_column,
              uint32_t *by_row, uint64_t *n_nonfinite)
{
  for (size_t i = 0; i < n_rows * n_columns; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i));
      bool   fires = isfinite (v) && fabs (v) > limit;

      by_column[i % n_columns] += fires;
      by_row[i / n_columns] += fires;
      *n_nonfinite += !isfinite (v);
    }
}

/* Elements of the row that come before i where the largest magnitudes are first. */
static size_t
place_of (SpDtype t, const void *x, size_t first, size_t n, size_t i)
{
  double v = fabs (oracle_value (t, oracle_bits (t, x, first + i)));
  size_t n_before = 0;

  for (size_t j = 0; j < n; j++)
    {
      double other = fabs (oracle_value (t, oracle_bits (t, x, first + j)));

      n_before += isfinite (other) && (other > v || (other == v && j < i));
    }
  return n_before;
}

void
oracle_top (SpDtype t, const void *x, size_t n_rows, size_t n_columns, double dropped, uint32_t *by_column, uint32_t *by_row)
{
  for (size_t r = 0; r < n_rows; r++)
    {
      size_t n_finite = 0, n_kept;

      for (size_t i = 0; i < n_columns; i++)
        n_finite += isfinite (oracle_value (t, oracle_bits (t, x, r * n_columns + i)));
      n_kept = n_finite - (size_t) ((double) n_finite * dropped);
      for (size_t i = 0; i < n_columns; i++)
        {
          double v = oracle_value (t, oracle_bits (t, x, r * n_columns + i));
          bool   counts = isfinite (v) && v != 0 && place_of (t, x, r * n_columns, n_columns, i) < n_kept;

          by_column[i] += counts;
          by_row[r] += counts;
        }
    }
}

uint32_t
oracle_reaches (SpDtype t, const void *x, size_t n, const double *limits)
{
  uint32_t count = 0;

  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i));

      count += isfinite (v) && fabs (v) >= limits[i];
    }
  return count;
}

/* Each sum anew, and so slowly. */
void
oracle_tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends,
              double *squares)
{
  for (unsigned b = 0; b < n_ends; b++)
    {
      double lanes[SP_LANES] = { 0 };

      for (unsigned e = 0; e < SP_PANEL; e++)
        {
          double sum = 0;

          for (uint32_t k = 0; k < ends[b]; k++)
            sum += (double) factors[k] * (double) panel[order[k] * SP_PANEL + e];
          lanes[e % SP_LANES] += sum * sum;
        }
      squares[b] += sp_lanes_fold (lanes);
    }
}

/* A square of an f32 is exact in f64, so that adding it in one step or two is the same. */
void
oracle_quick_tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends,
                    double *squares)
{
  for (unsigned b = 0; b < n_ends; b++)
    {
      double lanes[SP_LANES] = { 0 };

      for (unsigned e = 0; e < SP_WIDE_PANEL; e++)
        {
          float sum = 0;

          for (uint32_t k = 0; k < ends[b]; k++)
            {
              float product = factors[k] * panel[order[k] * SP_WIDE_PANEL + e];

              sum += product;
            }
          lanes[e % SP_LANES] += (double) sum * (double) sum;
        }
      squares[b] += sp_lanes_fold (lanes);
    }
}

void
oracle_add_rows (const float *rows, const uint8_t *at, const float *factors, size_t n, float *sums)
{
  for (size_t e = 0; e < SP_WIDE_PANEL; e++)
    for (size_t k = 0; k < n; k++)
      {
        float product = factors[k] * rows[at[k] * SP_WIDE_PANEL + e];

        sums[e] += product;
      }
}

void
oracle_pack (SpDtype t, const void *x, size_t n, double limit, uint64_t *bits)
{
  for (size_t i = 0; i < n; i++)
    {
      double v = oracle_value (t, oracle_bits (t, x, i));

      if (isfinite (v) && fabs (v) > limit)
        bits[i / 64] |= UINT64_C (1) << i % 64;
    }
}
