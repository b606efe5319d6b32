/* sp-dialect.h - regular expressions as tokenizer.json has them (Oniguruma's), for PCRE2 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* \s, \w, \h, \v, intervals before a +, names of properties and scripts mean other things to the two; what cannot be said to PCRE2
 * (sets within sets, their intersection, callouts) is an error.  has_scripts: names of properties are taken for scripts'. */
char *sp_dialect_translate (const char *pattern, gboolean has_scripts, GError **error);
