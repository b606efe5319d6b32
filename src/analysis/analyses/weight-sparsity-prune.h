/* weight-sparsity-prune.h - sums over all tensors, and what global magnitude pruning makes of them (private to weight-sparsity) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "weight-sparsity.h"

#include <string.h>

void     sp_weight_sum_up   (State *state);              /* totals: before the next three, once more was read */
void     sp_weight_sum_up_relative (State *state);       /* relative: what was scanned since */
guint64  sp_weight_below    (const State *state, SpGroup group,
                             double limit);        /* finite weights, wide bins whole */
double   sp_weight_quantile (const State *state, const Live *live,
                             guint64 rank);      /* rank-th smallest |w| that counts, 1 … */
double   sp_weight_find_prune (const State *state, const Live *live, guint64 *n_counted,
                               guint64 *wanted);   /* NaN: prune nothing */
gboolean sp_weight_start_narrowing (State *state);      /* FALSE: nothing is pruned */
gboolean sp_weight_narrow_further  (State *state);      /* after a reading: FALSE when prune_limit is exact */

/* A non-negative double as an integer that orders alike. */
static inline guint64
sp_weight_pattern (double x)
{
  guint64 pattern;

  memcpy (&pattern, &x, sizeof pattern);
  return pattern;
}
