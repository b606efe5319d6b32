/* sp-distribution.h - the distribution of a tensor's magnitudes, small enough to keep thousands
 *
 * Magnitude bins are the signed bins of dtype.h folded at zero: one value each for types of at most
 * 16 bits (everything below is then exact), 1/128 of their magnitude wide for the others (counts and
 * energies inside a bin are then interpolated, but for the first one, which holds the zeros and all
 * under 2^-133 and counts whole). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dtype.h"
#include "sp-bins.h"

/* The magnitude bins of a dtype, made once, never freed; any thread. */
typedef struct {
  guint         n;
  gboolean      is_exact;
  const double *low, *high;            /* (n) ascending; bin i holds [low, high), or exactly low where exact */
  const gint32 *of_bin;                /* (sp_bin_count) signed bin → magnitude bin; -1: not finite */
} SpMagnitudes;

const SpMagnitudes *sp_magnitudes_get  (SpDtype dtype);
guint               sp_magnitudes_find (const SpMagnitudes *magnitudes,
                                        double limit);  /* how many bins start at or below limit */

/* Signed bins into counts, empty before, of the magnitude bins. */
void sp_magnitudes_fold (const SpMagnitudes *magnitudes, const SpBins *signed_bins, SpBins *counts);

typedef struct _SpDistribution SpDistribution;

/* Only bins that hold something cost memory: 2 or 3 bytes each, 26 more for every 64. */
SpDistribution *sp_distribution_new   (SpDtype dtype, const SpBins *counts);
void            sp_distribution_free  (SpDistribution *distribution);
gsize           sp_distribution_bytes (const SpDistribution *distribution);

/* For distributions far apart in memory: fetches what the next call looks at first. */
void            sp_distribution_prefetch (const SpDistribution *distribution);

/* #{|w| <= limit} and, where energy is not NULL, Σ w² of those.  About 0.2 µs. */
double          sp_distribution_below (const SpDistribution *distribution, double limit, double *energy);

/* Over ascending magnitudes x_1 … x_m: Σ(2i − m − 1)x_i / (m Σx); NaN where Σx = 0, and
 * where wide bins cannot tell: no magnitude reaches 2^-126. */
double          sp_gini (const SpMagnitudes *magnitudes, const SpBins *counts);
