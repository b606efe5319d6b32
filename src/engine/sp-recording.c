/* sp-recording.c - pushes a text through the layers, batch of windows by batch, and writes what is wanted of them on the way */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-recording-private.h"

#include "kernels.h"
#include "sp-forward.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <pthread.h>
#include <sys/stat.h>

#define BATCH_BYTES ((gsize) 128 << 20)  /* of hidden states; one window at least */
#define ROOM_ELEMENTS 65536u             /* that are narrowed at once; one row at least */
#define UNIT_TOKENS 512

typedef struct {
  uint16_t    *narrow;
  SpNarrowing  lost;
  guint64      n_odd;
  guint        first_odd;                /* as the recording's */
} Room;

/* What is being written. */
typedef struct {
  SpRecording        *recording;
  SpRecordingTensors  tensors;
  SpDumpFile         *file;
  SpTeam             *team;
  GCancellable       *stop;              /* the caller's, or after an error */
  pthread_mutex_t     mutex;
  GError             *problem;           /* the first; under the mutex */
  Room               *rooms;             /* (n_threads) */
  guint               n_layers;          /* that are looked at: none after the last one wanted */
  guint64             done;              /* layers · tokens */
  gint64              start;             /* µs */
} Writer;

/* Windows of one length that are pushed through the layers together. */
typedef struct {
  Writer    *writer;
  SpForward *forward;
  gsize      first, n_tokens;            /* in the text */
  float     *x;                          /* (n_tokens, n_hidden) */
  guint      layer;                      /* at hand */
} Part;

/* --- rows ---------------------------------------------------------------------------------------------- */

/* Any thread; the others stop. */
static void
fail (Writer *writer, GError *problem)
{
  pthread_mutex_lock (&writer->mutex);
  if (writer->problem == NULL)
    writer->problem = problem;
  else
    g_error_free (problem);
  pthread_mutex_unlock (&writer->mutex);
  g_cancellable_cancel (writer->stop);
}

static void
fail_too_large (Writer *writer, SpRecordSites site, guint layer, const float *x, gsize n)
{
  g_autofree char *name = sp_recording_name (site, layer);
  float            largest = 0;

  for (gsize i = 0; i < n; i++)
    largest = isfinite (x[i]) ? fmaxf (largest, fabsf (x[i])) : largest;
  fail (writer, g_error_new (SP_ERROR, SP_ERROR_USAGE, _("%s has values such as %.4g, too large for %s; record as %s"), name,
                             (double) largest, sp_dtype_name (writer->recording->dtype),
                             writer->recording->dtype == SP_DTYPE_F16 ? "bf16" : "f32"));
}

/* As they are written; NULL: they cannot be. */
static const void *
narrow (Writer *writer, guint thread, SpRecordSites site, guint layer, const float *x, gsize n)
{
  Room    *room = &writer->rooms[thread];
  SpDtype  dtype = writer->recording->dtype;

  if (dtype == SP_DTYPE_F32)
    return x;
  sp_kernels ()->narrow[dtype] (x, n, room->narrow, &room->lost);
  if (room->lost.n_large == 0)
    return room->narrow;
  fail_too_large (writer, site, layer, x, n);
  return NULL;
}

/* Overflow is no error of the file: the analyses count such values. */
static void
count_odd (Room *room, SpRecordSites site, guint layer, const float *x, gsize n)
{
  guint     place = sp_recording_order (site, layer);
  SpMoments moments;

  sp_moments_init (&moments);
  sp_kernels ()->moments[SP_DTYPE_F32] (x, n, &moments);
  if (moments.n_nonfinite > 0)
    room->first_odd = room->n_odd > 0 ? MIN (room->first_odd, place) : place;
  room->n_odd += moments.n_nonfinite;
}

static void
save (Writer *writer, guint thread, SpRecordSites site, guint layer, gsize first_row, gsize n_rows, const float *x)
{
  guint tensor = writer->tensors.sites[g_bit_nth_lsf (site, -1)][layer];
  gsize n_columns = sp_recording_n_columns (writer->recording, site), most_rows = MAX (ROOM_ELEMENTS / n_columns, 1);

  for (gsize row = 0, n; row < n_rows && !g_cancellable_is_cancelled (writer->stop); row += n)
    {
      const void *rows;
      GError     *problem = NULL;

      n = MIN (most_rows, n_rows - row);
      count_odd (&writer->rooms[thread], site, layer, x + row * n_columns, n * n_columns);
      rows = narrow (writer, thread, site, layer, x + row * n_columns, n * n_columns);
      if (rows != NULL && !sp_dump_file_write (writer->file, tensor, first_row + row, n, rows, &problem))
        fail (writer, problem);
    }
}

