/* sp-unfilter.c - what a program did to a tile before it stored it, undone */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-unfilter.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#define SUM_BYTES  4
#define SUM_WORDS  360                 /* of 16 bits, before 32 bits could overflow */
#define TILE_WORDS 256                 /* elements that are shuffled together, so that both sides stay in the cache */

static gboolean
is_active (const SpFilters *filters, guint32 mask, guint i)
{
  return i < filters->n && !(mask & 1u << i);
}

/* What filter i was given, when the whole was n_bytes. */
static gsize
size_before (const SpFilters *filters, guint32 mask, guint i, gsize n_bytes)
{
  for (guint k = 0; k < i; k++)
    if (is_active (filters, mask, k) && filters->kinds[k] == SP_FILTER_FLETCHER)
      n_bytes += SUM_BYTES;
  return n_bytes;
}

gsize
sp_unfilter_room (const SpFilters *filters, gsize n_bytes)
{
  return size_before (filters, 0, filters->n, n_bytes);
}

static gboolean
inflate_all (const guint8 *data, gsize n_data, guint8 *out, gsize n_out)
{
#ifdef HAVE_LIBDEFLATE
  struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor ();
  gsize n = 0;
  gboolean is_good = decompressor != NULL
                  && libdeflate_zlib_decompress (decompressor, data, n_data, out, n_out, &n) == LIBDEFLATE_SUCCESS;

  libdeflate_free_decompressor (decompressor);
  return is_good && n == n_out;
#else
  uLongf n = n_out;

  return uncompress (out, &n, data, n_data) == Z_OK && n == n_out;
#endif
}

/* All first bytes, then all second bytes …, then what is left over. */
static void
unshuffle (const guint8 *data, gsize n_data, gsize size, guint8 *out)
{
  gsize n = size > 0 ? n_data / size : 0;

  if (size < 2 || n < 2)
    {
      memcpy (out, data, n_data);
      return;
    }
  for (gsize start = 0; start < n; start += TILE_WORDS)
    for (gsize b = 0; b < size; b++)
      for (gsize i = start; i < MIN (start + TILE_WORDS, n); i++)
        out[i * size + b] = data[b * n + i];
  memcpy (out + n * size, data + n * size, n_data - n * size);
}

/* The same of two, as a loop that compilers turn into vectors. */
static void
unshuffle_pairs (const guint8 *data, gsize n_data, guint8 *out)
{
  const guint8 *low = data, *high = data + n_data / 2;

  for (gsize i = 0; i < n_data / 2; i++)
    {
      out[2 * i] = low[i];
      out[2 * i + 1] = high[i];
    }
  if (n_data % 2 != 0)
    out[n_data - 1] = data[n_data - 1];
}

static guint32
fold (guint32 sum)
{
  return (sum & 0xffff) + (sum >> 16);
}

static guint32
fletcher32 (const guint8 *data, gsize n)
{
  guint32 a = 0, b = 0;
  gsize n_words = n / 2;

  while (n_words > 0)
    {
      gsize n_now = MIN (n_words, SUM_WORDS);

      n_words -= n_now;
      for (; n_now > 0; n_now--, data += 2)
        b += a += (guint32) data[0] << 8 | data[1];
      a = fold (a);
      b = fold (b);
    }
  if (n % 2 != 0)
    {
      a = fold (a + ((guint32) data[0] << 8));
      b = fold (b + a);
    }
  return fold (b) << 16 | fold (a);
}

/* Early versions of the library swapped the bytes of each half. */
static gboolean
has_right_sum (const guint8 *data, gsize n)
{
  guint32 sum = fletcher32 (data, n), stored;
  guint32 swapped = (sum & 0x00ff00ff) << 8 | (sum >> 8 & 0x00ff00ff);

  memcpy (&stored, data + n, sizeof stored);
  stored = GUINT32_FROM_LE (stored);
  return stored == sum || stored == swapped;
}

static guint
count_moves (const SpFilters *filters, guint32 mask)
{
  guint n = 0;

  for (guint i = 0; i < filters->n; i++)
    n += is_active (filters, mask, i) && filters->kinds[i] != SP_FILTER_FLETCHER;
  return n;
}

const char *
sp_unfilter (const SpFilters *filters, guint32 mask, const guint8 *data, gsize n_data, guint8 *out, guint8 *scratch,
             gsize n_bytes)
{
  guint n_moves = count_moves (filters, mask);

  for (guint i = filters->n; i-- > 0;)
    {
      guint8 *to = n_moves % 2 == 1 ? out : scratch;
      gsize n_before = size_before (filters, mask, i, n_bytes);

      if (!is_active (filters, mask, i))
        continue;
      if (filters->kinds[i] == SP_FILTER_FLETCHER)
        {
          if (n_data < SUM_BYTES || !has_right_sum (data, n_data - SUM_BYTES))
            return _("its checksum does not match: the file is damaged");
          n_data -= SUM_BYTES;
          continue;
        }
      if (filters->kinds[i] == SP_FILTER_DEFLATE)
        {
          if (!inflate_all (data, n_data, to, n_before))
            return _("its compressed data are damaged, or are of another size");
          n_data = n_before;
        }
      else if (n_data > n_before)
        break;
      else if (filters->sizes[i] == 2)
        unshuffle_pairs (data, n_data, to);
      else
        unshuffle (data, n_data, filters->sizes[i], to);
      data = to;
      n_moves--;
    }
  if (n_data != n_bytes)
    return _("its size is not what its shape needs");
  if (data != out)
    memcpy (out, data, n_bytes);
  return NULL;
}
