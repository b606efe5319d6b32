/* sp-tensor.h - one named array of an opened file: what it is and where its elements lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dtype.h"
#include "sp-blob.h"
#include "sp-role.h"
#include "sp-sum.h"

#define SP_MAX_RANK 8

typedef struct _SpSparse SpSparse;       /* sp-sparse.h: sorted places of the entries that are stored */
typedef struct _SpTiles SpTiles;         /* sp-tiles.h: boxes that are stored one by one */

/* Owned by its store, immutable once the store is open.  Everything in it was checked against
 * the file when it was opened: ranges lie inside, products do not overflow. */
typedef struct {
  char     *name;                        /* natural, unique in the store */
  char     *dtype_name;                  /* as the file says: "F8_E8M0", "object"; NULL where dtype tells it */
  SpDtype   dtype;                       /* SP_DTYPE_NONE: listed, never read */
  guint     rank;
  guint64   shape[SP_MAX_RANK];
  gint64    strides[SP_MAX_RANK];        /* in elements, ≥ 0; 0 repeats (expanded views) */
  guint64   n_elements;                  /* product of shape */
  guint64   n_bytes;                     /* stored bytes, as the file accounts for them */

  SpBlob   *blob;                        /* the bytes; NULL when unreadable */
  guint64   offset;                      /* of element 0 in blob, in bytes */
  gboolean  is_swapped;                  /* the other byte order */
  SpSparse *sparse;                      /* not NULL: blob holds only the stored values, in this order */
  SpTiles  *tiles;                       /* not NULL: blob holds boxes of it; offset only tells it from others */

  SpSum    *sum;                         /* of the zip's member it lies in, where nobody else checks that; or NULL */

  SpRole    role;
  gboolean  is_foreign;                  /* texts, objects, structures: no numbers, no part of a model */
  char     *note;                        /* why it is not read, or what to know about it; NULL: nothing */
  gsize     alias_of;                    /* index of the tensor with the same storage that counts; G_MAXSIZE: none */
} SpTensor;

SpTensor *sp_tensor_new  (const char *name, SpDtype dtype, guint rank, const guint64 *shape);  /* row-major; name is
                           copied; NULL when the product of shape × size overflows 2^63 */
void      sp_tensor_free (SpTensor *tensor);
void      sp_tensor_take_note (SpTensor *tensor, char *note);            /* appended to an earlier note */
void      sp_tensor_refuse    (SpTensor *tensor, char *note);            /* note, and no blob: a row that says why */
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpTensor, sp_tensor_free)

gboolean  sp_tensor_is_readable (const SpTensor *tensor);                /* numeric, blob there */
gboolean  sp_tensor_is_dense_row_major (const SpTensor *tensor);         /* can be lent without gathering */
char     *sp_tensor_dup_shape   (const SpTensor *tensor);                /* "4096 × 11008"; "scalar" */

/* The matrix every analysis sees: rank 2 and more are (shape[0], product of the rest), output
 * by input; rank 1 and 0 are one row.  `group` columns belong to one input channel (conv kernels). */
typedef struct { guint64 n_rows, n_columns, group; } SpMatrix;
SpMatrix  sp_tensor_get_matrix (const SpTensor *tensor);
