/* sp-weights.c - chunks of tensors, widened by whoever of the team is free */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-weights.h"

#include "kernels.h"
#include "sp-source.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <pthread.h>
#include <string.h>

#define PIECE_CHUNKS 8
#define PIECE_ROWS 32768           /* of narrow matrices: fewer chunks, so that their logits stay small */

typedef struct {
  const SpTensor *tensor;
  SpSource       *source;
  guint64         first_chunk;
  float          *out;             /* where all of it goes; NULL: to func */
  guint64         first_row;       /* of out */
  guint64         n_columns;       /* of the matrix */
  SpRowsFunc      func;
  gpointer        data;
  gpointer       *scratch;         /* (n_threads) */
  float         **rows;            /* (n_threads), for func */
  pthread_mutex_t mutex;           /* error, n_rows */
  GError         *error;
  guint64         n_rows;
} Reading;

static void
take_error (Reading *reading, GError *error)
{
  pthread_mutex_lock (&reading->mutex);
  if (reading->error == NULL)
    reading->error = error;
  else
    g_error_free (error);
  pthread_mutex_unlock (&reading->mutex);
}

static gboolean
has_failed (Reading *reading)
{
  gboolean failed;

  pthread_mutex_lock (&reading->mutex);
  failed = reading->error != NULL;
  pthread_mutex_unlock (&reading->mutex);
  return failed;
}

static gboolean
is_finite (const SpChunk *chunk, const float *values, GError **error)
{
  SpMoments moments;
  gsize     i = 0;

  sp_moments_init (&moments);
  sp_kernels ()->moments[SP_DTYPE_F32] (values, chunk->n, &moments);
  if (moments.n_nonfinite == 0)
    return TRUE;
  while (i + 1 < chunk->n && isfinite (values[i]))
    i++;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
               _("the tensor '%s' is not finite at row %" PRIu64 ", column %" PRIu64 "; a model with such weights computes nothing"),
               chunk->tensor->name, chunk->row + i / chunk->n_columns, chunk->column + i % chunk->n_columns);
  return FALSE;
}

static void
read_chunk (gpointer data, gsize unit, guint thread)
{
  Reading *reading = data;
  SpChunk  chunk = { 0 };
  GError  *error = NULL;
  float   *out = reading->out != NULL ? NULL : reading->rows[thread];

  if (has_failed (reading))
    return;
  if (!sp_source_get (reading->source, reading->first_chunk + unit, reading->scratch[thread], &chunk, &error))
    {
      take_error (reading, error);
      return;
    }
  if (out == NULL)
    out = reading->out + (chunk.row - reading->first_row) * reading->n_columns + chunk.column;
  sp_kernels ()->widen[reading->tensor->dtype] (chunk.data, chunk.n, out);
  if (!sp_source_put (reading->source, &chunk, &error) || !is_finite (&chunk, out, &error))
    {
      take_error (reading, error);
      return;
    }
  if (reading->func != NULL)
    reading->func (reading->data, chunk.row, chunk.column, chunk.n_rows, chunk.n_columns, out);
  pthread_mutex_lock (&reading->mutex);
  reading->n_rows += chunk.n_rows;
  pthread_mutex_unlock (&reading->mutex);
}

static void
make_room (Reading *reading, guint n_threads)
{
  reading->scratch = g_new0 (gpointer, n_threads);
  reading->rows = g_new0 (float *, n_threads);
  for (guint i = 0; i < n_threads; i++)
    {
      reading->scratch[i] = g_aligned_alloc (1, sp_source_scratch_bytes (reading->tensor) + 64, 64);
      if (reading->out == NULL)
        reading->rows[i] = g_aligned_alloc (SP_CHUNK_ELEMENTS, sizeof (float), 64);
    }
}

static void
free_room (Reading *reading, guint n_threads)
{
  for (guint i = 0; i < n_threads; i++)
    {
      g_aligned_free (reading->scratch[i]);
      g_aligned_free (reading->rows[i]);
    }
  g_free (reading->scratch);
  g_free (reading->rows);
}

/* Of a stream.  It asks the thread's cancellable while it inflates or skips. */
static void
read_in_order (SpTeam *team, Reading *reading, guint64 n_chunks)
{
  GCancellable *cancellable = sp_team_get_cancellable (team);
  GError       *cancelled = NULL;

  if (cancellable != NULL)
    g_cancellable_push_current (cancellable);
  for (guint64 i = 0; i < n_chunks && !has_failed (reading); i++)
    if (g_cancellable_set_error_if_cancelled (cancellable, &cancelled))
      take_error (reading, cancelled);
    else
      read_chunk (reading, i, 0);
  if (cancellable != NULL)
    g_cancellable_pop_current (cancellable);
}

