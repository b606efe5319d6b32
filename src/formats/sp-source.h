/* sp-source.h - the elements of one tensor in chunks, whatever the file does to them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

/* At most this many elements a chunk.  Part of the specification: it fixes the merge tree.  Large enough
 * for what a chunk costs beside its elements (clearing and folding 256 KiB of bins) to be a few percent. */
#define SP_CHUNK_ELEMENTS ((gsize) 1 << 21)

/* Logical row-major order, native byte order, of the tensor's matrix (sp_tensor_get_matrix).
 * Either whole rows (column 0, n_columns wide) or, where one row is longer than a chunk, a
 * piece of one row, whole in its last dimension if that fits.  So a chunk is always a rectangle. */
typedef struct {
  const SpTensor *tensor;
  guint64         index;                   /* 0 … n_chunks - 1 */
  guint64         row, column;             /* of its first element */
  gsize           n_rows, n_columns, n;    /* n = n_rows · n_columns > 0 */
  gconstpointer   data;                    /* (n_rows, n_columns), packed */
  gconstpointer  *shared;                  /* where an analysis leaves for the next one what it counted; set by the pass */
} SpChunk;

/* Chunk geometry depends on the shape alone. */
guint64   sp_source_n_chunks (const SpTensor *tensor);          /* 0 for an empty tensor */
gsize     sp_source_scratch_bytes (const SpTensor *tensor);     /* room a reader must offer to get() */

/* A source reads one tensor: zero-copy where the file allows; gathers views, Fortran order and
 * swapped bytes; fills the absent entries of sparse tensors with zeros; joins tiles; inflates streams. */
typedef struct _SpSource SpSource;
SpSource *sp_source_new  (const SpTensor *tensor, GError **error);
void      sp_source_free (SpSource *source);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpSource, sp_source_free)

gboolean  sp_source_is_random (SpSource *source);   /* chunks in any order by several threads at once; else in order */

/* Fills chunk; its data point into the file or into scratch (sp_source_scratch_bytes, 64-byte
 * aligned), valid until put().  put() tells whether the bytes were really there; discard what was
 * computed from them when it returns FALSE.  Any thread; for streams serialise get() in order. */
gboolean  sp_source_get (SpSource *source, guint64 index, gpointer scratch, SpChunk *chunk, GError **error);
gboolean  sp_source_put (SpSource *source, const SpChunk *chunk, GError **error);

/* A rectangle of the matrix into out (n_rows, n_columns) f32, for looking closely at a heatmap.
 * Streams too, at the price of inflating up to there. */
gboolean  sp_source_read_f32 (SpSource *source, guint64 row, guint64 column, gsize n_rows, gsize n_columns,
                              float *out, GError **error);

/* All chunks in order, on the calling thread, until func says FALSE: enough.  What it got before an error is nothing to trust. */
typedef gboolean (*SpChunkFunc) (gpointer data, const SpChunk *chunk);
gboolean  sp_source_each (const SpTensor *tensor, SpChunkFunc func, gpointer data, GCancellable *cancellable, GError **error);

/* Elements first, first + step, … (n of them, counted row-major) as f32: func gets them in order, some thousands at a time, on the
 * calling thread; what it got before an error is nothing to trust.  A small read for each where the file can be read at any place; else
 * the tensor is read once, chunk by chunk. */
typedef void (*SpPickFunc) (guint64 i, const float *values, gsize n, gpointer data);
gboolean  sp_source_pick_f32 (const SpTensor *tensor, guint64 first, guint64 step, guint64 n, SpPickFunc func, gpointer data,
                              GCancellable *cancellable, GError **error);
