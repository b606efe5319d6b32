/* sp-screen.h - a matrix product for those who look for what is large in it: quick, nearly right, and honest about how nearly
 * (inside the engine)
 *
 * z = x · w + offset of a token and a feature is known within error · length of it: error is the token's, length the feature's.  Where the
 * processor multiplies pairs of bf16, x and w are rounded to them; elsewhere it is sp_product() with what its sums may round.  What may be
 * large enough is then asked for by sp_screen_exact(), which does not depend on either.
 *
 * The bounds: with x̃, w̃ as rounded, |x·w - x̃·w̃| ≤ |x - x̃| |w| + |x̃| |w - w̃| by Cauchy and Schwarz, and n sums of f32 are off by less
 * than n · 2^-23 · Σ |x̃ w̃| whatever their order (Higham, Accuracy and Stability of Numerical Algorithms, 2002, 3.1). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"
#include "sp-team.h"

typedef struct _SpScreen SpScreen;

/* Both lent for life: weights (n_features, n_inputs) and offsets (n_features) are finite, x (most_tokens, n_inputs) comes later.  NULL:
 * cancelled. */
SpScreen *sp_screen_new   (SpTeam *team, const float *weights, const float *offsets, gsize n_features, gsize n_inputs, const float *x,
                           gsize most_tokens, GError **error);
void      sp_screen_free  (SpScreen *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpScreen, sp_screen_free)

double    sp_screen_bytes (gsize n_features, gsize n_inputs, gsize most_tokens);       /* that it asks for, at most */

/* n tokens of x from first on are there, and stay so while they are asked for.  Any thread, each its own. */
void      sp_screen_take  (SpScreen *self, gsize first, gsize n);

/* x · w of n_tokens tokens from one on, a multiple of SP_PAIR_ROWS, and n features from one on, a multiple of SP_PAIR_COLUMNS.  out: rows
 * of stride elements; n_tokens and n are rounded up to those.  Any thread. */
void      sp_screen_multiply (const SpScreen *self, gsize token, gsize n_tokens, gsize feature, gsize n, float *out, gsize stride);
/* More than any of these is off by, of the first n_tokens tokens; NaN: nothing is known of one. */
double    sp_screen_bound  (const SpScreen *self, gsize n_tokens);

/* For SpKernels' pick, which then gives what z is at most: of a token, and features from first on. */
SpMargin  sp_screen_margin (const SpScreen *self, gsize token, gsize first);
/* What z then is at least; -INFINITY: nothing is known. */
float     sp_screen_least (const SpScreen *self, gsize token, gsize feature, float most);
/* z of n features, rounded once from f64: the same bits for every instruction set. */
void      sp_screen_exact (const SpScreen *self, gsize token, const guint32 *features, gsize n, float *z);
