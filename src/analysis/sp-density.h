/* sp-density.h - how the densities of features are distributed: where they fall apart, and by what law of ranks */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_DENSITY_LEAST   (-10)           /* log10 of the first bin's lower edge */
#define SP_DENSITY_DECADE  10              /* bins */
#define SP_DENSITY_BINS    (-SP_DENSITY_LEAST * SP_DENSITY_DECADE)

/* sorted: (n) densities above 0, largest first, here and below.  bins: (SP_DENSITY_BINS); what is less goes to the first. */
void   sp_density_bin    (const double *sorted, gsize n, guint64 *bins);

/* log10 of where two groups of log10 of them lie farthest apart, by N. Otsu (1979): between the two neighbours at which the variance
 * between the groups is largest.  NaN: they are all the same, or none.  share: that variance of all; 2/π of one bell, 3/4 of a flat
 * distribution, so that what is not above says nothing of two groups. */
double sp_density_valley (const double *sorted, gsize n, double *share);

/* log q_r = scale - alpha · log (r + beta), beta > 0, by least squares over ranks r = first … end - 1; natural logarithms. */
typedef struct {
  double alpha, beta, scale;               /* NaN: fewer than three different densities, or beta grows without end: an exponential fits
                                            * better than any power */
  double r2;
} SpZipf;
SpZipf sp_zipf_fit       (const double *sorted, gsize first, gsize end);
double sp_zipf_expect    (const SpZipf *zipf, double rank);
