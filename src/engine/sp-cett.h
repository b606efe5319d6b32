/* sp-cett.h - the reference's threshold for cutting neurons by what their share of a layer's output is worth
 *
 * Neuron i's output vector is h_i · w_i, w_i its column of the down projection, its magnitude ν_i = |h_i| · |w_i|.  CETT of a token at
 * a cut t is the length of the sum of all output vectors with ν_i <= t over the length of the sum of all; of a layer, the mean over
 * tokens.  The threshold for a CETT of τ is found among 65 536 candidates by bisection: Luo et al., "Sparsing Law" (2024). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_CETT_CANDIDATES 65536
#define SP_CETT_SECTION 256        /* candidates that the first eight decisions of the bisection leave */
#define SP_CETT_CUTS (SP_CETT_SECTION - 1)     /* candidates measured in one reading: all that eight decisions may ask for */
#define SP_CETT_MOST_SAMPLES 65536 /* of ν, for the range of candidates: every so many-th */

/* What some tokens came to; flat. */
typedef struct {
  double  cett[SP_CETT_CUTS];      /* summed over tokens */
  guint64 n_up_to[SP_CETT_CUTS];   /* activations with ν <= cut */
  guint64 n_values;                /* finite ones */
  guint64 n_tokens, n_silent;      /* measured; left out, since their output is 0 */
} SpCettSums;

/* Which candidates a reading measures: number first + i · step. */
typedef struct { guint first, step; } SpCettCuts;
#define SP_CETT_COARSE ((SpCettCuts) { SP_CETT_SECTION - 1, SP_CETT_SECTION })

/* A layer, filled by whoever reads it: weights, least and samples, then coarse, then fine of one section. */
typedef struct {
  guint64     n_neurons, n_outputs;
  double     *norms;               /* (n_neurons) |w_i| */
  float      *panels;              /* (n_outputs / SP_PANEL rounded up, n_neurons, SP_PANEL), while it is measured; NULL */
  double      least, most;         /* first and last candidate */
  double     *samples;             /* (n_samples) NaN: none; while candidates are sought; NULL */
  guint64     n_samples, stride;
  SpCettSums  coarse, fine;
  guint       section;             /* of fine: candidates section · SP_CETT_SECTION and on */
} SpCettLayer;

/* --- candidates: sp-cett-cut.c --- */

double   sp_cett_candidate    (const SpCettLayer *layer, guint number);
guint    sp_cett_first_cut    (const SpCettLayer *layer, SpCettCuts cuts, double magnitude);  /* that is not less; SP_CETT_CUTS: none is */
void     sp_cett_set_range    (SpCettLayer *layer);       /* from least and samples, which it frees */
double   sp_cett_mean         (const SpCettSums *sums, guint cut);            /* over the tokens; NaN of none */
double   sp_cett_share_up_to  (const SpCettSums *sums, guint cut);            /* of the activations */
guint    sp_cett_find_section (const SpCettLayer *layer, double tau);

/* Where the bisection for tau ends. */
typedef struct {
  double   threshold;              /* NaN: no token has an output */
  double   cett;                   /* at it */
  double   share_up_to;            /* of the activations: ν <= threshold */
  gboolean is_exact;               /* else interpolated between candidates */
  gboolean is_nothing_cut;         /* every candidate costs more */
} SpCettAnswer;
SpCettAnswer sp_cett_solve    (const SpCettLayer *layer, double tau);

/* --- tokens: sp-cett-tails.c --- */

/* What neurons of a token each cut takes, and the squared lengths of what they add up to; the last: all others. */
typedef struct { guint32 n_in[SP_CETT_SECTION], ends[SP_CETT_SECTION]; double squares[SP_CETT_SECTION]; } SpCettToken;

/* tokens: (most); order and factors: (most, n_neurons); cut_of: (n_neurons); all lent. */
typedef struct { guint n, most; SpCettToken *tokens; guint32 *order; float *factors; guint16 *cut_of; } SpCettBatch;

gsize    sp_cett_room_bytes   (const SpCettLayer *layer); /* a multiple of 8 */
void     sp_cett_batch_init   (SpCettBatch *batch, const SpCettLayer *layer, gpointer room);     /* room: 8-byte aligned */
void     sp_cett_add_token    (SpCettBatch *batch, const SpCettLayer *layer, SpCettCuts cuts, const float *h, SpCettSums *sums);
void     sp_cett_measure      (SpCettBatch *batch, const SpCettLayer *layer, SpCettSums *sums);  /* what is left in it */
void     sp_cett_add_sums     (SpCettSums *into, const SpCettSums *from);
