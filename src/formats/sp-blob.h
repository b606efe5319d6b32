/* sp-blob.h - a run of bytes: a file, a part of one, or what a decompressor gives */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

#include <gio/gio.h>

#define SP_SIZE_UNKNOWN G_MAXUINT64

/* Reference counted, any thread.  A random blob is read at any place by any number of
 * threads.  A stream blob (compressed) only goes forward: reading before the last place
 * starts it again, so read it in order; its reads lock one another out. */
typedef struct _SpBlob SpBlob;

SpBlob     *sp_blob_new_file  (const char *path, GError **error);              /* regular files only */
SpBlob     *sp_blob_new_descriptor (int fd, guint64 n_bytes, const char *name, GError **error);   /* takes fd */
SpBlob     *sp_blob_new_slice (SpBlob *parent, const char *name, guint64 offset, guint64 n_bytes, GError **error);
SpBlob     *sp_blob_new_bytes (GBytes *bytes, const char *name);
SpBlob     *sp_blob_ref       (SpBlob *blob);
void        sp_blob_unref     (SpBlob *blob);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpBlob, sp_blob_unref)

const char *sp_blob_get_name  (SpBlob *blob);    /* for messages: "model.pt", "model.pt/archive/data/3" */
const char *sp_blob_get_path  (SpBlob *blob);    /* the file underneath; NULL: it has none, or no name */
guint64     sp_blob_get_size  (SpBlob *blob);    /* SP_SIZE_UNKNOWN for most streams */
gboolean    sp_blob_is_random (SpBlob *blob);
guint64     sp_blob_get_file_offset (SpBlob *blob);   /* of byte 0 in the file; 0 for streams: reading order */

/* What a zip says of a member that is read in place; for whoever makes the blob, before others see it. */
void        sp_blob_set_crc   (SpBlob *blob, guint32 crc);
gboolean    sp_blob_get_crc   (SpBlob *blob, guint32 *crc);          /* FALSE: nobody said */

/* n_bytes from offset into buffer, all of them or an error (SP_ERROR_CUT past the end). */
gboolean    sp_blob_read      (SpBlob *blob, guint64 offset, gpointer buffer, gsize n_bytes, GError **error);

/* As many bytes as there are, at most n_bytes; -1 on error.  For heads of files of unknown size. */
gssize      sp_blob_read_some (SpBlob *blob, guint64 offset, gpointer buffer, gsize n_bytes, GError **error);

/* Like read, without the copy where the blob lies in a mapped file: *data points into the
 * mapping, else into scratch (n_bytes).  A mapped file may shrink or fail while it is looked
 * at; the bytes are then 0 and give_back(), which every borrow needs, says so (SP_ERROR_CUT).
 * Trust nothing computed from borrowed bytes before give_back() returned TRUE.  It also lets
 * go of the pages, so that memory stays bounded. */
gboolean    sp_blob_borrow    (SpBlob *blob, guint64 offset, gsize n_bytes, gpointer scratch,
                               gconstpointer *data, GError **error);
gboolean    sp_blob_give_back (SpBlob *blob, guint64 offset, gsize n_bytes, gconstpointer data, GError **error);

/* Whether, of a blob in a file, read() is faster than borrow(); sp_mapping_is_cheap(). */
gboolean    sp_blob_prefers_copy (SpBlob *blob);

/* For those who make blobs (sp-archive): a stream is opened anew by open(), and read by read()
 * (0 at its end, -1 on error) until close(). */
typedef struct {
  gpointer (*open)  (gpointer origin, GError **error);
  gssize   (*read)  (gpointer stream, gpointer buffer, gsize n_bytes, GError **error);
  void     (*close) (gpointer stream);
} SpStreamClass;

SpBlob     *sp_blob_new_stream (const SpStreamClass *klass, gpointer origin, GDestroyNotify free_origin,
                                const char *name, const char *path, guint64 n_bytes_or_unknown);
