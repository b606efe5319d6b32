/* test-tokenizer-rules.c - each step of a tokenizer.json by itself, and files that must be refused */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-decoder.h"
#include "sp-normalizer.h"
#include "sp-splitter.h"
#include "sp-tokenizer.h"

#include <string.h>

static GPtrArray *
read_rules (const char *json, SpRuleFamily family)
{
  g_autoptr (SpJson) reader = sp_json_new (json, strlen (json), "rules");
  g_autoptr (GError) error = NULL;
  GPtrArray         *rules = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_rule_free);

  sp_rules_read (reader, sp_json_next (reader, NULL), family, rules, &error);
  g_assert_no_error (error);
  return rules;
}

/* --- pre-tokenizers -------------------------------------------------------------------------------- */

static gboolean
take_word (gpointer data, const char *word, gsize n_bytes, GError **error G_GNUC_UNUSED)
{
  g_string_append_len (data, word, (gssize) n_bytes);
  g_string_append_c (data, '|');
  return TRUE;
}

/* Each word with a bar after it. */
static char *
split (const char *json, const char *text, gboolean is_first)
{
  g_autoptr (GPtrArray) rules = read_rules (json, SP_RULES_PRE_TOKENIZER);
  g_autoptr (GError)    error = NULL;
  GString   *words = g_string_new (NULL);
  SpPatience patience;
  SpSplitter splitter;

  sp_patience_begin (&patience, strlen (text), NULL);
  sp_splitter_init (&splitter, rules, &patience, take_word, words);
  sp_splitter_split (&splitter, text, strlen (text), is_first, &error);
  sp_splitter_clear (&splitter);
  g_assert_no_error (error);
  return g_string_free (words, FALSE);
}

#define SPLIT(kind, pattern, behavior, invert) \
  "{\"type\":\"Split\",\"pattern\":{\"" kind "\":\"" pattern "\"},\"behavior\":\"" behavior "\",\"invert\":" invert "}"
#define SEQUENCE(rules) "{\"type\":\"Sequence\",\"pretokenizers\":[" rules "]}"
#define METASPACE(more) "{\"type\":\"Metaspace\",\"replacement\":\"▁\"" more "}"

