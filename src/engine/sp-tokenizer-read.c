/* sp-tokenizer-read.c - a tokenizer from its tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tokenizer-private.h"

#include "sp-members.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FILE_NAME "tokenizer.json"

/* The vocabulary has been read before. */
typedef struct {
  SpTokenizer  *tokenizer;
  SpBpeSettings settings;
  char         *type, *prefix, *suffix;    /* of the model */
  gboolean      has_merges;
  GArray       *added;                     /* of SpAddedToken */
} Reading;

static void
clear_added (gpointer token)
{
  g_free (((SpAddedToken *) token)->content);
}

static void
reading_clear (Reading *reading)
{
  g_clear_pointer (&reading->tokenizer, sp_tokenizer_unref);
  g_free (reading->settings.unknown);
  g_free (reading->type);
  g_free (reading->prefix);
  g_free (reading->suffix);
  g_array_unref (reading->added);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Reading, reading_clear)

/* --- the model ------------------------------------------------------------------------------------- */

static gboolean
refuse_merge (SpJson *json, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: at byte %zu a merge is no pair of tokens"),
               sp_json_get_offset (json));
  return FALSE;
}

/* "a b" */
static gboolean
put_written_merge (SpBpe *bpe, SpJson *json, GError **error)
{
  g_auto (GStrv) parts = g_strsplit (sp_json_get_string (json), " ", 3);

  if (g_str_has_prefix (sp_json_get_string (json), "#version"))
    return TRUE;
  if (g_strv_length (parts) != 2)
    return refuse_merge (json, error);
  return sp_bpe_put_merge (bpe, parts[0], parts[1], FILE_NAME, error);
}

/* ["a", "b"], after the bracket. */
static gboolean
put_listed_merge (SpBpe *bpe, SpJson *json, GError **error)
{
  g_autofree char *left = NULL, *right = NULL;
  SpJsonToken      token = sp_json_next (json, error);

  if (token == SP_JSON_STRING)
    {
      left = g_strdup (sp_json_get_string (json));
      token = sp_json_next (json, error);
    }
  if (token == SP_JSON_STRING && left != NULL)
    {
      right = g_strdup (sp_json_get_string (json));
      token = sp_json_next (json, error);
    }
  if (token != SP_JSON_ARRAY_END || right == NULL)
    return token != SP_JSON_ERROR && refuse_merge (json, error);
  return sp_bpe_put_merge (bpe, left, right, FILE_NAME, error);
}

static gboolean
read_merges (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  Reading    *reading = data;
  SpBpe      *bpe = reading->tokenizer->bpe;
  SpJsonToken token;

  if (first != SP_JSON_ARRAY)
    return sp_json_skip (json, error);
  reading->has_merges = TRUE;
  while ((token = sp_json_next (json, error)) == SP_JSON_STRING || token == SP_JSON_ARRAY)
    if (!(token == SP_JSON_STRING ? put_written_merge : put_listed_merge) (bpe, json, error))
      return FALSE;
  return token == SP_JSON_ARRAY_END || (token != SP_JSON_ERROR && refuse_merge (json, error));
}

static const SpField model_fields[] = {
  { "type", SP_FIELD_TEXT, offsetof (Reading, type), NULL },
  { "unk_token", SP_FIELD_TEXT, offsetof (Reading, settings.unknown), NULL },
  { "fuse_unk", SP_FIELD_FLAG, offsetof (Reading, settings.fuses_unknown), NULL },
  { "byte_fallback", SP_FIELD_FLAG, offsetof (Reading, settings.falls_back), NULL },
  { "ignore_merges", SP_FIELD_FLAG, offsetof (Reading, settings.ignores_merges), NULL },
  { "continuing_subword_prefix", SP_FIELD_TEXT, offsetof (Reading, prefix), NULL },
  { "end_of_word_suffix", SP_FIELD_TEXT, offsetof (Reading, suffix), NULL },
  { "merges", SP_FIELD_VALUE, 0, read_merges },
};

static gboolean
read_model (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  if (first != SP_JSON_OBJECT)
    return sp_json_skip (json, error);
  return sp_fields_read (json, model_fields, G_N_ELEMENTS (model_fields), data, error);
}

/* --- the other parts ------------------------------------------------------------------------------- */

static const SpField added_fields[] = {
  { "id", SP_FIELD_NUMBER, offsetof (SpAddedToken, id), NULL },
  { "content", SP_FIELD_TEXT, offsetof (SpAddedToken, content), NULL },
  { "single_word", SP_FIELD_FLAG, offsetof (SpAddedToken, is_single_word), NULL },
  { "lstrip", SP_FIELD_FLAG, offsetof (SpAddedToken, strips_left), NULL },
  { "rstrip", SP_FIELD_FLAG, offsetof (SpAddedToken, strips_right), NULL },
  { "normalized", SP_FIELD_FLAG, offsetof (SpAddedToken, is_normalized), NULL },
  { "special", SP_FIELD_FLAG, offsetof (SpAddedToken, is_special), NULL },
};

