/* activation-cett.c - the readings that find thresholds by CETT: weights, range, candidates, and what is active at the threshold
 *
 * Layers are taken in groups whose weights fit the memory meant for them.  Weights are read as any other tensor, by all threads. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-cett.h"

#include "kernels.h"
#include "sp-dump-firings.h"
#include "sp-weights.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define GROUP_BYTES ((guint64) 1 << 30)       /* of weights at a time, */
#define MOST_BYTES ((guint64) 4 << 30)        /* or one layer, up to this */

typedef enum { LOADING, RANGING, COARSE, FINE, COUNTING } Stage;

struct _Cett {
  const SpItems *items;            /* lent, as is dump */
  const SpDump  *dump;
  CettLayer     *layers;           /* (dump->n_layers) */
  double         tau;
  gboolean       is_given;         /* cuts are given: only lengths and counts are wanted */
  guint64        most_tokens;      /* of a layer */
  guint32       *rank;             /* (n_mask) tokens that count before it; NULL: all count */
  gsize          first, end;       /* layers of the group at hand */
  Stage          stage;
  gboolean       has_begun;
};

/* --- finding the weights -------------------------------------------------------------------------- */

static gboolean
is_down_projection (const SpTensor *tensor)
{
  return tensor->role.part == SP_PART_DOWN && tensor->rank == 2 && tensor->role.expert < 0 && sp_tensor_is_readable (tensor)
      && sp_dtype_kind (tensor->dtype) == SP_KIND_FLOAT;
}

static gboolean
is_of_layer (const SpTensor *tensor, const SpDumpLayer *layer)
{
  return tensor->role.layer == layer->layer && tensor->role.stack == layer->stack;
}

/* GPT-2's Conv1D keeps its weights the other way round; others give the same name to matrices that do not. */
static gboolean
is_conv1d (const SpTensor *tensor)
{
  return strstr (tensor->name, "c_proj") != NULL;
}

static void
take_weights (CettLayer *layer, const SpItems *items, gsize item)
{
  const SpTensor *tensor = items->items[item].tensor;
  gboolean        fits[2] = { tensor->shape[1] == layer->core.n_neurons, is_conv1d (tensor) && tensor->shape[0] == layer->core.n_neurons };
  const SpTensor *scales;

  if (!fits[0] && !fits[1])
    {
      g_autofree char *shape = sp_tensor_dup_shape (tensor);

      layer->problem = g_strdup_printf (_("%s of %s is %s, not outputs × %" PRIu64 " neurons"), tensor->name,
                                        sp_store_get_title (items->items[item].store), shape, layer->core.n_neurons);
      return;
    }
  scales = sp_weights_find_scales (items->items[item].store, tensor);
  if (scales != NULL)
    {
      layer->problem = g_strdup_printf (_("%s has scales beside it, %s, which are not understood"), tensor->name, scales->name);
      return;
    }
  layer->item = item;
  layer->is_by_neuron = fits[1];
  layer->core.n_outputs = tensor->shape[layer->is_by_neuron ? 1 : 0];
}

static void
find_weights (Cett *cett, gsize i)
{
  CettLayer *layer = &cett->layers[i];

  layer->item = G_MAXSIZE;
  layer->core.n_neurons = cett->dump->layers[i].n_neurons;
  layer->cut = NAN;
  for (gsize k = 0; k < cett->items->n && layer->item == G_MAXSIZE && layer->problem == NULL; k++)
    if (is_down_projection (cett->items->items[k].tensor) && is_of_layer (cett->items->items[k].tensor, &cett->dump->layers[i]))
      take_weights (layer, cett->items, k);
  if (layer->item == G_MAXSIZE && layer->problem == NULL)
    layer->problem = g_strdup (_("there is no down projection of this layer"));
}

gboolean
cett_has_weights (const SpItems *items, const SpDump *dump)
{
  for (gsize k = 0; k < items->n; k++)
    for (gsize i = 0; is_down_projection (items->items[k].tensor) && i < dump->n_layers; i++)
      if (is_of_layer (items->items[k].tensor, &dump->layers[i]))
        return TRUE;
  return FALSE;
}

/* --- tokens ----------------------------------------------------------------------------------------- */

static void
count_ranks (Cett *cett)
{
  const SpDump *dump = cett->dump;
  guint32       n = 0;

  if (dump->mask == NULL)
    return;
  cett->rank = g_new (guint32, dump->n_mask + 1);
  for (guint64 t = 0; t < dump->n_mask; t++)
    {
      cett->rank[t] = n;
      n += dump->mask[t] != 0;
    }
}

