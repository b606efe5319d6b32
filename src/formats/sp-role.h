/* sp-role.h - which layer and which part of a network a tensor is, from its name */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* Groups are what the denominator switches and the totals speak of. */
typedef enum {
  SP_GROUP_ATTENTION, SP_GROUP_FFN, SP_GROUP_OTHER, SP_GROUP_EMBEDDINGS, SP_GROUP_VECTORS, SP_N_GROUPS,
} SpGroup;

/* constant, id (stable, in exports), short title (fingerprint column), group */
#define SP_PARTS(X) \
  X (Q, "q", N_("Q"), ATTENTION)             X (K, "k", N_("K"), ATTENTION)       X (V, "v", N_("V"), ATTENTION) \
  X (QKV, "qkv", N_("QKV"), ATTENTION)       X (O, "o", N_("O"), ATTENTION) \
  X (GATE, "gate", N_("Gate"), FFN)          X (UP, "up", N_("Up"), FFN)          X (DOWN, "down", N_("Down"), FFN) \
  X (ROUTER, "router", N_("Router"), FFN) \
  X (CONV, "conv", N_("Conv"), OTHER)        X (LINEAR, "linear", N_("Linear"), OTHER) \
  X (OTHER, "other", N_("Other"), OTHER) \
  X (EMBED, "embed", N_("Embedding"), EMBEDDINGS) X (POSITION, "position", N_("Position"), EMBEDDINGS) \
  X (HEAD, "head", N_("Head"), EMBEDDINGS) \
  X (NORM, "norm", N_("Norm"), VECTORS)      X (BIAS, "bias", N_("Bias"), VECTORS) \
  X (BUFFER, "buffer", N_("Buffer"), VECTORS)

typedef enum {
#define X(id, name, title, group) SP_PART_##id,
  SP_PARTS (X)
#undef X
  SP_N_PARTS
} SpPart;

typedef struct {
  SpPart  part;
  gint32  layer;                /* 0, 1, … ; -1: in no layer */
  gint32  expert;               /* mixture of experts; -1: none */
  char    stack;                /* 'e' encoder, 'd' decoder of an encoder–decoder; 0: only one */
} SpRole;

/* Understands the names of Llama/Mistral/Qwen, Mixtral, GPT-2, OPT, GPT-NeoX, BERT, T5, ViT, GGUF, ResNet and
 * their like.  A fused gate_up is UP.  rank and is_weight_dtype (a float, or an integer of 8 bits) help: a vector
 * that is no norm is BIAS, or BUFFER where the dtype is no weight's; so is what an optimiser keeps.  Matrices no
 * rule knows are LINEAR, what has more dimensions CONV, and OTHER where the dtype is no weight's. */
SpRole       sp_role_parse (const char *name, guint rank, gboolean is_weight_dtype);

const char  *sp_part_id    (SpPart part);       /* "gate" */
const char  *sp_part_title (SpPart part);       /* translated "Gate" */
SpGroup      sp_part_group (SpPart part);
const char  *sp_group_id   (SpGroup group);     /* "ffn" */
const char  *sp_group_title (SpGroup group);    /* translated "FFN" */

int          sp_natural_compare (const char *a, const char *b);   /* layer.2 before layer.10; total order */
int          sp_natural_compare_places (gconstpointer a, gconstpointer b);   /* the same of where texts lie, for g_ptr_array_sort() */
