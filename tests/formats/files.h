/* files.h - files the format tests write into a folder of their own */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <gio/gio.h>

/* A new folder below the system's temporary one; files_remove() deletes it with what it holds. */
char *files_new_folder (void);
void  files_remove     (char *folder);                /* and frees the name */

/* The full path of the file written. */
char *files_write      (const char *folder, const char *name, gconstpointer data, gsize n_bytes);
char *files_write_text (const char *folder, const char *name, const char *text);

/* header: JSON; data follows it.  The whole file. */
GByteArray *files_safetensors (const char *header, gconstpointer data, gsize n_bytes);

/* The header of an npy array of the type and shape ("(2, 3)"), and the data after it. */
GByteArray *files_npy (const char *descr, gboolean is_fortran, const char *shape, gconstpointer data, gsize n_bytes);

/* A zip, member by member.  finish() adds the directory and frees the writer. */
typedef struct _FilesZip FilesZip;
FilesZip   *files_zip_new    (gboolean is_zip64);
void        files_zip_add    (FilesZip *zip, const char *name, gconstpointer data, gsize n_bytes, gboolean is_deflated);
void        files_zip_damage (FilesZip *zip, gsize place, guint8 value);     /* of what was written so far */
GByteArray *files_zip_finish (FilesZip *zip);
GByteArray *files_gzip       (gconstpointer data, gsize n_bytes);
