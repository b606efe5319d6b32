/* dots.k.h - a row multiplied by others: products of f32 are exact in f64 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define DOTS 4                /* rows at once, for which x is made f64 once; none waits for another's sum or memory */

SIMD void
dots_of (const float *x, size_t n, const float *const rows[DOTS], unsigned n_rows, double *out)
{
  f64x16 sums[DOTS];
  size_t i = 0;

  for (unsigned r = 0; r < n_rows; r++)
    sums[r] = dset1 (0);
  for (; i + SP_LANES <= n; i += SP_LANES)
    {
      f64x16 part = to_f64 (ld_f32 (x + i));

      for (unsigned r = 0; r < n_rows; r++)
        sums[r] = add_product (sums[r], part, to_f64 (ld_f32 (rows[r] + i)));
    }
  for (unsigned r = 0; r < n_rows; r++)
    {
      if (i < n)
        sums[r] = add_product (sums[r], to_f64 (ld_part (x + i, n - i)), to_f64 (ld_part (rows[r] + i, n - i)));
      out[r] = plain_nan (fold (sums[r]));
    }
}

SIMD void
dots (const float *x, size_t n, const float *matrix, const uint32_t *at, size_t n_rows, double *out)
{
  size_t k = 0;

  for (; k + DOTS <= n_rows; k += DOTS)
    dots_of (x, n, (const float *[DOTS]) { matrix + at[k] * n, matrix + at[k + 1] * n, matrix + at[k + 2] * n, matrix + at[k + 3] * n },
             DOTS, out + k);
  for (; k < n_rows; k++)
    dots_of (x, n, (const float *[DOTS]) { matrix + at[k] * n }, 1, out + k);
}

#define dots_KERNEL(t, name) \
static void name (const float *x, size_t n, const float *matrix, const uint32_t *at, size_t n_rows, double *out) \
{ dots (x, n, matrix, at, n_rows, out); }
