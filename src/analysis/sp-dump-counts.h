/* sp-dump-counts.h - how often neurons fired, recorded instead of their activations
 *
 * A vector [neurons] of whole numbers for each layer, in integers or floats, called counts.3, activation_3 or the like; a file each
 * will do.  How many tokens were counted says a scalar n_tokens beside them, or the caller. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

#define SP_COUNTS_MOST ((guint64) 1 << 53)       /* firings of a layer, and tokens times neurons: doubles hold them exactly */

typedef struct {
  guint64 **fired;               /* (dump->n_layers) of (n_neurons), and one more: tokens at which it fired; NULL: see problems */
  char    **problems;            /* (dump->n_layers) a sentence: why a layer's counts are of no use; NULL: they are */
  guint64   n_tokens;            /* 0: nothing says */
} SpDumpCounts;

gboolean      sp_dump_has_counts  (SpStore *store);      /* vectors called so, and no parameters */

/* Reads the counts, if there are any and no activations, and gives the dump its site and layers; else NULL.  n_tokens: 0: as the
 * file says.  Any thread. */
SpDumpCounts *sp_dump_counts_new  (SpDump *dump, const SpItems *items, guint64 n_tokens);
void          sp_dump_counts_free (SpDumpCounts *counts, gsize n_layers);
