/* fires.k.h - which elements of a block of activations are more than a limit, by neuron and by token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define FIRES_ROWS 4          /* at a time: neurons' counters are fetched and put back once for all of them */

/* p: 16 elements. */
SIMD mask16
firing (SpDtype t, const void *p, f32x16 limit, u32x16 *nonfinite)
{
  f32x16 a = vabs (ld (t, p));
  mask16 is_odd = nle (a, set1 (MAX_F32));

  *nonfinite = tally (*nonfinite, is_odd);
  return nle (drop (is_odd, a), limit);
}

/* The last columns of a row, or all sixteen. */
SIMD const void *
sixteen (SpDtype t, const void *row, size_t i, size_t n, void *pad)
{
  return n - i < SP_LANES ? padded (t, at (t, row, i), n - i, pad) : at (t, row, i);
}

SIMD u32x16
ld_counts (const uint32_t *counts, size_t k)
{
  uint32_t c[SP_LANES] = { 0 };

  if (k >= SP_LANES)
    return ld_u32 (counts);
  memcpy (c, counts, k * sizeof *c);
  return ld_u32 (c);
}

SIMD void
st_counts (uint32_t *counts, size_t k, u32x16 x)
{
  uint32_t c[SP_LANES];

  if (k >= SP_LANES)
    {
      st_u32 (counts, x);
      return;
    }
  st_u32 (c, x);
  memcpy (counts, c, k * sizeof *c);
}

/* m rows, which is a constant; n columns. */
SIMD void
fires_rows (SpDtype t, const void *x, size_t m, size_t n, f32x16 limit, uint32_t *by_column, uint32_t *by_row,
            uint64_t *n_nonfinite)
{
  u32x16 fired[FIRES_ROWS], nonfinite = zero_u32 ();
  char   pad[PAD_BYTES];

  for (size_t r = 0; r < m; r++)
    fired[r] = zero_u32 ();
  for (size_t i = 0; i < n; i += SP_LANES)
    {
      u32x16 c = ld_counts (by_column + i, n - i);

      for (size_t r = 0; r < m; r++)
        {
          mask16 fires = firing (t, sixteen (t, at (t, x, r * n), i, n, pad), limit, &nonfinite);

          c = tally (c, fires);
          fired[r] = tally (fired[r], fires);
        }
      st_counts (by_column + i, n - i, c);
    }
  for (size_t r = 0; r < m; r++)
    by_row[r] += total (fired[r]);
  *n_nonfinite += total (nonfinite);
}

SIMD void
fires_wide (SpDtype t, const void *x, size_t n, double limit, uint32_t *by_column, uint32_t *by_row, uint64_t *n_nonfinite)
{
  double v[SP_LANES];
  char   pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      size_t k = n - i < SP_LANES ? n - i : SP_LANES;

      ld_wide (t, sixteen (t, x, i, n, pad), v);
      for (size_t l = 0; l < k; l++)
        {
          double a = __builtin_fabs (v[l]);
          bool   is_odd = !(a <= MAX_F64), fires = !is_odd && a > limit;

          by_column[i + l] += fires ? 1 : 0;
          *by_row += fires ? 1 : 0;
          *n_nonfinite += is_odd ? 1 : 0;
        }
    }
}

SIMD void
fires (SpDtype t, const void *x, size_t n_rows, size_t n, double limit, uint32_t *by_column, uint32_t *by_row, uint64_t *n_nonfinite)
{
  size_t r = 0;

  if (has_keys (t))
    {
      fires_keys (t, x, n_rows, n, limit, by_column, by_row, n_nonfinite);
      return;
    }
  for (; is_narrow (t) && r + FIRES_ROWS <= n_rows; r += FIRES_ROWS)
    fires_rows (t, at (t, x, r * n), FIRES_ROWS, n, set1 (f32_floor (limit)), by_column, by_row + r, n_nonfinite);
  for (; r < n_rows; r++)
    if (is_narrow (t))
      fires_rows (t, at (t, x, r * n), 1, n, set1 (f32_floor (limit)), by_column, by_row + r, n_nonfinite);
    else
      fires_wide (t, at (t, x, r * n), n, limit, by_column, by_row + r, n_nonfinite);
}

#define fires_KERNEL(t, name) \
static void name (const void *x, size_t n_rows, size_t n_columns, double limit, uint32_t *by_column, uint32_t *by_row, \
                  uint64_t *n_nonfinite) \
{ fires (t, x, n_rows, n_columns, limit, by_column, by_row, n_nonfinite); }
