/* sp-axis.c - from numbers to places and back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-axis.h"

#include <float.h>
#include <math.h>

#define LOG_LEAST 1e-300

static double
linear_below (const SpAxis *axis)
{
  double largest = MAX (fabs (axis->min), fabs (axis->max));

  if (axis->linear_below > 0 && isfinite (axis->linear_below))
    return axis->linear_below;
  return MAX (largest * 1e-3, LOG_LEAST);
}

/* Into the space where places are proportional. */
static double
bend (const SpAxis *axis, double value)
{
  double below;

  if (axis->scale == SP_SCALE_LINEAR)
    return value;
  if (axis->scale == SP_SCALE_LOG)
    return log10 (value);
  below = linear_below (axis);
  if (fabs (value) <= below)
    return value / below;
  return copysign (1 + log10 (fabs (value) / below), value);
}

static double
unbend (const SpAxis *axis, double bent)
{
  double below;

  if (axis->scale == SP_SCALE_LINEAR)
    return bent;
  if (axis->scale == SP_SCALE_LOG)
    return pow (10, bent);
  below = linear_below (axis);
  if (fabs (bent) <= 1)
    return bent * below;
  return copysign (below * pow (10, fabs (bent) - 1), bent);
}

double
sp_axis_place (const SpAxis *axis, double value)
{
  double low = bend (axis, axis->min), high = bend (axis, axis->max), bent = bend (axis, value);

  if (isfinite (high - low))
    return (bent - low) / (high - low);
  return (bent / 4 - low / 4) / (high / 4 - low / 4);
}

double
sp_axis_value (const SpAxis *axis, double place)
{
  double low = bend (axis, axis->min), high = bend (axis, axis->max);

  /* The ends are exact. */
  if (place == 0)
    return axis->min;
  if (place == 1)
    return axis->max;
  return unbend (axis, low * (1 - place) + high * place);
}

/* Takes the limits only if numbers can still tell them apart. */
static void
set_limits (SpAxis *axis, double bent_low, double bent_high)
{
  double min = unbend (axis, bent_low), max = unbend (axis, bent_high);
  double largest = MAX (fabs (min), fabs (max));

  if (!isfinite (min) || !isfinite (max) || largest > DBL_MAX / 4)
    return;
  if (max - min <= largest * 1e-9 || max - min < DBL_MIN)
    return;
  if (axis->scale == SP_SCALE_LOG && (min < LOG_LEAST || bent_high - bent_low < 1e-6))
    return;
  /* An unset linear part depends on the limits: pin it so that the picture does not shift. */
  if (axis->scale == SP_SCALE_SYMLOG)
    axis->linear_below = linear_below (axis);
  axis->min = min;
  axis->max = max;
}

void
sp_axis_zoom (SpAxis *axis, double place, double factor)
{
  double low = bend (axis, axis->min), high = bend (axis, axis->max);
  double still = low + place * (high - low);

  if (factor > 0 && isfinite (factor))
    set_limits (axis, still + (low - still) / factor, still + (high - still) / factor);
}

void
sp_axis_pan (SpAxis *axis, double places)
{
  double low = bend (axis, axis->min), high = bend (axis, axis->max);
  double shift = places * (high - low);

  if (isfinite (shift))
    set_limits (axis, low + shift, high + shift);
}

/* The 1, 2 or 5 times a power of ten next above. */
static double
round_step (double rough)
{
  double power = pow (10, floor (log10 (rough)));

  for (int i = 0; i < 3; i++)
    {
      static const double nice[] = { 1, 2, 5 };

      if (nice[i] * power >= rough * (1 - 1e-9))
        return nice[i] * power;
    }
  return 10 * power;
}

/* Far enough for what comes next too: to a multiple of about a quarter of the range, of a decade at most. */
void
sp_axis_grow (SpAxis *axis, const SpAxis *needed)
{
  double low = bend (axis, axis->min), high = bend (axis, axis->max);
  double need_low = bend (axis, needed->min), need_high = bend (axis, needed->max);
  double step = round_step ((MAX (high, need_high) - MIN (low, need_low)) / 4);

  double grown;

  if (axis->scale != SP_SCALE_LINEAR)
    step = MIN (step, 1);
  if (axis->scale == SP_SCALE_SYMLOG)
    axis->linear_below = linear_below (axis);
  /* Near the ends of the range of numbers a step may lead out of it. */
  grown = unbend (axis, floor (need_low / step + 1e-9) * step);
  if (need_low < low)
    axis->min = isfinite (grown) && (axis->scale != SP_SCALE_LOG || grown >= LOG_LEAST) ? grown : needed->min;
  grown = unbend (axis, ceil (need_high / step - 1e-9) * step);
  if (need_high > high)
    axis->max = isfinite (grown) ? grown : needed->max;
}

static void
fit_linear (SpAxis *axis, double low, double high, gboolean padded)
{
  double range = high - low, step;

  if (!(range > MAX (fabs (low), fabs (high)) * 1e-9) || range < DBL_MIN * 100)
    {
      double air = MAX (fabs (low) * 0.05, low == 0 ? 1 : DBL_MIN * 1000);

      axis->min = low - air;
      axis->max = high + air;
      return;
    }
  axis->min = low;
  axis->max = high;
  if (!padded || range > DBL_MAX / 4)
    return;
  step = round_step (range / 10);
  axis->min = floor (low / step + 1e-9) * step;
  axis->max = ceil (high / step - 1e-9) * step;
}

/* To a whole decade when that is near, else to a leading digit. */
static double
round_log (double value, gboolean up)
{
  double exact = log10 (value), decade = up ? ceil (exact - 1e-9) : floor (exact + 1e-9),
         power = pow (10, floor (exact + 1e-9));

  if (fabs (decade - exact) <= 0.5)
    return pow (10, decade);
  return (up ? ceil (value / power - 1e-9) : floor (value / power + 1e-9)) * power;
}

static void
fit_log (SpAxis *axis, double low, double high, gboolean padded)
{
  low = MAX (low, LOG_LEAST);
  high = MAX (high, low);
  axis->min = low;
  axis->max = high;
  if (log10 (high) - log10 (low) < 1e-3)
    {
      axis->min = MAX (low / 2, LOG_LEAST);
      axis->max = MAX (high, axis->min) * 2;
    }
  else if (padded)
    {
      axis->min = MAX (round_log (low, FALSE), LOG_LEAST);
      axis->max = round_log (high, TRUE);
    }
}

void
sp_axis_fit (SpAxis *axis, double low, double high, gboolean padded)
{
  if (!isfinite (low) || !isfinite (high) || low > high)
    {
      low = axis->scale == SP_SCALE_LOG ? 0.1 : 0;
      high = 1;
    }
  low = CLAMP (low, -DBL_MAX / 8, DBL_MAX / 8);
  high = CLAMP (high, -DBL_MAX / 8, DBL_MAX / 8);
  if (axis->scale == SP_SCALE_LOG)
    fit_log (axis, low, high, padded);
  else
    fit_linear (axis, low, high, padded);
}
