/* test-flow.c - the elements of a tensor in order, however many are asked for at a time, against a plain loop over them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-archive.h"
#include "sp-flow.h"
#include "sp-source.h"

#include <string.h>
#include <unistd.h>

#define N (SP_CHUNK_ELEMENTS + 12345)    /* of two chunks */

typedef struct {
  char    *folder, *path;
  guint64 *numbers;                      /* (N) */
} Fixture;

static void
set_up (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
  f->folder = files_new_folder ();
  f->numbers = g_new (guint64, N);
  for (gsize i = 0; i < N; i++)
    f->numbers[i] = (i + 1) * 0x9e3779b97f4a7c15u;
  f->path = files_write (f->folder, "numbers.bin", f->numbers, N * sizeof *f->numbers);
}

static void
tear_down (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
  g_free (f->path);
  g_free (f->numbers);
  files_remove (f->folder);
}

static SpTensor *
new_tensor (Fixture *f, SpDtype dtype, gsize n, gboolean is_swapped)
{
  g_autoptr (GError) error = NULL;
  SpTensor          *tensor = sp_tensor_new ("t", dtype, 1, &(guint64) { n });

  tensor->blob = sp_blob_new_file (f->path, &error);
  tensor->is_swapped = is_swapped;
  g_assert_no_error (error);
  return tensor;
}

/* Element i of the file's bytes, by the definition of the type. */
static gint64
expect (const Fixture *f, SpDtype dtype, gsize i, gboolean is_swapped)
{
  gsize         size = sp_dtype_size (dtype);
  const guint8 *bytes = (const guint8 *) f->numbers + i * size;
  guint64       x = 0;
  gboolean      is_signed = dtype == SP_DTYPE_I8 || dtype == SP_DTYPE_I16 || dtype == SP_DTYPE_I32;

  for (gsize b = 0; b < size; b++)
    x |= (guint64) bytes[is_swapped ? size - 1 - b : b] << 8 * b;
  return is_signed && x >> (8 * size - 1) != 0 ? (gint64) x - ((gint64) 1 << 8 * size) : (gint64) x;
}

/* In parts of all sizes, over the end of the chunk. */
static void
test_integers (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
  static const SpDtype dtypes[] = { SP_DTYPE_I8, SP_DTYPE_U8, SP_DTYPE_I16, SP_DTYPE_U16, SP_DTYPE_I32, SP_DTYPE_U32, SP_DTYPE_I64,
                                    SP_DTYPE_U64 };
  g_autofree gint64   *out = g_new (gint64, N);

  for (guint d = 0; d < 2 * G_N_ELEMENTS (dtypes); d++)
    {
      gboolean             is_swapped = d % 2 == 1 && sp_dtype_size (dtypes[d / 2]) > 1;
      g_autoptr (SpTensor) tensor = new_tensor (f, dtypes[d / 2], N, is_swapped);
      g_autoptr (GError)   error = NULL;
      g_autoptr (SpFlow)   flow = sp_flow_new (tensor, &error);

      for (gsize done = 0, n = 1; done < N; done += n, n = MIN (3 * n % 700001 + 1, N - done))
        g_assert_true (sp_flow_take_i64 (flow, n, out + done, &error));
      g_assert_true (sp_flow_end (flow, &error));
      for (gsize i = 0; i < N; i++)
        if (out[i] != expect (f, dtypes[d / 2], i, is_swapped))
          g_error ("%s: element %zu is %" G_GINT64_FORMAT, sp_dtype_name (dtypes[d / 2]), i, out[i]);
    }
}

/* Two side by side, one of them a stream, and neither to its end. */
static void
test_floats (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (GError)     error = NULL;
  g_autoptr (GByteArray) packed = files_gzip (f->numbers, N * sizeof (gint16));
  g_autofree char       *path = files_write (f->folder, "packed.bin.gz", packed->data, packed->len);
  g_autoptr (SpBlob)     gzip = sp_blob_new_file (path, &error);
  g_autoptr (SpArchive)  archive = sp_archive_open (gzip, &error);
  g_autoptr (SpTensor)   plain = new_tensor (f, SP_DTYPE_I16, N, FALSE), stream = sp_tensor_new ("s", SP_DTYPE_I16, 1, &(guint64) { N });
  g_autoptr (SpFlow)     a = sp_flow_new (plain, &error), b = NULL;
  float                  x[1000], y[1000];

  stream->blob = sp_archive_dup_blob (archive, 0, &error);
  b = sp_flow_new (stream, &error);
  for (gsize i = 0; i + 1000 <= N - 5000; i += 1000)
    {
      g_assert_true (sp_flow_take_f32 (a, 1000, x, &error) && sp_flow_take_f32 (b, 1000, y, &error));
      g_assert_cmpint (memcmp (x, y, sizeof x), ==, 0);
      for (gsize k = 0; k < 1000; k++)
        if (x[k] != (float) expect (f, SP_DTYPE_I16, i + k, FALSE))
          g_error ("element %zu is %g", i + k, (double) x[k]);
    }
  g_assert_true (sp_flow_end (a, &error) && sp_flow_end (b, &error));
}

/* Nothing that was taken can be trusted when the file has become shorter meanwhile, and that is said. */
static void
test_cut (Fixture *f, G_GNUC_UNUSED gconstpointer data)
{
  g_autoptr (SpTensor) tensor = new_tensor (f, SP_DTYPE_I64, N, FALSE);
  g_autoptr (GError)   error = NULL;
  g_autoptr (SpFlow)   flow = sp_flow_new (tensor, &error);
  gint64               x[100];
  gboolean             is_read = TRUE;

  g_assert_true (sp_flow_take_i64 (flow, 100, x, &error));
  g_assert_cmpint (truncate (f->path, 1000), ==, 0);
  for (gsize i = 100; is_read && i + 100 <= N; i += 100)
    is_read = sp_flow_take_i64 (flow, 100, x, &error);
  g_assert_false (is_read && sp_flow_end (flow, &error));
  g_assert_nonnull (error);
}

static void
add (const char *path, void (*test) (Fixture *, gconstpointer))
{
  g_test_add (path, Fixture, NULL, set_up, test, tear_down);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  add ("/flow/integers", test_integers);
  add ("/flow/floats", test_floats);
  add ("/flow/cut", test_cut);
  return g_test_run ();
}
