/* hdf5-heap.c - the heaps of an HDF5 file, where names and links are kept */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-heap.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_ROWS    64
#define MAX_DESCENT 16

/* -- local ------------------------------------------------------------------------------------ */

gboolean
hdf5_local_heap_read (Hdf5Block *names, const Hdf5File *file, guint64 address, GError **error)
{
  g_auto (Hdf5Block) head = { 0 };
  guint64 n, place;

  if (!hdf5_block_read (&head, file, address, 8 + 2 * file->n_length + file->n_address, "HEAP", error))
    return FALSE;
  sp_reader_bytes (&head.reader, 4);
  n = hdf5_take_length (file, &head.reader);
  hdf5_take_length (file, &head.reader);
  place = hdf5_take_address (file, &head.reader);
  return hdf5_block_read (names, file, place, n, NULL, error);
}

char *
hdf5_local_heap_dup (const Hdf5Block *names, guint64 offset)
{
  const guint8 *end = offset < names->n ? memchr (names->bytes + offset, '\0', names->n - offset) : NULL;

  return end != NULL ? g_strdup ((const char *) names->bytes + offset) : NULL;
}

/* -- fractal ---------------------------------------------------------------------------------- */

static guint
bytes_of_bits (guint n_bits)
{
  return (n_bits + 7) / 8;
}

/* Of numbers up to this one. */
static guint
bytes_of_number (guint64 number)
{
  return bytes_of_bits (number > 0 ? 64 - __builtin_clzll (number) : 1);
}

static gboolean
is_power_of_two (guint64 n)
{
  return n != 0 && (n & (n - 1)) == 0;
}

static gboolean
fail (const Hdf5Heap *heap, guint64 address, GError **error)
{
  return hdf5_fail (heap->file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
}

gboolean
hdf5_heap_open (Hdf5Heap *heap, const Hdf5File *file, guint64 address, GError **error)
{
  g_auto (Hdf5Block) block = { 0 };
  gsize n = 26 + 12 * file->n_length + 3 * file->n_address;
  SpReader *reader = &block.reader;
  guint n_filter, n_bits;
  guint64 n_max_object;

  *heap = (Hdf5Heap) { .file = file };
  if (!hdf5_block_read (&block, file, address, n, "FRHP", error))
    return FALSE;
  sp_reader_bytes (reader, 3);
  n_filter = sp_reader_u16 (reader);
  if (n_filter != 0)
    return hdf5_fail (file, address, SP_ERROR_UNSUPPORTED, _("a filtered heap is not read"), error);
  sp_reader_u8 (reader);
  n_max_object = sp_reader_u32 (reader);
  sp_reader_bytes (reader, 10 * file->n_length + 2 * file->n_address);
  heap->n_columns = sp_reader_u16 (reader);
  heap->n_start = hdf5_take_length (file, reader);
  heap->n_max_direct = hdf5_take_length (file, reader);
  n_bits = sp_reader_u16 (reader);
  sp_reader_u16 (reader);
  heap->root = hdf5_take_address (file, reader);
  heap->n_rows = sp_reader_u16 (reader);
  heap->n_offset = bytes_of_bits (n_bits);
  heap->n_size = MIN (bytes_of_number (heap->n_max_direct - 1), bytes_of_number (n_max_object));
  if (!hdf5_block_check (&block, file, n, error))
    return FALSE;
  if (n_bits == 0 || n_bits > 64 || heap->n_rows > MAX_ROWS || !is_power_of_two (heap->n_columns)
      || !is_power_of_two (heap->n_start) || !is_power_of_two (heap->n_max_direct) || heap->n_start > HDF5_MAX_BLOCK
      || heap->n_max_direct > HDF5_MAX_BLOCK || heap->n_max_direct < heap->n_start)
    return fail (heap, address, error);
  return TRUE;
}

/* Of the blocks in a row, a power of two up to 2^63. */
static guint64
row_block_bytes (const Hdf5Heap *heap, guint row)
{
  guint shift = row > 1 ? row - 1 : 0;

  return shift < 64 - (guint) (63 - __builtin_clzll (heap->n_start)) ? heap->n_start << shift : 0;
}

/* The entry of an indirect block that holds place, which becomes one in it; its row. */
static gboolean
find_entry (const Hdf5Heap *heap, guint n_rows, guint64 *place, guint *row, guint64 *column)
{
  for (*row = 0; *row < n_rows; ++*row)
    {
      guint64 n = row_block_bytes (heap, *row), n_all;

      if (n == 0 || __builtin_mul_overflow (n, heap->n_columns, &n_all))
        return FALSE;
      if (*place < n_all)
        {
          *column = *place / n;
          *place %= n;
          return TRUE;
        }
      *place -= n_all;
    }
  return FALSE;
}

static guint
count_direct_rows (const Hdf5Heap *heap)
{
  guint n = 1;

  while (row_block_bytes (heap, n) != 0 && row_block_bytes (heap, n) <= heap->n_max_direct)
    n++;
  return n;
}

/* Rows of the indirect block that takes n_bytes of the heap. */
static guint
count_rows (const Hdf5Heap *heap, guint64 n_bytes)
{
  guint64 n_first = heap->n_start * heap->n_columns;
  guint n = 1;

  while (n_first < n_bytes && n < MAX_ROWS)
    {
      n_first *= 2;
      n++;
    }
  return n;
}

/* From an object's place in the heap to its address. */
static gboolean
find_object (const Hdf5Heap *heap, guint64 place, guint64 n, guint64 *found, GError **error)
{
  guint64 address = heap->root, n_block = heap->n_start;
  guint n_rows = heap->n_rows, n_direct = count_direct_rows (heap);
  gsize n_start = 5 + heap->file->n_address + heap->n_offset;

  for (guint i = 0; n_rows > 0; i++)
    {
      g_auto (Hdf5Block) block = { 0 };
      guint row;
      guint64 column, entry;

      if (i > MAX_DESCENT || !find_entry (heap, n_rows, &place, &row, &column))
        return fail (heap, address, error);
      entry = row * heap->n_columns + column;
      if (!hdf5_block_read (&block, heap->file, address, n_start + (entry + 1) * heap->file->n_address, "FHIB", error))
        return FALSE;
      sp_reader_bytes (&block.reader, block.n - 4 - heap->file->n_address);
      address = hdf5_take_address (heap->file, &block.reader);
      n_block = row_block_bytes (heap, row);
      n_rows = row < n_direct ? 0 : count_rows (heap, n_block);
    }
  if (n_block > heap->n_max_direct || place > n_block || n > n_block - place || address == HDF5_NOWHERE
      || __builtin_add_overflow (address, place, found))
    return fail (heap, heap->root, error);
  return TRUE;
}

gboolean
hdf5_heap_read (Hdf5Block *object, const Hdf5Heap *heap, SpReader *id, GError **error)
{
  guint kind = sp_reader_u8 (id) >> 4 & 3;
  guint64 place, n, address = HDF5_NOWHERE;

  *object = (Hdf5Block) { 0 };
  if (kind != 0)
    return hdf5_fail (heap->file, heap->root, SP_ERROR_UNSUPPORTED, _("a heap's object outside its blocks is not read"),
                      error);
  place = sp_reader_number (id, heap->n_offset);
  n = sp_reader_number (id, heap->n_size);
  return sp_reader_check (id, error) && find_object (heap, place, n, &address, error)
      && hdf5_block_read (object, heap->file, address, n, NULL, error);
}
