/* sp-sae-encoder-private.h - what the parts of sp-sae-encoder share (inside sp-sae-encoder) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae-encoder.h"
#include "sp-screen.h"

#define SP_SAE_TILE 512                /* features of a unit of the team's: one matrix product */

/* What of a block of tokens and one tile may be codes, that of token t at starts[t] … starts[t + 1] - 1, ascending features. */
typedef struct {
  guint32 *starts;                     /* (most_tokens + 1) */
  guint32 *features;                   /* (n_room) */
  float   *values;                     /* (n_room) codes; of top k what z is at most */
  gsize    n_room;
} SpSaeTile;

/* Of one thread. */
typedef struct {
  float   *z;                          /* (most_tokens, SP_SAE_TILE) nearly, without offsets */
  float   *large;                      /* (most_tokens, n_large_room) top k: the largest of what is at least so far, and some more */
  guint32 *n_large;                    /* (most_tokens) */
  float   *limits;                     /* (most_tokens) what is below is not among the k largest */
} SpSaeRoom;

/* How a token's normalisation is undone: x̂ · factor + mean. */
typedef struct { float factor, mean; } SpSaeUndo;

struct _SpSaeEncoder {
  SpSaeShape  shape;
  SpTeam     *team;                    /* lent */
  float       scale;                   /* SP_SAE_INPUT_AVERAGE */
  gsize       most_tokens, n_tiles, n_large_room;          /* the last 0: nothing is pruned */

  /* Folded: norms are in encoder and offsets, the decoder has unit length; scales of codes are in the decoder. */
  float      *encoder, *decoder;       /* (n_features, n_inputs) */
  float      *offsets, *limits;        /* (n_features) codes are z + offset where that is > limit */
  float      *factors, *magnitudes;    /* (n_features) gated: those are y, and codes y · factor + magnitude */
  float      *pre_bias, *decoder_bias, *skip;              /* NULL: none */

  float      *x;                       /* (most_tokens, n_inputs) as the product takes it */
  SpScreen   *screen;                  /* x · encoder */
  guint8     *is_odd;                  /* (most_tokens) not finite */
  SpSaeUndo  *undo;                    /* (most_tokens) */
  SpSaeRoom  *rooms;                   /* (n_threads) */
  guint       n_threads;
  SpSaeTile  *tiles;                   /* (n_tiles) */

  guint64    *starts;                  /* (most_tokens + 1) of the block's codes; at first where each token's candidates begin */
  guint32    *n_codes;                 /* (most_tokens) */
  guint32    *features;                /* (n_room) */
  float      *values;                  /* (n_room) */
  gsize       n_room;
};

/* Reads and folds them. */
gboolean sp_sae_encoder_read    (SpSaeEncoder *self, SpSae *sae, GError **error);

/* Of a row (n) of features from first on, what may be a code of the token is added to the tile; thread's room knows what came before. */
void     sp_sae_select          (SpSaeEncoder *self, SpSaeRoom *room, SpSaeTile *tile, gsize token, gsize first, gsize n);
void     sp_sae_forget          (SpSaeEncoder *self, SpSaeRoom *room, gsize n_tokens);     /* a block begins */
/* All tiles' into the block's codes. */
gboolean sp_sae_merge           (SpSaeEncoder *self, gsize n_tokens, GError **error);
