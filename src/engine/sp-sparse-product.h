/* sp-sparse-product.h - a down projection of neurons of which many are silent (inside the engine)
 *
 * A token's neurons that are not 0 are listed by groups.  A group's rows of a panel stay in the fastest cache while some tokens add up
 * those they need, so a row costs about what it does in a full product, and rows of silent neurons nothing. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-panels.h"

/* A thread's own. */
typedef struct {
  guint8  *at;                           /* lists of neurons, each by its place in its group */
  float   *factors;                      /* and what they are */
  guint32 *ends;                         /* (tokens at a time, groups) */
  float   *sums;                         /* (tokens at a time, SP_WIDE_PANEL) */
} SpSparseRoom;

gsize    sp_sparse_room_size  (guint n_neurons);                                             /* bytes */
void     sp_sparse_room_init  (SpSparseRoom *self, guint n_neurons);
void     sp_sparse_room_clear (SpSparseRoom *self);

/* Whether so few of h (n) are not 0 that it is quicker than a full product. */
gboolean sp_sparse_pays       (const float *h, gsize n);
/* out (n_tokens, n_outputs) = h (n_tokens, n_neurons) · down, and bias (n_outputs), if it is not NULL.  panels: of SP_WIDE_PANEL. */
void     sp_sparse_product    (const SpPanels *panels, SpSparseRoom *room, const float *h, gsize n_tokens, const float *bias, float *out);
