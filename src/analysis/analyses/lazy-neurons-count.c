/* lazy-neurons-count.c - how many neurons of a layer are dead, rare, frequent, at one setting of the cut-offs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <stdlib.h>

static const double coverages[LAZY_COVERAGES] = { 0.8, 0.9, 0.95, 0.99 };

gboolean
lazy_is_shown (const LazyReport *report, gsize layer)
{
  const LazyState *state = report->state;

  return state->layers[layer].problem == NULL && (state->layers[layer].n_seen > 0 || state->dump->layers[layer].n_tokens == 0);
}

static int
compare_down (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (*x < *y) - (*x > *y);
}

static void
count_neuron (const LazyReport *report, LazyTally *tally, guint64 n_fired, guint64 n_valid)
{
  double q = (double) n_fired / (double) n_valid;

  if (n_valid == 0)
    return;
  tally->n_never += n_fired == 0;
  tally->n_dead += q < report->dead;
  tally->n_rare += q <= report->rare;
  tally->n_often += q >= report->often;
  tally->n_always += n_fired == n_valid;
}

/* fired: (n_neurons) numbers of firings, most first. */
static void
find_coverage (LazyLayer *layer, const double *fired, guint64 n_neurons)
{
  double  so_far = 0, total = (double) layer->n_fired;
  guint64 n = 0;

  for (gsize c = 0; c < LAZY_COVERAGES; c++)
    {
      while (n < n_neurons && so_far < coverages[c] * total)
        so_far += fired[n++];
      layer->cover[c] = n;
    }
}

/* What no cut-off changes, once more was read: sorting is most of the work. */
static void
rank (LazyState *state, gsize i)
{
  LazyLayer *layer = &state->layers[i];
  guint64    n = state->dump->layers[i].n_neurons;

  if (layer->sorted != NULL && layer->n_ranked == layer->n_seen)
    return;
  if (layer->sorted == NULL)
    layer->sorted = g_new (double, n + 1);
  for (guint64 k = 0; k < n; k++)
    layer->sorted[k] = (double) layer->fired[k];
  qsort (layer->sorted, n, sizeof (double), compare_down);
  find_coverage (layer, layer->sorted, n);
  layer->n_ever_valid = 0;
  for (guint64 k = 0; k < n; k++)
    if (lazy_n_valid (state, i, k) > 0)
      layer->sorted[layer->n_ever_valid++] = lazy_frequency (state, i, k);
  qsort (layer->sorted, layer->n_ever_valid, sizeof (double), compare_down);
  layer->n_ranked = layer->n_seen;
}

static void
count_layer (LazyReport *report, gsize i)
{
  LazyState       *state = report->state;
  const LazyLayer *layer = &state->layers[i];
  LazyTally       *tally = &report->layers[i];
  guint64          n = state->dump->layers[i].n_neurons;

  rank (state, i);
  *tally = (LazyTally) { .n_tokens = lazy_n_tokens (state, i), .n_fewest_tokens = lazy_n_tokens (state, i),
                         .n_neurons = n, .n_fired = layer->n_fired, .cover = layer->cover,
                         .n_nonfinite = layer->n_nonfinite, .n_valid = layer->n_seen - layer->n_nonfinite };
  for (guint64 k = 0; k < n; k++)
    count_neuron (report, tally, layer->fired[k], lazy_n_valid (state, i, k));
}

static void
add_to_all (LazyTally *all, const LazyTally *layer)
{
  all->n_tokens = MAX (all->n_tokens, layer->n_tokens);
  if (layer->n_tokens > 0 && (all->n_fewest_tokens == 0 || layer->n_tokens < all->n_fewest_tokens))
    all->n_fewest_tokens = layer->n_tokens;
  all->n_neurons += layer->n_neurons;
  all->n_valid += layer->n_valid;
  all->n_fired += layer->n_fired;
  all->n_nonfinite += layer->n_nonfinite;
  all->n_never += layer->n_never;
  all->n_dead += layer->n_dead;
  all->n_rare += layer->n_rare;
  all->n_often += layer->n_often;
  all->n_always += layer->n_always;
}

void
lazy_count_all (LazyReport *report)
{
  gsize n = report->state->dump->n_layers;

  report->layers = g_new0 (LazyTally, n + 1);
  for (gsize i = 0; i < n; i++)
    if (lazy_is_shown (report, i))
      {
        count_layer (report, i);
        add_to_all (&report->all, &report->layers[i]);
      }
}

/* The rule of three: what a neuron that never fired at T tokens fires at most, with 95 % confidence. */
double
lazy_rule_of_three (const LazyTally *tally)
{
  return tally->n_fewest_tokens > 0 ? MIN (3.0 / (double) tally->n_fewest_tokens, 1) : NAN;
}

/* How many more tokens until that bound is below the cut for the dead. */
double
lazy_tokens_wanted (const LazyReport *report)
{
  return report->dead > 0 ? MAX (ceil (3.0 / report->dead) - (double) report->all.n_fewest_tokens, 0) : INFINITY;
}
