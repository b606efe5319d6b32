/* sp-gather.c - elements of a strided tensor, packed row-major */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-gather.h"

#include <string.h>

#define PIECE_BYTES ((guint64) 4 << 20)
#define TILE        32                 /* rows and columns copied together, so that both sides stay in the cache */

/* Dimensions 1 … of a tensor, neighbours merged where their elements follow one another. */
typedef struct {
  guint   n;
  guint64 size[SP_MAX_RANK];
  guint64 in[SP_MAX_RANK];             /* step in the file, elements */
  guint64 out[SP_MAX_RANK];            /* step in a packed row */
} Columns;

/* Rows r, columns c: from[r * in_row + c * in_column] → to[r * out_row + c * out_column]. */
typedef struct {
  gsize   n_rows, n_columns;
  guint64 in_row, in_column, out_row, out_column;
} Block;

#define COPY_TILE(type) \
  for (gsize r = 0; r < n_rows; r++) \
    for (gsize c = 0; c < n_columns; c++) \
      memcpy (to + (r * b->out_row + c * b->out_column) * sizeof (type), \
              from + (r * b->in_row + c * b->in_column) * sizeof (type), sizeof (type))

static void
copy_tile (const Block *b, gsize n_rows, gsize n_columns, gsize size, const guint8 *from, guint8 *to)
{
  switch (size)
    {
    case 1: COPY_TILE (guint8); break;
    case 2: COPY_TILE (guint16); break;
    case 4: COPY_TILE (guint32); break;
    default: COPY_TILE (guint64); break;
    }
}

static void
copy_block (const Block *b, gsize size, const guint8 *from, guint8 *to)
{
  if (b->in_column == 1 && b->out_column == 1)
    {
      for (gsize r = 0; r < b->n_rows; r++)
        memcpy (to + r * b->out_row * size, from + r * b->in_row * size, b->n_columns * size);
      return;
    }
  for (gsize c = 0; c < b->n_columns; c += TILE)
    for (gsize r = 0; r < b->n_rows; r += TILE)
      copy_tile (b, MIN (TILE, b->n_rows - r), MIN (TILE, b->n_columns - c), size,
                 from + (r * b->in_row + c * b->in_column) * size, to + (r * b->out_row + c * b->out_column) * size);
}

/* How many of n steps fit into a piece; at least n_least, if there are as many. */
static gsize
fit_steps (gsize n, guint64 step, gsize size, gsize n_least)
{
  guint64 fitting = step == 0 ? n : PIECE_BYTES / (step * size);

  return MIN (n, MAX (fitting, n_least));
}

/* From the first to the last byte of a block in the file. */
static gsize
count_span (gsize n_rows, gsize n_columns, const Block *steps, gsize size)
{
  return ((n_rows - 1) * steps->in_row + (n_columns - 1) * steps->in_column + 1) * size;
}

static gboolean
read_block (const SpTensor *tensor, const Block *block, guint64 place, guint8 *piece, guint8 *out, GError **error)
{
  gsize size = sp_dtype_size (tensor->dtype);
  guint64 offset = tensor->offset + place * size;
  gsize span = count_span (block->n_rows, block->n_columns, block, size);
  gconstpointer data;

  if (!sp_blob_borrow (tensor->blob, offset, span, piece, &data, error))
    return FALSE;
  copy_block (block, size, data, out);
  return sp_blob_give_back (tensor->blob, offset, span, data, error);
}

/* whole is cut into blocks whose bytes lie close enough together. */
static gboolean
read_pieces (const SpTensor *tensor, gboolean is_mapped, const Block *whole, guint64 place, guint8 *out, GError **error)
{
  gsize size = sp_dtype_size (tensor->dtype), n_least = is_mapped ? TILE : 1;
  gsize n_columns = fit_steps (whole->n_columns, whole->in_column, size, n_least);
  gsize n_rows = fit_steps (whole->n_rows, whole->in_row, size, n_least);
  g_autofree guint8 *piece = is_mapped ? NULL : g_malloc (count_span (n_rows, n_columns, whole, size));

  for (gsize c = 0; c < whole->n_columns; c += n_columns)
    for (gsize r = 0; r < whole->n_rows; r += n_rows)
      {
        Block block = *whole;

        block.n_columns = MIN (n_columns, whole->n_columns - c);
        block.n_rows = MIN (n_rows, whole->n_rows - r);
        if (!read_block (tensor, &block, place + r * whole->in_row + c * whole->in_column, piece,
                         out + (r * whole->out_row + c * whole->out_column) * size, error))
          return FALSE;
      }
  return TRUE;
}

static Columns
find_columns (const SpTensor *tensor)
{
  Columns columns = { 0 };
  guint64 out = 1;

  for (guint i = tensor->rank; i-- > 1;)
    {
      guint last = columns.n - 1;

      if (tensor->shape[i] == 1)
        continue;
      if (columns.n > 0 && columns.in[last] * columns.size[last] == (guint64) tensor->strides[i])
        columns.size[last] *= tensor->shape[i];
      else
        {
          columns.size[columns.n] = tensor->shape[i];
          columns.in[columns.n] = tensor->strides[i];
          columns.out[columns.n++] = out;
        }
      out *= tensor->shape[i];
    }
  if (columns.n == 0)
    columns = (Columns) { .n = 1, .size = { 1 }, .in = { 1 }, .out = { 1 } };
  return columns;
}

