/* sp-recorder.c - reads a text and writes a recording without holding up the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-recorder.h"

#include "sp-text.h"

/* --- the text ------------------------------------------------------------------------------------------ */

typedef struct { SpModel *model; char *text; } Reading;

static void
reading_free (gpointer data)
{
  Reading *reading = data;

  sp_model_unref (reading->model);
  g_free (reading->text);
  g_free (reading);
}

static void
read_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Reading *reading = data;
  GError  *error = NULL;
  GArray  *ids = sp_text_read (reading->model, reading->text, NULL, cancellable, &error);

  if (ids != NULL)
    g_task_return_pointer (task, ids, (GDestroyNotify) g_array_unref);
  else
    g_task_return_error (task, error);
}

void
sp_recorder_read_async (SpModel *model, const char *text, GCancellable *cancellable, GAsyncReadyCallback done, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, done, data);
  Reading          *reading = g_new (Reading, 1);

  reading->model = sp_model_ref (model);
  reading->text = g_strdup (text);
  g_task_set_task_data (task, reading, reading_free);
  g_task_run_in_thread (task, read_in_thread);
}

GArray *
sp_recorder_read_finish (GAsyncResult *result, GError **error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}

/* --- the recording ------------------------------------------------------------------------------------- */

typedef struct {
  SpRecording        *recording;
  char               *path;
  SpRecorderFunc      func;
  GAsyncReadyCallback done;
  gpointer            data;
  GMutex              mutex;
  SpProgress          progress;          /* under the mutex */
} Writing;

static void
writing_free (gpointer data)
{
  Writing *writing = data;

  sp_recording_free (writing->recording);
  g_free (writing->path);
  g_mutex_clear (&writing->mutex);
  g_free (writing);
}

/* Main thread. */
static gboolean
deliver (gpointer task)
{
  Writing   *writing = g_task_get_task_data (task);
  SpProgress progress;

  g_mutex_lock (&writing->mutex);
  progress = writing->progress;
  g_mutex_unlock (&writing->mutex);
  if (!g_task_get_completed (task))
    writing->func (writing->data, &progress);
  return G_SOURCE_REMOVE;
}

static void
on_progress (gpointer data, const char *stage, double share, double seconds_left)
{
  Writing *writing = g_task_get_task_data (data);

  g_mutex_lock (&writing->mutex);
  writing->progress = (SpProgress) { .share = share, .seconds_left = seconds_left };
  g_strlcpy (writing->progress.what, stage, sizeof writing->progress.what);
  g_mutex_unlock (&writing->mutex);
  g_idle_add_full (G_PRIORITY_DEFAULT, deliver, g_object_ref (data), g_object_unref);
}

static void
write_in_thread (GTask *task, gpointer source, gpointer data, GCancellable *cancellable)
{
  Writing *writing = data;
  GError  *error = NULL;

  sp_recording_set_progress (writing->recording, on_progress, task);
  if (sp_recording_write (writing->recording, writing->path, cancellable, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
on_done (GObject *source, GAsyncResult *result, gpointer data)
{
  Writing *writing = g_task_get_task_data (G_TASK (result));

  writing->done (source, result, writing->data);
  g_application_release (g_application_get_default ());
}

void
sp_recorder_write_async (SpRecording *recording, const char *path, GCancellable *cancellable, SpRecorderFunc func,
                         GAsyncReadyCallback done, gpointer data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, on_done, NULL);
  Writing          *writing = g_new0 (Writing, 1);

  *writing = (Writing) { .recording = recording, .path = g_strdup (path), .func = func, .done = done, .data = data };
  g_mutex_init (&writing->mutex);
  g_task_set_task_data (task, writing, writing_free);
  g_task_set_check_cancellable (task, FALSE);            /* what is written whole is there */
  g_application_hold (g_application_get_default ());
  g_task_run_in_thread (task, write_in_thread);
}

gboolean
sp_recorder_write_finish (GAsyncResult *result, char **loss, GError **error)
{
  Writing *writing = g_task_get_task_data (G_TASK (result));
  gboolean is_written = g_task_propagate_boolean (G_TASK (result), error);

  *loss = is_written ? sp_recording_dup_loss (writing->recording) : NULL;
  return is_written;
}
