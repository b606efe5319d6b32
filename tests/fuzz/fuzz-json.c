/* fuzz-json.c - any bytes as JSON: read to the end, and once more skipping what can be skipped */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include "sp-json.h"

#include <string.h>

static gboolean
read_through (const guint8 *data, gsize n, gboolean is_skipping)
{
  g_autoptr (SpJson) json = sp_json_new ((const char *) data, n, "fuzz.json");
  g_autoptr (GError) error = NULL;
  guint64 value;

  for (gsize i = 0; i <= 2 * n + 1; i++)
    switch (sp_json_next (json, &error))
      {
      case SP_JSON_ERROR:
        g_assert_nonnull (error);
        return FALSE;
      case SP_JSON_END:
        return TRUE;
      case SP_JSON_NUMBER:
        sp_json_get_u64 (json, &value);
        sp_json_get_double (json);
        break;
      case SP_JSON_KEY:
      case SP_JSON_STRING:
        g_assert_true (g_utf8_validate (sp_json_get_string (json), -1, NULL));
        break;
      default:
        g_assert_cmpuint (sp_json_get_offset (json), <, n);
        if (is_skipping && i > 0 && !sp_json_skip (json, &error))
          return FALSE;
      }
  g_assert_not_reached ();
}

int
LLVMFuzzerTestOneInput (const guint8 *data, gsize n)
{
  g_assert_true (read_through (data, n, FALSE) == read_through (data, n, TRUE));
  return 0;
}