static gboolean
read_all (SpTeam *team, Reading *reading, guint64 n_chunks, GError **error)
{
  guint   n_threads = sp_team_get_n_threads (team);
  GError *cancelled = NULL;

  reading->source = sp_source_new (reading->tensor, error);
  if (reading->source == NULL)
    return FALSE;
  reading->n_columns = sp_tensor_get_matrix (reading->tensor).n_columns;
  pthread_mutex_init (&reading->mutex, NULL);
  make_room (reading, n_threads);
  if (!sp_source_is_random (reading->source))
    read_in_order (team, reading, n_chunks);
  else if (!sp_team_each (team, n_chunks, read_chunk, reading, &cancelled))
    take_error (reading, cancelled);
  free_room (reading, n_threads);
  pthread_mutex_destroy (&reading->mutex);
  sp_source_free (reading->source);
  if (reading->error == NULL)
    return TRUE;
  g_propagate_error (error, reading->error);
  return FALSE;
}

gboolean
sp_weights_read (SpTeam *team, const SpTensor *tensor, float *out, GError **error)
{
  Reading reading = { .tensor = tensor, .out = out };

  return read_all (team, &reading, sp_source_n_chunks (tensor), error);
}

gboolean
sp_weights_each (SpTeam *team, const SpTensor *tensor, SpRowsFunc func, gpointer data, GError **error)
{
  Reading reading = { .tensor = tensor, .func = func, .data = data };

  return read_all (team, &reading, sp_source_n_chunks (tensor), error);
}

/* --- pieces ------------------------------------------------------------------------------------------- */

static gsize
rows_of_chunk (const SpTensor *tensor)
{
  return MAX (SP_CHUNK_ELEMENTS / MAX (sp_tensor_get_matrix (tensor).n_columns, 1), 1);
}

static guint64
chunks_of_piece (const SpTensor *tensor)
{
  return CLAMP (PIECE_ROWS / rows_of_chunk (tensor), 1, PIECE_CHUNKS);
}

guint64
sp_weights_n_pieces (const SpTensor *tensor)
{
  return (sp_source_n_chunks (tensor) + chunks_of_piece (tensor) - 1) / chunks_of_piece (tensor);
}

gsize
sp_weights_most_rows (const SpTensor *tensor)
{
  return MIN (sp_tensor_get_matrix (tensor).n_rows, rows_of_chunk (tensor) * chunks_of_piece (tensor));
}

gboolean
sp_weights_read_piece (SpTeam *team, const SpTensor *tensor, guint64 piece, float *out, gsize *n_rows, GError **error)
{
  guint64 first = piece * chunks_of_piece (tensor), n_chunks = MIN (sp_source_n_chunks (tensor) - first, chunks_of_piece (tensor));
  Reading reading = { .tensor = tensor, .out = out, .first_chunk = first, .first_row = first * rows_of_chunk (tensor) };

  if (!read_all (team, &reading, n_chunks, error))
    return FALSE;
  *n_rows = reading.n_rows;
  return TRUE;
}

/* --- beside them ---------------------------------------------------------------------------------------- */

const SpTensor *
sp_weights_find_beside (SpStore *store, const char *name, const char *const *leaves, gsize n_leaves)
{
  g_autofree char *stem = g_str_has_suffix (name, ".weight") ? g_strndup (name, strlen (name) - strlen ("weight")) : NULL;
  const SpTensor  *found = NULL;

  for (gsize i = 0; stem != NULL && found == NULL && i < n_leaves; i++)
    {
      g_autofree char *beside = g_strconcat (stem, leaves[i], NULL);

      found = sp_store_find (store, beside);
    }
  return found;
}

/* DeepSeek's, compressed-tensors', and others' of 8 bits. */
const SpTensor *
sp_weights_find_scales (SpStore *store, const SpTensor *tensor)
{
  static const char *const leaves[] = { "weight_scale_inv", "weight_scale", "weight_scales", "scale_inv", "scale", "scales" };

  return sp_weights_find_beside (store, tensor->name, leaves, G_N_ELEMENTS (leaves));
}

/* --- layers ------------------------------------------------------------------------------------------- */

static float *
room_for (const SpTensor *tensor)
{
  return tensor != NULL ? g_aligned_alloc (tensor->n_elements, sizeof (float), 64) : NULL;
}

SpLayer *
sp_layer_new (SpModel *model)
{
  SpLayer *self = g_new0 (SpLayer, 1);

  for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
    {
      self->weights[w] = room_for (sp_model_get_weight (model, 0, w)->tensor);
      self->biases[w] = room_for (sp_model_get_weight (model, 0, w)->bias);
    }
  return self;
}

void
sp_layer_free (SpLayer *self)
{
  for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
    {
      g_aligned_free (self->weights[w]);
      g_aligned_free (self->biases[w]);
    }
  g_free (self);
}

gboolean
sp_layer_read (SpLayer *self, SpModel *model, guint layer, SpTeam *team, GError **error)
{
  for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
    {
      const SpModelWeight *weight = sp_model_get_weight (model, layer, w);

      if ((weight->tensor != NULL && !sp_weights_read (team, weight->tensor, self->weights[w], error)) ||
          (weight->bias != NULL && !sp_weights_read (team, weight->bias, self->biases[w], error)))
        return FALSE;
    }
  return TRUE;
}
