/* sp-model.h - a decoder-only transformer in an opened folder: its shape and where its weights are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-architecture.h"
#include "sp-store.h"

typedef enum { SP_ACTIVATION_RELU, SP_ACTIVATION_SILU, SP_ACTIVATION_GELU, SP_ACTIVATION_GELU_TANH } SpActivation;

/* As config.json says, checked: every number is sane, and they fit one another. */
typedef struct {
  guint        n_layers, n_heads, n_kv_heads, head_size;
  guint        n_hidden;               /* width of the residual stream */
  guint        n_embed;                /* of the embedding; = n_hidden unless it is projected */
  guint        n_neurons;              /* of a layer's FFN */
  guint        n_ids, n_context;
  guint        n_rotary;               /* first elements of a head that are rotated; 0: positions are learned */
  guint        window;                 /* a token sees so many, with itself; 0: all before it */
  guint        first_windowed;         /* layers before it see all */
  gboolean     is_gated, is_parallel, is_norm_first, is_tied, scales_by_layer, has_scaled_scores;
  SpActivation activation;
  double       norm_eps;
  double       embed_scale, branch_scale, head_scale;
} SpModelShape;

/* A matrix (outputs, inputs), or the other way round, or a vector; NULL: the model has none. */
typedef struct { const SpTensor *tensor, *bias; } SpModelWeight;

/* Keeps its store.  Reference counted, immutable, any thread. */
typedef struct _SpModel SpModel;

/* Whether its config.json names a kind of model, known or not. */
gboolean             sp_model_is_in           (SpStore *store);
/* Reads nothing but headers.  Refuses by name: an unknown architecture, activation or scaling of positions; numbers that cannot be; and
 * tensors that are missing, of another shape, or not readable as numbers. */
SpModel             *sp_model_open            (SpStore *store, GError **error);
SpModel             *sp_model_ref             (SpModel *self);
void                 sp_model_unref           (SpModel *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpModel, sp_model_unref)

SpStore              *sp_model_get_store        (SpModel *self);
const SpArchitecture *sp_model_get_architecture (SpModel *self);
const SpModelShape   *sp_model_get_shape        (SpModel *self);
const SpModelWeight  *sp_model_get_weight       (SpModel *self, guint layer, SpWeight weight);   /* layer: of those that have one */
gsize                 sp_model_n_elements       (SpModel *self, SpWeight weight);                /* of the matrix or vector */
gboolean              sp_model_check_ids        (SpModel *self, const guint32 *ids, gsize n_ids, GError **error);  /* it has each of them */
guint                 sp_model_default_window   (SpModel *self);      /* tokens it is let see at once: 2048, or its context where less */
double                sp_model_flops            (SpModel *self, guint window);    /* per token, in a window of so many; all of it dense */
