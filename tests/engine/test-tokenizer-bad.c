/* test-tokenizer-bad.c - tokenizers that are refused, each with a sentence that names what it is; folders and their settings */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-tokenizer.h"

#include <string.h>

#define MODEL "\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"<s>\":3},\"merges\":[\"a b\"]}"
#define WITH(part) "{" part "," MODEL "}"
#define BPE(more) "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2}," more "}}"

static const struct { const char *json; SpError code; const char *words; } bad[] = {
  { "", SP_ERROR_MALFORMED, "byte 0" },
  { "[]", SP_ERROR_MALFORMED, "no vocabulary" },
  { "{\"model\":{\"type\":\"BPE\"}}", SP_ERROR_MALFORMED, "no vocabulary" },
  { "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0}}}", SP_ERROR_MALFORMED, "no merges" },
  { "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}}}", SP_ERROR_UNSUPPORTED, "'WordPiece'" },
  { "{\"model\":{\"vocab\":[[\"a\",0.5]],\"unk_id\":0,\"type\":\"Unigram\"}}", SP_ERROR_UNSUPPORTED, "'Unigram'" },
  { BPE ("\"merges\":[\"a c\"]"), SP_ERROR_MALFORMED, "merge 1 needs the token 'c'" },
  { BPE ("\"merges\":[\"a b\",\"b a\"]"), SP_ERROR_MALFORMED, "merge 2 needs the token 'ba'" },
  { BPE ("\"merges\":[\"ab\"]"), SP_ERROR_MALFORMED, "no pair" },
  { BPE ("\"merges\":[\"a b c\"]"), SP_ERROR_MALFORMED, "no pair" },
  { BPE ("\"merges\":[[\"a\"]]"), SP_ERROR_MALFORMED, "no pair" },
  { BPE ("\"merges\":[[\"a\",\"b\",\"a\"]]"), SP_ERROR_MALFORMED, "no pair" },
  { BPE ("\"merges\":[7]"), SP_ERROR_MALFORMED, "no pair" },
  { BPE ("\"merges\":[],\"end_of_word_suffix\":\"</w>\""), SP_ERROR_UNSUPPORTED, "end_of_word_suffix" },
  { BPE ("\"merges\":[],\"continuing_subword_prefix\":\"##\""), SP_ERROR_UNSUPPORTED, "continuing_subword_prefix" },
  { WITH ("\"normalizer\":{\"type\":\"Precompiled\"}"), SP_ERROR_UNSUPPORTED, "normalizer 'Precompiled'" },
  { WITH ("\"normalizer\":{\"type\":\"Digits\"}"), SP_ERROR_UNSUPPORTED, "normalizer 'Digits'" },
  { WITH ("\"normalizer\":{\"prepend\":\"x\"}"), SP_ERROR_MALFORMED, "normalizer has no type" },
  { WITH ("\"normalizer\":{\"type\":\"Prepend\"}"), SP_ERROR_UNSUPPORTED, "'Prepend'" },
  { WITH ("\"normalizer\":{\"type\":\"Replace\",\"content\":\"\"}"), SP_ERROR_UNSUPPORTED, "no pattern" },
  { WITH ("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},1]}"), SP_ERROR_MALFORMED, "no object" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"\\u001b[2J\"}"), SP_ERROR_UNSUPPORTED, "pre_tokenizer '\uFFFD[2J'" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(a\"},\"behavior\":\"Isolated\"}"), SP_ERROR_UNSUPPORTED,
    "'(a'" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a&&b]\"},\"behavior\":\"Isolated\"}"), SP_ERROR_UNSUPPORTED,
    "intersects" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"[a[b]]\"},\"behavior\":\"Isolated\"}"), SP_ERROR_UNSUPPORTED,
    "within a set" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"(*FAIL)\"},\"behavior\":\"Isolated\"}"), SP_ERROR_UNSUPPORTED,
    "callout" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"String\":\"a\"},\"behavior\":\"Odd\"}"), SP_ERROR_UNSUPPORTED, "behavior" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"xy\"}"), SP_ERROR_UNSUPPORTED, "one character" },
  { WITH ("\"pre_tokenizer\":{\"type\":\"Metaspace\",\"replacement\":\"x\",\"prepend_scheme\":\"odd\"}"), SP_ERROR_UNSUPPORTED, "scheme" },
  { WITH ("\"post_processor\":{\"type\":\"BertProcessing\"}"), SP_ERROR_UNSUPPORTED, "post_processor 'BertProcessing'" },
  { WITH ("\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]}"), SP_ERROR_UNSUPPORTED, "0 times" },
  { WITH ("\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<x>\"}},"
          "{\"Sequence\":{\"id\":\"A\"}}]}"),
    SP_ERROR_MALFORMED, "'<x>'" },
  { WITH ("\"decoder\":{\"type\":\"WordPiece\"}"), SP_ERROR_UNSUPPORTED, "decoder 'WordPiece'" },
  { WITH ("\"added_tokens\":[{\"content\":\"x\"}]"), SP_ERROR_MALFORMED, "added token 1" },
  { WITH ("\"added_tokens\":[{\"id\":4,\"content\":\"x\"},{\"id\":5}]"), SP_ERROR_MALFORMED, "added token 2" },
  { WITH ("\"added_tokens\":[{\"id\":4294967295,\"content\":\"x\"}]"), SP_ERROR_MALFORMED, "added token 1" },
};

