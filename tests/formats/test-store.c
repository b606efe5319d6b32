/* test-store.c - folders, shards, equal names, ties, archives in archives, config.json, cancelling */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-archive.h"
#include "sp-format.h"

#include <glib/gstdio.h>
#include <string.h>

static char *folder;

static void
set_up (gpointer *fixture, gconstpointer data)
{
  folder = files_new_folder ();
}

static void
tear_down (gpointer *fixture, gconstpointer data)
{
  g_clear_pointer (&folder, files_remove);
}

/* One f32 matrix of two rows under each name, one after another. */
static GByteArray *
model (const char *const *names)
{
  g_autoptr (GString) header = g_string_new ("{");
  g_autoptr (GByteArray) data = g_byte_array_new ();

  for (guint i = 0; names[i] != NULL; i++)
    {
      g_string_append_printf (header, "%s\"%s\":{\"dtype\":\"F32\",\"shape\":[2,3],\"data_offsets\":[%u,%u]}",
                              i > 0 ? "," : "", names[i], i * 24, i * 24 + 24);
      for (guint k = 0; k < 6; k++)
        {
          float value = i * 10 + k;

          g_byte_array_append (data, (const guint8 *) &value, sizeof value);
        }
    }
  g_string_append_c (header, '}');
  return files_safetensors (header->str, data->data, data->len);
}

#define MODEL(...) model ((const char *const[]) { __VA_ARGS__, NULL })

static void
write_bytes (const char *name, GByteArray *bytes)
{
  g_free (files_write (folder, name, bytes->data, bytes->len));
  g_byte_array_unref (bytes);
}

static void
write_text (const char *name, const char *text)
{
  g_free (files_write_text (folder, name, text));
}

/* name: NULL for the folder itself. */
static SpStore *
open_store (const char *name, GError **error)
{
  g_autofree char *path = g_build_filename (folder, name, NULL);

  return sp_store_open (path, NULL, error);
}

static SpStore *
open_well (const char *name)
{
  g_autoptr (GError) error = NULL;
  SpStore *store = open_store (name, &error);

  g_assert_no_error (error);
  return store;
}

/* expected: names with spaces between, in order. */
static void
assert_names (SpStore *store, const char *expected)
{
  g_autoptr (GString) names = g_string_new (NULL);

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      g_assert_true (sp_store_find (store, tensor->name) == tensor);
      g_string_append_printf (names, "%s%s", i > 0 ? " " : "", tensor->name);
    }
  g_assert_cmpstr (names->str, ==, expected);
}

static void
assert_fails (const char *name, SpError code, const char *word)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (open_store (name, &error));
  g_assert_error (error, SP_ERROR, (int) code);
  g_assert_nonnull (strstr (error->message, word));
}

static void
test_one_file (gpointer *fixture, gconstpointer data)
{
  g_autoptr (SpStore) store = NULL;
  const SpTensor *tensor;

  write_bytes ("m.safetensors", MODEL ("layers.10.a", "layers.2.a"));
  write_bytes ("other.safetensors", MODEL ("b"));
  write_text ("config.json",
              "{\"model_type\":\"llama\",\"rope\":{\"theta\":1e4,\"on\":true},\"eos\":[1,2],\"none\":null}");
  store = open_well ("m.safetensors");
  assert_names (store, "layers.2.a layers.10.a");
  tensor = sp_store_find (store, "layers.10.a");
  g_assert_cmpint (tensor->role.layer, ==, 10);
  g_assert_cmpuint (tensor->n_bytes, ==, 24);
  g_assert_cmpstr (sp_store_get_format (store)->id, ==, "safetensors");
  g_assert_cmpstr (sp_store_get_title (store), ==, "m.safetensors");
  g_assert_cmpuint (sp_store_get_n_files (store), ==, 1);
  g_assert_cmpstr (sp_store_find_metadata (store, "config.model_type"), ==, "llama");
  g_assert_cmpstr (sp_store_find_metadata (store, "config.rope.theta"), ==, "1e4");
  g_assert_cmpstr (sp_store_find_metadata (store, "config.rope.on"), ==, "true");
  g_assert_cmpstr (sp_store_find_metadata (store, "config.eos"), ==, "1, 2");
  g_assert_null (sp_store_find_metadata (store, "config.none"));
  g_assert_null (sp_store_find_metadata (store, "tokenizer"));
}

