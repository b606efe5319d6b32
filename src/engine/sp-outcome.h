/* sp-outcome.h - a way to cut neurons, and what a model is worth with it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Which neurons of an FFN stay, by METHODS' names.  s: what the activation function gave; h: what goes into the down projection;
 * w_i: neuron i's column of it. */
typedef enum {
  SP_CUT_NONE,                 /* all; active are those with s != 0 */
  SP_CUT_ZERO,                 /* s != 0 */
  SP_CUT_FAT,                  /* |s| >= value */
  SP_CUT_TOPK,                 /* the largest share `value` of |s| of each token, the first of equals; and s != 0 */
  SP_CUT_CETT,                 /* |h_i| · |w_i| >= the layer's threshold for a CETT of `value` on all tokens */
  SP_CUT_LIST,                 /* the same, thresholds given */
} SpCutRule;

typedef struct {
  SpCutRule     rule;
  double        value;
  const double *thresholds;    /* (n_layers) LIST alone; lent */
} SpCut;

/* Reference counted; immutable once it was given out. */
typedef struct {
  SpCutRule rule;
  double    value;
  guint     n_layers, n_neurons;
  gsize     n_tokens;          /* that were run, as columns of by_token */
  double    loss;              /* mean cross-entropy of the predicted tokens, in nats */
  guint64   n_predicted;
  double    loss_error;        /* standard error of what loss has grown by, the mean over as many tokens; 0: nothing is cut */
  double   *thresholds;        /* (n_layers) NaN: the rule has none */
  double   *cett;              /* (n_layers) mean CETT measured at it on dense activations; NaN: not measured, as between two cuts */
  guint64  *n_active;          /* (n_layers) of n_tokens · n_neurons */
  guint32  *by_token;          /* (n_layers, n_tokens) active neurons */
  guint32  *by_neuron;         /* (n_layers, n_neurons) tokens it is active for */
} SpOutcome;

SpOutcome *sp_outcome_new   (const SpCut *cut, guint n_layers, guint n_neurons, gsize n_tokens);
SpOutcome *sp_outcome_ref   (SpOutcome *self);
void       sp_outcome_unref (SpOutcome *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpOutcome, sp_outcome_unref)

double     sp_outcome_get_ratio (const SpOutcome *self);       /* of active among all, mean over layers */
