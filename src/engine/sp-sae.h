/* sp-sae.h - a sparse autoencoder in an opened file or folder: its shape, how it computes, and where its weights are
 *
 * A token's activations x (n_inputs) become codes f (n_features), few of which are not 0, and those x̂, close to x:
 *
 *     z = (x - pre_bias) E + encoder_bias        f = activation (z)        x̂ = f D + decoder_bias (+ x skip)
 *
 * ReLU: max (z, 0).  Top k: the k largest z of a token, of those max (z, 0).  JumpReLU: z where z > threshold and z > 0, else 0.
 * Gated: with y = (x - pre_bias) E, max (y · e^magnitude_scale + magnitude_bias, 0) where y + gate_bias > 0.  Group max: of each of k
 * runs of features one, the largest max (z, 0).  Layouts and formulas as the libraries that write them have them: Bloom et al., SAELens;
 * Lieberum et al., "Gemma Scope" (2024); Gao et al., "Scaling and evaluating sparse autoencoders" (2024); Marks et al.,
 * dictionary_learning; EleutherAI, sparsify.
 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

#include <math.h>

typedef enum { SP_SAE_RELU, SP_SAE_TOP_K, SP_SAE_JUMP_RELU, SP_SAE_GATED, SP_SAE_GROUP_MAX } SpSaeActivation;

/* What is done to x first, and undone to x̂. */
typedef enum {
  SP_SAE_INPUT_PLAIN,
  SP_SAE_INPUT_AVERAGE,            /* x · s, one s for all tokens: √n_inputs / mean ‖x‖ */
  SP_SAE_INPUT_TOKEN,              /* x · √n_inputs / ‖x‖ */
  SP_SAE_INPUT_STANDARD,           /* (x - μ) / (σ + 1e-5), of a token's elements; σ divides by n_inputs - 1 */
} SpSaeInput;

typedef struct {
  guint           n_inputs, n_features;
  SpSaeActivation activation;
  guint           k;               /* top k, group max */
  double          threshold;       /* JumpReLU without a tensor of them: of all features */
  SpSaeInput      input;
  double          input_scale;     /* s, where the file says it; 0: of the tokens it is used on */
  gboolean        scales_by_norm;  /* z · ‖D_i‖ goes into the activation, D_i / ‖D_i‖ decodes */
  gboolean        is_batch_top_k;  /* trained so; what it is run as says activation */
  gboolean        is_transcoder;   /* decodes to what another place of the model does, not to x */
  gboolean        is_of_embeddings; /* for embeddings times √n_inputs: E / √n_inputs encodes, D · √n_inputs decodes; all else stays */
} SpSaeShape;

/* Its tensors; what the formulas do not use is not there, and neither is a bias of zeros. */
typedef enum {
  SP_SAE_ENCODER, SP_SAE_DECODER,                      /* matrices, see is_input_major, is_feature_major */
  SP_SAE_ENCODER_BIAS, SP_SAE_GATE_BIAS, SP_SAE_MAGNITUDE_BIAS, SP_SAE_MAGNITUDE_SCALE, SP_SAE_THRESHOLD,
  SP_SAE_CODE_SCALE,                                   /* (n_features) all six; f · scale decodes, counts stay of f */
  SP_SAE_PRE_BIAS, SP_SAE_DECODER_BIAS,                /* (n_inputs) may be the same one */
  SP_SAE_SKIP,                                         /* (n_inputs, n_inputs), output by input */
  SP_SAE_N_WEIGHTS,
} SpSaeWeight;

/* What may be decided against the file; each below 0: as it says, or as is assumed. */
typedef struct {
  int      activation;             /* SpSaeActivation */
  int      input;                  /* SpSaeInput */
  int      subtracts_bias;         /* the decoder's bias is the pre-bias, too */
  int      is_transposed;          /* the matrices are the other way round than they look; of n_inputs = n_features */
  int      scales_by_norm;
  int      is_of_embeddings;
  double   k;                      /* whole */
  double   threshold;              /* of all features, as JumpReLU has it unless activation says else; NaN: as it says */
  const char *which;               /* name of one, where a file holds several; NULL: the first */
} SpSaeChoices;
#define SP_SAE_NO_CHOICES ((SpSaeChoices) { -1, -1, -1, -1, -1, -1, -1, NAN, NULL })

/* Keeps its store.  Immutable, any thread. */
typedef struct _SpSae SpSae;

/* Whether the names of its tensors are an SAE's. */
gboolean          sp_sae_is_in            (SpStore *store);
/* Of char *, names of all it holds: what stands before their tensors' names, and the place along their first axis, as "layers.3", "2". */
GPtrArray        *sp_sae_list             (SpStore *store);
/* The encoders of all it holds have one shape. */
gboolean          sp_sae_are_alike        (SpStore *store);
/* Reads headers, and scalars.  Refuses by name: tensors that are missing, of shapes that do not fit, or unreadable; an activation or
 * normalisation that is not known. */
SpSae            *sp_sae_open             (SpStore *store, const SpSaeChoices *choices, GError **error);
void              sp_sae_free             (SpSae *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpSae, sp_sae_free)

SpStore          *sp_sae_get_store        (SpSae *self);
const SpSaeShape *sp_sae_get_shape        (SpSae *self);
const SpTensor   *sp_sae_get_tensor       (SpSae *self, SpSaeWeight weight);       /* NULL: it has none */
gboolean          sp_sae_is_input_major   (SpSae *self);         /* encoder (n_inputs, n_features), else (n_features, n_inputs) */
gboolean          sp_sae_is_feature_major (SpSae *self);         /* decoder (n_features, n_inputs), else (n_inputs, n_features) */
gboolean          sp_sae_has_log_threshold (SpSae *self);        /* its thresholds are e^ of the tensor's */
const char       *sp_sae_get_layout       (SpSae *self);         /* stable: "saelens" */
const char       *sp_sae_get_name         (SpSae *self);         /* NULL: it is the only one and has none */
gboolean          sp_sae_is_alone         (SpSae *self);         /* its store holds no other */
const char       *sp_sae_get_hook         (SpSae *self);         /* where in its model: "blocks.8.hook_resid_pre"; NULL: it does not say */
gsize             sp_sae_get_n_assumed    (SpSae *self);         /* sentences: what was decided that the file does not say */
const char       *sp_sae_get_assumed      (SpSae *self, gsize i);
const char       *sp_sae_activation_id    (SpSaeActivation activation);            /* "relu", "topk", "jumprelu", "gated", "groupmax" */
