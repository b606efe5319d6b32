/* test-source.c - chunks against a plain loop over the elements: views, orders, streams, sparse, checksums */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-archive.h"
#include "sp-source.h"
#include "sp-sparse.h"
#include "sp-store.h"

#include <pthread.h>
#include <string.h>

#define CHUNK SP_CHUNK_ELEMENTS

/* The bytes of a tensor element by element, as its shape and strides say; what a source must give. */
static guint8 *
expect_elements (const SpTensor *tensor, const guint8 *bytes)
{
  gsize size = sp_dtype_size (tensor->dtype);
  guint8 *all = g_malloc0 (tensor->n_elements * size + 1);

  for (guint64 i = 0; i < tensor->n_elements; i++)
    {
      guint64 rest = i, place = 0;

      for (guint d = tensor->rank; d-- > 0;)
        {
          place += rest % tensor->shape[d] * tensor->strides[d];
          rest /= tensor->shape[d];
        }
      for (gsize b = 0; b < size; b++)
        all[i * size + b] = bytes[tensor->offset + place * size + (tensor->is_swapped ? size - 1 - b : b)];
    }
  return all;
}

static guint8 *
read_all (const SpTensor *tensor, gboolean is_backward, GError **error)
{
  gsize size = sp_dtype_size (tensor->dtype);
  guint8 *all = g_malloc0 (tensor->n_elements * size + 1);
  gpointer scratch = g_aligned_alloc (1, sp_source_scratch_bytes (tensor) + 1, 64);
  SpSource *source = sp_source_new (tensor, error);
  guint64 n_chunks = sp_source_n_chunks (tensor), n_columns = sp_tensor_get_matrix (tensor).n_columns, n_read = 0;
  gboolean is_well = source != NULL;

  is_backward &= is_well && sp_source_is_random (source);
  for (guint64 i = 0; i < n_chunks && is_well; i++)
    {
      SpChunk chunk;

      is_well = sp_source_get (source, is_backward ? n_chunks - 1 - i : i, scratch, &chunk, error);
      if (!is_well)
        break;
      g_assert_cmpuint (chunk.n, ==, chunk.n_rows * chunk.n_columns);
      g_assert_cmpuint (chunk.n, <=, SP_CHUNK_ELEMENTS);
      memcpy (all + (chunk.row * n_columns + chunk.column) * size, chunk.data, chunk.n * size);
      n_read += chunk.n;
      is_well = sp_source_put (source, &chunk, error);
    }
  if (is_well)
    g_assert_cmpuint (n_read, ==, tensor->n_elements);
  sp_source_free (source);
  g_aligned_free (scratch);
  if (!is_well)
    g_clear_pointer (&all, g_free);
  return all;
}

static void
assert_reads (const SpTensor *tensor, const guint8 *bytes)
{
  gsize n = tensor->n_elements * sp_dtype_size (tensor->dtype);
  g_autofree guint8 *expected = expect_elements (tensor, bytes);

  for (guint backward = 0; backward < 2; backward++)
    {
      g_autoptr (GError) error = NULL;
      g_autofree guint8 *got = read_all (tensor, backward, &error);

      g_assert_no_error (error);
      g_assert_cmpint (memcmp (got, expected, n), ==, 0);
    }
}

/* Random bytes, the same in a file, in a stream and in memory. */
typedef struct {
  char       *folder;
  GByteArray *bytes;
  SpBlob     *file, *stream;
} Fixture;

static void
set_up (Fixture *f, gconstpointer n_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GByteArray) packed = NULL;
  g_autofree char *path = NULL, *packed_path = NULL;
  g_autoptr (SpBlob) gzip = NULL;
  g_autoptr (SpArchive) archive = NULL;

  f->folder = files_new_folder ();
  f->bytes = g_byte_array_new ();
  g_byte_array_set_size (f->bytes, GPOINTER_TO_SIZE (n_bytes));
  for (gsize i = 0; i < f->bytes->len; i++)
    f->bytes->data[i] = (guint8) (i * 2654435761u >> 24) & 0x3f;
  packed = files_gzip (f->bytes->data, f->bytes->len);
  path = files_write (f->folder, "plain.bin", f->bytes->data, f->bytes->len);
  packed_path = files_write (f->folder, "plain.bin.gz", packed->data, packed->len);
  f->file = sp_blob_new_file (path, &error);
  gzip = sp_blob_new_file (packed_path, &error);
  archive = sp_archive_open (gzip, &error);
  g_assert_no_error (error);
  f->stream = sp_archive_dup_blob (archive, 0, &error);
}

