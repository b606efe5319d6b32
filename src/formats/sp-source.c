/* sp-source.c - the elements of one tensor in chunks, whatever the file does to them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-source.h"

#include "kernels.h"
#include "sp-gather.h"
#include "sp-sparse.h"
#include "sp-spool.h"
#include "sp-tally.h"
#include "sp-tiles.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef enum { LEND, COPY, GATHER, FILL, TILE } Way;

/* How a matrix is cut: n_rows rows at a time, or, where that is 1, rows in n_pieces pieces of at most so many columns. */
typedef struct {
  SpMatrix matrix;
  guint64  n_rows, n_pieces, piece;
} Geometry;

struct _SpSource {
  const SpTensor *tensor;
  Geometry        geometry;
  guint64         n_chunks;
  gsize           size;                /* bytes per element */
  Way             way;
  gboolean        is_random;
  gboolean        is_spooled;          /* GATHER: its elements come from a spool, once there is one */
  SpTensor        spooled;             /* the tensor as it lies there; blob NULL: there is none yet */
  gconstpointer   anchor;              /* of GATHER, into the mapped file, which it keeps mapped; NULL: not mapped */
  guint8          no_anchor;           /* where a byte goes that could not be lent */
  SpTileReader   *tiles;               /* of TILE */
  SpTally        *tally;               /* NULL: no checksum to look after */
};

static Geometry
find_geometry (const SpTensor *tensor)
{
  Geometry geometry = { sp_tensor_get_matrix (tensor), 1, 1, SP_CHUNK_ELEMENTS };
  guint64  last = tensor->rank > 2 ? tensor->shape[tensor->rank - 1] : 1;

  if (last > 0 && last <= SP_CHUNK_ELEMENTS)
    geometry.piece -= geometry.piece % last;
  if (geometry.matrix.n_columns == 0)
    geometry.n_pieces = 0;
  else if (geometry.matrix.n_columns > geometry.piece)
    geometry.n_pieces = (geometry.matrix.n_columns - 1) / geometry.piece + 1;
  else
    geometry.n_rows = MAX (SP_CHUNK_ELEMENTS / geometry.matrix.n_columns, 1);
  return geometry;
}

guint64
sp_source_n_chunks (const SpTensor *tensor)
{
  Geometry geometry = find_geometry (tensor);

  if (tensor->n_elements == 0)
    return 0;
  return ((geometry.matrix.n_rows - 1) / geometry.n_rows + 1) * geometry.n_pieces;
}

gsize
sp_source_scratch_bytes (const SpTensor *tensor)
{
  return MIN (tensor->n_elements, SP_CHUNK_ELEMENTS) * sp_dtype_size (tensor->dtype);
}

static void
set_place (const SpSource *source, guint64 index, SpChunk *chunk)
{
  const Geometry *geometry = &source->geometry;
  guint64 n_columns = geometry->matrix.n_columns;

  chunk->tensor = source->tensor;
  chunk->index = index;
  chunk->row = index / geometry->n_pieces * geometry->n_rows;
  chunk->column = index % geometry->n_pieces * geometry->piece;
  chunk->n_rows = MIN (geometry->n_rows, geometry->matrix.n_rows - chunk->row);
  chunk->n_columns = geometry->n_pieces > 1 ? MIN (geometry->piece, n_columns - chunk->column) : n_columns;
  chunk->n = chunk->n_rows * chunk->n_columns;
}

/* Of the chunk's first element among all, row-major. */
static guint64
first_element (const SpSource *source, const SpChunk *chunk)
{
  return chunk->row * source->geometry.matrix.n_columns + chunk->column;
}

/* Of a chunk that lies in the blob as it is. */
static guint64
chunk_offset (const SpSource *source, const SpChunk *chunk)
{
  return source->tensor->offset + first_element (source, chunk) * source->size;
}

/* The tensor whose elements are gathered. */
static const SpTensor *
find_gathered (const SpSource *source)
{
  return source->spooled.blob != NULL ? &source->spooled : source->tensor;
}

static void
set_anchor (SpSource *source)
{
  const SpTensor *tensor = find_gathered (source);

  if (!sp_blob_is_random (tensor->blob)
      || !sp_blob_borrow (tensor->blob, tensor->offset, 1, &source->no_anchor, &source->anchor, NULL)
      || source->anchor == &source->no_anchor)
    source->anchor = NULL;
}

