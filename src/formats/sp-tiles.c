/* sp-tiles.c - a tensor cut into boxes of one size that are stored one by one, filtered or not */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tiles.h"

#include "sp-spool.h"

#include <gio/gio.h>
#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <pthread.h>
#include <string.h>

#define MAX_BAND_BYTES ((guint64) 256 << 20)   /* two of them are kept at most */
#define GOLDEN         G_GUINT64_CONSTANT (0x9e3779b97f4a7c15)

/* A tile that is, or is being, unfiltered. */
typedef struct {
  guint64  index;
  guint8  *data;
  guint    n_users;
  gboolean is_ready, has_failed;
  GList    link;                       /* in the order of last use */
} Kept;

struct _SpTileReader {
  const SpTensor *tensor;
  const SpTiles  *tiles;
  gsize           size;                /* bytes per element */
  gsize           n_bytes;             /* of a tile */
  guint           rank;                /* ≥ 1; a scalar is a vector of one */
  guint64         shape[SP_MAX_RANK], tile[SP_MAX_RANK];
  guint64         counts[SP_MAX_RANK]; /* tiles by dimension */
  GArray         *index;               /* of SpTile, ascending */
  gboolean        is_spooled;

  pthread_mutex_t lock;                /* guards the rest */
  pthread_cond_t  changed;
  SpBlob         *spool;               /* the tiles of index one after another, unfiltered; NULL: not yet */
  GHashTable     *kept;                /* of Kept, by their index */
  GQueue          by_use;
  guint           max_kept;
};

/* Elements of the tensor, a box of them. */
typedef struct { guint64 from[SP_MAX_RANK], to[SP_MAX_RANK]; } Box;

void
sp_tiles_free (SpTiles *tiles)
{
  if (tiles != NULL && tiles->free_origin != NULL)
    tiles->free_origin (tiles->origin);
  g_free (tiles);
}

guint64
sp_tiles_count (const SpTensor *tensor, guint64 counts[SP_MAX_RANK])
{
  guint64 n = 1;

  for (guint i = 0; i < tensor->rank; i++)
    {
      counts[i] = tensor->shape[i] / tensor->tiles->size[i] + (tensor->shape[i] % tensor->tiles->size[i] != 0);
      n *= counts[i];
    }
  return n;
}

guint64
sp_tiles_bytes (const SpTensor *tensor)
{
  guint64 n = sp_dtype_size (tensor->dtype);

  for (guint i = 0; i < tensor->rank; i++)
    if (__builtin_mul_overflow (n, tensor->tiles->size[i], &n))
      return G_MAXUINT64;
  return n;
}

static gboolean
is_raw (const SpTileReader *reader, const SpTile *tile)
{
  guint32 all = (1u << reader->tiles->filters.n) - 1;

  return (tile->mask & all) == all;
}

static int
compare_tiles (gconstpointer a, gconstpointer b)
{
  const SpTile *x = a, *y = b;

  return x->index < y->index ? -1 : x->index > y->index;
}

static gboolean
fail (const SpTileReader *reader, const SpTile *tile, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, _("%s: tensor '%s', chunk %" PRIu64 " at byte %" PRIu64 ": %s"),
               sp_blob_get_name (reader->tensor->blob), reader->tensor->name, tile->index, tile->offset, reason);
  return FALSE;
}

static gboolean
check_tile (const SpTileReader *reader, const SpTile *tile, GError **error)
{
  guint64 size = sp_blob_get_size (reader->tensor->blob);

  if (tile->offset > size || tile->n_bytes > size - tile->offset)
    return fail (reader, tile, SP_ERROR_CUT, _("the file ends before it does"), error);
  if (is_raw (reader, tile) && tile->n_bytes < reader->n_bytes)
    return fail (reader, tile, SP_ERROR_MALFORMED, _("its size is not what its shape needs"), error);
  return TRUE;
}

static gboolean
reaches_beyond (const SpTileReader *reader, guint64 index)
{
  gboolean does = FALSE;

  for (guint i = reader->rank; i-- > 0; index /= reader->counts[i])
    does |= reader->shape[i] - index % reader->counts[i] * reader->tile[i] < reader->tile[i];
  return does;
}