static void
tear_down (Fixture *f, gconstpointer n_bytes)
{
  sp_blob_unref (f->file);
  sp_blob_unref (f->stream);
  g_byte_array_unref (f->bytes);
  files_remove (f->folder);
}

static SpTensor *
new_tensor (SpBlob *blob, SpDtype dtype, guint64 offset, guint rank, const guint64 *shape, const gint64 *strides)
{
  SpTensor *tensor = sp_tensor_new ("t", dtype, rank, shape);

  tensor->blob = sp_blob_ref (blob);
  tensor->offset = offset;
  for (guint i = 0; i < rank && strides != NULL; i++)
    tensor->strides[i] = strides[i];
  return tensor;
}

/* The view in every element size (large ones in the small sizes only), in both byte orders, from file and stream. */
static void
assert_view (Fixture *f, guint rank, const guint64 *shape, const gint64 *strides)
{
  static const SpDtype dtypes[] = { SP_DTYPE_I8, SP_DTYPE_F16, SP_DTYPE_F32, SP_DTYPE_F64 };
  guint64 n = 1;

  for (guint i = 0; i < rank; i++)
    n *= shape[i];
  for (guint d = 0; d < (n > 100000 ? 2 : G_N_ELEMENTS (dtypes)); d++)
    for (guint swapped = 0; swapped < 2; swapped++)
      for (guint from_stream = 0; from_stream < 2; from_stream++)
        {
          g_autoptr (SpTensor) tensor =
            new_tensor (from_stream ? f->stream : f->file, dtypes[d], 3, rank, shape, strides);

          tensor->is_swapped = swapped && sp_dtype_size (dtypes[d]) > 1;
          assert_reads (tensor, f->bytes->data);
        }
}

#define VIEW(rank, ...) assert_view (f, rank, (const guint64[]) __VA_ARGS__

static void
test_views (Fixture *f, gconstpointer data)
{
  VIEW (0, { 1 }), (const gint64[]) { 1 });
  VIEW (1, { 5000 }), NULL);
  VIEW (1, { 999 }), (const gint64[]) { 3 });
  VIEW (2, { 70, 90 }), NULL);
  VIEW (2, { 70, 90 }), (const gint64[]) { 1, 70 });
  VIEW (2, { 33, 65 }), (const gint64[]) { 200, 3 });
  VIEW (2, { 33, 65 }), (const gint64[]) { 0, 1 });
  VIEW (2, { 33, 65 }), (const gint64[]) { 65, 0 });
  VIEW (3, { 7, 11, 13 }), (const gint64[]) { 1, 7, 77 });
  VIEW (3, { 7, 11, 13 }), (const gint64[]) { 13, 91, 1 });
  VIEW (4, { 5, 4, 3, 3 }), (const gint64[]) { 36, 9, 1, 3 });
  VIEW (4, { 5, 1, 3, 2 }), (const gint64[]) { 1, 999, 5, 15 });
  VIEW (8, { 2, 3, 2, 1, 2, 3, 2, 2 }), (const gint64[]) { 1, 2, 6, 12, 12, 24, 72, 144 });
  VIEW (2, { 0, 5 }), NULL);
  VIEW (3, { 4, 0, 2 }), NULL);
}

/* Views of several chunks, of rows longer than a chunk, and with strides that spread them over the file. */
static void
test_large_views (Fixture *f, gconstpointer data)
{
  VIEW (2, { 2600, 1100 }), (const gint64[]) { 1, 2600 });
  VIEW (2, { 3, 600000 }), (const gint64[]) { 1, 3 });
  VIEW (2, { 1, CHUNK + 450000 }), NULL);
  VIEW (3, { 2, CHUNK + 7, 1 }), (const gint64[]) { 1, 2, 1 });
  VIEW (3, { 1, 1400, 1600 }), (const gint64[]) { 0, 1, 1400 });
  VIEW (2, { 200000, 3 }), (const gint64[]) { 8, 2 });
  VIEW (2, { CHUNK + 450000, 1 }), NULL);
}

