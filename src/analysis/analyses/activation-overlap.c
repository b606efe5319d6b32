/* activation-overlap.c - do the same neurons stay active from token to token?
 *
 * Question: how many neurons are active anywhere in a window of tokens, and how many of a token's are active at the next
 * one too?
 *
 * Union activation ratio of windows of S tokens: mean of |union of the active| / neurons.  Overlap at lag l: mean of
 * |A_t ∩ A_t+l| / |A_t| over pairs with |A_t| > 0; Jaccard: |A_t ∩ A_t+1| / |A_t ∪ A_t+1|.  Active: |a| > ε, finite.  Windows are
 * complete, do not overlap and, like pairs, lie within one sequence; masked tokens are left out before.  Were tokens
 * independent, a window would have 1 − (1 − A)^S of all active, a neuron 1 − (1 − q)^S, and a pair would share the ratio
 * of the second. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-overlap.h"

#include "kernels.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const SpParam params[] = {
  SP_DUMP_SITE_PARAM,
  { .id = "eps", .title = N_("|a| > ε"), .type = SP_PARAM_NUMBER, .max = 1e6, .is_log = TRUE, .unit = "weight", .section = N_("Active"),
    .help = N_("A neuron is active at a token where its activation is larger than this; 0: where it is not zero") },
  { .id = "window", .title = N_("Tokens"), .type = SP_PARAM_NUMBER, .fallback = 64, .min = 1, .max = 16384, .is_log = TRUE,
    .unit = "tokens", .section = N_("Largest window"), .help = N_("Windows of 1, 2, 4 … tokens up to this, and pairs so far apart") },
  { NULL }
};

/* What a worker makes of one chunk: its firings, and the tokens it touches as bits. */
typedef struct {
  const SpFirings *firings;            /* own, or another analysis' */
  guint64         *bits;               /* (tokens, words) behind own */
  SpFirings        own;
} Counted;

static guint64
n_neurons_of (const OverlapState *state, gsize item)
{
  return sp_dump_count_neurons (state->items.items[item].tensor);
}

/* --- counting a chunk --------------------------------------------------------------------------- */

static gsize
bits_offset (guint64 n_neurons)
{
  return (offsetof (Counted, own) + sp_firings_bytes (n_neurons) + 7) / 8 * 8;
}

/* Bits of a part of a token that begins at the neuron. */
static void
pack_part (SpDtype dtype, gconstpointer x, gsize n, double limit, guint64 neuron, guint64 *row)
{
  gsize size = sp_dtype_size (dtype), lead = MIN (n, (gsize) (-neuron % 64));

  for (gsize i = 0; i < lead; i++)
    {
      guint64 bit = 0;

      sp_kernels ()->pack[dtype] ((const guint8 *) x + i * size, 1, limit, &bit);
      row[(neuron + i) / 64] |= bit << (neuron + i) % 64;
    }
  if (n > lead)
    sp_kernels ()->pack[dtype] ((const guint8 *) x + lead * size, n - lead, limit, row + (neuron + lead) / 64);
}

static void
pack_block (const OverlapState *state, SpDtype dtype, const SpDumpBlock *block, gsize n_words, guint64 *rows)
{
  gsize row_bytes = block->n_neurons * sp_dtype_size (dtype);

  for (gsize t = 0; t < block->n_tokens; t++)
    pack_part (dtype, (const guint8 *) block->data + t * row_bytes, block->n_neurons, state->limit, block->neuron, rows + t * n_words);
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const OverlapState *state = data;
  Counted            *counted = partial;
  guint64             n_neurons = n_neurons_of (state, item), first;
  gsize               n_words = overlap_words (n_neurons);
  SpDumpCursor        cursor;
  SpDumpBlock         block;

  counted->bits = (guint64 *) ((guint8 *) partial + bits_offset (n_neurons));
  counted->firings = sp_firings_count (&counted->own, state->dump, item, chunk, state->limit, 0);
  sp_dump_cursor_init (&cursor, state->dump, item, chunk);
  first = sp_dump_cursor_token (&cursor, 0);
  memset (counted->bits, 0, counted->firings->n_tokens * n_words * sizeof (guint64));
  while (sp_dump_next (&cursor, &block))
    pack_block (state, chunk->tensor->dtype, &block, n_words, counted->bits + (block.token - first) * n_words);
}