static gboolean
check_index (SpTileReader *reader, GError **error)
{
  g_array_sort (reader->index, compare_tiles);
  for (guint i = 0; i < reader->index->len; i++)
    {
      SpTile *tile = &g_array_index (reader->index, SpTile, i);

      if (i > 0 && tile->index == tile[-1].index)
        return fail (reader, tile, SP_ERROR_MALFORMED, _("it is listed twice"), error);
      if (reader->tiles->is_end_raw && reaches_beyond (reader, tile->index))
        tile->mask = G_MAXUINT32;
      if (!check_tile (reader, tile, error))
        return FALSE;
    }
  return TRUE;
}

/* How much of the tiles that reach over the same rows is kept; two bands, since readers are not all in one. */
static void
plan_memory (SpTileReader *reader)
{
  guint64 n_band = 1;
  gboolean is_filtered = FALSE;

  for (guint i = 1; i < reader->rank; i++)
    n_band *= reader->counts[i];
  for (guint i = 0; i < reader->index->len && !is_filtered; i++)
    is_filtered = !is_raw (reader, &g_array_index (reader->index, SpTile, i));
  n_band = MIN (n_band, reader->index->len);
  reader->is_spooled = is_filtered && n_band > 1 && n_band > MAX_BAND_BYTES / reader->n_bytes;
  reader->max_kept = reader->is_spooled ? 1 : MAX (MIN (2 * n_band, 2 * MAX_BAND_BYTES / reader->n_bytes), 1);
}

static gboolean
read_index (SpTileReader *reader, GError **error)
{
  if (reader->tiles->find == NULL)
    reader->index = g_array_new (FALSE, FALSE, sizeof (SpTile));
  else
    reader->index = reader->tiles->find (reader->tensor, reader->tiles->origin, error);
  if (reader->index == NULL || !check_index (reader, error))
    return FALSE;
  plan_memory (reader);
  return TRUE;
}

SpTileReader *
sp_tile_reader_new (const SpTensor *tensor, GError **error)
{
  SpTileReader *reader = g_new0 (SpTileReader, 1);

  reader->tensor = tensor;
  reader->tiles = tensor->tiles;
  reader->size = sp_dtype_size (tensor->dtype);
  reader->n_bytes = sp_tiles_bytes (tensor);
  reader->rank = MAX (tensor->rank, 1);
  reader->shape[0] = reader->tile[0] = reader->counts[0] = 1;
  memcpy (reader->shape, tensor->shape, tensor->rank * sizeof *tensor->shape);
  memcpy (reader->tile, tensor->tiles->size, tensor->rank * sizeof *reader->tile);
  sp_tiles_count (tensor, reader->counts);
  reader->kept = g_hash_table_new (g_int64_hash, g_int64_equal);
  pthread_mutex_init (&reader->lock, NULL);
  pthread_cond_init (&reader->changed, NULL);
  if (read_index (reader, error))
    return reader;
  sp_tile_reader_free (reader);
  return NULL;
}

static void
kept_free (gpointer kept)
{
  g_free (((Kept *) kept)->data);
  g_free (kept);
}

void
sp_tile_reader_free (SpTileReader *reader)
{
  if (reader == NULL)
    return;
  for (GList *link; (link = g_queue_pop_head_link (&reader->by_use)) != NULL;)
    kept_free (link->data);
  g_hash_table_unref (reader->kept);
  g_clear_pointer (&reader->index, g_array_unref);
  g_clear_pointer (&reader->spool, sp_blob_unref);
  pthread_cond_destroy (&reader->changed);
  pthread_mutex_destroy (&reader->lock);
  g_free (reader);
}

/* -- one tile --------------------------------------------------------------------------------- */

