/* sp-tokenizer-private.h - what a tokenizer is made of */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-added.h"
#include "sp-bpe.h"
#include "sp-rule.h"
#include "sp-tokenizer.h"

struct _SpTokenizer {
  gatomicrefcount ref_count;
  SpVocabulary   *vocabulary;
  SpBpe          *bpe;
  GPtrArray      *rules[4];                /* by SpRuleFamily, of SpRule */
  SpAdded        *plain, *normalized;      /* looked for in the text, and in what the normalizers make of it */
  GHashTable     *contents;                /* id → char *, of added tokens */
  GHashTable     *special;                 /* ids that are left out of decoded text */
  GArray         *before, *after;          /* of guint32: the template */
};

SpTokenizer *sp_tokenizer_new_empty (SpVocabulary *vocabulary);          /* takes it */

/* Once the normalizers and the model are there. */
gboolean     sp_tokenizer_put_added (SpTokenizer *self, const SpAddedToken *token, GError **error);

void         sp_tokenizer_set_bos   (SpTokenizer *self, guint32 id, gboolean is_there);    /* whether it stands before all */