static const struct { const char *rule, *text, *words; } splits[] = {
  { SPLIT ("String", "-", "Removed", "false"), "the-final--countdown-", "the|final|countdown|" },
  { SPLIT ("String", "-", "Isolated", "false"), "the-final--countdown", "the|-|final|-|-|countdown|" },
  { SPLIT ("String", "-", "MergedWithPrevious", "false"), "-the-final--countdown", "-|the-|final-|-|countdown|" },
  { SPLIT ("String", "-", "MergedWithNext", "false"), "the-final--countdown-", "the|-final|-|-countdown|-|" },
  { SPLIT ("String", "-", "MergedWithNext", "true"), "a--b-", "a-|-|b-|" },
  { SPLIT ("String", "-", "Contiguous", "false"), "the-final--countdown", "the|-|final|--|countdown|" },
  { SPLIT ("Regex", "\\\\w+", "Removed", "true"), "a b, c", "a|b|c|" },
  { SPLIT ("Regex", "[A-Z]", "MergedWithNext", "false"), "fooBarBaz", "foo|Bar|Baz|" },
  { SPLIT ("Regex", "(?=[A-Z])", "Isolated", "false"), "FooBarB", "Foo|Bar|B|" },
  { SPLIT ("Regex", "x*", "Isolated", "false"), "axxb", "a|xx|b|" },
  { SPLIT ("Regex", "\\\\s", "Removed", "false"), "a b\u00a0c\xc2\x85" "d\u2028e\u180ef\u3000g\u200bh", "a|b|c|d|e\u180ef|g\u200bh|" },
  { SPLIT ("Regex", "[^\\\\S\\\\n]", "Removed", "false"), "a b\u00a0c\nd", "a|b|c\nd|" },
  { SPLIT ("Regex", "[\\\\s]", "Removed", "false"), "a\u00a0b\u180ec", "a|b\u180ec|" },
  { SPLIT ("Regex", "\\\\h+", "Removed", "false"), "xfFyg09z", "x|yg|z|" },
  { SPLIT ("Regex", "\\\\d{1,3}+", "Isolated", "false"), "a1234567", "a|1234567|" },
  { SPLIT ("Regex", "\\\\d{2,3}+", "Isolated", "false"), "1234567", "1234567|" },
  { SPLIT ("Regex", "{", "Removed", "false"), "a{b", "a|b|" },
  { SPLIT ("Regex", "b++b|b", "Removed", "false"), "abbbc", "a|c|" },
  { SPLIT ("Regex", "^.", "Isolated", "false"), "ab\ncd\r\ne", "a|b\n|c|d\r\n|e|" },
  { SPLIT ("Regex", "\\\\bc", "Isolated", "false"), "cb\u0301c c", "c|b\u0301c |c|" },
  { SPLIT ("Regex", "\\\\p{Han}+", "Removed", "false"), "a漢字ー仮", "a|ー|" },
  { SPLIT ("Regex", "\\\\p{Letter}", "Removed", "false"), "1é2", "1|2|" },
  { "{\"type\":\"Digits\",\"individual_digits\":true}", "ab12½c", "ab|1|2|½|c|" },
  { "{\"type\":\"Digits\",\"individual_digits\":false}", "ab12½c", "ab|12½|c|" },
  { "{\"type\":\"Punctuation\"}", "Hey, you!?", "Hey|,| you|!|?|" },
  { "{\"type\":\"Punctuation\",\"behavior\":\"Contiguous\"}", "Hey$ «you»!?", "Hey|$| |«|you|»!?|" },
  { "{\"type\":\"Whitespace\"}", "Hey friend!  How_are\tyou?! e\u0301", "Hey|friend|!|How_are|you|?!|e\u0301|" },
  { "{\"type\":\"WhitespaceSplit\"}", " Hey,\u00a0friend!\n\nx ", "Hey,|friend!|x|" },
  { METASPACE (""), "Hey  you", "▁Hey|▁|▁you|" },
  { METASPACE (",\"add_prefix_space\":false"), "Hey you", "Hey|▁you|" },
  { METASPACE (",\"prepend_scheme\":\"never\",\"split\":false"), "Hey you", "Hey▁you|" },
  { METASPACE (",\"prepend_scheme\":\"always\",\"split\":false"), " Hey you", "▁Hey▁you|" },
  { SEQUENCE (SPLIT ("String", "-", "Removed", "false") "," METASPACE (",\"prepend_scheme\":\"first\"")), "a-b", "▁a|b|" },
  { SEQUENCE (SPLIT ("String", "-", "Removed", "false") "," METASPACE (",\"prepend_scheme\":\"always\"")), "a-b", "▁a|▁b|" },
  { SEQUENCE (SEQUENCE ("{\"type\":\"WhitespaceSplit\"}") ",{\"type\":\"Digits\",\"individual_digits\":true}"), "a1 22", "a|1|2|2|" },
  { "{\"type\":\"ByteLevel\",\"add_prefix_space\":true,\"trim_offsets\":true,\"use_regex\":true}", "Hey you\n é", "ĠHey|Ġyou|Ċ|ĠÃ©|" },
  { "{\"type\":\"ByteLevel\",\"add_prefix_space\":false,\"use_regex\":false}", "Hey you", "HeyĠyou|" },
  { "null", "a b", "a b|" },
};

static void
test_splits (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (splits); i++)
    {
      g_autofree char *words = split (splits[i].rule, splits[i].text, TRUE);

      if (g_strcmp0 (words, splits[i].words) != 0)
        g_error ("%s: '%s' gives %s, not %s", splits[i].rule, splits[i].text, words, splits[i].words);
    }
}

/* A replacement stands before a text's first part alone. */
static void
test_first (void)
{
  g_autofree char *first = split (METASPACE (",\"prepend_scheme\":\"first\""), "a b", TRUE);
  g_autofree char *later = split (METASPACE (",\"prepend_scheme\":\"first\""), "a b", FALSE);

  g_assert_cmpstr (first, ==, "▁a|▁b|");
  g_assert_cmpstr (later, ==, "a|▁b|");
}

/* Fewer than one match in 256 characters: searches that skip go on where the last one ended. */
static void
test_rare_matches (void)
{
  for (gsize n = 250; n <= 520; n += 3)
    {
      g_autofree char *gap = g_strnfill (n, 'a'), *text = g_strconcat (gap, "é1", gap, "1é", gap, NULL);
      g_autofree char *words = split (SPLIT ("Regex", "\\\\d", "Isolated", "false"), text, TRUE);
      g_autofree char *expected = g_strconcat (gap, "é|1|", gap, "|1|é", gap, "|", NULL);

      g_assert_cmpstr (words, ==, expected);
    }
}

/* --- normalizers ----------------------------------------------------------------------------------- */

