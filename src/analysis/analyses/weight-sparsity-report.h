/* weight-sparsity-report.h - figures at one setting of the sliders (private to weight-sparsity's tables and plots) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "weight-sparsity-prune.h"

/* Of several tensors together. */
typedef struct {
  guint64 n_tensors, n, n_zero, n_nonfinite, n_rows, n_zero_rows;
  double  n_near, n_pruned, energy, energy_pruned;
  double  gini, n_gini;          /* Σ n · gini, Σ n, of matrices that have one */
} Sum;

typedef struct {
  State   *state;
  Live     live;
  double   prune_limit;
  gboolean has_exact_near, has_exact_pruned;
  Sum      all;
  gsize    n_estimates;
} Report;

/* Layers in the order they come: encoder before decoder, 0 before 1. */
typedef struct { gint32 layer; char stack; } LayerKey;

void     sp_weight_prepare     (Report *report, State *state, SpArgs *args);
void     sp_weight_add_tables  (SpResult *result, const Report *report);
void     sp_weight_add_figure  (Sum *sum, const Record *record, const Figure *figure);
char    *sp_weight_layer_label (const LayerKey *key);
double   sp_weight_share       (double part, double whole);                     /* NaN where whole is 0 */
