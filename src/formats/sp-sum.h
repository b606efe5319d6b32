/* sp-sum.h - whether a member of a zip, read in place tensor by tensor, has the checksum its zip says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-blob.h"

/* Reference counted.  The checksums of the tensors that lie in the member are put together; when all of them
 * have come, in any order and from any thread, what lies between them is read and the verdict falls.  Then it
 * begins anew. */
typedef struct _SpSum SpSum;

SpSum   *sp_sum_new    (SpBlob *blob);                 /* NULL: nothing says what its checksum should be */
SpSum   *sp_sum_ref    (SpSum *sum);
void     sp_sum_unref  (SpSum *sum);

/* A tensor lies there.  While the store opens, on one thread; before the first add(). */
void     sp_sum_expect (SpSum *sum, guint64 offset, guint64 n_bytes);

/* The checksum of what was expected there.  FALSE: this was the last one, and the member is damaged. */
gboolean sp_sum_add    (SpSum *sum, guint64 offset, guint64 n_bytes, guint32 crc, GError **error);