/* A stream whose byte at every place is known, and which counts what it gave. */
typedef struct {
  guint64 n_given;
} Counter;

typedef struct {
  Counter *counter;
  guint64  place;
} Counted;

static guint8
counted_byte (guint64 place)
{
  return (guint8) (place * 2654435761u >> 13);
}

static gpointer
counted_open (gpointer origin, GError **error)
{
  Counted *stream = g_new0 (Counted, 1);

  stream->counter = origin;
  return stream;
}

static gssize
counted_read (gpointer data, gpointer buffer, gsize n_bytes, GError **error)
{
  Counted *stream = data;

  for (gsize i = 0; i < n_bytes; i++)
    ((guint8 *) buffer)[i] = counted_byte (stream->place + i);
  stream->place += n_bytes;
  stream->counter->n_given += n_bytes;
  return n_bytes;
}

static const SpStreamClass counted_class = { counted_open, counted_read, g_free };

/* Columns one after another in a stream, more of them than are kept in memory: the stream is read once. */
static void
test_spooled (void)
{
  static const guint64 shape[] = { 9000, 8000 };
  static const gint64 strides[] = { 1, 9000 };
  Counter counter = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SpBlob) blob = sp_blob_new_stream (&counted_class, &counter, NULL, "counted", NULL, 72000100);
  g_autoptr (SpTensor) tensor = new_tensor (blob, SP_DTYPE_U8, 100, 2, shape, strides);
  g_autofree guint8 *got = read_all (tensor, FALSE, &error);

  g_assert_no_error (error);
  for (guint64 i = 0; i < tensor->n_elements; i += 997)
    g_assert_cmpuint (got[i], ==, counted_byte (100 + i / 8000 + i % 8000 * 9000));
  g_assert_cmpuint (counter.n_given, <, 73000000);
}

/* Where nothing can be written the tensor is refused with a sentence. */
static void
test_no_spool (void)
{
  static const guint64 shape[] = { 9000, 8000 };
  static const gint64 strides[] = { 1, 9000 };
  g_autofree char *before = g_strdup (g_getenv ("TMPDIR"));
  Counter counter = { 0 };
  g_autoptr (GError) error = NULL;
  g_autoptr (SpBlob) blob = sp_blob_new_stream (&counted_class, &counter, NULL, "counted", NULL, 72000100);
  g_autoptr (SpTensor) tensor = new_tensor (blob, SP_DTYPE_U8, 100, 2, shape, strides);

  g_setenv ("TMPDIR", "/nowhere/at/all", TRUE);
  g_assert_null (read_all (tensor, FALSE, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "/nowhere/at/all"));
  g_assert_cmpuint (counter.n_given, ==, 0);
  if (before != NULL)
    g_setenv ("TMPDIR", before, TRUE);
  else
    g_unsetenv ("TMPDIR");
}

