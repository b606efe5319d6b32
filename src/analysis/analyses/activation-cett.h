/* activation-cett.h - cutting neurons by what their share of a layer's output is worth (private to activation-sparsity)
 *
 * Neuron i's output vector is h_i · w_i, w_i its column of the down projection, its magnitude ν_i = |h_i| · |w_i|.  CETT of a token at
 * a cut t is the length of the sum of all output vectors with ν_i <= t over the length of the sum of all; of a layer, the mean over
 * tokens.  The threshold for a CETT of τ is found among 65 536 candidates by bisection: Luo et al., "Sparsing Law" (2024). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

#define CETT_CANDIDATES 65536
#define CETT_SECTION 256           /* candidates that the first eight decisions of the bisection leave */
#define CETT_CUTS (CETT_SECTION - 1)     /* candidates measured in one reading: all that eight decisions may ask for */

/* What some tokens came to; flat. */
typedef struct {
  double  cett[CETT_CUTS];         /* summed over tokens */
  guint64 n_up_to[CETT_CUTS];      /* activations with ν <= cut */
  guint64 n_values;                /* finite ones */
  guint64 n_tokens, n_silent;      /* measured; left out, since their output is 0 */
} CettSums;

/* Which candidates a reading measures: number first + i · step. */
typedef struct { guint first, step; } CettCuts;
#define CETT_COARSE ((CettCuts) { CETT_SECTION - 1, CETT_SECTION })

typedef struct {
  gsize    item;                   /* of its down projection; G_MAXSIZE: none */
  guint64  n_neurons, n_outputs;
  gboolean is_by_neuron;           /* [neurons, outputs], as Conv1D keeps it */
  char    *problem;                /* why it has no figures; NULL */
  double  *norms;                  /* (n_neurons) |w_i| */
  float   *panels;                 /* (n_outputs / SP_PANEL rounded up, n_neurons, SP_PANEL), while it is measured; NULL */
  double   least, most;            /* first and last candidate */
  double  *samples;                /* (n_samples) while candidates are sought; NULL */
  guint64  n_samples, stride;
  CettSums coarse, fine;
  guint    section;                /* of fine: candidates section · CETT_SECTION and on */
  double   cut;                    /* active are ν >= cut; NaN: not known */
  guint32 *active;                 /* (n_tokens of the layer) at cut */
  guint64  n_active;
  float   *pending;                /* (n_neurons) a token that chunks share; NULL */
  guint64  n_pending;
  gpointer room;                   /* of the batch that measures it; NULL */
} CettLayer;

/* --- candidates: activation-cut.c --- */

double   cett_candidate   (const CettLayer *layer, guint number);
guint    cett_first_cut   (const CettLayer *layer, CettCuts cuts, double magnitude);  /* that is not less; CETT_CUTS: none is */
void     cett_set_range   (CettLayer *layer);             /* from least and samples, which it frees */
double   cett_mean        (const CettSums *sums, guint cut);              /* over the tokens; NaN of none */
double   cett_share_up_to (const CettSums *sums, guint cut);              /* of the activations */
guint    cett_find_section (const CettLayer *layer, double tau);

/* Where the bisection for tau ends. */
typedef struct {
  double   threshold;              /* NaN: no token has an output */
  double   cett;                   /* at it */
  double   share_up_to;            /* of the activations: ν <= threshold */
  gboolean is_exact;               /* else interpolated between candidates */
  gboolean is_nothing_cut;         /* every candidate costs more */
} CettAnswer;
CettAnswer cett_solve     (const CettLayer *layer, double tau);

/* --- tokens: activation-tails.c --- */

/* What neurons of a token each cut takes, and the squared lengths of what they add up to; the last: all others. */
typedef struct { guint32 n_in[CETT_SECTION], ends[CETT_SECTION]; double squares[CETT_SECTION]; } CettToken;

/* tokens: (most); order and factors: (most, n_neurons); cut_of: (n_neurons); all lent. */
typedef struct { guint n, most; CettToken *tokens; guint32 *order; float *factors; guint16 *cut_of; } CettBatch;

gsize    cett_room_bytes  (const CettLayer *layer);       /* a multiple of 8 */
void     cett_batch_init  (CettBatch *batch, const CettLayer *layer, gpointer room);     /* room: 8-byte aligned */
void     cett_add_token   (CettBatch *batch, const CettLayer *layer, CettCuts cuts, const float *h, CettSums *sums);
void     cett_measure     (CettBatch *batch, const CettLayer *layer, CettSums *sums);    /* what is left in it */
void     cett_add_sums    (CettSums *into, const CettSums *from);

/* --- the readings: activation-cett.c --- */

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
