/* activation-overlap.h - what the scan of activation-overlap leaves for its report (private to its files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump-firings.h"

#define OVERLAP_SIZES 15               /* windows and lags of 1, 2, 4 … 16 384 tokens */

/* Pairs of tokens of one sequence, so far apart. */
typedef struct { double overlap, jaccard, chance; guint64 n, n_jaccard; } OverlapPairs;

/* Windows of so many tokens: how many neurons are active in each, summed. */
typedef struct { guint64 n, n_active; } OverlapWindows;

/* A layer, as far as it was read. */
typedef struct {
  guint64       *fired;                /* (n_neurons) tokens at which it was active */
  guint64        n_tokens, n_active, n_nonfinite;
  OverlapPairs   pairs[OVERLAP_SIZES];
  OverlapWindows windows[OVERLAP_SIZES];
  char          *problem;

  /* The tokens just read, as bits. */
  guint64        next;                 /* token of the layer that would go on */
  guint64        n_run;                /* tokens of the sequence so far */
  guint64       *recent;               /* (most + 1, words) those before; token k of the sequence in row k mod (most + 1) */
  guint32       *n_recent;             /* (most + 1) active in each */
  guint64       *unions;               /* (sizes, words) a window half done */
  gboolean       has_half[OVERLAP_SIZES];
  guint64       *pending;              /* (words) a token that chunks share */
  guint64        n_pending;            /* elements of it */
} OverlapLayer;

typedef struct {
  SpItems       items;                 /* owned copy; stores are kept alive by the run */
  SpDump       *dump;
  double        limit;                 /* active: |a| > limit */
  guint         n_sizes;               /* windows of 1 … 2^(n_sizes - 1) tokens */
  OverlapLayer *layers;                /* (dump->n_layers) */
} OverlapState;

static inline gsize
overlap_words (guint64 n_neurons)
{
  return (gsize) (n_neurons + 63) / 64;
}

/* Tokens of a layer that are kept. */
static inline gsize
overlap_n_kept (const OverlapState *state)
{
  return ((gsize) 1 << (state->n_sizes - 1)) + 1;
}

SpResult *overlap_report (gpointer state, SpArgs *args);