static void
clear (gpointer partial, G_GNUC_UNUSED gsize n_bytes)
{
  sp_firings_clear (&((Counted *) partial)->own);
}

/* --- a token after those before it -------------------------------------------------------------------- */

static void
begin_sequence (OverlapLayer *layer)
{
  layer->n_run = 0;
  memset (layer->has_half, 0, sizeof layer->has_half);
}

static void
add_pair (OverlapPairs *pairs, double n_common, double n, double n_other, double n_neurons)
{
  if (n > 0)
    {
      pairs->overlap += n_common / n;
      pairs->chance += n_other / n_neurons;
      pairs->n++;
    }
  if (n + n_other > n_common)
    {
      pairs->jaccard += n_common / (n + n_other - n_common);
      pairs->n_jaccard++;
    }
}

static void
pair_up (const OverlapState *state, OverlapLayer *layer, const guint64 *row, guint32 n_active, guint64 n_neurons)
{
  gsize n_words = overlap_words (n_neurons), n_kept = overlap_n_kept (state);

  for (guint s = 0; s < state->n_sizes && ((guint64) 1 << s) <= layer->n_run; s++)
    {
      gsize before = (layer->n_run - ((guint64) 1 << s)) % n_kept;

      add_pair (&layer->pairs[s], (double) sp_kernels ()->common[SP_DTYPE_U64] (layer->recent + before * n_words, row, n_words),
                layer->n_recent[before], n_active, (double) n_neurons);
    }
}

/* Two halves make a window of the next size. */
static void
fill_windows (const OverlapState *state, OverlapLayer *layer, const guint64 *row, guint32 n_active, gsize n_words)
{
  const guint64 *whole = row;
  guint64        n = n_active;

  for (guint s = 0; s < state->n_sizes; s++)
    {
      guint64 *half = layer->unions + s * n_words;

      layer->windows[s].n++;
      layer->windows[s].n_active += n;
      if (s + 1 == state->n_sizes)
        return;
      if (!layer->has_half[s])
        {
          memcpy (half, whole, n_words * sizeof *half);
          layer->has_half[s] = TRUE;
          return;
        }
      n = sp_kernels ()->unite[SP_DTYPE_U64] (half, whole, n_words);
      layer->has_half[s] = FALSE;
      whole = half;
    }
}

static void
add_token (const OverlapState *state, OverlapLayer *layer, const guint64 *row, guint64 n_neurons)
{
  gsize   n_words = overlap_words (n_neurons), n_kept = overlap_n_kept (state), place = layer->n_run % n_kept;
  guint32 n_active = (guint32) sp_kernels ()->common[SP_DTYPE_U64] (row, row, n_words);

  pair_up (state, layer, row, n_active, n_neurons);
  fill_windows (state, layer, row, n_active, n_words);
  memcpy (layer->recent + place * n_words, row, n_words * sizeof *row);
  layer->n_recent[place] = n_active;
  layer->n_run++;
  layer->n_tokens++;
}

/* --- folding chunks into their layer ----------------------------------------------------------------------- */

/* Tokens that are left out come between, and a tensor may follow that is not the next one. */
static gboolean
is_new_sequence (const OverlapState *state, gsize i, guint64 token)
{
  guint64 next = state->layers[i].next;

  return token < next || state->layers[i].n_run == 0 || sp_dump_starts_between (state->dump, i, next, token);
}

static void
take_token (OverlapState *state, gsize i, guint64 token, const guint64 *row)
{
  OverlapLayer *layer = &state->layers[i];

  if (is_new_sequence (state, i, token))
    begin_sequence (layer);
  add_token (state, layer, row, state->dump->layers[i].n_neurons);
  layer->next = token + 1;
}

static void
take_part (OverlapState *state, gsize i, const SpDumpBlock *block, const guint64 *row)
{
  OverlapLayer *layer = &state->layers[i];
  guint64       n_neurons = state->dump->layers[i].n_neurons;
  gsize         n_words = overlap_words (n_neurons);

  if (layer->pending == NULL)
    layer->pending = g_new (guint64, n_words);
  if (block->neuron == 0)
    memset (layer->pending, 0, n_words * sizeof (guint64));
  for (gsize w = 0; w < n_words; w++)
    layer->pending[w] |= row[w];
  layer->n_pending = block->neuron + block->n_neurons;
  if (layer->n_pending == n_neurons)
    take_token (state, i, block->token, layer->pending);
}

