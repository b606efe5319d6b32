/* sp-vocabulary.c - the text of each token's id, from a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-vocabulary.h"

#include "sp-letters.h"
#include "sp-members.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define FILE_NAME "tokenizer.json"

struct _SpVocabulary {
  GStringChunk *memory;              /* all texts */
  GPtrArray    *texts, *added;       /* id → text, lent by memory; NULL: none */
  gboolean      has_vocab;
  gboolean      is_bytes;            /* letters stand for bytes */
  gboolean      has_twins;
};

/* --- reading --------------------------------------------------------------------------------------- */

static void
put_text (SpVocabulary *self, GPtrArray *texts, guint64 id, const char *text)
{
  if (id >= SP_VOCABULARY_MOST_IDS)
    return;
  if (id >= texts->len)
    g_ptr_array_set_size (texts, (gint) id + 1);
  self->has_twins = self->has_twins || (texts == self->texts && texts->pdata[id] != NULL && strcmp (texts->pdata[id], text) != 0);
  texts->pdata[id] = g_string_chunk_insert (self->memory, text);
}

/* "type": "ByteLevel" anywhere inside. */
static gboolean
look_for_bytes (SpVocabulary *self, SpJson *json, SpJsonToken token, GError **error)
{
  gboolean is_type = FALSE;
  gint     depth = 0;

  for (; token != SP_JSON_ERROR; token = sp_json_next (json, error))
    {
      if (token == SP_JSON_STRING && is_type && strcmp (sp_json_get_string (json), "ByteLevel") == 0)
        self->is_bytes = TRUE;
      is_type = token == SP_JSON_KEY && strcmp (sp_json_get_string (json), "type") == 0;
      depth += (token == SP_JSON_OBJECT || token == SP_JSON_ARRAY) - (token == SP_JSON_OBJECT_END || token == SP_JSON_ARRAY_END);
      if (depth == 0)
        return TRUE;
    }
  return FALSE;
}

static gboolean
take_entry (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  SpVocabulary *self = data;
  guint64       id;

  if (first == SP_JSON_NUMBER && sp_json_get_u64 (json, &id))
    put_text (self, self->texts, id, key);
  return sp_json_skip (json, error);
}

/* [["<unk>", 0], ["▁a", -3.2], …]: the place is the id. */
static gboolean
read_list (SpVocabulary *self, SpJson *json, GError **error)
{
  SpJsonToken token;

  for (guint64 id = 0; (token = sp_json_next (json, error)) == SP_JSON_ARRAY; id++)
    {
      token = sp_json_next (json, error);
      if (token == SP_JSON_STRING)
        put_text (self, self->texts, id, sp_json_get_string (json));
      while (token != SP_JSON_ARRAY_END && token != SP_JSON_ERROR && sp_json_skip (json, error))
        token = sp_json_next (json, error);
      if (token != SP_JSON_ARRAY_END)
        return FALSE;
    }
  return token == SP_JSON_ARRAY_END;
}

static gboolean
take_model (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  SpVocabulary *self = data;
  gboolean      is_vocab = strcmp (key, "vocab") == 0;

  if (is_vocab && first == SP_JSON_OBJECT)
    return self->has_vocab = sp_members_read (json, take_entry, self, error);
  if (is_vocab && first == SP_JSON_ARRAY)
    return self->has_vocab = read_list (self, json, error);
  return sp_json_skip (json, error);
}

typedef struct { guint64 id; char *content; } Added;

static const SpField added_fields[] = {
  { "id", SP_FIELD_NUMBER, offsetof (Added, id), NULL },
  { "content", SP_FIELD_TEXT, offsetof (Added, content), NULL },
};

static gboolean
read_all_added (SpVocabulary *self, SpJson *json, GError **error)
{
  SpJsonToken token;

  while ((token = sp_json_next (json, error)) == SP_JSON_OBJECT)
    {
      Added    added = { G_MAXUINT64, NULL };
      gboolean is_read = sp_fields_read (json, added_fields, G_N_ELEMENTS (added_fields), &added, error);

      if (is_read && added.content != NULL)
        put_text (self, self->added, added.id, added.content);
      g_free (added.content);
      if (!is_read)
        return FALSE;
    }
  return token == SP_JSON_ARRAY_END;
}

