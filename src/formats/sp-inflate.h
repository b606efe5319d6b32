/* sp-inflate.h - deflated bytes as a stream blob: members of zips, and gzip files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* A raw deflate run of a zip: n_compressed bytes of zip from offset, which must give n_bytes with
 * the checksum crc.  Contradictions are errors when the end is reached. */
SpBlob *sp_inflate_new_member (SpBlob *zip, guint64 offset, guint64 n_compressed, guint64 n_bytes, guint32 crc,
                               const char *name);

/* A whole gzip file, of one or more members, their checksums checked. */
SpBlob *sp_inflate_new_gzip   (SpBlob *blob, const char *name);