static gboolean
unfilter (const SpTileReader *reader, const SpTile *tile, guint8 *out, GError **error)
{
  const SpFilters *filters = &reader->tiles->filters;
  SpBlob *blob = reader->tensor->blob;
  g_autofree guint8 *input = g_malloc (tile->n_bytes);
  g_autofree guint8 *scratch = g_malloc (sp_unfilter_room (filters, reader->n_bytes));
  const char *reason;

  if (g_cancellable_set_error_if_cancelled (g_cancellable_get_current (), error)
      || !sp_blob_read (blob, tile->offset, input, tile->n_bytes, error))
    return FALSE;
  reason = sp_unfilter (filters, tile->mask, input, tile->n_bytes, out, scratch, reader->n_bytes);
  return reason == NULL || fail (reader, tile, SP_ERROR_MALFORMED, reason, error);
}

/* The buffer of the one that was used longest ago, where there are enough; else a new one. */
static guint8 *
find_room (SpTileReader *reader)
{
  if (reader->by_use.length >= reader->max_kept)
    for (GList *link = reader->by_use.head; link != NULL; link = link->next)
      {
        Kept *kept = link->data;
        guint8 *data = kept->data;

        if (kept->n_users > 0)
          continue;
        g_hash_table_remove (reader->kept, &kept->index);
        g_queue_unlink (&reader->by_use, link);
        g_free (kept);
        return data;
      }
  return g_malloc (sp_unfilter_room (&reader->tiles->filters, reader->n_bytes));
}

static Kept *
add_kept (SpTileReader *reader, guint64 index)
{
  Kept *kept = g_new0 (Kept, 1);

  kept->data = find_room (reader);
  kept->index = index;
  kept->link.data = kept;
  g_hash_table_insert (reader->kept, &kept->index, kept);
  g_queue_push_tail_link (&reader->by_use, &kept->link);
  return kept;
}

/* Locked.  The last of those who waited for one that failed lets it go. */
static void
stop_using (Kept *kept)
{
  kept->n_users--;
  if (kept->has_failed && kept->n_users == 0)
    kept_free (kept);
}

/* Locked, but for the work itself. */
static gboolean
make_ready (SpTileReader *reader, const SpTile *tile, Kept *kept, GError **error)
{
  pthread_mutex_unlock (&reader->lock);
  kept->has_failed = !unfilter (reader, tile, kept->data, error);
  pthread_mutex_lock (&reader->lock);
  if (kept->has_failed)
    {
      g_hash_table_remove (reader->kept, &kept->index);
      g_queue_unlink (&reader->by_use, &kept->link);
    }
  kept->is_ready = TRUE;
  pthread_cond_broadcast (&reader->changed);
  return !kept->has_failed;
}

/* What is not there yet is unfiltered here, or waited for where another does that; one who failed did so alone. */
static Kept *
use_kept (SpTileReader *reader, const SpTile *tile, GError **error)
{
  Kept *kept = NULL;
  gboolean is_good = FALSE, is_mine = FALSE;

  pthread_mutex_lock (&reader->lock);
  while (!is_good && !is_mine)
    {
      kept = g_hash_table_lookup (reader->kept, &tile->index);
      is_mine = kept == NULL;
      if (is_mine)
        kept = add_kept (reader, tile->index);
      kept->n_users++;
      if (is_mine)
        is_good = make_ready (reader, tile, kept, error);
      while (!kept->is_ready)
        pthread_cond_wait (&reader->changed, &reader->lock);
      is_good = !kept->has_failed;
      if (!is_good)
        stop_using (kept);
    }
  pthread_mutex_unlock (&reader->lock);
  return is_good ? kept : NULL;
}

static void
end_use (SpTileReader *reader, Kept *kept)
{
  pthread_mutex_lock (&reader->lock);
  stop_using (kept);
  g_queue_unlink (&reader->by_use, &kept->link);
  g_queue_push_tail_link (&reader->by_use, &kept->link);
  pthread_mutex_unlock (&reader->lock);
}

/* -- all tiles, unfiltered one after another --------------------------------------------------- */

typedef struct {
  const SpTileReader *reader;
  guint64             place;
  guint8             *data;            /* the tile that place lies in, once it was come to */
} Unfilterer;

static gpointer
unfilterer_open (gpointer reader, GError **error)
{
  Unfilterer *unfilterer = g_new0 (Unfilterer, 1);

  (void) error;
  unfilterer->reader = reader;
  unfilterer->data = g_malloc (sp_unfilter_room (&unfilterer->reader->tiles->filters, unfilterer->reader->n_bytes));
  return unfilterer;
}

