/* samples.h - results with known numbers, one plot of each kind, for tests and the gallery */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure.h"

/* A table "t" with x in column "x" and series "y0", "y1" … (n_series, n); x and values are copied. */
SpResult *sample_table      (const char *kind, gsize n, gsize n_series, const double *x, const double *const *y);

SpResult *sample_curves     (void);      /* cumulative share of |w| per part, with a threshold marker */
SpResult *sample_layers     (gsize n_layers, gsize n_parts);           /* a line per part, layers along x */
SpResult *sample_many       (gsize n);   /* n points of noise about a wave */
SpResult *sample_bars       (gsize n);   /* n tensors by name, keys */
SpResult *sample_histogram  (gsize n, gboolean is_log);
SpResult *sample_scatter    (gsize n);
SpResult *sample_fingerprint (gsize n_layers, gsize n_parts);          /* shares, keys "3.up" */
SpResult *sample_weights    (gsize n, guint64 cell);                   /* n × n cells of cell × cell signed weights */

const SpPlot *sample_plot   (SpResult *result);                        /* the only one */
double    sample_noise      (guint64 i);                               /* −1…1, the same for the same i */
