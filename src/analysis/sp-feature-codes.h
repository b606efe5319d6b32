/* sp-feature-codes.h - the codes of some tokens of a dump, as many as there is room for */
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
gboolean        sp_feature_codes_is_full  (const SpFeatureCodes *self);   /* one was turned away */
gboolean        sp_feature_codes_has_room (const SpFeatureCodes *self, const SpCodes *codes);
gsize           sp_feature_codes_capacity (const SpFeatureCodes *self);   /* tokens that fit, if they are like those there are */
/* Makes room.  kept: (count) not 0: it stays. */
void            sp_feature_codes_thin  (SpFeatureCodes *self, const guint8 *kept);

gsize           sp_feature_codes_count (const SpFeatureCodes *self);                     /* tokens that are kept */
guint64         sp_feature_codes_token (const SpFeatureCodes *self, gsize i);            /* number of the i-th of them */
gsize           sp_feature_codes_count_first (const SpFeatureCodes *self);               /* of them, the first there were, without a gap */
gboolean        sp_feature_codes_are_all (const SpFeatureCodes *self);                   /* none was turned away, or is gone */
gboolean        sp_feature_codes_find  (const SpFeatureCodes *self, guint64 token, gsize *i);    /* FALSE: it is not kept */
/* most: feature → largest code so far, float *: those of the i-th token go in. */
void            sp_feature_codes_maximise (const SpFeatureCodes *self, gsize i, GHashTable *most);
float           sp_feature_codes_get   (const SpFeatureCodes *self, gsize i, guint32 feature);   /* of the i-th; 0: it is not active */
