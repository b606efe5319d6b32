/* test-torch.c - PyTorch checkpoints: names, places, refusals, and that nothing in them runs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sparse.h"
#include "sp-store.h"

#include "files.h"
#include "pickles.h"

#include <glib/gstdio.h>
#include <string.h>

static const PickleTensor four = { "FloatStorage", "0", 16, 0, 2, { 4, 4 }, { 4, 1 } };

/* A zip of a pickle and the storages 0 (16 floats) and 1 (bytes given), as a file of the folder. */
static char *
write_zip (const char *folder, GBytes *pickle, gconstpointer second, gsize n_second, gboolean is_deflated)
{
  static const float floats[16] = { 1, 0, 2, 0, 3 };
  FilesZip *zip = files_zip_new (FALSE);
  g_autoptr (GByteArray) bytes = NULL;
  gsize n;
  gconstpointer data = g_bytes_get_data (pickle, &n);

  files_zip_add (zip, "m/data.pkl", data, n, is_deflated);
  files_zip_add (zip, "m/data/0", floats, sizeof floats, is_deflated);
  if (second != NULL)
    files_zip_add (zip, "m/data/1", second, n_second, is_deflated);
  bytes = files_zip_finish (zip);
  return files_write (folder, "m.pt", bytes->data, bytes->len);
}

static SpStore *
open_pickle (GBytes *pickle, gconstpointer second, gsize n_second, GError **error)
{
  char *folder = files_new_folder ();
  g_autofree char *path = write_zip (folder, pickle, second, n_second, FALSE);
  SpStore *store = sp_store_open (path, NULL, error);

  g_bytes_unref (pickle);
  files_remove (folder);
  return store;
}

/* {name: tensor}. */
static SpStore *
open_tensor (const PickleTensor *tensor)
{
  Pickle *pickle = pickle_new ();

  g_string_append_c (pickle, '}');
  pickle_text (pickle, "w");
  pickle_tensor (pickle, tensor);
  g_string_append_c (pickle, 's');
  return open_pickle (pickle_finish (pickle), NULL, 0, NULL);
}

static SpStore *
open_fixture (const char *name)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "good", name, NULL);
  g_autoptr (GError) error = NULL;
  SpStore *store = sp_store_open (path, NULL, &error);

  g_assert_no_error (error);
  return store;
}

static const SpTensor *
find (SpStore *store, const char *name)
{
  const SpTensor *tensor = sp_store_find (store, name);

  g_assert_nonnull (tensor);
  return tensor;
}

/* --- where elements lie --- */

static void
test_views (gconstpointer file)
{
  g_autoptr (SpStore) store = open_fixture (file);
  const SpTensor *base = find (store, "base"), *view = find (store, "stepped");
  guint64 begin = sp_blob_get_file_offset (base->blob) + base->offset;

  g_assert_cmpint (base->strides[0], ==, 10);
  g_assert_cmpint (view->strides[0], ==, 20);
  g_assert_cmpint (view->strides[1], ==, 3);
  g_assert_cmpuint (sp_blob_get_file_offset (view->blob) + view->offset, ==, begin + 10 * 4);
  view = find (store, "transposed");
  g_assert_cmpint (view->strides[0], ==, 1);
  g_assert_cmpint (view->strides[1], ==, 10);
  g_assert_cmpuint (sp_blob_get_file_offset (view->blob) + view->offset, ==, begin);
  g_assert_cmpint (find (store, "expanded")->strides[1], ==, 0);
  view = find (store, "element");
  g_assert_cmpuint (view->rank, ==, 0);
  g_assert_cmpuint (sp_blob_get_file_offset (view->blob) + view->offset, ==, begin + 31 * 4);
}

static void
test_tied (gconstpointer file)
{
  g_autoptr (SpStore) store = open_fixture (file);
  const SpTensor *tied = find (store, "transformer.wte.weight");

  g_assert_cmpstr (sp_store_get_tensor (store, tied->alias_of)->name, ==, "lm_head.weight");
}

