/* sp-zip.h - the directory of a zip: where each member lies */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-archive.h"

/* Own code because stored members are read in place and libarchive does not say where they lie.
 * zip: random.  Refused: several disks, overlapping members, numbers that contradict one another. */
GArray  *sp_zip_list   (SpBlob *zip, GError **error);      /* of SpMember, names owned by the array */

/* Offset in the zip of the member's bytes, checked against its local header. */
gboolean sp_zip_locate (SpBlob *zip, const SpMember *member, guint64 *offset, GError **error);

void     sp_member_clear (SpMember *member);