static gboolean
read_added (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  Reading    *reading = data;
  SpJsonToken token;

  if (first != SP_JSON_ARRAY)
    return sp_json_skip (json, error);
  while ((token = sp_json_next (json, error)) == SP_JSON_OBJECT)
    {
      SpAddedToken empty = { .id = G_MAXUINT64 }, *added;

      g_array_append_val (reading->added, empty);
      added = &g_array_index (reading->added, SpAddedToken, reading->added->len - 1);
      if (!sp_fields_read (json, added_fields, G_N_ELEMENTS (added_fields), added, error))
        return FALSE;
    }
  return token == SP_JSON_ARRAY_END;
}

static gboolean
read_rules (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  SpRuleFamily family = key[0] == 'n' ? SP_RULES_NORMALIZER : key[0] == 'd' ? SP_RULES_DECODER
                        : strcmp (key, "pre_tokenizer") == 0 ? SP_RULES_PRE_TOKENIZER : SP_RULES_POST_PROCESSOR;

  return sp_rules_read (json, first, family, ((Reading *) data)->tokenizer->rules[family], error);
}

static const SpField fields[] = {
  { "added_tokens", SP_FIELD_VALUE, 0, read_added },
  { "normalizer", SP_FIELD_VALUE, 0, read_rules },
  { "pre_tokenizer", SP_FIELD_VALUE, 0, read_rules },
  { "post_processor", SP_FIELD_VALUE, 0, read_rules },
  { "decoder", SP_FIELD_VALUE, 0, read_rules },
  { "model", SP_FIELD_VALUE, 0, read_model },
};

/* --- once all is read ------------------------------------------------------------------------------ */

static gboolean
check_model (const Reading *reading, GError **error)
{
  g_autofree char *type = sp_printable_text (reading->type != NULL ? reading->type : "", -1);
  const char      *affix = reading->prefix != NULL && *reading->prefix != '\0' ? "continuing_subword_prefix"
                           : reading->suffix != NULL && *reading->suffix != '\0' ? "end_of_word_suffix" : NULL;

  if (reading->type != NULL && strcmp (reading->type, "BPE") != 0)
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("tokenizer.json: its model is of the kind '%s'; this program knows BPE"), type);
  else if (!reading->has_merges)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: its model has no merges"));
  else if (affix != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("tokenizer.json: its model has a %s, which is not supported"), affix);
  else
    return TRUE;
  return FALSE;
}

static gboolean
put_all_added (Reading *reading, GError **error)
{
  for (guint i = 0; i < reading->added->len; i++)
    {
      const SpAddedToken *token = &g_array_index (reading->added, SpAddedToken, i);

      if (token->content == NULL || token->id >= SP_VOCABULARY_MOST_IDS)
        {
          g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: added token %u lacks its content, or an id it could have"),
                       i + 1);
          return FALSE;
        }
      if (!sp_tokenizer_put_added (reading->tokenizer, token, error))
        return FALSE;
    }
  return TRUE;
}

/* A later template stands around an earlier one. */
static void
put_templates (SpTokenizer *self)
{
  for (guint i = 0; i < self->rules[SP_RULES_POST_PROCESSOR]->len; i++)
    {
      const SpRule *rule = self->rules[SP_RULES_POST_PROCESSOR]->pdata[i];

      if (rule->kind != SP_RULE_TEMPLATE)
        continue;
      g_array_prepend_vals (self->before, rule->before->data, rule->before->len);
      g_array_append_vals (self->after, rule->after->data, rule->after->len);
    }
}

SpTokenizer *
sp_tokenizer_new (const char *json, gsize n_bytes, GError **error)
{
  SpVocabulary      *vocabulary = sp_vocabulary_new (json, n_bytes, error);
  g_autoptr (SpJson) reader = sp_json_new (json, n_bytes, FILE_NAME);
  g_auto (Reading)   reading = { 0 };

  reading.added = g_array_new (FALSE, TRUE, sizeof (SpAddedToken));
  g_array_set_clear_func (reading.added, clear_added);
  if (vocabulary == NULL || sp_json_next (reader, error) == SP_JSON_ERROR)
    return NULL;
  reading.tokenizer = sp_tokenizer_new_empty (vocabulary);
  if (!sp_fields_read (reader, fields, G_N_ELEMENTS (fields), &reading, error) || !check_model (&reading, error))
    return NULL;
  sp_bpe_finish (reading.tokenizer->bpe, &reading.settings);
  if (!put_all_added (&reading, error))
    return NULL;
  put_templates (reading.tokenizer);
  return g_steal_pointer (&reading.tokenizer);
}
