/* fires-keys.h - which elements are more than a limit, for types that have magnitude keys */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define KEY_ROWS 8                   /* at a time: neurons' counters are fetched and put back once for all of them */
#define MOST_BLOCKS 32767            /* of KEY_LANES columns, until a lane's count is full */

/* m rows, n elements apart, of KEY_LANES columns; by_column: as many; fired: (m), counts down.  TRUE: something was not finite. */
SIMD bool
fires_of_lanes (SpDtype t, const void *x, size_t m, size_t n, int limit, uint32_t *by_column, keys16 *fired)
{
  keys16  keys, fires, odd = { 0 }, sum = { 0 };
  counts32  counts;
  int64_t any[sizeof odd / 8], is_any = 0;

  for (size_t r = 0; r < m; r++)
    {
      ld_keys (t, at (t, x, r * n), &keys);
      fires = keys > (int16_t) limit;
      odd |= keys > (int16_t) largest_key (t);
      sum += fires;
      fired[r] += fires;
    }
  memcpy (&counts, by_column, sizeof counts);
  counts -= __builtin_convertvector (sum, counts32);
  memcpy (by_column, &counts, sizeof counts);
  memcpy (any, &odd, sizeof any);
  for (size_t k = 0; k < sizeof odd / 8; k++)
    is_any |= any[k];
  return is_any != 0;
}

/* What is not finite was taken for firing. */
SIMD void
take_back_odd (SpDtype t, const void *x, size_t m, size_t n, uint32_t *by_column, uint32_t *by_row, uint64_t *n_nonfinite)
{
  for (size_t r = 0; r < m; r++)
    {
      keys16 keys;

      ld_keys (t, at (t, x, r * n), &keys);
      for (unsigned l = 0; l < KEY_LANES; l++)
        if (keys[l] > largest_key (t))
          {
            by_column[l]--;
            by_row[r]--;
            ++*n_nonfinite;
          }
    }
}

SIMD void
fires_block (SpDtype t, const void *x, size_t m, size_t n, int limit, uint32_t *by_column, keys16 *fired, uint32_t *by_row,
             uint64_t *n_nonfinite)
{
  if (fires_of_lanes (t, x, m, n, limit, by_column, fired))
    take_back_odd (t, x, m, n, by_column, by_row, n_nonfinite);
}

/* The last k columns, fewer than KEY_LANES: with zeros behind them, which never fire. */
SIMD void
fires_at_edge (SpDtype t, const void *x, size_t m, size_t n, size_t k, int limit, uint32_t *by_column, keys16 *fired,
               uint32_t *by_row, uint64_t *n_nonfinite)
{
  char     pad[KEY_ROWS * KEY_LANES * 2] = { 0 };
  uint32_t counts[KEY_LANES] = { 0 };

  for (size_t r = 0; r < m; r++)
    memcpy (pad + r * KEY_LANES * size_of (t), at (t, x, r * n), k * size_of (t));
  memcpy (counts, by_column, k * sizeof *counts);
  fires_block (t, pad, m, KEY_LANES, limit, counts, fired, by_row, n_nonfinite);
  memcpy (by_column, counts, k * sizeof *counts);
}

SIMD uint32_t
count_down (const keys16 *fired)
{
  int32_t n = 0;

  for (unsigned l = 0; l < KEY_LANES; l++)
    n -= (*fired)[l];
  return (uint32_t) n;
}

/* m rows, which is a constant; n columns. */
SIMD void
fires_key_rows (SpDtype t, const void *x, size_t m, size_t n, int limit, uint32_t *by_column, uint32_t *by_row, uint64_t *n_nonfinite)
{
  for (size_t i = 0; i < n; i += MOST_BLOCKS * KEY_LANES)
    {
      keys16 fired[KEY_ROWS] = { { 0 } };
      size_t k = n - i < MOST_BLOCKS * KEY_LANES ? n - i : MOST_BLOCKS * KEY_LANES, j = 0;

      for (; j + KEY_LANES <= k; j += KEY_LANES)
        fires_block (t, at (t, x, i + j), m, n, limit, by_column + i + j, fired, by_row, n_nonfinite);
      if (j < k)
        fires_at_edge (t, at (t, x, i + j), m, n, k - j, limit, by_column + i + j, fired, by_row, n_nonfinite);
      for (size_t r = 0; r < m; r++)
        by_row[r] += count_down (&fired[r]);
    }
}

SIMD void
fires_keys (SpDtype t, const void *x, size_t n_rows, size_t n, double limit, uint32_t *by_column, uint32_t *by_row, uint64_t *n_nonfinite)
{
  int    key = limit_key (t, limit);
  size_t r = 0;

  for (; r + KEY_ROWS <= n_rows; r += KEY_ROWS)
    fires_key_rows (t, at (t, x, r * n), KEY_ROWS, n, key, by_column, by_row + r, n_nonfinite);
  for (; r < n_rows; r++)
    fires_key_rows (t, at (t, x, r * n), 1, n, key, by_column, by_row + r, n_nonfinite);
}