static void
test_geometry (void)
{
  static const struct { guint64 rows, columns, n_chunks; } cases[] = {
    { 1, 1, 1 },         { CHUNK / 64, 64, 1 }, { CHUNK / 64 + 1, 64, 2 }, { 3, CHUNK, 3 }, { 2, CHUNK + 1, 4 },
    { 1, 5 * CHUNK, 5 }, { 5 * CHUNK, 1, 5 },   { 7, CHUNK / 2 + 1, 7 },   { 0, 9, 0 },     { 9, 0, 0 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64 shape[] = { cases[i].rows, cases[i].columns };
      g_autoptr (SpTensor) tensor = sp_tensor_new ("t", SP_DTYPE_F32, 2, shape);

      g_assert_cmpuint (sp_source_n_chunks (tensor), ==, cases[i].n_chunks);
      g_assert_cmpuint (sp_source_scratch_bytes (tensor), <=, SP_CHUNK_ELEMENTS * 4);
    }
}

static void
test_sparse (Fixture *f, gconstpointer data)
{
  static const guint64 shape[] = { 900, 2500 };
  g_autoptr (GError) error = NULL;

  for (guint from_stream = 0; from_stream < 2; from_stream++)
    {
      g_autoptr (SpTensor) tensor = new_tensor (from_stream ? f->stream : f->file, SP_DTYPE_F32, 5, 2, shape, NULL);
      g_autofree guint8 *expected = g_malloc0 (tensor->n_elements * 4);
      g_autofree guint8 *got = NULL;

      tensor->sparse = g_new0 (SpSparse, 1);
      tensor->sparse->n_entries = 30000;
      tensor->sparse->places = g_new (guint64, 30000);
      for (guint64 i = 0; i < 30000; i++)
        {
          tensor->sparse->places[i] = i * 74 + i % 73;
          memcpy (expected + tensor->sparse->places[i] * 4, f->bytes->data + 5 + i * 4, 4);
        }
      got = read_all (tensor, TRUE, &error);
      g_assert_no_error (error);
      g_assert_cmpint (memcmp (got, expected, tensor->n_elements * 4), ==, 0);
    }
}

static void
test_rectangle (Fixture *f, gconstpointer data)
{
  static const guint64 shape[] = { 40, 300 }, wide[] = { 2, CHUNK + 200000 };
  static const gint64 turned[] = { 1, 40 };
  g_autoptr (SpTensor) plain = new_tensor (f->file, SP_DTYPE_U8, 9, 2, shape, NULL);
  g_autoptr (SpTensor) fortran = new_tensor (f->stream, SP_DTYPE_U8, 9, 2, shape, turned);
  g_autoptr (SpTensor) long_rows = new_tensor (f->file, SP_DTYPE_U8, 0, 2, wide, NULL);
  const SpTensor *tensors[] = { plain, fortran, long_rows };
  const guint64 columns[] = { 100, 100, CHUNK - 30 };

  for (guint t = 0; t < 3; t++)
    {
      g_autoptr (GError) error = NULL;
      SpSource *source = sp_source_new (tensors[t], &error);
      float out[2 * 60];

      g_assert_true (sp_source_read_f32 (source, 0, columns[t], 2, 60, out, &error));
      g_assert_no_error (error);
      for (guint r = 0; r < 2; r++)
        for (guint c = 0; c < 60; c++)
          {
            guint64 place = r * tensors[t]->strides[0] + (columns[t] + c) * tensors[t]->strides[1];

            g_assert_cmpfloat (out[r * 60 + c], ==, f->bytes->data[tensors[t]->offset + place]);
          }
      g_assert_false (sp_source_read_f32 (source, 1, columns[t], 40, 60, out, &error));
      g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
      sp_source_free (source);
    }
}

typedef struct { const SpTensor *tensor; const guint8 *elements; guint64 first, step, next; } Picked;

static void
compare_picked (guint64 i, const float *values, gsize n, gpointer data)
{
  Picked *picked = data;

  g_assert_cmpuint (i, ==, picked->next);
  for (gsize k = 0; k < n; k++)
    g_assert_cmpfloat (values[k], ==, picked->elements[picked->first + (i + k) * picked->step]);
  picked->next += n;
}

/* A column of a matrix, as it lies, turned, in a stream, with rows of several chunks; and one that is no longer wanted. */
static void
test_pick (Fixture *f, gconstpointer data)
{
  static const guint64 shape[] = { 7000, 300 }, wide[] = { 2, CHUNK + 200000 };
  static const gint64 turned[] = { 1, 7000 };
  g_autoptr (GCancellable) cancelled = g_cancellable_new ();
  SpTensor *tensors[] = { new_tensor (f->file, SP_DTYPE_U8, 9, 2, shape, NULL),
                          new_tensor (f->file, SP_DTYPE_U8, 9, 2, shape, turned),
                          new_tensor (f->stream, SP_DTYPE_U8, 9, 2, shape, NULL),
                          new_tensor (f->stream, SP_DTYPE_U8, 0, 2, wide, NULL) };

  g_cancellable_cancel (cancelled);
  for (guint t = 0; t < G_N_ELEMENTS (tensors); t++)
    {
      g_autoptr (GError) error = NULL;
      guint64 step = t < 3 ? 300 : CHUNK + 200000, n = tensors[t]->n_elements / step;
      g_autofree guint8 *elements = expect_elements (tensors[t], f->bytes->data);
      Picked picked = { tensors[t], elements, step - 30, step, 0 };

      g_assert_true (sp_source_pick_f32 (tensors[t], step - 30, step, n, compare_picked, &picked, NULL, &error));
      g_assert_no_error (error);
      g_assert_cmpuint (picked.next, ==, n);
      g_assert_false (sp_source_pick_f32 (tensors[t], step - 30, step, n, compare_picked, &picked, cancelled, &error));
      g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
      sp_tensor_free (tensors[t]);
    }
}

/* An npz of stored arrays, each of several chunks; one byte of the second is damaged afterwards. */
static void
test_checksums (void)
{
  char *folder = files_new_folder ();
  gsize n = 1500 * 1000 * 2;
  g_autofree guint8 *data = g_malloc0 (n);
  g_autoptr (GByteArray) plain = NULL, turned = NULL, zip_bytes = NULL;
  g_autofree char *path = NULL;
  g_autoptr (SpStore) store = NULL;
  g_autoptr (GError) error = NULL;
  FilesZip *zip = files_zip_new (TRUE);

  for (gsize i = 0; i < n; i++)
    data[i] = (guint8) (i % 251);
  plain = files_npy ("<f2", FALSE, "(1500, 1000)", data, n);
  turned = files_npy (">f2", TRUE, "(1500, 1000)", data, n);
  files_zip_add (zip, "a.npy", plain->data, plain->len, FALSE);
  files_zip_add (zip, "b.npy", plain->data, plain->len, FALSE);
  files_zip_damage (zip, plain->len * 3 / 2, 255);
  files_zip_add (zip, "c.npy", turned->data, turned->len, FALSE);
  files_zip_add (zip, "d.npy", turned->data, turned->len, FALSE);
  files_zip_damage (zip, plain->len * 7 / 2, 255);
  zip_bytes = files_zip_finish (zip);
  path = files_write (folder, "arrays.npz", zip_bytes->data, zip_bytes->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, 4);
  for (guint i = 0; i < 4; i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);
      g_autofree guint8 *got = read_all (tensor, TRUE, &error);

      g_assert_nonnull (tensor->sum);
      if (i % 2 == 0)
        g_assert_no_error (error);
      else
        {
          g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
          g_assert_nonnull (strstr (error->message, i == 1 ? "arrays.npz/b.npy" : "arrays.npz/d.npy"));
          g_clear_error (&error);
        }
    }
  files_remove (folder);
}

