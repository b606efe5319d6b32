/* sp-tally.h - the checksum of a tensor's bytes, read in chunks, for the sum of its member */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

/* Of a tensor that has a sum.  Any thread.  Each chunk counts once; the last one adds the tensor to the sum. */
typedef struct _SpTally SpTally;

SpTally *sp_tally_new  (const SpTensor *tensor, guint64 n_chunks);
void     sp_tally_free (SpTally *tally);

/* data: the chunk's bytes as they lie in the file, consecutive chunks following one another; or NULL where
 * chunks are not that: then the file is read once more at the end. */
void     sp_tally_add   (SpTally *tally, guint64 chunk, gconstpointer data, gsize n_bytes);
gboolean sp_tally_check (SpTally *tally, guint64 chunk, GError **error);   /* after the chunk proved to be there */