static gssize
unfilterer_read (gpointer stream, gpointer buffer, gsize n_bytes, GError **error)
{
  Unfilterer *unfilterer = stream;
  const SpTileReader *reader = unfilterer->reader;
  guint64 i = unfilterer->place / reader->n_bytes, at = unfilterer->place % reader->n_bytes;

  if (i == reader->index->len)
    return 0;
  if (at == 0 && !unfilter (reader, &g_array_index (reader->index, SpTile, i), unfilterer->data, error))
    return -1;
  n_bytes = MIN (n_bytes, reader->n_bytes - at);
  memcpy (buffer, unfilterer->data + at, n_bytes);
  unfilterer->place += n_bytes;
  return n_bytes;
}

static void
unfilterer_close (gpointer stream)
{
  g_free (((Unfilterer *) stream)->data);
  g_free (stream);
}

static const SpStreamClass unfilterer_class = { unfilterer_open, unfilterer_read, unfilterer_close };

static gboolean
spool (SpTileReader *reader, GError **error)
{
  guint64 n_bytes = reader->index->len * (guint64) reader->n_bytes;
  const char *name = sp_blob_get_name (reader->tensor->blob);
  g_autoptr (SpBlob) stream = sp_blob_new_stream (&unfilterer_class, reader, NULL, name, NULL, n_bytes);

  gboolean is_there;

  pthread_mutex_lock (&reader->lock);
  if (reader->spool == NULL)
    reader->spool = sp_spool_new (stream, 0, n_bytes, error);
  is_there = reader->spool != NULL;
  pthread_mutex_unlock (&reader->lock);
  return is_there;
}

/* -- from tiles to rows ------------------------------------------------------------------------ */

/* Around elements first … first + n - 1. */
static Box
bound (const SpTileReader *reader, guint64 first, guint64 n)
{
  guint64 low = first, high = first + n - 1, step = 1;
  gboolean is_one = TRUE;
  Box box;

  for (guint i = 1; i < reader->rank; i++)
    step *= reader->shape[i];
  for (guint i = 0; i < reader->rank; i++)
    {
      box.from[i] = is_one ? low / step : 0;
      box.to[i] = is_one ? high / step + 1 : reader->shape[i];
      is_one &= low / step == high / step;
      low %= step;
      high %= step;
      step /= i + 1 < reader->rank ? reader->shape[i + 1] : 1;
    }
  return box;
}

/* Where a place, counted from the start of the box of this size, is. */
static guint64
place_of (const guint64 *at, const guint64 *start, const guint64 *sizes, guint rank)
{
  guint64 place = 0;

  for (guint i = 0; i < rank; i++)
    place = place * sizes[i] + at[i] - (start != NULL ? start[i] : 0);
  return place;
}

static void
repeat (guint8 *out, const guint8 *element, gsize size, gsize n)
{
  for (gsize i = 0; i < n; i++)
    memcpy (out + i * size, element, size);
}

/* The elements of a box into out, which holds first … first + n - 1.  data: of the tile, from its element data_at on;
 * start: where the tile begins; NULL data: it is not stored. */
static void
copy_box (const SpTileReader *reader,
          const Box *box,
          const guint64 *start,
          const guint8 *data,
          guint64 data_at,
          guint64 first,
          guint64 n,
          guint8 *out)
{
  guint last = reader->rank - 1;
  guint64 at[SP_MAX_RANK], n_runs = 1, width = box->to[last] - box->from[last];

  memcpy (at, box->from, sizeof at);
  for (guint i = 0; i < last; i++)
    n_runs *= box->to[i] - box->from[i];
  for (; n_runs > 0; n_runs--)
    {
      guint64 to = place_of (at, NULL, reader->shape, reader->rank);
      guint64 skipped = to < first ? MIN (first - to, width) : 0;
      guint64 n_run = to + skipped < first + n ? MIN (width - skipped, first + n - to - skipped) : 0;

      if (n_run > 0 && data == NULL)
        repeat (out + (to + skipped - first) * reader->size, reader->tiles->fill, reader->size, n_run);
      else if (n_run > 0)
        memcpy (out + (to + skipped - first) * reader->size,
                data + (place_of (at, start, reader->tile, reader->rank) + skipped - data_at) * reader->size,
                n_run * reader->size);
      for (guint i = last; i-- > 0;)
        {
          if (++at[i] < box->to[i])
            break;
          at[i] = box->from[i];
        }
    }
}

