/* lazy-neurons-rank.c - neurons in the order of their firings, and what else no cut-off changes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <string.h>

const double lazy_coverages[LAZY_COVERAGES] = { 80, 90, 95, 99 };

/* --- sorting ----------------------------------------------------------------------------------- */

#define DIGIT_BITS 11
#define N_DIGITS   (1u << DIGIT_BITS)

static guint
digit (guint64 value, guint shift)
{
  return (guint) (value >> shift) & (N_DIGITS - 1);
}

/* The highest digit first; those with the same one stay in their order. */
static void
sort_by_digit (const guint64 *values, guint64 *sorted, gsize n, guint shift)
{
  gsize places[N_DIGITS] = { 0 }, place = 0;

  for (gsize i = 0; i < n; i++)
    places[digit (values[i], shift)]++;
  for (guint d = N_DIGITS; d-- > 0;)
    {
      gsize n_such = places[d];

      places[d] = place;
      place += n_such;
    }
  for (gsize i = 0; i < n; i++)
    sorted[places[digit (values[i], shift)]++] = values[i];
}

/* The greatest first: a pass for each digit that any has.  spare: (n). */
static void
sort_down (guint64 *values, guint64 *spare, gsize n)
{
  guint64 bits = 0;

  for (gsize i = 0; i < n; i++)
    bits |= values[i];
  for (guint shift = 0; shift < 64 && bits >> shift != 0; shift += DIGIT_BITS)
    {
      sort_by_digit (values, spare, n, shift);
      memcpy (values, spare, n * sizeof *values);
    }
}

/* --- ranks ------------------------------------------------------------------------------------- */

/* fired: (n) numbers of firings, most first. */
static void
find_cover (LazyCarried *carried, const guint64 *fired, gsize n, guint64 n_fired)
{
  double so_far = 0;
  gsize  k = 0;

  for (gsize c = 0; c < LAZY_COVERAGES; c++)
    {
      while (k < n && 100 * so_far < lazy_coverages[c] * (double) n_fired)
        so_far += (double) fired[k++];
      carried->cover[c] = k;
    }
}

/* Of a part of a neuron, that part of its firings. */
static void
find_curve (LazyCarried *carried, const guint64 *fired, gsize n, guint64 n_fired)
{
  double so_far = 0;
  gsize  k = 0;

  for (gsize i = 0; i <= LAZY_RANKS; i++)
    {
      double neurons = lazy_rank_share (i) * (double) n, next = 0;

      while (k < n && (double) (k + 1) <= neurons)
        so_far += (double) fired[k++];
      if (k < n)
        next = (neurons - (double) k) * (double) fired[k];
      carried->curve[i] = (so_far + next) / (double) n_fired;
    }
}

/* fired: (n), sorted here. */
static void
find_carried (LazyCarried *carried, guint64 *fired, guint64 *spare, gsize n)
{
  guint64 n_fired = 0;

  for (gsize i = 0; i < n; i++)
    n_fired += fired[i];
  sort_down (fired, spare, n);
  find_cover (carried, fired, n, n_fired);
  find_curve (carried, fired, n, n_fired);
}

/* Frequencies that are no number are left out; positive numbers are in the order of their bits. */
static guint64
list_frequencies (const LazyState *state, gsize i, guint64 *bits)
{
  guint64 n = 0;

  for (guint64 k = 0; k < state->dump->layers[i].n_neurons; k++)
    if (lazy_n_valid (state, i, k) > 0)
      {
        double q = lazy_frequency (state, i, k);

        memcpy (&bits[n++], &q, sizeof q);
      }
  return n;
}

static void
rank_layer (LazyState *state, gsize i)
{
  LazyLayer          *layer = &state->layers[i];
  gsize               n = state->dump->layers[i].n_neurons;
  g_autofree guint64 *values = NULL, *spare = NULL;

  if (layer->sorted != NULL && layer->n_ranked == layer->n_seen)
    return;
  values = g_memdup2 (layer->fired, (n + 1) * sizeof *values);
  spare = g_new (guint64, n + 1);
  find_carried (&layer->carried, values, spare, n);
  layer->n_ever_valid = list_frequencies (state, i, values);
  sort_down (values, spare, layer->n_ever_valid);
  g_free (layer->sorted);
  layer->sorted = g_new (double, n + 1);
  memcpy (layer->sorted, values, layer->n_ever_valid * sizeof *values);
  layer->n_ranked = layer->n_seen;
}

gboolean
lazy_is_shown (const LazyState *state, gsize layer)
{
  return state->layers[layer].problem == NULL && (state->layers[layer].n_seen > 0 || state->dump->layers[layer].n_tokens == 0);
}

/* Counts of all layers, whatever numbers of tokens they have. */
static void
pool (LazyState *state)
{
  g_autoptr (GArray)  fired = g_array_new (FALSE, FALSE, sizeof (guint64));
  g_autofree guint64 *spare = NULL;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    if (lazy_is_shown (state, i))
      g_array_append_vals (fired, state->layers[i].fired, (guint) state->dump->layers[i].n_neurons);
  spare = g_new (guint64, fired->len + 1);
  find_carried (&state->all, (guint64 *) (gpointer) fired->data, spare, fired->len);
}

/* A million neurons are listed anew when a tensor ends, not at every preview. */
static void
renew (LazyState *state, guint64 n_seen)
{
  if (state->n_ended_shared != state->n_ended)
    g_clear_pointer (&state->neurons, sp_table_unref);
  if (state->n_ended_shared != state->n_ended || state->n_seen_shared != n_seen || n_seen == 0)
    {
      for (guint i = 0; i < LAZY_N_ORDERS; i++)
        g_clear_pointer (&state->maps[i], sp_grid_unref);
      pool (state);
    }
  state->n_ended_shared = state->n_ended;
  state->n_seen_shared = n_seen;
}

void
lazy_rank (LazyState *state)
{
  guint64 n_seen = 0;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      n_seen += state->layers[i].n_seen;
      if (lazy_is_shown (state, i))
        rank_layer (state, i);
    }
  renew (state, n_seen);
}

/* --- looking up -------------------------------------------------------------------------------- */

guint64
lazy_count_from (const LazyLayer *layer, double frequency)
{
  guint64 first = 0, last = layer->n_ever_valid;

  while (first < last)
    {
      guint64 middle = first + (last - first) / 2;

      if (layer->sorted[middle] >= frequency)
        first = middle + 1;
      else
        last = middle;
    }
  return first;
}

guint64
lazy_count_above (const LazyLayer *layer, double frequency)
{
  return lazy_count_from (layer, nextafter (frequency, INFINITY));
}
