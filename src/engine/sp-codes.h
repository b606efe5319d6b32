/* sp-codes.h - sparse codes of consecutive tokens: which features are not 0, and what they are */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

/* All lent.  Token t has the entries starts[t] … starts[t + 1] - 1, ascending features, none twice, no value 0. */
typedef struct {
  gsize          n_tokens;
  const guint64 *starts;           /* (n_tokens + 1) */
  const guint32 *features;
  const float   *values;           /* finite */
} SpCodes;
