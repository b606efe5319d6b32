/* torch-bytes.h - the bytes of pickles while they are read: in place where that goes, else copied */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* On the stack, begun with the blob alone.  In place, what nobody looks at takes no memory: strings
 * that are arrays.  One thread. */
typedef struct {
  SpBlob       *blob;           /* lent */
  GBytes       *bytes;          /* from the first on, as many as there are yet; NULL: none */
  gconstpointer place;          /* of them in the blob; NULL: they are a copy */
  gboolean      is_whole;
} TorchBytes;

/* More of them.  SP_ERROR_TOO_BIG: beyond 1 GiB in place, 64 MiB copied. */
gboolean torch_bytes_grow (TorchBytes *bytes, GError **error);
gboolean torch_bytes_load (TorchBytes *bytes, GError **error);       /* all of them, or none */

/* Lets go of them.  FALSE, with an error that replaces an earlier one, where the file was cut meanwhile: trust
 * nothing that was read. */
gboolean torch_bytes_end  (TorchBytes *bytes, GError **error);
