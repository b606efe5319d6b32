/* sp-dump-text.c - the text of the tokens of recorded activations */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define MOST_TEXT_BYTES ((goffset) 256 << 20)

static char *
find_texts (SpStore *store)
{
  const char      *path = sp_store_get_path (store);
  g_autofree char *folder = g_file_test (path, G_FILE_TEST_IS_DIR) ? g_strdup (path) : g_path_get_dirname (path);

  return g_build_filename (folder, "tokens.json", NULL);
}

static GPtrArray *
parse_texts (const char *json, gsize n_bytes, GError **error)
{
  g_autoptr (SpJson)    reader = sp_json_new (json, n_bytes, "tokens.json");
  g_autoptr (GPtrArray) texts = g_ptr_array_new_with_free_func (g_free);
  SpJsonToken           token = sp_json_next (reader, error);

  if (token != SP_JSON_ERROR && token != SP_JSON_ARRAY)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokens.json is no list of strings"));
  if (token != SP_JSON_ARRAY)
    return NULL;
  while ((token = sp_json_next (reader, error)) == SP_JSON_STRING)
    g_ptr_array_add (texts, sp_printable_text (sp_json_get_string (reader), -1));
  if (token == SP_JSON_ARRAY_END)
    return g_steal_pointer (&texts);
  if (token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokens.json is no list of strings"));
  return NULL;
}

static GPtrArray *
read_texts (const char *path, GError **error)
{
  g_autoptr (GFile)     file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE, G_FILE_QUERY_INFO_NONE, NULL, error);
  g_autofree char      *json = NULL;
  gsize                 n_bytes;

  if (info == NULL)
    return NULL;
  if (g_file_info_get_size (info) > MOST_TEXT_BYTES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokens.json is larger than 256 MiB"));
      return NULL;
    }
  return g_file_get_contents (path, &json, &n_bytes, error) ? parse_texts (json, n_bytes, error) : NULL;
}

/* Beside most dumps there is none, and that is no problem. */
void
sp_dump_load_texts (SpDump *dump, SpStore *store)
{
  g_autofree char       *path = find_texts (store);
  g_autoptr (GError)     error = NULL;
  g_autoptr (GPtrArray)  texts = read_texts (path, &error);

  if (texts != NULL && dump->n_layers > 0 && texts->len != dump->layers[0].n_tokens)
    g_ptr_array_add (dump->notes, g_strdup_printf (_("tokens.json has %u texts for %" PRIu64 " tokens and is not used."), texts->len,
                                                   dump->layers[0].n_tokens));
  else if (texts != NULL)
    {
      dump->n_texts = texts->len;
      g_ptr_array_add (texts, NULL);
      dump->texts = (char **) g_ptr_array_steal (texts, NULL);
    }
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_NOT_FOUND))
    g_ptr_array_add (dump->notes, g_strdup_printf (_("The tokens' text is not shown: %s"), error->message));
}
