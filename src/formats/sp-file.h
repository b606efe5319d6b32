/* sp-file.h - a regular file on disk: its descriptor and its mapping, both only while needed */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* Any thread.  Opened again when needed: of many files only SP_FILES_OPEN stay open while
 * nobody reads them.  `name` is what messages call the part that is read. */
#define SP_FILES_OPEN 128
typedef struct _SpFile SpFile;

SpFile       *sp_file_new      (const char *path, GError **error);
SpFile       *sp_file_new_descriptor (int fd, const char *name, GError **error);    /* without a path: takes fd, keeps it open */
void          sp_file_free     (SpFile *file);
const char   *sp_file_get_path (SpFile *file);       /* NULL: made from a descriptor */
guint64       sp_file_get_size (SpFile *file);       /* when it was opened first */

/* Up to n_bytes, fewer only at the file's end; -1 on error, as where the file has become shorter. */
gssize        sp_file_read     (SpFile *file, const char *name, guint64 offset, gpointer buffer, gsize n_bytes,
                                GError **error);

/* The whole file in memory until unpin(), which tells whether the bytes of the range were there.
 * NULL: cannot be mapped. */
const guint8 *sp_file_pin      (SpFile *file);
gboolean      sp_file_unpin    (SpFile *file, const char *name, guint64 offset, gsize n_bytes, GError **error);
gboolean      sp_file_holds    (SpFile *file, gconstpointer data);   /* of a pinned file: data points into it */
