/* matrix.k.h - one row of a matrix: its own energy, its part in the columns, what it leaves unseen */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define ROW_BLOCK ((size_t) 1 << 20)      /* lane counters of 32 bits cannot run over */
#define SEEN_BLOCK 64

SIMD f64x16
row_step (f32x16 v, f64x16 sum_sq, u32x16 *c)
{
  *c = tally (*c, not0 (v));
  return add_sq (sum_sq, to_f64 (drop (nle (vabs (v), set1 (MAX_F32)), v)));
}

SIMD double
row_narrow (SpDtype t, const void *x, size_t n, uint64_t *n_nonzero)
{
  f64x16 sum_sq = to_f64 (set1 (0.0f));
  char   pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += ROW_BLOCK)
    {
      size_t end = n - i < ROW_BLOCK ? n : i + ROW_BLOCK, j;
      u32x16 c = zero_u32 ();

      for (j = i; j + SP_LANES <= end; j += SP_LANES)
        sum_sq = row_step (ld (t, at (t, x, j)), sum_sq, &c);
      if (j < end)
        sum_sq = row_step (ld (t, padded (t, at (t, x, j), end - j, pad)), sum_sq, &c);
      *n_nonzero += total (c);
    }
  return fold (sum_sq);
}

SIMD double
square_if_finite (double x)
{
  return __builtin_fabs (x) <= MAX_F64 ? x * x : 0.0;
}

SIMD double
row_wide (SpDtype t, const void *x, size_t n, uint64_t *n_nonzero)
{
  double   sum_sq[SP_LANES] = { 0 }, v[SP_LANES];
  uint64_t c[SP_LANES] = { 0 };
  char     pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      ld_wide (t, n - i < SP_LANES ? padded (t, at (t, x, i), n - i, pad) : at (t, x, i), v);
      EACH_LANE sum_sq[l] += square_if_finite (v[l]), c[l] += v[l] != 0.0 ? 1 : 0;
    }
  EACH_LANE *n_nonzero += c[l];
  return sp_lanes_fold (sum_sq);
}

SIMD double
row (SpDtype t, const void *x, size_t n, uint64_t *n_nonzero)
{
  return is_narrow (t) ? row_narrow (t, x, n, n_nonzero) : row_wide (t, x, n, n_nonzero);
}

/* p: 16 elements; sum_sq, n_nonzero: (16). */
SIMD void
columns_step (SpDtype t, const void *p, double *sum_sq, uint32_t *n_nonzero)
{
  double v[SP_LANES];

  if (is_narrow (t))
    {
      u32x16 c = ld_u32 (n_nonzero);

      st_f64 (sum_sq, row_step (ld (t, p), ld_f64 (sum_sq), &c));
      st_u32 (n_nonzero, c);
      return;
    }
  ld_wide (t, p, v);
  EACH_LANE sum_sq[l] += square_if_finite (v[l]), n_nonzero[l] += v[l] != 0.0 ? 1 : 0;
}

SIMD void
columns (SpDtype t, const void *x, size_t n, double *sum_sq, uint32_t *n_nonzero)
{
  double   q[SP_LANES] = { 0 };
  uint32_t c[SP_LANES] = { 0 };
  char     pad[PAD_BYTES];
  size_t   i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    columns_step (t, at (t, x, i), sum_sq + i, n_nonzero + i);
  if (i == n)
    return;
  memcpy (q, sum_sq + i, (n - i) * sizeof *q);
  memcpy (c, n_nonzero + i, (n - i) * sizeof *c);
  columns_step (t, padded (t, at (t, x, i), n - i, pad), q, c);
  memcpy (sum_sq + i, q, (n - i) * sizeof *q);
  memcpy (n_nonzero + i, c, (n - i) * sizeof *c);
}

/* Bits alone tell: floats are 0 when nothing but the sign is set. */
#define MARK(type) \
{ \
  type v[SEEN_BLOCK], any = 0; \
  memcpy (v, p, k * sizeof *v); \
  for (unsigned i = 0; i < k; i++) \
    { \
      type bits = sp_is_float (t) ? (type) (v[i] << 1) : v[i]; \
      seen[i] = bits != 0 ? 1 : seen[i]; \
      any |= bits; \
    } \
  return any != 0; \
}

SIMD bool
sp_is_float (SpDtype t)
{
  return t <= SP_DTYPE_F8_E5M2;
}

/* p, seen: k elements. */
SIMD bool
mark (SpDtype t, const void *p, unsigned k, uint8_t *seen)
{
  switch (size_of (t))
    {
    case 1:  MARK (uint8_t)
    case 2:  MARK (uint16_t)
    case 4:  MARK (uint32_t)
    default: MARK (uint64_t)
    }
}

SIMD bool
all_seen (const uint8_t *seen)
{
  static const uint64_t ones = 0x0101010101010101;
  uint64_t              v[SEEN_BLOCK / 8], all = ones;

  memcpy (v, seen, sizeof v);
  for (unsigned i = 0; i < SEEN_BLOCK / 8; i++)
    all &= v[i];
  return all == ones;
}

/* Once this row has shown an element, columns seen before need no second look. */
SIMD bool
nonzero (SpDtype t, const void *x, size_t n, uint8_t *seen)
{
  bool   any = false;
  size_t i;

  for (i = 0; i + SEEN_BLOCK <= n; i += SEEN_BLOCK)
    if (!any || !all_seen (seen + i))
      any |= mark (t, at (t, x, i), SEEN_BLOCK, seen + i);
  if (i < n)
    any |= mark (t, at (t, x, i), (unsigned) (n - i), seen + i);
  return any;
}

#define row_KERNEL(t, name) \
static double name (const void *x, size_t n, uint64_t *n_nonzero) { return row (t, x, n, n_nonzero); }
#define columns_KERNEL(t, name) \
static void name (const void *x, size_t n, double *sum_sq, uint32_t *n_nonzero) { columns (t, x, n, sum_sq, n_nonzero); }
#define nonzero_KERNEL(t, name) \
static bool name (const void *x, size_t n, uint8_t *seen) { return nonzero (t, x, n, seen); }
