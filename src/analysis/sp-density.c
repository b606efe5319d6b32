/* sp-density.c - how the densities of features are distributed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-density.h"

#include <math.h>
#include <string.h>

#define COARSE_STEP 0.5                    /* of log beta */
#define LEAST       (-14.0)                /* of it */
#define COARSE      80                     /* steps: beta from 8e-7 to 2e11 */
#define MOST_BETA   1e6                    /* times as many as there are ranks: a power of so large a shift is an exponential */
#define ALONE       1024                   /* first ranks that a coarse look keeps apart; of later ones it joins a 1024th of their rank */
#define FINE        1e-12                  /* of log beta */
#define MOST_TRIES  60                     /* of them; ten are usual */

void
sp_density_bin (const double *sorted, gsize n, guint64 *bins)
{
  memset (bins, 0, SP_DENSITY_BINS * sizeof *bins);
  for (gsize i = 0; i < n; i++)
    {
      double place = floor ((log10 (sorted[i]) - SP_DENSITY_LEAST) * SP_DENSITY_DECADE + 1e-9);

      bins[(gsize) CLAMP (place, 0, SP_DENSITY_BINS - 1)]++;
    }
}

double
sp_density_valley (const double *sorted, gsize n, double *share)
{
  double all = 0, above = 0, best = 0, square = 0, valley = NAN;

  for (gsize i = 0; i < n; i++)
    all += log10 (sorted[i]);
  for (gsize i = 0; i < n; i++)
    square += (log10 (sorted[i]) - all / (double) n) * (log10 (sorted[i]) - all / (double) n);
  for (gsize i = 0; i + 1 < n; i++)
    {
      double k = (double) (i + 1), rest = (double) n - k, apart;

      above += log10 (sorted[i]);
      if (sorted[i] == sorted[i + 1])
        continue;
      apart = above / k - (all - above) / rest;
      if (k * rest * apart * apart > best)
        {
          best = k * rest * apart * apart;
          valley = (log10 (sorted[i]) + log10 (sorted[i + 1])) / 2;
        }
    }
  *share = square > 0 ? best / (double) n / square : NAN;
  return valley;
}

/* --- the law of ranks ---------------------------------------------------------------------------------- */

/* Logs of densities, their mean and spread.  ranks and weights: NULL, all ranks from the first on, once each.  places: (n) room. */
typedef struct { const double *logs, *ranks, *weights; double *places; gsize first, n; double weight, mean, square; } Ranks;

static inline double
get_weight (const Ranks *ranks, gsize i)
{
  return ranks->weights != NULL ? ranks->weights[i] : 1;
}

static inline double
get_rank (const Ranks *ranks, gsize i)
{
  return ranks->ranks != NULL ? ranks->ranks[i] : (double) (ranks->first + i);
}

static void
measure_spread (Ranks *ranks)
{
  for (gsize i = 0; i < ranks->n; i++)
    {
      ranks->weight += get_weight (ranks, i);
      ranks->mean += get_weight (ranks, i) * ranks->logs[i];
    }
  ranks->mean /= ranks->weight;
  for (gsize i = 0; i < ranks->n; i++)
    ranks->square += get_weight (ranks, i) * (ranks->logs[i] - ranks->mean) * (ranks->logs[i] - ranks->mean);
}

/* The straight line through (log (r + beta), log q): sums of squares and products about the middle; ux, uy with the place's derivative by
 * log beta, beta / (r + beta). */
typedef struct { double mean, xx, xy, ux, uy; } Line;

static Line
fit_line (const Ranks *ranks, double beta)
{
  Line line = { 0 };

  for (gsize i = 0; i < ranks->n; i++)
    {
      ranks->places[i] = log (get_rank (ranks, i) + beta);
      line.mean += get_weight (ranks, i) * ranks->places[i];
    }
  line.mean /= ranks->weight;
  for (gsize i = 0; i < ranks->n; i++)
    {
      double x = ranks->places[i] - line.mean, y = ranks->logs[i] - ranks->mean;
      double weight = get_weight (ranks, i), u = weight * beta / (get_rank (ranks, i) + beta);

      line.xx += weight * x * x;
      line.xy += weight * x * y;
      line.ux += u * x;
      line.uy += u * y;
    }
  return line;
}

