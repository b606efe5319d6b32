/* sp-feature-tops.h - the tokens at which each feature is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"
#include "sp-dump-look.h"

#define SP_FEATURE_TOPS 10               /* tokens of a feature */

/* Reference counted; written by one thread, immutable once it is shared. */
typedef struct _SpFeatureTops SpFeatureTops;

SpFeatureTops *sp_feature_tops_new   (guint n_features);         /* NULL: too many for memory */
SpFeatureTops *sp_feature_tops_ref   (SpFeatureTops *self);
void           sp_feature_tops_unref (SpFeatureTops *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpFeatureTops, sp_feature_tops_unref)

/* tokens: (codes->n_tokens) their numbers in the dump, ascending from call to call.  Of equal codes the first token stays before. */
void           sp_feature_tops_add   (SpFeatureTops *self, const SpCodes *codes, const guint64 *tokens);

/* Its tops, largest first; how many there are.  out: (SP_FEATURE_TOPS). */
gsize          sp_feature_tops_list  (const SpFeatureTops *self, guint feature, SpDumpTop *out);

/* Makes them the detail of a table whose rows are features: of the dump of one layer that look looks at. */
void           sp_feature_tops_link  (SpFeatureTops *self, SpDumpLook *look, SpTable *features);
