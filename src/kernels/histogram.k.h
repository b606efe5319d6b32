/* histogram.k.h - how often each bit pattern, or each upper half of an f32, occurs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define KEYS_BLOCK 1024       /* keys made at a time for wide types: 2 KiB on the stack */
#define AROUND 1024           /* keys from which the hot one is left out at a time */
#define N_SAMPLES 32
#define N_HOT (N_SAMPLES * 5 / 8)

SIMD uint64_t
four_keys (const void *keys, size_t i)
{
  uint64_t word;

  memcpy (&word, (const char *) keys + 2 * i, sizeof word);
  return word;
}

SIMD unsigned
one_key (const void *keys, size_t i)
{
  uint16_t key;

  memcpy (&key, (const char *) keys + 2 * i, sizeof key);
  return key;
}

/* A pattern that makes up most of the keys, as zero does in a pruned tensor; -1 if none shows.  Only speed hangs on the answer. */
SIMD int
hot_key (const void *keys, size_t n)
{
  unsigned sample[N_SAMPLES];
  size_t   step = (n / N_SAMPLES - 1) | 1;

  for (unsigned i = 0; i < N_SAMPLES; i++)
    sample[i] = one_key (keys, i * step);
  for (unsigned i = 0; i < N_SAMPLES; i++)
    {
      unsigned n_same = 0;

      for (unsigned j = 0; j < N_SAMPLES; j++)
        n_same += sample[i] == sample[j];
      if (n_same >= N_HOT)
        return (int) sample[i];
    }
  return -1;
}

SIMD void
count_four (uint64_t word, uint32_t *bins)
{
  bins[word & 0xffff]++;
  bins[word >> 16 & 0xffff]++;
  bins[word >> 32 & 0xffff]++;
  bins[word >> 48]++;
}

SIMD void
count_plain (const void *keys, size_t n, uint32_t *bins)
{
  size_t i;

  for (i = 0; i + 16 <= n; i += 16)
    for (unsigned j = 0; j < 16; j += 4)
      count_four (four_keys (keys, i + j), bins);
  for (; i < n; i++)
    bins[one_key (keys, i)]++;
}

/* An increment waits for the last one of the same bin, so a hot key is not counted but left out. */
SIMD size_t
count_around (const void *keys, size_t n, unsigned hot, uint32_t *bins)
{
  uint32_t others[AROUND + KEYS];
  size_t   i = 0;

  while (i + KEYS <= n)
    {
      size_t start = i, end = n - i < AROUND ? n : i + AROUND, k = 0;

      for (; i + KEYS <= end; i += KEYS)
        k += put_others ((const char *) keys + 2 * i, (uint16_t) hot, others + k);
      bins[hot] += (uint32_t) (i - start - k);
      for (size_t j = 0; j < k; j++)
        bins[others[j]]++;
    }
  return i;
}

SIMD void
count_keys (const void *keys, size_t n, uint32_t *bins)
{
  int    hot = n >= 8 * N_SAMPLES ? hot_key (keys, n) : -1;
  size_t i = hot >= 0 ? count_around (keys, n, (unsigned) hot, bins) : 0;

  count_plain ((const char *) keys + 2 * i, n - i, bins);
}

/* Eight tables, so that equal neighbours do not wait for one another. */
SIMD void
count_bytes (const void *x, size_t n, uint32_t *bins)
{
  uint32_t       tables[8][256] = { { 0 } };
  const uint8_t *b = x;
  size_t         i;

  for (i = 0; i + 8 <= n; i += 8)
    {
      uint64_t word;

      memcpy (&word, b + i, sizeof word);
      for (unsigned j = 0; j < 8; j++)
        tables[j][word >> 8 * j & 0xff]++;
    }
  for (; i < n; i++)
    tables[0][b[i]]++;
  for (unsigned v = 0; v < 256; v++)
    for (unsigned j = 0; j < 8; j++)
      bins[v] += tables[j][v];
}

/* Toward zero: where rounding to nearest went outward, one step back, which also takes an
 * overflow back to the largest finite. */
SIMD uint16_t
key_of_f64 (double x)
{
  float    f = (float) x;
  uint32_t bits = f32_bits (f);

  bits -= (double) __builtin_fabsf (f) > __builtin_fabs (x) ? 1 : 0;
  return (uint16_t) (bits >> 16);
}

/* p: 16 elements; keys: (16). */
SIMD void
make_keys (SpDtype t, const void *p, uint16_t *keys)
{
  if (t == SP_DTYPE_F32)
    {
      uint32_t v[SP_LANES];

      memcpy (v, p, sizeof v);
      EACH_LANE keys[l] = (uint16_t) (v[l] >> 16);
    }
  else
    {
      double v[SP_LANES];

      ld_wide (t, p, v);
      EACH_LANE keys[l] = key_of_f64 (v[l]);
    }
}

SIMD void
histogram (SpDtype t, const void *x, size_t n, uint32_t *bins)
{
  uint16_t keys[KEYS_BLOCK];
  char     pad[PAD_BYTES];

  if (size_of (t) == 1)
    {
      count_bytes (x, n, bins);
      return;
    }
  if (size_of (t) == 2)
    {
      count_keys (x, n, bins);
      return;
    }
  for (size_t i = 0; i < n; i += KEYS_BLOCK)
    {
      size_t k = n - i < KEYS_BLOCK ? n - i : KEYS_BLOCK, j;

      for (j = 0; j + SP_LANES <= k; j += SP_LANES)
        make_keys (t, at (t, x, i + j), keys + j);
      if (j < k)
        make_keys (t, padded (t, at (t, x, i + j), k - j, pad), keys + j);
      count_keys (keys, k, bins);
    }
}

#define histogram_KERNEL(t, name) \
static void name (const void *x, size_t n, uint32_t *bins) { histogram (t, x, n, bins); }