static void
test_bad (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (GError)      error = NULL;
      g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (bad[i].json, strlen (bad[i].json), &error);

      if (tokenizer != NULL || !g_error_matches (error, SP_ERROR, (gint) bad[i].code) || strstr (error->message, bad[i].words) == NULL)
        g_error ("%s: %s", bad[i].json, error != NULL ? error->message : "accepted");
      g_assert_nonnull (strstr (error->message, "tokenizer.json"));
    }
}

static char *
repeat (const char *text, guint n)
{
  GString *all = g_string_new (NULL);

  while (n-- > 0)
    g_string_append (all, text);
  return g_string_free (all, FALSE);
}

static void
expect_too_big (const char *json, const char *text)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (json, strlen (json), &error);
  g_autoptr (GArray)      ids = NULL;

  if (tokenizer != NULL)
    ids = sp_tokenizer_encode (tokenizer, text, strlen (text), FALSE, NULL, &error);
  g_assert_null (ids);
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
}

/* Small files that want much. */
static void
test_bombs (void)
{
  g_autofree char *long_text = g_strnfill (60000, 'x'), *letters = g_strnfill (40000, 'a');
  g_autofree char *growing = g_strdup_printf ("{\"type\":\"Replace\",\"pattern\":{\"String\":\"a\"},\"content\":\"%s\"}", long_text);
  g_autofree char *bomb = g_strdup_printf (WITH ("\"normalizer\":%s"), growing);
  g_autofree char *added = g_strdup_printf (WITH ("\"added_tokens\":[{\"id\":5,\"content\":\"%s\"}]"), long_text);

  expect_too_big (bomb, letters);
  expect_too_big (added, "a");
}

static void
test_endless_word (void)
{
  g_autofree char *word = g_strnfill ((1 << 24) + 1, 'a');

  expect_too_big ("{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"aa\":1},\"merges\":[\"a a\"]}}", word);
}

static void
expect_too_many (const char *part, guint n)
{
  g_autofree char        *steps = repeat (part, n);
  g_autofree char        *json =
    g_strdup_printf (WITH ("\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[%s{\"type\":\"NFC\"}]}"), steps);
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (json, strlen (json), &error);

  g_assert_null (tokenizer);
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
}

/* Also of those that are nothing by themselves. */
static void
test_many_steps (void)
{
  expect_too_many ("{\"type\":\"NFC\"},", 64);
  expect_too_many ("{\"type\":\"Sequence\",\"normalizers\":[]},", 1000000);
  expect_too_many ("{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"NFC\"},{\"type\":\"NFC\"}]},", 22);
}

/* What is written twice counts as the last one says. */
static void
test_twice (void)
{
  g_autofree char        *steps = repeat ("{\"type\":\"ByteLevel\",\"add_prefix_space\":false},", 63);
  g_autofree char        *json =
    g_strdup_printf (WITH ("\"pre_tokenizer\":{\"type\":\"Sequence\",\"pretokenizers\":[%s{\"type\":\"Whitespace\"}]},"
                           "\"pre_tokenizer\":{\"type\":\"Whitespace\"}"), steps);
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (json, strlen (json), NULL);
  g_autoptr (GArray)      ids = sp_tokenizer_encode (tokenizer, "a b", 3, FALSE, NULL, NULL);

  g_assert_cmpuint (ids->len, ==, 2);
}

/* --- letters that are no token --------------------------------------------------------------------- */

/* Ids with spaces between; what is wrong in brackets. */
static char *
encode (SpTokenizer *tokenizer, const char *text, gboolean with_special)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GArray) ids = sp_tokenizer_encode (tokenizer, text, strlen (text), with_special, NULL, &error);
  GString           *out = g_string_new (NULL);

  if (ids == NULL)
    g_string_append_printf (out, "(%s)", error->message);
  for (guint i = 0; ids != NULL && i < ids->len; i++)
    g_string_append_printf (out, "%s%u", i > 0 ? " " : "", g_array_index (ids, guint32, i));
  return g_string_free (out, FALSE);
}