static guint64
rank_of (const Cett *cett, gsize layer, guint64 token)
{
  return cett->dump->layers[layer].is_masked ? cett->rank[token] : token;
}

/* Of the layer that are looked at for CETT. */
static guint64
n_measured (const Cett *cett, gsize layer)
{
  const SpDumpLayer *l = &cett->dump->layers[layer];
  guint64            n = l->n_tokens - (l->is_masked ? cett->dump->n_masked_out : 0);

  return MIN (n, cett->most_tokens);
}

/* --- groups of layers --------------------------------------------------------------------------------- */

static guint64
panel_bytes (const CettLayer *layer)
{
  guint64 n_panels = (layer->core.n_outputs + SP_PANEL - 1) / SP_PANEL, row = SP_PANEL * sizeof (float);

  return n_panels > MOST_BYTES / row / MAX (layer->core.n_neurons, 1) ? G_MAXUINT64 : n_panels * layer->core.n_neurons * row;
}

static void
begin_layer (Cett *cett, gsize i)
{
  CettLayer *layer = &cett->layers[i];

  if (layer->problem != NULL)
    return;
  if (!cett->is_given && panel_bytes (layer) > MOST_BYTES)
    {
      layer->problem = g_strdup (_("its down projection is larger than 4 GiB"));
      return;
    }
  layer->core.norms = g_new0 (double, layer->core.n_neurons + 1);
  layer->active = g_new0 (guint32, cett->dump->layers[i].n_tokens + 1);
  if (!cett->is_given)
    layer->core.panels = g_malloc0 (panel_bytes (layer) + 1);
}

static void
clear_pending (CettLayer *layer)
{
  g_clear_pointer (&layer->pending, g_free);
  g_clear_pointer (&layer->room, g_free);
  layer->n_pending = 0;
}

static void
end_group (Cett *cett)
{
  for (gsize i = cett->first; i < cett->end; i++)
    {
      g_clear_pointer (&cett->layers[i].core.panels, g_free);
      g_clear_pointer (&cett->layers[i].core.samples, g_free);
      clear_pending (&cett->layers[i]);
    }
}

/* FALSE: there is no other. */
static gboolean
begin_group (Cett *cett)
{
  guint64 n_bytes = 0;

  end_group (cett);
  cett->first = cett->end;
  for (; cett->end < cett->dump->n_layers; cett->end++)
    {
      guint64 more = cett->is_given || cett->layers[cett->end].problem != NULL ? 0 : panel_bytes (&cett->layers[cett->end]);

      if (cett->end > cett->first && more > GROUP_BYTES - MIN (n_bytes, GROUP_BYTES))
        break;
      n_bytes += MIN (more, MOST_BYTES);
      begin_layer (cett, cett->end);
    }
  return cett->end > cett->first;
}

/* --- from one reading to the next ----------------------------------------------------------------------- */

static void
finish_norms (CettLayer *layer)
{
  for (guint64 k = 0; k < layer->core.n_neurons; k++)
    layer->core.norms[k] = sqrt (layer->core.norms[k]);
}

static void
begin_range (Cett *cett, gsize i)
{
  CettLayer *layer = &cett->layers[i];
  guint64    n = n_measured (cett, i) * layer->core.n_neurons;

  layer->core.least = INFINITY;
  layer->core.stride = MAX (n / SP_CETT_MOST_SAMPLES, 1);
  layer->core.n_samples = (n + layer->core.stride - 1) / layer->core.stride;
  layer->core.samples = g_new (double, layer->core.n_samples + 1);
  for (guint64 k = 0; k < layer->core.n_samples; k++)
    layer->core.samples[k] = NAN;
}

static double
find_cut (const CettLayer *layer, double tau)
{
  SpCettAnswer answer = sp_cett_solve (&layer->core, tau);

  return answer.is_nothing_cut ? 0 : answer.threshold;
}

static void
begin_stage (Cett *cett, gsize i)
{
  CettLayer *layer = &cett->layers[i];

  if (layer->problem != NULL)
    return;
  if (cett->stage == RANGING || (cett->stage == COUNTING && cett->is_given))
    finish_norms (layer);
  if (cett->stage == RANGING)
    begin_range (cett, i);
  if (cett->stage == COARSE)
    sp_cett_set_range (&layer->core);
  if (cett->stage == FINE)
    layer->core.section = sp_cett_find_section (&layer->core, cett->tau);
  if (cett->stage == COUNTING && !cett->is_given)
    layer->cut = find_cut (layer, cett->tau);
  clear_pending (layer);
}

