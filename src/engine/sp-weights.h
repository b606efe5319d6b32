/* sp-weights.h - a model's weights as f32, read by a team */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"
#include "sp-panels.h"

/* Rows first_row … first_row + n_rows - 1 of a matrix; a vector is one row.  Of a row that is longer than a chunk, n_columns from
 * first_column on.  On any thread of the team. */
typedef void (*SpRowsFunc) (gpointer data, guint64 first_row, guint64 first_column, gsize n_rows, gsize n_columns, const float *rows);

/* Errors: what the file does, and SP_ERROR_MALFORMED for a weight that is not finite, by tensor and element. */
gboolean sp_weights_read (SpTeam *team, const SpTensor *tensor, float *out, GError **error);     /* (n_elements), row-major */
gboolean sp_weights_each (SpTeam *team, const SpTensor *tensor, SpRowsFunc func, gpointer data, GError **error);

/* Piece by piece, each some rows of at most some 64 MB: for matrices that are not to be held whole. */
guint64  sp_weights_n_pieces  (const SpTensor *tensor);
gsize    sp_weights_most_rows (const SpTensor *tensor);                                          /* of a piece */
gboolean sp_weights_read_piece (SpTeam *team, const SpTensor *tensor, guint64 piece, float *out, gsize *n_rows, GError **error);

/* Of tensors that stand beside a weight's place, whose name ends in "weight" while theirs end in leaves, the first that is there; NULL:
 * none is. */
const SpTensor *sp_weights_find_beside (SpStore *store, const char *name, const char *const *leaves, gsize n_leaves);
/* What a tensor has to be multiplied by to be a weight, by blocks, rows or as a whole, which nothing here does; NULL: it is one. */
const SpTensor *sp_weights_find_scales (SpStore *store, const SpTensor *tensor);

/* Those of one layer; the room is kept for the next. */
typedef struct {
  float *weights[SP_N_LAYER_WEIGHTS], *biases[SP_N_LAYER_WEIGHTS];          /* NULL: the model has none */
  const SpPanels *down;                /* the down projection, for where few neurons are active; lent; NULL: always a full product */
} SpLayer;

SpLayer *sp_layer_new  (SpModel *model);
void     sp_layer_free (SpLayer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpLayer, sp_layer_free)
gboolean sp_layer_read (SpLayer *self, SpModel *model, guint layer, SpTeam *team, GError **error);
