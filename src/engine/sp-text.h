/* sp-text.h - a file of text, or of token ids, as a model reads it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"
#include "sp-tokenizer.h"

/* Of a text the model's folder has the tokenizer, or the one around it, whose template puts special tokens such as BOS around it; ids
 * (sp-ids.h) are taken as they are.  Returns the ids (of guint32), each one the model has.  tokenizer (NULL: not wanted): that, NULL where
 * it has none and none was needed.
 * Errors: the file, a folder without a tokenizer, text that is not UTF-8 or empty, ids the model does not have. */
GArray *sp_text_read (SpModel *model, const char *path, SpTokenizer **tokenizer, GCancellable *cancellable, GError **error);
