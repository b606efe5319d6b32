/* sp-tally.c - the checksum of a tensor's bytes, for the sum of its member */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tally.h"

#include "sp-checksum.h"

#include <zlib.h>

struct _SpTally {
  const SpTensor *tensor;
  guint64         n_chunks;
  guint64         n_left;              /* atomic */
  gboolean        is_scattered;        /* atomic; some chunk came without data */
  guint32        *crcs;                /* (n_chunks), atomic */
  guint32        *lengths;             /* (n_chunks), atomic; bytes */
  guint8         *is_seen;             /* (n_chunks), atomic */
};

SpTally *
sp_tally_new (const SpTensor *tensor, guint64 n_chunks)
{
  SpTally *tally = g_new0 (SpTally, 1);

  tally->tensor = tensor;
  tally->n_chunks = tally->n_left = n_chunks;
  tally->crcs = g_new0 (guint32, n_chunks);
  tally->lengths = g_new0 (guint32, n_chunks);
  tally->is_seen = g_new0 (guint8, n_chunks);
  return tally;
}

void
sp_tally_free (SpTally *tally)
{
  if (tally == NULL)
    return;
  g_free (tally->crcs);
  g_free (tally->lengths);
  g_free (tally->is_seen);
  g_free (tally);
}

void
sp_tally_add (SpTally *tally, guint64 chunk, gconstpointer data, gsize n_bytes)
{
  if (data == NULL)
    __atomic_store_n (&tally->is_scattered, TRUE, __ATOMIC_RELAXED);
  if (data == NULL || __atomic_load_n (&tally->is_seen[chunk], __ATOMIC_RELAXED))
    return;
  __atomic_store_n (&tally->crcs[chunk], sp_crc32 (0, data, n_bytes), __ATOMIC_RELAXED);
  __atomic_store_n (&tally->lengths[chunk], n_bytes, __ATOMIC_RELAXED);
}

static guint32
combine (const SpTally *tally)
{
  guint32 crc = tally->crcs[0];

  for (guint64 i = 1; i < tally->n_chunks; i++)
    crc = crc32_combine (crc, tally->crcs[i], tally->lengths[i]);
  return crc;
}

gboolean
sp_tally_check (SpTally *tally, guint64 chunk, GError **error)
{
  const SpTensor *tensor = tally->tensor;
  guint32 crc;

  if (__atomic_exchange_n (&tally->is_seen[chunk], 1, __ATOMIC_ACQ_REL)
      || __atomic_sub_fetch (&tally->n_left, 1, __ATOMIC_ACQ_REL) > 0)
    return TRUE;
  if (!__atomic_load_n (&tally->is_scattered, __ATOMIC_RELAXED))
    crc = combine (tally);
  else if (!sp_crc32_blob (tensor->blob, tensor->offset, tensor->n_bytes, &crc, error))
    return FALSE;
  return sp_sum_add (tensor->sum, tensor->offset, tensor->n_bytes, crc, error);
}
