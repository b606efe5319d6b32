/* sp-checksum.h - CRC-32, which zips keep of their members */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* Of n_bytes that start with the checksum crc.  The fastest at hand. */
guint32  sp_crc32       (guint32 crc, gconstpointer data, gsize n_bytes);

/* Of a part of a blob, which is read through, its memory let go of on the way. */
gboolean sp_crc32_blob  (SpBlob *blob, guint64 offset, guint64 n_bytes, guint32 *crc, GError **error);

/* FALSE, with SP_ERROR_MALFORMED, where what a zip says of the blob is another. */
gboolean sp_crc32_check (SpBlob *blob, guint32 crc, guint32 expected, GError **error);
gboolean sp_crc32_check_all (SpBlob *blob, GError **error);      /* reads it through; TRUE where nobody says what it should be */
