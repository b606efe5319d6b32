/* sp-series.h - activation ratios of one training run by tokens, found by their names among the tensors of a run
 *
 * A series is two vectors of one file, token_passed and activation_ratio; where a folder has several files of them, their names
 * stand before: "0.1b_relu.txt:token_passed". */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

/* Indices into the items. */
typedef struct {
  char *title;                           /* "0.1b_relu": of the store, or the file; unique in the list; owned */
  gsize tokens, ratios;
} SpSeriesPair;

gboolean sp_series_is_in (SpStore *store);
GArray  *sp_series_list  (const SpItems *items);                 /* of SpSeriesPair, natural order of titles */
