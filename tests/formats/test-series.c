/* test-series.c - lists of numbers in JSON or CSV: what is taken for them, what they hold, what is refused */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-csv.h"
#include "sp-format.h"
#include "sp-source.h"

#include <math.h>
#include <string.h>

static SpStore *
open_text (const char *text, const char *name, GError **error)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (text, strlen (text));
  g_autoptr (SpBlob) blob = sp_blob_new_bytes (bytes, name);

  return sp_store_open_blob (blob, error);
}

static SpStore *
open_well (const char *text)
{
  g_autoptr (GError) error = NULL;
  SpStore *store = open_text (text, "run.txt", &error);

  g_assert_no_error (error);
  g_assert_cmpstr (sp_store_get_format (store)->id, ==, "series");
  return store;
}

static gboolean
take_numbers (gpointer data, const SpChunk *chunk)
{
  g_array_append_vals (data, chunk->data, (guint) chunk->n);
  return TRUE;
}

static void
assert_numbers (SpStore *store, const char *name, guint n, const double *expected)
{
  const SpTensor *tensor = sp_store_find (store, name);
  g_autoptr (GArray) numbers = g_array_new (FALSE, FALSE, sizeof (double));

  g_assert_nonnull (tensor);
  g_assert_cmpint (tensor->dtype, ==, SP_DTYPE_F64);
  g_assert_cmpuint (tensor->rank, ==, 1);
  g_assert_cmpuint (tensor->shape[0], ==, n);
  g_assert_true (sp_source_each (tensor, take_numbers, numbers, NULL, NULL));
  g_assert_cmpmem (numbers->data, numbers->len * sizeof (double), expected, n * sizeof (double));
}

static void
test_numbers (void)
{
  g_autoptr (SpStore) store = open_well (" {\"run\": \"0.1b\", \"token_passed\": [800978889, 1601756782,\n 3e9],"
                                         " \"activation_ratio\":[0.104756, -0.0, 1e-320], \"none\": []}\n");

  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, 3);
  assert_numbers (store, "token_passed", 3, (const double[]){ 800978889, 1601756782, 3e9 });
  assert_numbers (store, "activation_ratio", 3, (const double[]){ 0.104756, -0.0, 1e-320 });
  assert_numbers (store, "none", 0, NULL);
  g_assert_cmpuint (sp_store_get_n_notes (store), ==, 1);
  g_assert_nonnull (strstr (sp_store_get_note (store, 0), "'run'"));
}

/* A list may have one number, or none, also before others. */
static void
test_short (void)
{
  g_autoptr (SpStore) store = open_well ("{\"none\":[],\"one\":[7]}");

  assert_numbers (store, "none", 0, NULL);
  assert_numbers (store, "one", 1, (const double[]){ 7 });
}

static void
test_large (void)
{
  g_autoptr (SpStore) store = open_well ("{\"a\":[1,-1e999]}");

  assert_numbers (store, "a", 2, (const double[]){ 1, -INFINITY });
}

/* What is not a flat list of numbers is named, or counted, and skipped whole. */
static void
test_others (void)
{
  g_autoptr (SpStore) store = open_well ("{\"a\":[1,2],\"deep\":[1,[2,{\"x\":[3]}],4],\"o\":{\"b\":[5]},\"t\":[1,\"x\"],\"n\":null,"
                                         "\"z\":[3]}");

  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, 2);
  assert_numbers (store, "z", 1, (const double[]){ 3 });
  g_assert_cmpuint (sp_store_get_n_notes (store), ==, 1);
  g_assert_nonnull (strstr (sp_store_get_note (store, 0), "4 entries"));
  g_assert_nonnull (strstr (sp_store_get_note (store, 0), "'deep'"));
}

/* As programs write it: marks, quotes and ends of lines of their own, an index without a name, empty lines. */
static void
test_columns (void)
{
  static const char *const texts[] = {
    "tau,loss,n,rule\n0,2,7,a\n0.5,2.25,-8e-3,b\n",
    "\357\273\277\"tau\";\"loss\";\"n\";\"rule\"\r\n0;2;7;\"a\"\r\n\r\n0.5;2.25;-8e-3;\r\n",
    "\ttau\tloss\tn\trule\n0\t0\t2\t7\t\n1\t0.5\t2.25\t-8e-3\tb",
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (SpStore) store = open_well (texts[i]);

      g_assert_cmpuint (sp_store_get_n_tensors (store), ==, 3);
      assert_numbers (store, "tau", 2, (const double[]){ 0, 0.5 });
      assert_numbers (store, "loss", 2, (const double[]){ 2, 2.25 });
      assert_numbers (store, "n", 2, (const double[]){ 7, -8e-3 });
      g_assert_cmpuint (sp_store_get_n_notes (store), ==, 1);
    }
}

