/* sp-tokenizer.c - texts to token ids and back */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tokenizer-private.h"

#include "sp-character.h"
#include "sp-decoder.h"
#include "sp-normalizer.h"
#include "sp-splitter.h"

#include <glib/gi18n-lib.h>
#include <string.h>

SpTokenizer *
sp_tokenizer_new_empty (SpVocabulary *vocabulary)
{
  SpTokenizer *self = g_new0 (SpTokenizer, 1);

  g_atomic_ref_count_init (&self->ref_count);
  self->vocabulary = vocabulary;
  self->bpe = sp_bpe_new (vocabulary);
  for (gsize i = 0; i < G_N_ELEMENTS (self->rules); i++)
    self->rules[i] = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_rule_free);
  self->plain = sp_added_new ();
  self->normalized = sp_added_new ();
  self->contents = g_hash_table_new_full (NULL, NULL, NULL, g_free);
  self->special = g_hash_table_new (NULL, NULL);
  self->before = g_array_new (FALSE, FALSE, sizeof (guint32));
  self->after = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

SpTokenizer *
sp_tokenizer_ref (SpTokenizer *self)
{
  g_atomic_ref_count_inc (&self->ref_count);
  return self;
}

void
sp_tokenizer_unref (SpTokenizer *self)
{
  if (self == NULL || !g_atomic_ref_count_dec (&self->ref_count))
    return;
  for (gsize i = 0; i < G_N_ELEMENTS (self->rules); i++)
    g_ptr_array_unref (self->rules[i]);
  sp_bpe_free (self->bpe);
  sp_added_free (self->plain);
  sp_added_free (self->normalized);
  g_hash_table_unref (self->contents);
  g_hash_table_unref (self->special);
  g_array_unref (self->before);
  g_array_unref (self->after);
  sp_vocabulary_free (self->vocabulary);
  g_free (self);
}

/* A token that the model has keeps the model's id, whatever is said.  What was normalized is decoded as the normalizers made it. */
gboolean
sp_tokenizer_put_added (SpTokenizer *self, const SpAddedToken *token, GError **error)
{
  g_autoptr (GString) text = g_string_new (token->content);
  gboolean   is_first = TRUE;
  guint32    id = (guint32) token->id;
  SpPatience patience;

  sp_patience_begin (&patience, text->len, NULL);
  if (token->is_normalized && !sp_normalize (self->rules[SP_RULES_NORMALIZER], text, &is_first, &patience, error))
    return FALSE;
  if (text->len > SP_ADDED_MOST_BYTES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokenizer.json: an added token has more than %u bytes"), SP_ADDED_MOST_BYTES);
      return FALSE;
    }
  sp_bpe_find (self->bpe, token->content, &id);
  sp_added_put (token->is_normalized ? self->normalized : self->plain, text->str, id, token);
  g_hash_table_insert (self->contents, GUINT_TO_POINTER (id), g_strdup (token->is_special ? token->content : text->str));
  if (token->is_special)
    g_hash_table_add (self->special, GUINT_TO_POINTER (id));
  return TRUE;
}

void
sp_tokenizer_set_bos (SpTokenizer *self, guint32 id, gboolean is_there)
{
  gboolean was_there = self->before->len > 0 && g_array_index (self->before, guint32, 0) == id;

  if (is_there && !was_there)
    g_array_prepend_val (self->before, id);
  if (!is_there && was_there)
    g_array_remove_index (self->before, 0);
}

/* --- encoding -------------------------------------------------------------------------------------- */

typedef struct {
  SpTokenizer *tokenizer;
  const char  *text;
  GString     *normalized;                 /* the stretch of the text that is at work */
  gboolean     is_first;                   /* that begins where the text does */
  GArray      *ids;
  SpPatience   patience;
  SpSplitter   splitter;
  SpBpeWork   *work;
} Encoding;

static gboolean
take_word (gpointer data, const char *word, gsize n_bytes, GError **error)
{
  return sp_bpe_encode (((Encoding *) data)->work, word, n_bytes, error);
}

static gboolean
take_normalized (gpointer data, gsize start, gsize end, const guint32 *id, GError **error)
{
  Encoding *encoding = data;

  if (id == NULL)
    return sp_splitter_split (&encoding->splitter, encoding->normalized->str + start, end - start, encoding->is_first && start == 0, error);
  g_array_append_val (encoding->ids, *id);
  return TRUE;
}