static const struct { const char *rule, *text, *result; gboolean is_first; } normals[] = {
  { "{\"type\":\"Prepend\",\"prepend\":\"▁\"}", "a", "▁a", TRUE },
  { "{\"type\":\"Prepend\",\"prepend\":\"▁\"}", "", "", TRUE },
  { "{\"type\":\"Replace\",\"pattern\":{\"String\":\".\"},\"content\":\"$1\"}", "a.b.", "a$1b$1", TRUE },
  { "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\" {2,}\"},\"content\":\"▁\"}", "a   b c  ", "a▁b c▁", TRUE },
  { "{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"^a+\"},\"content\":\"\"}", "aab\nac", "b\nc", FALSE },
  { "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":false}", "\u3000 a ", "a ", FALSE },
  { "{\"type\":\"Strip\",\"strip_left\":false,\"strip_right\":true}", " a \u00a0\n", " a", TRUE },
  { "{\"type\":\"Strip\",\"strip_left\":true,\"strip_right\":true}", " \n ", "", FALSE },
  { "{\"type\":\"Lowercase\"}", "ÀİΣΑΣⅧⒶẞ", "ài̇σασⅷⓐß", TRUE },
  { "{\"type\":\"NFC\"}", "e\u0301\nA\u030a\u212b", "é\nÅÅ", TRUE },
  { "{\"type\":\"NFD\"}", "é각", "e\u0301\u1100\u1161\u11a8", TRUE },
  { "{\"type\":\"NFKC\"}", "ﬁ½Ａ\u00a0", "fi1⁄2A ", TRUE },
  { "{\"type\":\"NFKD\"}", "ﬁé", "fie\u0301", TRUE },
  { "{\"type\":\"ByteLevel\"}", " é", "ĠÃ©", TRUE },
  { "{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFD\"},{\"type\":\"Prepend\",\"prepend\":\"x\"},{\"type\":\"Lowercase\"}]}",
    "É", "xe\u0301", TRUE },
};

static void
test_normalizers (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (normals); i++)
    {
      g_autoptr (GPtrArray) rules = read_rules (normals[i].rule, SP_RULES_NORMALIZER);
      g_autoptr (GString)   text = g_string_new (normals[i].text);
      gboolean   is_first = TRUE;
      SpPatience patience;

      sp_patience_begin (&patience, text->len, NULL);
      g_assert_true (sp_normalize (rules, text, &is_first, &patience, NULL));
      g_assert_cmpstr (text->str, ==, normals[i].result);
      g_assert_cmpint (is_first, ==, normals[i].is_first);
    }
}

static void
test_nul (void)
{
  static const char     text[] = "e\xcc\x81\0\0e\xcc\x81\0", composed[] = "\xc3\xa9\0\0\xc3\xa9\0";
  g_autoptr (GPtrArray) rules = read_rules ("{\"type\":\"NFC\"}", SP_RULES_NORMALIZER);
  g_autoptr (GString)   normal = g_string_new_len (text, sizeof text - 1);
  gboolean   is_first = TRUE;
  SpPatience patience;

  sp_patience_begin (&patience, normal->len, NULL);
  g_assert_true (sp_normalize (rules, normal, &is_first, &patience, NULL));
  g_assert_cmpmem (normal->str, normal->len, composed, sizeof composed - 1);
}

/* --- decoders -------------------------------------------------------------------------------------- */

/* Tokens are written with bars between them. */
static char *
decode (const char *json, const char *written)
{
  g_autoptr (GPtrArray) rules = read_rules (json, SP_RULES_DECODER), tokens = sp_decoder_tokens_new ();
  g_auto (GStrv)        parts = g_strsplit (written, "|", -1);
  GString              *text = g_string_new (NULL);

  for (char **part = parts; *part != NULL; part++)
    g_ptr_array_add (tokens, g_string_new (*part));
  sp_decode (rules, tokens);
  for (guint i = 0; i < tokens->len; i++)
    g_string_append_printf (text, "%s%s", i > 0 ? "|" : "", ((GString *) tokens->pdata[i])->str);
  return g_string_free (text, FALSE);
}

static const struct { const char *rule, *tokens, *text; } decoders[] = {
  { "{\"type\":\"Fuse\"}", "a|b", "ab" },
  { "{\"type\":\"ByteFallback\"}", "a|<0xC3>|<0xA9>|<0xff>|b|<0x61>|<0xG1>", "a|\ufffd|\ufffd|\ufffd|b|a|<0xG1>" },
  { "{\"type\":\"ByteFallback\"}", "<0xE6>|<0x97>|<0xA5>", "日" },
  { "{\"type\":\"Strip\",\"content\":\" \",\"start\":1,\"stop\":2}", "  a   |b", " a |b" },
  { "{\"type\":\"Replace\",\"pattern\":{\"String\":\"▁\"},\"content\":\" \"}", "▁a▁|b", " a |b" },
  { "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"first\"}", "▁Hey|▁you", "Hey| you" },
  { "{\"type\":\"Metaspace\",\"replacement\":\"▁\",\"prepend_scheme\":\"never\"}", "▁Hey|▁you", " Hey| you" },
  { "{\"type\":\"ByteLevel\",\"add_prefix_space\":true}", "Hey|Ġyou|Ã|©|<日>", "Hey youé<日>" },
};

