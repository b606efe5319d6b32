/* sp-bpe.c - byte-pair encoding: the model */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-bpe-private.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define N_CHARACTERS 0x110000

static void
put_token (SpBpe *self, guint32 id, const char *text)
{
  const char *next = *text != '\0' ? g_utf8_next_char (text) : text;
  gpointer    other;

  if (g_hash_table_lookup_extended (self->ids, text, NULL, &other))
    self->can_cut = FALSE;
  g_hash_table_insert (self->ids, (gpointer) text, GUINT_TO_POINTER (id));
  if (*text != '\0' && *next == '\0')
    self->letters[g_utf8_get_char (text)] = id + 1;
}

SpBpe *
sp_bpe_new (SpVocabulary *vocabulary)
{
  SpBpe *self = g_new0 (SpBpe, 1);
  guint  n_ids = sp_vocabulary_get_n_ids (vocabulary);

  self->ids = g_hash_table_new (g_str_hash, g_str_equal);
  self->letters = g_new0 (guint32, N_CHARACTERS);
  self->can_cut = !sp_vocabulary_has_twins (vocabulary);
  for (guint32 id = 0; id < n_ids; id++)
    if (sp_vocabulary_get_text (vocabulary, id) != NULL)
      put_token (self, id, sp_vocabulary_get_text (vocabulary, id));
  sp_pairs_init (&self->merges);
  sp_pairs_init (&self->joints);
  self->is_merged = g_byte_array_new ();
  g_byte_array_set_size (self->is_merged, n_ids);
  if (n_ids > 0)
    memset (self->is_merged->data, 0, n_ids);
  return self;
}

void
sp_bpe_free (SpBpe *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->ids, g_hash_table_unref);
  g_free (self->letters);
  g_byte_array_unref (self->is_merged);
  g_free (self->missing);
  sp_pairs_clear (&self->merges);
  sp_pairs_clear (&self->joints);
  g_free (self);
}

gboolean
sp_bpe_find (const SpBpe *self, const char *text, guint32 *id)
{
  gpointer value;

  if (!g_hash_table_lookup_extended (self->ids, text, NULL, &value))
    return FALSE;
  *id = GPOINTER_TO_UINT (value);
  return TRUE;
}

static gboolean
find_or_say (SpBpe *self, const char *text, guint32 *id, const char *file_name, GError **error)
{
  g_autofree char *name = NULL;

  if (sp_bpe_find (self, text, id))
    return TRUE;
  name = sp_printable_text (text, -1);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: merge %u needs the token '%s', which the vocabulary does not have"), file_name,
               self->n_merges + 1, name);
  return FALSE;
}

/* Where two letters meet that end and begin no pair of any merge, a word can be cut: nothing ever joins there.  That holds
 * as long as tokens made of bytes' or unknown letters' ids are in no merge, and each id has one text. */
static void
put_joint (SpBpe *self, const char *left, const char *right)
{
  const char *last = *left != '\0' ? g_utf8_prev_char (left + strlen (left)) : left;
  guint32     before = self->letters[g_utf8_get_char (last)], after = self->letters[g_utf8_get_char (right)];

  if (before == 0 || after == 0)
    self->can_cut = FALSE;
  else
    sp_pairs_put (&self->joints, before - 1, after - 1, 0, 0);
}

gboolean
sp_bpe_put_merge (SpBpe *self, const char *left, const char *right, const char *file_name, GError **error)
{
  g_autofree char *both = g_strconcat (left, right, NULL);
  guint32          left_id, right_id, id;

  if (!find_or_say (self, left, &left_id, file_name, error) || !find_or_say (self, right, &right_id, file_name, error)
      || !find_or_say (self, both, &id, file_name, error))
    return FALSE;
  sp_pairs_put (&self->merges, left_id, right_id, self->n_merges++, id);
  put_joint (self, left, right);
  self->is_merged->data[left_id] = self->is_merged->data[right_id] = TRUE;
  return TRUE;
}

/* SP_NO_ID: there is none. */
static guint32
find_beside_letters (SpBpe *self, const char *text)
{
  guint32 id;

  if (!sp_bpe_find (self, text, &id))
    return SP_NO_ID;
  self->can_cut = self->can_cut && !self->is_merged->data[id];
  return id;
}

/* Whole words are looked up only where merges are ignored. */
void
sp_bpe_finish (SpBpe *self, const SpBpeSettings *settings)
{
  for (guint byte = 0; byte < 256; byte++)
    {
      char name[8];

      g_snprintf (name, sizeof name, "<0x%02X>", byte);
      self->bytes[byte] = settings->falls_back ? find_beside_letters (self, name) : SP_NO_ID;
    }
  self->unknown = settings->unknown != NULL ? find_beside_letters (self, settings->unknown) : SP_NO_ID;
  if (settings->unknown != NULL && self->unknown == SP_NO_ID)
    self->missing = g_strdup (settings->unknown);
  self->fuses_unknown = settings->fuses_unknown;
  self->ignores_merges = settings->ignores_merges;
}