static void
test_crc (void)
{
  g_autoptr (SpStore) whole = open_tensor (&four);
  PickleTensor rows = { "FloatStorage", "0", 16, 4, 2, { 2, 4 }, { 4, 1 } };
  g_autoptr (SpStore) part = open_tensor (&rows);

  g_assert_nonnull (find (whole, "w")->sum);
  g_assert_cmpuint (find (whole, "w")->n_bytes, ==, 64);
  g_assert_nonnull (find (part, "w")->sum);
  g_assert_cmpuint (find (part, "w")->n_bytes, ==, 32);
}

static void
test_deflated (void)
{
  char *folder = files_new_folder ();
  Pickle *pickle = pickle_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autofree char *path = NULL;
  g_autoptr (SpStore) store = NULL;
  float value = 0;

  pickle_tensor (pickle, &four);
  bytes = pickle_finish (pickle);
  path = write_zip (folder, bytes, NULL, 0, TRUE);
  store = sp_store_open (path, NULL, NULL);
  g_assert_nonnull (store);
  g_assert_true (sp_blob_read (find (store, "m")->blob, 16, &value, sizeof value, NULL));
  g_assert_cmpfloat (value, ==, 3);
  g_assert_false (sp_blob_is_random (find (store, "m")->blob));
  files_remove (folder);
}

/* --- names and what is beside tensors --- */

static void
test_names (void)
{
  g_autoptr (SpStore) store = open_fixture ("nested.pt");
  static const char *const names[] = { "a.b", "a.c.d", "list.0", "list.2", "tuple.0", "7.x", "ordered.first",
                                       "ordered.second", "parameter", "frozen", "table" };

  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, G_N_ELEMENTS (names));
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    g_assert_true (sp_tensor_is_readable (find (store, names[i])));
  g_assert_cmpstr (sp_store_find_metadata (store, "epoch"), ==, "12");
  g_assert_cmpstr (sp_store_find_metadata (store, "unicode"), ==, "σ ≠ 0");
  g_assert_cmpstr (sp_store_find_metadata (store, "args.lr"), ==, "0.10000000000000001");
  g_assert_cmpuint (sp_store_get_n_notes (store), ==, 0);
}

static void
test_script (void)
{
  g_autoptr (SpStore) store = open_fixture ("script.pt");

  g_assert_true (sp_tensor_is_readable (find (store, "layers.1.fc2.weight")));
  g_assert_true (sp_tensor_is_readable (find (store, "conv.bias")));
}

/* --- strangers --- */

/* What the pickle would create if anything in it ran. */
static GBytes *
pickle_attack (const char *victim, gboolean has_tensor)
{
  g_autofree char *command = g_strconcat ("touch ", victim, NULL);
  Pickle *pickle = pickle_new ();

  g_string_append_c (pickle, '}');
  if (has_tensor)
    {
      pickle_text (pickle, "w");
      pickle_tensor (pickle, &four);
      g_string_append_c (pickle, 's');
    }
  pickle_text (pickle, "evil");
  pickle_global (pickle, "os", "system");
  pickle_text (pickle, command);
  g_string_append (pickle, "\x85Rs");
  return pickle_finish (pickle);
}

static void
test_attack (void)
{
  char *folder = files_new_folder ();
  g_autofree char *victim = g_build_filename (folder, "ran", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) beside = open_pickle (pickle_attack (victim, TRUE), NULL, 0, &error), alone = NULL;

  g_assert_no_error (error);
  g_assert_cmpuint (sp_store_get_n_tensors (beside), ==, 1);
  g_assert_cmpuint (sp_store_get_n_notes (beside), ==, 1);
  g_assert_cmpstr (sp_store_get_note (beside, 0), ==, "1 unknown object ignored (os.system)");
  alone = open_pickle (pickle_attack (victim, FALSE), NULL, 0, &error);
  g_assert_null (alone);
  g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, "1 unknown object ignored (os.system)"));
  g_assert_false (g_file_test (victim, G_FILE_TEST_EXISTS));
  files_remove (folder);
}

/* --- refusals: a row with a note, the rest of the file stays --- */

