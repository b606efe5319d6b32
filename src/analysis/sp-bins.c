/* sp-bins.c - counters of bins, of which a tensor's weights fill few */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-bins.h"

#include <string.h>

void
sp_chunk_bins_mark (SpChunkBins *bins, guint n_bins)
{
  for (guint i = 0; i < n_bins; i += SP_BIN_BLOCK)
    {
      guint32 any = 0;

      for (guint k = 0; k < SP_BIN_BLOCK; k++)
        any |= bins->counts[i + k];
      bins->is_used[i / SP_BIN_BLOCK] = any != 0;
    }
}

/* size: of a count. */
static void
clear_blocks (guint8 *is_used, gpointer counts, gsize size)
{
  for (guint b = 0; b < SP_BIN_BLOCKS; b++)
    if (is_used[b])
      memset ((guint8 *) counts + b * SP_BIN_BLOCK * size, 0, SP_BIN_BLOCK * size);
  memset (is_used, 0, SP_BIN_BLOCKS);
}

void
sp_chunk_bins_clear (SpChunkBins *bins)
{
  clear_blocks (bins->is_used, bins->counts, sizeof *bins->counts);
}

void
sp_bins_clear (SpBins *bins)
{
  clear_blocks (bins->is_used, bins->counts, sizeof *bins->counts);
  bins->n = 0;
}

void
sp_bins_add_chunk (SpBins *bins, const SpChunkBins *chunk)
{
  for (guint b = 0; b < SP_BIN_BLOCKS; b++)
    if (chunk->is_used[b])
      {
        for (guint i = b * SP_BIN_BLOCK; i < (b + 1) * SP_BIN_BLOCK; i++)
          {
            bins->counts[i] += chunk->counts[i];
            bins->n += chunk->counts[i];
          }
        bins->is_used[b] = TRUE;
      }
}

gboolean
sp_bins_find_last (const SpBins *bins, guint *bin)
{
  for (guint b = SP_BIN_BLOCKS; b-- > 0;)
    for (guint i = (b + 1) * SP_BIN_BLOCK; bins->is_used[b] && i-- > b * SP_BIN_BLOCK;)
      if (bins->counts[i] != 0)
        {
          *bin = i;
          return TRUE;
        }
  return FALSE;
}
