/* torch-file.h - a PyTorch file while it is opened: its storages, and how pickle nodes become tensors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-archive.h"
#include "sp-pickle.h"
#include "sp-store.h"

/* The bytes that one or several tensors are views of. */
typedef struct {
  SpBlob   *blob;               /* NULL: problem says why */
  guint64   offset, n_bytes;    /* in blob */
  char     *problem;            /* "is shorter than …": the predicate of a sentence about the storage */
} TorchStorage;

/* Lives while a file is opened, on one thread. */
typedef struct {
  SpBlob     *blob;             /* lent, as is store */
  SpStore    *store;
  gboolean    is_swapped;       /* elements have the other byte order */

  SpArchive  *archive;          /* of a zip; else NULL, and storages holds all there are */
  char       *folder;           /* of its storages: "archive/data/" */
  GHashTable *members;          /* lent name → index + 1 */

  SpPickle   *pickle;           /* being walked; lent */
  SpBlob     *pickle_blob;      /* random: its bytes, from the first on; NULL: they are a copy */
  GHashTable *storages;         /* key → TorchStorage */
  GHashTable *arrays;           /* node → SpBlob of a NumPy array's bytes */
  gsize       n_tensors;        /* that a walk found */
  char       *stranger;         /* the note about the first unknown object; NULL: none */
  guint64     n_left;           /* bytes that sparse places, summed values and unpacked arrays may still take */
} TorchFile;

void          torch_file_init  (TorchFile *file, SpBlob *blob, SpStore *store);
void          torch_file_clear (TorchFile *file);
void          torch_file_set_pickle_blob (TorchFile *file, SpBlob *blob);    /* of any kind */

/* FALSE, and an error, where no walk found a tensor. */
gboolean      torch_file_check (TorchFile *file, SpError code, GError **error);

/* FALSE where the file's budget for bytes of its own is used up. */
gboolean      torch_file_spend (TorchFile *file, guint64 n_bytes);

/* Element types by the names PyTorch gives them ("float16" behind "torch.", "HalfStorage"). */
typedef struct {
  const char *name, *storage;   /* storage NULL: there is no such class */
  SpDtype     dtype;            /* SP_DTYPE_NONE: listed, not read */
  guint       n_bytes;
} TorchType;

const TorchType *torch_type_find (const SpPickleNode *global);     /* NULL: unknown */

/* What ('storage', class, key, place, n, view) stands for. */
typedef struct {
  TorchStorage    *storage;     /* NULL: the file has none of that key */
  const TorchType *type;        /* NULL: unknown class, class_name */
  const char      *class_name;
  char             key[64];
  guint64          first, n;    /* the part of the storage it is, in elements */
} TorchRegion;

gboolean      torch_region_read  (TorchFile *file, const SpPickleNode *persistent, TorchRegion *region);

/* Whether a node would have become a tensor or an array; the row it then gives, perhaps one that says why it is
 * not read.  strided_new refuses sparse tensors. */
gboolean      torch_is_tensor    (const SpPickleNode *node);
SpTensor     *torch_tensor_new   (TorchFile *file, const SpPickleNode *node, const char *name);
SpTensor     *torch_strided_new  (TorchFile *file, const SpPickleNode *node, const char *name);

/* A list of at most n_room whole numbers: a tuple, list, torch.Size; FALSE where it is none. */
gboolean      torch_read_numbers (const SpPickleNode *node, gint64 *numbers, gsize n_room, gsize *n);

/* A row that says why: "FILE: tensor 'NAME' REASON".  rank at most SP_MAX_RANK. */
SpTensor     *torch_refuse       (TorchFile *file, const char *name, const char *dtype_name,
                                  guint rank, const guint64 *shape, const char *format, ...) G_GNUC_PRINTF (6, 7);

/* (layout, (indices, values, size …)) or (layout, (rows' ends, columns, values, size)) (torch-sparse.c). */
SpTensor     *torch_sparse_new   (TorchFile *file, const SpPickleNode *args, const char *name);

/* NumPy arrays (torch-numpy.c). */
gboolean      torch_is_array     (const SpPickleNode *node);
SpTensor     *torch_array_new    (TorchFile *file, const SpPickleNode *node, const char *name);

/* Adds every tensor of the pickle's root to the store under prefix ("" or "constants"); what is
 * short and no tensor becomes metadata, what is unknown a note (torch-walk.c). */
gboolean      torch_walk         (TorchFile *file, SpPickle *pickle, const char *prefix, GError **error);

/* The format before PyTorch 1.6, and pickles that are no PyTorch file (torch-legacy.c). */
gboolean      torch_legacy_sniff (const guint8 *head, gsize n);
gboolean      torch_pickle_sniff (const guint8 *head, gsize n);
gboolean      torch_legacy_open  (TorchFile *file, GError **error);
gboolean      torch_pickle_open  (TorchFile *file, GError **error);
