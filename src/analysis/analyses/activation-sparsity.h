/* activation-sparsity.h - what the scan of activation-sparsity leaves for its report (private to the two files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-bins.h"
#include "sp-distribution.h"
#include "sp-dump-firings.h"

/* A layer, as far as it was read. */
typedef struct {
  SpDtype         dtype;
  SpBins         *bins;          /* signed, of all its tensors so far; NULL: none yet */
  SpDistribution *distribution;  /* of the magnitudes; made again when more was read; NULL */
  guint64         n_finite;      /* in distribution */
  double          largest;       /* magnitude in it; 0: none */
  guint32        *active;        /* (n_tokens) neurons active at the token, by the limit the run was asked for */
  guint32        *n_odd;         /* (n_tokens) of them NaN or infinite */
  guint64         n_read;        /* tokens before which something was read */
  guint64         n_seen, n_nonfinite;       /* elements that count; of them NaN or infinite */
  guint64         n_zero;        /* of types with wide bins; the others' histogram tells */
  char           *problem;       /* what could not be read, or NULL */
} ActiveLayer;

/* Which activations count as active. */
typedef enum { RULE_ZERO, RULE_EPS, RULE_FAT } ActiveRule;

typedef struct {
  SpItems      items;            /* owned copy; stores are kept alive by the run */
  SpDump      *dump;
  double       limit;            /* active[]: |a| > limit */
  ActiveLayer *layers;           /* (dump->n_layers) */
  guint64      n_folds, n_folds_cached;      /* distributions are of so many */
} ActiveState;

/* |a| > the limit is active.  FAT: |a| >= ε, so the largest number below ε. */
double    active_limit  (SpArgs *args);
SpResult *active_report (gpointer state, SpArgs *args);
