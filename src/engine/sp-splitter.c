/* sp-splitter.c - a text cut into the words that a model encodes one by one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-splitter.h"

#include "sp-character.h"
#include "sp-letters.h"

#include <string.h>

/* Between a rule that cuts and the next. */
typedef struct {
  SpSplitter   *splitter;
  const SpRule *rule;
  guint         i;                         /* of the rule */
  const char   *text;
  gboolean      is_first, was_match, is_waiting;
  gsize         start, end;                /* what waits for its neighbour */
} Cutting;

static gboolean split_from (SpSplitter *self, guint i, const char *text, gsize n_bytes, gboolean is_first, GError **error);

void
sp_splitter_init (SpSplitter *self, const GPtrArray *rules, const SpPatience *patience, SpWordFunc func, gpointer data)
{
  *self = (SpSplitter) { .rules = rules, .patience = patience, .func = func, .data = data };
  for (guint i = 0; i < rules->len; i++)
    self->texts[i] = g_string_new (NULL);
}

void
sp_splitter_clear (SpSplitter *self)
{
  for (guint i = 0; i < self->rules->len; i++)
    g_string_free (self->texts[i], TRUE);
}

/* --- joining --------------------------------------------------------------------------------------- */

static gboolean
pass_on (Cutting *cutting, gsize start, gsize end, GError **error)
{
  gboolean is_first = cutting->is_first && start == 0;

  return start == end || split_from (cutting->splitter, cutting->i + 1, cutting->text + start, end - start, is_first, error);
}

static gboolean
end_waiting (Cutting *cutting, GError **error)
{
  gboolean was_waiting = cutting->is_waiting;

  cutting->is_waiting = FALSE;
  return !was_waiting || pass_on (cutting, cutting->start, cutting->end, error);
}

/* Whether a stretch goes with the one before. */
static gboolean
joins (const Cutting *cutting, gboolean is_match)
{
  switch (cutting->rule->join)
    {
    case SP_JOIN_CONTIGUOUS:    return is_match == cutting->was_match;
    case SP_JOIN_WITH_PREVIOUS: return is_match && !cutting->was_match;
    case SP_JOIN_WITH_NEXT:     return !is_match && cutting->was_match;
    default:                    return FALSE;
    }
}

/* Stretches come in order, and follow one another. */
static gboolean
take_stretch (gpointer data, gsize start, gsize end, gboolean is_match, GError **error)
{
  Cutting *cutting = data;
  SpJoin   join = cutting->rule->join;

  is_match = is_match != (cutting->rule->kind == SP_RULE_SPLIT && cutting->rule->is_inverted);
  if (join == SP_JOIN_REMOVED)
    return is_match || pass_on (cutting, start, end, error);
  if (join == SP_JOIN_ISOLATED)
    return pass_on (cutting, start, end, error);
  if (cutting->is_waiting && joins (cutting, is_match))
    cutting->end = end;
  else
    {
      if (!end_waiting (cutting, error))
        return FALSE;
      cutting->start = start;
      cutting->end = end;
      cutting->is_waiting = TRUE;
    }
  cutting->was_match = is_match;
  return TRUE;
}

/* --- cutting --------------------------------------------------------------------------------------- */

static gboolean
cut_by_pattern (Cutting *cutting, gsize n_bytes, GError **error)
{
  return sp_pattern_walk (cutting->rule->pattern, cutting->text, n_bytes, cutting->splitter->patience, take_stretch, cutting, error)
         && end_waiting (cutting, error);
}

/* Each character of the class is a match of its own. */
static gboolean
cut_by_class (Cutting *cutting, gsize n_bytes, SpCharacterFunc is_of, GError **error)
{
  const char *text = cutting->text, *end = text + n_bytes, *told = text;

  for (const char *p = text, *next; p < end; p = next)
    {
      next = g_utf8_next_char (p);
      if (!is_of (g_utf8_get_char (p)))
        continue;
      if ((p > told && !take_stretch (cutting, (gsize) (told - text), (gsize) (p - text), FALSE, error))
          || !take_stretch (cutting, (gsize) (p - text), (gsize) (next - text), TRUE, error))
        return FALSE;
      told = next;
    }
  return (told == end || take_stretch (cutting, (gsize) (told - text), n_bytes, FALSE, error)) && end_waiting (cutting, error);
}

static int
rank_of (gunichar c)
{
  return sp_character_is_word (c) ? 2 : sp_character_is_space (c) ? 0 : 1;
}

