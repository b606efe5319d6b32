/* hdf5-layout.c - where the elements of an HDF5 dataset lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-layout.h"

#include "hdf5-index.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

enum { COMPACT, CONTIGUOUS, CHUNKED };
enum { END_IS_RAW = 1, SINGLE_IS_FILTERED = 2 };
enum { DEFLATE = 1, SHUFFLE = 2, FLETCHER = 3 };

typedef struct {
  const Hdf5Object *object;
  const Hdf5File   *file;
  const Hdf5Space  *space;
  SpTensor         *tensor;
  guint64           message_at;
} Place;

static gboolean
refuse (const Place *place, const char *what, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: tensor '%s' %s"), sp_blob_get_name (place->file->blob),
               place->tensor->name, what);
  return FALSE;
}

/* -- filters ---------------------------------------------------------------------------------- */

static gboolean
refuse_filter (const Place *place, guint id, GError **error)
{
  static const struct { guint id; const char *name; } names[] = {
    { 4, "szip" }, { 5, "nbit" }, { 6, "scaleoffset" }, { 307, "bzip2" }, { 32000, "lzf" }, { 32001, "blosc" },
    { 32004, "lz4" }, { 32008, "bitshuffle" }, { 32013, "zfp" }, { 32015, "zstd" }, { 32026, "blosc2" },
  };
  g_autofree char *name = g_strdup_printf ("%u", id);
  g_autofree char *what = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    if (names[i].id == id)
      {
        g_free (name);
        name = g_strdup (names[i].name);
      }
  what = g_strdup_printf (_("is filtered with %s, which is not supported"), name);
  return refuse (place, what, error);
}

static gboolean
add_filter (const Place *place, SpFilters *filters, guint id, guint32 value, GError **error)
{
  SpFilterKind kind = id == DEFLATE ? SP_FILTER_DEFLATE : id == SHUFFLE ? SP_FILTER_SHUFFLE : SP_FILTER_FLETCHER;

  if (id < DEFLATE || id > FLETCHER)
    return refuse_filter (place, id, error);
  for (guint i = 0; i < filters->n && kind == SP_FILTER_DEFLATE; i++)
    if (filters->kinds[i] == kind)
      return refuse (place, _("is filtered twice in the same way, which is not supported"), error);
  filters->kinds[filters->n] = kind;
  filters->sizes[filters->n++] = value > 0 ? value : sp_dtype_size (place->tensor->dtype);
  return TRUE;
}

static gboolean
read_filters (const Place *place, SpFilters *filters, GError **error)
{
  const Hdf5Message *message = hdf5_object_find (place->object, HDF5_FILTERS);
  SpReader reader;
  guint version, n;

  if (message == NULL)
    return TRUE;
  hdf5_message_read (message, place->file, &reader);
  version = sp_reader_u8 (&reader);
  n = sp_reader_u8 (&reader);
  if (message->is_shared || version < 1 || version > 2 || n > SP_MAX_FILTERS)
    return refuse (place, _("has filters of a kind that is not supported"), error);
  sp_reader_bytes (&reader, version == 1 ? 6 : 0);
  for (; n > 0; n--)
    {
      guint id = sp_reader_u16 (&reader);
      guint n_name = version == 1 || id >= 256 ? sp_reader_u16 (&reader) : 0, n_values;
      guint32 value = 0;

      sp_reader_u16 (&reader);
      n_values = sp_reader_u16 (&reader);
      sp_reader_bytes (&reader, version == 1 ? (n_name + 7) / 8 * 8 : n_name);
      for (guint i = 0; i < n_values; i++)
        {
          guint32 next = sp_reader_u32 (&reader);

          value = i == 0 ? next : value;
        }
      if (version == 1 && n_values % 2 != 0)
        sp_reader_u32 (&reader);
      if (!sp_reader_check (&reader, error) || !add_filter (place, filters, id, value, error))
        return FALSE;
    }
  return TRUE;
}

/* -- what stands where nothing was written ------------------------------------------------------ */

static gboolean
read_fill (const Place *place, guint8 *fill, GError **error)
{
  const Hdf5Message *message = hdf5_object_find (place->object, HDF5_FILL);
  const Hdf5Message *old = hdf5_object_find (place->object, HDF5_OLD_FILL);
  gsize size = sp_dtype_size (place->tensor->dtype), n = 0;
  const guint8 *bytes;
  SpReader reader;

  if (message == NULL && old == NULL)
    return TRUE;
  hdf5_message_read (message != NULL ? message : old, place->file, &reader);
  if (message != NULL)
    {
      guint version = sp_reader_u8 (&reader), flags;
      gboolean is_there = version == 1;

      if (message->is_shared || version < 1 || version > 3)
        return refuse (place, _("has a fill value of a kind that is not supported"), error);
      sp_reader_bytes (&reader, version < 3 ? 2 : 0);
      flags = sp_reader_u8 (&reader);
      is_there |= version == 2 ? flags != 0 : (flags & 0x20) != 0;
      if (!is_there)
        return sp_reader_check (&reader, error);
    }
  n = sp_reader_u32 (&reader);
  if (!sp_reader_check (&reader, error) || n != size)
    return n == 0 || n > G_MAXINT32 || refuse (place, _("has a fill value of another type"), error);
  bytes = sp_reader_bytes (&reader, size);
  if (bytes != NULL)
    memcpy (fill, bytes, size);
  return sp_reader_check (&reader, error);
}

