/* sp-archive.h - members of zip, tar, gz, xz and zst files as blobs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

typedef struct {
  char    *name;                   /* as stored; never used as a path on disk */
  guint64  n_bytes;                /* inflated; SP_SIZE_UNKNOWN where the archive does not say */
  gboolean is_encrypted;
  gboolean has_crc;
  guint32  crc;
  /* private */
  guint64  header_offset, n_compressed;
  guint16  method;
  gsize    ordinal;                /* nth entry of a streamed archive */
} SpMember;

/* Lists the members: a zip by its directory (zip64 too), everything else through libarchive,
 * headers first to last.  More than 1 000 000 members, or names over 4 KiB, are refused. */
typedef struct _SpArchive SpArchive;
SpArchive      *sp_archive_open  (SpBlob *blob, GError **error);
SpArchive      *sp_archive_ref   (SpArchive *archive);
void            sp_archive_unref (SpArchive *archive);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpArchive, sp_archive_unref)

gboolean        sp_archive_is_known      (const guint8 *head, gsize n);      /* by its first bytes (265 are enough) */

gboolean        sp_archive_is_zip        (SpArchive *archive);
gsize           sp_archive_get_n_members (SpArchive *archive);
const SpMember *sp_archive_get_member    (SpArchive *archive, gsize i);
const SpMember *sp_archive_find_suffix   (SpArchive *archive, const char *suffix, gsize *index);  /* "/data.pkl" */

/* Stored zip members are slices of the zip (random, in place) that tell their CRC; all else are streams.
 * Streams check the member's CRC themselves when they reach its end. */
SpBlob         *sp_archive_dup_blob      (SpArchive *archive, gsize i, GError **error);

/* A whole small member (headers, pickles): at most max_bytes inflated, CRC checked. */
GBytes         *sp_archive_load          (SpArchive *archive, gsize i, gsize max_bytes, GError **error);
