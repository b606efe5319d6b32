/* sp-dump-file.h - a safetensors file whose tensors are written row by row, by many threads */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dtype.h"
#include "sp-error.h"

typedef struct _SpDumpFile SpDumpFile;

SpDumpFile *sp_dump_file_new      (void);
void        sp_dump_file_free     (SpDumpFile *self);        /* what is not finished is removed */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpDumpFile, sp_dump_file_free)

/* First what it says and has.  n_columns 0: a vector.  Tensors lie in this order, so those of wider types come first.
 * Returns its number. */
void        sp_dump_file_describe (SpDumpFile *self, const char *key, const char *value);
guint       sp_dump_file_add      (SpDumpFile *self, const char *name, SpDtype dtype, guint64 n_rows, guint64 n_columns);
guint64     sp_dump_file_n_bytes  (SpDumpFile *self);

/* Then the file, beside its place (sp-beside.h), with room for all of it. */
gboolean    sp_dump_file_begin    (SpDumpFile *self, const char *path, GError **error);
gboolean    sp_dump_file_write    (SpDumpFile *self, guint tensor, guint64 first_row, guint64 n_rows, gconstpointer rows,
                                   GError **error);          /* any thread */
gboolean    sp_dump_file_finish   (SpDumpFile *self, GError **error);