static void
add_firings (OverlapLayer *layer, const SpFirings *firings)
{
  const guint32 *by_neuron = sp_firings_by_neuron (firings);

  for (guint64 k = 0; k < firings->n_neurons; k++)
    {
      layer->fired[k] += by_neuron[k];
      layer->n_active += by_neuron[k];
    }
  layer->n_nonfinite += firings->n_nonfinite;
}

static void
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  OverlapState  *state = data;
  const Counted *counted = partial;
  gsize          i = state->dump->layer_of[item], n_words = overlap_words (n_neurons_of (state, item));
  SpDumpCursor   cursor;
  SpDumpBlock    block;
  guint64        first;

  if (state->layers[i].problem != NULL)
    return;
  add_firings (&state->layers[i], counted->firings);
  sp_dump_cursor_init (&cursor, state->dump, item, chunk);
  first = sp_dump_cursor_token (&cursor, 0);
  while (sp_dump_next (&cursor, &block))
    for (gsize t = 0; t < block.n_tokens; t++)
      {
        const guint64 *row = counted->bits + (block.token + t - first) * n_words;

        if (block.n_neurons < n_neurons_of (state, item))
          take_part (state, i, &block, row);
        else
          take_token (state, i, block.token + t, row);
      }
}

static void
end (gpointer data, gsize item, const char *problem)
{
  OverlapState *state = data;
  gsize         i = state->dump->layer_of[item];

  if (problem != NULL && i != SP_DUMP_LOST && state->layers[i].problem == NULL)
    state->layers[i].problem = g_strdup (problem);
}

/* --- state --------------------------------------------------------------------------------------------------- */

#define MOST_RECENT_BYTES ((guint64) 256 << 20)      /* of a layer */

static gboolean
wants (gpointer data, gsize item)
{
  return ((OverlapState *) data)->dump->layer_of[item] != G_MAXSIZE;
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  const OverlapState *state = data;
  guint64             n_neurons = state->dump->layer_of[item] == SP_DUMP_LOST ? 0 : n_neurons_of (state, item);

  return bits_offset (n_neurons) + sp_firings_most_tokens (n_neurons) * overlap_words (n_neurons) * sizeof (guint64);
}

static void
make_layer (OverlapState *state, gsize i)
{
  OverlapLayer *layer = &state->layers[i];
  gsize         n_words = overlap_words (state->dump->layers[i].n_neurons), n_kept = overlap_n_kept (state);

  layer->fired = g_new0 (guint64, state->dump->layers[i].n_neurons + 1);
  if (n_kept * n_words * sizeof (guint64) > MOST_RECENT_BYTES)
    {
      layer->problem = g_strdup (_("it has too many neurons for windows as large as these"));
      return;
    }
  layer->recent = g_new (guint64, n_kept * n_words + 1);
  layer->n_recent = g_new (guint32, n_kept);
  layer->unions = g_new (guint64, state->n_sizes * n_words + 1);
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  OverlapState *state = g_new0 (OverlapState, 1);

  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->dump = sp_dump_new (&state->items, sp_args_get_text (args, "site"));
  state->limit = sp_args_get_number (args, "eps");
  state->n_sizes = (guint) ilogb (sp_args_get_number (args, "window")) + 1;
  state->layers = g_new0 (OverlapLayer, state->dump->n_layers + 1);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    make_layer (state, i);
  return state;
}

static void
free_state (gpointer data)
{
  OverlapState *state = data;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      g_free (state->layers[i].fired);
      g_free (state->layers[i].recent);
      g_free (state->layers[i].n_recent);
      g_free (state->layers[i].unions);
      g_free (state->layers[i].pending);
      g_free (state->layers[i].problem);
    }
  g_free (state->layers);
  sp_dump_free (state->dump);
  g_free ((gpointer) state->items.items);
  g_free (state);
}

const SpAnalysis sp_analysis_activation_overlap = {
  .id = "activation-overlap",
  .title = N_("Overlap"),
  .question = N_("Do the same neurons stay active from token to token?"),
  .needs = SP_NEEDS_ACTIVATIONS,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .clear = clear,
  .chunk = work,
  .fold = fold,
  .end = end,
  .finish = overlap_report,
};
