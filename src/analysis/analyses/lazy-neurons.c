/* lazy-neurons.c - which neurons fire, how often, and which never do
 *
 * Question: of the neurons of each layer, how few fire per token, which never do, which always do?
 *
 * A neuron fires at a token where |a| > ε; ε = 0 asks for a ≠ 0, as after ReLU.  NaN and infinite activations are counted
 * apart: they are neither firing nor silent.  Frequency q = firings / tokens at which it was a number.  Percentage of
 * nonzeros per layer and sorted frequencies: Li et al., "The Lazy Neuron Phenomenon" (2022).  Dead where q < 0.001: Luo et
 * al., "Sparsing Law" (2024).  Coverage: the share of all firings that the most frequent neurons carry, of a layer or with all
 * neurons pooled: Song et al., "PowerInfer" (2023). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons.h"

#include <glib/gi18n-lib.h>
#include <stddef.h>

static const char *const orders[] = { "original", "frequency", NULL };
static const char *const order_titles[] = { N_("as stored"), N_("by frequency"), NULL };

static const SpParam params[] = {
  SP_DUMP_SITE_PARAM,
  { .id = "eps", .title = N_("|a| > ε"), .type = SP_PARAM_NUMBER, .min = 0, .max = 1e6, .is_log = TRUE, .unit = "weight",
    .section = N_("Firing"), .help = N_("A neuron fires at a token where its activation is larger than this; 0: where it is not zero") },
  { .id = "k", .title = N_("Largest of a token"), .type = SP_PARAM_NUMBER, .fallback = 1, .max = 1, .unit = "share",
    .help = N_("A neuron fires only where it is among this share of its token's neurons, the largest by |a|, whatever ε is; 100 %: "
               "ε decides") },
  { .id = "dead", .title = N_("Dead below"), .type = SP_PARAM_NUMBER, .fallback = 0.001, .max = 1, .is_log = TRUE, .is_live = TRUE,
    .unit = "share", .section = N_("Frequency"), .help = N_("Neurons that fire at a smaller share of the tokens are dead") },
  { .id = "rare", .title = N_("Rare up to"), .type = SP_PARAM_NUMBER, .fallback = 0.01, .max = 1, .is_log = TRUE, .is_live = TRUE,
    .unit = "share", .help = N_("Neurons that fire at no larger share of the tokens are rare") },
  { .id = "often", .title = N_("Often from"), .type = SP_PARAM_NUMBER, .fallback = 0.5, .max = 1, .is_live = TRUE, .unit = "share",
    .help = N_("Neurons that fire at this share of the tokens or more are frequent") },
  { .id = "order", .title = N_("Neurons"), .type = SP_PARAM_CHOICE, .max = 1, .choices = orders, .choice_titles = order_titles,
    .is_live = TRUE, .unit = "", .section = N_("Map"), .help = N_("How the map places the neurons of a layer") },
  { .id = "tokens", .title = N_("Tokens"), .type = SP_PARAM_NUMBER, .max = 1e12, .is_log = TRUE, .at_min = N_("from file"),
    .unit = "tokens", .section = N_("Counts without activations"),
    .help = N_("At how many tokens they were counted; dumps of activations say it themselves") },
  { NULL }
};

/* What a worker makes of one chunk. */
typedef struct {
  const SpFirings *firings;      /* own, or another analysis' */
  SpFirings        own;
} Counted;

/* --- counting a chunk ------------------------------------------------------------------------- */

static guint64
n_neurons_of (const LazyState *state, gsize item)
{
  return sp_dump_count_neurons (state->items.items[item].tensor);
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const LazyState *state = data;
  Counted         *counted = partial;

  counted->firings = sp_firings_count (&counted->own, state->dump, item, chunk, state->limit, state->dropped);
}

static void
clear (gpointer partial, G_GNUC_UNUSED gsize n_bytes)
{
  sp_firings_clear (&((Counted *) partial)->own);
}

/* --- folding chunks into their layer ----------------------------------------------------------- */

static void
add_odd (LazyLayer *layer, const guint32 *odd, guint64 n_neurons)
{
  if (layer->n_odd == NULL)
    layer->n_odd = g_new0 (guint64, n_neurons + 1);
  for (guint64 i = 0; i < n_neurons; i++)
    layer->n_odd[i] += odd[i];
}

