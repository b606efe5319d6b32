/* test-blob.c - files, slices and streams; files that shrink, vanish or are many */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-blob.h"
#include "sp-file.h"
#include "sp-stream.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATTERN(i) ((guint8) ((i) * 31 + ((i) >> 8) * 7 + 1))
#define MEGABYTE   ((gsize) 1 << 20)

typedef struct {
  char   *folder, *path;
  SpBlob *blob;
  gsize   n;
} Fixture;

static guint8 *
new_pattern (gsize n)
{
  guint8 *bytes = g_malloc (n);

  for (gsize i = 0; i < n; i++)
    bytes[i] = PATTERN (i);
  return bytes;
}

static void
set_up (Fixture *f, gconstpointer n_bytes)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *bytes = new_pattern (GPOINTER_TO_SIZE (n_bytes));

  f->n = GPOINTER_TO_SIZE (n_bytes);
  f->folder = files_new_folder ();
  f->path = files_write (f->folder, "bytes.bin", bytes, f->n);
  f->blob = sp_blob_new_file (f->path, &error);
  g_assert_no_error (error);
}

static void
tear_down (Fixture *f, gconstpointer n_bytes)
{
  g_clear_pointer (&f->blob, sp_blob_unref);
  g_free (f->path);
  files_remove (f->folder);
}

static void
assert_pattern (const guint8 *bytes, gsize start, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_assert_cmpuint (bytes[i], ==, PATTERN (start + i));
}

