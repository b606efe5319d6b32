/* weight-sparsity-prune.c - the k-th smallest of all counted magnitudes, for global magnitude pruning
 *
 * Histograms give it at once, to a bin.  Where types with wide bins count, further readings narrow the
 * bin down to one value. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weight-sparsity-prune.h"

#include <float.h>
#include <math.h>
#include <string.h>

static void
sum_up_bins (const SpBins *counts, guint n_bins, guint64 **sums)
{
  if (*sums == NULL)
    *sums = g_new0 (guint64, n_bins + 1);
  for (guint i = 0; i < n_bins; i++)
    (*sums)[i + 1] = (*sums)[i] + counts->counts[i];
}

void
sp_weight_sum_up (State *state)
{
  if (state->n_ended_summed == state->n_ended)
    return;
  for (guint d = 0; d < SP_N_DTYPES; d++)
    for (guint g = 0; g < SP_N_GROUPS; g++)
      if (state->totals[d].counts[g] != NULL)
        sum_up_bins (state->totals[d].counts[g], sp_magnitudes_get ((SpDtype) d)->n, &state->totals[d].sums[g]);
  state->n_ended_summed = state->n_ended;
}

static void
add_relative (const Record *record, guint64 *counts)
{
  double rms = sp_weight_rms (record);

  for (guint i = 0; i < N_RELATIVE; i++)
    counts[i] += (guint64) sp_distribution_below (record->distribution, RELATIVE_LIMIT (i) * rms, NULL);
}

/* 50 µs a tensor, hence only for who looks at it. */
void
sp_weight_sum_up_relative (State *state)
{
  for (; state->n_relative < state->n_scanned; state->n_relative++)
    {
      SpGroup       group = sp_weight_sums_to (state, state->n_relative);
      const Record *record = &state->records[state->n_relative];

      if (group != SP_N_GROUPS && record->distribution != NULL)
        add_relative (record, state->relative[group]);
    }
}

guint64
sp_weight_below (const State *state, SpGroup group, double limit)
{
  guint64 count = 0;

  for (guint d = 0; d < SP_N_DTYPES; d++)
    if (state->totals[d].sums[group] != NULL)
      count += state->totals[d].sums[group][sp_magnitudes_find (sp_magnitudes_get ((SpDtype) d), limit)];
  return count;
}

static guint64
count_below (const State *state, const Live *live, double limit)
{
  guint64 count = 0;

  for (guint g = 0; g < SP_N_GROUPS; g++)
    if (live->counts[g])
      count += sp_weight_below (state, (SpGroup) g, limit);
  return count;
}

static double
double_of (guint64 pattern)
{
  double x;

  memcpy (&x, &pattern, sizeof x);
  return x;
}

/* Smallest double at or below which `rank` of the histograms' entries lie, wide bins taken whole. */
double
sp_weight_quantile (const State *state, const Live *live, guint64 rank)
{
  guint64 low = 0, high = sp_weight_pattern (INFINITY);

  while (low < high)
    {
      guint64 middle = low + (high - low) / 2;

      if (count_below (state, live, double_of (middle)) >= rank)
        high = middle;
      else
        low = middle + 1;
    }
  return double_of (low);
}

double
sp_weight_find_prune (const State *state, const Live *live, guint64 *n_counted, guint64 *wanted)
{
  *n_counted = 0;
  for (gsize i = 0; i < state->n; i++)
    if (sp_weight_counts (state, i, live))
      *n_counted += state->records[i].n;
  *wanted = (guint64) floor ((double) *n_counted * live->prune);
  if (*wanted == 0)
    return NAN;
  /* Non-finite weights are never pruned: asking for more than there are prunes all others. */
  *wanted = MIN (*wanted, count_below (state, live, INFINITY));
  return *wanted == 0 ? NAN : sp_weight_quantile (state, live, *wanted);
}

/* Exact types are known at every limit: their entries inside the range are added by their values. */
static void
add_exact_types (State *state)
{
  Narrowing *narrowing = &state->narrowing;

  for (guint d = 0; d < SP_N_DTYPES; d++)
    for (guint g = 0; g < SP_N_GROUPS; g++)
      {
        const SpBins       *counts = state->totals[d].counts[g];
        const SpMagnitudes *m = sp_magnitudes_get ((SpDtype) d);

        if (counts == NULL || !state->live.counts[g] || !m->is_exact)
          continue;
        for SP_BINS_EACH (counts, i)
          {
            guint64 place = sp_weight_pattern (m->low[i]) - narrowing->from;

            if (place < (guint64) N_NARROW << narrowing->shift)
              sp_bins_add (narrowing->counts, (guint) (place >> narrowing->shift), counts->counts[i]);
          }
      }
}

/* First narrowing: the wide bin the threshold lies in. */
gboolean
sp_weight_start_narrowing (State *state)
{
  Narrowing          *narrowing = &state->narrowing;
  const SpMagnitudes *m = sp_magnitudes_get (SP_DTYPE_F32);     /* all wide types share these bins */
  guint64             n_counted, end;
  double              limit;
  guint               bin;

  sp_weight_sum_up (state);
  limit = sp_weight_find_prune (state, &state->live, &n_counted, &narrowing->wanted);
  state->prune_limit = limit;
  if (isnan (limit))
    return FALSE;
  bin = sp_magnitudes_find (m, limit) - 1;
  narrowing->from = sp_weight_pattern (m->low[bin]);
  end = sp_weight_pattern (bin + 1 < m->n ? m->high[bin] : DBL_MAX);   /* the last one holds all that exceeds f32 */
  narrowing->shift = 0;
  while (((end - narrowing->from) >> narrowing->shift) >= N_NARROW)
    narrowing->shift++;
  narrowing->below = bin == 0 ? 0 : count_below (state, &state->live, nextafter (m->low[bin], 0));
  sp_bins_clear (narrowing->counts);
  state->step = STEP_NARROW;
  return TRUE;
}

/* The f32 at or after double_of (from), if no other f32 lies before `end`. */
static gboolean
is_single_f32 (guint64 from, guint64 end, double *value)
{
  double x = double_of (from);
  float  f = (float) x;

  if ((double) f < x)
    f = nextafterf (f, INFINITY);
  *value = (double) f;
  return (double) nextafterf (f, INFINITY) >= double_of (end);
}

static gboolean
counts_f64 (const State *state)
{
  for (guint g = 0; g < SP_N_GROUPS; g++)
    if (state->live.counts[g] && state->totals[SP_DTYPE_F64].counts[g] != NULL)
      return TRUE;
  return FALSE;
}

/* After a narrowing: closer still, or FALSE when one value is left. */
gboolean
sp_weight_narrow_further (State *state)
{
  Narrowing *narrowing = &state->narrowing;
  guint      i = 0;

  add_exact_types (state);
  while (i < N_NARROW - 1 && narrowing->below + narrowing->counts->counts[i] < narrowing->wanted)
    narrowing->below += narrowing->counts->counts[i++];
  narrowing->from += (guint64) i << narrowing->shift;
  state->prune_limit = double_of (narrowing->from);
  if (narrowing->shift == 0)
    return FALSE;
  if (!counts_f64 (state)
      && is_single_f32 (narrowing->from, narrowing->from + ((guint64) 1 << narrowing->shift), &state->prune_limit))
    return FALSE;
  narrowing->shift = narrowing->shift > 16 ? narrowing->shift - 16 : 0;
  sp_bins_clear (narrowing->counts);
  return TRUE;
}
