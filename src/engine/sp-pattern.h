/* sp-pattern.h - a text or a regular expression to be found in a text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-patience.h"

/* Immutable; any thread. */
typedef struct _SpPattern SpPattern;

SpPattern *sp_pattern_new_text  (const char *text);
SpPattern *sp_pattern_new_regex (const char *regex, GError **error);      /* as tokenizer.json has it (sp-dialect.h) */
void       sp_pattern_free      (SpPattern *pattern);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpPattern, sp_pattern_free)

/* One stretch of a text: what was found, maybe empty, or what lies between.  FALSE with error: no more. */
typedef gboolean (*SpStretchFunc) (gpointer data, gsize start, gsize end, gboolean is_match, GError **error);

/* All of a text, from its start to its end: the leftmost matches, each from the end of the last on; an empty one is none where
 * the last ended.  A search that needs too many steps, or memory, is an error. */
gboolean   sp_pattern_walk      (const SpPattern *pattern, const char *text, gsize n_bytes, const SpPatience *patience,
                                 SpStretchFunc func, gpointer data, GError **error);
