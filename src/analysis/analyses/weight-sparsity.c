/* weight-sparsity.c - how many weights are zero, or nearly, and what pruning the smallest would cost
 *
 * Question: which parts of this checkpoint are empty, at which threshold, and how much of each layer's
 * energy would global magnitude pruning take?
 *
 * sparsity = #{|w| <= ε} / #{w}, over a declared set of tensors (Wanda and others count the linear
 * layers of the blocks, not embeddings, norms and biases: Sun et al., "A Simple and Effective Pruning
 * Approach for Large Language Models").  Global magnitude pruning removes everything at or under the
 * k-th smallest |w|, k = floor (N · s).
 *
 * One reading makes a histogram per tensor; for types of at most 16 bits it holds every figure exactly.
 * For wider types a bin is 1/128 of its magnitude wide, so counts at the thresholds asked for are taken
 * exactly in further readings, and only other settings of the sliders are interpolated. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weight-sparsity-prune.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stddef.h>
#include <string.h>

static const char *const eps_modes[] = { "absolute", "relative", NULL };
static const char *const eps_mode_titles[] = { N_("absolute"), N_("× tensor RMS"), NULL };

static const SpParam params[] = {
  { .id = "eps", .title = N_("|w| ≤ ε"), .type = SP_PARAM_NUMBER, .min = 0, .max = 1e6, .is_log = TRUE, .is_live = TRUE,
    .unit = "weight", .section = N_("Threshold"),
    .help = N_("Weights of at most this magnitude count as near zero; 0 counts exact zeros") },
  { .id = "eps-mode", .title = N_("Measured"), .type = SP_PARAM_CHOICE, .max = 1, .choices = eps_modes,
    .choice_titles = eps_mode_titles,
    .is_live = TRUE, .unit = "", .help = N_("ε in units of the weights, or of each tensor's root mean square") },
  { .id = "prune", .title = N_("Sparsity"), .type = SP_PARAM_NUMBER, .max = 1, .is_live = TRUE, .unit = "share",
    .section = N_("Magnitude pruning"), .help = N_("Remove this share of the counted weights, the smallest of all layers together first") },
  { .id = "attention", .title = N_("Attention"), .type = SP_PARAM_BOOL, .fallback = 1, .max = 1, .is_live = TRUE,
    .unit = "",
    .section = N_("Counts"), .help = N_("Attention matrices count") },
  { .id = "ffn", .title = N_("FFN"), .type = SP_PARAM_BOOL, .fallback = 1, .max = 1, .is_live = TRUE, .unit = "",
    .help = N_("Feed-forward matrices count") },
  { .id = "other", .title = N_("Other"), .type = SP_PARAM_BOOL, .fallback = 1, .max = 1, .is_live = TRUE, .unit = "",
    .help = N_("Convolutions and matrices of no known part count") },
  { .id = "embeddings", .title = N_("Embeddings"), .type = SP_PARAM_BOOL, .max = 1, .is_live = TRUE, .unit = "",
    .help = N_("Token and position embeddings and the output head count") },
  { .id = "vectors", .title = N_("Norms, biases"), .type = SP_PARAM_BOOL, .max = 1, .is_live = TRUE, .unit = "",
    .help = N_("Norms, biases and every other vector count") },
  { .id = "exact", .title = N_("Exact for wide types"), .type = SP_PARAM_BOOL, .fallback = 1, .max = 1, .unit = "",
    .section = N_("Reading"), .help = N_("Read f32, f64 and wide integers again to count exactly at ε and at the pruning threshold") },
  { NULL }
};

/* What a worker makes of one chunk; seen follows, (n_columns of the chunk). */
typedef struct {
  SpMoments   moments;
  guint64     n_near, n_pruned, n_zero_rows;
  double      energy_pruned;
  gboolean    has_row;
  SpChunkBins bins;
} Scanned;

void
sp_weight_live (SpArgs *args, Live *live)
{
  *live = (Live) {
    .eps = sp_args_get_number (args, "eps"),
    .prune = sp_args_get_number (args, "prune"),
    .is_relative = sp_args_get_number (args, "eps-mode") == 1,
    .counts = { [SP_GROUP_ATTENTION] = sp_args_get_bool (args, "attention"), [SP_GROUP_FFN] = sp_args_get_bool (args,
        "ffn"),
                [SP_GROUP_OTHER] = sp_args_get_bool (args, "other"), [SP_GROUP_EMBEDDINGS] = sp_args_get_bool (args,
                    "embeddings"),
                [SP_GROUP_VECTORS] = sp_args_get_bool (args, "vectors") },
  };
}

