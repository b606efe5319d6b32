/* sp-blob.c - a run of bytes: a file, a part of one, or what a decompressor gives */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-blob.h"

#include "sp-file.h"
#include "sp-mapping.h"
#include "sp-stream.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* Exactly one of file, bytes, stream and parent is set. */
struct _SpBlob {
  int       n_refs;                    /* atomic */
  char     *name;
  char     *path;                      /* NULL: bytes; slices ask their parent */
  guint64   n_bytes;                   /* SP_SIZE_UNKNOWN */

  SpFile   *file;
  GBytes   *bytes;
  SpStream *stream;
  SpBlob   *parent;                    /* of a slice; never a slice itself */
  guint64   base;                      /* of a slice, in parent */
  gboolean  has_crc;
  guint32   crc;
};

static SpBlob *
new_blob (const char *name, guint64 n_bytes)
{
  SpBlob *blob = g_new0 (SpBlob, 1);

  blob->n_refs = 1;
  blob->name = sp_printable_text (name, -1);
  blob->n_bytes = n_bytes;
  return blob;
}

SpBlob *
sp_blob_new_file (const char *path, GError **error)
{
  g_autofree char *name = g_path_get_basename (path);
  SpFile *file = sp_file_new (path, error);
  SpBlob *blob;

  if (file == NULL)
    return NULL;
  blob = new_blob (name, sp_file_get_size (file));
  blob->file = file;
  blob->path = g_strdup (path);
  return blob;
}

SpBlob *
sp_blob_new_descriptor (int fd, guint64 n_bytes, const char *name, GError **error)
{
  SpFile *file = sp_file_new_descriptor (fd, name, error);
  SpBlob *blob;

  if (file == NULL)
    return NULL;
  blob = new_blob (name, n_bytes);
  blob->file = file;
  return blob;
}

SpBlob *
sp_blob_new_slice (SpBlob *parent, const char *name, guint64 offset, guint64 n_bytes, GError **error)
{
  SpBlob *root = parent->parent != NULL ? parent->parent : parent;
  SpBlob *blob;

  if (offset > parent->n_bytes || n_bytes > parent->n_bytes - offset)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                   _("%s: it spans %" PRIu64 " bytes from byte %" PRIu64
                      " on, but %s ends at %" PRIu64),
                   name, n_bytes, offset, parent->name, parent->n_bytes);
      return NULL;
    }
  blob = new_blob (name, n_bytes);
  blob->parent = sp_blob_ref (root);
  blob->base = parent->base + offset;
  return blob;
}

void
sp_blob_set_crc (SpBlob *blob, guint32 crc)
{
  blob->has_crc = TRUE;
  blob->crc = crc;
}

gboolean
sp_blob_get_crc (SpBlob *blob, guint32 *crc)
{
  *crc = blob->crc;
  return blob->has_crc;
}

SpBlob *
sp_blob_new_bytes (GBytes *bytes, const char *name)
{
  SpBlob *blob = new_blob (name, g_bytes_get_size (bytes));

  blob->bytes = g_bytes_ref (bytes);
  return blob;
}

SpBlob *
sp_blob_new_stream (const SpStreamClass *klass, gpointer origin, GDestroyNotify free_origin, const char *name,
                    const char *path, guint64 n_bytes_or_unknown)
{
  SpBlob *blob = new_blob (name, n_bytes_or_unknown);

  blob->stream = sp_stream_new (klass, origin, free_origin);
  blob->path = g_strdup (path);
  return blob;
}

SpBlob *
sp_blob_ref (SpBlob *blob)
{
  g_atomic_int_inc (&blob->n_refs);
  return blob;
}

void
sp_blob_unref (SpBlob *blob)
{
  if (blob == NULL || !g_atomic_int_dec_and_test (&blob->n_refs))
    return;
  g_clear_pointer (&blob->file, sp_file_free);
  g_clear_pointer (&blob->bytes, g_bytes_unref);
  g_clear_pointer (&blob->stream, sp_stream_free);
  g_clear_pointer (&blob->parent, sp_blob_unref);
  g_free (blob->name);
  g_free (blob->path);
  g_free (blob);
}

