/* test-tokenizer.c - ids of the fixtures' hard texts, by an independent oracle; and what a text may do to a tokenizer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-members.h"
#include "sp-tokenizer.h"

#include <string.h>

static char *
build_fixture (const char *name)
{
  return g_test_build_filename (G_TEST_DIST, "tests", "fixtures", name, NULL);
}

static SpTokenizer *
open_fixture (const char *folder)
{
  g_autofree char   *name = g_build_filename ("tokenizers", folder, NULL), *path = build_fixture (name);
  g_autoptr (GError) error = NULL;
  SpTokenizer       *tokenizer = sp_tokenizer_open (path, &error);

  g_assert_no_error (error);
  return tokenizer;
}

/* --- fixtures -------------------------------------------------------------------------------------- */

typedef struct {
  char   *folder, *text, *hex;
  GArray *ids;
} Case;

static gboolean
read_ids (gpointer data, SpJson *json, const char *key G_GNUC_UNUSED, SpJsonToken first, GError **error)
{
  guint64 id;

  g_assert_cmpint (first, ==, SP_JSON_ARRAY);
  while (sp_json_next (json, error) == SP_JSON_NUMBER)
    {
      guint32 value;

      g_assert_true (sp_json_get_u64 (json, &id));
      value = (guint32) id;
      g_array_append_val (((Case *) data)->ids, value);
    }
  return TRUE;
}

static const SpField fields[] = {
  { "folder", SP_FIELD_TEXT, offsetof (Case, folder), NULL },
  { "text", SP_FIELD_TEXT, offsetof (Case, text), NULL },
  { "hex", SP_FIELD_TEXT, offsetof (Case, hex), NULL },
  { "ids", SP_FIELD_VALUE, 0, read_ids },
};

static GByteArray *
get_bytes (const Case *fixture)
{
  GByteArray *bytes = g_byte_array_new ();

  if (fixture->text != NULL)
    g_byte_array_append (bytes, (const guint8 *) fixture->text, (guint) strlen (fixture->text));
  for (const char *p = fixture->hex; p != NULL && *p != '\0'; p += 2)
    g_byte_array_append (bytes, &(guint8) { (guint8) (g_ascii_xdigit_value (p[0]) << 4 | g_ascii_xdigit_value (p[1])) }, 1);
  return bytes;
}

static void
check_ids (const Case *fixture, const GArray *ids)
{
  for (guint i = 0; i < MIN (ids->len, fixture->ids->len); i++)
    if (g_array_index (ids, guint32, i) != g_array_index (fixture->ids, guint32, i))
      g_error ("%s: '%s': id %u is %u, not %u", fixture->folder, fixture->text != NULL ? fixture->text : fixture->hex, i,
               g_array_index (ids, guint32, i), g_array_index (fixture->ids, guint32, i));
  g_assert_cmpuint (ids->len, ==, fixture->ids->len);
}

/* Bytes that are no token of the text come back as they were, where nothing was normalized; NUL is no text in C. */
static void
check_back (SpTokenizer *tokenizer, const Case *fixture, const GArray *ids)
{
  g_autofree char *back = sp_tokenizer_decode (tokenizer, (const guint32 *) ids->data, ids->len);
  gboolean         is_kept = strcmp (fixture->folder, "gpt2") == 0 || strcmp (fixture->folder, "llama3") == 0
                             || strcmp (fixture->folder, "sentencepiece") == 0;

  g_assert_true (g_utf8_validate (back, -1, NULL));
  if (is_kept && fixture->text != NULL && strstr (fixture->text, "<|end|>") == NULL && strstr (fixture->text, "▁") == NULL)
    g_assert_cmpstr (back, ==, fixture->text);
}

static void
check_case (SpTokenizer *tokenizer, const Case *fixture)
{
  g_autoptr (GByteArray) bytes = get_bytes (fixture);
  g_autoptr (GError)     error = NULL;
  g_autoptr (GArray)     ids = sp_tokenizer_encode (tokenizer, (const char *) bytes->data, bytes->len, TRUE, NULL, &error);
  g_autoptr (GArray)     plain = sp_tokenizer_encode (tokenizer, (const char *) bytes->data, bytes->len, FALSE, NULL, NULL);

  g_assert_no_error (error);
  check_ids (fixture, ids);
  check_back (tokenizer, fixture, plain);
}

static void
test_fixtures (void)
{
  g_autofree char        *path = build_fixture ("tokenizers.json"), *json = NULL, *folder = NULL;
  g_autoptr (SpTokenizer) tokenizer = NULL;
  g_autoptr (SpJson)      reader = NULL;
  gsize                   n, n_cases = 0;

  g_assert_true (g_file_get_contents (path, &json, &n, NULL));
  reader = sp_json_new (json, n, "tokenizers.json");
  g_assert_cmpint (sp_json_next (reader, NULL), ==, SP_JSON_ARRAY);
  for (; sp_json_next (reader, NULL) == SP_JSON_OBJECT; n_cases++)
    {
      Case fixture = { NULL, NULL, NULL, g_array_new (FALSE, FALSE, sizeof (guint32)) };

      g_assert_true (sp_fields_read (reader, fields, G_N_ELEMENTS (fields), &fixture, NULL));
      if (g_strcmp0 (folder, fixture.folder) != 0)
        {
          g_clear_pointer (&tokenizer, sp_tokenizer_unref);
          tokenizer = open_fixture (fixture.folder);
          g_free (folder);
          folder = g_strdup (fixture.folder);
        }
      check_case (tokenizer, &fixture);
      g_free (fixture.folder);
      g_free (fixture.text);
      g_free (fixture.hex);
      g_array_unref (fixture.ids);
    }
  g_assert_cmpuint (n_cases, >, 200);
}

