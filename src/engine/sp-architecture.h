/* sp-architecture.h - what is different between the transformers the engine runs: one table */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum { SP_NORM_RMS, SP_NORM_LAYER } SpNormKind;
typedef enum { SP_POSITION_ROTARY, SP_POSITION_LEARNED } SpPositionKind;
typedef enum { SP_FFN_GATED, SP_FFN_PLAIN } SpFfnKind;

/* How queries, keys and values lie: in matrices of their own; in one, all queries first; in one, head by head. */
typedef enum { SP_QKV_SEPARATE, SP_QKV_JOINED, SP_QKV_BY_HEAD } SpQkvKind;

/* A model's weights.  Up to SP_WEIGHT_DOWN each layer has its own. */
typedef enum {
  SP_WEIGHT_FIRST_NORM, SP_WEIGHT_SECOND_NORM, SP_WEIGHT_QKV, SP_WEIGHT_Q, SP_WEIGHT_K, SP_WEIGHT_V, SP_WEIGHT_OUT,
  SP_WEIGHT_GATE, SP_WEIGHT_UP, SP_WEIGHT_DOWN, SP_N_LAYER_WEIGHTS,
  SP_WEIGHT_EMBED = SP_N_LAYER_WEIGHTS, SP_WEIGHT_PROJECT_IN, SP_WEIGHT_POSITION, SP_WEIGHT_LAST_NORM, SP_WEIGHT_PROJECT_OUT,
  SP_WEIGHT_HEAD, SP_N_WEIGHTS,
} SpWeight;

/* What config.json may say under key; fallback where it does not, or key is NULL. */
typedef struct { const char *key; gboolean fallback; } SpSwitch;

/* One const of these per architecture, in sp-architecture.c.  Keys are config.json's; NULL: it has none. */
typedef struct {
  const char    *model_type, *class_name;      /* "llama", "LlamaForCausalLM" */
  const char    *prefixes[4];                  /* before every name below; the first with which the embedding is there is taken */
  const char    *names[SP_N_WEIGHTS];          /* without ".weight"; # is the layer's number; NULL: it has none */
  SpNormKind     norm;
  SpPositionKind position;
  guint          position_offset;              /* learned: of the first token */
  SpFfnKind      ffn;
  SpQkvKind      qkv;
  gboolean       is_input_major;               /* matrices are [inputs, outputs], as Conv1D keeps them */
  SpSwitch       has_norm_bias, has_qkv_bias, has_out_bias, has_ffn_bias;
  SpSwitch       is_tied;                      /* the head is the embedding */
  SpSwitch       is_parallel;                  /* attention and FFN both look at the layer's input */
  SpSwitch       is_norm_first;                /* else norms come after the sums */
  SpSwitch       has_sliding_window;
  SpSwitch       has_scaled_scores;            /* by 1 / √ of the head's size */
  const char    *n_hidden, *n_layers, *n_heads, *n_kv_heads, *n_neurons, *n_context, *norm_eps, *activation;
  const char    *n_embed;                      /* width of the embedding where it is projected */
  const char    *sliding_window, *first_sliding_layer;
  guint          first_sliding_fallback;
  const char    *rotary_base, *rotary_share;
  const char    *embed_scale, *depth_scale, *base_width;     /* MiniCPM's: x · embed_scale; branches · depth_scale / √layers;
                                                              * head's input · base_width / n_hidden */
  const char    *scales_by_layer;              /* scores of layer i are divided by i + 1, if it says true */
  double         norm_eps_fallback;
  const char    *activation_fallback;
  guint          context_fallback;
} SpArchitecture;

/* By config.json's model_type or, where that is NULL, by its architectures (as a list with commas); NULL: not known. */
const SpArchitecture *sp_architecture_find (const char *model_type, const char *class_names);
char                 *sp_architecture_list (void);      /* "llama, mistral, …" */