static void
save_block (gpointer data, guint thread, gsize first_token, gsize n_tokens, const float *gates, float *h)
{
  Part  *part = data;
  Writer *writer = part->writer;
  gsize  row = part->first + first_token;

  if ((writer->recording->sites & SP_RECORD_ACT) != 0)
    save (writer, thread, SP_RECORD_ACT, part->layer, row, n_tokens, h);
  if ((writer->recording->sites & SP_RECORD_GATE) != 0)
    save (writer, thread, SP_RECORD_GATE, part->layer, row, n_tokens, gates);
}

static void
save_place (gpointer data, guint thread, SpPlace place, gsize first_token, gsize n_tokens, const float *x)
{
  static const SpRecordSites sites[] = {
    [SP_PLACE_HEADS] = SP_RECORD_Z, [SP_PLACE_ATTENTION] = SP_RECORD_ATTN_OUT, [SP_PLACE_FFN] = SP_RECORD_MLP_OUT,
    [SP_PLACE_OUTPUT] = SP_RECORD_RESID_POST,
  };
  Part *part = data;

  if ((part->writer->recording->sites & sites[place]) != 0)
    save (part->writer, thread, sites[place], part->layer, part->first + first_token, n_tokens, x);
}

/* What enters the layer: the last one wanted need not be read for it. */
static void
save_input (gpointer data, gsize unit, guint thread)
{
  Part  *part = data;
  gsize  n_hidden = part->writer->recording->shape->n_hidden, row = unit * UNIT_TOKENS;

  save (part->writer, thread, SP_RECORD_RESID_PRE, part->layer, part->first + row, MIN (UNIT_TOKENS, part->n_tokens - row),
        part->x + row * n_hidden);
}

/* --- layers -------------------------------------------------------------------------------------------- */

static void
tell (Writer *writer, guint layer)
{
  SpRecording     *self = writer->recording;
  g_autofree char *stage = g_strdup_printf (_("Layer %u of %u"), layer + 1, writer->n_layers);
  double           share = (double) writer->done / ((double) writer->n_layers * (double) self->n_tokens);
  double           seconds = (double) (g_get_monotonic_time () - writer->start) / G_USEC_PER_SEC;

  if (self->func != NULL)
    self->func (self->data, stage, share, share > 0 ? seconds * (1 - share) / share : NAN);
}