static void
test_shards (gpointer *fixture, gconstpointer data)
{
  static const char *const ways[] = { NULL, "m-00001-of-00002.safetensors", "m-00002-of-00002.safetensors",
                                      "m.safetensors.index.json", "config.json", "tokenizer.json" };

  write_bytes ("m-00001-of-00002.safetensors", MODEL ("a.9", "a.10"));
  write_bytes ("m-00002-of-00002.safetensors", MODEL ("a.1"));
  write_text ("m.safetensors.index.json",
              "{\"metadata\":{},\"weight_map\":{\"a.9\":\"m-00001-of-00002.safetensors\","
              "\"a.10\":\"m-00001-of-00002.safetensors\",\"a.1\":\"m-00002-of-00002.safetensors\"}}");
  write_text ("config.json", "{}");
  write_text ("tokenizer.json", "{}");
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++)
    {
      g_autoptr (SpStore) store = open_well (ways[i]);

      assert_names (store, "a.1 a.9 a.10");
      g_assert_cmpuint (sp_store_get_n_files (store), ==, 2);
      g_assert_cmpuint (sp_store_get_n_notes (store), ==, 0);
      g_assert_cmpstr (sp_store_find_metadata (store, "tokenizer"), ==, "tokenizer.json");
    }
}

static void
test_missing_shard (gpointer *fixture, gconstpointer data)
{
  g_autoptr (SpStore) store = NULL;

  write_bytes ("m-00001-of-00002.safetensors", MODEL ("a"));
  write_text ("m.safetensors.index.json",
              "{\"weight_map\":{\"a\":\"m-00001-of-00002.safetensors\","
              "\"b\":\"m-00002-of-00002.safetensors\",\"c\":\"m-00001-of-00002.safetensors\"}}");
  store = open_well (NULL);
  assert_names (store, "a b c");
  g_assert_true (sp_tensor_is_readable (sp_store_get_tensor (store, 0)));
  g_assert_nonnull (strstr (sp_store_get_tensor (store, 1)->note, "m-00002-of-00002.safetensors"));
  g_assert_nonnull (strstr (sp_store_get_tensor (store, 2)->note, "does not hold"));
  g_assert_false (sp_tensor_is_readable (sp_store_get_tensor (store, 1)));
  g_assert_cmpuint (sp_store_get_n_notes (store), ==, 1);
}

static void
test_no_index (gpointer *fixture, gconstpointer data)
{
  g_autoptr (SpStore) all = NULL, series = NULL;

  write_bytes ("m-00001-of-00003.safetensors", MODEL ("a"));
  write_bytes ("m-00003-of-00003.safetensors", MODEL ("c"));
  write_bytes ("n.safetensors", MODEL ("d"));
  all = open_well (NULL);
  assert_names (all, "a c d");
  g_assert_nonnull (strstr (sp_store_get_note (all, 0), "2 of 3"));
  series = open_well ("m-00003-of-00003.safetensors");
  assert_names (series, "a c");
}

static void
test_bad_indexes (gpointer *fixture, gconstpointer data)
{
  static const char *const texts[] = {
    "{\"weight_map\":{\"a\":\"../m.safetensors\"}}",
    "{\"weight_map\":{\"a\":7}}",
    "{\"weight_map\":[]}",
    "[]",
    "{\"weight_map\":{",
    "{\"weight_map\":{\"a\":\"/etc/hostname\"}}",
    "{}",
    "{\"weight_map\":{},\"weight_map\":{}}",
  };

  write_bytes ("m.safetensors", MODEL ("a"));
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      write_text ("m.safetensors.index.json", texts[i]);
      assert_fails (NULL, SP_ERROR_MALFORMED, "m.safetensors.index.json");
    }
  write_text ("m.safetensors.index.json", "{\"weight_map\":{\"a\":\"gone.safetensors\"}}");
  assert_fails (NULL, SP_ERROR_IO, "m.safetensors.index.json");
}