static void
choose_way (SpSource *source)
{
  const SpTensor *tensor = source->tensor;

  source->way = tensor->tiles != NULL ? TILE
                : tensor->sparse != NULL ? FILL
                : !sp_tensor_is_dense_row_major (tensor) ? GATHER
                : sp_blob_prefers_copy (tensor->blob) ? COPY : LEND;
  source->is_random = sp_blob_is_random (tensor->blob);
  if (source->way != GATHER || source->n_chunks == 0)
    return;
  set_anchor (source);
  source->is_spooled = source->anchor == NULL && !sp_gather_is_forward (tensor);
  source->is_random &= source->anchor != NULL;
}

SpSource *
sp_source_new (const SpTensor *tensor, GError **error)
{
  SpSource *source;

  if (!sp_tensor_is_readable (tensor))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, "%s: %s", tensor->name,
                   tensor->note != NULL ? tensor->note : _("its elements cannot be read"));
      return NULL;
    }
  source = g_new0 (SpSource, 1);
  source->tensor = tensor;
  source->geometry = find_geometry (tensor);
  source->n_chunks = sp_source_n_chunks (tensor);
  source->size = sp_dtype_size (tensor->dtype);
  choose_way (source);
  if (source->way == TILE && (source->tiles = sp_tile_reader_new (tensor, error)) == NULL)
    {
      g_free (source);
      return NULL;
    }
  if (source->n_chunks > 0 && tensor->sum != NULL)
    source->tally = sp_tally_new (tensor, source->n_chunks);
  return source;
}

void
sp_source_free (SpSource *source)
{
  const SpTensor *gathered;

  if (source == NULL)
    return;
  gathered = find_gathered (source);
  if (source->anchor != NULL)
    sp_blob_give_back (gathered->blob, gathered->offset, 1, source->anchor, NULL);
  g_clear_pointer (&source->spooled.blob, sp_blob_unref);
  sp_tile_reader_free (source->tiles);
  sp_tally_free (source->tally);
  g_free (source);
}

gboolean
sp_source_is_random (SpSource *source)
{
  return source->is_random;
}

/* Going back and forth in a stream would inflate it once for each chunk. */
static gboolean
spool (SpSource *source, GError **error)
{
  const SpTensor *tensor = source->tensor;
  SpBlob *blob = sp_spool_new (tensor->blob, tensor->offset, sp_gather_span (tensor) * source->size, error);

  if (blob == NULL)
    return FALSE;
  source->spooled = *tensor;
  source->spooled.blob = blob;
  source->spooled.offset = 0;
  set_anchor (source);
  return TRUE;
}

static gboolean
gather_chunk (SpSource *source, const SpChunk *chunk, gpointer scratch, GError **error)
{
  if (source->is_spooled && source->spooled.blob == NULL && !spool (source, error))
    return FALSE;
  if (!sp_gather (find_gathered (source), source->anchor != NULL, chunk->row, chunk->column, chunk->n_rows,
                  chunk->n_columns, scratch, error))
    return FALSE;
  if (source->tensor->is_swapped)
    sp_swap_bytes (scratch, chunk->n, source->size);
  return TRUE;
}