/* -- layouts ---------------------------------------------------------------------------------- */

/* Tiles of the filters and the fill value that the dataset has. */
static SpTiles *
new_tiles (const Place *place, GError **error)
{
  SpTiles *tiles = g_new0 (SpTiles, 1);

  if (read_filters (place, &tiles->filters, error) && read_fill (place, tiles->fill, error))
    return tiles;
  sp_tiles_free (tiles);
  return NULL;
}

static void
take_tiles (const Place *place, SpTiles *tiles)
{
  place->tensor->tiles = tiles;
  place->tensor->offset = place->file->base + place->object->address;
  place->tensor->blob = sp_blob_ref (place->file->blob);
}

/* Nothing was ever written: one tile, which is not there. */
static gboolean
place_nowhere (const Place *place, GError **error)
{
  SpTiles *tiles = new_tiles (place, error);

  if (tiles == NULL)
    return FALSE;
  for (guint i = 0; i < place->tensor->rank; i++)
    tiles->size[i] = MAX (place->tensor->shape[i], 1);
  take_tiles (place, tiles);
  return TRUE;
}

static gboolean
place_plain (const Place *place, guint64 address, guint64 n, GError **error)
{
  guint64 size = sp_blob_get_size (place->file->blob) - place->file->base;

  if (address == HDF5_NOWHERE || place->tensor->n_elements == 0)
    return place_nowhere (place, error);
  if (n < place->tensor->n_bytes)
    return hdf5_fail (place->file, place->message_at, SP_ERROR_MALFORMED, _("its size is not what its shape needs"), error);
  if (address > size || place->tensor->n_bytes > size - address)
    return hdf5_fail (place->file, address, SP_ERROR_CUT, _("the file ends within what should be here"), error);
  place->tensor->offset = place->file->base + address;
  place->tensor->blob = sp_blob_ref (place->file->blob);
  return TRUE;
}

/* Takes index.  sizes: of a chunk, and at last of an element. */
static gboolean
place_chunks (const Place *place, Hdf5Index *index, const guint64 *sizes, guint flags, GError **error)
{
  SpTensor *tensor = place->tensor;
  SpTiles *tiles = new_tiles (place, error);
  gboolean is_sane = tiles != NULL && sizes[tensor->rank] == sp_dtype_size (tensor->dtype);

  if (tiles == NULL)
    {
      hdf5_index_free (index);
      return FALSE;
    }
  tiles->origin = index;
  tiles->free_origin = hdf5_index_free;
  tiles->find = hdf5_index_find;
  tiles->is_end_raw = (flags & END_IS_RAW) != 0;
  for (guint i = 0; i < tensor->rank; i++)
    {
      tiles->size[i] = sizes[i];
      is_sane &= sizes[i] > 0;
    }
  take_tiles (place, tiles);
  if (!is_sane)
    return hdf5_fail (place->file, place->message_at, SP_ERROR_MALFORMED, _("its chunks are of a size that makes no sense"),
                      error);
  if (sp_tiles_bytes (tensor) <= SP_MAX_TILE_BYTES)
    return TRUE;
  return hdf5_fail (place->file, place->message_at, SP_ERROR_TOO_BIG, _("its chunks are larger than the 1 GiB that are read"),
                    error);
}

/* Version 1 to 3. */
static gboolean
place_old_chunks (const Place *place, SpReader *reader, guint n_sizes, guint64 address, GError **error)
{
  guint64 sizes[SP_MAX_RANK + 1];

  if (n_sizes != place->space->rank + 1)
    return hdf5_fail (place->file, place->message_at, SP_ERROR_MALFORMED, _("its chunks are of a size that makes no sense"),
                      error);
  for (guint i = 0; i < n_sizes; i++)
    sizes[i] = sp_reader_u32 (reader);
  return sp_reader_check (reader, error)
      && place_chunks (place, hdf5_index_new (place->file, HDF5_TREE1, address, place->space->limits), sizes, 0, error);
}

