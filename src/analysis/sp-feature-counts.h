/* sp-feature-counts.h - how often the features of a sparse autoencoder fire, as the library that trained it has counted
 *
 * SAELens leaves sparsity.safetensors, a vector `sparsity` of log10 (q + 1e-10) with q the share of tokens; OpenAI's sparse_autoencoder
 * keeps latents_activation_frequency, latents_mean_square and stats_last_nonzero, steps since a feature fired, in the checkpoint. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae.h"

/* Of (n_features) each; NULL: it was not counted. */
typedef struct {
  guint   n_features;
  double *density;               /* share of tokens at which it fires */
  double *mean_square;           /* of its codes */
  gint64 *silent_steps;          /* of training, since it fired last; 1: at the last one */
  const char *source;            /* the tensor's name that density, or else silent_steps, is from; lent by the store */
} SpFeatureCounts;

gboolean         sp_feature_counts_are_in (SpStore *store);
/* Of this autoencoder, where the store holds several; NULL: of whichever it is. */
gboolean         sp_feature_counts_are_of (SpStore *store, SpSae *sae);
/* Reads them, any thread; sae: as above.  Errors: vectors of different lengths, or that cannot be read; numbers that are no shares. */
SpFeatureCounts *sp_feature_counts_new    (SpStore *store, SpSae *sae, GCancellable *cancellable, GError **error);
void             sp_feature_counts_free   (SpFeatureCounts *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFeatureCounts, sp_feature_counts_free)
