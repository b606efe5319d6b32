/* sp-sae-layout.h - how the libraries that train sparse autoencoders name and lay out their tensors: one table (inside sp-sae) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae.h"

/* One of these per way of naming, in sp-sae-layout.c.  An SAE is laid out so where, after one prefix, the encoder, the decoder and
 * all marks are there, and its configuration has one of the keys. */
typedef struct {
  const char *id, *title;
  const char *names[SP_SAE_N_WEIGHTS];         /* NULL: it has none */
  const char *marks[4];                        /* other tensors it has; ends with NULL */
  const char *keys[8];                         /* of the configuration, ends with NULL; none at all: it may lack one */
  gboolean    is_input_major;                  /* encoder (n_inputs, n_features), decoder (n_features, n_inputs); else both the other */
  gboolean    is_decoder_feature_major;        /* way round, but for this decoder */
  gboolean    is_pickled;                      /* written by torch.save alone */
  /* What it computes where the configuration does not say. */
  gboolean    subtracts_bias;                  /* the decoder's bias is the pre-bias, too */
  gboolean    scales_by_norm;
  SpSaeActivation activation;
} SpSaeLayout;

/* One of those that a file holds. */
typedef struct {
  const SpSaeLayout *layout;
  char              *name;                     /* "layer_0"; of several along a first axis with its number: "layer_0.2", "2"; "": none */
  char              *prefix;                   /* what stands before each tensor's name, "layer_0." */
  guint64            component, n_components;  /* n_components: along the first axis of all tensors; 1: there is no such axis */
} SpSaePlace;

/* Of SpSaePlace, in reading order; empty: there are none. */
GPtrArray         *sp_sae_layout_list (SpStore *store);
gboolean           sp_sae_layout_is_in (SpStore *store);        /* there are some */
gboolean           sp_sae_place_is_stacked (const SpSaePlace *place, const SpTensor *tensor, SpSaeWeight weight);  /* it has the axis */
const SpTensor    *sp_sae_layout_find_tensor (SpStore *store, const char *prefix, const char *name);       /* NULL: it is not there */

/* What a configuration says: config.json or cfg.json beside, or a dictionary pickled along; that of the prefix first; NULL: nothing. */
const char        *sp_sae_setting     (SpStore *store, const char *prefix, const char *key);
const char        *sp_sae_config_problem (SpStore *store, const char *prefix);      /* why it cannot be read to its end; NULL: it can */
gboolean           sp_sae_setting_is  (SpStore *store, const char *prefix, const char *key, gboolean fallback);
