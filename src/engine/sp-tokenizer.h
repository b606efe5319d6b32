/* sp-tokenizer.h - texts to token ids and back, as a model's tokenizer.json says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

#include <gio/gio.h>

#define SP_TOKENIZER_MOST_BYTES ((gsize) 512 << 20)      /* of a text */

/* Byte-pair models (BPE) with the ids that Hugging Face's tokenizers gives: byte-level ones (GPT-2, Llama 3, Qwen2, GPT-NeoX, OPT)
 * and those of SentencePiece (Llama 2).  What is not supported is refused when it is opened, by name.
 * Reference counted, immutable; any thread, each encoding with its own memory. */
typedef struct _SpTokenizer SpTokenizer;

/* A tokenizer.json's text, no longer needed afterwards. */
SpTokenizer *sp_tokenizer_new   (const char *json, gsize n_bytes, GError **error);

/* The folder's tokenizer.json, else vocab.json with merges.txt, else encoder.json with vocab.bpe.  What its tokenizer_config.json says by
 * add_bos_token counts more than the template of tokenizer.json: true puts the bos_token first, false does not. */
SpTokenizer *sp_tokenizer_open  (const char *folder, GError **error);

SpTokenizer *sp_tokenizer_ref   (SpTokenizer *self);
void         sp_tokenizer_unref (SpTokenizer *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpTokenizer, sp_tokenizer_unref)

/* Ids (of guint32) of UTF-8, in which NUL bytes are characters; with_special: and those of the template around it (BOS).
 * NULL: cancelled (within a second), not UTF-8 (at which byte is said), or a pattern that needs too many steps on it. */
GArray      *sp_tokenizer_encode   (SpTokenizer *self, const char *text, gsize n_bytes, gboolean with_special,
                                    GCancellable *cancellable, GError **error);

/* Their text: valid UTF-8; special tokens and ids of no token are left out. */
char        *sp_tokenizer_decode   (SpTokenizer *self, const guint32 *ids, gsize n);

char        *sp_tokenizer_dup_text (SpTokenizer *self, guint32 id);      /* one token, as sp_printable_lines(); NULL: no such id */
guint        sp_tokenizer_get_n_ids (SpTokenizer *self);                 /* the largest id, plus 1 */