static void
test_refused (void)
{
  static const struct { PickleTensor tensor; const char *reason; } bad[] = {
    { { "FloatStorage", "7", 16, 0, 2, { 4, 4 }, { 4, 1 } }, "not in the file" },
    { { "FloatStorage", "0", 17, 0, 2, { 4, 4 }, { 4, 1 } }, "64 bytes, not the 68" },
    { { "DoubleStorage", "0", 16, 0, 2, { 4, 4 }, { 4, 1 } }, "64 bytes, not the 128" },
    { { "FloatStorage", "0", 16, 1, 2, { 4, 4 }, { 4, 1 } }, "outside of its storage" },
    { { "FloatStorage", "0", 16, -1, 1, { 4 }, { 1 } }, "outside of its storage" },
    { { "FloatStorage", "0", 16, 0, 2, { 4, 4 }, { 5, 1 } }, "outside of its storage" },
    { { "FloatStorage", "0", 16, 3, 2, { 4, 2 }, { -1, 1 } }, "negative stride" },
    { { "FloatStorage", "0", 16, 0, 2, { 4, -2 }, { 4, 1 } }, "negative size" },
    { { "FloatStorage", "0", 16, 0, 2, { 3, 3 }, { G_MAXINT64, G_MAXINT64 } }, "outside of its storage" },
    { { "FloatStorage", "0", 16, G_MAXINT64, 1, { 2 }, { G_MAXINT64 } }, "outside of its storage" },
    { { "FloatStorage", "0", 16, 0, 2, { G_MAXINT64, 2 }, { 0, 0 } }, "2^63" },
    { { "FloatStorage", "0", 16, 0, 1, { (gint64) 1 << 40 }, { 0 } }, "too big" },
    { { "OddStorage", "0", 16, 0, 2, { 4, 4 }, { 4, 1 } }, "OddStorage" },
    { { "ComplexFloatStorage", "0", 8, 0, 2, { 4, 2 }, { 2, 1 } }, "complex64" },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (bad); i++)
    {
      g_autoptr (SpStore) store = open_tensor (&bad[i].tensor);

      g_assert_nonnull (store);
      g_assert_false (sp_tensor_is_readable (find (store, "w")));
      g_assert_nonnull (find (store, "w")->note);
      g_assert_nonnull (strstr (find (store, "w")->note, bad[i].reason));
    }
}

/* --- sparse tensors --- */

static const SpTensor *
open_sparse (SpStore **store, const gint64 *indices, guint n, const char *class, gconstpointer values, gsize n_bytes)
{
  PickleTensor where = { "LongStorage", "1", n, 0, 2, { 1, n }, { n, 1 } };
  PickleTensor what = { class, "2", n, 0, 1, { n }, { 1 } };
  gint64 size = 6;
  FilesZip *zip = files_zip_new (FALSE);
  char *folder = files_new_folder ();
  Pickle *pickle = pickle_new ();
  g_autoptr (GBytes) bytes = NULL;
  g_autoptr (GByteArray) file = NULL;
  g_autofree char *path = NULL;

  pickle_sparse (pickle, &where, &what, 1, &size);
  bytes = pickle_finish (pickle);
  files_zip_add (zip, "m/data.pkl", g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes), FALSE);
  files_zip_add (zip, "m/data/1", indices, n * sizeof *indices, FALSE);
  files_zip_add (zip, "m/data/2", values, n_bytes, FALSE);
  file = files_zip_finish (zip);
  path = files_write (folder, "m.pt", file->data, file->len);
  *store = sp_store_open (path, NULL, NULL);
  g_assert_nonnull (*store);
  g_assert_cmpuint (sp_store_get_n_tensors (*store), ==, 1);
  files_remove (folder);
  return find (*store, "m");
}

static void
test_sparse_sums (void)
{
  /* 2048 + 1 rounds back to 2048 in f16, so the order and the rounding after every sum show. */
  static const gint64 indices[] = { 4, 1, 4, 4 };
  static const guint16 values[] = { 0x6800, 0x3c00, 0x3c00, 0x3c00 };
  guint16 sums[2];
  g_autoptr (SpStore) store = NULL;
  const SpTensor *tensor = open_sparse (&store, indices, 4, "HalfStorage", values, sizeof values);

  g_assert_cmpuint (tensor->sparse->n_entries, ==, 2);
  g_assert_cmpuint (tensor->sparse->places[0], ==, 1);
  g_assert_cmpuint (tensor->sparse->places[1], ==, 4);
  g_assert_true (sp_blob_read (tensor->blob, tensor->offset, sums, sizeof sums, NULL));
  g_assert_cmpuint (sums[0], ==, 0x3c00);
  g_assert_cmpuint (sums[1], ==, 0x6800);
}