#define UNKNOWN(more) "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"ab\":2,\"?\":3,\"<0xC3>\":4,\"<0xA9>\":5}," \
                      "\"merges\":[\"a b\"]," more "}}"

static const struct { const char *json, *text, *ids; } unknowns[] = {
  { UNKNOWN ("\"unk_token\":null"), "axxb", "2" },
  { UNKNOWN ("\"unk_token\":\"?\",\"fuse_unk\":false"), "axyb", "0 3 3 1" },
  { UNKNOWN ("\"unk_token\":\"?\",\"fuse_unk\":true"), "xaxybz", "3 0 3 1 3" },
  { UNKNOWN ("\"unk_token\":\"?\",\"byte_fallback\":true"), "aéèb", "0 4 5 3 1" },
  { UNKNOWN ("\"unk_token\":\"?\",\"byte_fallback\":false"), "aéb", "0 3 1" },
  { UNKNOWN ("\"ignore_merges\":true"), "ab", "2" },
  { UNKNOWN ("\"unk_token\":\"none\""), "ab", "2" },
  { UNKNOWN ("\"unk_token\":\"none\""), "axb",
    "(tokenizer.json: the text needs its unknown token 'none', which the vocabulary does not have)" },
};

static void
test_unknown (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (unknowns); i++)
    {
      g_autoptr (GError)      error = NULL;
      g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (unknowns[i].json, strlen (unknowns[i].json), &error);
      g_autofree char        *ids = NULL;

      g_assert_no_error (error);
      ids = encode (tokenizer, unknowns[i].text, FALSE);
      g_assert_cmpstr (ids, ==, unknowns[i].ids);
    }
}

/* --- added tokens ---------------------------------------------------------------------------------- */

#define ADDED(id, content, more) "{\"id\":" id ",\"content\":\"" content "\"" more "}"
static const char added[] =
  WITH ("\"normalizer\":{\"type\":\"Lowercase\"},\"added_tokens\":[" ADDED ("10", "<X>", "") "," ADDED ("11", "<X>>", "") ","
        ADDED ("12", "[L]", ",\"lstrip\":true") "," ADDED ("13", "[R]", ",\"rstrip\":true") ","
        ADDED ("14", "bb", ",\"single_word\":true") "," ADDED ("15", "Na", ",\"normalized\":true") "," ADDED ("16", "ab", "") "]");

static const struct { const char *text, *ids; } matches[] = {
  { "<X>", "10" },       { "a<X>b", "0 10 1" },  { "<X>>", "11" },         { "<X><X>>>", "10 11" }, { "<x>", "" },
  { "a [L] b", "0 12 1" }, { "a [R] b", "0 13 1" }, { "a [R] [L]b", "0 13 12 1" }, { "bb", "14" },       { "abb bb a", "2 1 14 0" },
  { "bb_bb bbé", "1 1 1 1 1 1" }, { "na NA Na", "15 15 15" }, { "ab", "2" },
};

static void
test_added (void)
{
  g_autoptr (GError)      error = NULL;
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (added, strlen (added), &error);

  g_assert_no_error (error);
  for (gsize i = 0; i < G_N_ELEMENTS (matches); i++)
    {
      g_autofree char *ids = encode (tokenizer, matches[i].text, TRUE);

      if (strcmp (ids, matches[i].ids) != 0)
        g_error ("'%s' gives %s, not %s", matches[i].text, ids, matches[i].ids);
    }
}

/* What was found in what a normalizer made comes back as that; special tokens are no text. */
static void
test_added_back (void)
{
  static const char json[] =
    WITH ("\"normalizer\":{\"type\":\"Prepend\",\"prepend\":\"x\"},\"decoder\":{\"type\":\"Fuse\"},\"added_tokens\":["
          ADDED ("4", "aa", ",\"normalized\":true") "," ADDED ("3", "<s>", ",\"special\":true") "]");
  g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_new (json, strlen (json), NULL);
  g_autofree char        *ids = encode (tokenizer, "aab<s>a", FALSE);
  g_autofree char        *back = sp_tokenizer_decode (tokenizer, (const guint32[]) { 4, 1, 3, 0, 99 }, 5);

  g_assert_cmpstr (ids, ==, "4 1 3 0");
  g_assert_cmpstr (back, ==, "xaaba");
}

/* --- folders --------------------------------------------------------------------------------------- */

