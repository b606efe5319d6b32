/* sp-cett-cut.c - the candidates for a layer's threshold, and the bisection among them
 *
 * 65 536 of them, evenly spaced from the least ν to the 0.99 quantile of a sample.  The bisection's first eight decisions ask for
 * candidates 255, 511 … 65 279 alone, and leave a section of 256 for the last eight: two readings answer it exactly. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-cett.h"

#include "sp-compare.h"

#include <math.h>
#include <stdlib.h>

#define QUANTILE 0.99
#define LAST (SP_CETT_CANDIDATES - 1)

static double
step_of (const SpCettLayer *layer)
{
  return (layer->most - layer->least) / LAST;
}

double
sp_cett_candidate (const SpCettLayer *layer, guint number)
{
  return number == LAST ? layer->most : number * step_of (layer) + layer->least;
}

/* The first candidate that is not less; SP_CETT_CANDIDATES: none; 0 for what is no number, as where weights are none. */
static guint
first_candidate (const SpCettLayer *layer, double magnitude)
{
  double step = step_of (layer), guess = step > 0 ? (magnitude - layer->least) / step : 0;
  guint  number = !(guess > 0) ? 0 : guess >= LAST ? LAST : (guint) guess;

  while (number > 0 && sp_cett_candidate (layer, number - 1) >= magnitude)
    number--;
  while (number < SP_CETT_CANDIDATES && sp_cett_candidate (layer, number) < magnitude)
    number++;
  return number;
}

guint
sp_cett_first_cut (const SpCettLayer *layer, SpCettCuts cuts, double magnitude)
{
  guint number = first_candidate (layer, magnitude);

  if (number <= cuts.first)
    return 0;
  return MIN ((number - cuts.first + cuts.step - 1) / cuts.step, SP_CETT_CUTS);
}

/* --- the range ---------------------------------------------------------------------------------- */

/* Linear interpolation between order statistics. */
static double
quantile (const double *sorted, gsize n, double share)
{
  double place = (double) (n - 1) * share, part;
  gsize  low = (gsize) place, high = MIN (low + 1, n - 1);

  part = place - (double) low;
  if (part >= 0.5)
    return sorted[high] - (sorted[high] - sorted[low]) * (1 - part);
  return sorted[low] + (sorted[high] - sorted[low]) * part;
}

void
sp_cett_set_range (SpCettLayer *layer)
{
  gsize n = 0;

  for (guint64 i = 0; i < layer->n_samples; i++)
    if (!isnan (layer->samples[i]))
      layer->samples[n++] = layer->samples[i];
  qsort (layer->samples, n, sizeof *layer->samples, sp_compare_doubles);
  layer->least = isfinite (layer->least) ? layer->least : 0;
  layer->most = n > 0 ? MAX (quantile (layer->samples, n, QUANTILE), layer->least) : layer->least;
  g_clear_pointer (&layer->samples, g_free);
}

/* --- the bisection -------------------------------------------------------------------------------- */

double
sp_cett_mean (const SpCettSums *sums, guint cut)
{
  return sums->cett[cut] / (double) sums->n_tokens;
}

double
sp_cett_share_up_to (const SpCettSums *sums, guint cut)
{
  return (double) sums->n_up_to[cut] / (double) sums->n_values;
}

/* A mean that is no number decides as a small one does, as in the reference. */
guint
sp_cett_find_section (const SpCettLayer *layer, double tau)
{
  guint left = 0, right = LAST;

  while (right - left >= SP_CETT_SECTION)
    {
      guint middle = (left + right) / 2;

      if (sp_cett_mean (&layer->coarse, middle / SP_CETT_COARSE.step) > tau)
        right = middle;
      else
        left = middle + 1;
    }
  return left / SP_CETT_SECTION;
}

static SpCettAnswer
answer_at (const SpCettLayer *layer, const SpCettSums *sums, guint cut, guint number)
{
  return (SpCettAnswer) { .threshold = sp_cett_candidate (layer, number), .cett = sp_cett_mean (sums, cut),
                        .share_up_to = sp_cett_share_up_to (sums, cut), .is_exact = TRUE };
}

static SpCettAnswer
nothing_cut (const SpCettLayer *layer)
{
  return (SpCettAnswer) { .threshold = layer->least, .is_exact = TRUE, .is_nothing_cut = TRUE };
}

static SpCettAnswer
solve_section (const SpCettLayer *layer, double tau)
{
  guint start = layer->section * SP_CETT_SECTION, left = start, right = start + SP_CETT_SECTION - 1;

  while (left < right)
    {
      guint middle = (left + right) / 2;

      if (sp_cett_mean (&layer->fine, middle - start) > tau)
        right = middle;
      else
        left = middle + 1;
    }
  if (left == 0)
    return nothing_cut (layer);
  if (left == start)
    return answer_at (layer, &layer->coarse, layer->section - 1, left - 1);
  return answer_at (layer, &layer->fine, left - 1 - start, left - 1);
}

/* Between the last coarse candidate that costs no more than tau, and the first that does. */
static SpCettAnswer
interpolate (const SpCettLayer *layer, guint section, double tau)
{
  double     low = section > 0 ? sp_cett_mean (&layer->coarse, section - 1) : 0;
  double     low_share = section > 0 ? sp_cett_share_up_to (&layer->coarse, section - 1) : 0;
  guint      number = section * SP_CETT_SECTION, cut = MIN (section, SP_CETT_CUTS - 1);
  double     high = sp_cett_mean (&layer->coarse, cut), part = high > low ? CLAMP ((tau - low) / (high - low), 0, 1) : 1;
  double     from = section > 0 ? sp_cett_candidate (layer, number - 1) : layer->least;
  SpCettAnswer answer = { .cett = low + part * (high - low) };

  answer.threshold = from + part * (sp_cett_candidate (layer, MIN (number + SP_CETT_SECTION - 1, LAST)) - from);
  answer.share_up_to = low_share + part * (sp_cett_share_up_to (&layer->coarse, cut) - low_share);
  return answer;
}

SpCettAnswer
sp_cett_solve (const SpCettLayer *layer, double tau)
{
  guint section;

  if (layer->coarse.n_tokens == 0)
    return (SpCettAnswer) { .threshold = NAN, .cett = NAN, .share_up_to = NAN, .is_exact = TRUE };
  section = sp_cett_find_section (layer, tau);
  if (layer->fine.n_tokens > 0 && section == layer->section)
    return solve_section (layer, tau);
  return interpolate (layer, section, tau);
}
