/* sp-added.h - tokens that are looked for in a text before all else: added_tokens of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-patience.h"

#define SP_ADDED_MOST_BYTES 1024           /* of one token */

typedef struct {
  guint64   id;
  char     *content;
  gboolean  is_single_word, strips_left, strips_right, is_normalized, is_special;
} SpAddedToken;

/* Tokens are put one after another; from then on immutable, any thread. */
typedef struct _SpAdded SpAdded;

SpAdded *sp_added_new  (void);
void     sp_added_free (SpAdded *added);
void     sp_added_put  (SpAdded *added, const char *text, guint32 id, const SpAddedToken *token);   /* text: at most SP_ADDED_MOST_BYTES */

/* A stretch of a text: one token's, or what lies between.  FALSE with error: no more. */
typedef gboolean (*SpAddedFunc) (gpointer data, gsize start, gsize end, const guint32 *id, GError **error);

/* All of a text in order, tokens taken from the left, the longest at each place. */
gboolean sp_added_walk (const SpAdded *added, const char *text, gsize n_bytes, const SpPatience *patience, SpAddedFunc func,
                        gpointer data, GError **error);
