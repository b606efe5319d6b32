/* top.k.h - the largest magnitudes of each row of a block, exactly so many, by neuron and by token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* What orders an element among its row: the bits of its magnitude, which are in the order of what they stand for. */
SIMD uint64_t
top_odd (SpDtype t)           /* keys from here on are not finite */
{
  return has_keys (t) ? (uint64_t) largest_key (t) + 1 : is_narrow (t) ? 0x7f800000 : UINT64_C (0x7ff) << 52;
}

SIMD double
top_value (SpDtype t, uint64_t key)
{
  double v;

  if (has_keys (t))
    return key_value (t, (int) key);
  if (is_narrow (t))
    return (double) f32_from_bits ((uint32_t) key);
  memcpy (&v, &key, sizeof v);
  return v;
}

/* p: 16 elements; keys: (16). */
SIMD void
ld_top_keys (SpDtype t, const void *p, uint64_t *keys)
{
  float  narrow[SP_LANES];
  double wide[SP_LANES];

  if (is_narrow (t))
    {
      st_f32 (narrow, vabs (ld (t, p)));
      EACH_LANE keys[l] = f32_bits (narrow[l]);
    }
  else
    {
      ld_wide (t, p, wide);
      EACH_LANE wide[l] = __builtin_fabs (wide[l]);
      memcpy (keys, wide, sizeof wide);
    }
}

/* Elements whose key is more than this one. */
SIMD size_t
count_above (SpDtype t, const void *x, size_t n, uint64_t key)
{
  uint64_t keys[SP_LANES];
  size_t   above = 0;
  char     pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += SP_LANES)
    {
      ld_top_keys (t, sixteen (t, x, i, n, pad), keys);
      EACH_LANE above += keys[l] > key;
    }
  return above;
}

/* The same for types with magnitude keys and for f32, whose keys fit the lanes. */
SIMD size_t
count_keys_above (SpDtype t, const void *x, size_t n, int key)
{
  size_t above = 0, i = 0;
  char   pad[2 * KEY_LANES] = { 0 };

  while (i < n)
    {
      keys16 keys, counted = { 0 };

      for (unsigned k = 0; k < MOST_BLOCKS && i + KEY_LANES <= n; k++, i += KEY_LANES)
        {
          ld_keys (t, at (t, x, i), &keys);
          counted += keys > (int16_t) key;
        }
      above += count_down (&counted);
      if (n - i >= KEY_LANES || i == n)
        continue;
      memcpy (pad, at (t, x, i), (n - i) * size_of (t));
      ld_keys (t, pad, &keys);
      counted = keys > (int16_t) key;
      above += count_down (&counted);
      i = n;
    }
  return above;
}

typedef int32_t keys32 __attribute__ ((vector_size (VECTOR_BYTES)));

SIMD size_t
count_f32_above (const void *x, size_t n, int32_t key)
{
  const size_t n_lanes = VECTOR_BYTES / 4;
  keys32       keys, counted = { 0 };
  size_t       above = 0, i = 0;

  for (; i + n_lanes <= n; i += n_lanes)
    {
      memcpy (&keys, at (SP_DTYPE_F32, x, i), sizeof keys);
      counted += (keys & 0x7fffffff) > key;
    }
  for (unsigned l = 0; l < n_lanes; l++)
    above -= (size_t) (ptrdiff_t) counted[l];
  return above + count_above (SP_DTYPE_F32, at (SP_DTYPE_F32, x, i), n - i, (uint64_t) key);
}

/* --- a row ------------------------------------------------------------------------------------- */

SIMD size_t
count_row_above (SpDtype t, const void *x, size_t n, uint64_t key)
{
  if (has_keys (t))
    return count_keys_above (t, x, n, (int) key);
  return t == SP_DTYPE_F32 ? count_f32_above (x, n, (int32_t) key) : count_above (t, x, n, key);
}

/* The smallest key above which there are no more than n_most. */
SIMD uint64_t
find_cut (SpDtype t, const void *x, size_t n, size_t n_most)
{
  uint64_t low = 0, high = top_odd (t) - 1;

  while (low < high)
    {
      uint64_t mid = low + (high - low) / 2;

      if (count_row_above (t, x, n, mid) <= n_most)
        high = mid;
      else
        low = mid + 1;
    }
  return low;
}

/* The first n_kept elements of this magnitude. */
SIMD void
keep_equal (SpDtype t, const void *x, size_t n, double magnitude, size_t n_kept, uint32_t *by_column)
{
  double v[SP_LANES];
  char   pad[PAD_BYTES];

  for (size_t i = 0; i < n && n_kept > 0; i += SP_LANES)
    {
      ld_magnitudes (t, sixteen (t, x, i, n, pad), v);
      for (size_t l = 0; l < SP_LANES && n_kept > 0; l++)
        if (v[l] == magnitude)
          {
            by_column[i + l]++;
            n_kept--;
          }
    }
}

SIMD void
top_row (SpDtype t, const void *x, size_t n, double dropped, uint32_t *by_column, uint32_t *by_row)
{
  size_t   n_odd = count_row_above (t, x, n, top_odd (t) - 1), n_finite = n - n_odd;
  size_t   n_kept = n_finite - (size_t) ((double) n_finite * dropped);
  uint64_t cut = find_cut (t, x, n, n_kept + n_odd), odd = 0;
  double   value = top_value (t, cut);
  uint32_t above = 0;

  fires (t, x, 1, n, value, by_column, &above, &odd);
  *by_row += above;
  if (cut == 0 || above >= n_kept)
    return;
  keep_equal (t, x, n, value, n_kept - above, by_column);
  *by_row += (uint32_t) (n_kept - above);
}

#define top_KERNEL(t, name) \
static void name (const void *x, size_t n_rows, size_t n, double dropped, uint32_t *by_column, uint32_t *by_row) \
{ for (size_t r = 0; r < n_rows; r++) top_row (t, at (t, x, r * n), n, dropped, by_column, by_row + r); }
