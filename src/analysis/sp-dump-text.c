/* sp-dump-text.c - the text of the tokens of recorded activations: written beside them, or by their ids */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include "sp-folder.h"
#include "sp-json.h"
#include "sp-vocabulary.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define MOST_TEXT_BYTES ((gsize) 256 << 20)

static const char *const id_names[] = { "tokens", "token_ids", "input_ids", NULL };

/* One of the two. */
typedef struct {
  GStringChunk *memory;          /* of the texts */
  GPtrArray    *texts;           /* of const char *, lent by memory */
  GArray       *ids;             /* of gint64 */
} Tokens;

static void
tokens_clear (Tokens *tokens)
{
  g_clear_pointer (&tokens->memory, g_string_chunk_free);
  g_clear_pointer (&tokens->texts, g_ptr_array_unref);
  g_clear_pointer (&tokens->ids, g_array_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Tokens, tokens_clear)

static void
tokens_begin_texts (Tokens *tokens)
{
  tokens->memory = g_string_chunk_new (4096);
  tokens->texts = g_ptr_array_new ();
}

/* --- files beside ---------------------------------------------------------------------------------- */

static char *
build_path (SpStore *store, const char *name)
{
  g_autofree char *folder = sp_store_dup_folder (store);

  return g_build_filename (folder, name, NULL);
}

/* --- tokens.json ----------------------------------------------------------------------------------- */

/* FALSE: it is neither a string nor an id, or not what the first was. */
static gboolean
take_token (Tokens *tokens, SpJson *reader, SpJsonToken token)
{
  if (token == SP_JSON_STRING && tokens->ids == NULL)
    {
      g_autofree char *text = sp_printable_lines (sp_json_get_string (reader), -1);

      if (tokens->texts == NULL)
        tokens_begin_texts (tokens);
      g_ptr_array_add (tokens->texts, g_string_chunk_insert_const (tokens->memory, text));
      return TRUE;
    }
  if (token == SP_JSON_NUMBER && tokens->texts == NULL)
    {
      double number = sp_json_get_double (reader);
      gint64 id = number >= -1e15 && number <= 1e15 ? (gint64) number : -1;

      tokens->ids = tokens->ids != NULL ? tokens->ids : g_array_new (FALSE, FALSE, sizeof (gint64));
      g_array_append_val (tokens->ids, id);
      return (double) id == number;
    }
  return FALSE;
}

static gboolean
parse_tokens (Tokens *tokens, const char *json, gsize n_bytes, GError **error)
{
  g_autoptr (SpJson) reader = sp_json_new (json, n_bytes, "tokens.json");
  SpJsonToken        token = sp_json_next (reader, error);

  if (token == SP_JSON_ARRAY)
    while ((token = sp_json_next (reader, error)) != SP_JSON_ERROR && take_token (tokens, reader, token))
      ;
  if (token == SP_JSON_ARRAY_END)
    return TRUE;
  if (token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokens.json is no list of strings or ids"));
  return FALSE;
}

/* FALSE: there is none, it cannot be read, or it is of another text. */
static gboolean
read_tokens (SpDump *dump, SpStore *store, Tokens *tokens)
{
  g_autofree char   *path = build_path (store, "tokens.json"), *json = NULL;
  g_autoptr (GError) error = NULL;
  gsize              n_bytes = 0;
  guint              n;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    return FALSE;
  json = sp_folder_load_text (path, MOST_TEXT_BYTES, &n_bytes, &error);
  if (json == NULL || !parse_tokens (tokens, json, n_bytes, &error))
    {
      g_ptr_array_add (dump->notes, g_strdup_printf (_("The tokens' text is not shown: %s"), error->message));
      return FALSE;
    }
  n = tokens->texts != NULL ? tokens->texts->len : tokens->ids != NULL ? tokens->ids->len : 0;
  if (n != dump->layers[0].n_tokens)
    g_ptr_array_add (dump->notes, g_strdup_printf (ngettext ("tokens.json has %u text for %" PRIu64 " tokens and is not used.",
                                                             "tokens.json has %u texts for %" PRIu64 " tokens and is not used.", n), n,
                                                   dump->layers[0].n_tokens));
  return n > 0 && n == dump->layers[0].n_tokens;
}

/* --- ids ------------------------------------------------------------------------------------------- */

static void
take_id (gpointer data, gint64 id)
{
  g_array_append_val ((GArray *) data, id);
}

/* FALSE: there are none, or not one for each token. */
static gboolean
read_ids (SpDump *dump, SpStore *store, Tokens *tokens)
{
  guint64               n_entries = 0;
  g_autoptr (GPtrArray) tensors = sp_dump_find_beside (dump, store, id_names, &n_entries);
  g_autoptr (GError)    error = NULL;

  if (tensors == NULL || n_entries != dump->layers[0].n_tokens)
    return FALSE;
  tokens->ids = g_array_new (FALSE, FALSE, sizeof (gint64));
  if (sp_dump_read_integers (tensors, take_id, tokens->ids, &error))
    return TRUE;
  g_ptr_array_add (dump->notes, g_strdup_printf (_("The tokens' text is not shown: %s"), error->message));
  return FALSE;
}

/* Beside the dump, else beside any other input.  NULL: nowhere. */
static char *
find_tokenizer (const SpItems *items, SpStore *store)
{
  g_autofree char *path = build_path (store, "tokenizer.json");
  SpStore         *last = store;

  for (gsize i = 0; i < items->n && !g_file_test (path, G_FILE_TEST_EXISTS); i++)
    if (items->items[i].store != last)
      {
        last = items->items[i].store;
        g_free (path);
        path = build_path (last, "tokenizer.json");
      }
  return g_file_test (path, G_FILE_TEST_EXISTS) ? g_steal_pointer (&path) : NULL;
}

/* What is no token's id stands as its number. */
static const char *
look_up (Tokens *tokens, SpVocabulary *vocabulary, gint64 id)
{
  g_autofree char *text = sp_vocabulary_dup_text (vocabulary, id);

  text = text != NULL ? text : g_strdup_printf ("%" PRId64, id);
  return g_string_chunk_insert_const (tokens->memory, text);
}

/* Each id once, however often it comes. */
static void
look_up_all (Tokens *tokens, SpVocabulary *vocabulary)
{
  g_autoptr (GHashTable) known = g_hash_table_new (g_int64_hash, g_int64_equal);

  tokens_begin_texts (tokens);
  for (guint i = 0; i < tokens->ids->len; i++)
    {
      gint64     *id = &g_array_index (tokens->ids, gint64, i);
      const char *text = g_hash_table_lookup (known, id);

      if (text == NULL)
        {
          text = look_up (tokens, vocabulary, *id);
          g_hash_table_insert (known, id, (gpointer) text);
        }
      g_ptr_array_add (tokens->texts, (gpointer) text);
    }
}

static void
find_texts_of_ids (SpDump *dump, const SpItems *items, SpStore *store, Tokens *tokens)
{
  g_autofree char          *path = find_tokenizer (items, store), *json = NULL;
  g_autoptr (SpVocabulary)  vocabulary = NULL;
  g_autoptr (GError)        error = NULL;
  gsize                     n_bytes;

  dump->lacks_tokenizer = path == NULL;
  if (path == NULL)
    return;
  json = sp_folder_load_text (path, MOST_TEXT_BYTES, &n_bytes, &error);
  vocabulary = json != NULL ? sp_vocabulary_new (json, n_bytes, &error) : NULL;
  if (vocabulary != NULL)
    look_up_all (tokens, vocabulary);
  else
    g_ptr_array_add (dump->notes, g_strdup_printf (_("The tokens' text is not shown: %s"), error->message));
}

/* Beside most dumps there is nothing, and that is no problem. */
void
sp_dump_load_texts (SpDump *dump, const SpItems *items, SpStore *store)
{
  g_auto (Tokens) tokens = { 0 };

  if (!read_tokens (dump, store, &tokens))
    {
      tokens_clear (&tokens);
      read_ids (dump, store, &tokens);
    }
  if (tokens.texts == NULL && tokens.ids != NULL && tokens.ids->len == dump->layers[0].n_tokens)
    find_texts_of_ids (dump, items, store, &tokens);
  if (tokens.texts == NULL)
    return;
  dump->n_texts = tokens.texts->len;
  dump->texts = (const char **) g_ptr_array_steal (tokens.texts, NULL);
  dump->text_memory = g_steal_pointer (&tokens.memory);
}