/* The smallest step in the file first: the outer loops then go through the file in order. */
static void
sort_columns (Columns *columns)
{
  for (guint i = 1; i < columns->n; i++)
    for (guint j = i; j > 0 && columns->in[j] < columns->in[j - 1]; j--)
      {
        guint64 size = columns->size[j], in = columns->in[j], out = columns->out[j];

        columns->size[j] = columns->size[j - 1];
        columns->in[j] = columns->in[j - 1];
        columns->out[j] = columns->out[j - 1];
        columns->size[j - 1] = size;
        columns->in[j - 1] = in;
        columns->out[j - 1] = out;
      }
}

/* index counts the combinations of all but the first of columns. */
static void
find_places (const Columns *columns, guint64 index, guint64 *in, guint64 *out)
{
  *in = *out = 0;
  for (guint i = 1; i < columns->n; i++)
    {
      *in += index % columns->size[i] * columns->in[i];
      *out += index % columns->size[i] * columns->out[i];
      index /= columns->size[i];
    }
}

static gboolean
gather_rows (const SpTensor *tensor,
             gboolean is_mapped,
             guint64 row,
             gsize n_rows,
             gsize n_columns,
             guint8 *out,
             GError **error)
{
  gsize size = sp_dtype_size (tensor->dtype);
  Columns columns = find_columns (tensor);
  Block block;

  sort_columns (&columns);
  block = (Block) { n_rows, columns.size[0], tensor->strides[0], columns.in[0], n_columns, columns.out[0] };
  for (guint64 i = 0; i < n_columns / columns.size[0]; i++)
    {
      guint64 in, to;

      find_places (&columns, i, &in, &to);
      if (!read_pieces (tensor, is_mapped, &block, row * tensor->strides[0] + in, out + to * size, error))
        return FALSE;
    }
  return TRUE;
}

/* A part of one row, run by run of its fastest logical dimension. */
static gboolean
gather_part (const SpTensor *tensor,
             gboolean is_mapped,
             guint64 row,
             guint64 column,
             gsize n_columns,
             guint8 *out,
             GError **error)
{
  gsize size = sp_dtype_size (tensor->dtype);
  Columns columns = find_columns (tensor);
  guint64 end = column + n_columns;
  guint64 base = tensor->rank > 1 ? row * tensor->strides[0] : 0;

  while (column < end)
    {
      guint64 at = column % columns.size[0], in, to;
      Block block = { 1, MIN (columns.size[0] - at, end - column), 0, columns.in[0], 0, 1 };

      find_places (&columns, column / columns.size[0], &in, &to);
      if (!read_pieces (tensor, is_mapped, &block, base + in + at * columns.in[0], out, error))
        return FALSE;
      out += block.n_columns * size;
      column += block.n_columns;
    }
  return TRUE;
}

gboolean
sp_gather (const SpTensor *tensor,
           gboolean is_mapped,
           guint64 row,
           guint64 column,
           gsize n_rows,
           gsize n_columns,
           gpointer out,
           GError **error)
{
  SpMatrix matrix = sp_tensor_get_matrix (tensor);

  if (tensor->rank < 2)
    {
      /* one row: its columns are dimension 0 */
      Block block = { 1, n_columns, 0, tensor->rank == 1 ? tensor->strides[0] : 1, 0, 1 };

      return read_pieces (tensor, is_mapped, &block, column * block.in_column, out, error);
    }
  if (column == 0 && n_columns == matrix.n_columns)
    return gather_rows (tensor, is_mapped, row, n_rows, n_columns, out, error);
  return gather_part (tensor, is_mapped, row, column, n_columns, out, error);
}

/* Rows do not reach into one another, and within a row there is one run. */
gboolean
sp_gather_is_forward (const SpTensor *tensor)
{
  Columns columns = find_columns (tensor);

  return tensor->rank < 2
      || (columns.n == 1
          && (tensor->shape[0] < 2 || (guint64) tensor->strides[0] > (columns.size[0] - 1) * columns.in[0]));
}

guint64
sp_gather_span (const SpTensor *tensor)
{
  guint64 span = tensor->n_elements > 0 ? 1 : 0;

  for (guint i = 0; i < tensor->rank && span > 0; i++)
    span += (tensor->shape[i] - 1) * (guint64) tensor->strides[i];
  return span;
}

void
sp_swap_bytes (gpointer data, gsize n, gsize size)
{
  guint16 *u16 = data;
  guint32 *u32 = data;
  guint64 *u64 = data;

  for (gsize i = 0; i < n; i++)
    if (size == 2)
      u16[i] = GUINT16_SWAP_LE_BE (u16[i]);
    else if (size == 4)
      u32[i] = GUINT32_SWAP_LE_BE (u32[i]);
    else if (size == 8)
      u64[i] = GUINT64_SWAP_LE_BE (u64[i]);
}
