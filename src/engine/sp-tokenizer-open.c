/* sp-tokenizer-open.c - a tokenizer from a folder: tokenizer.json, or the files from before it, and what stands first */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tokenizer-private.h"

#include "sp-folder.h"
#include "sp-members.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_BYTES ((gsize) 256 << 20)     /* of a file */

static const struct { const char *vocabulary, *merges; } pairs[] = { { "vocab.json", "merges.txt" }, { "encoder.json", "vocab.bpe" } };

static gboolean
is_in (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return g_file_test (path, G_FILE_TEST_EXISTS);
}

static char *
load (const char *folder, const char *name, gsize *n_bytes, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return sp_folder_load_text (path, MOST_BYTES, n_bytes, error);
}

/* --- tokenizer_config.json ------------------------------------------------------------------------- */

typedef struct {
  gboolean adds_bos, adds_space;           /* -1: not said */
  char    *tokens[4];                      /* bos, eos, unk, pad; NULL: none */
} Config;

static const char *const token_names[] = { "bos_token", "eos_token", "unk_token", "pad_token" };

static void
config_clear (Config *config)
{
  for (gsize i = 0; i < G_N_ELEMENTS (config->tokens); i++)
    g_free (config->tokens[i]);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Config, config_clear)

typedef struct { char *content; } TokenObject;
static const SpField token_fields[] = { { "content", SP_FIELD_TEXT, offsetof (TokenObject, content), NULL } };

/* "<s>", or an object with its content. */
static gboolean
read_token (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  Config     *config = data;
  TokenObject token = { NULL };

  if (first == SP_JSON_STRING)
    token.content = g_strdup (sp_json_get_string (json));
  if (first == SP_JSON_OBJECT ? !sp_fields_read (json, token_fields, G_N_ELEMENTS (token_fields), &token, error)
                              : !sp_json_skip (json, error))
    return g_free (token.content), FALSE;
  for (gsize i = 0; i < G_N_ELEMENTS (token_names); i++)
    if (strcmp (token_names[i], key) == 0)
      {
        g_free (config->tokens[i]);
        config->tokens[i] = g_steal_pointer (&token.content);
      }
  return TRUE;
}

static const SpField config_fields[] = {
  { "add_bos_token", SP_FIELD_FLAG, offsetof (Config, adds_bos), NULL },
  { "add_prefix_space", SP_FIELD_FLAG, offsetof (Config, adds_space), NULL },
  { "bos_token", SP_FIELD_VALUE, 0, read_token },
  { "eos_token", SP_FIELD_VALUE, 0, read_token },
  { "unk_token", SP_FIELD_VALUE, 0, read_token },
  { "pad_token", SP_FIELD_VALUE, 0, read_token },
};

/* Without the file nothing is said. */
static gboolean
read_config (const char *folder, Config *config, GError **error)
{
  g_autofree char   *json = NULL;
  g_autoptr (SpJson) reader = NULL;
  gsize              n_bytes;

  if (!is_in (folder, "tokenizer_config.json"))
    return TRUE;
  json = load (folder, "tokenizer_config.json", &n_bytes, error);
  if (json == NULL)
    return FALSE;
  reader = sp_json_new (json, n_bytes, "tokenizer_config.json");
  switch (sp_json_next (reader, error))
    {
    case SP_JSON_OBJECT: return sp_fields_read (reader, config_fields, G_N_ELEMENTS (config_fields), config, error);
    case SP_JSON_ERROR:  return FALSE;
    default:
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer_config.json is not an object"));
      return FALSE;
    }
}

/* --- vocabulary and merges ------------------------------------------------------------------------- */

static gboolean
put_line (SpBpe *bpe, char *line, const char *name, GError **error)
{
  g_auto (GStrv) parts = NULL;

  g_strchomp (line);
  if (*line == '\0' || g_str_has_prefix (line, "#version"))
    return TRUE;
  parts = g_strsplit (line, " ", 3);
  if (g_strv_length (parts) == 2)
    return sp_bpe_put_merge (bpe, parts[0], parts[1], name, error);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: a line of it is no pair of tokens"), name);
  return FALSE;
}

/* n_bytes of text, which have room for a NUL. */
static gboolean
put_lines (SpBpe *bpe, char *text, gsize n_bytes, const char *name, GError **error)
{
  text[n_bytes] = '\0';
  for (char *line = text, *end; line < text + n_bytes; line = end + 1)
    {
      end = memchr (line, '\n', (gsize) (text + n_bytes - line));
      end = end != NULL ? end : text + n_bytes;
      *end = '\0';
      if (!put_line (bpe, line, name, error))
        return FALSE;
    }
  return TRUE;
}