/* Ranks that are nearly the same for every beta are one. */
static gsize
join_ranks (const Ranks *all, double *joined, double *ranks, double *weights)
{
  gsize n_joined = 0;

  for (gsize i = 0, end; i < all->n; i = end, n_joined++)
    {
      double sum = 0;

      end = MIN (all->n, i + 1 + (all->first + i) / ALONE);
      for (gsize k = i; k < end; k++)
        sum += all->logs[k];
      weights[n_joined] = (double) (end - i);
      joined[n_joined] = sum / weights[n_joined];
      ranks[n_joined] = (double) all->first + (double) (i + end - 1) / 2;
    }
  return n_joined;
}

/* By log beta: the best of a coarse look. */
static double
look_coarsely (const Ranks *all)
{
  g_autofree double *joined = g_new (double, all->n), *numbers = g_new (double, all->n), *weights = g_new (double, all->n);
  Ranks              ranks = { .logs = joined, .ranks = numbers, .weights = weights, .places = all->places };
  double             best = INFINITY, found = LEAST;

  ranks.n = join_ranks (all, joined, numbers, weights);
  measure_spread (&ranks);
  for (guint i = 0; i <= COARSE; i++)
    {
      Line   line = fit_line (&ranks, exp (LEAST + i * COARSE_STEP));
      double rest = line.xx > 0 ? ranks.square - line.xy * line.xy / line.xx : INFINITY;

      if (rest < best)
        {
          best = rest;
          found = LEAST + i * COARSE_STEP;
        }
    }
  return found;
}

/* Above 0 where what the line leaves falls with log beta: by its slope, since squares are flat at their least. */
static double
find_fall (const Ranks *ranks, double log_beta)
{
  Line   line = fit_line (ranks, exp (log_beta));
  double slope = line.xy / line.xx;

  return slope * (line.uy - slope * line.ux);
}

/* Where the fall ends: by straight lines between both sides, one that stays twice counted half (Illinois).  Nowhere: at an end. */
static double
find_least (const Ranks *ranks, double low, double high)
{
  double   fall_low = find_fall (ranks, low), fall_high = find_fall (ranks, high), last = NAN;
  gboolean was_low = FALSE, was_high = FALSE;

  if (!(fall_low > 0) || fall_high > 0)
    return fall_high > 0 ? high : low;
  for (guint i = 0; i < MOST_TRIES && high - low > FINE; i++)
    {
      double guess = low + (high - low) * fall_low / (fall_low - fall_high), fall = find_fall (ranks, guess);

      if (fall == 0 || fabs (guess - last) < FINE)
        return guess;
      last = guess;
      if (fall > 0)
        {
          low = guess;
          fall_low = fall;
          fall_high /= was_low ? 2 : 1;
        }
      else
        {
          high = guess;
          fall_high = fall;
          fall_low /= was_high ? 2 : 1;
        }
      was_low = fall > 0;
      was_high = !was_low;
    }
  return (low + high) / 2;
}

static SpZipf
look_closely (const Ranks *ranks, double middle)
{
  double beta = exp (find_least (ranks, middle - COARSE_STEP, middle + COARSE_STEP));
  Line   line = fit_line (ranks, beta);
  double slope = line.xy / line.xx;

  return (SpZipf) { .alpha = -slope, .beta = beta, .scale = ranks->mean - slope * line.mean, .r2 = slope * line.xy / ranks->square };
}

SpZipf
sp_zipf_fit (const double *sorted, gsize first, gsize end)
{
  gsize              n = end > first ? end - first : 0, n_different = n > 0;
  g_autofree double *logs = g_new (double, n + 1), *places = g_new (double, n + 1);
  Ranks              ranks = { .logs = logs, .places = places, .first = first, .n = n };
  double             middle;
  SpZipf             zipf;

  for (gsize i = 0; i < n; i++)
    {
      logs[i] = log (sorted[first + i]);
      n_different += i > 0 && logs[i] != logs[i - 1];
    }
  middle = n_different < 3 ? NAN : look_coarsely (&ranks);
  if (!(middle < LEAST + COARSE * COARSE_STEP))
    return (SpZipf) { NAN, NAN, NAN, NAN };
  measure_spread (&ranks);
  zipf = look_closely (&ranks, middle);
  return zipf.beta < MOST_BETA * (double) end ? zipf : (SpZipf) { NAN, NAN, NAN, NAN };
}

double
sp_zipf_expect (const SpZipf *zipf, double rank)
{
  return exp (zipf->scale - zipf->alpha * log (rank + zipf->beta));
}
