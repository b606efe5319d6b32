/* lazy-neurons-count.c - how many neurons of a layer are dead, rare, frequent, at one setting of the cut-offs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

static void
count_layer (LazyReport *report, gsize i)
{
  LazyState       *state = report->state;
  const LazyLayer *layer = &state->layers[i];
  guint64          n = layer->n_ever_valid, n_tokens = lazy_n_tokens (state, i);

  report->layers[i] = (LazyTally) {
    .n_tokens = n_tokens, .n_fewest_tokens = n_tokens, .n_neurons = state->dump->layers[i].n_neurons, .n_fired = layer->n_fired,
    .n_nonfinite = layer->n_nonfinite, .n_valid = layer->n_seen - layer->n_nonfinite, .carried = &layer->carried,
    .lacks_total = state->lacks_total,
    .n_never = n - lazy_count_above (layer, 0), .n_dead = n - lazy_count_from (layer, report->dead),
    .n_rare = n - lazy_count_above (layer, report->rare), .n_often = lazy_count_from (layer, report->often),
    .n_always = lazy_count_from (layer, 1)
  };
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

  lazy_rank (report->state);
  report->all.lacks_total = report->state->lacks_total;
  report->all.carried = &report->state->all;
  report->layers = g_new0 (LazyTally, n + 1);
  for (gsize i = 0; i < n; i++)
    if (lazy_is_shown (report->state, i))
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