gboolean
cett_begin_next (Cett *cett)
{
  gboolean is_new = !cett->has_begun || cett->stage == COUNTING;

  if (is_new && !begin_group (cett))
    return FALSE;
  cett->stage = is_new ? LOADING : cett->is_given ? COUNTING : cett->stage + 1;
  cett->has_begun = TRUE;
  for (gsize i = cett->first; i < cett->end; i++)
    begin_stage (cett, i);
  return TRUE;
}

/* The layer whose weights they are; n_layers: of none in the group. */
static gsize
layer_of_weights (const Cett *cett, gsize item)
{
  for (gsize i = cett->first; i < cett->end; i++)
    if (cett->layers[i].item == item && cett->layers[i].problem == NULL)
      return i;
  return cett->dump->n_layers;
}

gboolean
cett_wants (const Cett *cett, gsize item)
{
  gsize layer = cett->dump->layer_of[item];

  if (cett->stage == LOADING)
    return layer_of_weights (cett, item) < cett->dump->n_layers;
  return layer >= cett->first && layer < cett->end && cett->layers[layer].problem == NULL;
}

/* --- what a worker makes of a chunk ---------------------------------------------------------------------- */

/* Part of a token at an edge of a chunk. */
typedef struct { guint64 n, neuron; } Piece;

typedef struct { guint64 place; double magnitude; } Sample;

/* Weights: floats (chunk's elements).  Range: Sample (n_samples).  Candidates: the room of a batch where a chunk has whole tokens, then
 * floats (2, most_of_token) the pieces and (most_of_token) a token.  Counting: guint32 (tokens of the chunk). */
typedef struct {
  guint64  n_samples;
  double   least;
  SpCettSums sums;
  Piece    pieces[2];              /* the token before the first whole one, and after the last */
  double   data[];
} Part;

static gsize
room_bytes (const CettLayer *layer)
{
  return layer->core.n_neurons <= SP_CHUNK_ELEMENTS ? sp_cett_room_bytes (&layer->core) : 0;
}

/* Neurons of a token that one chunk can have. */
static gsize
most_of_token (const CettLayer *layer)
{
  return MIN (layer->core.n_neurons, SP_CHUNK_ELEMENTS);
}

gsize
cett_part_bytes (const Cett *cett, gsize item)
{
  const CettLayer *layer = cett->stage == LOADING ? NULL : &cett->layers[cett->dump->layer_of[item]];

  switch (cett->stage)
    {
    case LOADING:  return sizeof (Part) + MIN (cett->items->items[item].tensor->n_elements, SP_CHUNK_ELEMENTS) * sizeof (float);
    case RANGING:  return sizeof (Part) + (SP_CHUNK_ELEMENTS / layer->core.stride + 2) * sizeof (Sample);
    case COUNTING: return sizeof (Part) + sp_firings_most_tokens (layer->core.n_neurons) * sizeof (guint32);
    default:       return sizeof (Part) + room_bytes (layer) + 3 * most_of_token (layer) * sizeof (float);
    }
}

static void
widen (SpDtype dtype, gconstpointer x, gsize n, float *out)
{
  sp_kernels ()->widen[dtype] (x, n, out);
}

/* --- the range ------------------------------------------------------------------------------------------ */

static void
range_row (const CettLayer *layer, SpDtype dtype, gconstpointer x, gsize n, guint64 neuron, guint64 place, Part *part)
{
  Sample *samples = (Sample *) part->data;
  float   h[256];

  for (gsize i = 0; i < n; i++)
    {
      double magnitude;

      if (i % G_N_ELEMENTS (h) == 0)
        widen (dtype, (const guint8 *) x + i * sp_dtype_size (dtype), MIN (n - i, G_N_ELEMENTS (h)), h);
      magnitude = isfinite (h[i % 256]) ? fabs ((double) h[i % 256]) * layer->core.norms[neuron + i] : NAN;
      part->least = magnitude < part->least ? magnitude : part->least;
      if ((place + i) % layer->core.stride == 0)
        samples[part->n_samples++] = (Sample) { (place + i) / layer->core.stride, magnitude };
    }
}

/* --- candidates ----------------------------------------------------------------------------------------- */

static SpCettCuts
cuts_of (const Cett *cett, const CettLayer *layer)
{
  if (cett->stage == COARSE)
    return SP_CETT_COARSE;
  return (SpCettCuts) { layer->core.section * SP_CETT_SECTION, 1 };
}

static float *
get_piece (const Part *part, const CettLayer *layer, gsize which)
{
  return (float *) ((guint8 *) part->data + room_bytes (layer)) + which * most_of_token (layer);
}