static gboolean
take_part (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  SpVocabulary *self = data;

  if (strcmp (key, "model") == 0 && first == SP_JSON_OBJECT)
    return sp_members_read (json, take_model, self, error);
  if (strcmp (key, "added_tokens") == 0 && first == SP_JSON_ARRAY)
    return read_all_added (self, json, error);
  if (strcmp (key, "decoder") == 0 || strcmp (key, "pre_tokenizer") == 0)
    return look_for_bytes (self, json, first, error);
  return sp_json_skip (json, error);
}

/* The object's first token is still to be read. */
static gboolean
read_file (SpVocabulary *self, SpJson *json, SpMemberFunc func, const char *name, GError **error)
{
  g_autoptr (GError) problem = NULL;
  SpJsonToken        first = sp_json_next (json, &problem);

  if (first == SP_JSON_OBJECT && sp_members_read (json, func, self, &problem) && self->has_vocab
      && sp_json_next (json, &problem) == SP_JSON_END)
    return TRUE;
  if (problem != NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  else
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s has no vocabulary that can be read"), name);
  return FALSE;
}

static SpVocabulary *
vocabulary_new (void)
{
  SpVocabulary *self = g_new0 (SpVocabulary, 1);

  self->memory = g_string_chunk_new (1 << 16);
  self->texts = g_ptr_array_new ();
  self->added = g_ptr_array_new ();
  return self;
}

SpVocabulary *
sp_vocabulary_new (const char *json, gsize n_bytes, GError **error)
{
  g_autoptr (SpVocabulary) self = vocabulary_new ();
  g_autoptr (SpJson)       reader = sp_json_new (json, n_bytes, FILE_NAME);

  return read_file (self, reader, take_part, FILE_NAME, error) ? g_steal_pointer (&self) : NULL;
}

SpVocabulary *
sp_vocabulary_new_bytes (const char *json, gsize n_bytes, const char *name, GError **error)
{
  g_autoptr (SpVocabulary) self = vocabulary_new ();
  g_autoptr (SpJson)       reader = sp_json_new (json, n_bytes, name);

  self->is_bytes = self->has_vocab = TRUE;
  return read_file (self, reader, take_entry, name, error) ? g_steal_pointer (&self) : NULL;
}

void
sp_vocabulary_free (SpVocabulary *self)
{
  g_string_chunk_free (self->memory);
  g_ptr_array_unref (self->texts);
  g_ptr_array_unref (self->added);
  g_free (self);
}

/* --- looking up ------------------------------------------------------------------------------------ */

static gboolean
has_controls (const char *text)
{
  for (; *text != '\0'; text = g_utf8_next_char (text))
    if (g_unichar_iscntrl (g_utf8_get_char (text)) && *text != '\n' && *text != '\t')
      return TRUE;
  return FALSE;
}

/* NULL: they are no text; what neither has a shape nor is a line end or tab is better seen as letters. */
static char *
decode_bytes (const char *letters)
{
  g_autoptr (GString) bytes = sp_letters_to_bytes (letters);

  if (bytes == NULL || !g_utf8_validate (bytes->str, (gssize) bytes->len, NULL) || has_controls (bytes->str))
    return NULL;
  return g_string_free (g_steal_pointer (&bytes), FALSE);
}

static const char *
get_text (GPtrArray *texts, gint64 id)
{
  return id >= 0 && id < texts->len ? texts->pdata[id] : NULL;
}

char *
sp_vocabulary_dup_text (SpVocabulary *self, gint64 id)
{
  const char      *added = get_text (self->added, id), *text = added != NULL ? added : get_text (self->texts, id);
  g_autofree char *decoded = text != NULL && text != added && self->is_bytes ? decode_bytes (text) : NULL;

  return text != NULL ? sp_printable_lines (decoded != NULL ? decoded : text, -1) : NULL;
}

guint
sp_vocabulary_get_n_ids (SpVocabulary *self)
{
  return MAX (self->texts->len, self->added->len);
}

const char *
sp_vocabulary_get_text (SpVocabulary *self, gint64 id)
{
  return get_text (self->texts, id);
}

gboolean
sp_vocabulary_has_twins (SpVocabulary *self)
{
  return self->has_twins;
}
