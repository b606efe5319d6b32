/* hdf5-index.c - where the chunks of an HDF5 dataset lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-index.h"

#include "hdf5-tree.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SUM_BYTES    4
#define PLAIN_TREE   10                /* types of B-tree of version 2 */
#define FILTER_TREE  11
#define MAX_PAGE     24                /* bits of the number of elements on a page */

typedef struct {
  const Hdf5Index *index;
  const Hdf5File  *file;
  const SpTensor  *tensor;
  GArray          *tiles;
  guint64          counts[SP_MAX_RANK];          /* tiles there are, and may once be, by dimension */
  guint64          max_counts[SP_MAX_RANK];
  guint            first;              /* the dimension that changes slowest in an array: the one without limit, else 0 */
  guint64          n_tile;             /* bytes of an unfiltered one */

  gboolean         is_filtered;        /* of an array: what an element of it is */
  gsize            n_element;
} Search;

Hdf5Index *
hdf5_index_new (const Hdf5File *file, Hdf5IndexKind kind, guint64 address, const guint64 *limits)
{
  Hdf5Index *index = g_new0 (Hdf5Index, 1);

  index->file = *file;
  sp_blob_ref (file->blob);
  index->kind = kind;
  index->address = address;
  memcpy (index->limits, limits, sizeof index->limits);
  return index;
}

void
hdf5_index_free (gpointer data)
{
  Hdf5Index *index = data;

  sp_blob_unref (index->file.blob);
  g_free (index);
}

