/* sp-execution.c - the execution of an analysis that does not stream, on a thread of its own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-execution.h"

#include "sp-condition.h"

#include <string.h>

struct _SpExecution {
  SpWork           work;
  SpEntry         *entry;
  pthread_mutex_t *state_mutex;
  pthread_t        thread;
  gboolean         has_thread;
  GError          *error;            /* the thread's until it has ended */

  pthread_mutex_t  mutex;            /* all below */
  pthread_cond_t   done;
  gboolean         has_ended, has_news;
  double           share;
  char             what[SP_PROGRESS_TEXT];
};

SpWork
sp_work_part (const SpWork *work, double begin, double end, const char *title)
{
  SpWork part = *work;

  part.begin = work->begin + work->length * begin;
  part.length = work->length * (end - begin);
  part.title = title;
  return part;
}

/* Cut at the end of a character. */
static void
copy_text (char *out, const char *text)
{
  const char *end;

  g_strlcpy (out, text, SP_PROGRESS_TEXT);
  if (!g_utf8_validate (out, -1, &end))
    out[end - out] = '\0';
}

void
sp_work_report (const SpWork *work, double share, const char *what)
{
  SpExecution     *self = work->execution;
  g_autofree char *whole = work->title != NULL ? g_strdup_printf ("%s · %s", work->title, what) : g_strdup (what);

  pthread_mutex_lock (&self->mutex);
  self->share = work->begin + work->length * CLAMP (share, 0, 1);
  copy_text (self->what, whole);
  pthread_mutex_unlock (&self->mutex);
}

void
sp_work_lock (const SpWork *work)
{
  pthread_mutex_lock (((SpExecution *) work->execution)->state_mutex);
}

void
sp_work_unlock (const SpWork *work)
{
  SpExecution *self = work->execution;

  self->entry->has_published = TRUE;
  pthread_mutex_unlock (self->state_mutex);
  pthread_mutex_lock (&self->mutex);
  self->has_news = TRUE;
  pthread_mutex_unlock (&self->mutex);
}

static void *
execute (void *data)
{
  SpExecution *self = data;
  SpEntry     *entry = self->entry;

  entry->analysis->execute (entry->state, entry->args, &self->work, &self->error);
  pthread_mutex_lock (&self->mutex);
  self->has_ended = TRUE;
  pthread_cond_broadcast (&self->done);
  pthread_mutex_unlock (&self->mutex);
  return NULL;
}

SpExecution *
sp_execution_new (SpEntry *entry, guint n_threads, GCancellable *cancellable, pthread_mutex_t *state_mutex)
{
  SpExecution *self = g_new0 (SpExecution, 1);

  self->work = (SpWork) { .n_threads = n_threads, .cancellable = cancellable, .execution = self, .length = 1 };
  self->entry = entry;
  self->state_mutex = state_mutex;
  pthread_mutex_init (&self->mutex, NULL);
  sp_condition_init (&self->done);
  self->has_thread = pthread_create (&self->thread, NULL, execute, self) == 0;
  if (!self->has_thread)
    execute (self);           /* no thread to be had: the caller does it */
  return self;
}

gboolean
sp_execution_wait (SpExecution *self, guint milliseconds)
{
  struct timespec until = sp_condition_until (milliseconds);
  gboolean        has_ended;
  int             failed = 0;

  pthread_mutex_lock (&self->mutex);
  while (!self->has_ended && failed == 0)
    failed = pthread_cond_timedwait (&self->done, &self->mutex, &until);
  has_ended = self->has_ended;
  pthread_mutex_unlock (&self->mutex);
  return has_ended;
}

void
sp_execution_get_progress (SpExecution *self, SpProgress *progress)
{
  pthread_mutex_lock (&self->mutex);
  progress->share = self->share;
  memcpy (progress->what, self->what, sizeof self->what);
  progress->has_news = self->has_news;
  self->has_news = FALSE;
  pthread_mutex_unlock (&self->mutex);
}

void
sp_execution_free (SpExecution *self, GError **error)
{
  if (self->has_thread)
    pthread_join (self->thread, NULL);
  if (self->error != NULL)
    g_propagate_error (error, self->error);
  pthread_mutex_destroy (&self->mutex);
  pthread_cond_destroy (&self->done);
  g_free (self);
}
