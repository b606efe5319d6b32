/* activation-sparsity.c - how few neurons are active at a token, by which threshold
 *
 * Question: what share of the activations of each layer is zero, or nearly, does it differ by token, and what would a
 * threshold do?
 *
 * activation ratio = active / finite activations; sparsity = 1 − activation ratio.  Rules: exact zero (active: a ≠ 0);
 * ε (|a| > ε); FAT-ε (|a| ≥ ε, and ε = 0 as exact zero); top-k of each token (the paper's) or of all tokens together (its
 * code's); CETT (activation-cett.h); a list of thresholds, one a layer: all of Luo et al., "Sparsing Law" (2024).  One
 * reading makes a histogram per layer, exact for types of at most 16 bits, that answers every threshold; how many neurons
 * are active at which token is counted at the threshold the run was asked for. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-sparsity.h"

#include "kernels.h"

#include <glib/gi18n-lib.h>
#include <stddef.h>
#include <string.h>

static const char *const rules[] = { "zero", "eps", "fat", "topk", "topk-all", "cett", "list", NULL };
static const char *const rule_titles[] = {
  N_("exact zero"), N_("|a| ≤ ε"), N_("FAT: |a| < ε"), N_("outside the top k of its token"), N_("outside the top k of all tokens"),
  N_("CETT: output changed by τ"), N_("below its layer's threshold"), NULL
};

static gboolean
check_thresholds (const char *text, GError **error)
{
  return active_parse_thresholds (text, NULL, error);
}

static const SpParam params[] = {
  SP_DUMP_SITE_PARAM,
  { .id = "rule", .title = N_("Inactive"), .type = SP_PARAM_CHOICE, .max = 6, .choices = rules, .choice_titles = rule_titles,
    .is_live = TRUE, .unit = "", .section = N_("Threshold"), .help = N_("Which activations count as inactive") },
  { .id = "eps", .when = "rule=eps,fat", .title = N_("ε"), .type = SP_PARAM_NUMBER, .max = 1e6, .is_log = TRUE, .is_live = TRUE,
    .unit = "weight", .help = N_("The threshold of the rules that have one") },
  { .id = "k", .when = "rule=topk,topk-all", .title = N_("k"), .type = SP_PARAM_NUMBER, .fallback = 0.1, .max = 1, .is_live = TRUE,
    .unit = "share", .help = N_("Share of the neurons that the top-k rules keep") },
  { .id = "tau", .when = "rule=cett", .title = N_("τ"), .type = SP_PARAM_NUMBER, .fallback = 0.2, .max = 1, .is_live = TRUE,
    .unit = "share", .help = N_("CETT: how much of a layer's output, by its length, inactive neurons may make up") },
  { .id = "thresholds", .when = "rule=list", .title = N_("Thresholds"), .type = SP_PARAM_TEXT, .check = check_thresholds,
    .is_live = TRUE, .unit = "", .help = N_("One for each layer, commas between, as Sparsing Law writes them") },
  { .id = "cett-tokens", .when = "rule=cett", .title = N_("Tokens read"), .type = SP_PARAM_NUMBER, .fallback = 4096, .min = 1,
    .max = 1e8, .is_log = TRUE, .unit = "tokens", .help = N_("So many tokens of each layer, the first ones, decide its threshold") },
  { NULL }
};

/* What a worker makes of one chunk; after the first reading the part of activation-cett.h follows is_of_scan. */
typedef struct {
  guint64          is_of_scan;   /* FALSE, too, where no chunk could be read into it */
  const SpFirings *firings;      /* own, or another analysis' */
  guint64          n_zero;
  SpChunkBins      bins;
  SpFirings        own;
} Counted;

static gpointer
cett_part (gconstpointer partial)
{
  return (guint8 *) partial + offsetof (Counted, firings);
}

/* --- counting a chunk ------------------------------------------------------------------------- */

static guint64
n_neurons_of (const ActiveState *state, gsize item)
{
  return sp_dump_count_neurons (state->items.items[item].tensor);
}

