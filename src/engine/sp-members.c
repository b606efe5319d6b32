/* sp-members.c - the members of a JSON object, one after another or into a structure */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-members.h"

#include <string.h>

gboolean
sp_members_read (SpJson *json, SpMemberFunc func, gpointer data, GError **error)
{
  SpJsonToken token;

  while ((token = sp_json_next (json, error)) == SP_JSON_KEY)
    {
      g_autofree char *key = g_strdup (sp_json_get_string (json));

      token = sp_json_next (json, error);
      if (token == SP_JSON_ERROR || !func (data, json, key, token, error))
        return FALSE;
    }
  return token == SP_JSON_OBJECT_END;
}

typedef struct {
  const SpField *fields;
  gsize          n;
  guint8        *structure;
} Table;

static void
take_scalar (const SpField *field, guint8 *place, SpJson *json, SpJsonToken token)
{
  if (field->kind == SP_FIELD_TEXT && token == SP_JSON_STRING)
    {
      g_free (*(char **) place);
      *(char **) place = g_strdup (sp_json_get_string (json));
    }
  if (field->kind == SP_FIELD_FLAG && (token == SP_JSON_TRUE || token == SP_JSON_FALSE))
    *(gboolean *) place = token == SP_JSON_TRUE;
  if (field->kind == SP_FIELD_NUMBER && token == SP_JSON_NUMBER)
    sp_json_get_u64 (json, (guint64 *) place);
}

static gboolean
take_member (gpointer data, SpJson *json, const char *key, SpJsonToken first, GError **error)
{
  const Table *table = data;

  for (gsize i = 0; i < table->n; i++)
    if (strcmp (table->fields[i].name, key) == 0)
      {
        if (table->fields[i].kind == SP_FIELD_VALUE)
          return table->fields[i].read (table->structure, json, key, first, error);
        take_scalar (&table->fields[i], table->structure + table->fields[i].offset, json, first);
      }
  return sp_json_skip (json, error);
}

gboolean
sp_fields_read (SpJson *json, const SpField *fields, gsize n, gpointer structure, GError **error)
{
  Table table = { fields, n, structure };

  return sp_members_read (json, take_member, &table, error);
}
