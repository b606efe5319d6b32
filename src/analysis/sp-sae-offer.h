/* sp-sae-offer.h - the sparse autoencoders that opened stores hold, as parameters choose them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-offer.h"
#include "sp-sae.h"

typedef struct {
  SpStore *store;                /* lent */
  char    *which;                /* its name among the n its store holds; NULL: it is the only one */
  char    *text;                 /* to choose it by: that name or its store's title, or more where another goes by that, too */
  guint    n;
} SpSaeFound;

/* Of SpSaeFound, store after store. */
GPtrArray *sp_sae_find_all    (SpStore *const *stores, gsize n_stores);
/* Of SpOffer, as found; fallback: the one taken without a choice. */
GPtrArray *sp_sae_offer_found (GPtrArray *found, guint fallback);

/* Of the first that can be opened, zeroed where none can; where its store holds some of another shape, sizes are 0. */
SpSaeShape sp_sae_first_shape (SpStore *const *stores, gsize n_stores);