SpGroup
sp_weight_group (const SpTensor *tensor)
{
  return tensor->rank < 2 ? SP_GROUP_VECTORS : sp_part_group (tensor->role.part);
}

SpGroup
sp_weight_sums_to (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  if (state->original[item] != item || tensor->dtype == SP_DTYPE_NONE || tensor->role.part == SP_PART_BUFFER)
    return SP_N_GROUPS;
  if (sp_dtype_kind (tensor->dtype) == SP_KIND_INT && (sp_dtype_size (tensor->dtype) > 1
                                                       || tensor->dtype == SP_DTYPE_BOOL))
    return SP_N_GROUPS;
  return sp_weight_group (tensor);
}

gboolean
sp_weight_counts (const State *state, gsize item, const Live *live)
{
  SpGroup group = sp_weight_sums_to (state, item);

  return group != SP_N_GROUPS && state->records[item].is_read && live->counts[group];
}

double
sp_weight_rms (const Record *record)
{
  return sqrt (record->sum_sq / (double) (record->n - record->n_nonfinite));
}

double
sp_weight_limit (const Record *record, const Live *live)
{
  return live->is_relative && live->eps > 0 ? live->eps * sp_weight_rms (record) : live->eps;
}

static gboolean
has_wide_bins (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  return tensor->dtype != SP_DTYPE_NONE && !sp_bin_is_exact (tensor->dtype);
}

/* --- scanning a chunk ---------------------------------------------------------------- */

static gboolean
is_row_zero (const SpKernels *k, SpDtype dtype, const guint8 *row, gsize n)
{
  guint8 ignored[1024];
  gsize  size = sp_dtype_size (dtype), step = 16;        /* most rows show it at once */

  for (gsize i = 0; i < n; i += step, step = sizeof ignored)
    if (k->nonzero[dtype] (row + i * size, MIN (n - i, step), ignored))
      return FALSE;
  return TRUE;
}

/* Zero rows and, as long as some column was not seen, the columns that are not. */
static void
scan_zeros (const SpKernels *k, const SpChunk *chunk, Scanned *scanned, guint8 *seen)
{
  SpDtype dtype = chunk->tensor->dtype;
  gsize   n_bytes = chunk->n_columns * sp_dtype_size (dtype);
  gboolean is_missing = TRUE;

  for (gsize i = 0; i < chunk->n_rows; i++)
    {
      const guint8 *row = (const guint8 *) chunk->data + i * n_bytes;
      gboolean      is_zero;

      if (is_missing)
        {
          is_zero = !k->nonzero[dtype] (row, chunk->n_columns, seen);
          is_missing = memchr (seen, 0, chunk->n_columns) != NULL;
        }
      else
        is_zero = is_row_zero (k, dtype, row, chunk->n_columns);
      scanned->n_zero_rows += is_zero;
      scanned->has_row = !is_zero;
    }
}

static void
scan_chunk (const State *state, const SpChunk *chunk, Scanned *scanned)
{
  const SpKernels *k = sp_kernels ();
  SpDtype          dtype = chunk->tensor->dtype;

  k->histogram[dtype] (chunk->data, chunk->n, scanned->bins.counts);
  scan_zeros (k, chunk, scanned, (guint8 *) (scanned + 1));
  if (sp_bin_is_exact (dtype))
    return;
  sp_moments_init (&scanned->moments);
  k->moments[dtype] (chunk->data, chunk->n, &scanned->moments);
  if (!state->live.is_relative)
    k->below[dtype] (chunk->data, chunk->n, &state->live.eps, 1, &scanned->n_near);
}

/* Blocks of a chunk as magnitudes.  Only f32 and f64 are pruned, so that integers may round. */
#define BLOCK 1024
typedef struct { double magnitude[BLOCK]; } Block;

static void
read_block (const SpChunk *chunk, gsize first, gsize n, Block *block)
{
  float         narrow[BLOCK];
  SpDtype       dtype = chunk->tensor->dtype;
  const guint8 *data = (const guint8 *) chunk->data + first * sp_dtype_size (dtype);

  if (dtype == SP_DTYPE_F64)
    {
      memcpy (block->magnitude, data, n * sizeof (double));      /* files align nothing */
      for (gsize i = 0; i < n; i++)
        block->magnitude[i] = fabs (block->magnitude[i]);
      return;
    }
  sp_kernels ()->widen[dtype] (data, n, narrow);
  for (gsize i = 0; i < n; i++)
    block->magnitude[i] = fabs ((double) narrow[i]);
}

