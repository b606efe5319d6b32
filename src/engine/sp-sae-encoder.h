/* sp-sae-encoder.h - a sparse autoencoder at work: codes of tokens, and what they decode to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"
#include "sp-sae.h"
#include "sp-team.h"

/* Holds the weights as f32, and room for a block of codes, which are products in f64 rounded once.  Used by one thread, whose team works
 * along; the same bits for any number of threads and on every processor. */
typedef struct _SpSaeEncoder SpSaeEncoder;

/* Reads the weights.  Errors: what the files do; a weight that is not finite, by tensor and place; SP_ERROR_TOO_BIG: more than memory
 * may hold. */
SpSaeEncoder *sp_sae_encoder_new        (SpSae *sae, SpTeam *team, GError **error);
void          sp_sae_encoder_free       (SpSaeEncoder *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpSaeEncoder, sp_sae_encoder_free)

/* Tokens a block has at most: depends on the SAE's shape alone, and results on how tokens are cut into blocks: the first so many, the
 * next … */
gsize         sp_sae_encoder_most_tokens (SpSaeEncoder *self);

/* Of SP_SAE_INPUT_AVERAGE without a scale in its file: what x is multiplied by, before the first block. */
void          sp_sae_encoder_set_scale  (SpSaeEncoder *self, double scale);

/* x: (n_tokens, n_inputs), n_tokens <= most_tokens.  A token with an element that is not finite has no codes.  codes are lent until the
 * next call.  FALSE: cancelled. */
gboolean      sp_sae_encoder_encode     (SpSaeEncoder *self, const float *x, gsize n_tokens, SpCodes *codes, GError **error);

/* decoded: (n_tokens, n_inputs), of the block encoded last (its x is looked at where the SAE has a skip). */
gboolean      sp_sae_encoder_decode     (SpSaeEncoder *self, const float *x, const SpCodes *codes, float *decoded, GError **error);
