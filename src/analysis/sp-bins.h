/* sp-bins.h - counters of bins, of which a tensor's weights fill few
 *
 * All work on them is for what is filled, not for the 65 536 there are: a checkpoint may have a hundred
 * thousand small tensors.  Zeroed memory is an empty one. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_BINS_MOST 65536
#define SP_BIN_BLOCK 64
#define SP_BIN_BLOCKS (SP_BINS_MOST / SP_BIN_BLOCK)

/* Counts of one chunk, as kernels make them. */
typedef struct {
  guint8  is_used[SP_BIN_BLOCKS];            /* blocks of bins that hold something, once marked */
  guint32 counts[SP_BINS_MOST];
} SpChunkBins;

typedef struct {
  guint64 n;                                 /* sum of all counts */
  guint8  is_used[SP_BIN_BLOCKS];
  guint64 counts[SP_BINS_MOST];
} SpBins;

void     sp_chunk_bins_mark  (SpChunkBins *bins, guint n_bins);    /* after counting into the first n_bins */
void     sp_chunk_bins_clear (SpChunkBins *bins);                  /* marked before */
void     sp_bins_clear       (SpBins *bins);
void     sp_bins_add_chunk   (SpBins *bins, const SpChunkBins *chunk);
gboolean sp_bins_find_last   (const SpBins *bins, guint *bin);     /* that holds something; FALSE: none does */

static inline void
sp_bins_add (SpBins *bins, guint bin, guint64 count)
{
  bins->n += count;
  bins->counts[bin] += count;
  bins->is_used[bin / SP_BIN_BLOCK] = TRUE;
}

/* The first bin from *bin on that holds something; FALSE: none does. */
static inline gboolean
sp_bins_next (const SpBins *bins, guint *bin)
{
  for (guint b = *bin / SP_BIN_BLOCK; b < SP_BIN_BLOCKS; b++)
    for (guint i = MAX (*bin, b * SP_BIN_BLOCK); bins->is_used[b] && i < (b + 1) * SP_BIN_BLOCK; i++)
      if (bins->counts[i] != 0)
        {
          *bin = i;
          return TRUE;
        }
  return FALSE;
}

#define SP_BINS_EACH(bins, i) (guint i = 0; sp_bins_next ((bins), &i); i++)
