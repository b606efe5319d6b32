/* sp-dialect.c - regular expressions as tokenizer.json has them (Oniguruma's), for PCRE2 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dialect.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define SPACE "\\x{9}-\\x{d}\\x{20}\\x{85}\\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}"
#define NOT_SPACE "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{84}\\x{86}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}" \
                  "\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}\\x{2060}-\\x{2fff}\\x{3001}-\\x{10ffff}"
#define WORD  "\\p{L}\\p{M}\\p{Nd}\\p{Nl}\\p{Pc}\\x{b2}\\x{b3}\\x{b9}\\x{bc}-\\x{be}\\x{24b6}-\\x{24e9}" \
              "\\x{1f130}-\\x{1f149}\\x{1f150}-\\x{1f169}\\x{1f170}-\\x{1f189}"
#define HEX   "0-9A-Fa-f"

/* Escapes that are sets: what stands within brackets; NULL: not to be said there. */
static const struct { char letter; gboolean is_negated; const char *members, *within; } sets[] = {
  { 's', FALSE, SPACE, SPACE }, { 'S', TRUE, SPACE, NOT_SPACE }, { 'w', FALSE, WORD, WORD }, { 'W', TRUE, WORD, NULL },
  { 'h', FALSE, HEX, HEX },     { 'H', TRUE, HEX, NULL },
};

/* Where words begin and end, or do not. */
#define BOUND     "(?:(?<=[" WORD "])(?![" WORD "])|(?<![" WORD "])(?=[" WORD "]))"
#define NOT_BOUND "(?:(?<=[" WORD "])(?=[" WORD "])|(?<![" WORD "])(?![" WORD "]))"

static const struct { const char *name, *known; } names[] = {
  { "Letter", "L" }, { "Mark", "M" }, { "Number", "N" }, { "Punctuation", "P" }, { "Symbol", "S" }, { "Separator", "Z" }, { "Other", "C" },
};

typedef struct {
  const char *p;
  gboolean    is_within, has_scripts;      /* within brackets */
  GString    *out;
} Walk;

static gboolean
refuse (const char *what, GError **error)
{
  g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, "%s", what);
  return FALSE;
}

/* {Name}, {^Name}, or one letter. */
static void
put_property (Walk *walk, char kind)
{
  const char *end = walk->p[0] == '{' ? strchr (walk->p, '}') : NULL, *name = walk->p + 1;
  g_autofree char *plain = NULL;

  g_string_append_printf (walk->out, "\\%c", kind);
  if (end == NULL)
    return;
  g_string_append_c (walk->out, '{');
  if (*name == '^')
    g_string_append_c (walk->out, *name++);
  plain = g_strndup (name, (gsize) (end - name));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    if (strcmp (names[i].name, plain) == 0)
      strcpy (plain, names[i].known);
  if (walk->has_scripts && strlen (plain) > 2)
    g_string_append (walk->out, "sc:");
  g_string_append_printf (walk->out, "%s}", plain);
  walk->p = end + 1;
}

static gboolean
put_set (Walk *walk, gsize i, GError **error)
{
  if (walk->is_within && sets[i].within == NULL)
    return refuse (_("a negated class stands within brackets"), error);
  if (walk->is_within)
    g_string_append (walk->out, sets[i].within);
  else
    g_string_append_printf (walk->out, "[%s%s]", sets[i].is_negated ? "^" : "", sets[i].members);
  return TRUE;
}

