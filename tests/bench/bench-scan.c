/* bench-scan.c - weight-sparsity over a large bf16 file in the page cache, against pread of the same bytes
 *
 * And against the least it could do: pread and the histogram kernel on as many threads, nothing else.
 *
 * Usage: bench-scan [GIBIBYTES [sparse]]; 1 by default.  The file is made in $TMPDIR and removed; with `sparse`
 * it holds a hole instead of weights, to look at memory rather than speed. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"
#include "sp-run.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK ((gsize) 1 << 20)
#define COLUMNS 8192
#define REPEATS 5

typedef struct { int fd; guint64 from, to; gboolean is_counted; } Range;

static double
now (void)
{
  return (double) g_get_monotonic_time () / G_USEC_PER_SEC;
}

/* bf16 of a bell-shaped distribution of the width real weights have. */
static void
fill_block (guint16 *x, gsize n, guint64 *seed)
{
  for (gsize i = 0; i < n; i++)
    {
      double sum = 0;
      float  f;
      guint32 bits;

      for (guint k = 0; k < 4; k++)
        {
          *seed = *seed * 6364136223846793005u + 1442695040888963407u;
          sum += (double) (*seed >> 40) * 0x1p-24;
        }
      f = (float) ((sum - 2) * 0.035);
      memcpy (&bits, &f, sizeof bits);
      x[i] = (guint16) (bits >> 16);
    }
}

static gboolean
write_model (int fd, guint64 n_bytes, gboolean is_sparse)
{
  g_autofree guint16 *block = g_malloc (BLOCK);
  g_autoptr (GString) header = g_string_new (NULL);
  guint64             length, seed = 1;

  g_string_printf (header, "{\"model.layers.0.mlp.up_proj.weight\":{\"dtype\":\"BF16\",\"shape\":[%" G_GUINT64_FORMAT
                   ",%d],\"data_offsets\":[0,%" G_GUINT64_FORMAT "]}}", n_bytes / 2 / COLUMNS, COLUMNS, n_bytes);
  while (header->len % 8 != 0)                     /* aligned, as the library writes it */
    g_string_append_c (header, ' ');
  length = GUINT64_TO_LE (header->len);
  if (write (fd, &length, 8) != 8 || write (fd, header->str, header->len) != (gssize) header->len)
    return FALSE;
  if (is_sparse)
    return ftruncate (fd, (off_t) (8 + header->len + n_bytes)) == 0;
  for (guint64 i = 0; i < n_bytes; i += BLOCK)
    {
      fill_block (block, BLOCK / 2, &seed);
      if (write (fd, block, BLOCK) != (gssize) BLOCK)
        return FALSE;
    }
  return TRUE;
}

static void *
read_range (void *data)
{
  Range              *range = data;
  g_autofree guint8 *buffer = g_malloc (BLOCK);
  g_autofree guint32 *bins = g_new0 (guint32, 65536);

  for (guint64 i = range->from; i < range->to; i += BLOCK)
    {
      if (pread (range->fd, buffer, BLOCK, (off_t) i) <= 0)
        break;
      if (range->is_counted)
        sp_kernels ()->histogram[SP_DTYPE_BF16] (buffer, BLOCK / 2, bins);
    }
  return NULL;
}

static double
time_pread (int fd, guint64 n_bytes, guint n_threads, gboolean is_counted)
{
  g_autofree pthread_t *threads = g_new (pthread_t, n_threads);
  g_autofree Range     *ranges = g_new (Range, n_threads);
  double                started = now ();

  for (guint i = 0; i < n_threads; i++)
    {
      ranges[i] = (Range) { fd, n_bytes / n_threads * i, n_bytes / n_threads * (i + 1), is_counted };
      pthread_create (&threads[i], NULL, read_range, &ranges[i]);
    }
  for (guint i = 0; i < n_threads; i++)
    pthread_join (threads[i], NULL);
  return now () - started;
}

static double
time_run (SpStore *store)
{
  const SpAnalysis     *analysis = sp_analysis_find ("weight-sparsity");
  g_autoptr (SpArgs)    args = sp_args_new (analysis);
  g_autoptr (SpRun)     run = sp_run_new (&store, 1);
  g_autoptr (SpResult)  result = NULL;
  double                started = now ();

  sp_run_add (run, analysis, args);
  if (!sp_run_execute (run, NULL, NULL))
    return NAN;
  result = sp_run_dup_result (run, 0, NULL);
  return now () - started;
}

static long
peak_kib (void)
{
  g_autofree char *status = NULL;
  const char      *line;

  if (!g_file_get_contents ("/proc/self/status", &status, NULL, NULL) || (line = strstr (status, "VmHWM:")) == NULL)
    return 0;
  return atol (line + 6);
}

int
main (int argc, char **argv)
{
  guint64             n_bytes = (guint64) ((argc > 1 ? g_ascii_strtod (argv[1], NULL) : 1) * 1024) << 20;
  gboolean            is_sparse = argc > 2;
  guint               n_threads = (guint) sysconf (_SC_NPROCESSORS_ONLN);
  g_autofree char    *path = g_build_filename (g_get_tmp_dir (), "sparsoscope-bench-XXXXXX.safetensors", NULL);
  int                 fd = g_mkstemp (path);
  g_autoptr (SpStore) store = NULL;
  double              reading = INFINITY, counting = INFINITY, scanning = INFINITY;
  long                before;

  if (fd < 0 || !write_model (fd, n_bytes, is_sparse) || (store = sp_store_open (path, NULL, NULL)) == NULL)
    {
      printf ("cannot make a file of %.1f GiB in %s\n", (double) n_bytes / 0x1p30, g_get_tmp_dir ());
      g_unlink (path);
      return 77;
    }
  before = peak_kib ();
  for (guint i = 0; i < (is_sparse ? 1 : REPEATS); i++)
    {
      reading = MIN (reading, time_pread (fd, n_bytes, n_threads, FALSE));
      counting = MIN (counting, time_pread (fd, n_bytes, n_threads, TRUE));
      scanning = MIN (scanning, time_run (store));
    }
  printf ("weight-sparsity, %.1f GiB bf16, %u threads: pread %.1f ms (%.1f GB/s), run %.1f ms (%.1f GB/s), ratio %.2f; "
          "pread and histogram alone %.1f ms, ratio %.2f; peak memory %.1f MiB above start\n",
          (double) n_bytes / 0x1p30, n_threads, reading * 1e3, (double) n_bytes / reading / 1e9, scanning * 1e3,
          (double) n_bytes / scanning / 1e9, scanning / reading, counting * 1e3, scanning / counting,
          (double) (peak_kib () - before) / 1024);
  g_unlink (path);
  return 0;
}
