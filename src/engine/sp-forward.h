/* sp-forward.h - pushes hidden states of many windows through one layer after the other, and through the head */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-rotary.h"
#include "sp-weights.h"

/* A hidden state is (n_windows · window, n_hidden) f32, row-major: window after window, and each on its own. */
typedef struct _SpForward SpForward;

/* Lends model and team; used by the thread the team is of. */
SpForward *sp_forward_new  (SpModel *model, SpTeam *team, gsize n_windows, guint window, GError **error);
void       sp_forward_free (SpForward *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpForward, sp_forward_free)

/* On a thread of the team, of some tokens: gates (n_tokens, n_neurons) is what the activation function gave; h, the same shape, what goes
 * into the down projection, and may be changed.  They are one array where the FFN has no gate. */
typedef void (*SpFfnFunc) (gpointer data, guint thread, gsize first_token, gsize n_tokens, const float *gates, float *h);

/* Where a layer is looked at: the heads' results one beside the other (n_tokens, n_heads · head_size), which the output projection reads;
 * and, each (n_tokens, n_hidden), what attention and the FFN give, with biases, before a depth scale and before they are added to the
 * stream; and the stream that leaves the layer. */
typedef enum { SP_PLACE_HEADS, SP_PLACE_ATTENTION, SP_PLACE_FFN, SP_PLACE_OUTPUT } SpPlace;
typedef void (*SpPlaceFunc) (gpointer data, guint thread, SpPlace place, gsize first_token, gsize n_tokens, const float *x);

/* What is called on the way through a layer; NULL: nothing. */
typedef struct {
  SpFfnFunc   ffn;
  gpointer    data;                      /* of both */
  SpPlaceFunc place;
} SpForwardTaps;
/* Some logits (n_tokens, n_ids), those of the ids from first_id on. */
typedef void (*SpLogitsFunc) (gpointer data, gsize first_token, gsize n_tokens, gsize first_id, gsize n_ids, const float *logits);

/* func gets the tokens in these blocks, however many threads there are. */
gsize      sp_forward_n_blocks (SpForward *self);
gsize      sp_forward_block_of (SpForward *self, gsize first_token);

/* All FALSE with error where a weight cannot be read, and where the team was cancelled.
 * embed: the first hidden state of ids (n_windows · window), each below the model's n_ids.  taps: NULL: nobody looks. */
gboolean   sp_forward_embed (SpForward *self, const guint32 *ids, float *x, GError **error);
gboolean   sp_forward_layer (SpForward *self, const SpLayer *weights, guint layer, float *x, const SpForwardTaps *taps, GError **error);
/* The states' last norm; x is left as it is meant for the head.  Then the head, of all states, reading its weights once. */
gboolean   sp_forward_last  (SpForward *self, float *x, GError **error);
gboolean   sp_forward_head  (SpForward *self, float *const *states, gsize n_states, SpLogitsFunc func, gpointer *data, GError **error);
