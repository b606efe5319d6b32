/* sp-reconstruction.h - how close what a sparse autoencoder decodes to is to what it encoded, by everyone's measure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Of activations, in a first reading. */
typedef struct {
  gsize    width;
  guint64  n_tokens;
  double  *mean;                 /* (width) once finished, the sum before */
  double   mean_norm;            /* ‖x‖ */
} SpActivationMeans;

SpActivationMeans *sp_activation_means_new    (gsize width);
void               sp_activation_means_free   (SpActivationMeans *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpActivationMeans, sp_activation_means_free)
void               sp_activation_means_add    (SpActivationMeans *self, const float *x, gsize n_tokens);   /* (n_tokens, width) */
void               sp_activation_means_finish (SpActivationMeans *self);

/* All over all tokens; NaN where it is not defined.  e = x - x̂. */
typedef struct {
  guint64 n_tokens, n_zero;      /* n_zero: tokens with ‖x‖ or ‖x̂‖ 0, which the cosine leaves out */
  double  mse, mse_per_input;    /* mean ‖e‖²; / width */
  double  fvu;                   /* Σ ‖e‖² / Σ ‖x - x̄‖², x̄ of all tokens, OpenAI's in training, too; explained variance is 1 - it */
  double  fve;                   /* dictionary_learning: 1 - Σ_d Var (e_d) / Σ_d Var (x_d) */
  double  ev_legacy;             /* SAELens: mean (1 - ‖e‖² / ‖x - x̄‖²) */
  double  ev_saelens;            /* SAELens' evaluation and SAEBench: 1 - mean ‖e‖² / (S - (S/width)²), S = mean ‖x‖² */
  double  nmse_openai;           /* loss.py: mean (‖e‖² / ‖x‖²), tokens with x = 0 left out */
  double  l2_loss;               /* dictionary_learning: mean ‖e‖ */
  double  cosine, l2_ratio;      /* mean ⟨x, x̂⟩ / (‖x‖ ‖x̂‖); mean ‖x̂‖ / ‖x‖, SAELens: ‖x‖ < 1e-4 counts as 1 */
  double  bias;                  /* relative reconstruction bias: mean ‖x̂‖² / mean ⟨x̂, x⟩ */
} SpReconstruction;

typedef struct _SpReconstructionSums SpReconstructionSums;
SpReconstructionSums *sp_reconstruction_new    (const SpActivationMeans *means);          /* copied */
void                  sp_reconstruction_free   (SpReconstructionSums *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpReconstructionSums, sp_reconstruction_free)
void                  sp_reconstruction_add    (SpReconstructionSums *self, const float *x, const float *decoded, gsize n_tokens);
SpReconstruction      sp_reconstruction_finish (const SpReconstructionSums *self);        /* of what was added so far */