static gboolean
fail (const Search *search, guint64 address, GError **error)
{
  return hdf5_fail (search->file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
}

/* place: in tiles. */
static gboolean
take_tile (Search *search, const guint64 *place, guint64 address, guint64 n_bytes, guint32 mask, GError **error)
{
  SpTile tile = { .offset = search->file->base + address, .n_bytes = n_bytes, .mask = mask };

  if (n_bytes > G_MAXUINT32 || address > G_MAXINT64)
    return hdf5_fail (search->file, address, SP_ERROR_TOO_BIG, _("a chunk is larger than any sane one"), error);
  for (guint i = 0; i < search->tensor->rank; i++)
    {
      if (place[i] >= search->counts[i])
        return hdf5_fail (search->file, address, SP_ERROR_MALFORMED, _("a chunk lies outside its dataset"), error);
      tile.index = tile.index * search->counts[i] + place[i];
    }
  g_array_append_val (search->tiles, tile);
  return TRUE;
}

/* -- trees ------------------------------------------------------------------------------------ */

static gboolean
visit_tree1 (const Hdf5File *file, SpReader *reader, gpointer data, GError **error)
{
  Search *search = data;
  guint64 place[SP_MAX_RANK], address;
  guint32 n_bytes = sp_reader_u32 (reader), mask = sp_reader_u32 (reader);
  gboolean is_whole = TRUE;

  for (guint i = 0; i < search->tensor->rank; i++)
    {
      guint64 at = sp_reader_u64 (reader), size = search->tensor->tiles->size[i];

      is_whole &= at % size == 0;
      place[i] = at / size;
    }
  sp_reader_u64 (reader);
  address = hdf5_take_address (file, reader);
  if (!sp_reader_check (reader, error))
    return FALSE;
  return is_whole ? take_tile (search, place, address, n_bytes, mask, error) : fail (search, address, error);
}

static gboolean
visit_tree2 (const Hdf5File *file, SpReader *reader, gpointer data, GError **error)
{
  Search *search = data;
  guint rank = search->tensor->rank;
  gsize n_rest = file->n_address + (search->is_filtered ? 4 : 0) + 8 * rank;
  gsize n_size = sp_reader_left (reader) - n_rest;
  guint64 place[SP_MAX_RANK], address, n_bytes = search->n_tile;
  guint32 mask = 0;

  if (search->is_filtered ? n_size - 1 > 7 : n_size != 0)
    return fail (search, search->index->address, error);
  address = hdf5_take_address (file, reader);
  if (search->is_filtered)
    {
      n_bytes = sp_reader_number (reader, n_size);
      mask = sp_reader_u32 (reader);
    }
  for (guint i = 0; i < rank; i++)
    place[i] = sp_reader_u64 (reader);
  return sp_reader_check (reader, error) && take_tile (search, place, address, n_bytes, mask, error);
}

/* -- arrays ----------------------------------------------------------------------------------- */

/* The tile at a place of the array, which is for the whole of what the dataset may grow to. */
static void
find_place (const Search *search, guint64 at, guint64 *place)
{
  for (guint i = search->tensor->rank; i-- > 0;)
    if (i != search->first)
      {
        place[i] = at % search->max_counts[i];
        at /= search->max_counts[i];
      }
  place[search->first] = at;
}

static gboolean
take_elements (Search *search, SpReader *reader, guint64 from, guint64 n, GError **error)
{
  for (guint64 i = from; i < from + n; i++)
    {
      guint64 place[SP_MAX_RANK], n_bytes = search->n_tile, address = hdf5_take_address (search->file, reader);
      guint32 mask = 0;

      if (search->is_filtered)
        {
          n_bytes = sp_reader_number (reader, search->n_element - search->file->n_address - 4);
          mask = sp_reader_u32 (reader);
        }
      find_place (search, i, place);
      if (!sp_reader_check (reader, error)
          || (address != HDF5_NOWHERE && !take_tile (search, place, address, n_bytes, mask, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
set_element (Search *search, guint client, gsize n_element, GError **error)
{
  gsize n_size = n_element - search->file->n_address - 4;

  search->is_filtered = client == 1;
  search->n_element = n_element;
  return (client == 1 ? n_size - 1 <= 7 : client == 0 && n_element == search->file->n_address)
      || fail (search, search->index->address, error);
}

/* Which pages were ever written: one bit each, from bit first on. */
typedef struct { const guint8 *bits; guint64 first; } Written;

static gboolean
is_written (const Written *written, guint64 page)
{
  guint64 i = written->first + page;

  return (written->bits[i / 8] & 0x80 >> i % 8) != 0;
}

/* Pages of elements follow one another, each with its sum. */
static gboolean
take_pages (Search *search, guint64 address, guint64 from, guint64 n, guint64 n_page, const Written *written, GError **error)
{
  for (guint64 p = 0; p * n_page < n; p++)
    {
      guint64 n_here = MIN (n_page, n - p * n_page);
      gsize n_bytes = n_here * search->n_element + SUM_BYTES;
      g_auto (Hdf5Block) page = { 0 };

      if (is_written (written, p)
          && !(hdf5_block_read (&page, search->file, address + p * (n_page * search->n_element + SUM_BYTES), n_bytes, NULL, error)
               && hdf5_block_check (&page, search->file, n_bytes, error)
               && take_elements (search, &page.reader, from + p * n_page, n_here, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_fixed (Search *search, GError **error)
{
  const Hdf5File *file = search->file;
  g_auto (Hdf5Block) head = { 0 };
  g_auto (Hdf5Block) data = { 0 };
  gsize n_head = 8 + file->n_length + file->n_address + SUM_BYTES, n_bitmap, n_start = 6 + file->n_address;
  guint client, n_element, page_bits;
  guint64 n, address, n_page, n_data;
  Written written = { 0 };

  if (!hdf5_block_read (&head, file, search->index->address, n_head, "FAHD", error)
      || !hdf5_block_check (&head, file, n_head, error))
    return FALSE;
  sp_reader_u8 (&head.reader);
  client = sp_reader_u8 (&head.reader);
  n_element = sp_reader_u8 (&head.reader);
  page_bits = sp_reader_u8 (&head.reader);
  n = hdf5_take_length (file, &head.reader);
  address = hdf5_take_address (file, &head.reader);
  if (page_bits > MAX_PAGE || n > HDF5_MAX_BLOCK)
    return fail (search, search->index->address, error);
  if (!set_element (search, client, n_element, error))
    return FALSE;
  if (address == HDF5_NOWHERE)
    return TRUE;
  n_page = G_GUINT64_CONSTANT (1) << page_bits;
  n_bitmap = n > n_page ? ((n + n_page - 1) / n_page + 7) / 8 : 0;
  n_data = n_start + (n > n_page ? n_bitmap : n * n_element) + SUM_BYTES;
  if (!hdf5_block_read (&data, file, address, n_data, "FADB", error) || !hdf5_block_check (&data, file, n_data, error))
    return FALSE;
  sp_reader_bytes (&data.reader, n_start - 4);
  if (n <= n_page)
    return take_elements (search, &data.reader, 0, n, error);
  written.bits = sp_reader_bytes (&data.reader, n_bitmap);
  return take_pages (search, address + n_data, 0, n, n_page, &written, error);
}

/* -- extensible arrays: a few elements and blocks, then super blocks of ever more and longer blocks -- */

typedef struct {
  guint   n_offset;                    /* bytes of a block's place in the array */
  guint64 n_first, n_min, n_page;      /* elements in the index block, in the shortest block, on a page */
  guint   n_super, n_direct;           /* super blocks in all, and those whose blocks the index block knows itself */
  guint64 n_known;                     /* such blocks */
  guint64 index_at;
} Extensible;

static guint
log2_of (guint64 n)
{
  return n > 0 ? 63 - __builtin_clzll (n) : 0;
}

static guint64
blocks_of_super (guint i)
{
  return G_GUINT64_CONSTANT (1) << i / 2;
}

static guint64
elements_of_block (const Extensible *array, guint i)
{
  return array->n_min << (i + 1) / 2;
}

static gboolean
read_extensible_head (Search *search, Extensible *array, GError **error)
{
  const Hdf5File *file = search->file;
  g_auto (Hdf5Block) head = { 0 };
  gsize n_head = 12 + 6 * file->n_length + file->n_address + SUM_BYTES;
  guint client, n_element, n_bits, n_pointers, page_bits;

  if (!hdf5_block_read (&head, file, search->index->address, n_head, "EAHD", error)
      || !hdf5_block_check (&head, file, n_head, error))
    return FALSE;
  sp_reader_u8 (&head.reader);
  client = sp_reader_u8 (&head.reader);
  n_element = sp_reader_u8 (&head.reader);
  n_bits = sp_reader_u8 (&head.reader);
  array->n_first = sp_reader_u8 (&head.reader);
  array->n_min = sp_reader_u8 (&head.reader);
  n_pointers = sp_reader_u8 (&head.reader);
  page_bits = sp_reader_u8 (&head.reader);
  sp_reader_bytes (&head.reader, 6 * file->n_length);
  array->index_at = hdf5_take_address (file, &head.reader);
  if (n_bits > 48 || array->n_min == 0 || n_pointers == 0 || page_bits > MAX_PAGE || log2_of (array->n_min) > n_bits)
    return fail (search, search->index->address, error);
  array->n_offset = (n_bits + 7) / 8;
  array->n_page = G_GUINT64_CONSTANT (1) << page_bits;
  array->n_super = 1 + n_bits - log2_of (array->n_min);
  array->n_direct = MIN (2 * log2_of (n_pointers), array->n_super);
  array->n_known = 2 * (n_pointers - 1);
  return set_element (search, client, n_element, error);
}

static gboolean
read_extensible_block (Search *search, const Extensible *array, guint64 address, guint64 from, guint64 n,
                       const Written *written, GError **error)
{
  g_auto (Hdf5Block) block = { 0 };
  gsize n_start = 6 + search->file->n_address + array->n_offset;
  guint64 n_bytes = n_start + (written != NULL ? 0 : n * search->n_element) + SUM_BYTES;

  if (address == HDF5_NOWHERE)
    return TRUE;
  if (!hdf5_block_read (&block, search->file, address, n_bytes, "EADB", error)
      || !hdf5_block_check (&block, search->file, n_bytes, error))
    return FALSE;
  sp_reader_bytes (&block.reader, n_start - 4);
  return written != NULL ? take_pages (search, address + n_bytes, from, n, array->n_page, written, error)
                         : take_elements (search, &block.reader, from, n, error);
}

static gboolean
read_super (Search *search, const Extensible *array, guint i, guint64 address, guint64 from, GError **error)
{
  g_auto (Hdf5Block) block = { 0 };
  guint64 n_blocks = blocks_of_super (i), n = elements_of_block (array, i);
  gsize n_start = 6 + search->file->n_address + array->n_offset;
  guint64 n_pages = n > array->n_page ? n / array->n_page : 0, n_bitmap = (n_pages + 7) / 8;
  guint64 n_bytes = n_start + n_blocks * (n_bitmap + search->file->n_address) + SUM_BYTES;
  Written written = { 0 };

  if (address == HDF5_NOWHERE)
    return TRUE;
  if (!hdf5_block_read (&block, search->file, address, n_bytes, "EASB", error)
      || !hdf5_block_check (&block, search->file, n_bytes, error))
    return FALSE;
  sp_reader_bytes (&block.reader, n_start - 4);
  written.bits = sp_reader_bytes (&block.reader, n_blocks * n_bitmap);
  for (guint64 k = 0; k < n_blocks; k++, written.first += n_pages)
    if (!read_extensible_block (search, array, hdf5_take_address (search->file, &block.reader), from + k * n, n,
                                n_pages > 0 ? &written : NULL, error))
      return FALSE;
  return TRUE;
}

static gboolean
read_extensible (Search *search, GError **error)
{
  const Hdf5File *file = search->file;
  g_auto (Hdf5Block) block = { 0 };
  Extensible array = { 0 };
  guint64 n_bytes, from;

  if (!read_extensible_head (search, &array, error))
    return FALSE;
  if (array.index_at == HDF5_NOWHERE)
    return TRUE;
  n_bytes = 6 + file->n_address + array.n_first * search->n_element
          + (array.n_known + array.n_super - array.n_direct) * file->n_address + SUM_BYTES;
  if (!hdf5_block_read (&block, file, array.index_at, n_bytes, "EAIB", error)
      || !hdf5_block_check (&block, file, n_bytes, error))
    return FALSE;
  sp_reader_bytes (&block.reader, 2 + file->n_address);
  if (!take_elements (search, &block.reader, 0, array.n_first, error))
    return FALSE;
  from = array.n_first;
  for (guint i = 0; i < array.n_super; i++)
    {
      guint64 n = elements_of_block (&array, i);

      for (guint64 k = 0; i < array.n_direct && k < blocks_of_super (i); k++)
        if (!read_extensible_block (search, &array, hdf5_take_address (file, &block.reader), from + k * n, n, NULL, error))
          return FALSE;
      if (i >= array.n_direct && !read_super (search, &array, i, hdf5_take_address (file, &block.reader), from, error))
        return FALSE;
      from += n * blocks_of_super (i);
    }
  return sp_reader_check (&block.reader, error);
}

/* -- no index --------------------------------------------------------------------------------- */

/* All chunks lie one after another. */
static gboolean
read_implicit (Search *search, guint64 n_tiles, GError **error)
{
  guint rank = search->tensor->rank;

  if (n_tiles > sp_blob_get_size (search->file->blob) / search->n_tile)
    return hdf5_fail (search->file, search->index->address, SP_ERROR_CUT, _("the file ends within what should be here"),
                      error);
  for (guint64 k = 0; k < n_tiles; k++)
    {
      guint64 place[SP_MAX_RANK], at = 0, left = k;

      for (guint i = rank; i-- > 0; left /= search->counts[i])
        place[i] = left % search->counts[i];
      for (guint i = 0; i < rank; i++)
        at = at * search->max_counts[i] + place[i];
      if (at > (G_MAXINT64 - search->index->address) / search->n_tile)
        return fail (search, search->index->address, error);
      if (!take_tile (search, place, search->index->address + at * search->n_tile, search->n_tile, 0, error))
        return FALSE;
    }
  return TRUE;
}

static gboolean
read_single (Search *search, GError **error)
{
  guint64 place[SP_MAX_RANK] = { 0 };
  gboolean is_filtered = search->tensor->tiles->filters.n > 0;

  return take_tile (search, place, search->index->address, is_filtered ? search->index->n_single : search->n_tile,
                    search->index->mask, error);
}

static gboolean
read_index (Search *search, guint64 n_tiles, GError **error)
{
  const Hdf5Index *index = search->index;
  gsize n_key = 8 + 8 * (search->tensor->rank + 1);

  switch (index->kind)
    {
    case HDF5_SINGLE: return read_single (search, error);
    case HDF5_IMPLICIT: return read_implicit (search, n_tiles, error);
    case HDF5_FIXED: return read_fixed (search, error);
    case HDF5_EXTENSIBLE: return read_extensible (search, error);
    case HDF5_TREE2:
      search->is_filtered = search->tensor->tiles->filters.n > 0;
      return hdf5_tree2_walk (search->file, index->address, search->is_filtered ? FILTER_TREE : PLAIN_TREE, visit_tree2,
                              search, error);
    case HDF5_TREE1: return hdf5_tree1_walk (search->file, index->address, 1, n_key, visit_tree1, search, error);
    }
  return FALSE;
}

GArray *
hdf5_index_find (const SpTensor *tensor, gpointer origin, GError **error)
{
  const Hdf5Index *index = origin;
  g_autoptr (GArray) tiles = g_array_new (FALSE, FALSE, sizeof (SpTile));
  Search search = { .index = index, .file = &index->file, .tensor = tensor, .tiles = tiles };
  guint64 n_tiles = sp_tiles_count (tensor, search.counts);

  search.n_tile = sp_tiles_bytes (tensor);
  for (guint i = 0; i < tensor->rank; i++)
    {
      guint64 limit = MAX (index->limits[i], tensor->shape[i]), size = tensor->tiles->size[i];

      search.max_counts[i] = MAX (limit / size + (limit % size != 0), 1);
      if (index->limits[i] == G_MAXUINT64 && index->kind == HDF5_EXTENSIBLE)
        search.first = i;
    }
  if (n_tiles == 0 || index->address == HDF5_NOWHERE || read_index (&search, n_tiles, error))
    return g_steal_pointer (&tiles);
  return NULL;
}
