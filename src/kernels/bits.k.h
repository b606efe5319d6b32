/* bits.k.h - which elements fire as bits, and how many of two rows of bits agree */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

SIMD uint32_t
sixteen_bits (SpDtype t, const void *p, double limit)
{
  double   v[SP_LANES];
  uint32_t word = 0;
  u32x16   odd = zero_u32 ();

  if (is_narrow (t))
    return bits_of (firing (t, p, set1 (f32_floor (limit)), &odd));
  ld_magnitudes (t, p, v);
  EACH_LANE word |= (uint32_t) (v[l] > limit && v[l] <= MAX_F64) << l;
  return word;
}

SIMD void
pack (SpDtype t, const void *x, size_t n, double limit, uint64_t *bits)
{
  char pad[PAD_BYTES];

  for (size_t i = 0; i < n; i += SP_LANES)
    bits[i / 64] |= (uint64_t) sixteen_bits (t, sixteen (t, x, i, n, pad), limit) << i % 64;
}

#define pack_KERNEL(t, name) \
static void name (const void *x, size_t n, double limit, uint64_t *bits) { pack (t, x, n, limit, bits); }

SIMD uint64_t
common (const uint64_t *a, const uint64_t *b, size_t n)
{
  uint64_t count = 0;

  for (size_t i = 0; i < n; i++)
    count += (uint64_t) __builtin_popcountll (a[i] & b[i]);
  return count;
}

#define common_KERNEL(t, name) \
static uint64_t name (const uint64_t *a, const uint64_t *b, size_t n_words) { return common (a, b, n_words); }

SIMD uint64_t
unite (uint64_t *into, const uint64_t *row, size_t n)
{
  uint64_t count = 0;

  for (size_t i = 0; i < n; i++)
    {
      into[i] |= row[i];
      count += (uint64_t) __builtin_popcountll (into[i]);
    }
  return count;
}

#define unite_KERNEL(t, name) \
static uint64_t name (uint64_t *into, const uint64_t *row, size_t n_words) { return unite (into, row, n_words); }