/* A NUL is a byte like others, and the end of a text in C alone. */
static void
test_nul_byte (void)
{
  g_autoptr (GPtrArray) rules = read_rules ("{\"type\":\"ByteFallback\"}", SP_RULES_DECODER), tokens = sp_decoder_tokens_new ();
  static const char *const names[] = { "<0x00>", "<0xC3>", "<0xA9>" };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_ptr_array_add (tokens, g_string_new (names[i]));
  sp_decode (rules, tokens);
  g_assert_cmpuint (tokens->len, ==, 1);
  g_assert_cmpmem (((GString *) tokens->pdata[0])->str, ((GString *) tokens->pdata[0])->len, "\0\xc3\xa9", 3);
}

static void
test_decoders (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (decoders); i++)
    {
      g_autofree char *text = decode (decoders[i].rule, decoders[i].tokens);

      g_assert_cmpstr (text, ==, decoders[i].text);
    }
}

/* --- patterns that take too long ------------------------------------------------------------------- */

static gboolean
take_nothing (gpointer data G_GNUC_UNUSED, gsize start G_GNUC_UNUSED, gsize end G_GNUC_UNUSED, gboolean is_match G_GNUC_UNUSED,
              GError **error G_GNUC_UNUSED)
{
  return TRUE;
}

static void
test_catastrophes (void)
{
  static const char *const regexes[] = { "(a+)+b", "(a|aa)+$b", "(?:a|b)*c", "((a*)*)*c", "(?R)|b", "(a(?1)?)b", "(.*)*=.*" };
  g_autofree char         *text = g_strnfill (1 << 20, 'a');

  for (gsize i = 0; i < G_N_ELEMENTS (regexes); i++)
    {
      g_autoptr (GError)    error = NULL;
      g_autoptr (SpPattern) pattern = sp_pattern_new_regex (regexes[i], &error);
      gint64                start = g_get_monotonic_time ();
      SpPatience            patience;

      g_assert_no_error (error);
      sp_patience_begin (&patience, 1 << 20, NULL);
      g_assert_false (sp_pattern_walk (pattern, text, 1 << 20, &patience, take_nothing, NULL, &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED);
      g_assert_nonnull (strstr (error->message, "steps"));
      g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
    }
}

static gpointer
cancel_soon (gpointer cancellable)
{
  g_usleep (200000);
  g_cancellable_cancel (cancellable);
  return NULL;
}

/* Each step is short, but there are so many of them that it would take days. */
static void
test_slow_pattern (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpPattern)    pattern = sp_pattern_new_regex ("[^q]{0,9000}[xy]", NULL);
  g_autofree char         *text = g_strnfill (8 << 20, 'a');
  g_autoptr (GError)       error = NULL;
  GThread                 *thread = g_thread_new ("cancel", cancel_soon, cancellable);
  SpPatience               patience;

  sp_patience_begin (&patience, 8 << 20, cancellable);
  g_assert_false (sp_pattern_walk (pattern, text, 8 << 20, &patience, take_nothing, NULL, &error));
  g_thread_join (thread);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_clear_error (&error);
  patience = (SpPatience) { NULL, g_get_monotonic_time () + G_USEC_PER_SEC / 5 };
  g_assert_false (sp_pattern_walk (pattern, text, 8 << 20, &patience, take_nothing, NULL, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer-rules/splits", test_splits);
  g_test_add_func ("/tokenizer-rules/first", test_first);
  g_test_add_func ("/tokenizer-rules/rare-matches", test_rare_matches);
  g_test_add_func ("/tokenizer-rules/normalizers", test_normalizers);
  g_test_add_func ("/tokenizer-rules/nul", test_nul);
  g_test_add_func ("/tokenizer-rules/decoders", test_decoders);
  g_test_add_func ("/tokenizer-rules/nul-byte", test_nul_byte);
  g_test_add_func ("/tokenizer-rules/catastrophes", test_catastrophes);
  g_test_add_func ("/tokenizer-rules/slow-pattern", test_slow_pattern);
  return g_test_run ();
}