static void
test_loose (gpointer *fixture, gconstpointer data)
{
  g_autoptr (SpStore) store = NULL;
  float values[] = { 1, 2 };

  write_bytes ("acts_10.npy", files_npy ("<f4", FALSE, "(2,)", values, 8));
  write_bytes ("acts_9.npy", files_npy ("<f4", FALSE, "(2,)", values, 8));
  write_bytes ("x.safetensors", MODEL ("w", "acts_9"));
  write_bytes ("y.safetensors", MODEL ("w"));
  write_bytes ("broken.npy", files_npy ("<f4", FALSE, "(9,)", values, 8));
  write_text ("pytorch_model.bin", "would count the model twice");
  write_text ("README.md", "text");
  write_text ("empty", "");
  store = open_well (NULL);
  assert_names (store, "acts_9.npy:acts_9 acts_10 broken.npy x.safetensors:acts_9 x.safetensors:w y.safetensors:w");
  g_assert_nonnull (strstr (sp_store_find (store, "broken.npy")->note, "broken.npy"));
  g_assert_cmpuint (sp_store_get_n_files (store), ==, 4);
  g_assert_nonnull (strstr (sp_store_get_note (store, 0), "pytorch_model.bin"));
}

static void
test_strangers (gpointer *fixture, gconstpointer data)
{
  assert_fails (NULL, SP_ERROR_NOT_A_MODEL, "");
  write_text ("notes.txt", "text");
  assert_fails (NULL, SP_ERROR_NOT_A_MODEL, "");
  assert_fails ("notes.txt", SP_ERROR_NOT_A_MODEL, "notes.txt");
  assert_fails ("gone.safetensors", SP_ERROR_IO, "gone.safetensors");
  write_bytes ("none.safetensors", files_safetensors ("{}", NULL, 0));
  assert_fails ("none.safetensors", SP_ERROR_NOT_A_MODEL, "none.safetensors");
}

/* The same name twice in a zip: both are kept, and nothing takes them for one array. */
static void
test_equal_names (gpointer *fixture, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = NULL;
  FilesZip *zip = files_zip_new (FALSE);
  float values[] = { 1, 2 };
  g_autoptr (GByteArray) array = files_npy ("<f4", FALSE, "(2,)", values, 8);
  const SpTensor *second;

  files_zip_add (zip, "w.npy", array->data, array->len, FALSE);
  files_zip_add (zip, "w.npy", array->data, array->len, TRUE);
  write_bytes ("twice.npz", files_zip_finish (zip));
  store = open_well ("twice.npz");
  assert_names (store, "w w (2)");
  second = sp_store_get_tensor (store, 1);
  g_assert_nonnull (strstr (second->note, "more than once"));
  g_assert_cmpuint (second->alias_of, ==, G_MAXSIZE);
}

static void
test_nested_archives (gpointer *fixture, gconstpointer data)
{
  g_autoptr (GByteArray) bytes = MODEL ("w");
  g_autofree char *name = g_strdup ("m.safetensors");

  for (guint depth = 1; depth <= 4; depth++)
    {
      FilesZip *zip = files_zip_new (FALSE);
      g_autofree char *path = NULL;

      files_zip_add (zip, name, bytes->data, bytes->len, depth % 2 == 0);
      g_byte_array_unref (bytes);
      bytes = files_zip_finish (zip);
      g_free (name);
      name = g_strdup_printf ("%u.zip", depth);
      path = files_write (folder, name, bytes->data, bytes->len);
      if (depth <= 3)
        {
          g_autoptr (SpStore) store = open_well (name);

          assert_names (store, "w");
          g_assert_true (sp_tensor_is_readable (sp_store_get_tensor (store, 0)));
        }
      else
        assert_fails (name, SP_ERROR_UNSUPPORTED, "nested");
    }
}

static void
test_cancel (gpointer *fixture, gconstpointer data)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (GError) error = NULL;

  write_bytes ("m.safetensors", MODEL ("a"));
  g_cancellable_cancel (cancellable);
  g_assert_null (sp_store_open (folder, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
}

#define ADD(path, test) g_test_add (path, gpointer, NULL, set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/store/one-file", test_one_file);
  ADD ("/store/shards", test_shards);
  ADD ("/store/missing-shard", test_missing_shard);
  ADD ("/store/no-index", test_no_index);
  ADD ("/store/bad-indexes", test_bad_indexes);
  ADD ("/store/loose", test_loose);
  ADD ("/store/strangers", test_strangers);
  ADD ("/store/equal-names", test_equal_names);
  ADD ("/store/nested-archives", test_nested_archives);
  ADD ("/store/cancel", test_cancel);
  return g_test_run ();
}