static void
narrow_chunk (const State *state, const SpChunk *chunk, Scanned *scanned)
{
  guint64 from = state->narrowing.from, span = (guint64) N_NARROW << state->narrowing.shift;
  Block   block;

  for (gsize first = 0; first < chunk->n; first += BLOCK)
    {
      gsize n = MIN (chunk->n - first, BLOCK);

      read_block (chunk, first, n, &block);
      for (gsize i = 0; i < n; i++)
        {
          guint64 place = sp_weight_pattern (block.magnitude[i]) - from;

          if (place < span)
            scanned->bins.counts[place >> state->narrowing.shift]++;
        }
    }
}

static void
count_chunk (const State *state, gsize item, const SpChunk *chunk, Scanned *scanned)
{
  double limits[2] = { sp_weight_limit (&state->records[item], &state->live), state->prune_limit };
  guint64 counts[2] = { 0 };
  Block   block;

  sp_kernels ()->below[chunk->tensor->dtype] (chunk->data, chunk->n, limits, 2, counts);
  scanned->n_near = counts[0];
  scanned->n_pruned = counts[1];
  for (gsize first = 0; !isnan (state->prune_limit) && first < chunk->n; first += BLOCK)
    {
      gsize n = MIN (chunk->n - first, BLOCK);

      read_block (chunk, first, n, &block);
      for (gsize i = 0; i < n; i++)
        if (block.magnitude[i] <= state->prune_limit)
          scanned->energy_pruned += block.magnitude[i] * block.magnitude[i];
    }
}

static void
work (gpointer data, gsize item, const SpChunk *chunk, gpointer partial)
{
  const State *state = data;
  Scanned     *scanned = partial;

  if (state->step == STEP_SCAN)
    scan_chunk (state, chunk, scanned);
  else if (state->step == STEP_NARROW)
    narrow_chunk (state, chunk, scanned);
  else
    count_chunk (state, item, chunk, scanned);
  if (state->step != STEP_COUNT)
    sp_chunk_bins_mark (&scanned->bins, state->step == STEP_SCAN ? sp_bin_count (chunk->tensor->dtype) : N_NARROW);
}

/* --- folding chunks into the tensor at hand ------------------------------------------- */

static void
start_tensor (State *state, gsize item)
{
  SpMatrix matrix = sp_tensor_get_matrix (state->items[item].tensor);

  sp_bins_clear (state->bins);
  sp_bins_clear (state->counts);
  sp_moments_init (&state->moments);
  state->n_near = state->n_pruned = state->n_zero_rows = 0;
  state->energy_pruned = 0;
  state->has_row = FALSE;
  if (state->step != STEP_SCAN || matrix.n_columns == 0)
    return;
  if (state->seen_room < matrix.n_columns)
    {
      g_free (state->seen);
      state->seen = g_malloc (matrix.n_columns);
      state->seen_room = matrix.n_columns;
    }
  memset (state->seen, 0, matrix.n_columns);
}

static void
fold_zeros (State *state, gsize item, const SpChunk *chunk, const Scanned *scanned)
{
  SpMatrix      matrix = sp_tensor_get_matrix (state->items[item].tensor);
  const guint8 *seen = (const guint8 *) (scanned + 1);

  for (gsize i = 0; i < chunk->n_columns; i++)
    state->seen[chunk->column + i] |= seen[i];
  if (chunk->n_columns == matrix.n_columns)
    {
      state->n_zero_rows += scanned->n_zero_rows;
      return;
    }
  state->has_row = scanned->has_row || (chunk->column > 0 && state->has_row);
  if (chunk->column + chunk->n_columns == matrix.n_columns)
    state->n_zero_rows += !state->has_row;
}

static void
fold (gpointer data, gsize item, const SpChunk *chunk, gconstpointer partial)
{
  State         *state = data;
  const Scanned *scanned = partial;

  if (chunk->index == 0)
    start_tensor (state, item);
  if (state->step != STEP_COUNT)
    sp_bins_add_chunk (state->step == STEP_NARROW ? state->narrowing.counts : state->bins, &scanned->bins);
  if (state->step == STEP_SCAN)
    {
      fold_zeros (state, item, chunk, scanned);
      if (!sp_bin_is_exact (chunk->tensor->dtype))
        sp_moments_merge (&state->moments, &scanned->moments);
    }
  state->n_near += scanned->n_near;
  state->n_pruned += scanned->n_pruned;
  state->energy_pruned += scanned->energy_pruned;
}

/* --- a tensor is complete --------------------------------------------------------------- */

