/* sp-format.c - the list of formats, and which of them knows a blob */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-format.h"

#include <glib/gi18n-lib.h>

#define FORMAT(id) extern const SpFormat sp_format_##id;
#include "readers.inc"
#undef FORMAT

const SpFormat *const sp_formats[] = {
#define FORMAT(id) &sp_format_##id,
#include "readers.inc"
#undef FORMAT
  NULL
};

static const SpFormat *
find_format (SpBlob *blob, const guint8 *head, gsize n)
{
  for (gsize i = 0; sp_formats[i] != NULL; i++)
    if (sp_formats[i]->sniff (blob, head, n))
      return sp_formats[i];
  return NULL;
}

static gboolean
has_known_name (SpBlob *blob)
{
  for (gsize i = 0; sp_formats[i] != NULL; i++)
    {
      g_auto (GStrv) globs = g_strsplit (sp_formats[i]->globs, ";", -1);

      for (gsize g = 0; globs[g] != NULL; g++)
        if (g_pattern_match_simple (globs[g], sp_blob_get_name (blob)))
          return TRUE;
    }
  return FALSE;
}

gboolean
sp_format_open_blob (SpBlob *blob, SpStore *store, guint depth, GError **error)
{
  guint8 head[SP_HEAD_BYTES];
  gssize n = sp_blob_read_some (blob, 0, head, sizeof head, error);
  guint outer = sp_store_get_depth (store);
  gsize n_before = sp_store_get_n_tensors (store);
  const SpFormat *format;
  gboolean is_open;

  if (n < 0)
    return FALSE;
  if (n == 0 && has_known_name (blob))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_CUT, _("%s: it is empty"), sp_blob_get_name (blob));
      return FALSE;
    }
  format = n > 0 ? find_format (blob, head, n) : NULL;
  if (format == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL, _("%s: it is no model file of a kind this program knows"),
                   sp_blob_get_name (blob));
      return FALSE;
    }
  if (depth == 0)
    sp_store_set_format (store, format);
  sp_store_set_depth (store, depth);
  is_open = format->open (blob, store, error);
  sp_store_set_depth (store, outer);
  if (!is_open)
    sp_store_truncate (store, n_before);
  return is_open;
}
