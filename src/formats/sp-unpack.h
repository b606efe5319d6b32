/* sp-unpack.h - tar files and compressed single files, through libarchive */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-archive.h"

/* One forward cursor for the whole archive, shared by the streams of its members: read in order,
 * everything is unpacked once; going back starts again.  Any thread; they wait for one another. */
typedef struct _SpUnpack SpUnpack;

SpUnpack *sp_unpack_new   (SpBlob *blob, const char *member_name);   /* of a single file; NULL: it is a tar */
SpUnpack *sp_unpack_ref   (SpUnpack *unpack);
void      sp_unpack_unref (SpUnpack *unpack);

GArray   *sp_unpack_list  (SpUnpack *unpack, GError **error);        /* of SpMember; regular files only */
SpBlob   *sp_unpack_dup_blob (SpUnpack *unpack, const SpMember *member, const char *name, GError **error);
