/* sp-reference.h - a layer's thresholds as the reference finds them (sp-cett.h), from all its activations at once */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-team.h"

/* One layer after the other. */
typedef struct _SpReference SpReference;

/* Error, SP_ERROR_TOO_BIG: a layer's activations would need more than 4 GiB. */
SpReference *sp_reference_new   (gsize n_tokens, guint n_neurons, guint n_outputs, GError **error);
void         sp_reference_free  (SpReference *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpReference, sp_reference_free)

/* h: (n, n_neurons) of tokens from first_token on; any thread. */
void         sp_reference_take  (SpReference *self, gsize first_token, gsize n, const float *h);
/* All tokens were taken: measures the coarse candidates.  down: (n_outputs, n_neurons), or the other way round where it is_input_major;
 * norms: (n_neurons) |w_i|, lent while tau is solved for.  FALSE: cancelled. */
gboolean     sp_reference_begin (SpReference *self, SpTeam *team, const float *down, gboolean is_input_major, const double *norms,
                                 GError **error);
gboolean     sp_reference_solve (SpReference *self, SpTeam *team, double tau, double *threshold, double *cett, GError **error);
