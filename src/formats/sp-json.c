/* sp-json.c - a strict pull reader for the JSON inside model files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-json.h"

#include <glib/gi18n-lib.h>
#include <string.h>

/* What may come next.  Containers are one bit each: a set bit of `objects` is an object. */
typedef enum { WANT_VALUE, WANT_FIRST, WANT_KEY, WANT_COMMA, WANT_NOTHING } Want;

struct _SpJson {
  const char *text;                    /* lent */
  gsize       n_bytes, place, token_at;
  char       *name;
  Want        want;
  guint       depth;
  guint64     objects;                 /* bit d: the container at depth d */
  GString    *string;
  GError     *error;                   /* sticky */
};

SpJson *
sp_json_new (const char *text, gsize n_bytes, const char *name)
{
  SpJson *json = g_new0 (SpJson, 1);

  json->text = text;
  json->n_bytes = n_bytes;
  json->name = g_strdup (name);
  json->string = g_string_new (NULL);
  return json;
}

void
sp_json_free (SpJson *json)
{
  if (json == NULL)
    return;
  g_string_free (json->string, TRUE);
  g_clear_error (&json->error);
  g_free (json->name);
  g_free (json);
}

static SpJsonToken
fail (SpJson *json, const char *reason)
{
  if (json->error == NULL)
    json->error =
      g_error_new (SP_ERROR, SP_ERROR_MALFORMED, _("%s: it is not proper JSON at byte %zu: %s"),
                   json->name, json->place, reason);
  return SP_JSON_ERROR;
}

/* The byte at place; 0 at the end (a zero byte is no part of any token). */
static char
peek (const SpJson *json)
{
  return json->place < json->n_bytes ? json->text[json->place] : '\0';
}

static void
skip_space (SpJson *json)
{
  while (peek (json) == ' ' || peek (json) == '\t' || peek (json) == '\n' || peek (json) == '\r')
    json->place++;
}

static gboolean
is_in_object (const SpJson *json)
{
  return json->depth > 0 && (json->objects >> (json->depth - 1) & 1);
}

static gboolean
read_hex (SpJson *json, gunichar *unit)
{
  *unit = 0;
  for (guint i = 0; i < 4; i++, json->place++)
    {
      if (!g_ascii_isxdigit (peek (json)))
        return FALSE;
      *unit = *unit << 4 | (gunichar) g_ascii_xdigit_value (peek (json));
    }
  return TRUE;
}

/* After "\u": one character, of two escapes where it is a surrogate pair. */
static gboolean
read_unicode (SpJson *json)
{
  gunichar high, low;

  if (!read_hex (json, &high) || (high >= 0xdc00 && high <= 0xdfff) || high == 0)
    return FALSE;
  if (high >= 0xd800 && high <= 0xdbff)
    {
      if (peek (json) != '\\' || json->place + 1 >= json->n_bytes || json->text[json->place + 1] != 'u')
        return FALSE;
      json->place += 2;
      if (!read_hex (json, &low) || low < 0xdc00 || low > 0xdfff)
        return FALSE;
      high = 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
    }
  g_string_append_unichar (json->string, high);
  return TRUE;
}

static gboolean
read_escape (SpJson *json)
{
  static const char names[] = "\"\\/bfnrt", values[] = "\"\\/\b\f\n\r\t";
  char c = peek (json);
  const char *found = c != '\0' ? strchr (names, c) : NULL;

  json->place++;
  if (c == 'u')
    return read_unicode (json);
  if (found == NULL)
    return FALSE;
  g_string_append_c (json->string, values[found - names]);
  return TRUE;
}

static SpJsonToken
read_string (SpJson *json, SpJsonToken token)
{
  g_string_truncate (json->string, 0);
  json->place++;
  for (;;)
    {
      const char *start = json->text + json->place, *end = json->text + json->n_bytes, *p = start;

      while (p < end && *p != '"' && *p != '\\' && (guchar) *p >= 0x20)
        p++;
      if (!g_utf8_validate_len (start, p - start, NULL))
        return fail (json, _("text that is not UTF-8"));
      g_string_append_len (json->string, start, p - start);
      json->place = p - json->text;
      if (p == end)
        return fail (json, _("text that does not end"));
      json->place++;
      if (*p == '"')
        return token;
      if (*p != '\\' || !read_escape (json))
        return fail (json, _("a character that JSON text cannot hold"));
    }
}

static gboolean
read_digits (SpJson *json)
{
  gsize start = json->place;

  while (g_ascii_isdigit (peek (json)))
    json->place++;
  return json->place > start;
}

static SpJsonToken
read_number (SpJson *json)
{
  gsize start = json->place;
  gboolean is_well;

  if (peek (json) == '-')
    json->place++;
  if (peek (json) == '0')
    is_well = (json->place++, !g_ascii_isdigit (peek (json)));
  else
    is_well = read_digits (json);
  if (is_well && peek (json) == '.')
    is_well = (json->place++, read_digits (json));
  if (is_well && (peek (json) == 'e' || peek (json) == 'E'))
    {
      json->place++;
      if (peek (json) == '+' || peek (json) == '-')
        json->place++;
      is_well = read_digits (json);
    }
  if (!is_well)
    return fail (json, _("not a value"));
  g_string_truncate (json->string, 0);
  g_string_append_len (json->string, json->text + start, json->place - start);
  return SP_JSON_NUMBER;
}

