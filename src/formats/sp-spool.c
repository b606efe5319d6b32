/* sp-spool.c - a part of a stream where any place of it can be read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-spool.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <glib/gstdio.h>
#include <inttypes.h>
#include <string.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define PIECE_BYTES   ((guint64) 1 << 20)
#define RESERVE_BYTES ((guint64) 256 << 20)    /* of the disk, which is not ours alone */

static SpBlob *
spool_in_memory (SpBlob *blob, guint64 offset, gsize n_bytes, GError **error)
{
  g_autofree guint8 *data = g_malloc (n_bytes);
  g_autoptr (GBytes) bytes = NULL;

  if (!sp_blob_read (blob, offset, data, n_bytes, error))
    return NULL;
  bytes = g_bytes_new_take (g_steal_pointer (&data), n_bytes);
  return sp_blob_new_bytes (bytes, sp_blob_get_name (blob));
}

static int
fail (SpBlob *blob, guint64 n_bytes, const char *folder, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_IO,
               _("%s: its rows lie scattered over compressed data, so %" PRIu64
                  " MB of room are needed in %s to read them, but: %s (set TMPDIR to another folder, or unpack the file)"),
               sp_blob_get_name (blob), n_bytes / 1000000 + 1, folder, reason);
  return -1;
}

static const char *
find_folder (void)
{
  const char *folder = g_getenv ("TMPDIR");

  return folder != NULL && folder[0] != '\0' ? folder : "/var/tmp";
}

/* A file that is gone when its descriptor is closed, whatever becomes of the program. */
static int
open_nameless (SpBlob *blob, guint64 n_bytes, GError **error)
{
  const char *folder = find_folder ();
  g_autofree char *path = g_build_filename (folder, "sparsoscope-XXXXXX", NULL);
  struct statvfs room;
  int fd;

  if (statvfs (folder, &room) == 0 && room.f_bavail < (n_bytes + RESERVE_BYTES) / room.f_frsize)
    return fail (blob, n_bytes, folder, g_strerror (ENOSPC), error);
  fd = g_mkstemp_full (path, O_RDWR | O_CLOEXEC, 0600);
  if (fd < 0)
    return fail (blob, n_bytes, folder, g_strerror (errno), error);
  g_unlink (path);
  return fd;
}

static gboolean
write_all (int fd, const guint8 *data, gsize n_bytes)
{
  while (n_bytes > 0)
    {
      ssize_t n = write (fd, data, n_bytes);

      if (n < 0 && errno == EINTR)
        continue;
      if (n <= 0)
        return FALSE;
      data += n;
      n_bytes -= n;
    }
  return TRUE;
}

static gboolean
copy_to (int fd, SpBlob *blob, guint64 offset, guint64 n_bytes, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_BYTES);

  for (guint64 at = 0; at < n_bytes; at += PIECE_BYTES)
    {
      gsize n = MIN (PIECE_BYTES, n_bytes - at);

      if (!sp_blob_read (blob, offset + at, piece, n, error))
        return FALSE;
      if (!write_all (fd, piece, n))
        return fail (blob, n_bytes, find_folder (), g_strerror (errno), error) >= 0;
    }
  return TRUE;
}

SpBlob *
sp_spool_new (SpBlob *blob, guint64 offset, guint64 n_bytes, GError **error)
{
  int fd;

  if (n_bytes <= SP_SPOOL_MEMORY)
    return spool_in_memory (blob, offset, n_bytes, error);
  fd = open_nameless (blob, n_bytes, error);
  if (fd < 0)
    return NULL;
  if (copy_to (fd, blob, offset, n_bytes, error))
    return sp_blob_new_descriptor (fd, n_bytes, sp_blob_get_name (blob), error);
  close (fd);
  return NULL;
}