static gboolean
take_plain (gpointer data, gsize start, gsize end, const guint32 *id, GError **error)
{
  Encoding    *encoding = data;
  SpTokenizer *self = encoding->tokenizer;

  if (id != NULL)
    {
      g_array_append_val (encoding->ids, *id);
      return TRUE;
    }
  g_string_truncate (encoding->normalized, 0);
  g_string_append_len (encoding->normalized, encoding->text + start, (gssize) (end - start));
  encoding->is_first = start == 0;
  return sp_normalize (self->rules[SP_RULES_NORMALIZER], encoding->normalized, &encoding->is_first, &encoding->patience, error)
         && sp_added_walk (self->normalized, encoding->normalized->str, encoding->normalized->len, &encoding->patience,
                           take_normalized, encoding, error);
}

static gboolean
encode_into (SpTokenizer *self, const char *text, gsize n_bytes, GArray *ids, GCancellable *cancellable, GError **error)
{
  Encoding encoding = { .tokenizer = self, .text = text, .ids = ids };
  gboolean is_done;

  sp_patience_begin (&encoding.patience, n_bytes, cancellable);
  encoding.normalized = g_string_new (NULL);
  encoding.work = sp_bpe_work_new (self->bpe, &encoding.patience, ids);
  sp_splitter_init (&encoding.splitter, self->rules[SP_RULES_PRE_TOKENIZER], &encoding.patience, take_word, &encoding);
  is_done = sp_patience_check (&encoding.patience, error)
            && sp_added_walk (self->plain, text, n_bytes, &encoding.patience, take_plain, &encoding, error);
  sp_splitter_clear (&encoding.splitter);
  sp_bpe_work_free (encoding.work);
  g_string_free (encoding.normalized, TRUE);
  return is_done;
}

static gboolean
check_text (const char *text, gsize n_bytes, GError **error)
{
  gsize valid;

  if (n_bytes > SP_TOKENIZER_MOST_BYTES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("The text is larger than 512 MiB"));
      return FALSE;
    }
  if (sp_character_check_text (text, n_bytes, &valid))
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("The text is not UTF-8 at byte %zu"), valid);
  return FALSE;
}

GArray *
sp_tokenizer_encode (SpTokenizer *self, const char *text, gsize n_bytes, gboolean with_special, GCancellable *cancellable, GError **error)
{
  g_autoptr (GArray) ids = g_array_new (FALSE, FALSE, sizeof (guint32));

  text = n_bytes > 0 ? text : "";
  if (!check_text (text, n_bytes, error))
    return NULL;
  if (with_special)
    g_array_append_vals (ids, self->before->data, self->before->len);
  if (!encode_into (self, text, n_bytes, ids, cancellable, error))
    return NULL;
  if (with_special)
    g_array_append_vals (ids, self->after->data, self->after->len);
  return g_steal_pointer (&ids);
}

/* --- decoding -------------------------------------------------------------------------------------- */

static const char *
get_content (SpTokenizer *self, guint32 id)
{
  const char *content = g_hash_table_lookup (self->contents, GUINT_TO_POINTER (id));

  return content != NULL ? content : sp_vocabulary_get_text (self->vocabulary, id);
}

/* Without decoders words stand apart. */
char *
sp_tokenizer_decode (SpTokenizer *self, const guint32 *ids, gsize n)
{
  g_autoptr (GPtrArray) tokens = sp_decoder_tokens_new ();
  g_autoptr (GString)   text = g_string_new (NULL);
  const char           *between = self->rules[SP_RULES_DECODER]->len > 0 ? "" : " ";

  for (gsize i = 0; i < n; i++)
    if (get_content (self, ids[i]) != NULL && !g_hash_table_contains (self->special, GUINT_TO_POINTER (ids[i])))
      g_ptr_array_add (tokens, g_string_new (get_content (self, ids[i])));
  sp_decode (self->rules[SP_RULES_DECODER], tokens);
  for (guint i = 0; i < tokens->len; i++)
    {
      const GString *token = tokens->pdata[i];

      g_string_append (text, i > 0 ? between : "");
      g_string_append_len (text, token->str, (gssize) token->len);
    }
  return g_utf8_make_valid (text->str, (gssize) text->len);
}

char *
sp_tokenizer_dup_text (SpTokenizer *self, guint32 id)
{
  return sp_vocabulary_dup_text (self->vocabulary, id);
}

guint
sp_tokenizer_get_n_ids (SpTokenizer *self)
{
  return sp_vocabulary_get_n_ids (self->vocabulary);
}
