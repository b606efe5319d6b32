/* sp-runner.c - executes a run on a thread of its own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-runner.h"

/* Previews take at most this share of the reading's time. */
#define PREVIEW_SHARE 0.15

struct _SpRunner {
  GObject       parent_instance;
  SpRun        *run;
  GCancellable *cancellable;

  /* main thread */
  gboolean      is_running, is_complete;
  GError       *error;

  /* coordinator */
  gint64        preview_ended, preview_cost;   /* of the last one, µs */
  gboolean      has_news;            /* since then */

  /* shared with the coordinator */
  GMutex        mutex;
  SpArgs       *args;
  SpResult     *result;              /* newest, not taken yet */
  SpProgress    progress;
  guint         idle;                /* at most one pending */
  gboolean      has_ended, was_complete;
  GError       *end_error;
};

G_DEFINE_FINAL_TYPE (SpRunner, sp_runner, G_TYPE_OBJECT)

enum { UPDATED, FINISHED, N_SIGNALS };
static guint signals[N_SIGNALS];

static void
sp_runner_finalize (GObject *object)
{
  SpRunner *self = SP_RUNNER (object);

  g_clear_pointer (&self->run, sp_run_unref);
  g_clear_pointer (&self->args, sp_args_unref);
  g_clear_pointer (&self->result, sp_result_unref);
  g_clear_object (&self->cancellable);
  g_clear_error (&self->error);
  g_clear_error (&self->end_error);
  g_mutex_clear (&self->mutex);
  G_OBJECT_CLASS (sp_runner_parent_class)->finalize (object);
}

static void
sp_runner_class_init (SpRunnerClass *klass)
{
  G_OBJECT_CLASS (klass)->finalize = sp_runner_finalize;
  signals[UPDATED] = g_signal_new ("updated", SP_TYPE_RUNNER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
  signals[FINISHED] = g_signal_new ("finished", SP_TYPE_RUNNER, G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
sp_runner_init (SpRunner *self)
{
  g_mutex_init (&self->mutex);
  self->cancellable = g_cancellable_new ();
}

SpRunner *
sp_runner_new (GPtrArray *stores, const SpAnalysis *analysis, SpArgs *args, guint n_threads)
{
  SpRunner *self = g_object_new (SP_TYPE_RUNNER, NULL);

  self->run = sp_run_new ((SpStore *const *) stores->pdata, stores->len);
  self->args = sp_args_ref (args);
  sp_run_set_threads (self->run, n_threads);
  sp_run_add (self->run, analysis, args);
  return self;
}

/* Main thread: the one idle source. */
static gboolean
deliver (gpointer data)
{
  g_autoptr (SpRunner) self = g_object_ref (data);
  gboolean             has_ended;

  g_mutex_lock (&self->mutex);
  self->idle = 0;
  has_ended = self->has_ended;
  g_mutex_unlock (&self->mutex);
  if (has_ended)
    {
      self->is_running = FALSE;
      self->is_complete = self->was_complete;
      self->error = g_steal_pointer (&self->end_error);
    }
  g_signal_emit (self, signals[UPDATED], 0);
  if (has_ended)
    g_signal_emit (self, signals[FINISHED], 0);
  return G_SOURCE_REMOVE;
}

/* Coordinator; the mutex is held.  The source keeps the runner alive. */
static void
wake_main (SpRunner *self)
{
  if (self->idle == 0)
    self->idle = g_idle_add_full (G_PRIORITY_DEFAULT_IDLE, deliver, g_object_ref (self), g_object_unref);
}

static SpResult *
make_result (SpRunner *self)
{
  g_autoptr (SpArgs) args = NULL;

  g_mutex_lock (&self->mutex);
  args = sp_args_ref (self->args);
  g_mutex_unlock (&self->mutex);
  return sp_run_dup_result (self->run, 0, args);
}

static void
put_result (SpRunner *self, SpResult *result)
{
  g_clear_pointer (&self->result, sp_result_unref);
  self->result = result;
}

/* NULL while there is nothing new, or the last preview, costly as it was, is too recent. */
static SpResult *
make_preview (SpRunner *self)
{
  gint64    began = g_get_monotonic_time ();
  SpResult *result;

  if (!self->has_news || (double) self->preview_cost > PREVIEW_SHARE * (double) (began - self->preview_ended))
    return NULL;
  self->has_news = FALSE;
  result = make_result (self);
  self->preview_ended = g_get_monotonic_time ();
  self->preview_cost = self->preview_ended - began;
  return result;
}

static void
on_progress (SpRun *run, const SpProgress *progress, gpointer data)
{
  SpRunner *self = data;
  SpResult *result;

  self->has_news |= progress->has_news;
  result = make_preview (self);
  g_mutex_lock (&self->mutex);
  self->progress = *progress;
  if (result != NULL)
    put_result (self, result);
  wake_main (self);
  g_mutex_unlock (&self->mutex);
}

static gpointer
coordinate (gpointer data)
{
  g_autoptr (SpRunner) self = data;
  GError              *error = NULL;
  gboolean             is_complete = sp_run_execute (self->run, self->cancellable, &error);
  SpResult            *result = make_result (self);

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED))
    g_clear_error (&error);
  g_mutex_lock (&self->mutex);
  if (result != NULL)
    put_result (self, result);
  self->has_ended = TRUE;
  self->was_complete = is_complete;
  self->end_error = error;
  wake_main (self);
  g_mutex_unlock (&self->mutex);
  return NULL;
}

void
sp_runner_start (SpRunner *self)
{
  self->is_running = TRUE;
  sp_run_set_progress (self->run, on_progress, self);
  g_thread_unref (g_thread_new ("run", coordinate, g_object_ref (self)));
}

void
sp_runner_cancel (SpRunner *self)
{
  g_cancellable_cancel (self->cancellable);
}

void
sp_runner_set_args (SpRunner *self, SpArgs *args)
{
  g_mutex_lock (&self->mutex);
  sp_args_unref (self->args);
  self->args = sp_args_ref (args);
  g_mutex_unlock (&self->mutex);
}

gboolean
sp_runner_is_running (SpRunner *self)
{
  return self->is_running;
}

gboolean
sp_runner_is_complete (SpRunner *self)
{
  return self->is_complete;
}

const GError *
sp_runner_get_error (SpRunner *self)
{
  return self->error;
}

SpRun *
sp_runner_get_run (SpRunner *self)
{
  return self->run;
}

SpResult *
sp_runner_take_result (SpRunner *self)
{
  SpResult *result;

  g_mutex_lock (&self->mutex);
  result = g_steal_pointer (&self->result);
  g_mutex_unlock (&self->mutex);
  return result;
}

void
sp_runner_get_progress (SpRunner *self, SpProgress *progress)
{
  g_mutex_lock (&self->mutex);
  *progress = self->progress;
  g_mutex_unlock (&self->mutex);
}
