/* torch-bytes.c - the bytes of pickles while they are read: in place where that goes, else copied */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-bytes.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FIRST_BYTES  ((gsize) 256 << 10)
#define GROWTH       4
#define MAX_IN_PLACE ((gsize) 1 << 30)
#define MAX_COPIED   ((gsize) 64 << 20)

static gboolean
fail_too_long (const TorchBytes *bytes, gsize max_bytes, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
               _("%s: its pickle is longer than %zu MiB, longer than that of any known checkpoint"),
               sp_blob_get_name (bytes->blob), max_bytes >> 20);
  return FALSE;
}

/* FALSE: they do not lie in memory or a mapped file. */
static gboolean
find_in_place (TorchBytes *bytes)
{
  gsize n = MIN (sp_blob_get_size (bytes->blob), MAX_IN_PLACE);
  guint8 byte;

  if (!sp_blob_is_random (bytes->blob) || !sp_blob_borrow (bytes->blob, 0, 1, &byte, &bytes->place, NULL))
    return FALSE;
  if (bytes->place == &byte)
    {
      bytes->place = NULL;
      return FALSE;
    }
  bytes->bytes = g_bytes_new_static (bytes->place, n);
  bytes->is_whole = n == sp_blob_get_size (bytes->blob);
  return TRUE;
}

static gboolean
copy_more (TorchBytes *bytes, GError **error)
{
  guint64 size = sp_blob_get_size (bytes->blob);
  gsize n_have = bytes->bytes != NULL ? g_bytes_get_size (bytes->bytes) : 0;
  gsize n_room = MAX (MIN (MIN (MAX (FIRST_BYTES, GROWTH * n_have), MAX_COPIED), size), n_have);
  g_autofree guint8 *data = g_try_malloc (n_room + 1);
  gssize n;

  if (data == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: there is not enough memory for its pickle"),
                   sp_blob_get_name (bytes->blob));
      return FALSE;
    }
  if (n_have > 0)
    memcpy (data, g_bytes_get_data (bytes->bytes, NULL), n_have);
  n = sp_blob_read_some (bytes->blob, n_have, data + n_have, n_room - n_have, error);
  if (n < 0)
    return FALSE;
  bytes->is_whole = (gsize) n < n_room - n_have || n == 0 || n_have + (gsize) n >= size;
  g_clear_pointer (&bytes->bytes, g_bytes_unref);
  bytes->bytes = g_bytes_new_take (g_steal_pointer (&data), n_have + (gsize) n);
  return TRUE;
}

gboolean
torch_bytes_grow (TorchBytes *bytes, GError **error)
{
  if (bytes->bytes == NULL && find_in_place (bytes))
    return TRUE;
  if (bytes->place != NULL)
    return fail_too_long (bytes, MAX_IN_PLACE, error);
  if (bytes->bytes != NULL && g_bytes_get_size (bytes->bytes) >= MAX_COPIED)
    return fail_too_long (bytes, MAX_COPIED, error);
  return copy_more (bytes, error);
}

gboolean
torch_bytes_load (TorchBytes *bytes, GError **error)
{
  if (!sp_blob_is_random (bytes->blob) && sp_blob_get_size (bytes->blob) > MAX_COPIED)
    return fail_too_long (bytes, MAX_COPIED, error);
  while (!bytes->is_whole)
    if (!torch_bytes_grow (bytes, error))
      return FALSE;
  return TRUE;
}

gboolean
torch_bytes_end (TorchBytes *bytes, GError **error)
{
  g_autoptr (GError) cut = NULL;
  gsize n = bytes->bytes != NULL ? g_bytes_get_size (bytes->bytes) : 0;
  gboolean was_there = bytes->place == NULL || sp_blob_give_back (bytes->blob, 0, n, bytes->place, &cut);

  g_clear_pointer (&bytes->bytes, g_bytes_unref);
  if (was_there)
    return TRUE;
  g_clear_error (error);
  g_propagate_error (error, g_steal_pointer (&cut));
  return FALSE;
}
