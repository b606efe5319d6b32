/* sp-sae-geometry.h - where the features of a sparse autoencoder point: lengths, angles, neighbours; and those of two of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-sae.h"
#include "sp-sae-neighbours.h"

typedef struct {
  gsize  n, n_zero;                /* features, and those of them that are 0, which have no cosine */
  double mean;                     /* of cosines with the mean direction; NaN: there are none */
  double quantiles[5];             /* smallest, quarter, half, three quarters, largest; between two a line */
} SpDirectionCheck;

typedef enum { SP_SAE_BY_ENCODER = 1 << 0, SP_SAE_BY_DECODER = 1 << 1 } SpSaeSides;

/* What is wanted beside lengths and angles. */
typedef struct {
  SpSaeSides     neighbours;
  const guint32 *cluster;                            /* (n_cluster) features whose encoders may be one direction */
  gsize          n_cluster;                          /* below 2: nothing to check */
} SpSaeWishes;

typedef struct {
  guint            n_features;
  double          *encoder_norms, *decoder_norms;    /* (n_features) */
  double          *cosines;                          /* (n_features) of a feature's encoder with its decoder; NaN where one is 0 */
  float           *biases;                           /* (n_features) of the encoder, or a gated one's gate; NULL: it has none */
  SpNeighbours    *by_encoder, *by_decoder;          /* (n_features); NULL: not asked for */
  SpDirectionCheck cluster;                          /* n is 0 where nothing was checked */
} SpSaeGeometry;

/* Takes 8 bytes for each weight of the decoder, 12 with neighbours, which take n_features² · n_inputs operations a side; and up to 128
 * for each feature.  share may be NULL; it counts from 0 to 1.  Errors: what the files do; SP_ERROR_TOO_BIG: more than half of the
 * machine's memory. */
SpSaeGeometry *sp_sae_geometry_new  (SpSae *sae, const SpSaeWishes *wishes, SpTeam *team, SpShareFunc share, gpointer data,
                                     GError **error);
void           sp_sae_geometry_free (SpSaeGeometry *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpSaeGeometry, sp_sae_geometry_free)

/* --- whether some features are one direction (Neel Nanda, of rare features) ------------------------------ */

/* features (n): indices, ascending or not, below directions.n; their mean is of the directions as they are, not of unit length.
 * cosines (n): of each with the mean; NULL: not wanted. */
gboolean sp_directions_check (SpTeam *team, SpDirections directions, const guint32 *features, gsize n, double *cosines,
                              SpDirectionCheck *check, GError **error);

/* --- two of them ----------------------------------------------------------------------------------------- */

typedef struct {
  gsize         n_a, n_b;
  SpNeighbours *of_a, *of_b;       /* (n_a) among b, (n_b) among a, by decoder */
} SpSaePartners;

typedef struct {
  gsize n_alone_a, n_alone_b;      /* whose nearest has no cosine above the limit */
  gsize n_mutual;                  /* pairs, each the other's nearest, above the limit */
} SpPartnerCounts;

/* Errors: what the files do; SP_ERROR_USAGE: they are of different n_inputs; SP_ERROR_TOO_BIG, as above. */
SpSaePartners *sp_sae_partners_new   (SpSae *a, SpSae *b, SpTeam *team, SpShareFunc share, gpointer data, GError **error);
void           sp_sae_partners_free  (SpSaePartners *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpSaePartners, sp_sae_partners_free)
void           sp_sae_partners_count (const SpSaePartners *self, double limit, SpPartnerCounts *counts);
/* Whether feature i of a and its nearest are each other's. */
gboolean       sp_sae_partners_is_mutual (const SpSaePartners *self, gsize i);