static void
test_refused (void)
{
  static const struct { const char *text; SpError code; const char *words; } cases[] = {
    { "{\"a\":[1,2,NaN]}", SP_ERROR_MALFORMED, "byte 10" },     { "{\"a\":[1,2", SP_ERROR_MALFORMED, "byte 9" },
    { "{\"a\":[1,2]} x", SP_ERROR_MALFORMED, "follows" },       { "{\"a\":[1,2],\"a\":[1]}", SP_ERROR_MALFORMED, "'a'" },
    { "{\"a\":[1,2,\"x\"]}", SP_ERROR_NOT_A_MODEL, "run.txt" }, { "{\"a\":[1,2],}", SP_ERROR_MALFORMED, "byte 11" },
    { "tau,loss\n0,2\n0.5\n", SP_ERROR_MALFORMED, "line 3 has 1 cells" },
    { "tau,loss\n0,2\n0.5,high\n", SP_ERROR_MALFORMED, "line 3: loss is 'high'" },
    { "tau;loss\n0;2\n0,5;3\n", SP_ERROR_MALFORMED, "line 3: tau is '0,5'" },
    { "tau,loss,x,x\n0,2,3,4\n", SP_ERROR_MALFORMED, "'x' is listed twice" },
    { "tau,loss,\377\n0,2,3\n", SP_ERROR_MALFORMED, "UTF-8" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (open_text (cases[i].text, "run.txt", &error));
      g_assert_error (error, SP_ERROR, (int) cases[i].code);
      g_assert_nonnull (strstr (error->message, cases[i].words));
    }
}

/* A line of a million cells is no table, and costs no more than one that is. */
static void
test_wide (void)
{
  g_autoptr (GString) text = g_string_new ("tau,loss,x");
  g_autoptr (GError)  error = NULL;
  g_auto (GStrv)      names = NULL;

  for (guint i = 0; i < 1000000; i++)
    g_string_append_c (text, ',');
  names = sp_csv_read_names (text->str);
  g_assert_cmpstr (names[2], ==, "x");
  g_assert_cmpuint (g_strv_length (names), ==, 1001);
  g_assert_null (open_text (text->str, "wide.csv", &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, "more than 1000 cells"));
}

static void
test_long (void)
{
  g_autoptr (GString) text = g_string_new ("tau,loss\n");
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpStore) store = NULL;

  for (guint i = 0; i < 100000; i++)
    g_string_append (text, "0.1,2\n");
  store = open_well (text->str);
  g_assert_cmpuint (sp_store_find (store, "loss")->shape[0], ==, 100000);
  g_string_append (text, "0.1,2\n0.1,2\n");
  g_assert_null (open_text (text->str, "long.csv", &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, "more than the 100000"));
}

/* JSON of other kinds stays what it was: no model file. */
static void
test_strangers (void)
{
  static const struct { const char *name, *text; } cases[] = {
    { "config.json", "{\"model_type\":\"llama\",\"eos_token_id\":[128001,128009]}" },
    { "preprocessor_config.json", "{\"image_mean\":[0.5,0.5,0.5]}" },
    { "settings.json", "{\"do_sample\":true,\"eos_token_id\":[1,2]}" },
    { "model.safetensors.index.json", "{\"metadata\":{\"total_size\":8},\"weight_map\":{\"a\":\"b\"}}" },
    { "tokenizer.json", "{\"version\":\"1.0\",\"truncation\":null,\"model\":{\"vocab\":{}}}" },
    { "vocab.json", "{\"a\":0,\"b\":1}" },
    { "ids.json", "[1,2,3]" },
    { "none.json", "{\"a\":[]}" },
    { "texts.json", "{\"tokens\":[\"a\",\"b\"],\"ids\":[1,2]}" },
    { "prose.txt", "A set {\"a\":[1,2]} of numbers." },
    { "other.csv", "step,loss\n0,2\n" },
    { "prose.csv", "The tau,loss\n0,2\n" },
    { "later.csv", "a,b\ntau,loss\n" },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (GError) error = NULL;

      g_assert_null (open_text (cases[i].text, cases[i].name, &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL);
    }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/series/numbers", test_numbers);
  g_test_add_func ("/formats/series/short", test_short);
  g_test_add_func ("/formats/series/large", test_large);
  g_test_add_func ("/formats/series/others", test_others);
  g_test_add_func ("/formats/series/columns", test_columns);
  g_test_add_func ("/formats/series/refused", test_refused);
  g_test_add_func ("/formats/series/wide", test_wide);
  g_test_add_func ("/formats/series/long", test_long);
  g_test_add_func ("/formats/series/strangers", test_strangers);
  return g_test_run ();
}
