/* activation-report.h - shared by the parts of the report of activation-sparsity */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "activation-sparsity.h"

typedef struct {
  guint64  n_tokens, n_neurons, n_finite, n_nonfinite, n_zero;
  double   n_active;                     /* NaN: not known */
  double   threshold;                    /* NaN: the rule has none */
  double   cett, n_measured, n_silent;   /* at it; NaN: not asked for */
  gboolean is_estimate;
  double   least, most;                  /* activation ratio of a token; NaN */
} ActiveFigures;

typedef struct {
  ActiveState   *state;
  ActiveSetting  setting;
  ActiveFigures *layers;                 /* (n_layers) */
  ActiveFigures  all;
  guint64        n_places;               /* tokens, with those that do not count */
  gboolean       is_estimate;
  gboolean       is_by_token;            /* what is shown by token is for this setting */
} ActiveReport;

gboolean active_is_shown       (const ActiveReport *report, gsize layer);
double   active_share          (double part, double whole);            /* NaN of nothing */
guint64  active_count_left_out (guint64 n, double kept);               /* of n, the int (n · (1 − kept)) smallest; zeros are in any case */

void     active_count_all      (ActiveReport *report);                 /* activation-figures.c */
gboolean active_is_cett_known  (const ActiveReport *report, gsize layer);
void     active_make_tokens    (ActiveReport *report);                 /* activation-tokens.c: into state->by_token */
void     active_add_tokens     (SpResult *result, const ActiveReport *report);
void     active_add_curves     (SpResult *result, const ActiveReport *report);      /* activation-curves.c */