static void
keep_piece (const CettLayer *layer, SpDtype dtype, gconstpointer x, gsize n, guint64 neuron, Part *part)
{
  gsize which = neuron > 0 ? 0 : 1;

  part->pieces[which] = (Piece) { n, neuron };
  widen (dtype, x, n, get_piece (part, layer, which));
}

static void
measure_row (const Cett *cett, const CettLayer *layer, SpDtype dtype, gconstpointer x, gsize n, guint64 neuron, SpCettBatch *batch,
             Part *part)
{
  float *h = get_piece (part, layer, 2);

  if (n < layer->core.n_neurons)
    {
      keep_piece (layer, dtype, x, n, neuron, part);
      return;
    }
  if (g_cancellable_is_cancelled (g_cancellable_get_current ()))
    return;
  widen (dtype, x, n, h);
  sp_cett_add_token (batch, &layer->core, cuts_of (cett, layer), h, &part->sums);
}

/* --- any chunk -------------------------------------------------------------------------------------------- */

/* |h| >= cut / |w|: what is worth nothing never reaches a cut above 0. */
static void
count_row (const CettLayer *layer, SpDtype dtype, gconstpointer x, gsize n, guint64 neuron, guint32 *active)
{
  double limits[1024];

  for (gsize i = 0; i < n; i += G_N_ELEMENTS (limits))
    {
      gsize k = MIN (n - i, G_N_ELEMENTS (limits));

      for (gsize j = 0; j < k; j++)
        limits[j] = layer->cut > 0 ? layer->cut / layer->core.norms[neuron + i + j] : 0;
      *active += sp_kernels ()->reaches[dtype] ((const guint8 *) x + i * sp_dtype_size (dtype), k, limits);
    }
}

static void
work_block (const Cett *cett, gsize i, SpDtype dtype, const SpDumpBlock *block, guint64 first_token, SpCettBatch *batch, Part *part)
{
  const CettLayer *layer = &cett->layers[i];
  gsize            row_bytes = block->n_neurons * sp_dtype_size (dtype);

  for (gsize t = 0; t < block->n_tokens; t++)
    {
      gconstpointer x = (const guint8 *) block->data + t * row_bytes;
      guint64       rank = rank_of (cett, i, block->token + t);

      if (cett->stage == COUNTING)
        count_row (layer, dtype, x, block->n_neurons, block->neuron, (guint32 *) part->data + (block->token + t - first_token));
      else if (rank < n_measured (cett, i) && cett->stage == RANGING)
        range_row (layer, dtype, x, block->n_neurons, block->neuron, rank * layer->core.n_neurons + block->neuron, part);
      else if (rank < n_measured (cett, i))
        measure_row (cett, layer, dtype, x, block->n_neurons, block->neuron, batch, part);
    }
}

void
cett_chunk (const Cett *cett, gsize item, const SpChunk *chunk, gpointer data)
{
  SpDtype      dtype = chunk->tensor->dtype;
  gsize        i = cett->dump->layer_of[item];
  Part        *part = data;
  SpCettBatch    batch = { 0 };
  SpDumpCursor cursor;
  SpDumpBlock  block;

  part->least = INFINITY;
  if (cett->stage == LOADING)
    {
      widen (dtype, chunk->data, chunk->n, (float *) part->data);
      return;
    }
  if (cett->stage == COARSE || cett->stage == FINE)
    sp_cett_batch_init (&batch, &cett->layers[i].core, part->data);
  sp_dump_cursor_init (&cursor, cett->dump, item, chunk);
  while (sp_dump_next (&cursor, &block))
    work_block (cett, i, dtype, &block, sp_dump_cursor_token (&cursor, 0), &batch, part);
  if (batch.n > 0)
    sp_cett_measure (&batch, &cett->layers[i].core, &part->sums);
}

/* --- folding ------------------------------------------------------------------------------------------------ */

static void
put_weight (CettLayer *layer, guint64 neuron, guint64 output, float w)
{
  layer->core.norms[neuron] += (double) w * (double) w;
  if (layer->core.panels != NULL)
    layer->core.panels[(output / SP_PANEL * layer->core.n_neurons + neuron) * SP_PANEL + output % SP_PANEL] = w;
}

static void
fold_weights (CettLayer *layer, const SpChunk *chunk, const float *w)
{
  for (gsize r = 0; r < chunk->n_rows; r++)
    for (gsize c = 0; c < chunk->n_columns; c++, w++)
      put_weight (layer, layer->is_by_neuron ? chunk->row + r : chunk->column + c, layer->is_by_neuron ? chunk->column + c : chunk->row + r,
                  *w);
}

