/* sp-splitter.h - a text cut into the words that a model encodes one by one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-rule.h"

typedef gboolean (*SpWordFunc) (gpointer data, const char *word, gsize n_bytes, GError **error);

/* One text's cutting; one thread.  A word goes through all rules before the next is cut, so nothing but it is kept in memory. */
typedef struct {
  const GPtrArray  *rules;                 /* of SpRule; lent */
  GString          *texts[SP_RULES_MOST];  /* what a rule rewrites, one for each */
  const SpPatience *patience;
  SpWordFunc        func;
  gpointer          data;
} SpSplitter;

void     sp_splitter_init  (SpSplitter *splitter, const GPtrArray *rules, const SpPatience *patience, SpWordFunc func, gpointer data);
void     sp_splitter_clear (SpSplitter *splitter);

/* is_first: the part begins where the whole text does. */
gboolean sp_splitter_split (SpSplitter *splitter, const char *text, gsize n_bytes, gboolean is_first, GError **error);
