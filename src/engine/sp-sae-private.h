/* sp-sae-private.h - what the parts of sp-sae share (inside sp-sae) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae-layout.h"

struct _SpSae {
  SpStore           *store;
  GPtrArray         *places;             /* of SpSaePlace: all that its file holds; */
  const SpSaePlace  *place;              /* of them this one, */
  const SpSaeLayout *layout;             /* its layout */
  const char        *prefix;             /* and prefix */
  SpSaeShape         shape;
  const SpTensor    *tensors[SP_SAE_N_WEIGHTS];
  SpTensor          *views[SP_SAE_N_WEIGHTS];      /* where the tensor is a part of the file's; or NULL */
  gboolean           is_input_major, is_feature_major, has_log_threshold;
  gboolean           has_threshold;      /* a tensor of them, whether or not it is used, that training had found */
  GPtrArray         *assumed;            /* of char * */
  char              *hook;               /* its folder is called after; NULL: none */
};

/* A sentence about what the file leaves open; taken. */
void     sp_sae_assume         (SpSae *self, char *sentence);
/* Tensors are known.  How it computes: as the configuration says, or the layout, or the choices. */
gboolean sp_sae_read_settings  (SpSae *self, const SpSaeChoices *choices, GError **error);