/* Of a tile that lies unfiltered at offset in blob, no more than the box. */
static gboolean
copy_raw (const SpTileReader *reader, SpBlob *blob, guint64 offset, const Box *box, const guint64 *start, guint64 first,
          guint64 n, guint8 *out, GError **error)
{
  guint64 end[SP_MAX_RANK], low, n_span;
  g_autofree guint8 *scratch = NULL;
  gconstpointer data;

  for (guint i = 0; i < reader->rank; i++)
    end[i] = box->to[i] - 1;
  low = place_of (box->from, start, reader->tile, reader->rank);
  n_span = (place_of (end, start, reader->tile, reader->rank) - low + 1) * reader->size;
  offset += low * reader->size;
  scratch = g_malloc (n_span);
  if (!sp_blob_borrow (blob, offset, n_span, scratch, &data, error))
    return FALSE;
  copy_box (reader, box, start, data, low, first, n, out);
  return sp_blob_give_back (blob, offset, n_span, data, error);
}

static const SpTile *
find_tile (const SpTileReader *reader, guint64 index)
{
  SpTile wanted = { .index = index };

  return reader->index->len == 0
           ? NULL : bsearch (&wanted, reader->index->data, reader->index->len, sizeof wanted, compare_tiles);
}

/* The tile at place (in tiles) as far as it lies in the box around first … first + n - 1. */
static gboolean
read_tile (SpTileReader *reader, const guint64 *place, const Box *around, guint64 first, guint64 n, guint8 *out,
           GError **error)
{
  const SpTile *tile = find_tile (reader, place_of (place, NULL, reader->counts, reader->rank));
  guint64 start[SP_MAX_RANK];
  Box box;
  Kept *kept;

  for (guint i = 0; i < reader->rank; i++)
    {
      start[i] = place[i] * reader->tile[i];
      box.from[i] = MAX (start[i], around->from[i]);
      box.to[i] = MIN (start[i] + reader->tile[i], around->to[i]);
    }
  if (tile != NULL && reader->is_spooled)
    return copy_raw (reader, reader->spool, (tile - (const SpTile *) reader->index->data) * reader->n_bytes, &box, start,
                     first, n, out, error);
  if (tile != NULL && is_raw (reader, tile))
    return copy_raw (reader, reader->tensor->blob, tile->offset, &box, start, first, n, out, error);
  kept = tile != NULL ? use_kept (reader, tile, error) : NULL;
  if (tile != NULL && kept == NULL)
    return FALSE;
  copy_box (reader, &box, start, kept != NULL ? kept->data : NULL, 0, first, n, out);
  if (kept != NULL)
    end_use (reader, kept);
  return TRUE;
}

gboolean
sp_tile_reader_read (SpTileReader *reader, guint64 first, gsize n, guint64 turn, gpointer out, GError **error)
{
  Box around = bound (reader, first, n);
  guint64 low[SP_MAX_RANK], counts[SP_MAX_RANK], n_tiles = 1, begin;

  if (reader->is_spooled && !spool (reader, error))
    return FALSE;
  for (guint i = 0; i < reader->rank; i++)
    {
      low[i] = around.from[i] / reader->tile[i];
      counts[i] = (around.to[i] - 1) / reader->tile[i] + 1 - low[i];
      n_tiles *= counts[i];
    }
  begin = ((turn * GOLDEN) >> 32) * n_tiles >> 32;
  for (guint64 k = 0; k < n_tiles; k++)
    {
      guint64 place[SP_MAX_RANK], index = (begin + k) % n_tiles;

      for (guint i = reader->rank; i-- > 0; index /= counts[i])
        place[i] = low[i] + index % counts[i];
      if (!read_tile (reader, place, &around, first, n, out, error))
        return FALSE;
    }
  return TRUE;
}