static void
count_block (SpDtype dtype, const SpDumpBlock *block, Counted *counted)
{
  gsize n = block->n_tokens * block->n_neurons;

  sp_kernels ()->histogram[dtype] (block->data, n, counted->bins.counts);
  if (!sp_bin_is_exact (dtype))
    sp_kernels ()->below[dtype] (block->data, n, &(const double) { 0 }, 1, &counted->n_zero);
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const ActiveState *state = data;
  Counted           *counted = partial;
  SpDumpCursor       cursor;
  SpDumpBlock        block;

  if (state->has_scanned)
    {
      cett_chunk (state->cett, item, chunk, cett_part (partial));
      return;
    }
  counted->is_of_scan = TRUE;
  counted->firings = sp_firings_count (&counted->own, state->dump, item, chunk, state->layers[state->dump->layer_of[item]].limit, 0);
  sp_dump_cursor_init (&cursor, state->dump, item, chunk);
  while (sp_dump_next (&cursor, &block))
    count_block (chunk->tensor->dtype, &block, counted);
  sp_chunk_bins_mark (&counted->bins, sp_bin_count (chunk->tensor->dtype));
}

/* --- folding chunks into their layer ----------------------------------------------------------- */

static void
fold_scan (ActiveState *state, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  const Counted   *counted = partial;
  const SpFirings *firings = counted->firings;
  ActiveLayer     *layer = &state->layers[state->dump->layer_of[item]];
  const guint32   *by_token = sp_firings_by_token (firings), *odd = sp_firings_odd_by_token (firings);
  SpDumpCursor     cursor;
  guint64          first;

  if (layer->bins == NULL)
    layer->bins = g_new0 (SpBins, 1);
  sp_bins_add_chunk (layer->bins, &counted->bins);
  sp_dump_cursor_init (&cursor, state->dump, item, chunk);
  first = sp_dump_cursor_token (&cursor, 0);
  for (gsize t = 0; t < firings->n_tokens; t++)
    {
      layer->active[first + t] += by_token[t];
      layer->n_active += by_token[t];
    }
  for (gsize t = 0; firings->n_nonfinite > 0 && t < firings->n_tokens; t++)
    layer->n_odd[first + t] += odd[t];
  layer->n_read = MAX (layer->n_read, first + firings->n_tokens);
  layer->n_seen += firings->n_seen;
  layer->n_nonfinite += firings->n_nonfinite;
  layer->n_zero += counted->n_zero;
  state->n_scans++;
}

static void
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  ActiveState *state = data;

  if (state->has_scanned)
    cett_fold (state->cett, item, chunk, cett_part (partial));
  else
    fold_scan (state, item, chunk, partial);
  state->n_folds++;
}

/* A layer of several types has no one histogram; one that broke off has counts that nobody can trust. */
static void
end (gpointer data, gsize item, const char *problem)
{
  ActiveState *state = data;
  gsize        i = state->dump->layer_of[item];

  if (state->has_scanned)
    cett_end (state->cett, item, problem);
  else if (problem != NULL && i != SP_DUMP_LOST && state->layers[i].problem == NULL)
    state->layers[i].problem = g_strdup (problem);
  state->n_folds++;
}

/* --- state ------------------------------------------------------------------------------------ */

static gboolean
wants (gpointer data, gsize item)
{
  const ActiveState *state = data;
  gsize              layer = state->dump->layer_of[item];

  if (state->has_scanned)
    return cett_wants (state->cett, item);
  return layer == SP_DUMP_LOST
      || (layer != G_MAXSIZE && state->items.items[item].tensor->dtype == state->layers[layer].dtype);
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  const ActiveState *state = data;
  guint64            n_neurons = state->dump->layer_of[item] == SP_DUMP_LOST ? 0 : n_neurons_of (state, item);

  if (state->has_scanned)
    return offsetof (Counted, firings) + cett_part_bytes (state->cett, item);
  return offsetof (Counted, own) + sp_firings_bytes (n_neurons);
}

