/* sp-sum.c - whether a member of a zip, read in place tensor by tensor, has the checksum its zip says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sum.h"

#include "sp-checksum.h"

#include <pthread.h>
#include <zlib.h>

typedef struct {
  guint64  offset, n_bytes;
  guint32  crc;
  gboolean is_there;
} Piece;

struct _SpSum {
  int             n_refs;              /* atomic */
  SpBlob         *blob;
  guint32         crc;                 /* that it should have */
  GArray         *pieces;              /* of Piece; the rest is guarded by the lock */
  pthread_mutex_t lock;
  gboolean        is_sorted;           /* and of pieces that overlap only the first is left */
  guint           n_missing;
};

SpSum *
sp_sum_new (SpBlob *blob)
{
  guint32 crc;
  SpSum *sum;

  if (!sp_blob_get_crc (blob, &crc))
    return NULL;
  sum = g_new0 (SpSum, 1);
  sum->n_refs = 1;
  sum->blob = sp_blob_ref (blob);
  sum->crc = crc;
  sum->pieces = g_array_sized_new (FALSE, FALSE, sizeof (Piece), 1);
  pthread_mutex_init (&sum->lock, NULL);
  return sum;
}

SpSum *
sp_sum_ref (SpSum *sum)
{
  g_atomic_int_inc (&sum->n_refs);
  return sum;
}

void
sp_sum_unref (SpSum *sum)
{
  if (sum == NULL || !g_atomic_int_dec_and_test (&sum->n_refs))
    return;
  sp_blob_unref (sum->blob);
  g_array_unref (sum->pieces);
  pthread_mutex_destroy (&sum->lock);
  g_free (sum);
}

void
sp_sum_expect (SpSum *sum, guint64 offset, guint64 n_bytes)
{
  Piece piece = { offset, n_bytes, 0, FALSE };

  g_array_append_val (sum->pieces, piece);
}

static int
compare_pieces (gconstpointer a, gconstpointer b)
{
  const Piece *x = a, *y = b;

  return x->offset != y->offset ? (x->offset < y->offset ? -1 : 1) : (x->n_bytes < y->n_bytes) - (x->n_bytes > y->n_bytes);
}

static void
sort_pieces (SpSum *sum)
{
  guint64 end = 0;
  guint n = 0;

  g_array_sort (sum->pieces, compare_pieces);
  for (guint i = 0; i < sum->pieces->len; i++)
    {
      Piece piece = g_array_index (sum->pieces, Piece, i);

      if (piece.offset < end)
        continue;
      g_array_index (sum->pieces, Piece, n++) = piece;
      end = piece.offset + piece.n_bytes;
    }
  g_array_set_size (sum->pieces, n);
  sum->n_missing = n;
  sum->is_sorted = TRUE;
}

static gboolean
append_gap (SpSum *sum, guint64 from, guint64 to, guint32 *crc, GError **error)
{
  guint32 gap;

  if (!sp_crc32_blob (sum->blob, from, to - from, &gap, error))
    return FALSE;
  *crc = (guint32) crc32_combine (*crc, gap, to - from);
  return TRUE;
}

static gboolean
check_all (SpSum *sum, GError **error)
{
  guint64 at = 0;
  guint32 crc = 0;

  for (guint i = 0; i < sum->pieces->len; i++)
    {
      Piece *piece = &g_array_index (sum->pieces, Piece, i);

      if (!append_gap (sum, at, piece->offset, &crc, error))
        return FALSE;
      crc = (guint32) crc32_combine (crc, piece->crc, piece->n_bytes);
      at = piece->offset + piece->n_bytes;
    }
  return append_gap (sum, at, sp_blob_get_size (sum->blob), &crc, error)
      && sp_crc32_check (sum->blob, crc, sum->crc, error);
}

/* TRUE: it was the last one. */
static gboolean
take_piece (SpSum *sum, const Piece *piece)
{
  guint i;

  if (!g_array_binary_search (sum->pieces, piece, compare_pieces, &i) || g_array_index (sum->pieces, Piece, i).is_there)
    return FALSE;
  g_array_index (sum->pieces, Piece, i) = *piece;
  sum->n_missing--;
  return sum->n_missing == 0;
}

static void
begin_anew (SpSum *sum)
{
  for (guint i = 0; i < sum->pieces->len; i++)
    g_array_index (sum->pieces, Piece, i).is_there = FALSE;
  sum->n_missing = sum->pieces->len;
}

gboolean
sp_sum_add (SpSum *sum, guint64 offset, guint64 n_bytes, guint32 crc, GError **error)
{
  const Piece piece = { offset, n_bytes, crc, TRUE };
  gboolean is_well = TRUE;

  pthread_mutex_lock (&sum->lock);
  if (!sum->is_sorted)
    sort_pieces (sum);
  if (take_piece (sum, &piece))
    {
      is_well = check_all (sum, error);
      begin_anew (sum);
    }
  pthread_mutex_unlock (&sum->lock);
  return is_well;
}
