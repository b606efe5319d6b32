/* sp-evaluation.h - what a model's predictions of a text lose when neurons are dropped, for many ways of dropping in one reading */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-forward.h"
#include "sp-outcome.h"
#include "sp-tail-meter.h"

/* A text in windows: window w is tokens w · stride … w · stride + window - 1, all but the first of which are predicted, each from those
 * of the window before it.  Where stride is less than window, a token counts in the first window that predicts it.  Tokens that fill no
 * window are left out. */
typedef struct {
  const guint32 *ids;          /* (n_ids) copied */
  gsize          n_ids;
  guint          window, stride;       /* 1 <= stride <= window >= 2 */
  gsize          most_windows;         /* 0: all */
} SpText;

/* stage: words for people, "layer 3 of 12"; share: of this pass that is done, 0 … 1. */
typedef void (*SpEvaluationFunc) (gpointer data, const char *stage, double share);

/* Used by one thread.  Keeps the model. */
typedef struct _SpEvaluation SpEvaluation;

/* Errors, SP_ERROR_USAGE: fewer tokens than one window, an id the model does not have; SP_ERROR_TOO_BIG: hidden
 * states above 4 GiB each; what sp_forward_new() says. */
SpEvaluation *sp_evaluation_new        (SpModel *model, const SpText *text, guint n_threads, GError **error);
void          sp_evaluation_free       (SpEvaluation *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpEvaluation, sp_evaluation_free)

void          sp_evaluation_set_progress (SpEvaluation *self, SpEvaluationFunc func, gpointer data);  /* on the thread that runs */
gsize         sp_evaluation_get_n_tokens (SpEvaluation *self);           /* that are run: windows · window */
const guint32 *sp_evaluation_get_ids     (SpEvaluation *self);           /* (n_tokens) of each */

/* How thresholds of a CETT are found: between cuts 2^(1/16) apart (sp-tail-meter.h); or, is_reference, as Sparsing Law's programs do, among
 * 65 536 candidates (sp-cett.h), which holds a layer's activations in memory and pushes what is cut nowhere through in every run. */
void          sp_evaluation_set_reference (SpEvaluation *self, gboolean is_reference);

/* One reading of the weights.  Layer by layer it pushes through what is cut nowhere, unless all is known of it that they need, and then the
 * n_cuts ways; a CETT's thresholds come from what is cut nowhere.  Returns their SpOutcome in order; NULL: cancelled, the weights
 * cannot be read, or SP_ERROR_TOO_BIG: the hidden states of all of them have no room. */
GPtrArray    *sp_evaluation_run        (SpEvaluation *self, const SpCut *cuts, gsize n_cuts, GCancellable *cancellable, GError **error);
SpOutcome    *sp_evaluation_get_dense  (SpEvaluation *self);             /* NULL: nothing was run yet */
/* (n_layers) of what is cut nowhere, which tell the thresholds for any CETT, and how many neurons are not below.  NULL: no CETT was run
 * yet, or as reference. */
const SpTailSums *sp_evaluation_get_tails (SpEvaluation *self);