static void
clear (gpointer partial, gsize n_bytes)
{
  Counted *counted = partial;

  if (!counted->is_of_scan)
    {
      memset (partial, 0, n_bytes);
      return;
    }
  sp_chunk_bins_clear (&counted->bins);
  counted->n_zero = 0;
  sp_firings_clear (&counted->own);
}

/* The first tensor of a layer decides its type. */
static void
find_dtypes (ActiveState *state)
{
  for (gsize i = 0; i < state->dump->n_layers; i++)
    state->layers[i].dtype = SP_DTYPE_NONE;
  for (gsize i = 0; i < state->items.n; i++)
    {
      gsize        layer = state->dump->layer_of[i];
      SpDtype      dtype = state->items.items[i].tensor->dtype;

      if (layer == G_MAXSIZE || layer == SP_DUMP_LOST)
        continue;
      if (state->layers[layer].dtype == SP_DTYPE_NONE)
        state->layers[layer].dtype = dtype;
      else if (state->layers[layer].dtype != dtype && state->layers[layer].problem == NULL)
        state->layers[layer].problem = g_strdup_printf (_("its tensors have different types, %s and %s"),
                                                        sp_dtype_name (state->layers[layer].dtype), sp_dtype_name (dtype));
    }
}

/* A list of thresholds is of ν where the weights are there. */
static void
make_cett (ActiveState *state, SpArgs *args)
{
  const ActiveSetting *setting = &state->scanned;
  gboolean             is_list = setting->rule == RULE_LIST && setting->thresholds != NULL;

  state->has_weights = cett_has_weights (&state->items, state->dump);
  if ((setting->rule == RULE_CETT || is_list) && state->has_weights)
    state->cett = cett_new (&state->items, state->dump, setting->tau, is_list ? setting->thresholds : NULL,
                            (guint64) sp_args_get_number (args, "cett-tokens"));
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  ActiveState *state = g_new0 (ActiveState, 1);

  state->items.n = items->n;
  state->items.items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->dump = sp_dump_new (&state->items, sp_args_get_text (args, "site"));
  active_setting_init (&state->scanned, args, state->dump->n_layers);
  state->layers = g_new0 (ActiveLayer, state->dump->n_layers + 1);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      state->layers[i].limit = active_limit (&state->scanned, i);
      state->layers[i].active = g_new0 (guint32, state->dump->layers[i].n_tokens + 1);
      state->layers[i].n_odd = g_new0 (guint32, state->dump->layers[i].n_tokens + 1);
    }
  find_dtypes (state);
  make_cett (state, args);
  state->n_scans_cached = G_MAXUINT64;
  return state;
}

/* The readings of CETT follow the scan. */
static gboolean
again (gpointer data, G_GNUC_UNUSED SpArgs *args)
{
  ActiveState *state = data;

  if (state->cett == NULL)
    return FALSE;
  state->has_scanned = TRUE;
  state->n_folds++;
  return cett_begin_next (state->cett);
}

static void
free_state (gpointer data)
{
  ActiveState *state = data;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      g_free (state->layers[i].bins);
      g_clear_pointer (&state->layers[i].distribution, sp_distribution_free);
      g_free (state->layers[i].active);
      g_free (state->layers[i].n_odd);
      g_free (state->layers[i].problem);
    }
  g_free (state->layers);
  g_clear_pointer (&state->cett, cett_free);
  g_clear_pointer (&state->curve, sp_table_unref);
  active_tokens_clear (&state->by_token);
  active_setting_clear (&state->scanned);
  sp_dump_free (state->dump);
  g_free ((gpointer) state->items.items);
  g_free (state);
}

const SpAnalysis sp_analysis_activation_sparsity = {
  .id = "activation-sparsity",
  .title = N_("Activations"),
  .question = N_("How few neurons are active at a token, and what would a threshold do?"),
  .needs = SP_NEEDS_ACTIVATIONS,
  .looks_beside = TRUE,
  .params = params,
  .new_state = new_state,
  .free_state = free_state,
  .wants = wants,
  .partial_bytes = partial_bytes,
  .clear = clear,
  .chunk = work,
  .fold = fold,
  .end = end,
  .again = again,
  .finish = active_report,
};
