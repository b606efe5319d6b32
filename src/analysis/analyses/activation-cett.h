/* activation-cett.h - finds the thresholds of CETT in recorded activations (private to activation-sparsity) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-cett.h"
#include "sp-dump.h"

typedef struct {
  SpCettLayer core;
  gsize    item;                   /* of its down projection; G_MAXSIZE: none */
  gboolean is_by_neuron;           /* [neurons, outputs], as Conv1D keeps it */
  char    *problem;                /* why it has no figures; NULL */
  double   cut;                    /* active are ν >= cut; NaN: not known */
  guint32 *active;                 /* (n_tokens of the layer) at cut */
  guint64  n_active;
  float   *pending;                /* (n_neurons) a token that chunks share; NULL */
  guint64  n_pending;
  gpointer room;                   /* of the batch that measures it; NULL */
} CettLayer;

typedef struct _Cett Cett;

/* tau, or thresholds (n_layers) to cut at; most_tokens of a layer are measured.  Lends items and dump. */
Cett    *cett_new         (const SpItems *items, const SpDump *dump, double tau, const double *thresholds, guint64 most_tokens);
void     cett_free        (Cett *cett);
gboolean cett_has_weights (const SpItems *items, const SpDump *dump);
const CettLayer *cett_get_layer (const Cett *cett, gsize layer);

gboolean cett_begin_next  (Cett *cett);                   /* the next reading; FALSE: all is known */
gboolean cett_wants       (const Cett *cett, gsize item);
gsize    cett_part_bytes  (const Cett *cett, gsize item);
void     cett_chunk       (const Cett *cett, gsize item, const SpChunk *chunk, gpointer part);
void     cett_fold        (Cett *cett, gsize item, const SpChunk *chunk, gconstpointer part);
void     cett_end         (Cett *cett, gsize item, const char *problem);
