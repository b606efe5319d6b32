/* sp-cutting.h - drops neurons of an FFN by a rule and counts those that stay (inside sp-evaluation) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-outcome.h"

/* One way of cutting, on its way through the layers. */
typedef struct _SpCutting SpCutting;

SpCutting *sp_cutting_new    (SpOutcome *outcome, guint n_threads);                           /* outcome is taken */
void       sp_cutting_free   (SpCutting *self);
SpOutcome *sp_cutting_get_outcome (SpCutting *self);                                           /* not yet immutable */

/* Before a layer: norms (n_neurons) |w_i| of its down projection; threshold: of CETT and LIST. */
void       sp_cutting_begin  (SpCutting *self, guint layer, const double *norms, double threshold);
/* An SpFfnFunc, data the cutting. */
void       sp_cutting_block  (gpointer self, guint thread, gsize first_token, gsize n_tokens, const float *gates, float *h);
void       sp_cutting_end    (SpCutting *self);                                                /* after the layer */