/* The first entry at or after a place. */
static guint64
find_entry (const SpSparse *sparse, guint64 place)
{
  guint64 low = 0, high = sparse->n_entries;

  while (low < high)
    {
      guint64 middle = low + (high - low) / 2;

      if (sparse->places[middle] < place)
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

static gboolean
fill_chunk (SpSource *source, const SpChunk *chunk, guint8 *out, GError **error)
{
  const SpTensor *tensor = source->tensor;
  const SpSparse *sparse = tensor->sparse;
  gsize size = source->size;
  guint64 start = first_element (source, chunk);
  guint64 from = find_entry (sparse, start), to = find_entry (sparse, start + chunk->n);
  guint64 offset = tensor->offset + from * size;
  g_autofree guint8 *scratch = g_malloc ((to - from) * size);
  gconstpointer values;

  memset (out, 0, chunk->n * size);
  if (!sp_blob_borrow (tensor->blob, offset, (to - from) * size, scratch, &values, error))
    return FALSE;
  for (guint64 i = from; i < to; i++)
    memcpy (out + (sparse->places[i] - start) * size, (const guint8 *) values + (i - from) * size, size);
  if (tensor->is_swapped)
    sp_swap_bytes (out, chunk->n, size);
  return sp_blob_give_back (tensor->blob, offset, (to - from) * size, values, error);
}

static gboolean
join_tiles (SpSource *source, const SpChunk *chunk, gpointer out, GError **error)
{
  if (!sp_tile_reader_read (source->tiles, first_element (source, chunk), chunk->n, chunk->index, out, error))
    return FALSE;
  if (source->tensor->is_swapped)
    sp_swap_bytes (out, chunk->n, source->size);
  return TRUE;
}

gboolean
sp_source_get (SpSource *source, guint64 index, gpointer scratch, SpChunk *chunk, GError **error)
{
  const SpTensor *tensor = source->tensor;

  g_return_val_if_fail (index < source->n_chunks, FALSE);
  set_place (source, index, chunk);
  chunk->data = scratch;
  switch (source->way)
    {
    case LEND:
      return sp_blob_borrow (tensor->blob, chunk_offset (source, chunk), chunk->n * source->size, scratch, &chunk->data,
                             error);
    case COPY:
      return sp_blob_read (tensor->blob, chunk_offset (source, chunk), scratch, chunk->n * source->size, error);
    case GATHER:
      return gather_chunk (source, chunk, scratch, error);
    case FILL:
      return fill_chunk (source, chunk, scratch, error);
    case TILE:
      return join_tiles (source, chunk, scratch, error);
    }
  return FALSE;
}

/* What was gathered or filled has been given back already. */
static gboolean
give_back (SpSource *source, const SpChunk *chunk, GError **error)
{
  if (source->way != LEND)
    return TRUE;
  return sp_blob_give_back (source->tensor->blob, chunk_offset (source, chunk), chunk->n * source->size, chunk->data,
                            error);
}

gboolean
sp_source_put (SpSource *source, const SpChunk *chunk, GError **error)
{
  gboolean is_as_stored = source->way == LEND || source->way == COPY;

  if (source->tally != NULL)
    sp_tally_add (source->tally, chunk->index, is_as_stored ? chunk->data : NULL, chunk->n * source->size);
  return give_back (source, chunk, error) &&
         (source->tally == NULL || sp_tally_check (source->tally, chunk->index, error));
}

/* The part of the chunk that lies in the rectangle, into out. */
static void
widen_part (const SpChunk *chunk, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out)
{
  SpDtype dtype = chunk->tensor->dtype;
  guint64 from = MAX (column, chunk->column), to = MIN (column + n_columns, chunk->column + chunk->n_columns);

  for (guint64 r = MAX (row, chunk->row); r < MIN (row + n_rows, chunk->row + chunk->n_rows); r++)
    {
      const guint8 *line = (const guint8 *) chunk->data
                           + ((r - chunk->row) * chunk->n_columns + (from - chunk->column)) * sp_dtype_size (dtype);

      sp_kernels ()->widen[dtype] (line, to - from, out + (r - row) * n_columns + (from - column));
    }
}

static gboolean
read_chunk (SpSource *source,
            guint64 index,
            gpointer scratch,
            guint64 row,
            guint64 column,
            gsize n_rows,
            gsize n_columns,
            float *out,
            GError **error)
{
  SpChunk chunk;

  if (!sp_source_get (source, index, scratch, &chunk, error))
    return FALSE;
  widen_part (&chunk, row, column, n_rows, n_columns, out);
  return give_back (source, &chunk, error);
}

gboolean
sp_source_read_f32 (SpSource *source,
                    guint64 row,
                    guint64 column,
                    gsize n_rows,
                    gsize n_columns,
                    float *out,
                    GError **error)
{
  const Geometry *geometry = &source->geometry;
  const SpMatrix *matrix = &geometry->matrix;
  gpointer scratch;
  gboolean is_read = TRUE;

  if (row > matrix->n_rows || n_rows > matrix->n_rows - row || column > matrix->n_columns ||
      n_columns > matrix->n_columns - column)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("%s: the rectangle reaches outside the tensor"),
                   source->tensor->name);
      return FALSE;
    }
  if (n_rows == 0 || n_columns == 0)
    return TRUE;
  scratch = g_aligned_alloc (1, sp_source_scratch_bytes (source->tensor), 64);
  for (guint64 i = row / geometry->n_rows; i <= (row + n_rows - 1) / geometry->n_rows && is_read; i++)
    for (guint64 p = geometry->n_pieces > 1 ? column / geometry->piece : 0;
         p < geometry->n_pieces && p * geometry->piece < column + n_columns && is_read; p++)
      is_read = read_chunk (source, i * geometry->n_pieces + p, scratch, row, column, n_rows, n_columns, out, error);
  g_aligned_free (scratch);
  return is_read;
}
