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
#define FINE        40                     /* halvings: to 1e-12 of log beta */

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

/* Logs of densities, their mean and spread.  ranks and weights: NULL, all ranks from the first on, once each. */
typedef struct { const double *logs, *ranks, *weights; gsize first, n; double weight, mean, square; } Ranks;

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

/* log (r + beta) */
static inline double
get_place (const Ranks *ranks, gsize i, double beta)
{
  return log (get_rank (ranks, i) + beta);
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
    line.mean += get_weight (ranks, i) * get_place (ranks, i, beta);
  line.mean /= ranks->weight;
  for (gsize i = 0; i < ranks->n; i++)
    {
      double place = get_place (ranks, i, beta), x = place - line.mean, y = ranks->logs[i] - ranks->mean;
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
  g_autofree double *joined = g_new (double, all->n), *places = g_new (double, all->n), *weights = g_new (double, all->n);
  Ranks              ranks = { .logs = joined, .ranks = places, .weights = weights };
  double             best = INFINITY, found = LEAST;

  ranks.n = join_ranks (all, joined, places, weights);
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

/* Halves where what the line leaves falls on the left and rises on the right; by its slope, since squares are flat at their least. */
static SpZipf
look_closely (const Ranks *ranks, double middle)
{
  double low = middle - COARSE_STEP, high = middle + COARSE_STEP, beta, slope;
  Line   line;

  for (guint i = 0; i < FINE; i++)
    {
      double half = (low + high) / 2;

      line = fit_line (ranks, exp (half));
      slope = line.xy / line.xx;
      if (slope * (line.uy - slope * line.ux) > 0)
        low = half;
      else
        high = half;
    }
  beta = exp ((low + high) / 2);
  line = fit_line (ranks, beta);
  slope = line.xy / line.xx;
  return (SpZipf) { .alpha = -slope, .beta = beta, .scale = ranks->mean - slope * line.mean, .r2 = slope * line.xy / ranks->square };
}

SpZipf
sp_zipf_fit (const double *sorted, gsize first, gsize end)
{
  gsize              n = end > first ? end - first : 0, n_different = n > 0;
  g_autofree double *logs = g_new (double, n + 1);
  Ranks              ranks = { .logs = logs, .first = first, .n = n };
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