#define TEMPLATE "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}}," \
                 "{\"Sequence\":{\"id\":\"A\"}}]," \
                 "\"special_tokens\":{\"<s>\":{\"id\":\"<s>\",\"ids\":[3]}}}"

static const struct { const char *json, *config, *ids; } folders[] = {
  { WITH (TEMPLATE), NULL, "3 2" },
  { WITH (TEMPLATE), "{\"bos_token\":\"<s>\"}", "3 2" },
  { WITH (TEMPLATE), "{\"add_bos_token\":true,\"bos_token\":\"<s>\"}", "3 2" },
  { WITH (TEMPLATE), "{\"add_bos_token\":false,\"bos_token\":\"<s>\"}", "2" },
  { WITH ("\"post_processor\":null"), "{\"add_bos_token\":true,\"bos_token\":{\"content\":\"<s>\"}}", "3 2" },
  { WITH ("\"post_processor\":null"), "{\"add_bos_token\":true,\"bos_token\":null}", "2" },
  { WITH ("\"post_processor\":null"), "{\"add_bos_token\":false,\"bos_token\":\"<none>\"}", "2" },
  { WITH ("\"post_processor\":null"), "{\"add_bos_token\":true,\"bos_token\":\"<none>\"}", "bos_token '<none>'" },
  { WITH ("\"post_processor\":null"), "[]", "tokenizer_config.json is not an object" },
  { WITH ("\"post_processor\":null"), "{", "tokenizer_config.json" },
};

static void
test_folders (void)
{
  for (gsize i = 0; i < G_N_ELEMENTS (folders); i++)
    {
      char                   *folder = files_new_folder ();
      g_autofree char        *json = files_write_text (folder, "tokenizer.json", folders[i].json), *ids = NULL, *config = NULL;
      g_autoptr (GError)      error = NULL;
      g_autoptr (SpTokenizer) tokenizer = NULL;

      if (folders[i].config != NULL)
        config = files_write_text (folder, "tokenizer_config.json", folders[i].config);
      tokenizer = sp_tokenizer_open (folder, &error);
      ids = tokenizer != NULL ? encode (tokenizer, "ab", TRUE) : g_strdup (error->message);
      if (tokenizer != NULL ? strcmp (ids, folders[i].ids) != 0 : strstr (ids, folders[i].ids) == NULL)
        g_error ("%s: %s gives %s, not %s", folders[i].json, folders[i].config, ids, folders[i].ids);
      files_remove (folder);
    }
}

static void
test_older_files (void)
{
  static const struct { const char *vocabulary, *merges, *written, *result; } cases[] = {
    { "vocab.json", "merges.txt", "#version: 0.2\na b\n", "2 3" },
    { "encoder.json", "vocab.bpe", "#version: 0.2\r\na b\r\n\r\n", "2 3" },
    { "vocab.json", "merges.txt", "a b c", "merges.txt: a line of it is no pair of tokens" },
    { "vocab.json", "merges.txt", "a c", "merges.txt: merge 1 needs the token 'c'" },
    { "vocab.json", "vocab.bpe", "a b", "there is no tokenizer.json" },
    { "tokenizer.model", "vocab.bpe", "a b", "tokenizer.model is not read" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      char                   *folder = files_new_folder ();
      g_autofree char        *vocabulary = files_write_text (folder, cases[i].vocabulary, "{\"a\":0,\"b\":1,\"ab\":2,\"<|endoftext|>\":3}");
      g_autofree char        *merges = files_write_text (folder, cases[i].merges, cases[i].written), *ids = NULL;
      g_autoptr (GError)      error = NULL;
      g_autoptr (SpTokenizer) tokenizer = sp_tokenizer_open (folder, &error);

      ids = tokenizer != NULL ? encode (tokenizer, "ab<|endoftext|>", TRUE) : g_strdup (error->message);
      g_assert_nonnull (strstr (ids, cases[i].result));
      files_remove (folder);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer-bad/refused", test_bad);
  g_test_add_func ("/tokenizer-bad/bombs", test_bombs);
  g_test_add_func ("/tokenizer-bad/endless-word", test_endless_word);
  g_test_add_func ("/tokenizer-bad/many-steps", test_many_steps);
  g_test_add_func ("/tokenizer-bad/twice", test_twice);
  g_test_add_func ("/tokenizer-bad/unknown", test_unknown);
  g_test_add_func ("/tokenizer-bad/added", test_added);
  g_test_add_func ("/tokenizer-bad/added-back", test_added_back);
  g_test_add_func ("/tokenizer-bad/folders", test_folders);
  g_test_add_func ("/tokenizer-bad/older-files", test_older_files);
  return g_test_run ();
}
