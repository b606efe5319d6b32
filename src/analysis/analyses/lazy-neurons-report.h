/* lazy-neurons-report.h - what the parts of the report of lazy-neurons share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "lazy-neurons.h"

#include <math.h>

/* Of a layer, or of all. */
typedef struct {
  guint64 n_tokens, n_neurons, n_valid, n_fired, n_nonfinite;
  guint64 n_fewest_tokens;               /* of any layer that has some */
  guint64 n_never, n_dead, n_rare, n_often, n_always;
  gboolean lacks_total;                  /* as LazyState */
  const LazyCarried *carried;            /* of a layer, lent */
} LazyTally;

typedef struct {
  LazyState *state;
  double     dead, rare, often;
  LazyOrder  order;
  LazyTally *layers;                     /* (n_layers) owned by lazy_report() */
  LazyTally  all;
} LazyReport;

/* Of the neurons, most frequent first: closer together where frequencies are highest. */
static inline double
lazy_rank_share (gsize rank)
{
  double x = (double) rank / LAZY_RANKS;

  return x * x;
}

/* NaN: of nothing. */
static inline double
lazy_share (guint64 part, guint64 whole)
{
  return whole > 0 ? (double) part / (double) whole : NAN;
}

static inline double
lazy_ratio (const LazyTally *tally)
{
  return lazy_share (tally->n_fired, tally->n_valid);
}

/* What no cut-off changes, as of what was read. */
void     lazy_rank           (LazyState *state);
extern const double lazy_coverages[LAZY_COVERAGES];                      /* per cent */
gboolean lazy_is_shown       (const LazyState *state, gsize layer);      /* it was read, as far as it was */
guint64  lazy_count_from     (const LazyLayer *layer, double frequency); /* neurons that fire as often or more */
guint64  lazy_count_above    (const LazyLayer *layer, double frequency); /* more often */

void     lazy_count_all      (LazyReport *report);                       /* fills layers and all */
double   lazy_rule_of_three  (const LazyTally *tally);                   /* what one that never fired fires at most; NaN */
double   lazy_tokens_wanted  (const LazyReport *report);                 /* more, until that is below the cut for the dead; infinite */

/* Each adds a table, or a plot with its table or grid. */
void     lazy_add_layers     (SpResult *result, const LazyReport *report);
void     lazy_add_neurons    (SpResult *result, const LazyReport *report);
void     lazy_add_lists      (SpResult *result, const LazyReport *report);       /* of the neurons of each class */
void     lazy_add_summary    (SpResult *result, const LazyReport *report);
void     lazy_add_map        (SpResult *result, const LazyReport *report);
void     lazy_add_sorted     (SpResult *result, const LazyReport *report);
void     lazy_add_coverage   (SpResult *result, const LazyReport *report);
void     lazy_add_histogram  (SpResult *result, const LazyReport *report);
void     lazy_add_layer_plot (SpResult *result, const LazyReport *report);
