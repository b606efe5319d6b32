/* sp-team.c - threads that wait for work, take it unit by unit, and wait again */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-team.h"

#include <glib/gi18n-lib.h>
#include <pthread.h>

typedef struct { SpTeam *team; guint number; pthread_t thread; } Worker;

/* pthreads, not GLib's locks: ThreadSanitizer does not see through a GLib built without it. */
struct _SpTeam {
  GCancellable   *cancellable;
  guint           n_workers;             /* beside the thread that calls */
  Worker         *workers;
  pthread_mutex_t mutex;
  pthread_cond_t  has_work, is_idle;
  SpTeamFunc      func;
  gpointer        data;
  gsize           next, n;               /* units taken, and of all */
  guint64         round;
  guint           n_busy;
  gboolean        is_ending;
};

/* With the mutex held. */
static void
work (SpTeam *self, guint thread)
{
  while (self->next < self->n && !g_cancellable_is_cancelled (self->cancellable))
    {
      gsize unit = self->next++;

      pthread_mutex_unlock (&self->mutex);
      self->func (self->data, unit, thread);
      pthread_mutex_lock (&self->mutex);
    }
}

static void *
worker_main (void *data)
{
  Worker *worker = data;
  SpTeam *self = worker->team;
  guint64 seen = 0;

  pthread_mutex_lock (&self->mutex);
  for (;;)
    {
      while (!self->is_ending && self->round == seen)
        pthread_cond_wait (&self->has_work, &self->mutex);
      if (self->is_ending)
        break;
      seen = self->round;
      work (self, worker->number);
      if (--self->n_busy == 0)
        pthread_cond_signal (&self->is_idle);
    }
  pthread_mutex_unlock (&self->mutex);
  return NULL;
}

SpTeam *
sp_team_new (guint n_threads, GCancellable *cancellable)
{
  SpTeam *self = g_new0 (SpTeam, 1);

  self->cancellable = cancellable;
  self->workers = g_new0 (Worker, MAX (n_threads, 1));
  pthread_mutex_init (&self->mutex, NULL);
  pthread_cond_init (&self->has_work, NULL);
  pthread_cond_init (&self->is_idle, NULL);
  for (guint i = 0; i + 1 < n_threads; i++)
    {
      Worker *worker = &self->workers[i];

      *worker = (Worker) { .team = self, .number = i + 1 };
      if (pthread_create (&worker->thread, NULL, worker_main, worker) != 0)
        break;                           /* fewer do as well */
      self->n_workers++;
    }
  return self;
}

void
sp_team_free (SpTeam *self)
{
  pthread_mutex_lock (&self->mutex);
  self->is_ending = TRUE;
  pthread_cond_broadcast (&self->has_work);
  pthread_mutex_unlock (&self->mutex);
  for (guint i = 0; i < self->n_workers; i++)
    pthread_join (self->workers[i].thread, NULL);
  pthread_cond_destroy (&self->is_idle);
  pthread_cond_destroy (&self->has_work);
  pthread_mutex_destroy (&self->mutex);
  g_free (self->workers);
  g_free (self);
}

guint
sp_team_get_n_threads (SpTeam *self)
{
  return self->n_workers + 1;
}

GCancellable *
sp_team_get_cancellable (SpTeam *self)
{
  return self->cancellable;
}

gboolean
sp_team_is_cancelled (SpTeam *self)
{
  return g_cancellable_is_cancelled (self->cancellable);
}

gboolean
sp_team_each (SpTeam *self, gsize n, SpTeamFunc func, gpointer data, GError **error)
{
  gboolean is_done;

  pthread_mutex_lock (&self->mutex);
  self->func = func;
  self->data = data;
  self->next = 0;
  self->n = n;
  self->n_busy = self->n_workers;
  self->round++;
  pthread_cond_broadcast (&self->has_work);
  work (self, 0);
  while (self->n_busy > 0)
    pthread_cond_wait (&self->is_idle, &self->mutex);
  is_done = self->next == self->n && !g_cancellable_is_cancelled (self->cancellable);
  pthread_mutex_unlock (&self->mutex);
  if (!is_done)
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_CANCELLED, _("Cancelled"));
  return is_done;
}
