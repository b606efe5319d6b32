/* sp-store.h - an opened checkpoint or dump: a file, an archive, or a folder of shards */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

typedef struct _SpFormat SpFormat;

/* Reference counted; immutable, hence any thread, once sp_store_open() returned it. */
typedef struct _SpStore SpStore;

/* Reads headers only.  path: a file, any shard, an index.json, config.json or tokenizer.json, or
 * their folder; shards open as one store.  What is only partly readable opens with notes.  A folder that has no model itself but
 * folders of checkpoints opens too: what they were trained on is its tensors.  So does one of sparse autoencoders in folders, with the
 * folder before each name: sp-autoencoders.h. */
SpStore        *sp_store_open  (const char *path, GCancellable *cancellable, GError **error);
gboolean        sp_store_has_checkpoints (SpStore *store);    /* it is the folder of a training run: sp-checkpoints.h */
SpStore        *sp_store_open_blob (SpBlob *blob, GError **error);      /* of bytes that need not be a file */
SpStore        *sp_store_ref   (SpStore *store);
void            sp_store_unref (SpStore *store);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpStore, sp_store_unref)

const char     *sp_store_get_path      (SpStore *store);      /* what was opened, absolute */
char           *sp_store_dup_folder    (SpStore *store);      /* that, if it is a folder, or the one it lies in */
const char     *sp_store_get_title     (SpStore *store);      /* "stories260k": folder or file name */
const SpFormat *sp_store_get_format    (SpStore *store);
gsize           sp_store_get_n_tensors (SpStore *store);
const SpTensor *sp_store_get_tensor    (SpStore *store, gsize i);        /* natural order of names */
const SpTensor *sp_store_find          (SpStore *store, const char *name);   /* NULL: none */
guint           sp_store_get_n_files   (SpStore *store);
const char     *sp_store_get_file      (SpStore *store, guint i);        /* files the tensors lie in, natural order */
guint64         sp_store_get_n_bytes   (SpStore *store);      /* of those files on disk */
gsize           sp_store_get_n_notes   (SpStore *store);
const char     *sp_store_get_note      (SpStore *store, gsize i);        /* "1 unknown object ignored (os.system)" */
gsize           sp_store_get_n_metadata (SpStore *store);     /* what the file and config.json say, sorted by key */
const char     *sp_store_get_metadata  (SpStore *store, gsize i, const char **value);
const char     *sp_store_find_metadata (SpStore *store, const char *key);    /* "config.hidden_act"; NULL: none */

/* While a reader opens a file (sp-format.h). */
void            sp_store_take_tensor   (SpStore *store, SpTensor *tensor);   /* of one name several are kept */
void            sp_store_take_note     (SpStore *store, char *note);
void            sp_store_set_metadata  (SpStore *store, const char *key, const char *value);   /* the first stays */
void            sp_store_set_format    (SpStore *store, const SpFormat *format);               /* the first stays */
GCancellable   *sp_store_get_cancellable (SpStore *store);

/* For those who open several blobs into one store: the blob's short name, put before a tensor's
 * ("b.npz:weight") where another blob has a tensor of that name; and how many containers enclose it. */
const char     *sp_store_get_prefix    (SpStore *store);
void            sp_store_set_prefix    (SpStore *store, const char *prefix);
/* Before all names of tensors and metadata until the next: "layers.3."; "": nothing.  Each has room for metadata of its own. */
void            sp_store_set_scope     (SpStore *store, const char *scope);
guint           sp_store_get_depth     (SpStore *store);
void            sp_store_set_depth     (SpStore *store, guint depth);
void            sp_store_truncate      (SpStore *store, gsize n_tensors);    /* forgets those taken later */
