/* sp-feature-tally.h - what sparse codes say of each feature: how often it fires, when last, how strongly; and how many fire at a token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"

#include <gio/gio.h>

/* When a feature with code f fires at a token: as SAELens' evaluation and SAEDashboard's densities have it; as training in SAELens,
 * dictionary_learning, OpenAI's and EleutherAI's has it; as OpenAI's counter of dead ones; as SAEDashboard's frac_nonzero. */
typedef enum { SP_FIRES_ABOVE_0, SP_FIRES_NOT_0, SP_FIRES_ABOVE_1E_3, SP_FIRES_BEYOND_1E_6, SP_N_FIRES } SpFires;

#define SP_TALLY_MOST_FEATURES (1u << 24)
#define SP_TALLY_MOST_TOKENS   G_MAXUINT32

/* Of a test, by feature: (n_features) each. */
typedef struct {
  guint32 *fired;                /* tokens at which it fires */
  guint32 *last;                 /* token after that of its last firing; 0: it never did */
  guint32 *longest;              /* most tokens in a row without a firing, also those before the first; not those after the last */
  guint32 *n_prompts;            /* sequences in which it fires at least once */
  double  *sum;                  /* of f where it fires */
} SpFiringTally;

/* Written by one thread, read by any that is kept apart from it. */
typedef struct {
  guint          n_features;
  guint64        n_tokens;
  SpFiringTally  tests[SP_N_FIRES];
  float         *max;            /* (n_features) largest f; 0: none is above 0 */
  guint64       *l0[SP_N_FIRES]; /* (n_l0) tokens at which so many features fire */
  gsize          n_l0;
  guint64        n_sequences;
  guint32        sequence;       /* token at which the last of them begins */
  double         l1, l1_norm;    /* Σ over tokens of Σ f, as SAELens has it, and of Σ |f|, as dictionary_learning has it */
} SpFeatureTally;

/* Errors, SP_ERROR_TOO_BIG: more features than SP_TALLY_MOST_FEATURES. */
SpFeatureTally *sp_feature_tally_new  (guint64 n_features, GError **error);
void            sp_feature_tally_free (SpFeatureTally *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFeatureTally, sp_feature_tally_free)

/* The next tokens.  starts_sequence: (codes->n_tokens) not 0: one begins; NULL: they go on with that of the token before.
 * Errors: more tokens than SP_TALLY_MOST_TOKENS. */
gboolean        sp_feature_tally_add  (SpFeatureTally *self, const SpCodes *codes, const guint8 *starts_sequence, GError **error);

/* Tokens since it fired last: all, if it never did; and most in a row without a firing, those after the last too. */
static inline guint64
sp_feature_tally_silent (const SpFeatureTally *self, SpFires test, guint feature)
{
  return self->n_tokens - self->tests[test].last[feature];
}
static inline guint64
sp_feature_tally_longest (const SpFeatureTally *self, SpFires test, guint feature)
{
  return MAX (self->tests[test].longest[feature], sp_feature_tally_silent (self, test, feature));
}
