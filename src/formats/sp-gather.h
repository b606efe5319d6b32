/* sp-gather.h - elements of a strided tensor, packed row-major */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

/* The rectangle of the tensor's matrix that starts at (row, column) into out (n_rows, n_columns),
 * in the file's byte order.  Either n_rows is 1 or the rows are whole.  Reads the bytes it spans in
 * pieces of a few megabytes, forward as far as the strides allow.  is_mapped: the tensor's blob lies in
 * memory already, so that pieces may be as long as they like. */
gboolean sp_gather (const SpTensor *tensor, gboolean is_mapped, guint64 row, guint64 column, gsize n_rows,
                    gsize n_columns, gpointer out, GError **error);

/* Whether rows one after another are read without going back. */
gboolean sp_gather_is_forward (const SpTensor *tensor);

/* From the first to the last of its elements, the gaps between them included; 0 of none. */
guint64  sp_gather_span (const SpTensor *tensor);

void     sp_swap_bytes (gpointer data, gsize n, gsize size);   /* n elements of size bytes each */
