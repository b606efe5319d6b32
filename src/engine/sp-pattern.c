/* sp-pattern.c - a text or a regular expression to be found in a text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pattern.h"

#include "sp-dialect.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_BYTES (1u << 16)            /* of a regular expression */
#define N_STARTS   256                   /* of matches, tried in one call: between calls one can stop */

/* PCRE2 counts its steps anew for each place where a match may start, and cannot be stopped on its way through a text without any.
 * So a search is anchored, and skips a few characters by itself. */
#define BEFORE "(*LIMIT_MATCH=10000000)(*LIMIT_HEAP=262144)(?s:.){0,255}?\\K(?:"
#define AFTER  ")"

struct _SpPattern {
  char   *text;                          /* NULL: regex */
  GRegex *regex;
};

SpPattern *
sp_pattern_new_text (const char *text)
{
  SpPattern *self = g_new0 (SpPattern, 1);

  if (*text == '\0')
    self->regex = g_regex_new (BEFORE AFTER, G_REGEX_ANCHORED, 0, NULL);
  else
    self->text = g_strdup (text);
  return self;
}

static GRegex *
compile (const char *regex, gboolean has_scripts, GError **error)
{
  g_autofree char *translated = sp_dialect_translate (regex, has_scripts, error);
  g_autofree char *whole = translated != NULL ? g_strconcat (BEFORE, translated, AFTER, NULL) : NULL;

  return whole != NULL ? g_regex_new (whole, G_REGEX_OPTIMIZE | G_REGEX_ANCHORED | G_REGEX_MULTILINE | G_REGEX_NEWLINE_LF, 0, error)
                       : NULL;
}

/* Its own words are for those who wrote the pattern, and have it in them. */
static char *
explain (const GError *problem)
{
  const char *reason = problem->domain == G_REGEX_ERROR ? g_strrstr (problem->message, ": ") : NULL;

  return sp_printable_text (reason != NULL ? reason + 2 : problem->message, -1);
}

SpPattern *
sp_pattern_new_regex (const char *regex, GError **error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree char   *reason = NULL, *start = NULL;
  GRegex            *compiled = NULL;
  SpPattern         *self;

  if (strlen (regex) <= MOST_BYTES)
    compiled = compile (regex, TRUE, NULL);
  if (compiled == NULL && strlen (regex) <= MOST_BYTES)
    compiled = compile (regex, FALSE, &problem);
  if (compiled == NULL)
    {
      reason = problem != NULL ? explain (problem) : g_strdup (_("it is too long"));
      start = sp_printable_text (regex, (gssize) strnlen (regex, 80));
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("tokenizer.json: its pattern '%s' cannot be used: %s"), start, reason);
      return NULL;
    }
  self = g_new0 (SpPattern, 1);
  self->regex = compiled;
  return self;
}

void
sp_pattern_free (SpPattern *self)
{
  if (self == NULL)
    return;
  g_clear_pointer (&self->regex, g_regex_unref);
  g_free (self->text);
  g_free (self);
}

/* --- walking --------------------------------------------------------------------------------------- */

typedef struct {
  const SpPattern  *pattern;
  const char       *text;
  gsize             n_bytes, told;         /* told: up to here */
  gssize            last;                  /* the last match's end; -1: none yet */
  const SpPatience *patience;
  SpStretchFunc     func;
  gpointer          data;
} Walk;

static gboolean
tell (Walk *walk, gsize start, gsize end, GError **error)
{
  if (start > walk->told && !walk->func (walk->data, walk->told, start, FALSE, error))
    return FALSE;
  walk->told = end;
  walk->last = (gssize) end;
  return walk->func (walk->data, start, end, TRUE, error) && sp_patience_check (walk->patience, error);
}

static gboolean
walk_text (Walk *walk, GError **error)
{
  gsize       n = strlen (walk->pattern->text);
  const char *found;

  while ((found = memmem (walk->text + walk->told, walk->n_bytes - walk->told, walk->pattern->text, n)) != NULL)
    if (!tell (walk, (gsize) (found - walk->text), (gsize) (found - walk->text) + n, error))
      return FALSE;
  return TRUE;
}

/* n_bytes + 1: there is nothing more. */
static gsize
skip_characters (const Walk *walk, gsize at, guint n)
{
  for (; n > 0 && at < walk->n_bytes; n--)
    at = (gsize) (g_utf8_next_char (walk->text + at) - walk->text);
  return n > 0 ? walk->n_bytes + 1 : at;
}

/* Matches one after another from *at on; *at is then where to look further. */
static gboolean
walk_run (Walk *walk, gsize *at, GError **error)
{
  g_autoptr (GMatchInfo) info = NULL;
  g_autoptr (GError)     problem = NULL;
  int                    start, end;
  gboolean found = g_regex_match_full (walk->pattern->regex, walk->text, (gssize) walk->n_bytes, (gint) *at, 0, &info, &problem);

  for (; found; found = g_match_info_next (info, &problem))
    {
      g_match_info_fetch_pos (info, 0, &start, &end);
      if (start == end && start == walk->last)
        {
          *at = skip_characters (walk, (gsize) end, 1);
          return TRUE;
        }
      if (!tell (walk, (gsize) start, (gsize) end, error))
        return FALSE;
      *at = (gsize) end;
    }
  if (problem != NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED,
                 _("tokenizer.json: one of its patterns needs too many steps after %zu bytes of a part of the text"), *at);
  *at = skip_characters (walk, *at, N_STARTS);
  return problem == NULL;
}

gboolean
sp_pattern_walk (const SpPattern *self, const char *text, gsize n_bytes, const SpPatience *patience, SpStretchFunc func, gpointer data,
                 GError **error)
{
  Walk  walk = { self, text, n_bytes, 0, -1, patience, func, data };
  gsize at = 0;

  if (n_bytes == 0)
    return TRUE;
  if (self->text != NULL && !walk_text (&walk, error))
    return FALSE;
  while (self->text == NULL && at <= n_bytes)
    if (!sp_patience_check (patience, error) || !walk_run (&walk, &at, error))
      return FALSE;
  return walk.told == n_bytes || func (data, walk.told, n_bytes, FALSE, error);
}