/* After a backslash. */
static gboolean
put_escape (Walk *walk, GError **error)
{
  char c = *walk->p;

  if (c == '\0')
    return refuse (_("it ends within an escape"), error);
  walk->p++;
  for (gsize i = 0; i < G_N_ELEMENTS (sets); i++)
    if (sets[i].letter == c)
      return put_set (walk, i, error);
  if (c == 'p' || c == 'P')
    put_property (walk, c);
  else if (c == 'v')
    g_string_append (walk->out, "\\x{b}");
  else if ((c == 'b' || c == 'B') && !walk->is_within)
    g_string_append (walk->out, c == 'b' ? BOUND : NOT_BOUND);
  else if (c == 'u' && *walk->p == '{')
    g_string_append (walk->out, "\\x");
  else if (c == 'u' && strspn (walk->p, "0123456789abcdefABCDEF") >= 4)
    {
      g_string_append_printf (walk->out, "\\x{%.4s}", walk->p);
      walk->p += 4;
    }
  else if (g_ascii_isalpha (c) && strchr ("dDbBAzZGRXntrfeaxk", c) == NULL)
    return refuse (_("it has an escape that is not known"), error);
  else
    g_string_append_printf (walk->out, "\\%c", c);
  return TRUE;
}

/* X{a,b}+ repeats the interval, which to PCRE2 makes it possessive.  At "{"; what is no interval stands for itself. */
static gboolean
put_interval (Walk *walk, GError **error)
{
  char    *end = NULL;
  guint64  least = g_ascii_strtoull (walk->p + 1, &end, 10), most = least;
  gboolean is_open = FALSE;

  if (*end == ',')
    {
      const char *digits = end + 1;

      most = g_ascii_strtoull (digits, &end, 10);
      is_open = end == digits;
    }
  if (*end != '}' || end == walk->p + 1 || (is_open && walk->p[1] == ',') || strchr (" +-", walk->p[1]) != NULL)
    {
      g_string_append_c (walk->out, *walk->p++);
      return TRUE;
    }
  walk->p = end + 1;
  if (*walk->p == '+')
    {
      if (!is_open && most + 1 < 2 * least)
        return refuse (_("it repeats an interval"), error);
      is_open = TRUE;
      walk->p++;
    }
  if (is_open)
    g_string_append_printf (walk->out, "{%" G_GUINT64_FORMAT ",}", least);
  else
    g_string_append_printf (walk->out, "{%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "}", least, most);
  return TRUE;
}

static void
open_brackets (Walk *walk)
{
  walk->is_within = TRUE;
  g_string_append_c (walk->out, *walk->p++);
  if (*walk->p == '^')
    g_string_append_c (walk->out, *walk->p++);
  if (*walk->p == ']')
    {
      g_string_append (walk->out, "\\]");
      walk->p++;
    }
}

static gboolean
put_within (Walk *walk, GError **error)
{
  const char *end = g_str_has_prefix (walk->p, "[:") ? strstr (walk->p, ":]") : NULL;

  if (end != NULL)
    {
      g_string_append_len (walk->out, walk->p, end + 2 - walk->p);
      walk->p = end + 2;
      return TRUE;
    }
  if (*walk->p == '[')
    return refuse (_("a set stands within a set"), error);
  if (g_str_has_prefix (walk->p, "&&"))
    return refuse (_("it intersects sets"), error);
  walk->is_within = *walk->p != ']';
  g_string_append_c (walk->out, *walk->p++);
  return TRUE;
}

static gboolean
put_next (Walk *walk, GError **error)
{
  if (*walk->p == '\\')
    return walk->p++, put_escape (walk, error);
  if (walk->is_within)
    return put_within (walk, error);
  if (g_str_has_prefix (walk->p, "(*"))
    return refuse (_("it has a callout"), error);
  if (*walk->p == '{')
    return put_interval (walk, error);
  if (*walk->p == '[')
    open_brackets (walk);
  else
    g_string_append_c (walk->out, *walk->p++);
  return TRUE;
}

char *
sp_dialect_translate (const char *pattern, gboolean has_scripts, GError **error)
{
  g_autoptr (GString) out = g_string_new (NULL);
  Walk walk = { pattern, FALSE, has_scripts, out };

  while (*walk.p != '\0')
    if (!put_next (&walk, error))
      return NULL;
  return g_string_free (g_steal_pointer (&out), FALSE);
}