/* Types of at most 16 bits: a bin is a value, so the histogram holds the moments exactly. */
static void
moments_from_bins (Record *record, SpDtype dtype, const SpBins *bins)
{
  for SP_BINS_EACH (bins, i)
    {
      double x = sp_bin_low (dtype, i), c = (double) bins->counts[i];

      if (!sp_bin_is_finite (dtype, i))
        {
          record->n_nonfinite += bins->counts[i];
          continue;
        }
      record->n_zero += x == 0 ? bins->counts[i] : 0;
      record->min = MIN (record->min, x);
      record->max = MAX (record->max, x);
      record->sum += c * x;
      record->sum_abs += c * fabs (x);
      record->sum_sq += c * x * x;
    }
}

static void
moments_from_lanes (Record *record, const SpMoments *moments)
{
  record->n_zero = moments->n_zero;
  record->n_nonfinite = moments->n_nonfinite;
  record->min = moments->min;
  record->max = moments->max;
  record->sum = sp_lanes_fold (moments->sum);
  record->sum_abs = sp_lanes_fold (moments->sum_abs);
  record->sum_sq = sp_lanes_fold (moments->sum_sq);
}

static void
count_shape (State *state, Record *record, const SpTensor *tensor)
{
  SpMatrix matrix = sp_tensor_get_matrix (tensor);

  record->n_rows = tensor->shape[0];
  record->n_columns = tensor->shape[1];
  record->n_zero_rows = tensor->n_elements > 0 ? state->n_zero_rows : 0;
  for (guint64 c = 0; tensor->n_elements > 0 && c < record->n_columns; c++)
    record->n_zero_columns += memchr (state->seen + c * matrix.group, 1, matrix.group) == NULL;
}

static void
add_to_totals (State *state, gsize item)
{
  SpGroup  group = sp_weight_sums_to (state, item);
  SpBins **counts;

  if (group == SP_N_GROUPS)
    return;
  counts = &state->totals[state->items[item].tensor->dtype].counts[group];
  if (*counts == NULL)
    *counts = g_new0 (SpBins, 1);
  for SP_BINS_EACH (state->counts, i)
    sp_bins_add (*counts, i, state->counts->counts[i]);
}

static void
complete_scan (State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;
  Record         *record = &state->records[item];

  record->is_read = TRUE;
  record->n = tensor->n_elements;
  record->min = INFINITY;
  record->max = -INFINITY;
  record->gini = NAN;
  if (tensor->rank >= 2)
    count_shape (state, record, tensor);
  if (record->n == 0)
    return;
  if (sp_bin_is_exact (tensor->dtype))
    moments_from_bins (record, tensor->dtype, state->bins);
  else
    moments_from_lanes (record, &state->moments);
  sp_magnitudes_fold (sp_magnitudes_get (tensor->dtype), state->bins, state->counts);
  if (record->sum_abs > 0)
    record->gini = sp_gini (sp_magnitudes_get (tensor->dtype), state->counts);
  record->distribution = sp_distribution_new (tensor->dtype, state->counts);
  record->n_near = state->n_near;
  add_to_totals (state, item);
}

static void
end (gpointer data, gsize item, const char *problem)
{
  State  *state = data;
  Record *record = &state->records[item];

  state->n_ended++;
  if (state->step == STEP_SCAN)
    state->n_scanned = item + 1;
  if (problem != NULL && record->problem == NULL)
    record->problem = g_strdup (problem);
  else if (problem == NULL && state->step == STEP_SCAN)
    complete_scan (state, item);
  else if (problem == NULL && state->step == STEP_COUNT)
    {
      record->n_near = state->n_near;
      record->n_pruned = state->n_pruned;
      record->energy_pruned = state->energy_pruned;
    }
}

/* --- further readings ------------------------------------------------------------------- */

static gboolean
want_wide (State *state, gboolean only_counted)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < state->n; i++)
    {
      state->is_wanted[i] = has_wide_bins (state, i) && state->records[i].is_read && state->records[i].n > 0
                         && (!only_counted || sp_weight_counts (state, i, &state->live));
      is_any = is_any || state->is_wanted[i];
    }
  return is_any;
}

static gboolean
start_counting (State *state)
{
  state->step = STEP_COUNT;
  state->has_exact_near = TRUE;
  state->has_exact_pruned = !isnan (state->prune_limit);
  return want_wide (state, FALSE);
}

static gboolean
again (gpointer data, SpArgs *args)
{
  State *state = data;

  if (!state->wants_exact || state->step == STEP_COUNT)
    return FALSE;
  if (state->step == STEP_NARROW)
    return sp_weight_narrow_further (state) || start_counting (state);
  if (sp_weight_start_narrowing (state) && want_wide (state, TRUE))
    return TRUE;
  state->step = STEP_SCAN;
  state->prune_limit = NAN;
  state->has_exact_near = !state->live.is_relative;
  return state->live.is_relative && state->live.eps > 0 && start_counting (state);
}

