/* fuzz-encode.c - any bytes as a tokenizer.json, and after a NUL a text for it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include "sp-tokenizer.h"

#include <string.h>

#define MOST_TEXT ((gsize) 1 << 14)

static const char some_text[] = "Hello  world\r\n\t don't 123 \u00e9e\u0301 \u65e5\u672c <s>\u2581 \xf0\x9f\x98\x80 aaaaaaaaaaaaaaaab";

static void
check (SpTokenizer *tokenizer, const char *text, gsize n)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = sp_tokenizer_encode (tokenizer, text, n, FALSE, NULL, &error);
  g_autofree char   *back = NULL;

  g_assert_true ((ids == NULL) == (error != NULL));
  if (ids == NULL)
    return;
  for (guint i = 0; i < ids->len; i++)
    g_assert_cmpuint (g_array_index (ids, guint32, i), <, sp_tokenizer_get_n_ids (tokenizer));
  back = sp_tokenizer_decode (tokenizer, (const guint32 *) ids->data, ids->len);
  g_assert_true (g_utf8_validate (back, -1, NULL));
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  const guint8           *end = n > 0 ? memchr (data, 0, n) : NULL;
  gsize                   n_json = end != NULL ? (gsize) (end - data) : n;
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new ((const char *) data, n_json, &error);

  g_assert_true ((tokenizer == NULL) == (error != NULL));
  if (tokenizer == NULL)
    return 0;
  check (tokenizer, some_text, sizeof some_text - 1);
  if (end != NULL)
    check (tokenizer, (const char *) end + 1, MIN (n - n_json - 1, MOST_TEXT));
  return 0;
}
