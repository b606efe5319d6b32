/* sp-flow.h - the elements of one tensor in order, as many at a time as one asks for: several tensors can be read side by side */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

/* One thread at a time.  Holds a chunk of its tensor at most, whatever that is.  What it gave before an error, also that of
 * sp_flow_end(), is nothing to trust. */
typedef struct _SpFlow SpFlow;

SpFlow  *sp_flow_new      (const SpTensor *tensor, GError **error);          /* lent */
void     sp_flow_free     (SpFlow *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFlow, sp_flow_free)

/* The next n elements, row-major; the caller knows how many there are. */
gboolean sp_flow_take_f32 (SpFlow *self, gsize n, float *out, GError **error);         /* of any type, as kernels widen them */
gboolean sp_flow_take_i64 (SpFlow *self, gsize n, gint64 *out, GError **error);        /* of integers; above G_MAXINT64: below 0 */

/* After the last element that is wanted: whether all bytes were really there. */
gboolean sp_flow_end      (SpFlow *self, GError **error);