/* Runs of words' characters and of others; spaces are left out. */
static gboolean
cut_words (Cutting *cutting, gsize n_bytes, GError **error)
{
  const char *text = cutting->text, *end = text + n_bytes;

  for (const char *p = text, *start; p < end;)
    {
      int rank = rank_of (g_utf8_get_char (p));

      for (start = p; p < end && rank_of (g_utf8_get_char (p)) == rank; p = g_utf8_next_char (p))
        ;
      if (rank > 0 && !pass_on (cutting, (gsize) (start - text), (gsize) (p - text), error))
        return FALSE;
    }
  return TRUE;
}

/* --- rewriting ------------------------------------------------------------------------------------- */

/* Spaces become the replacement, one of which stands before the text. */
static void
write_metaspaces (const SpRule *rule, const char *text, gsize n_bytes, gboolean is_first, GString *to)
{
  gboolean begins = g_str_has_prefix (text, rule->replacement) || *text == ' ';

  g_string_truncate (to, 0);
  if (!begins && (strcmp (rule->scheme, "always") == 0 || (strcmp (rule->scheme, "first") == 0 && is_first)))
    g_string_append (to, rule->replacement);
  for (const char *p = text, *end = text + n_bytes, *space; p < end; p = space + 1)
    {
      space = memchr (p, ' ', (gsize) (end - p));
      if (space == NULL)
        {
          g_string_append_len (to, p, end - p);
          return;
        }
      g_string_append_len (to, p, space - p);
      g_string_append (to, rule->replacement);
    }
}

static gboolean
split_metaspace (Cutting *cutting, gsize n_bytes, GError **error)
{
  GString *to = cutting->splitter->texts[cutting->i];

  write_metaspaces (cutting->rule, cutting->text, n_bytes, cutting->is_first, to);
  cutting->text = to->str;
  return cutting->rule->splits ? cut_by_pattern (cutting, to->len, error) : pass_on (cutting, 0, to->len, error);
}

/* Cut as text, passed on as letters. */
static gboolean
take_bytes (gpointer data, gsize start, gsize end, gboolean is_match G_GNUC_UNUSED, GError **error)
{
  Cutting *cutting = data;
  GString *letters = cutting->splitter->texts[cutting->i];

  g_string_truncate (letters, 0);
  for (gsize i = start; i < end; i++)
    g_string_append_unichar (letters, sp_letter_from_byte ((guint8) cutting->text[i]));
  return letters->len == 0
         || split_from (cutting->splitter, cutting->i + 1, letters->str, letters->len, cutting->is_first && start == 0, error);
}

static gboolean
split_bytes (Cutting *cutting, gsize n_bytes, GError **error)
{
  g_autofree char *spaced = NULL;

  if (cutting->rule->adds_space == TRUE && *cutting->text != ' ')
    {
      spaced = g_malloc (n_bytes + 1);
      spaced[0] = ' ';
      memcpy (spaced + 1, cutting->text, n_bytes);
      cutting->text = spaced;
      n_bytes++;
    }
  if (cutting->rule->pattern == NULL)
    return take_bytes (cutting, 0, n_bytes, FALSE, error);
  return sp_pattern_walk (cutting->rule->pattern, cutting->text, n_bytes, cutting->splitter->patience, take_bytes, cutting, error);
}

/* By the rules from the i-th on. */
static gboolean
split_from (SpSplitter *self, guint i, const char *text, gsize n_bytes, gboolean is_first, GError **error)
{
  Cutting cutting = { self, i < self->rules->len ? self->rules->pdata[i] : NULL, i, text, is_first, FALSE, FALSE, 0, 0 };

  if (cutting.rule == NULL)
    return self->func (self->data, text, n_bytes, error);
  switch (cutting.rule->kind)
    {
    case SP_RULE_BYTE_LEVEL:       return split_bytes (&cutting, n_bytes, error);
    case SP_RULE_METASPACE:        return split_metaspace (&cutting, n_bytes, error);
    case SP_RULE_WHITESPACE:       return cut_words (&cutting, n_bytes, error);
    case SP_RULE_WHITESPACE_SPLIT: return cut_by_class (&cutting, n_bytes, sp_character_is_space, error);
    case SP_RULE_DIGITS:           return cut_by_class (&cutting, n_bytes, sp_character_is_number, error);
    case SP_RULE_PUNCTUATION:      return cut_by_class (&cutting, n_bytes, sp_character_is_punctuation, error);
    default:                       return cut_by_pattern (&cutting, n_bytes, error);
    }
}

gboolean
sp_splitter_split (SpSplitter *self, const char *text, gsize n_bytes, gboolean is_first, GError **error)
{
  return n_bytes == 0 || split_from (self, 0, text, n_bytes, is_first, error);
}