/* Two tensors in one stored member of a zip: the last one read tells that a byte of either is damaged, and
 * does so again when they are read again. */
static void
test_member_sum (void)
{
  static const char header[] = "{\"a\":{\"dtype\":\"U8\",\"shape\":[600],\"data_offsets\":[0,600]},"
                               "\"b\":{\"dtype\":\"U8\",\"shape\":[400],\"data_offsets\":[600,1000]}}";
  static const char name[] = "m.safetensors";
  char *folder = files_new_folder ();
  guint8 data[1000] = { 1, 2, 3 };
  g_autoptr (GByteArray) model = files_safetensors (header, data, sizeof data);
  const gsize start = 30 + strlen (name), places[] = { 0, start + model->len - 900, start + model->len - 1 };

  for (guint i = 0; i < G_N_ELEMENTS (places); i++)
    {
      FilesZip *zip = files_zip_new (FALSE);
      g_autoptr (GByteArray) bytes = NULL;
      g_autofree char *path = NULL;
      g_autoptr (SpStore) store = NULL;
      g_autoptr (GError) error = NULL;

      files_zip_add (zip, name, model->data, model->len, FALSE);
      if (places[i] > 0)
        files_zip_damage (zip, places[i], 77);
      bytes = files_zip_finish (zip);
      path = files_write (folder, "m.zip", bytes->data, bytes->len);
      store = sp_store_open (path, NULL, &error);
      g_assert_no_error (error);
      for (guint again = 0; again < 2; again++)
        {
          g_autofree guint8 *b = read_all (sp_store_find (store, "b"), FALSE, &error), *a = NULL;

          g_assert_no_error (error);
          a = read_all (sp_store_find (store, "a"), FALSE, &error);
          if (places[i] == 0)
            g_assert_no_error (error);
          else
            g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
          if (places[i] > 0)
            g_assert_nonnull (strstr (error->message, "m.zip/m.safetensors"));
          g_clear_error (&error);
        }
    }
  files_remove (folder);
}

