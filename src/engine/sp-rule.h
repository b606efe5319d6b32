/* sp-rule.h - the steps of a tokenizer.json: normalizers, pre-tokenizers, post-processors, decoders */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-json.h"
#include "sp-pattern.h"

#define SP_RULES_MOST 64                   /* steps of one family */

typedef enum { SP_RULES_NORMALIZER, SP_RULES_PRE_TOKENIZER, SP_RULES_POST_PROCESSOR, SP_RULES_DECODER } SpRuleFamily;

typedef enum {
  SP_RULE_SEQUENCE, SP_RULE_PREPEND, SP_RULE_REPLACE, SP_RULE_STRIP, SP_RULE_LOWERCASE, SP_RULE_NFC, SP_RULE_NFD, SP_RULE_NFKC,
  SP_RULE_NFKD, SP_RULE_BYTE_LEVEL, SP_RULE_SPLIT, SP_RULE_DIGITS, SP_RULE_METASPACE, SP_RULE_WHITESPACE, SP_RULE_WHITESPACE_SPLIT,
  SP_RULE_PUNCTUATION, SP_RULE_TEMPLATE, SP_RULE_BYTE_FALLBACK, SP_RULE_FUSE,
} SpRuleKind;

/* What becomes of a match between two stretches. */
typedef enum { SP_JOIN_REMOVED, SP_JOIN_ISOLATED, SP_JOIN_WITH_PREVIOUS, SP_JOIN_WITH_NEXT, SP_JOIN_CONTIGUOUS } SpJoin;

/* One step, with whatever of these its kind has. */
typedef struct {
  SpRuleKind  kind;
  char       *type;                        /* its kind's name */
  char       *content, *prepend, *replacement, *scheme, *behavior, *text, *regex;
  gboolean    is_inverted, is_single_digits, uses_regex, strips_left, strips_right, splits;
  gboolean    adds_space;                  /* -1: not said */
  guint64     start, stop;
  SpPattern  *pattern;
  SpJoin      join;
  GPtrArray  *parts;                       /* of SpRule; NULL: no sequence */
  GArray     *before, *after;              /* of guint32: a template's ids around the text; NULL: no template */
  gpointer    reading;                     /* while a template is read */
  guint      *n_left;                      /* while steps are read: how many more there may be */
} SpRule;

void     sp_rule_free  (SpRule *rule);

/* The value's first token was read; null has no steps.  Puts into rules (of SpRule), emptied before, those of sequences one after
 * another, at most SP_RULES_MOST.  What this program does not know is refused by name. */
gboolean sp_rules_read (SpJson *json, SpJsonToken first, SpRuleFamily family, GPtrArray *rules, GError **error);

SpRule  *sp_rule_new_byte_level (SpRuleFamily family, gboolean adds_space);   /* as GPT-2's files without a tokenizer.json mean it */
