/* sp-file.c - a regular file on disk: its descriptor and its mapping, both only while needed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-file.h"

#include "sp-mapping.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <pthread.h>
#include <sys/stat.h>
#include <unistd.h>

struct _SpFile {
  char           *path;                /* NULL: the descriptor is all there is */
  guint64         n_bytes;
  dev_t           device;
  ino_t           inode;

  pthread_mutex_t lock;                /* guards the rest; not GMutex: ThreadSanitizer does not see GLib's locks */
  int             fd;                  /* -1: closed */
  SpMapping      *mapping;
  gboolean        cannot_map;
  guint           n_users;
};

static int n_open;                     /* atomic */

static gboolean
fail_errno (const char *name, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: it cannot be read: %s"), name, g_strerror (errno));
  return FALSE;
}

static gboolean
check_same (SpFile *file, const struct stat *now, const char *name, GError **error)
{
  if (now->st_dev == file->device && now->st_ino == file->inode)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: the file was replaced by another since it was opened"), name);
  return FALSE;
}

/* With the lock. */
static gboolean
open_descriptor (SpFile *file, const char *name, GError **error)
{
  struct stat now;

  if (file->fd >= 0)
    return TRUE;
  file->fd = open (file->path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file->fd < 0)
    return fail_errno (name, error);
  g_atomic_int_inc (&n_open);
  if (fstat (file->fd, &now) != 0)
    return fail_errno (name, error);
  return check_same (file, &now, name, error);
}

/* With the lock. */
static void
close_all (SpFile *file)
{
  g_clear_pointer (&file->mapping, sp_mapping_free);
  if (file->fd >= 0)
    {
      close (file->fd);
      g_atomic_int_add (&n_open, -1);
    }
  file->fd = -1;
}

static gboolean
enter (SpFile *file, const char *name, GError **error)
{
  gboolean is_open;

  pthread_mutex_lock (&file->lock);
  is_open = open_descriptor (file, name, error);
  if (is_open)
    file->n_users++;
  else if (file->n_users == 0)
    close_all (file);
  pthread_mutex_unlock (&file->lock);
  return is_open;
}

/* A mapping that failed is kept while anybody reads it: all of them must learn of it. */
static void
leave (SpFile *file)
{
  pthread_mutex_lock (&file->lock);
  if (--file->n_users == 0)
    {
      if (g_atomic_int_get (&n_open) > SP_FILES_OPEN && file->path != NULL)
        close_all (file);
      else if (file->mapping != NULL && sp_mapping_get_failed_from (file->mapping) != G_MAXUINT64)
        g_clear_pointer (&file->mapping, sp_mapping_free);
    }
  pthread_mutex_unlock (&file->lock);
}

static SpFile *
new_file (const char *path, const struct stat *info, int fd)
{
  SpFile *file = g_new0 (SpFile, 1);

  file->path = g_strdup (path);
  file->n_bytes = info->st_size;
  file->device = info->st_dev;
  file->inode = info->st_ino;
  file->fd = fd;
  pthread_mutex_init (&file->lock, NULL);
  return file;
}

SpFile *
sp_file_new (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  struct stat info;
  SpFile *file;

  if (stat (path, &info) != 0)
    {
      fail_errno (name, error);
      return NULL;
    }
  if (!S_ISREG (info.st_mode))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s: it is not a regular file"), name);
      return NULL;
    }
  file = new_file (path, &info, -1);
  if (enter (file, name, error))
    leave (file);
  else
    g_clear_pointer (&file, sp_file_free);
  return file;
}

SpFile *
sp_file_new_descriptor (int fd, const char *name, GError **error)
{
  struct stat info;

  if (fstat (fd, &info) != 0)
    {
      fail_errno (name, error);
      close (fd);
      return NULL;
    }
  g_atomic_int_inc (&n_open);
  return new_file (NULL, &info, fd);
}

void
sp_file_free (SpFile *file)
{
  if (file == NULL)
    return;
  close_all (file);
  pthread_mutex_destroy (&file->lock);
  g_free (file->path);
  g_free (file);
}

const char *
sp_file_get_path (SpFile *file)
{
  return file->path;
}

guint64
sp_file_get_size (SpFile *file)
{
  return file->n_bytes;
}

static gboolean
fail_cut (const char *name, guint64 n_bytes, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_CUT,
               _("%s: the file was cut to %" PRIu64 " bytes while it was being read"), name, n_bytes);
  return FALSE;
}

static gssize
read_descriptor (int fd, guint64 offset, guint8 *buffer, gsize n_bytes)
{
  gsize done = 0;

  while (done < n_bytes)
    {
      ssize_t n = pread (fd, buffer + done, MIN (n_bytes - done, (gsize) 1 << 30), offset + done);

      if (n < 0 && errno == EINTR)
        continue;
      if (n < 0)
        return -1;
      if (n == 0)
        break;
      done += n;
    }
  return done;
}

gssize
sp_file_read (SpFile *file, const char *name, guint64 offset, gpointer buffer, gsize n_bytes, GError **error)
{
  gssize n;

  if (!enter (file, name, error))
    return -1;
  n = read_descriptor (file->fd, offset, buffer, n_bytes);
  if (n < 0)
    fail_errno (name, error);
  else if ((gsize) n < n_bytes && offset + n < file->n_bytes)
    {
      fail_cut (name, offset + n, error);
      n = -1;
    }
  leave (file);
  return n;
}

const guint8 *
sp_file_pin (SpFile *file)
{
  const guint8 *data = NULL;

  if (!enter (file, file->path, NULL))
    return NULL;
  pthread_mutex_lock (&file->lock);
  if (file->mapping == NULL && !file->cannot_map)
    {
      file->mapping = sp_mapping_new (file->fd, file->n_bytes);
      file->cannot_map = file->mapping == NULL;
    }
  if (file->mapping != NULL)
    data = sp_mapping_get_data (file->mapping);
  pthread_mutex_unlock (&file->lock);
  if (data == NULL)
    leave (file);
  return data;
}

/* The bytes behind the end within a file's last page read as 0 without a fault, hence the look at the size.
 * It comes second: whoever sees a fault of any thread then also sees the size that was its cause. */
static gboolean
check_range (SpFile *file, const char *name, guint64 end, GError **error)
{
  guint64 failed_from = sp_mapping_get_failed_from (file->mapping);
  struct stat now;

  if (fstat (file->fd, &now) != 0)
    return fail_errno (name, error);
  if ((guint64) now.st_size < end)
    return fail_cut (name, (guint64) now.st_size, error);
  if (failed_from < end)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_IO,
                   _("%s: the system could not read the file near byte %" PRIu64), name, failed_from);
      return FALSE;
    }
  return TRUE;
}

gboolean
sp_file_unpin (SpFile *file, const char *name, guint64 offset, gsize n_bytes, GError **error)
{
  gboolean is_well = check_range (file, name, offset + n_bytes, error);

  sp_mapping_drop (file->mapping, offset, n_bytes);
  leave (file);
  return is_well;
}

gboolean
sp_file_holds (SpFile *file, gconstpointer data)
{
  gboolean holds;
  const guint8 *start;

  pthread_mutex_lock (&file->lock);
  start = file->mapping != NULL ? sp_mapping_get_data (file->mapping) : NULL;
  holds = start != NULL && (const guint8 *) data >= start && (const guint8 *) data < start + file->n_bytes;
  pthread_mutex_unlock (&file->lock);
  return holds;
}