static void
test_sparse_ascending (void)
{
  static const gint64 indices[] = { 0, 3, 5 };
  static const double values[] = { 1, 2, 3 };
  g_autoptr (SpStore) store = NULL;
  const SpTensor *tensor = open_sparse (&store, indices, 3, "DoubleStorage", values, sizeof values);

  g_assert_cmpuint (tensor->sparse->n_entries, ==, 3);
  g_assert_cmpuint (tensor->sparse->places[2], ==, 5);
  g_assert_nonnull (sp_blob_get_path (tensor->blob));       /* still in the file */
  g_assert_cmpuint (tensor->n_elements, ==, 6);
}

static void
test_sparse_outside (void)
{
  static const gint64 indices[] = { 0, 6 }, below[] = { 0, -1 };
  static const double values[] = { 1, 2 };
  g_autoptr (SpStore) store = NULL, other = NULL;

  g_assert_nonnull (strstr (open_sparse (&store, indices, 2, "DoubleStorage", values, sizeof values)->note, "outside"));
  g_assert_nonnull (strstr (open_sparse (&other, below, 2, "DoubleStorage", values, sizeof values)->note, "outside"));
}

/* --- other files --- */

/* {w: numpy.core.numeric._frombuffer (data, numpy.dtype ("f4"), (4,), "C")}. */
static GBytes *
pickle_array (const float data[4])
{
  Pickle *pickle = pickle_new ();
  const gint64 shape = 4;

  g_string_append_c (pickle, '}');
  pickle_text (pickle, "w");
  pickle_global (pickle, "numpy.core.numeric", "_frombuffer");
  g_string_append_len (pickle, "(C\20", 3);
  g_string_append_len (pickle, (const char *) data, 16);
  pickle_global (pickle, "numpy", "dtype");
  g_string_append_c (pickle, '(');
  pickle_text (pickle, "f4");
  g_string_append (pickle, "tR");
  pickle_ints (pickle, 1, &shape);
  pickle_text (pickle, "C");
  g_string_append (pickle, "tRs");
  return pickle_finish (pickle);
}

/* An array in the pickle of a zip takes no memory: it is read where it lies in the file. */
static void
test_array_in_place (void)
{
  static const float data[4] = { 1, 0, -2, 0.5f };
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = open_pickle (pickle_array (data), NULL, 0, &error);
  const SpTensor *tensor;

  g_assert_no_error (error);
  tensor = sp_store_find (store, "w");
  g_assert_nonnull (tensor);
  g_assert_true (sp_tensor_is_readable (tensor));
  g_assert_cmpuint (tensor->n_elements, ==, 4);
  g_assert_true (sp_blob_is_random (tensor->blob));
  g_assert_cmpstr (sp_blob_get_path (tensor->blob), ==, sp_store_get_file (store, 0));
  g_assert_cmpuint (sp_blob_get_file_offset (tensor->blob), >, 0);
}

/* What a pickle may take is enough for the largest checkpoints there are. */
static void
test_many (void)
{
  enum { N = 100000 };
  Pickle *pickle = pickle_new ();
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = NULL;

  g_string_append (pickle, "}(");
  for (guint i = 0; i < N; i++)
    {
      g_autofree char *name = g_strdup_printf ("layers.%u.weight", i);

      pickle_text (pickle, name);
      pickle_tensor (pickle, &four);
    }
  g_string_append_c (pickle, 'u');
  store = open_pickle (pickle_finish (pickle), NULL, 0, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, N);
}

static void
test_big_endian (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "bad", "torch-big-endian.pt", NULL);
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);

  g_assert_nonnull (store);
  g_assert_true (find (store, "good.weight")->is_swapped == (G_BYTE_ORDER == G_LITTLE_ENDIAN));
}