static void
fold_range (CettLayer *layer, const Part *part)
{
  const Sample *samples = (const Sample *) part->data;

  layer->core.least = MIN (layer->core.least, part->least);
  for (guint64 i = 0; i < part->n_samples; i++)
    layer->core.samples[samples[i].place] = samples[i].magnitude;
}

static void
measure_pending (const Cett *cett, CettLayer *layer, SpCettSums *sums)
{
  SpCettBatch batch;

  if (layer->n_pending < layer->core.n_neurons)
    return;
  if (layer->room == NULL)
    layer->room = g_malloc (sp_cett_room_bytes (&layer->core));
  sp_cett_batch_init (&batch, &layer->core, layer->room);
  sp_cett_add_token (&batch, &layer->core, cuts_of (cett, layer), layer->pending, sums);
  sp_cett_measure (&batch, &layer->core, sums);
  layer->n_pending = 0;
}

static void
take_piece (const Cett *cett, CettLayer *layer, const Part *part, gsize which, SpCettSums *sums)
{
  const Piece *piece = &part->pieces[which];

  if (piece->n == 0)
    return;
  if (layer->pending == NULL)
    layer->pending = g_new (float, layer->core.n_neurons);
  memcpy (layer->pending + piece->neuron, get_piece (part, layer, which), piece->n * sizeof (float));
  layer->n_pending = piece->neuron + piece->n;
  measure_pending (cett, layer, sums);
}

static void
fold_tails (const Cett *cett, CettLayer *layer, const Part *part, SpCettSums *sums)
{
  take_piece (cett, layer, part, 0, sums);
  sp_cett_add_sums (sums, &part->sums);
  take_piece (cett, layer, part, 1, sums);
}

static void
fold_counts (Cett *cett, gsize item, const SpChunk *chunk, const guint32 *active)
{
  CettLayer   *layer = &cett->layers[cett->dump->layer_of[item]];
  SpDumpCursor cursor;
  guint64      first, end;

  sp_dump_cursor_init (&cursor, cett->dump, item, chunk);
  first = sp_dump_cursor_token (&cursor, 0);
  end = sp_dump_cursor_token (&cursor, chunk->n - 1) + 1;
  for (guint64 t = first; t < end; t++)
    {
      layer->active[t] += active[t - first];
      layer->n_active += active[t - first];
    }
}

void
cett_fold (Cett *cett, gsize item, const SpChunk *chunk, gconstpointer data)
{
  const Part *part = data;
  CettLayer  *layer = &cett->layers[cett->stage == LOADING ? layer_of_weights (cett, item) : cett->dump->layer_of[item]];

  switch (cett->stage)
    {
    case LOADING:  fold_weights (layer, chunk, (const float *) part->data); break;
    case RANGING:  fold_range (layer, part); break;
    case COARSE:   fold_tails (cett, layer, part, &layer->core.coarse); break;
    case FINE:     fold_tails (cett, layer, part, &layer->core.fine); break;
    default:       fold_counts (cett, item, chunk, (const guint32 *) part->data);
    }
}

void
cett_end (Cett *cett, gsize item, const char *problem)
{
  gsize i = cett->stage == LOADING ? layer_of_weights (cett, item) : cett->dump->layer_of[item];

  if (problem != NULL && i < cett->dump->n_layers && cett->layers[i].problem == NULL)
    cett->layers[i].problem = g_strdup (problem);
}

/* --- the whole ------------------------------------------------------------------------------------------------ */

Cett *
cett_new (const SpItems *items, const SpDump *dump, double tau, const double *thresholds, guint64 most_tokens)
{
  Cett *cett = g_new0 (Cett, 1);

  cett->items = items;
  cett->dump = dump;
  cett->tau = tau;
  cett->is_given = thresholds != NULL;
  cett->most_tokens = most_tokens;
  cett->layers = g_new0 (CettLayer, dump->n_layers + 1);
  count_ranks (cett);
  for (gsize i = 0; i < dump->n_layers; i++)
    {
      find_weights (cett, i);
      cett->layers[i].cut = thresholds != NULL ? thresholds[i] : NAN;
    }
  return cett;
}

const CettLayer *
cett_get_layer (const Cett *cett, gsize layer)
{
  return &cett->layers[layer];
}

void
cett_free (Cett *cett)
{
  cett->first = 0;
  end_group (cett);
  for (gsize i = 0; i < cett->dump->n_layers; i++)
    {
      g_free (cett->layers[i].core.norms);
      g_free (cett->layers[i].active);
      g_free (cett->layers[i].problem);
    }
  g_free (cett->layers);
  g_free (cett->rank);
  g_free (cett);
}
