/* lazy-neurons.h - what the scan of lazy-neurons leaves for its report (private to its files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump-counts.h"
#include "sp-dump-firings.h"
#include "sp-dump-look.h"

#define LAZY_COVERAGES 4               /* 80, 90, 95, 99 % */
#define LAZY_RANKS     200             /* steps of a curve over neurons */

typedef enum { LAZY_AS_STORED, LAZY_BY_FREQUENCY, LAZY_N_ORDERS } LazyOrder;

/* How few neurons carry how many of the firings of a layer, or of all. */
typedef struct {
  guint64 cover[LAZY_COVERAGES];       /* fewest neurons that carry that share of all firings */
  double  curve[LAZY_RANKS + 1];       /* share of all firings that a share of the neurons carries, lazy_rank_share() */
} LazyCarried;

/* One layer, as far as it was read. */
typedef struct {
  guint64 *fired;                /* (n_neurons) tokens at which it fired */
  guint64 *n_odd;                /* (n_neurons) at which it was NaN or infinite; NULL: never */
  guint64  n_seen;               /* elements read that count */
  guint64  n_fired, n_nonfinite; /* of all its neurons */
  char    *problem;              /* what could not be read, or NULL */

  double     *sorted;            /* (n_ever_valid) frequencies, highest first, as of n_ranked; NULL */
  guint64     n_ever_valid;      /* neurons that were a number at least once */
  LazyCarried carried;
  guint64     n_ranked;          /* n_seen when they were sorted */
} LazyLayer;

typedef struct {
  SpItems    items;              /* owned copy; stores are kept alive by the run */
  SpDumpLook *look;              /* owns dump */
  SpDump    *dump;
  double     limit;              /* fires: |a| > limit, */
  double     dropped;            /* or, above 0, not among this share of its token's neurons, the smallest, and a ≠ 0 */
  gboolean   is_counted;         /* elsewhere: the input has counts, and nothing is read later */
  gboolean   lacks_total;        /* of how many tokens it does not say: counted as one, so that frequencies are counts */
  LazyLayer *layers;             /* (dump->n_layers) */
  gsize      n_wanted, n_ended;          /* items */

  /* What no cut-off changes, made again when more was read, and shared by all results. */
  gsize      n_ended_shared;
  guint64    n_seen_shared;
  SpTable   *neurons;            /* as of n_ended_shared, or NULL */
  SpGrid    *maps[LAZY_N_ORDERS];        /* as of n_seen_shared, too, or NULL */
  LazyCarried all;               /* the same; all neurons pooled */
} LazyState;

/* Of a layer that could be read: tokens so far; while a chunk ends within a token, that one counts. */
static inline guint64
lazy_n_tokens (const LazyState *state, gsize layer)
{
  return sp_dump_count_tokens (state->dump, layer, state->layers[layer].n_seen);
}

/* Tokens at which the neuron was a number. */
static inline guint64
lazy_n_valid (const LazyState *state, gsize layer, guint64 neuron)
{
  const guint64 *n_odd = state->layers[layer].n_odd;

  return lazy_n_tokens (state, layer) - (n_odd != NULL ? n_odd[neuron] : 0);
}

/* How often it fires; NaN where it never was a number. */
static inline double
lazy_frequency (const LazyState *state, gsize layer, guint64 neuron)
{
  return (double) state->layers[layer].fired[neuron] / (double) lazy_n_valid (state, layer, neuron);
}

SpResult *lazy_report (gpointer state, SpArgs *args);