/* The first member is called data.pkl, but not by the directory. */
static void
test_unlisted (void)
{
  char *folder = files_new_folder ();
  FilesZip *zip = files_zip_new (FALSE);
  g_autoptr (GByteArray) bytes = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = NULL;
  g_autofree char *path = NULL;

  files_zip_add (zip, "m/data.pkl", "}.", 2, FALSE);
  bytes = files_zip_finish (zip);
  for (gsize i = bytes->len - 8; i > 64; i--)             /* past the local header */
    if (memcmp (bytes->data + i, "data.pkl", 8) == 0)
      bytes->data[i] = 'x';
  path = files_write (folder, "m.pt", bytes->data, bytes->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_null (store);
  g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
  g_assert_nonnull (strstr (error->message, "does not list"));
  files_remove (folder);
}

static void
test_no_model (void)
{
  static const char *const contents[] = { "\x80\x02hello, world", "\x80\x04 text", "\x80\x02}.", "\x80\x02K\x01." };
  char *folder = files_new_folder ();

  for (gsize i = 0; i < G_N_ELEMENTS (contents); i++)
    {
      g_autofree char *path = files_write_text (folder, "x.bin", contents[i]);
      g_autoptr (GError) error = NULL;
      g_autoptr (SpStore) store = sp_store_open (path, NULL, &error);

      g_assert_null (store);
      g_assert_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL);
    }
  files_remove (folder);
}

/* Every beginning of a legacy file is refused or opens with rows that say why; none reads past its end. */
static void
test_legacy_cut (void)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "good", "tied-legacy.pth", NULL);
  g_autofree char *data = NULL;
  char *folder = files_new_folder ();
  gsize n;

  g_assert_true (g_file_get_contents (path, &data, &n, NULL));
  for (gsize cut = 20; cut < n; cut += 37)
    {
      g_autofree char *part = files_write (folder, "cut.pth", data, cut);
      g_autoptr (GError) error = NULL;
      g_autoptr (SpStore) store = sp_store_open (part, NULL, &error);
      guint n_refused = 0;

      if (store == NULL)
        {
          g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
          continue;
        }
      for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
        n_refused += !sp_tensor_is_readable (sp_store_get_tensor (store, i));
      g_assert_cmpuint (n_refused, >, 0);
    }
  files_remove (folder);
}

/* Real files, where they are: their tensors and every reference of them resolves. */
static void
test_real (gconstpointer file)
{
  g_autofree char *path = g_test_build_filename (G_TEST_DIST, "..", "shared", "data", file, NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = NULL;

  if (!g_file_test (path, G_FILE_TEST_EXISTS))
    {
      g_test_skip ("the real file is not here");
      return;
    }
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_store_get_n_tensors (store), >, 0);
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    g_assert_true (sp_tensor_is_readable (sp_store_get_tensor (store, i)));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/formats/torch/views", "views.pt", test_views);
  g_test_add_data_func ("/formats/torch/views-legacy", "views-legacy.pth", test_views);
  g_test_add_data_func ("/formats/torch/tied", "tied.pt", test_tied);
  g_test_add_data_func ("/formats/torch/tied-legacy", "tied-legacy.pth", test_tied);
  g_test_add_func ("/formats/torch/crc", test_crc);
  g_test_add_func ("/formats/torch/deflated", test_deflated);
  g_test_add_func ("/formats/torch/names", test_names);
  g_test_add_func ("/formats/torch/script", test_script);
  g_test_add_func ("/formats/torch/attack", test_attack);
  g_test_add_func ("/formats/torch/refused", test_refused);
  g_test_add_func ("/formats/torch/sparse-sums", test_sparse_sums);
  g_test_add_func ("/formats/torch/sparse-ascending", test_sparse_ascending);
  g_test_add_func ("/formats/torch/sparse-outside", test_sparse_outside);
  g_test_add_func ("/formats/torch/array-in-place", test_array_in_place);
  g_test_add_func ("/formats/torch/many", test_many);
  g_test_add_func ("/formats/torch/big-endian", test_big_endian);
  g_test_add_func ("/formats/torch/unlisted", test_unlisted);
  g_test_add_func ("/formats/torch/no-model", test_no_model);
  g_test_add_func ("/formats/torch/legacy-cut", test_legacy_cut);
  g_test_add_data_func ("/formats/torch/real-facenet", "facenet/onet.pt", test_real);
  g_test_add_data_func ("/formats/torch/real-distiller",
                        "distiller-legacy/checkpoint_trained_channel_regularized_resnet20_finetuned.pth.tar",
                        test_real);
  return g_test_run ();
}
