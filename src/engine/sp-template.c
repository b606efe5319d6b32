/* sp-template.c - which ids stand around a text: TemplateProcessing of a tokenizer.json */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-template.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_IDS 1024                      /* of one special token, and around a text */

typedef struct {
  GPtrArray  *pieces;                      /* of char *: a special token's name; NULL: the text */
  GHashTable *special;                     /* name → GArray of guint32 */
} Reading;

static Reading *
get_reading (SpRule *rule)
{
  Reading *reading = rule->reading;

  if (reading != NULL)
    return reading;
  reading = rule->reading = g_new0 (Reading, 1);
  reading->pieces = g_ptr_array_new_with_free_func (g_free);
  reading->special = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) g_array_unref);
  return reading;
}

void
sp_template_free_reading (gpointer data)
{
  Reading *reading = data;

  if (reading == NULL)
    return;
  g_ptr_array_unref (reading->pieces);
  g_hash_table_unref (reading->special);
  g_free (reading);
}

typedef struct { char *id; } Piece;
static const SpField piece_fields[] = { { "id", SP_FIELD_TEXT, offsetof (Piece, id), NULL } };

/* "SpecialToken": { "id": "<s>" } or "Sequence": { "id": "A" } */
static gboolean
take_piece (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  Reading *reading = data;
  Piece    piece = { NULL };
  gboolean is_special = strcmp (key, "SpecialToken") == 0, is_read;

  if (first != SP_JSON_OBJECT || (!is_special && strcmp (key, "Sequence") != 0))
    return sp_json_skip (json, error);
  is_read = sp_fields_read (json, piece_fields, G_N_ELEMENTS (piece_fields), &piece, error);
  if (is_read && is_special && piece.id != NULL)
    g_ptr_array_add (reading->pieces, g_steal_pointer (&piece.id));
  else if (is_read && !is_special)
    g_ptr_array_add (reading->pieces, NULL);
  g_free (piece.id);
  return is_read;
}

gboolean
sp_template_read_single (gpointer rule, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  Reading    *reading = get_reading (rule);
  SpJsonToken token;

  if (first != SP_JSON_ARRAY)
    return sp_json_skip (json, error);
  while ((token = sp_json_next (json, error)) == SP_JSON_OBJECT)
    if (!sp_members_read (json, take_piece, reading, error))
      return FALSE;
  if (token != SP_JSON_ARRAY_END && token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: its template is no list of pieces"));
  return token == SP_JSON_ARRAY_END;
}

typedef struct { GArray *ids; } Special;

static gboolean
take_ids (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  Special    *special = data;
  SpJsonToken token;
  guint64     id;

  if (first != SP_JSON_ARRAY)
    return sp_json_skip (json, error);
  while ((token = sp_json_next (json, error)) == SP_JSON_NUMBER && special->ids->len < MOST_IDS)
    if (sp_json_get_u64 (json, &id) && id < G_MAXUINT32)
      g_array_append_val (special->ids, *(guint32 *) &(guint32) { (guint32) id });
  if (token != SP_JSON_ARRAY_END && token != SP_JSON_ERROR)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: the ids of its template's tokens are no list of numbers"));
  return token == SP_JSON_ARRAY_END;
}

static const SpField special_fields[] = { { "ids", SP_FIELD_VALUE, 0, take_ids } };

static gboolean
take_special (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  Reading *reading = data;
  Special  special;

  if (first != SP_JSON_OBJECT)
    return sp_json_skip (json, error);
  special.ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  g_hash_table_insert (reading->special, g_strdup (key), special.ids);
  return sp_fields_read (json, special_fields, G_N_ELEMENTS (special_fields), &special, error);
}

gboolean
sp_template_read_special (gpointer rule, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  if (first != SP_JSON_OBJECT)
    return sp_json_skip (json, error);
  return sp_members_read (json, take_special, get_reading (rule), error);
}

/* --- once all is read ------------------------------------------------------------------------------ */

static gboolean
put_ids (Reading *reading, const char *name, GArray *to, GError **error)
{
  GArray          *ids = g_hash_table_lookup (reading->special, name);
  g_autofree char *printable = NULL;

  if (ids != NULL && to->len + ids->len <= MOST_IDS)
    {
      g_array_append_vals (to, ids->data, ids->len);
      return TRUE;
    }
  printable = sp_printable_text (name, -1);
  if (ids == NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("tokenizer.json: its template has the token '%s', but not its ids"), printable);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokenizer.json: its template puts more than %u tokens around a text"), MOST_IDS);
  return FALSE;
}

gboolean
sp_template_finish (SpRule *rule, GError **error)
{
  Reading *reading = get_reading (rule);
  guint    n_texts = 0;

  rule->before = g_array_new (FALSE, FALSE, sizeof (guint32));
  rule->after = g_array_new (FALSE, FALSE, sizeof (guint32));
  for (guint i = 0; i < reading->pieces->len; i++)
    {
      const char *name = reading->pieces->pdata[i];

      n_texts += name == NULL;
      if (name != NULL && !put_ids (reading, name, n_texts > 0 ? rule->after : rule->before, error))
        return FALSE;
    }
  if (n_texts != 1)
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("tokenizer.json: its template has the text %u times, not once"), n_texts);
  return n_texts == 1;
}
