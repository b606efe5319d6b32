/* sp-axis.h - from numbers to places and ticks: linear, logarithmic, symmetric logarithmic */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-result.h"

typedef struct {
  SpScale scale;
  double  min, max;            /* shown; min < max */
  double  linear_below;        /* symlog: |x| under this is linear */
} SpAxis;

double    sp_axis_place (const SpAxis *axis, double value);        /* 0…1 inside; outside it where it lies beyond; NaN stays */
double    sp_axis_value (const SpAxis *axis, double place);
void      sp_axis_zoom  (SpAxis *axis, double place, double factor);   /* about place; place keeps its value */
void      sp_axis_pan   (SpAxis *axis, double places);

typedef struct { double value, place; gboolean is_major; char label[32]; } SpTick;   /* minor ticks: empty label */
gsize     sp_axis_ticks (const SpAxis *axis, gsize n_wanted, const char *unit, SpTick *ticks, gsize n_room);
