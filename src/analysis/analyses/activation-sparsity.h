/* activation-sparsity.h - what the scan of activation-sparsity leaves for its report (private to its files) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "activation-cett.h"
#include "sp-bins.h"
#include "sp-distribution.h"
#include "sp-dump-firings.h"

/* A layer, as far as it was read. */
typedef struct {
  SpDtype         dtype;
  double          limit;         /* active[]: |a| > limit */
  SpBins         *bins;          /* signed, of all its tensors so far; NULL: none yet */
  SpDistribution *distribution;  /* of the magnitudes; made again when more was read; NULL */
  guint64         n_finite;      /* in distribution */
  double          largest;       /* magnitude in it; 0: none */
  guint32        *active;        /* (n_tokens) neurons active at the token */
  guint32        *n_odd;         /* (n_tokens) of them NaN or infinite */
  guint64         n_read;        /* tokens before which something was read */
  guint64         n_seen, n_nonfinite;       /* elements that count; of them NaN or infinite */
  guint64         n_zero;        /* of types with wide bins; the others' histogram tells */
  guint64         n_active;      /* sum of active[] */
  char           *problem;       /* what could not be read, or NULL */
} ActiveLayer;

/* Which activations count as active. */
typedef enum { RULE_ZERO, RULE_EPS, RULE_FAT, RULE_TOP, RULE_TOP_ALL, RULE_CETT, RULE_LIST } ActiveRule;

/* What a setting asks for. */
typedef struct {
  ActiveRule rule;
  double     eps, kept, tau;
  double    *thresholds;         /* (n_layers) of RULE_LIST; NULL: there are none, or not as many as layers */
  gsize      n_given;            /* in the list */
} ActiveSetting;

/* What is shown by token, made once for all settings that do not change it. */
typedef struct {
  gboolean   is_made;
  guint64    n_folds;
  ActiveRule rule;
  double     kept;
  double    *ratios;             /* (n_places) of a token, over all layers; NaN: not known */
  double    *least, *most;       /* (n_layers) ratio of a token; NaN */
  SpTable   *tokens, *histogram, *quantiles;
  SpGrid    *map;                /* NULL: no tokens */
} ActiveTokens;

typedef struct {
  SpItems       items;           /* owned copy; stores are kept alive by the run */
  SpDump       *dump;
  ActiveSetting scanned;         /* what the run was asked for */
  ActiveLayer  *layers;          /* (dump->n_layers) */
  gboolean      has_weights;     /* down projections of some layers are among the items */
  Cett         *cett;            /* of a run that needs them; NULL */
  gboolean      has_scanned;     /* the readings are cett's */
  guint64       n_folds;         /* of all readings */
  guint64       n_scans, n_scans_cached;     /* of the first; distributions and curve are of so many */
  SpTable      *curve;
  ActiveTokens  by_token;
} ActiveState;

void      active_setting_init  (ActiveSetting *setting, SpArgs *args, gsize n_layers);
void      active_setting_clear (ActiveSetting *setting);
/* |a| > the limit is active, of what a histogram can tell.  FAT: |a| >= ε, so the largest number below ε. */
double    active_limit         (const ActiveSetting *setting, gsize layer);
gboolean  active_parse_thresholds (const char *text, GArray *numbers, GError **error);    /* of double; NULL: only whether it can be */
SpResult *active_report        (gpointer state, SpArgs *args);
void      active_tokens_clear  (ActiveTokens *tokens);
