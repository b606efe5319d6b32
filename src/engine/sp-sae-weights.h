/* sp-sae-weights.h - the weights of a sparse autoencoder as f32, the same way round whatever its file has */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae.h"
#include "sp-team.h"

/* What is read is aligned to 64 bytes and freed by g_aligned_free().  Errors: those of sp_weights_read(); SP_ERROR_TOO_BIG where it does
 * not fit into memory. */

/* SP_SAE_ENCODER or SP_SAE_DECODER as (n_features, n_inputs), as they compute (is_of_embeddings). */
float   *sp_sae_read_features (SpSae *sae, SpSaeWeight weight, SpTeam *team, GError **error);
/* Any other as it lies; *out becomes NULL where the SAE has none. */
gboolean sp_sae_read_vector   (SpSae *sae, SpSaeWeight weight, SpTeam *team, float **out, GError **error);

/* Whether these are at most half of the machine's memory; else SP_ERROR_TOO_BIG, with the numbers. */
gboolean sp_sae_check_memory  (SpSae *sae, double n_bytes, GError **error);
