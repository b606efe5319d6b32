/* sp-normalizer.h - what is done to a text before it is split */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-rule.h"

#define SP_NORMALIZER_MOST_BYTES ((gsize) 1 << 30)

/* The text becomes what the rules (of SpRule) make of it.  *is_first: whether its first character comes from the beginning of
 * the whole text; some rules take that away. */
gboolean sp_normalize (const GPtrArray *rules, GString *text, gboolean *is_first, const SpPatience *patience, GError **error);

/* What a Replace makes of a text, appended to `to`. */
gboolean sp_normalizer_replace (const SpRule *rule, const char *text, gsize n_bytes, GString *to, gboolean *is_first,
                                const SpPatience *patience, GError **error);