/* Several threads take the chunks of one source as they come; sums and the verdict are those of one thread. */
typedef struct {
  SpSource *source;
  guint64   n_chunks, next;            /* next: atomic */
  guint64   sum;                       /* atomic */
  guint     n_failed;                  /* atomic */
} Shared;

static gpointer
take_chunks (gpointer data)
{
  Shared *shared = data;
  gpointer scratch = g_aligned_alloc (1, SP_CHUNK_ELEMENTS * 2, 64);
  guint64 i;

  while ((i = __atomic_fetch_add (&shared->next, 1, __ATOMIC_RELAXED)) < shared->n_chunks)
    {
      g_autoptr (GError) error = NULL;
      SpChunk chunk;
      guint64 sum = 0;

      g_assert_true (sp_source_get (shared->source, i, scratch, &chunk, &error));
      for (gsize k = 0; k < chunk.n; k++)
        sum += ((const guint8 *) chunk.data)[2 * k] * (1 + (chunk.row * chunk.n_columns + chunk.column + k) % 1000);
      __atomic_fetch_add (&shared->sum, sum, __ATOMIC_RELAXED);
      if (!sp_source_put (shared->source, &chunk, &error))
        __atomic_fetch_add (&shared->n_failed, 1, __ATOMIC_RELAXED);
    }
  g_aligned_free (scratch);
  return NULL;
}

static guint64
sum_in_threads (const SpTensor *tensor, guint n_threads, guint *n_failed)
{
  g_autoptr (GError) error = NULL;
  Shared shared = { sp_source_new (tensor, &error), sp_source_n_chunks (tensor), 0, 0, 0 };
  pthread_t threads[4];

  for (guint i = 0; i < n_threads; i++)
    g_assert_cmpint (pthread_create (&threads[i], NULL, take_chunks, &shared), ==, 0);
  for (guint i = 0; i < n_threads; i++)
    pthread_join (threads[i], NULL);
  sp_source_free (shared.source);
  *n_failed = shared.n_failed;
  return shared.sum;
}

static void
test_threads (void)
{
  char *folder = files_new_folder ();
  gsize n = 3000 * 1000 * 2;
  g_autofree guint8 *data = g_malloc0 (n);
  g_autofree char *path = NULL;
  g_autoptr (GByteArray) zip_bytes = NULL;
  g_autoptr (SpStore) store = NULL;
  g_autoptr (GError) error = NULL;
  FilesZip *zip = files_zip_new (FALSE);

  for (gsize i = 0; i < n; i++)
    data[i] = (guint8) (i % 253);
  for (guint i = 0; i < 4; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.npy", i);
      g_autoptr (GByteArray) array = files_npy ("<i2", i / 2 > 0, "(3000, 1000)", data, n);

      files_zip_add (zip, name, array->data, array->len, FALSE);
      if (i % 2 > 0)
        files_zip_damage (zip, (i + 1) * array->len - 1001, 254);
    }
  zip_bytes = files_zip_finish (zip);
  path = files_write (folder, "arrays.npz", zip_bytes->data, zip_bytes->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  for (guint i = 0; i < 4; i++)
    {
      guint failed_alone, failed_together;
      guint64 alone = sum_in_threads (sp_store_get_tensor (store, i), 1, &failed_alone);

      g_assert_cmpuint (sum_in_threads (sp_store_get_tensor (store, i), 4, &failed_together), ==, alone);
      g_assert_cmpuint (failed_alone, ==, i % 2);
      g_assert_cmpuint (failed_together, ==, i % 2);
    }
  files_remove (folder);
}

#define ADD(path, n_bytes, test) g_test_add (path, Fixture, GSIZE_TO_POINTER (n_bytes), set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/source/views", 100000, test_views);
  ADD ("/source/large-views", 9000000, test_large_views);
  g_test_add_func ("/source/spooled", test_spooled);
  g_test_add_func ("/source/no-spool", test_no_spool);
  g_test_add_func ("/source/geometry", test_geometry);
  ADD ("/source/sparse", 200000, test_sparse);
  ADD ("/source/rectangle", 4700000, test_rectangle);
  ADD ("/source/pick", 4700000, test_pick);
  g_test_add_func ("/source/checksums", test_checksums);
  g_test_add_func ("/source/member-sum", test_member_sum);
  g_test_add_func ("/source/threads", test_threads);
  return g_test_run ();
}