/* GPT-2's end of text is a token of its own, whether said or not. */
static gboolean
put_special (SpTokenizer *self, const Config *config, GError **error)
{
  char *names[] = { (char *) "<|endoftext|>", config->tokens[0], config->tokens[1], config->tokens[2], config->tokens[3] };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      SpAddedToken token = { .content = names[i], .is_special = TRUE };
      guint32      id;

      if (names[i] != NULL && sp_bpe_find (self->bpe, names[i], &id) && !sp_tokenizer_put_added (self, &token, error))
        return FALSE;
    }
  return TRUE;
}

static SpTokenizer *
open_pair (const char *folder, const char *vocabulary_name, const char *merges_name, const Config *config, GError **error)
{
  gsize                   n_json = 0, n_merges = 0;
  g_autofree char        *json = load (folder, vocabulary_name, &n_json, error), *merges = NULL;
  SpVocabulary           *vocabulary = json != NULL ? sp_vocabulary_new_bytes (json, n_json, vocabulary_name, error) : NULL;
  g_autoptr (SpTokenizer) self = vocabulary != NULL ? sp_tokenizer_new_empty (vocabulary) : NULL;
  SpBpeSettings           settings = { 0 };

  merges = self != NULL ? load (folder, merges_name, &n_merges, error) : NULL;
  if (merges == NULL || !put_lines (self->bpe, merges, n_merges, merges_name, error))
    return NULL;
  sp_bpe_finish (self->bpe, &settings);
  g_ptr_array_add (self->rules[SP_RULES_PRE_TOKENIZER], sp_rule_new_byte_level (SP_RULES_PRE_TOKENIZER, config->adds_space == TRUE));
  g_ptr_array_add (self->rules[SP_RULES_DECODER], sp_rule_new_byte_level (SP_RULES_DECODER, FALSE));
  return put_special (self, config, error) ? g_steal_pointer (&self) : NULL;
}

/* --- the folder ------------------------------------------------------------------------------------ */

static SpTokenizer *
open_files (const char *folder, const Config *config, GError **error)
{
  g_autofree char *json = NULL, *name = NULL;
  gsize            n_bytes;

  if (is_in (folder, "tokenizer.json"))
    {
      json = load (folder, "tokenizer.json", &n_bytes, error);
      return json != NULL ? sp_tokenizer_new (json, n_bytes, error) : NULL;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (pairs); i++)
    if (is_in (folder, pairs[i].vocabulary) && is_in (folder, pairs[i].merges))
      return open_pair (folder, pairs[i].vocabulary, pairs[i].merges, config, error);
  name = g_path_get_basename (folder);
  if (is_in (folder, "tokenizer.model"))
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                 _("%s: its tokenizer.model is not read; tokenizer.json, which is made of it, has to lie beside it"), name);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL, _("%s: there is no tokenizer.json in it, nor vocab.json with merges.txt"), name);
  return NULL;
}

static gboolean
find_token (SpTokenizer *self, const char *content, guint32 *id)
{
  GHashTableIter iter;
  gpointer       key, value;

  g_hash_table_iter_init (&iter, self->contents);
  while (g_hash_table_iter_next (&iter, &key, &value))
    if (strcmp (value, content) == 0)
      {
        *id = GPOINTER_TO_UINT (key);
        return TRUE;
      }
  return sp_bpe_find (self->bpe, content, id);
}

static gboolean
refuse_bos (const Config *config, GError **error)
{
  g_autofree char *name = sp_printable_text (config->tokens[0], -1);

  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer_config.json: its bos_token '%s' is no token of the vocabulary"), name);
  return FALSE;
}

static gboolean
place_bos (SpTokenizer *self, const Config *config, GError **error)
{
  guint32  id;
  gboolean is_named = config->tokens[0] != NULL && config->adds_bos != -1;

  if (is_named && find_token (self, config->tokens[0], &id))
    sp_tokenizer_set_bos (self, id, config->adds_bos);
  else if (is_named && config->adds_bos)
    return refuse_bos (config, error);
  return TRUE;
}

SpTokenizer *
sp_tokenizer_open (const char *folder, GError **error)
{
  g_auto (Config)         config = { -1, -1, { NULL } };
  g_autoptr (SpTokenizer) self = read_config (folder, &config, error) ? open_files (folder, &config, error) : NULL;

  return self != NULL && place_bos (self, &config, error) ? g_steal_pointer (&self) : NULL;
}
