/* torch-gather.h - the elements of a small tensor in memory, and sums of them; for sparse tensors */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "torch-file.h"

/* The elements packed in row-major order and native byte order, from g_malloc(); NULL: see error.  The
 * file's budget pays for them. */
gpointer  torch_gather       (TorchFile *file, const SpTensor *tensor, GError **error);

/* into += from, n elements, in dtype's own arithmetic as torch.coalesce() adds: f32 and f64 in themselves,
 * f16 and bf16 in f32 rounded after every sum, integers modulo 2^bits, booleans by "or".  FALSE: there is no
 * such sum (8-bit floats). */
gboolean  torch_add          (SpDtype dtype, gpointer into, gconstpointer from, gsize n);
