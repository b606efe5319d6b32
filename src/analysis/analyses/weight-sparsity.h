/* weight-sparsity.h - what the scan of weight-sparsity leaves for its report (private to the two files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"
#include "sp-analysis.h"
#include "sp-distribution.h"

#define N_RELATIVE 241                   /* curve over |w|/rms: 2^((i − 160) / 8) */
#define RELATIVE_LIMIT(i) exp2 (((double) (i) - 160) / 8)

/* One tensor, once it was read. */
typedef struct {
  gboolean        is_read;               /* the figures below hold */
  char           *problem;               /* why not, or NULL */
  guint64         n, n_zero, n_nonfinite;
  double          min, max, sum, sum_abs, sum_sq;
  double          gini;
  guint64         n_rows, n_zero_rows, n_columns, n_zero_columns;    /* channels, for kernels of convolutions */
  SpDistribution *distribution;          /* NULL where n is 0 */
  /* Exact counts of the last reading that asked for them (types with wide bins). */
  guint64         n_near, n_pruned;
  double          energy_pruned;
} Record;

/* Live parameters in a form that says at once whether two sets mean the same. */
typedef struct {
  double   eps, prune;
  gboolean is_relative, counts[SP_N_GROUPS];
} Live;

/* Live figures of one tensor. */
typedef struct {
  double   n_near, n_pruned, energy_pruned;      /* the last two: of what is counted */
  gboolean is_counted, is_near_estimate, is_pruned_estimate;
} Figure;

/* What the figures were counted with. */
typedef struct {
  Live     live;
  double   prune_limit;                  /* NaN: nothing is pruned */
  gboolean has_exact_near, has_exact_pruned;
  gsize    n_ended;
} Counted;

/* Magnitudes of one dtype over all tensors of a group: counts of the bins, and, made of them when asked for,
 * sums[g][i]: how many lie in the first i bins; NULL: no such tensor. */
typedef struct {
  SpBins  *counts[SP_N_GROUPS];
  guint64 *sums[SP_N_GROUPS];
} Totals;

/* Finding the exact k-th smallest magnitude among types with wide bins, in further readings: magnitudes
 * are narrowed as the bit patterns of doubles, which order like the numbers. */
#define N_NARROW SP_BINS_MOST
typedef struct {
  guint64  from, shift;                  /* counts[i]: patterns from + (i << shift) … */
  SpBins  *counts;                       /* (N_NARROW) */
  guint64  wanted;                       /* rank, 1 … : smallest pattern with that many at or below it */
  guint64  below;                        /* how many lie under `from` */
} Narrowing;

typedef enum { STEP_SCAN, STEP_NARROW, STEP_COUNT } Step;

typedef struct {
  SpItem    *items;                      /* (n); stores are kept alive by the run */
  gsize      n;
  Record    *records;                    /* (n) */
  gsize     *original;                   /* (n): item of the tensor it is an alias of, or itself */
  gsize     *order;                      /* (n): items by store, then natural order of names: rows of the table */
  Live       live;                       /* as the run was asked: exact counts are for these */
  gboolean   wants_exact;

  Step       step;
  guint8    *is_wanted;                  /* (n), in this step */
  Narrowing  narrowing;
  double     prune_limit;                /* exact, once known; NaN */
  gboolean   has_exact_near, has_exact_pruned;

  /* The tensor being folded. */
  SpBins    *bins, *counts;              /* signed; of magnitudes */
  SpMoments  moments;
  guint64    n_near, n_pruned, n_zero_rows;
  double     energy_pruned;
  guint8    *seen;                       /* (n_columns) */
  gsize      seen_room;
  gboolean   has_row;                    /* the row split over chunks had an element that is not 0 */

  Totals     totals[SP_N_DTYPES];
  guint64    relative[SP_N_GROUPS][N_RELATIVE];   /* #{|w| <= limit · rms}, finite, of items before n_relative */
  gsize      n_scanned, n_relative;      /* items before were scanned; are in the sums above */

  /* What no live parameter changes; made again when more was read. */
  gsize      n_ended, n_ended_cached, n_ended_summed;
  GPtrArray *fixed;                      /* of SpColumn */
  GArray    *layers;                     /* of LayerKey (report), sorted: the layers of tensors read so far */
  gsize     *layer_of;                   /* (n): index into layers */

  Figure    *figures;                    /* (n), by item, of the last report; NULL before the first */
  Counted    counted;
} State;

void     sp_weight_live     (SpArgs *args, Live *live);
SpGroup  sp_weight_group    (const SpTensor *tensor);      /* what switches it: by its part, vectors by their rank */
SpGroup  sp_weight_sums_to  (const State *state, gsize item);   /* the group a tensor's weights add to; SP_N_GROUPS:
                                                                 * never counted (buffers, masks, optimiser states, repeats) */
gboolean sp_weight_counts   (const State *state, gsize item, const Live *live);   /* is in the denominator */
double   sp_weight_rms      (const Record *record);
double   sp_weight_limit    (const Record *record, const Live *live);             /* ε in units of the weights */
SpResult *sp_weight_report  (gpointer state, SpArgs *args);
