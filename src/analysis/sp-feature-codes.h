/* sp-feature-codes.h - the codes of a dump's first tokens, as many as there is room for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"

/* Written by one thread, read by any that is kept apart from it. */
typedef struct _SpFeatureCodes SpFeatureCodes;

SpFeatureCodes *sp_feature_codes_new   (gsize most);             /* codes, 8 bytes each */
void            sp_feature_codes_free  (SpFeatureCodes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFeatureCodes, sp_feature_codes_free)

/* tokens: (codes->n_tokens) their numbers in the dump, ascending from call to call.  The first token whose codes have no room is not
 * kept, nor is any after it. */
void            sp_feature_codes_add   (SpFeatureCodes *self, const SpCodes *codes, const guint64 *tokens);

gsize           sp_feature_codes_count (const SpFeatureCodes *self);                     /* tokens that are kept */
guint64         sp_feature_codes_token (const SpFeatureCodes *self, gsize i);            /* number of the i-th of them */
gboolean        sp_feature_codes_are_all (const SpFeatureCodes *self);                   /* none was turned away */
gboolean        sp_feature_codes_find  (const SpFeatureCodes *self, guint64 token, gsize *i);    /* FALSE: it is not kept */
/* most: feature → largest code so far, float *: those of the i-th token go in. */
void            sp_feature_codes_maximise (const SpFeatureCodes *self, gsize i, GHashTable *most);
float           sp_feature_codes_get   (const SpFeatureCodes *self, gsize i, guint32 feature);   /* of the i-th; 0: it is not active */
