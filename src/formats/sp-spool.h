/* sp-spool.h - a part of a stream where any place of it can be read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* Reads n_bytes of blob from offset once, into memory or, where they are more than SP_SPOOL_MEMORY, into a
 * file without a name below $TMPDIR, else /var/tmp.  A random blob of the same name, or NULL: the stream
 * failed, or there is no room (SP_ERROR_IO). */
#define SP_SPOOL_MEMORY ((guint64) 64 << 20)
SpBlob *sp_spool_new (SpBlob *blob, guint64 offset, guint64 n_bytes, GError **error);
