/* sp-beside.c - a file that is written beside its place, and gets its name when it is whole */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-beside.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

struct _SpBeside {
  char     *path, *target;       /* as it was given; behind symbolic links */
  char     *beside;              /* NULL: it has its name */
  int       fd;
  SpBeside *next;                /* of the unfinished */
};

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static SpBeside       *unfinished;      /* under the mutex, as the names of the files */

static gboolean
fail (const char *path, int problem, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s cannot be written: %s; choose another place"), path, g_strerror (problem));
  return FALSE;
}

static gboolean
begin (SpBeside *self, GError **error)
{
  gboolean is_folder = g_file_test (self->path, G_FILE_TEST_IS_DIR);
  int      problem;

  pthread_mutex_lock (&mutex);
  self->fd = is_folder ? -1 : g_mkstemp_full (self->beside, O_RDWR | O_CLOEXEC, 0666);
  problem = is_folder ? EISDIR : errno;
  if (self->fd >= 0)
    {
      self->next = unfinished;
      unfinished = self;
    }
  pthread_mutex_unlock (&mutex);
  return self->fd >= 0 || fail (self->path, problem, error);
}

SpBeside *
sp_beside_new (const char *path, GError **error)
{
  g_autofree char *target = realpath (path, NULL);         /* NULL: new */
  g_autofree char *beside = g_strdup_printf ("%s.XXXXXX", target != NULL ? target : path);
  SpBeside        *self = g_new0 (SpBeside, 1);

  self->path = g_strdup (path);
  self->target = g_strdup (target != NULL ? target : path);
  self->beside = g_steal_pointer (&beside);
  if (begin (self, error))
    return self;
  g_clear_pointer (&self->beside, g_free);         /* there is no such file */
  sp_beside_free (self);
  return NULL;
}

static void
forget (SpBeside *self)
{
  SpBeside **at = &unfinished;

  while (*at != NULL && *at != self)
    at = &(*at)->next;
  if (*at != NULL)
    *at = self->next;
}

void
sp_beside_free (SpBeside *self)
{
  if (self->fd >= 0)
    close (self->fd);
  pthread_mutex_lock (&mutex);
  forget (self);
  if (self->beside != NULL)
    g_unlink (self->beside);
  pthread_mutex_unlock (&mutex);
  g_free (self->path);
  g_free (self->target);
  g_free (self->beside);
  g_free (self);
}

/* Where the file system cannot tell, writing will. */
gboolean
sp_beside_reserve (SpBeside *self, guint64 n_bytes, GError **error)
{
  if (n_bytes > G_MAXINT64)
    return fail (self->path, EFBIG, error);
  while (fallocate (self->fd, 0, 0, (off_t) n_bytes) != 0)
    if (errno == ENOSPC || errno == EFBIG || errno == EDQUOT)
      return fail (self->path, errno, error);
    else if (errno != EINTR)
      break;
  return TRUE;
}

gboolean
sp_beside_write (SpBeside *self, guint64 offset, gconstpointer data, gsize n_bytes, GError **error)
{
  const char *rest = data;

  while (n_bytes > 0)
    {
      gssize n = pwrite (self->fd, rest, n_bytes, (off_t) offset);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return fail (self->path, n < 0 ? errno : ENOSPC, error);
      rest += n;
      offset += (guint64) n;
      n_bytes -= (gsize) n;
    }
  return TRUE;
}

gboolean
sp_beside_finish (SpBeside *self, GError **error)
{
  int problem = fsync (self->fd) == 0 || errno == EINVAL ? 0 : errno;    /* some file systems cannot */

  if (close (self->fd) != 0 && problem == 0)
    problem = errno;
  self->fd = -1;
  pthread_mutex_lock (&mutex);
  if (problem == 0 && g_rename (self->beside, self->target) != 0)
    problem = errno;
  if (problem == 0)
    g_clear_pointer (&self->beside, g_free);
  pthread_mutex_unlock (&mutex);
  return problem == 0 || fail (self->path, problem, error);
}

/* The mutex stays locked. */
void
sp_beside_abandon_all (void)
{
  pthread_mutex_lock (&mutex);
  for (SpBeside *each = unfinished; each != NULL; each = each->next)
    if (each->beside != NULL)
      g_unlink (each->beside);
}
