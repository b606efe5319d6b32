/* sp-density.c - how the densities of features are distributed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-density.h"

#include <math.h>
#include <string.h>

#define COARSE_STEP 0.5                    /* of log beta */
#define LEAST       (-14.0)                /* of it */
#define COARSE      80                     /* steps: beta from 8e-7 to 2e11 */
#define MOST_BETA   1e6                    /* times as many as there are ranks: a power of so large a shift is an exponential */
#define MOST_COARSE 20000                  /* ranks that a coarse look looks at */
#define FINE        60                     /* steps of the golden section: to 1e-12 of a coarse one */

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
sp_density_valley (const double *sorted, gsize n)
{
  double all = 0, above = 0, best = 0, valley = NAN;

  for (gsize i = 0; i < n; i++)
    all += log10 (sorted[i]);
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
  return valley;
}

/* --- the law of ranks ---------------------------------------------------------------------------------- */

/* Logs of densities, their mean and spread; each step-th is looked at. */
typedef struct { const double *logs; gsize n, step; double mean, square; } Ranks;

/* The straight line through (log (r + beta), log q); what it leaves of the spread. */
static double
fit_line (const Ranks *ranks, double beta, SpZipf *zipf)
{
  double n = (double) ((ranks->n + ranks->step - 1) / ranks->step), mean = 0, xx = 0, xy = 0;

  for (gsize i = 0; i < ranks->n; i += ranks->step)
    mean += log ((double) i + beta) / n;
  for (gsize i = 0; i < ranks->n; i += ranks->step)
    {
      double x = log ((double) i + beta) - mean;

      xx += x * x;
      xy += x * (ranks->logs[i] - ranks->mean);
    }
  if (!(xx > 0))
    return INFINITY;
  *zipf = (SpZipf) { .alpha = -xy / xx, .beta = beta, .scale = ranks->mean - xy / xx * mean };
  zipf->r2 = xy * xy / (xx * ranks->square);
  return ranks->square - xy * xy / xx;
}

static void
measure_spread (Ranks *ranks)
{
  double n = (double) ((ranks->n + ranks->step - 1) / ranks->step);

  ranks->mean = ranks->square = 0;
  for (gsize i = 0; i < ranks->n; i += ranks->step)
    ranks->mean += ranks->logs[i] / n;
  for (gsize i = 0; i < ranks->n; i += ranks->step)
    ranks->square += (ranks->logs[i] - ranks->mean) * (ranks->logs[i] - ranks->mean);
}

static double
rest_at (const Ranks *ranks, double step, SpZipf *zipf)
{
  return fit_line (ranks, exp (step), zipf);
}

/* By log beta, on some of the ranks: the best of a coarse look. */
static double
look_coarsely (Ranks ranks)
{
  double best = INFINITY, found = LEAST;

  ranks.step = (ranks.n + MOST_COARSE - 1) / MOST_COARSE;
  measure_spread (&ranks);
  for (guint i = 0; i <= COARSE; i++)
    {
      SpZipf ignored;
      double rest = rest_at (&ranks, LEAST + i * COARSE_STEP, &ignored);

      if (rest < best)
        {
          best = rest;
          found = LEAST + i * COARSE_STEP;
        }
    }
  return found;
}

/* Golden section, on all of them. */
static SpZipf
look_closely (const Ranks *ranks, double middle)
{
  const double golden = (sqrt (5) - 1) / 2;
  double       low = middle - COARSE_STEP, high = middle + COARSE_STEP;
  double       a = high - golden * (high - low), b = low + golden * (high - low), rest_a, rest_b;
  SpZipf       zipf = { NAN, NAN, NAN, NAN };

  rest_a = rest_at (ranks, a, &zipf);
  rest_b = rest_at (ranks, b, &zipf);
  for (guint i = 0; i < FINE; i++)
    if (rest_a <= rest_b)
      {
        high = b;
        b = a;
        rest_b = rest_a;
        rest_a = rest_at (ranks, a = high - golden * (high - low), &zipf);
      }
    else
      {
        low = a;
        a = b;
        rest_a = rest_b;
        rest_b = rest_at (ranks, b = low + golden * (high - low), &zipf);
      }
  rest_at (ranks, (low + high) / 2, &zipf);
  return zipf;
}

SpZipf
sp_zipf_fit (const double *sorted, gsize n)
{
  g_autofree double *logs = g_new (double, n + 1);
  Ranks              ranks = { .logs = logs, .n = n, .step = 1 };
  gsize              n_different = n > 0;
  double             middle;
  SpZipf             zipf;

  for (gsize i = 0; i < n; i++)
    {
      logs[i] = log (sorted[i]);
      n_different += i > 0 && logs[i] != logs[i - 1];
    }
  measure_spread (&ranks);
  middle = n_different < 3 ? NAN : look_coarsely (ranks);
  if (!(middle < LEAST + COARSE * COARSE_STEP))
    return (SpZipf) { NAN, NAN, NAN, NAN };
  zipf = look_closely (&ranks, middle);
  return zipf.beta < MOST_BETA * (double) n ? zipf : (SpZipf) { NAN, NAN, NAN, NAN };
}

double
sp_zipf_expect (const SpZipf *zipf, double rank)
{
  return exp (zipf->scale - zipf->alpha * log (rank + zipf->beta));
}