/* --- texts ----------------------------------------------------------------------------------------- */

static void
test_not_utf8 (void)
{
  static const struct { const char *text; gsize n_bytes; const char *words; } texts[] = {
    { "abc\xff", 4, "byte 3" }, { "\0\0\xc3", 3, "byte 2" }, { "a\xed\xa0\x80", 4, "byte 1" }, { "ab\xc3(", 4, "byte 2" },
    { "\xc0\xaf", 2, "byte 0" }, { "x\xf4\x90\x80\x80", 5, "byte 1" },
  };
  g_autoptr (SpTokenizer) tokenizer = open_fixture ("gpt2");

  for (gsize i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (sp_tokenizer_encode (tokenizer, texts[i].text, texts[i].n_bytes, TRUE, NULL, &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
      g_assert_nonnull (strstr (error->message, texts[i].words));
    }
}

static void
test_empty (void)
{
  g_autoptr (SpTokenizer) tokenizer = open_fixture ("llama3");
  g_autoptr (GArray)      with = sp_tokenizer_encode (tokenizer, NULL, 0, TRUE, NULL, NULL);
  g_autoptr (GArray)      without = sp_tokenizer_encode (tokenizer, "", 0, FALSE, NULL, NULL);
  g_autofree char        *back = sp_tokenizer_decode (tokenizer, NULL, 0);

  g_assert_cmpuint (with->len, ==, 1);
  g_assert_cmpuint (without->len, ==, 0);
  g_assert_cmpstr (back, ==, "");
}

static void
test_cancelled (void)
{
  g_autoptr (SpTokenizer)  tokenizer = open_fixture ("sentencepiece");
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError)       error = NULL;

  g_cancellable_cancel (cancellable);
  g_assert_null (sp_tokenizer_encode (tokenizer, "text", 4, TRUE, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

/* One word of a million letters, all of which merge: n log n, where comparing each pair each time takes hours. */
static void
test_long_word (void)
{
  g_autoptr (SpTokenizer) tokenizer = open_fixture ("sentencepiece");
  gsize                   n = 1000000;
  g_autofree char        *text = g_malloc (n), *back = NULL;
  g_autoptr (GArray)      ids = NULL;
  gint64                  start = g_get_monotonic_time ();

  for (gsize i = 0; i < n; i++)
    text[i] = "newest"[i % 6];
  ids = sp_tokenizer_encode (tokenizer, text, n, FALSE, NULL, NULL);
  g_assert_cmpuint (ids->len, <, n / 4);
  back = sp_tokenizer_decode (tokenizer, (const guint32 *) ids->data, ids->len);
  g_assert_cmpmem (back, strlen (back), text, n);
  g_assert_cmpint (g_get_monotonic_time () - start, <, 20 * G_USEC_PER_SEC);
}

typedef struct { SpTokenizer *tokenizer; const char *text; GArray *ids; } Job;

static gpointer
encode_in_thread (gpointer data)
{
  Job *job = data;

  job->ids = sp_tokenizer_encode (job->tokenizer, job->text, strlen (job->text), TRUE, NULL, NULL);
  return NULL;
}

static void
test_threads (void)
{
  g_autoptr (SpTokenizer) tokenizer = open_fixture ("qwen2");
  g_autofree char        *once = g_strdup ("the lowest newer naïve 日本語 don't 123\n\n  end"), *text = NULL;
  g_autoptr (GString)     all = g_string_new (NULL);
  Job                     jobs[4];
  GThread                *threads[4];

  for (guint i = 0; i < 500; i++)
    g_string_append_printf (all, "%s%u ", once, i);
  text = g_strdup (all->str);
  for (gsize i = 0; i < G_N_ELEMENTS (jobs); i++)
    {
      jobs[i] = (Job) { tokenizer, text, NULL };
      threads[i] = g_thread_new ("encode", encode_in_thread, &jobs[i]);
    }
  for (gsize i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_thread_join (threads[i]);
  for (gsize i = 1; i < G_N_ELEMENTS (jobs); i++)
    g_assert_cmpmem (jobs[0].ids->data, jobs[0].ids->len * 4, jobs[i].ids->data, jobs[i].ids->len * 4);
  for (gsize i = 0; i < G_N_ELEMENTS (jobs); i++)
    g_array_unref (jobs[i].ids);
}

static void
test_one_token (void)
{
  g_autoptr (SpTokenizer) bytes = open_fixture ("gpt2"), opt = open_fixture ("opt");
  g_autofree char        *letter = sp_tokenizer_dup_text (bytes, 'a'), *space = sp_tokenizer_dup_text (bytes, ' ');
  g_autofree char        *first = sp_tokenizer_dup_text (opt, 'b'), *none = sp_tokenizer_dup_text (opt, 1 << 20);

  g_assert_cmpstr (letter, ==, "a");
  g_assert_cmpstr (space, ==, " ");
  g_assert_cmpstr (first, ==, "b");
  g_assert_null (none);
  g_assert_cmpuint (sp_tokenizer_get_n_ids (opt), >, sp_tokenizer_get_n_ids (bytes));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tokenizer/fixtures", test_fixtures);
  g_test_add_func ("/tokenizer/not-utf8", test_not_utf8);
  g_test_add_func ("/tokenizer/empty", test_empty);
  g_test_add_func ("/tokenizer/cancelled", test_cancelled);
  g_test_add_func ("/tokenizer/long-word", test_long_word);
  g_test_add_func ("/tokenizer/threads", test_threads);
  g_test_add_func ("/tokenizer/one-token", test_one_token);
  return g_test_run ();
}