static void
fold (gpointer data, gsize item, G_GNUC_UNUSED const SpChunk *chunk, gconstpointer partial)
{
  LazyState       *state = data;
  const SpFirings *firings = ((const Counted *) partial)->firings;
  LazyLayer       *layer = &state->layers[state->dump->layer_of[item]];
  const guint32   *by_neuron = sp_firings_by_neuron (firings);

  for (guint64 i = 0; i < firings->n_neurons; i++)
    {
      layer->fired[i] += by_neuron[i];
      layer->n_fired += by_neuron[i];
    }
  layer->n_seen += firings->n_seen;
  layer->n_nonfinite += firings->n_nonfinite;
  if (firings->has_parts && layer->problem == NULL)
    layer->problem = g_strdup (_("its tokens are too long to be sorted"));
  if (firings->n_nonfinite > 0)
    add_odd (layer, sp_firings_odd_by_neuron (firings), firings->n_neurons);
}

/* A tensor that broke off has left counts that nobody can trust: its layer says why, and nothing else. */
static void
end (gpointer data, gsize item, const char *problem)
{
  LazyState *state = data;
  gsize      i = state->dump->layer_of[item];

  state->n_ended++;
  if (problem != NULL && i != SP_DUMP_LOST && state->layers[i].problem == NULL)
    state->layers[i].problem = g_strdup (problem);
}

/* --- state ------------------------------------------------------------------------------------ */

static gboolean
wants (gpointer data, gsize item)
{
  return ((LazyState *) data)->dump->layer_of[item] != G_MAXSIZE;
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  const LazyState *state = data;
  guint64          n_neurons = state->dump->layer_of[item] == SP_DUMP_LOST ? 0 : n_neurons_of (state, item);

  return offsetof (Counted, own) + sp_firings_bytes (n_neurons);
}

/* As if all of them had been read. */
static void
take_counts (LazyState *state, SpDumpCounts *counts)
{
  state->is_counted = TRUE;
  state->lacks_total = counts->n_tokens == 0;
  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      LazyLayer *layer = &state->layers[i];
      guint64    n = state->dump->layers[i].n_neurons;

      layer->problem = g_steal_pointer (&counts->problems[i]);
      if (layer->problem != NULL)
        continue;
      g_free (layer->fired);
      layer->fired = g_steal_pointer (&counts->fired[i]);
      layer->n_seen = n * MAX (counts->n_tokens, 1);
      for (guint64 k = 0; k < n; k++)
        layer->n_fired += layer->fired[k];
    }
  sp_dump_counts_free (counts, state->dump->n_layers);
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  LazyState    *state = g_new0 (LazyState, 1);
  SpDumpCounts *counts;

  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->dump = sp_dump_new (&state->items, sp_args_get_text (args, "site"));
  counts = sp_dump_counts_new (state->dump, &state->items, (guint64) sp_args_get_number (args, "tokens"));
  state->look = sp_dump_look_new (state->dump, &state->items);
  for (gsize i = 0; i < items->n; i++)
    state->n_wanted += wants (state, i);
  state->limit = sp_args_get_number (args, "eps");
  state->dropped = 1 - sp_args_get_number (args, "k");
  state->layers = g_new0 (LazyLayer, state->dump->n_layers + 1);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    state->layers[i].fired = g_new0 (guint64, state->dump->layers[i].n_neurons + 1);
  if (counts != NULL)
    take_counts (state, counts);
  return state;
}

static void
free_state (gpointer data)
{
  LazyState *state = data;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      g_free (state->layers[i].fired);
      g_free (state->layers[i].n_odd);
      g_free (state->layers[i].sorted);
      g_free (state->layers[i].problem);
    }
  g_clear_pointer (&state->neurons, sp_table_unref);
  for (guint i = 0; i < LAZY_N_ORDERS; i++)
    g_clear_pointer (&state->maps[i], sp_grid_unref);
  g_free (state->layers);
  sp_dump_look_unref (state->look);
  g_free ((gpointer) state->items.items);
  g_free (state);
}

const SpAnalysis sp_analysis_lazy_neurons = {
  .id = "lazy-neurons",
  .title = N_("Neurons"),
  .question = N_("How often does each neuron fire, and which never do?"),
  .needs = SP_NEEDS_FIRINGS,
  .looks_beside = TRUE,
  .has_lists = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .clear = clear,
  .chunk = work,
  .fold = fold,
  .end = end,
  .finish = lazy_report,
};
