/* lazy-neurons.c - which neurons fire, how often, and which never do
 *
 * Question: of the neurons of each layer, how few fire per token, which never do, which always do?
 *
 * A neuron fires at a token where |a| > ε; ε = 0 asks for a ≠ 0, as after ReLU.  NaN and infinite activations are counted
 * apart: they are neither firing nor silent.  Frequency q = firings / tokens at which it was a number.  Percentage of
 * nonzeros per layer and sorted frequencies: Li et al., "The Lazy Neuron Phenomenon" (2022).  Dead where q < 0.001: Luo et
 * al., "Sparsing Law" (2024). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons.h"

#include "kernels.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

static const SpParam params[] = {
  { .id = "eps", .title = N_("|a| > ε"), .type = SP_PARAM_NUMBER, .min = 0, .max = 1e6, .is_log = TRUE, .unit = "weight",
    .section = N_("Firing"), .help = N_("A neuron fires at a token where its activation is larger than this; 0: where it is not zero") },
  { .id = "dead", .title = N_("Dead below"), .type = SP_PARAM_NUMBER, .fallback = 0.001, .max = 1, .is_log = TRUE, .is_live = TRUE,
    .unit = "share", .section = N_("Frequency"), .help = N_("Neurons that fire at a smaller share of the tokens are dead") },
  { .id = "rare", .title = N_("Rare up to"), .type = SP_PARAM_NUMBER, .fallback = 0.01, .max = 1, .is_log = TRUE, .is_live = TRUE,
    .unit = "share", .help = N_("Neurons that fire at no larger share of the tokens are rare") },
  { .id = "often", .title = N_("Often from"), .type = SP_PARAM_NUMBER, .fallback = 0.5, .max = 1, .is_live = TRUE, .unit = "share",
    .help = N_("Neurons that fire at this share of the tokens or more are frequent") },
  { NULL }
};

/* What a worker makes of one chunk: counts (n_neurons), odd (n_neurons), by_token (of the chunk, a scratch) follow. */
typedef struct {
  guint64 n_seen, n_nonfinite;
  guint32 counts[];
} Counted;

/* --- counting a chunk ------------------------------------------------------------------------- */

static guint64
n_neurons_of (const LazyState *state, gsize item)
{
  return sp_dump_count_neurons (state->items.items[item].tensor);
}

/* NaN is seldom, so only where there is one its neurons are looked for. */
static void
count_odd (SpDtype dtype, const SpDumpBlock *block, guint32 *odd)
{
  const guint8 *p = block->data;

  for (gsize i = 0; i < block->n_tokens * block->n_neurons; i++, p += sp_dtype_size (dtype))
    {
      double value = 0;
      float  narrow = 0;

      if (dtype == SP_DTYPE_F64)
        memcpy (&value, p, sizeof value);
      else
        sp_kernels ()->widen[dtype] (p, 1, &narrow);
      odd[i % block->n_neurons] += !isfinite (value) || !isfinite (narrow);
    }
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const LazyState *state = data;
  Counted         *counted = partial;
  SpDtype          dtype = chunk->tensor->dtype;
  guint64          n_neurons = n_neurons_of (state, item);
  guint32         *odd = counted->counts + n_neurons, *by_token = odd + n_neurons;
  SpDumpCursor     cursor;
  SpDumpBlock      block;

  sp_dump_cursor_init (&cursor, state->dump, item, chunk);
  while (sp_dump_next (&cursor, &block))
    {
      guint64 before = counted->n_nonfinite;

      sp_kernels ()->fires[dtype] (block.data, block.n_tokens, block.n_neurons, state->limit, counted->counts + block.neuron, by_token,
                                   &counted->n_nonfinite);
      counted->n_seen += block.n_tokens * block.n_neurons;
      if (counted->n_nonfinite > before)
        count_odd (dtype, &block, odd + block.neuron);
    }
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
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  LazyState     *state = data;
  const Counted *counted = partial;
  LazyLayer     *layer = &state->layers[state->dump->layer_of[item]];
  guint64        n_neurons = n_neurons_of (state, item);

  for (guint64 i = 0; i < n_neurons; i++)
    {
      layer->fired[i] += counted->counts[i];
      layer->n_fired += counted->counts[i];
    }
  layer->n_seen += counted->n_seen;
  layer->n_nonfinite += counted->n_nonfinite;
  if (counted->n_nonfinite > 0)
    add_odd (layer, counted->counts + n_neurons, n_neurons);
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

  return sizeof (Counted) + (2 * n_neurons + SP_CHUNK_ELEMENTS / MAX (n_neurons, 1) + 2) * sizeof (guint32);
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  LazyState *state = g_new0 (LazyState, 1);

  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->dump = sp_dump_new (&state->items);
  state->limit = sp_args_get_number (args, "eps");
  state->layers = g_new0 (LazyLayer, state->dump->n_layers + 1);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    state->layers[i].fired = g_new0 (guint64, state->dump->layers[i].n_neurons + 1);
  state->n_ended_cached = G_MAXSIZE;
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
  g_clear_pointer (&state->fixed, g_ptr_array_unref);
  g_free (state->layers);
  sp_dump_free (state->dump);
  g_free ((gpointer) state->items.items);
  g_free (state);
}

const SpAnalysis sp_analysis_lazy_neurons = {
  .id = "lazy-neurons",
  .title = N_("Neurons"),
  .question = N_("How often does each neuron fire, and which never do?"),
  .needs = SP_NEEDS_ACTIVATIONS,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .chunk = work,
  .fold = fold,
  .end = end,
  .finish = lazy_report,
};
