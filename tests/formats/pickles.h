/* pickles.h - a pickle assembler for tests: PyTorch's calls opcode by opcode */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef GString Pickle;         /* any bytes */

Pickle *pickle_new      (void);                                    /* protocol 2 */
GBytes *pickle_finish   (Pickle *pickle);                          /* adds STOP, frees the pickle */

void    pickle_text     (Pickle *pickle, const char *text);
void    pickle_int      (Pickle *pickle, gint64 value);
void    pickle_ints     (Pickle *pickle, guint n, const gint64 *values);      /* a tuple */
void    pickle_global   (Pickle *pickle, const char *module, const char *name);

/* The id of a storage of n elements: a persistent object. */
void    pickle_storage  (Pickle *pickle, const char *class, const char *key, gint64 n);

/* torch._utils._rebuild_tensor_v2 (storage …, offset, size, stride). */
typedef struct {
  const char *class, *key;
  gint64      n, offset;
  guint       rank;
  gint64      size[4], stride[4];
} PickleTensor;
void    pickle_tensor   (Pickle *pickle, const PickleTensor *tensor);

/* torch._utils._rebuild_sparse_tensor (layout, (indices, values, size)). */
void    pickle_sparse   (Pickle *pickle, const PickleTensor *indices, const PickleTensor *values,
                         guint rank, const gint64 *size);
