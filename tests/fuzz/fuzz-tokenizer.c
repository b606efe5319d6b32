/* fuzz-tokenizer.c - any bytes as a tokenizer.json: every id it may have is looked up */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include "sp-vocabulary.h"

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (SpVocabulary) vocabulary = sp_vocabulary_new ((const char *) data, n, &error);

  g_assert_true ((vocabulary == NULL) == (error != NULL));
  for (gint64 id = -1; vocabulary != NULL && id <= (gint64) n; id++)
    {
      g_autofree char *text = sp_vocabulary_dup_text (vocabulary, id);

      g_assert_true (text == NULL || g_utf8_validate (text, -1, NULL));
    }
  return 0;
}
