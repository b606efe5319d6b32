/* sp-stream.c - the state of a blob that can only be read forward */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-stream.h"

#include <gio/gio.h>
#include <pthread.h>
#include <string.h>

#define SKIP_BYTES ((gsize) 64 << 10)

struct _SpStream {
  const SpStreamClass *klass;
  gpointer             origin;
  GDestroyNotify       free_origin;

  pthread_mutex_t      lock;          /* guards the rest */
  gpointer             handle;        /* NULL: not open */
  guint64              place;         /* of the next byte handle gives */
  guint8              *head;          /* (SP_STREAM_HEAD); NULL: nothing kept yet */
  gsize                n_head;
};

SpStream *
sp_stream_new (const SpStreamClass *klass, gpointer origin, GDestroyNotify free_origin)
{
  SpStream *stream = g_new0 (SpStream, 1);

  stream->klass = klass;
  stream->origin = origin;
  stream->free_origin = free_origin;
  pthread_mutex_init (&stream->lock, NULL);
  return stream;
}

static void
close_handle (SpStream *stream)
{
  if (stream->handle != NULL)
    stream->klass->close (stream->handle);
  stream->handle = NULL;
  stream->place = 0;
}

void
sp_stream_free (SpStream *stream)
{
  if (stream == NULL)
    return;
  close_handle (stream);
  if (stream->free_origin != NULL)
    stream->free_origin (stream->origin);
  pthread_mutex_destroy (&stream->lock);
  g_free (stream->head);
  g_free (stream);
}

static void
keep_head (SpStream *stream, const guint8 *bytes, gsize n)
{
  if (stream->place != stream->n_head || stream->n_head == SP_STREAM_HEAD)
    return;
  if (stream->head == NULL)
    stream->head = g_malloc (SP_STREAM_HEAD);
  n = MIN (n, SP_STREAM_HEAD - stream->n_head);
  memcpy (stream->head + stream->n_head, bytes, n);
  stream->n_head += n;
}

/* In pieces as the class gives them, so that a stop need not wait for the rest. */
static gssize
read_forward (SpStream *stream, guint8 *buffer, gsize n_bytes, GError **error)
{
  gsize done = 0;

  while (done < n_bytes)
    {
      gssize n = -1;

      if (!g_cancellable_set_error_if_cancelled (g_cancellable_get_current (), error))
        n = stream->klass->read (stream->handle, buffer + done, n_bytes - done, error);
      if (n < 0)
        {
          close_handle (stream);
          return -1;
        }
      if (n == 0)
        break;
      keep_head (stream, buffer + done, n);
      stream->place += n;
      done += n;
    }
  return done;
}

/* Brings place to offset, or to the end where that comes first. */
static gboolean
move_to (SpStream *stream, guint64 offset, GError **error)
{
  g_autofree guint8 *skipped = NULL;
  gssize n = 1;

  if (stream->handle != NULL && offset < stream->place)
    close_handle (stream);
  if (stream->handle == NULL)
    stream->handle = stream->klass->open (stream->origin, error);
  if (stream->handle == NULL)
    return FALSE;
  if (stream->place < offset)
    skipped = g_malloc (SKIP_BYTES);
  while (stream->place < offset && n > 0)
    n = read_forward (stream, skipped, MIN (SKIP_BYTES, offset - stream->place), error);
  return n >= 0;
}

static gssize
read_locked (SpStream *stream, guint64 offset, guint8 *buffer, gsize n_bytes, GError **error)
{
  gsize from_head = offset < stream->n_head ? MIN (n_bytes, stream->n_head - offset) : 0;
  gssize n;

  if (from_head > 0)
    memcpy (buffer, stream->head + offset, from_head);
  if (from_head == n_bytes)
    return from_head;
  if (!move_to (stream, offset + from_head, error))
    return -1;
  if (stream->place < offset + from_head)
    return from_head;
  n = read_forward (stream, buffer + from_head, n_bytes - from_head, error);
  return n < 0 ? -1 : (gssize) from_head + n;
}

gssize
sp_stream_read (SpStream *stream, guint64 offset, gpointer buffer, gsize n_bytes, GError **error)
{
  gssize n;

  pthread_mutex_lock (&stream->lock);
  n = read_locked (stream, offset, buffer, n_bytes, error);
  pthread_mutex_unlock (&stream->lock);
  return n;
}