const char *
sp_blob_get_name (SpBlob *blob)
{
  return blob->name;
}

const char *
sp_blob_get_path (SpBlob *blob)
{
  return blob->parent != NULL ? blob->parent->path : blob->path;
}

guint64
sp_blob_get_size (SpBlob *blob)
{
  return blob->n_bytes;
}

gboolean
sp_blob_is_random (SpBlob *blob)
{
  return (blob->parent != NULL ? blob->parent : blob)->stream == NULL;
}

guint64
sp_blob_get_file_offset (SpBlob *blob)
{
  return sp_blob_is_random (blob) ? blob->base : 0;
}

/* Where blob has no byte left, root (the blob underneath) is not asked. */
static gssize
read_root (SpBlob *root, const char *name, guint64 offset, gpointer buffer, gsize n_bytes, GError **error)
{
  if (root->file != NULL)
    return sp_file_read (root->file, name, offset, buffer, n_bytes, error);
  if (root->stream != NULL)
    return sp_stream_read (root->stream, offset, buffer, n_bytes, error);
  memcpy (buffer, (const guint8 *) g_bytes_get_data (root->bytes, NULL) + offset, n_bytes);
  return n_bytes;
}

gssize
sp_blob_read_some (SpBlob *blob, guint64 offset, gpointer buffer, gsize n_bytes, GError **error)
{
  SpBlob *root = blob->parent != NULL ? blob->parent : blob;
  guint64 n_left = offset < blob->n_bytes ? blob->n_bytes - offset : 0;

  n_bytes = MIN (MIN (n_bytes, n_left), G_MAXSSIZE);
  if (n_bytes == 0)
    return 0;
  return read_root (root, blob->name, blob->base + offset, buffer, n_bytes, error);
}

static gboolean
check_inside (SpBlob *blob, guint64 offset, gsize n_bytes, GError **error)
{
  if (offset <= blob->n_bytes && n_bytes <= blob->n_bytes - offset)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_CUT,
               _("%s: it ends at byte %" PRIu64 ", but %zu bytes from byte %" PRIu64 " on are needed"),
               blob->name, blob->n_bytes, n_bytes, offset);
  return FALSE;
}

gboolean
sp_blob_read (SpBlob *blob, guint64 offset, gpointer buffer, gsize n_bytes, GError **error)
{
  gssize n;

  if (!check_inside (blob, offset, n_bytes, error))
    return FALSE;
  n = sp_blob_read_some (blob, offset, buffer, n_bytes, error);
  if (n < 0)
    return FALSE;
  if ((gsize) n == n_bytes)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_CUT, _("%s: it ends at byte %" PRIu64 ", before what it announces"),
               blob->name, offset + n);
  return FALSE;
}

gboolean
sp_blob_borrow (SpBlob *blob, guint64 offset, gsize n_bytes, gpointer scratch, gconstpointer *data, GError **error)
{
  SpBlob *root = blob->parent != NULL ? blob->parent : blob;
  const guint8 *start = NULL;

  *data = scratch;
  if (!check_inside (blob, offset, n_bytes, error))
    return FALSE;
  if (n_bytes > 0 && root->file != NULL)
    start = sp_file_pin (root->file);
  else if (n_bytes > 0 && root->bytes != NULL)
    start = g_bytes_get_data (root->bytes, NULL);
  if (start == NULL)
    return sp_blob_read (blob, offset, scratch, n_bytes, error);
  *data = start + blob->base + offset;
  return TRUE;
}

gboolean
sp_blob_prefers_copy (SpBlob *blob)
{
  return (blob->parent != NULL ? blob->parent : blob)->file != NULL && !sp_mapping_is_cheap ();
}

gboolean
sp_blob_give_back (SpBlob *blob, guint64 offset, gsize n_bytes, gconstpointer data, GError **error)
{
  SpBlob *root = blob->parent != NULL ? blob->parent : blob;

  if (root->file == NULL || n_bytes == 0 || !sp_file_holds (root->file, data))
    return TRUE;
  return sp_file_unpin (root->file, blob->name, blob->base + offset, n_bytes, error);
}
