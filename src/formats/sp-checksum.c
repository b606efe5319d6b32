/* sp-checksum.c - CRC-32, which zips keep of their members */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-checksum.h"

#include <glib/gi18n-lib.h>
#ifdef HAVE_LIBDEFLATE
#include <libdeflate.h>
#else
#include <zlib.h>
#endif

#define PIECE_BYTES ((guint64) 1 << 20)

guint32
sp_crc32 (guint32 crc, gconstpointer data, gsize n_bytes)
{
#ifdef HAVE_LIBDEFLATE
  return libdeflate_crc32 (crc, data, n_bytes);
#else
  return crc32_z (crc, data, n_bytes);
#endif
}

gboolean
sp_crc32_blob (SpBlob *blob, guint64 offset, guint64 n_bytes, guint32 *crc, GError **error)
{
  g_autofree guint8 *scratch = g_malloc (PIECE_BYTES);

  *crc = 0;
  for (guint64 at = 0; at < n_bytes; at += PIECE_BYTES)
    {
      gsize n = MIN (PIECE_BYTES, n_bytes - at);
      gconstpointer data;

      if (!sp_blob_borrow (blob, offset + at, n, scratch, &data, error))
        return FALSE;
      *crc = sp_crc32 (*crc, data, n);
      if (!sp_blob_give_back (blob, offset + at, n, data, error))
        return FALSE;
    }
  return TRUE;
}

gboolean
sp_crc32_check (SpBlob *blob, guint32 crc, guint32 expected, GError **error)
{
  if (crc == expected)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: its checksum in the zip does not match: the file is damaged"),
               sp_blob_get_name (blob));
  return FALSE;
}

gboolean
sp_crc32_check_all (SpBlob *blob, GError **error)
{
  guint32 crc, expected;

  return !sp_blob_get_crc (blob, &expected)
      || (sp_crc32_blob (blob, 0, sp_blob_get_size (blob), &crc, error) && sp_crc32_check (blob, crc, expected, error));
}
