/* sp-axis.h - from numbers to places and ticks: linear, logarithmic, symmetric logarithmic */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-result.h"

typedef struct {
  SpScale scale;
  double  min, max;            /* shown; min < max, finite; logarithmic: min > 0 */
  double  linear_below;        /* symlog: |x| under this is linear; ≤ 0: a thousandth of the largest shown */
} SpAxis;

double    sp_axis_place (const SpAxis *axis, double value);   /* 0…1 inside, beyond where it lies beyond; NaN stays */
double    sp_axis_value (const SpAxis *axis, double place);
void      sp_axis_zoom  (SpAxis *axis, double place, double factor);   /* place keeps its value; factor > 1: closer */
void      sp_axis_pan   (SpAxis *axis, double places);             /* > 0: towards larger values */

/* Takes in what another axis of the same scale shows: grows in steps, never shrinks. */
void      sp_axis_grow  (SpAxis *axis, const SpAxis *needed);

/* Limits that hold low…high and end on round numbers (padded: with some air), min < max whatever comes in. */
void      sp_axis_fit   (SpAxis *axis, double low, double high, gboolean padded);

typedef struct { double value, place; gboolean is_major; char label[32]; } SpTick;   /* minor ticks: empty label */

/* At most n_wanted major ones, in rising order.  unit: "share" gives percentages; "index" and counts, whole numbers. */
gsize     sp_axis_ticks (const SpAxis *axis, gsize n_wanted, const char *unit, SpTick *ticks, gsize n_room);
gboolean  sp_unit_is_whole (const char *unit);                     /* elements, rows, tokens …: no fractions */
