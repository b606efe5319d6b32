/* sp-forward-private.h - what the parts of the forward pass share */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-forward.h"
#include "sp-sparse-product.h"

/* Sizes that fix how the work is cut, and with it the bits: never by the number of threads. */
#define SP_BLOCK_TOKENS 512            /* of one matrix product, or fewer where weights are so large that it could not be stopped in time */
#define SP_GROUP_TOKENS 4096           /* whose queries, keys and values are held at a time, or one window */
#define SP_SCORE_ROWS 128              /* of the scores of one head */

/* A thread's own. */
typedef struct {
  float *normed, *branch;              /* (block_tokens, n_hidden) */
  float *gates, *h;                    /* (block_tokens, n_neurons); one where the FFN has no gate */
  float *scores;                       /* (SP_SCORE_ROWS, window) */
  SpSparseRoom sparse;
} SpForwardRoom;

struct _SpForward {
  SpModel            *model;
  const SpModelShape *shape;
  SpTeam             *team;
  SpRotary           *rotary;          /* NULL: positions are learned */
  gsize               n_windows, n_tokens, group_windows, block_tokens;
  guint               window, n_qkv;   /* n_qkv: columns of qkv */
  float              *qkv, *mixed;     /* of a group: (tokens, n_qkv), (tokens, n_heads · head_size) */
  SpForwardRoom      *rooms;           /* (n_threads) */
};

/* One layer's work on one group of windows. */
typedef struct {
  SpForward     *forward;
  const SpLayer *weights;
  guint          layer;
  gsize          first_token, n_tokens;    /* of the group */
  float         *x;                        /* (n_tokens, n_hidden) */
  SpForwardTaps  taps;
} SpForwardJob;

static inline gsize
sp_forward_count_blocks (const SpForward *self, gsize n_tokens)
{
  return (n_tokens + self->block_tokens - 1) / self->block_tokens;
}

void sp_forward_norm      (SpForward *self, const float *x, gsize n_tokens, const float *weight, const float *bias, float *out);
/* sp-attention.c: units of the team. */
gsize sp_attention_n_units (const SpForwardJob *job);
void  sp_attention_unit    (gpointer job, gsize unit, guint thread);     /* qkv → mixed */