static void
test_read (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  guint8 buffer[500];

  g_assert_cmpuint (sp_blob_get_size (f->blob), ==, f->n);
  g_assert_cmpstr (sp_blob_get_name (f->blob), ==, "bytes.bin");
  g_assert_true (sp_blob_read (f->blob, f->n - 500, buffer, 500, &error));
  assert_pattern (buffer, f->n - 500, 500);
  g_assert_cmpint (sp_blob_read_some (f->blob, f->n - 10, buffer, 500, &error), ==, 10);
  g_assert_cmpint (sp_blob_read_some (f->blob, f->n + 10, buffer, 500, &error), ==, 0);
  g_assert_no_error (error);
  g_assert_false (sp_blob_read (f->blob, f->n - 499, buffer, 500, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
  g_clear_error (&error);
  g_assert_false (sp_blob_read (f->blob, G_MAXUINT64 - 3, buffer, 500, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
}

static void
test_slice (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (SpBlob) outer = sp_blob_new_slice (f->blob, "outer", 100, 2000, &error);
  g_autoptr (SpBlob) inner = sp_blob_new_slice (outer, "inner", 50, 1000, &error);
  guint8 buffer[1000];
  gconstpointer lent;

  g_assert_true (sp_blob_read (inner, 0, buffer, 1000, &error));
  assert_pattern (buffer, 150, 1000);
  g_assert_cmpuint (sp_blob_get_file_offset (inner), ==, 150);
  g_assert_true (sp_blob_borrow (inner, 10, 900, buffer, &lent, &error));
  g_assert_true (lent != buffer);
  assert_pattern (lent, 160, 900);
  g_assert_true (sp_blob_give_back (inner, 10, 900, lent, &error));
  g_assert_no_error (error);
  g_assert_false (sp_blob_read (inner, 500, buffer, 501, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
  g_clear_error (&error);
  g_assert_null (sp_blob_new_slice (outer, "beyond", 1990, 11, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
}

/* Touched pages do not come back as the old ones: the borrower learns of it. */
static void
test_cut_while_lent (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *scratch = g_malloc (f->n);
  gconstpointer lent;
  guint sum = 0;

  g_assert_true (sp_blob_borrow (f->blob, 0, f->n, scratch, &lent, &error));
  g_assert_cmpint (truncate (f->path, 5000), ==, 0);
  for (gsize i = 0; i < f->n; i++)
    sum += ((const volatile guint8 *) lent)[i];
  g_assert_cmpuint (sum, >, 0);
  g_assert_false (sp_blob_give_back (f->blob, 0, f->n, lent, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
  g_assert_nonnull (strstr (error->message, "5000"));
  g_clear_error (&error);
  g_assert_true (sp_blob_borrow (f->blob, 1000, 3000, scratch, &lent, &error));
  assert_pattern (lent, 1000, 3000);
  g_assert_true (sp_blob_give_back (f->blob, 1000, 3000, lent, &error));
  g_assert_no_error (error);
}

/* The end lies within the last page: no fault, only the size tells. */
static void
test_cut_within_page (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *scratch = g_malloc (f->n);
  gconstpointer lent;

  g_assert_true (sp_blob_borrow (f->blob, 0, 4000, scratch, &lent, &error));
  g_assert_cmpint (truncate (f->path, 3999), ==, 0);
  g_assert_false (sp_blob_give_back (f->blob, 0, 4000, lent, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
}

/* A fault in a file that is as long as ever is no cut. */
static void
test_fault_while_lent (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree guint8 *scratch = g_malloc (f->n);
  gconstpointer lent;

  g_assert_true (sp_blob_borrow (f->blob, 0, f->n, scratch, &lent, &error));
  g_assert_cmpint (truncate (f->path, 0), ==, 0);
  g_assert_cmpuint (((const volatile guint8 *) lent)[f->n - 1], ==, 0);
  g_assert_cmpint (truncate (f->path, f->n), ==, 0);
  g_assert_false (sp_blob_give_back (f->blob, 0, f->n, lent, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
}

/* Address 0 of this very program: a file whose first bytes give EIO. */
static void
test_input_error (void)
{
  g_autoptr (GError) error = NULL;
  int fd = open ("/proc/self/mem", O_RDONLY | O_CLOEXEC);
  g_autoptr (SpBlob) blob = NULL;
  guint8 bytes[16];
  gconstpointer lent;

  if (fd < 0)
    {
      g_test_skip ("no /proc/self/mem here");
      return;
    }
  blob = sp_blob_new_descriptor (fd, 4096, "bad-disk.bin", &error);
  g_assert_no_error (error);
  g_assert_false (sp_blob_read (blob, 0, bytes, sizeof bytes, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_nonnull (strstr (error->message, "bad-disk.bin"));
  g_assert_nonnull (strstr (error->message, g_strerror (EIO)));
  g_clear_error (&error);
  g_assert_false (sp_blob_borrow (blob, 0, sizeof bytes, bytes, &lent, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
}

typedef struct {
  const Fixture *f;
  guint          seed;
  guint64        n_good;               /* atomic */
  guint64        n_bad;
} Reader;

/* Random pieces until the first error, which must be SP_ERROR_CUT; what comes back well must be right. */
static gpointer
read_pieces (gpointer data)
{
  Reader *reader = data;
  const Fixture *f = reader->f;
  g_autofree guint8 *scratch = g_malloc (MEGABYTE);

  while (reader->n_bad == 0)
    {
      g_autoptr (GError) error = NULL;
      guint32 random = reader->seed = reader->seed * 1664525u + 1013904223u;
      gsize start = (gsize) (random >> 8) % (f->n - 70000), n = 1 + random % 65536;
      gsize n_wrong = 0;
      gconstpointer lent;

      g_assert_true (sp_blob_borrow (f->blob, start, n, scratch, &lent, &error));
      for (gsize i = 0; i < n; i += 61)
        n_wrong += ((const volatile guint8 *) lent)[i] != PATTERN (start + i);
      if (sp_blob_give_back (f->blob, start, n, lent, &error))
        {
          g_assert_cmpuint (n_wrong, ==, 0);
          __atomic_fetch_add (&reader->n_good, 1, __ATOMIC_RELAXED);
          continue;
        }
      g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
      reader->n_bad++;
    }
  return NULL;
}

static void
test_cut_under_threads (Fixture *f, gconstpointer data)
{
  Reader readers[4];
  pthread_t threads[4];

  for (guint i = 0; i < 4; i++)
    {
      readers[i] = (Reader) { f, i + 1, 0, 0 };
      g_assert_cmpint (pthread_create (&threads[i], NULL, read_pieces, &readers[i]), ==, 0);
    }
  for (guint i = 0; i < 4; i++)
    while (__atomic_load_n (&readers[i].n_good, __ATOMIC_RELAXED) < 100)
      g_usleep (1000);
  g_assert_cmpint (truncate (f->path, 3 * MEGABYTE + 17), ==, 0);
  for (guint i = 0; i < 4; i++)
    {
      pthread_join (threads[i], NULL);
      g_assert_cmpuint (readers[i].n_bad, ==, 1);
    }
}

static void
test_replaced (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) others = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_blob_unref);
  g_autofree char *fresh = files_write_text (f->folder, "fresh.bin", "another file");
  gconstpointer lent;
  guint8 byte;

  for (guint i = 0; i < SP_FILES_OPEN + 10; i++)
    {
      g_autofree char *name = g_strdup_printf ("%u.bin", i);
      g_autofree char *path = files_write_text (f->folder, name, "x");

      g_ptr_array_add (others, sp_blob_new_file (path, &error));
      g_assert_no_error (error);
      g_assert_true (sp_blob_read (others->pdata[i], 0, &byte, 1, &error));
    }
  /* one more than may stay open: the next that is let go is closed */
  g_assert_true (sp_blob_borrow (others->pdata[others->len - 1], 0, 1, &byte, &lent, &error));
  g_assert_true (sp_blob_read (f->blob, 0, &byte, 1, &error));
  g_assert_true (sp_blob_give_back (others->pdata[others->len - 1], 0, 1, lent, &error));
  g_assert_cmpint (rename (fresh, f->path), ==, 0);
  g_assert_false (sp_blob_read (f->blob, 0, &byte, 1, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
}

static void
test_not_a_file (Fixture *f, gconstpointer data)
{
  g_autoptr (GError) error = NULL;
  g_autofree char *pipe_path = g_build_filename (f->folder, "pipe", NULL);

  g_assert_null (sp_blob_new_file (f->folder, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_clear_error (&error);
  g_assert_cmpint (mkfifo (pipe_path, 0600), ==, 0);
  g_assert_null (sp_blob_new_file (pipe_path, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_clear_error (&error);
  g_assert_null (sp_blob_new_file ("/no/such/file", &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
}

static int n_passed_on;

static void
count_signal (int number)
{
  n_passed_on++;
}

/* In a child, before anything is mapped there: a signal that is no fault of ours reaches the earlier handler. */
static void
test_other_signals (void)
{
  if (g_test_subprocess ())
    {
      g_autofree char *folder = files_new_folder ();
      g_autofree char *path = files_write_text (folder, "x", "some bytes");
      g_autoptr (GError) error = NULL;
      g_autoptr (SpBlob) blob = NULL;
      gconstpointer lent;
      guint8 scratch[4];

      signal (SIGBUS, count_signal);
      blob = sp_blob_new_file (path, &error);
      g_assert_true (sp_blob_borrow (blob, 0, 4, scratch, &lent, &error));
      raise (SIGBUS);
      g_assert_cmpint (n_passed_on, ==, 1);
      g_assert_true (sp_blob_give_back (blob, 0, 4, lent, &error));
      files_remove (g_steal_pointer (&folder));
      return;
    }
  g_test_trap_subprocess (NULL, 0, G_TEST_SUBPROCESS_DEFAULT);
  g_test_trap_assert_passed ();
}

/* Reading through a large file keeps few of its pages. */
static gsize
resident_kilobytes (void)
{
  g_autofree char *text = NULL;
  char *line;

  g_assert_true (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "RssFile:");
  g_assert_nonnull (line);
  return g_ascii_strtoull (line + strlen ("RssFile:"), NULL, 10);
}

static void
test_memory (void)
{
  char *folder = files_new_folder ();
  g_autofree char *path = files_write_text (folder, "large.bin", "");
  g_autoptr (GError) error = NULL;
  g_autoptr (SpBlob) blob = NULL;
  gsize before, after;
  guint64 sum = 0;

  g_assert_cmpint (truncate (path, 400 * MEGABYTE), ==, 0);
  blob = sp_blob_new_file (path, &error);
  before = resident_kilobytes ();
  for (guint64 at = 0; at < 400; at++)
    {
      gconstpointer lent;

      g_assert_true (sp_blob_borrow (blob, at * MEGABYTE, MEGABYTE, NULL, &lent, &error));
      for (gsize i = 0; i < MEGABYTE; i += 4096)
        sum += ((const volatile guint8 *) lent)[i];
      g_assert_true (sp_blob_give_back (blob, at * MEGABYTE, MEGABYTE, lent, &error));
    }
  after = resident_kilobytes ();
  g_assert_cmpuint (sum, ==, 0);
  g_assert_cmpuint (after, <, before + 64 * 1024);      /* the system maps large folios, and counts in batches */
  files_remove (folder);
}

/* A stream of the pattern that counts how often it was opened. */
typedef struct {
  guint n_opened;
  gsize n;
} Origin;

typedef struct {
  const Origin *origin;
  gsize         place;
} Stream;

static gpointer
stream_open (gpointer data, GError **error)
{
  Origin *origin = data;
  Stream *stream = g_new0 (Stream, 1);

  origin->n_opened++;
  stream->origin = origin;
  return stream;
}

static gssize
stream_read (gpointer data, gpointer buffer, gsize n_bytes, GError **error)
{
  Stream *stream = data;
  gsize n = MIN (MIN (n_bytes, 777), stream->origin->n - stream->place);

  for (gsize i = 0; i < n; i++)
    ((guint8 *) buffer)[i] = PATTERN (stream->place + i);
  stream->place += n;
  return n;
}

static const SpStreamClass stream_class = { stream_open, stream_read, g_free };

static gssize
stream_read_and_stop (gpointer data, gpointer buffer, gsize n_bytes, GError **error)
{
  g_cancellable_cancel (g_cancellable_get_current ());
  return stream_read (data, buffer, n_bytes, error);
}

static const SpStreamClass stopping_class = { stream_open, stream_read_and_stop, g_free };

/* Far ahead in a stream, a stop need not wait until that place is reached; the stream can be read again. */
static void
test_stop (void)
{
  Origin origin = { .n = G_MAXINT64 };
  g_autoptr (GError) error = NULL;
  g_autoptr (GCancellable) stop = g_cancellable_new ();
  g_autoptr (SpBlob) blob = sp_blob_new_stream (&stopping_class, &origin, NULL, "stream", NULL, SP_SIZE_UNKNOWN);
  guint8 buffer[10];

  g_cancellable_push_current (stop);
  g_assert_cmpint (sp_blob_read_some (blob, G_MAXINT64 / 2, buffer, 10, &error), ==, -1);
  g_cancellable_pop_current (stop);
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (sp_blob_read_some (blob, 5000, buffer, 10, NULL), ==, 10);
  assert_pattern (buffer, 5000, 10);
}

static void
test_stream (void)
{
  g_autoptr (GError) error = NULL;
  Origin origin = { 0, 100000 };
  g_autoptr (SpBlob) blob = sp_blob_new_stream (&stream_class, &origin, NULL, "stream", NULL, SP_SIZE_UNKNOWN);
  guint8 buffer[5000];

  g_assert_false (sp_blob_is_random (blob));
  g_assert_true (sp_blob_read (blob, 0, buffer, 512, &error));
  g_assert_true (sp_blob_read (blob, 8, buffer, 4000, &error));
  assert_pattern (buffer, 8, 4000);
  g_assert_true (sp_blob_read (blob, 90000, buffer, 5000, &error));
  assert_pattern (buffer, 90000, 5000);
  g_assert_cmpuint (origin.n_opened, ==, 1);
  g_assert_true (sp_blob_read (blob, SP_STREAM_HEAD - 100, buffer, 100, &error));
  assert_pattern (buffer, SP_STREAM_HEAD - 100, 100);
  g_assert_cmpuint (origin.n_opened, ==, 1);
  g_assert_true (sp_blob_read (blob, 5000, buffer, 5000, &error));
  assert_pattern (buffer, 5000, 5000);
  g_assert_cmpuint (origin.n_opened, ==, 2);
  g_assert_cmpint (sp_blob_read_some (blob, 99990, buffer, 5000, &error), ==, 10);
  g_assert_no_error (error);
  g_assert_false (sp_blob_read (blob, 99990, buffer, 11, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_CUT);
}

#define ADD(path, n_bytes, test) g_test_add (path, Fixture, GSIZE_TO_POINTER (n_bytes), set_up, test, tear_down)

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  ADD ("/blob/read", 10000, test_read);
  ADD ("/blob/slice", 10000, test_slice);
  ADD ("/blob/cut-while-lent", 100000, test_cut_while_lent);
  ADD ("/blob/cut-within-page", 4000, test_cut_within_page);
  ADD ("/blob/fault-while-lent", 4000, test_fault_while_lent);
  ADD ("/blob/cut-under-threads", 8 * MEGABYTE, test_cut_under_threads);
  ADD ("/blob/replaced", 100, test_replaced);
  ADD ("/blob/not-a-file", 100, test_not_a_file);
  g_test_add_func ("/blob/input-error", test_input_error);
  g_test_add_func ("/blob/other-signals", test_other_signals);
  g_test_add_func ("/blob/memory", test_memory);
  g_test_add_func ("/blob/stream", test_stream);
  g_test_add_func ("/blob/stop", test_stop);
  return g_test_run ();
}