static gboolean
place_new_chunks (const Place *place, SpReader *reader, GError **error)
{
  static const guint8 n_parameters[] = { 0, 0, 0, 1, 5, 6 };
  guint flags = sp_reader_u8 (reader), n_sizes = sp_reader_u8 (reader), n_width = sp_reader_u8 (reader), kind;
  guint64 sizes[SP_MAX_RANK + 1], n_single = 0;
  guint32 mask = 0;
  Hdf5Index *index;

  if (n_sizes != place->space->rank + 1 || n_width < 1 || n_width > 8)
    return hdf5_fail (place->file, place->message_at, SP_ERROR_MALFORMED, _("its chunks are of a size that makes no sense"),
                      error);
  for (guint i = 0; i < n_sizes; i++)
    sizes[i] = sp_reader_number (reader, n_width);
  kind = sp_reader_u8 (reader);
  if (kind < HDF5_SINGLE || kind > HDF5_TREE2)
    return refuse (place, _("has an index of its chunks of a kind that is not supported"), error);
  if (kind == HDF5_SINGLE && flags & SINGLE_IS_FILTERED)
    {
      n_single = hdf5_take_length (place->file, reader);
      mask = sp_reader_u32 (reader);
    }
  sp_reader_bytes (reader, n_parameters[kind]);
  index = hdf5_index_new (place->file, kind, hdf5_take_address (place->file, reader), place->space->limits);
  index->n_single = n_single;
  index->mask = mask;
  if (sp_reader_check (reader, error))
    return place_chunks (place, index, sizes, flags, error);
  hdf5_index_free (index);
  return FALSE;
}

/* The bytes follow in the message itself, hence lie in the file. */
static gboolean
place_compact (const Place *place, const SpReader *reader, guint64 n, GError **error)
{
  if (n > sp_reader_left (reader))
    return hdf5_fail (place->file, place->message_at, SP_ERROR_MALFORMED, _("a part of it reaches beyond its end"), error);
  return place_plain (place, place->message_at + reader->place, n, error);
}

/* Versions 1 and 2: sizes for every layout, of which a contiguous one needs none. */
static gboolean
place_old (const Place *place, SpReader *reader, GError **error)
{
  guint n_sizes = sp_reader_u8 (reader), layout = sp_reader_u8 (reader);
  guint64 address = HDF5_NOWHERE;

  sp_reader_bytes (reader, 5);
  if (layout != COMPACT)
    address = hdf5_take_address (place->file, reader);
  if (layout == CHUNKED)
    return place_old_chunks (place, reader, n_sizes, address, error);
  sp_reader_bytes (reader, 4 * n_sizes);
  if (layout == COMPACT)
    {
      guint64 n = sp_reader_u32 (reader);

      return sp_reader_check (reader, error) && place_compact (place, reader, n, error);
    }
  return sp_reader_check (reader, error) && place_plain (place, address, G_MAXUINT64, error);
}

static gboolean
place_new (const Place *place, guint version, SpReader *reader, GError **error)
{
  guint layout = sp_reader_u8 (reader), n_sizes;
  guint64 n, address;

  switch (layout)
    {
    case COMPACT:
      n = sp_reader_u16 (reader);
      return sp_reader_check (reader, error) && place_compact (place, reader, n, error);
    case CONTIGUOUS:
      address = hdf5_take_address (place->file, reader);
      n = hdf5_take_length (place->file, reader);
      return sp_reader_check (reader, error) && place_plain (place, address, n, error);
    case CHUNKED:
      if (version > 3)
        return place_new_chunks (place, reader, error);
      n_sizes = sp_reader_u8 (reader);
      address = hdf5_take_address (place->file, reader);
      return place_old_chunks (place, reader, n_sizes, address, error);
    default:
      return refuse (place, _("is put together from other datasets, which is not supported"), error);
    }
}

gboolean
hdf5_layout_place (const Hdf5Object *object, const Hdf5Space *space, SpTensor *tensor, GError **error)
{
  const Hdf5Message *message = hdf5_object_find (object, HDF5_LAYOUT);
  Place place = { .object = object, .file = object->file, .space = space, .tensor = tensor };
  SpReader reader;
  guint version;

  if (hdf5_object_find (object, HDF5_EXTERNAL) != NULL)
    return refuse (&place, _("lies in other files, which is not supported"), error);
  if (message == NULL)
    return hdf5_fail (object->file, object->address, SP_ERROR_MALFORMED, _("here is something else than what should be"),
                      error);
  place.message_at = message->address;
  hdf5_message_read (message, object->file, &reader);
  version = sp_reader_u8 (&reader);
  if (message->is_shared || version < 1 || version > 4)
    return refuse (&place, _("is laid out in a way that is not supported"), error);
  return version < 3 ? place_old (&place, &reader, error) : place_new (&place, version, &reader, error);
}