static gboolean
push_part (Part *part, const SpLayer *weights, guint layer, GError **error)
{
  const SpForwardTaps taps = { .ffn = save_block, .place = save_place, .data = part };
  SpRecording        *self = part->writer->recording;

  part->layer = layer;
  if (self->layers[layer] && (self->sites & SP_RECORD_RESID_PRE) != 0 &&
      !sp_team_each (part->writer->team, (part->n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS, save_input, part, error))
    return FALSE;
  part->writer->done += part->n_tokens;
  return weights == NULL || sp_forward_layer (part->forward, weights, layer, part->x, self->layers[layer] ? &taps : NULL, error);
}

/* Of the last layer the weights are only read where more is wanted than what enters it. */
static gboolean
push_layers (Writer *writer, Part *parts, guint n_parts, GError **error)
{
  SpRecording        *self = writer->recording;
  g_autoptr (SpLayer) weights = sp_layer_new (self->model);

  for (guint layer = 0; layer < writer->n_layers; layer++)
    {
      gboolean is_pushed = layer + 1 < writer->n_layers || (self->sites & ~SP_RECORD_RESID_PRE) != 0;

      tell (writer, layer);
      if (is_pushed && !sp_layer_read (weights, self->model, layer, writer->team, error))
        return FALSE;
      for (guint i = 0; i < n_parts; i++)
        if (!push_part (&parts[i], is_pushed ? weights : NULL, layer, error))
          return FALSE;
    }
  return TRUE;
}

static gboolean
begin_part (Part *part, gsize first, gsize n_windows, guint window, GError **error)
{
  SpRecording *self = part->writer->recording;

  part->first = first;
  part->n_tokens = n_windows * window;
  part->forward = sp_forward_new (self->model, part->writer->team, n_windows, window, error);
  if (part->forward == NULL)
    return FALSE;
  part->x = g_aligned_alloc (part->n_tokens * self->shape->n_hidden, sizeof (float), 64);
  return sp_forward_embed (part->forward, self->ids + first, part->x, error);
}

/* Whole windows, and what is left of the text after them. */
static gboolean
push_batch (Writer *writer, gsize first, gsize n_tokens, GError **error)
{
  guint    window = writer->recording->window, n_parts = 0, rest = (guint) (n_tokens % window);
  Part     parts[2] = { { .writer = writer }, { .writer = writer } };
  gboolean is_good = TRUE;

  if (n_tokens >= window)
    is_good = begin_part (&parts[n_parts++], first, n_tokens / window, window, error);
  if (is_good && rest > 0)
    is_good = begin_part (&parts[n_parts++], first + n_tokens - rest, 1, rest, error);
  is_good = is_good && push_layers (writer, parts, n_parts, error);
  for (guint i = 0; i < n_parts; i++)
    {
      g_clear_pointer (&parts[i].forward, sp_forward_free);
      g_aligned_free (parts[i].x);
    }
  return is_good;
}

static gboolean
push_text (Writer *writer, GError **error)
{
  SpRecording *self = writer->recording;
  gsize        batch = MAX (BATCH_BYTES / sizeof (float) / self->shape->n_hidden / self->window, 1) * self->window;

  for (gsize first = 0, n; first < self->n_tokens; first += n)
    {
      n = self->n_tokens - first < batch + self->window ? self->n_tokens - first : batch;
      if (!push_batch (writer, first, n, error))
        return FALSE;
    }
  return TRUE;
}

/* --- the file ------------------------------------------------------------------------------------------ */

static gboolean
is_same (const char *a, const char *b)
{
  struct stat x, y;

  return a != NULL && b != NULL && stat (a, &x) == 0 && stat (b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

static gboolean
check_place (SpRecording *self, const char *path, GError **error)
{
  SpStore *store = sp_model_get_store (self->model);
  gboolean is_input = is_same (path, self->text);

  for (guint i = 0; i < sp_store_get_n_files (store); i++)
    is_input = is_input || is_same (path, sp_store_get_file (store, i));
  if (!is_input && g_str_has_suffix (path, ".safetensors"))
    return TRUE;
  if (is_input)
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s is read for this recording; choose another place"), path);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("a recording is written to a file .safetensors, not to %s"), path);
  return FALSE;
}

/* Ids of the tokens, and the numbers of their windows. */
static gboolean
save_tokens (Writer *writer, GError **error)
{
  SpRecording        *self = writer->recording;
  g_autofree guint32 *seq = g_new (guint32, self->n_tokens);

  for (gsize i = 0; i < self->n_tokens; i++)
    seq[i] = (guint32) (i / self->window);
  return sp_dump_file_write (writer->file, writer->tensors.tokens, 0, self->n_tokens, self->ids, error) &&
         sp_dump_file_write (writer->file, writer->tensors.seq, 0, self->n_tokens, seq, error);
}

static void
begin (Writer *writer)
{
  SpRecording *self = writer->recording;
  guint        n_threads;
  gsize        most = ROOM_ELEMENTS;

  writer->start = g_get_monotonic_time ();
  pthread_mutex_init (&writer->mutex, NULL);
  writer->team = sp_team_new (self->n_threads, writer->stop);
  writer->file = sp_recording_make_file (self, &writer->tensors);
  n_threads = sp_team_get_n_threads (writer->team);
  for (guint k = 0; k < SP_RECORDING_N_SITES; k++)
    most = MAX (most, sp_recording_n_columns (self, 1u << k));
  writer->rooms = g_new0 (Room, n_threads);
  for (guint i = 0; i < n_threads; i++)
    writer->rooms[i].narrow = g_new (uint16_t, most);
  for (guint i = 0; i < self->shape->n_layers; i++)
    writer->n_layers = self->layers[i] ? i + 1 : writer->n_layers;
}

static void
end_room (SpRecording *self, Room *room)
{
  self->n_lost += room->lost.n_small;
  if (room->n_odd > 0)
    self->first_odd = self->n_odd > 0 ? MIN (self->first_odd, room->first_odd) : room->first_odd;
  self->n_odd += room->n_odd;
  g_free (room->narrow);
}

static void
end (Writer *writer)
{
  for (guint i = 0; i < sp_team_get_n_threads (writer->team); i++)
    end_room (writer->recording, &writer->rooms[i]);
  g_free (writer->rooms);
  sp_team_free (writer->team);
  sp_dump_file_free (writer->file);
  sp_recording_clear_tensors (&writer->tensors);
  pthread_mutex_destroy (&writer->mutex);
}

static void
on_cancelled (GCancellable *cancellable, gpointer stop)
{
  g_cancellable_cancel (stop);
}

gboolean
sp_recording_write (SpRecording *self, const char *path, GCancellable *cancellable, GError **error)
{
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  gulong    handler = cancellable != NULL ? g_cancellable_connect (cancellable, G_CALLBACK (on_cancelled), stop, NULL) : 0;
  Writer    writer = { .recording = self, .stop = stop };
  GError   *found = NULL;
  gboolean  is_written;

  self->n_lost = self->n_odd = 0;
  begin (&writer);
  is_written = check_place (self, path, &found) && sp_dump_file_begin (writer.file, path, &found) && save_tokens (&writer, &found) &&
               push_text (&writer, &found) && !g_cancellable_set_error_if_cancelled (stop, &found) &&
               sp_dump_file_finish (writer.file, &found);
  if (writer.problem != NULL)              /* what stopped the others */
    g_clear_error (&found);
  if (!is_written)
    g_propagate_error (error, writer.problem != NULL ? writer.problem : found);
  end (&writer);
  g_cancellable_disconnect (cancellable, handler);
  return is_written;
}