/* --- state ------------------------------------------------------------------------------ */

static gboolean
wants (gpointer data, gsize item)
{
  return ((State *) data)->is_wanted[item];
}

static gsize
partial_bytes (gpointer data, gsize item)
{
  SpMatrix matrix = sp_tensor_get_matrix (((State *) data)->items[item].tensor);

  return sizeof (Scanned) + MIN (matrix.n_columns, SP_CHUNK_ELEMENTS);
}

/* Its bins are a quarter of a MiB, of which weights fill few. */
static void
clear (gpointer partial, gsize n_bytes)
{
  Scanned *scanned = partial;

  sp_chunk_bins_clear (&scanned->bins);
  memset (scanned, 0, offsetof (Scanned, bins));
  memset (scanned + 1, 0, n_bytes - sizeof *scanned);
}

static int
compare_rows (gconstpointer a, gconstpointer b, gpointer data)
{
  const State  *state = data;
  const SpItem *left = &state->items[*(const gsize *) a], *right = &state->items[*(const gsize *) b];
  int           order = sp_natural_compare (left->tensor->name, right->tensor->name);

  return order != 0 ? order : (*(const gsize *) a > *(const gsize *) b) - (*(const gsize *) a < *(const gsize *) b);
}

/* Tensors that share storage count once; the one that counts may be left out by a filter. */
static void
find_originals (State *state)
{
  g_autoptr (GHashTable) items = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < state->n; i++)
    g_hash_table_insert (items, (gpointer) state->items[i].tensor, GSIZE_TO_POINTER (i + 1));
  for (gsize i = 0; i < state->n; i++)
    {
      const SpTensor *tensor = state->items[i].tensor;
      gsize           found = 0;

      if (tensor->alias_of != G_MAXSIZE)
        found = GPOINTER_TO_SIZE (g_hash_table_lookup (items, sp_store_get_tensor (state->items[i].store,
            tensor->alias_of)));
      state->original[i] = found > 0 ? found - 1 : i;
    }
}

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  State *state = g_new0 (State, 1);

  state->n = items->n;
  state->items = g_memdup2 (items->items, items->n * sizeof (SpItem));
  state->records = g_new0 (Record, items->n + 1);
  state->original = g_new0 (gsize, items->n + 1);
  state->order = g_new0 (gsize, items->n + 1);
  state->is_wanted = g_new0 (guint8, items->n + 1);
  state->bins = g_new0 (SpBins, 1);
  state->counts = g_new0 (SpBins, 1);
  state->narrowing.counts = g_new0 (SpBins, 1);
  state->prune_limit = NAN;
  state->wants_exact = sp_args_get_bool (args, "exact");
  state->n_ended_cached = state->n_ended_summed = G_MAXSIZE;
  sp_weight_live (args, &state->live);
  find_originals (state);
  for (gsize i = 0; i < state->n; i++)
    {
      state->order[i] = i;
      state->is_wanted[i] = state->original[i] == i;
    }
  g_qsort_with_data (state->order, (gint) state->n, sizeof (gsize), compare_rows, state);
  return state;
}

static void
free_state (gpointer data)
{
  State *state = data;

  for (gsize i = 0; i < state->n; i++)
    {
      g_free (state->records[i].problem);
      g_clear_pointer (&state->records[i].distribution, sp_distribution_free);
    }
  for (guint d = 0; d < SP_N_DTYPES; d++)
    for (guint g = 0; g < SP_N_GROUPS; g++)
      {
        g_free (state->totals[d].counts[g]);
        g_free (state->totals[d].sums[g]);
      }
  g_clear_pointer (&state->fixed, g_ptr_array_unref);
  g_clear_pointer (&state->layers, g_array_unref);
  g_free (state->layer_of);
  g_free (state->figures);
  g_free (state->items);
  g_free (state->records);
  g_free (state->original);
  g_free (state->order);
  g_free (state->is_wanted);
  g_free (state->bins);
  g_free (state->counts);
  g_free (state->narrowing.counts);
  g_free (state->seen);
  g_free (state);
}

const SpAnalysis sp_analysis_weight_sparsity = {
  .id = "weight-sparsity",
  .title = N_("Weights"),
  .question = N_("Which weights are zero, or nearly, and what would pruning the smallest cost?"),
  .needs = SP_NEEDS_WEIGHTS,
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
  .finish = sp_weight_report,
};
