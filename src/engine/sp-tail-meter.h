/* sp-tail-meter.h - what dropping the small neurons of a layer does to its output, at all cuts at once
 *
 * Neuron i's output vector is h_i · w_i, w_i its column of the down projection, its magnitude ν_i = |h_i| · |w_i|.  CETT of a token at
 * a cut t is the length of the sum of all output vectors with ν_i < t over the length of the sum of all; of a layer, the mean over
 * tokens.  Luo et al., "Sparsing Law" (2024).  Cuts are 2^(1/16) apart, in sixteen equal steps from each power of two to the next. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-panels.h"

#define SP_TAIL_CUTS 768               /* from 2^-28 to 2^20 */

/* What some tokens came to; flat, begins as zeros. */
typedef struct {
  double  cett[SP_TAIL_CUTS];          /* summed over tokens, at sp_tail_cut (i + 1) */
  guint64 n_in[SP_TAIL_CUTS];          /* neurons that are not 0, from sp_tail_cut (i) up to the next; the ends take what is beyond */
  guint64 n_tokens, n_silent;          /* measured; left out, since their output is 0, but for n_in */
} SpTailSums;

double  sp_tail_cut         (guint i);                                   /* 0 … SP_TAIL_CUTS */
void    sp_tail_sums_add    (SpTailSums *into, const SpTailSums *from);
/* The cut whose CETT is tau: between the last that is not above it and the next by a straight line.  No tokens: NaN. */
double  sp_tail_sums_solve  (const SpTailSums *self, double tau, double *cett);
/* Share of the tokens' neurons that are not below a cut; between two by a straight line.  NaN: no tokens. */
double  sp_tail_sums_active (const SpTailSums *self, double cut, guint n_neurons);

/* One layer after the other; room is kept. */
typedef struct _SpTailMeter SpTailMeter;

SpTailMeter  *sp_tail_meter_new  (guint n_neurons, guint n_threads);
void          sp_tail_meter_free (SpTailMeter *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpTailMeter, sp_tail_meter_free)
/* The next layer's down projection, panels of SP_WIDE_PANEL; norms: (n_neurons) |w_i|; both lent. */
void          sp_tail_meter_set_weights (SpTailMeter *self, const SpPanels *down, const double *norms);
/* h: (n_tokens, n_neurons).  Threads at once, each with its number and sums of its own. */
void          sp_tail_meter_measure     (SpTailMeter *self, guint thread, const float *h, gsize n_tokens, SpTailSums *sums);
