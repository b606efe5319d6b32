/* sp-vocabulary.h - the text of each token's id, from a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

#define SP_VOCABULARY_MOST_IDS (1u << 24)        /* larger ones have no text */

/* As Hugging Face's tokenizers writes it: a model's vocab, an object (BPE, WordPiece, WordLevel) or a list (Unigram), and
 * added_tokens, which take precedence.  Immutable; any thread. */
typedef struct _SpVocabulary SpVocabulary;

SpVocabulary *sp_vocabulary_new  (const char *json, gsize n_bytes, GError **error);
SpVocabulary *sp_vocabulary_new_bytes (const char *json, gsize n_bytes, const char *name, GError **error);   /* a GPT-2 vocab.json */
void          sp_vocabulary_free (SpVocabulary *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpVocabulary, sp_vocabulary_free)

/* Where the tokenizer writes bytes as letters (GPT-2: "Ġthe"), their text if they are any; as sp_printable_lines().  NULL: no such id. */
char         *sp_vocabulary_dup_text (SpVocabulary *self, gint64 id);

guint         sp_vocabulary_get_n_ids (SpVocabulary *self);             /* the largest with a text, plus 1 */
const char   *sp_vocabulary_get_text  (SpVocabulary *self, gint64 id);  /* the model's own, as written; NULL: none */
gboolean      sp_vocabulary_has_twins (SpVocabulary *self);             /* two texts have the same id */
