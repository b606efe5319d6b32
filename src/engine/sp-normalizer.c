/* sp-normalizer.c - what is done to a text before it is split */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-normalizer.h"

#include "sp-character.h"
#include "sp-letters.h"

#include <glib/gi18n-lib.h>
#include <string.h>

typedef struct {
  const SpRule *rule;
  const char   *text;
  GString      *to;
  gboolean      drops_first;
} Replacing;

/* A replacement stands where the last character it replaces stood. */
static gboolean
put_stretch (gpointer data, gsize start, gsize end, gboolean is_match, GError **error)
{
  Replacing  *replacing = data;
  const char *content = replacing->rule->content, *text = replacing->text;

  if (is_match && start == 0 && end > 0)
    replacing->drops_first = *content == '\0' || text + end > g_utf8_next_char (text);
  if (is_match)
    g_string_append (replacing->to, content);
  else
    g_string_append_len (replacing->to, text + start, (gssize) (end - start));
  if (replacing->to->len <= SP_NORMALIZER_MOST_BYTES)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("tokenizer.json: it makes more than 1 GiB of the text"));
  return FALSE;
}

gboolean
sp_normalizer_replace (const SpRule *rule, const char *text, gsize n_bytes, GString *to, gboolean *is_first, const SpPatience *patience,
                       GError **error)
{
  Replacing replacing = { rule, text, to, FALSE };

  if (!sp_pattern_walk (rule->pattern, text, n_bytes, patience, put_stretch, &replacing, error))
    return FALSE;
  *is_first = *is_first && !replacing.drops_first;
  return TRUE;
}

/* --- the kinds ------------------------------------------------------------------------------------- */

static void
take_over (GString *text, const GString *from)
{
  g_string_truncate (text, 0);
  g_string_append_len (text, from->str, (gssize) from->len);
}

static gboolean
replace (const SpRule *rule, GString *text, gboolean *is_first, const SpPatience *patience, GError **error)
{
  g_autoptr (GString) to = g_string_sized_new (text->len + text->len / 8);

  if (!sp_normalizer_replace (rule, text->str, text->len, to, is_first, patience, error))
    return FALSE;
  take_over (text, to);
  return TRUE;
}

static gboolean
is_ascii (const char *text, gsize n)
{
  guint8 seen = 0;

  for (gsize i = 0; i < n; i++)
    seen |= (guint8) text[i];
  return seen < 128;
}

/* n bytes without NUL. */
static void
put_normalized (GString *to, const char *text, gsize n, GNormalizeMode mode)
{
  g_autofree char *normalized = is_ascii (text, n) ? g_strndup (text, n) : g_utf8_normalize (text, (gssize) n, mode);

  g_string_append (to, normalized);
}

/* Line by line, as nothing composes with a line's end; NUL bytes, at which GLib would end, take no part. */
static void
compose (GString *text, GNormalizeMode mode)
{
  g_autoptr (GString) to = g_string_sized_new (text->len);
  const char *p = text->str, *end = text->str + text->len;

  while (p < end)
    {
      const char *line_end = memchr (p, '\n', (gsize) (end - p));
      gsize       n = strnlen (p, (gsize) ((line_end != NULL ? line_end + 1 : end) - p));

      put_normalized (to, p, n, mode);
      p += n;
      if (p < end && *p == '\0')
        g_string_append_c (to, *p++);
    }
  take_over (text, to);
}

/* GLib's leaves numerals and circled letters as they are. */
static gunichar
lower_character (gunichar c)
{
  return c >= 0x2160 && c <= 0x216f ? c + 16 : c >= 0x24b6 && c <= 0x24cf ? c + 26 : g_unichar_tolower (c);
}

/* Each character by itself, whatever the language: g_utf8_strdown() asks the locale and looks around. */
static void
lower (GString *text)
{
  g_autoptr (GString) to = g_string_sized_new (text->len);
  const char *end = text->str + text->len;

  for (const char *p = text->str; p < end; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (to, c == 0x130 ? 'i' : lower_character (c));
      if (c == 0x130)
        g_string_append_unichar (to, 0x307);
    }
  take_over (text, to);
}

static void
strip (const SpRule *rule, GString *text, gboolean *is_first)
{
  const char *start = text->str, *end = text->str + text->len, *before;

  while (rule->strips_left && start < end && sp_character_is_space (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);
  while (rule->strips_right && end > start && sp_character_is_space (g_utf8_get_char (before = g_utf8_prev_char (end))))
    end = before;
  *is_first = *is_first && start == text->str;
  g_string_truncate (text, (gsize) (end - text->str));
  g_string_erase (text, 0, start - text->str);
}

static void
write_letters (GString *text)
{
  g_autoptr (GString) to = g_string_sized_new (text->len);

  for (gsize i = 0; i < text->len; i++)
    g_string_append_unichar (to, sp_letter_from_byte ((guint8) text->str[i]));
  take_over (text, to);
}

static gboolean
apply (const SpRule *rule, GString *text, gboolean *is_first, const SpPatience *patience, GError **error)
{
  switch (rule->kind)
    {
    case SP_RULE_PREPEND:    return g_string_prepend (text, text->len > 0 ? rule->prepend : ""), TRUE;
    case SP_RULE_STRIP:      return strip (rule, text, is_first), TRUE;
    case SP_RULE_LOWERCASE:  return lower (text), TRUE;
    case SP_RULE_NFC:        return compose (text, G_NORMALIZE_NFC), TRUE;
    case SP_RULE_NFD:        return compose (text, G_NORMALIZE_NFD), TRUE;
    case SP_RULE_NFKC:       return compose (text, G_NORMALIZE_NFKC), TRUE;
    case SP_RULE_NFKD:       return compose (text, G_NORMALIZE_NFKD), TRUE;
    case SP_RULE_BYTE_LEVEL: return write_letters (text), TRUE;
    default:                 return replace (rule, text, is_first, patience, error);
    }
}

gboolean
sp_normalize (const GPtrArray *rules, GString *text, gboolean *is_first, const SpPatience *patience, GError **error)
{
  for (guint i = 0; i < rules->len; i++)
    if (!apply (rules->pdata[i], text, is_first, patience, error) || !sp_patience_check (patience, error))
      return FALSE;
  return TRUE;
}