static SpJsonToken
read_word (SpJson *json, const char *word, SpJsonToken token)
{
  gsize n = strlen (word);

  if (json->n_bytes - json->place < n || memcmp (json->text + json->place, word, n) != 0)
    return fail (json, _("not a value"));
  json->place += n;
  return token;
}

static SpJsonToken
open_container (SpJson *json, gboolean is_object)
{
  if (json->depth == SP_JSON_MAX_DEPTH)
    return fail (json, _("nested too deeply"));
  json->objects &= ~((guint64) 1 << json->depth);
  json->objects |= (guint64) is_object << json->depth;
  json->depth++;
  json->place++;
  json->want = WANT_FIRST;
  return is_object ? SP_JSON_OBJECT : SP_JSON_ARRAY;
}

static SpJsonToken
close_container (SpJson *json)
{
  gboolean was_object = is_in_object (json);

  json->place++;
  json->depth--;
  json->want = json->depth > 0 ? WANT_COMMA : WANT_NOTHING;
  return was_object ? SP_JSON_OBJECT_END : SP_JSON_ARRAY_END;
}

static SpJsonToken
read_value (SpJson *json)
{
  json->want = json->depth > 0 ? WANT_COMMA : WANT_NOTHING;
  switch (peek (json))
    {
    case '{': return open_container (json, TRUE);
    case '[': return open_container (json, FALSE);
    case '"': return read_string (json, SP_JSON_STRING);
    case 't': return read_word (json, "true", SP_JSON_TRUE);
    case 'f': return read_word (json, "false", SP_JSON_FALSE);
    case 'n': return read_word (json, "null", SP_JSON_NULL);
    default:  return read_number (json);
    }
}

static SpJsonToken
read_key (SpJson *json)
{
  if (peek (json) != '"')
    return fail (json, _("a name in quotes is missing"));
  if (read_string (json, SP_JSON_KEY) == SP_JSON_ERROR)
    return SP_JSON_ERROR;
  skip_space (json);
  if (peek (json) != ':')
    return fail (json, _("a colon is missing"));
  json->place++;
  json->want = WANT_VALUE;
  return SP_JSON_KEY;
}

static SpJsonToken
next_token (SpJson *json)
{
  gboolean is_closing;

  skip_space (json);
  json->token_at = json->place;
  is_closing = json->depth > 0 && peek (json) == (is_in_object (json) ? '}' : ']');
  if (json->want == WANT_NOTHING)
    return json->place == json->n_bytes ? SP_JSON_END : fail (json, _("something follows the end"));
  if (is_closing && (json->want == WANT_FIRST || json->want == WANT_COMMA))
    return close_container (json);
  if (json->want == WANT_COMMA)
    {
      if (peek (json) != ',')
        return fail (json, _("a comma is missing"));
      json->place++;
      skip_space (json);
      json->token_at = json->place;
      json->want = WANT_FIRST;
    }
  if (json->want == WANT_FIRST && is_in_object (json))
    return read_key (json);
  return read_value (json);
}

SpJsonToken
sp_json_next (SpJson *json, GError **error)
{
  SpJsonToken token = json->error != NULL ? SP_JSON_ERROR : next_token (json);

  if (token == SP_JSON_ERROR)
    g_propagate_error (error, g_error_copy (json->error));
  return token;
}

const char *
sp_json_get_string (SpJson *json)
{
  return json->string->str;
}

gboolean
sp_json_get_u64 (SpJson *json, guint64 *value)
{
  return g_ascii_string_to_unsigned (json->string->str, 10, 0, G_MAXUINT64, value, NULL);
}

double
sp_json_get_double (SpJson *json)
{
  return g_ascii_strtod (json->string->str, NULL);
}

gsize
sp_json_get_offset (SpJson *json)
{
  return json->token_at;
}

gboolean
sp_json_skip (SpJson *json, GError **error)
{
  guint depth = json->depth;

  if (json->want != WANT_FIRST)
    return json->error == NULL;
  while (json->depth >= depth)
    if (sp_json_next (json, error) == SP_JSON_ERROR)
      return FALSE;
  return TRUE;
}

void
sp_json_append_string (GString *out, const char *text)
{
  g_string_append_c (out, '"');
  for (const guchar *c = (const guchar *) text; *c != '\0'; c++)
    if (*c == '"' || *c == '\\')
      g_string_append_printf (out, "\\%c", *c);
    else if (*c < 0x20 || *c == 0x7f)
      g_string_append_printf (out, "\\u%04x", *c);
    else
      g_string_append_c (out, (char) *c);
  g_string_append_c (out, '"');
}
