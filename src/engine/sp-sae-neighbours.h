/* sp-sae-neighbours.h - which directions point most nearly the same way, and the opposite way
 *
 * Cosines of all pairs, tile by tile, never all at once.  What chooses is the product of unit vectors in f32, made in f64 and rounded to
 * f32; what is told of those chosen is made in f64.  The same bits for any number of threads and on every processor. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-team.h"

#include <math.h>

/* (n, n_inputs), row-major, finite; lent.  n below 2^32 - 1. */
typedef struct { const float *rows; gsize n, n_inputs; } SpDirections;

#define SP_NO_FEATURE G_MAXUINT32

/* NaN and SP_NO_FEATURE: there is none, or it is 0 itself.  Of equals the smallest index. */
typedef struct { float cosine; guint32 feature; } SpNeighbour;

typedef struct {
  SpNeighbour nearest;             /* of the largest cosine */
  SpNeighbour opposite;            /* of the smallest cosine */
} SpNeighbours;

/* How much is done, 0 … 1: on any thread of the team, one at a time. */
typedef void (*SpShareFunc) (gpointer data, double share);

/* Of the other directions, for each: neighbours (n).  Needs n · n_inputs · 8 bytes beside.  share may be NULL. */
gboolean sp_directions_find_neighbours (SpTeam *team, SpDirections directions, SpNeighbours *neighbours, SpShareFunc share, gpointer data,
                                        GError **error);
/* Of each of a among b, and of each of b among a; n_inputs are the same.  Needs twice that. */
gboolean sp_directions_find_partners   (SpTeam *team, SpDirections a, SpDirections b, SpNeighbours *of_a, SpNeighbours *of_b,
                                        SpShareFunc share, gpointer data, GError **error);

/* The one of the larger |cosine|, with its sign. */
static inline SpNeighbour
sp_neighbours_strongest (const SpNeighbours *self)
{
  float nearest = fabsf (self->nearest.cosine), opposite = fabsf (self->opposite.cosine);

  if (nearest == opposite)
    return self->nearest.feature <= self->opposite.feature ? self->nearest : self->opposite;
  return opposite > nearest ? self->opposite : self->nearest;
}

/* Length of each: norms (n). */
gboolean sp_directions_find_norms   (SpTeam *team, SpDirections directions, double *norms, GError **error);
/* Of row i of a with row i of b, whose shapes are the same: cosines (n), NaN where one is 0. */
gboolean sp_directions_find_cosines (SpTeam *team, SpDirections a, SpDirections b, double *cosines, GError **error);
/* In f64, in the lanes of the kernels; NaN where one is 0. */
double   sp_directions_cosine       (const float *a, const float *b, gsize n);
