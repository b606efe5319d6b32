/* sp-series.h - activation ratios of one training run by tokens, found by their names among the tensors of a run
 *
 * A series is two vectors of one file, token_passed, or step_passed, and activation_ratio; where a folder has several files of them,
 * their names stand before: "0.1b_relu.txt:token_passed". */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#define SP_SERIES_TOKENS "token_passed"
#define SP_SERIES_STEPS  "step_passed"
#define SP_SERIES_RATIOS "activation_ratio"

/* Indices into the items. */
typedef struct {
  char    *title;                        /* "0.1b_relu": of the store, or the file; unique in the list; owned */
  gsize    tokens, ratios;
  gboolean is_steps;                     /* tokens are steps of training */
} SpSeriesPair;

gboolean sp_series_is_in (SpStore *store);
/* Losses of one model by how much is left out: a file of the lists tau and loss, and perhaps activation_ratio. */
gboolean sp_series_has_losses (SpStore *store);
GArray  *sp_series_list  (const SpItems *items);                 /* of SpSeriesPair, natural order of titles */
