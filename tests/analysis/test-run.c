/* test-run.c - the run engine on real files: same bits for any thread count, exact counts, cancel, problems */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"
#include "sp-export.h"
#include "sp-run.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#define ROWS    700
#define COLUMNS 3001
#define N       (ROWS * COLUMNS)        /* three chunks */

static char *folder;

/* Normal-looking weights; one row, one column and every eleventh element zero. */
static void
fill (float *x, guint32 seed)
{
  g_autoptr (GRand) rng = g_rand_new_with_seed (seed);

  for (gsize i = 0; i < N; i++)
    {
      double sum = g_rand_double (rng) + g_rand_double (rng) + g_rand_double (rng) - 1.5;

      x[i] = i % 11 == 0 || i / COLUMNS == 5 || i % COLUMNS == 17 ? 0.0f : (float) (sum * 0.04);
    }
}

static char *
write_model (void)
{
  g_autofree float   *a = g_new (float, N), *b = g_new (float, N);
  g_autofree guint16 *c = g_new (guint16, N);
  g_autofree double  *d = g_new (double, N);
  ModelTensor         tensors[] = {
    { "model.layers.0.self_attn.q_proj.weight", "F32", ROWS, COLUMNS, a, N * 4 },
    { "model.layers.1.mlp.up_proj.weight", "BF16", ROWS, COLUMNS, c, N * 2 },
    { "model.layers.2.mlp.down_proj.weight", "F64", ROWS, COLUMNS, d, N * 8 },
    { "model.layers.0.input_layernorm.weight", "F32", 0, COLUMNS, b, COLUMNS * 4 },
  };

  fill (a, 1);
  fill (b, 2);
  for (gsize i = 0; i < N; i++)
    {
      guint32 bits;

      memcpy (&bits, &b[i], 4);
      c[i] = (guint16) (bits >> 16);
      d[i] = (double) a[N - 1 - i] * 1.000000001;
    }
  return model_file_write (folder, "model.safetensors", tensors, G_N_ELEMENTS (tensors));
}

static SpArgs *
make_args (const char *id, const char *const *pairs)
{
  SpArgs *args = sp_args_new (sp_analysis_find (id));

  for (gsize i = 0; pairs[i] != NULL; i += 2)
    g_assert_true (sp_args_parse (args, pairs[i], pairs[i + 1], NULL));
  return args;
}

static SpRun *
execute (SpStore *store, guint n_threads, const char *const *pairs)
{
  SpRun              *run = sp_run_new (&store, 1);
  g_autoptr (SpArgs)  weights = make_args ("weight-sparsity", pairs);
  g_autoptr (SpArgs)  map = make_args ("tensor-map", (const char *[]) { "tensor", "model.layers.1.mlp.up_proj.weight",
                                                                        NULL });
  g_autoptr (GError)  error = NULL;

  sp_run_set_threads (run, n_threads);
  sp_run_add (run, sp_analysis_find ("weight-sparsity"), weights);
  sp_run_add (run, sp_analysis_find ("tensor-map"), map);
  g_assert_true (sp_run_execute (run, NULL, &error));
  g_assert_no_error (error);
  return run;
}

static const char *const all_on[] = { "eps", "0.01", "prune", "0.37", "embeddings", "true", "vectors", "true", NULL };

static char *
export (SpRun *run)
{
  SpResult *results[2] = { sp_run_dup_result (run, 0, NULL), sp_run_dup_result (run, 1, NULL) };
  GString  *out = g_string_new (NULL);

  sp_export_json (out, NULL, 0, results, 2, 0);
  sp_result_unref (results[0]);
  sp_result_unref (results[1]);
  return g_string_free (out, FALSE);
}

static void
test_same_bits (void)
{
  g_autofree char    *path = write_model (), *first = NULL;
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);

  g_assert_nonnull (store);
  for (guint n = 1; n <= 16; n = n < 4 ? n + 1 : n * 2)
    {
      g_autoptr (SpRun) run = execute (store, n, all_on);
      g_autofree char  *text = export (run);

      if (first == NULL)
        first = g_steal_pointer (&text);
      else
        g_assert_cmpstr (text, ==, first);
    }
}

static double
summary (SpResult *result, const char *name)
{
  SpTable *table = sp_result_find_table (result, "summary");

  for (gsize i = 0; i < sp_table_get_n_rows (table); i++)
    if (strcmp (sp_table_find_column (table, "name")->text[i], name) == 0)
      return sp_table_find_column (table, "value")->f64[i];
  g_assert_not_reached ();
}

static int
compare (gconstpointer a, gconstpointer b)
{
  return (*(const double *) a > *(const double *) b) - (*(const double *) a < *(const double *) b);
}

/* All counted magnitudes of the model, sorted. */
static double *
sorted_magnitudes (SpStore *store)
{
  double *all = g_new (double, 3 * N + COLUMNS);
  gsize   n = 0;

  for (gsize t = 0; t < sp_store_get_n_tensors (store); t++)
    {
      const SpTensor      *tensor = sp_store_get_tensor (store, t);
      g_autofree guint8   *bytes = g_malloc (tensor->n_bytes);
      gsize                size = sp_dtype_size (tensor->dtype);

      g_assert_true (sp_blob_read (tensor->blob, tensor->offset, bytes, tensor->n_bytes, NULL));
      for (gsize i = 0; i < tensor->n_elements; i++)
        {
          guint32 narrow = 0;
          float   f;

          memcpy (&narrow, bytes + i * size, MIN (size, 4));
          narrow <<= size == 2 ? 16 : 0;
          memcpy (&f, &narrow, 4);
          all[n] = (double) f;
          if (size == 8)
            memcpy (&all[n], bytes + i * size, 8);
          all[n] = fabs (all[n]);
          n++;
        }
    }
  qsort (all, n, sizeof *all, compare);
  return all;
}

/* Threshold and counts of pruning and of ε over f32, f64 and bf16 together, against sorting everything. */
static void
test_exact (void)
{
  g_autofree char      *path = write_model ();
  g_autoptr (SpStore)   store = sp_store_open (path, NULL, NULL);
  g_autofree double    *all = sorted_magnitudes (store);
  g_autoptr (SpRun)     run = execute (store, 2, all_on);
  g_autoptr (SpResult)  result = sp_run_dup_result (run, 0, NULL);
  gsize                 n = 3 * N + COLUMNS, k = (gsize) floor ((double) n * 0.37), n_near = 0, n_pruned = 0;
  double                kept = 0, lost = 0;

  for (gsize i = 0; i < n; i++)
    {
      n_near += all[i] <= 0.01;
      n_pruned += all[i] <= all[k - 1];
      *(all[i] <= all[k - 1] ? &lost : &kept) += all[i] * all[i];
    }
  g_assert_cmpfloat (summary (result, "elements"), ==, (double) n);
  g_assert_cmpfloat (summary (result, "near_zero"), ==, (double) n_near);
  g_assert_cmpfloat (summary (result, "prune_threshold"), ==, all[k - 1]);
  g_assert_cmpfloat (summary (result, "pruned"), ==, (double) n_pruned);
  g_assert_cmpfloat (fabs (summary (result, "energy_lost") - lost / (lost + kept)), <, 1e-12);
}

/* Moving a slider without reading: exact for bf16, within a bin for the wide types. */
static void
test_live (void)
{
  g_autofree char      *path = write_model ();
  g_autoptr (SpStore)   store = sp_store_open (path, NULL, NULL);
  g_autofree double    *all = sorted_magnitudes (store);
  g_autoptr (SpRun)     run = execute (store, 2, (const char *[]) { "vectors", "true", NULL });
  g_autoptr (SpArgs)    args = make_args ("weight-sparsity", all_on);
  g_autoptr (SpResult)  result = NULL;
  gsize                 n = 3 * N + COLUMNS, n_near = 0;

  g_assert_true (sp_run_accepts (run, 0, args));
  result = sp_run_dup_result (run, 0, args);
  for (gsize i = 0; i < n; i++)
    n_near += all[i] <= 0.01;
  g_assert_cmpfloat (fabs (summary (result, "near_zero") - (double) n_near), <, 2e-4 * (double) n);
  g_assert_cmpfloat (fabs (summary (result, "pruned_share") - 0.37), <, 0.005);
  g_assert_cmpuint (result->notes->len, >, 0);
}

static char *
export_at (SpRun *run, SpArgs *args)
{
  g_autoptr (SpResult)  result = sp_run_dup_result (run, 0, args);
  GString              *out = g_string_new (NULL);

  sp_export_json (out, NULL, 0, &result, 1, 0);
  return g_string_free (out, FALSE);
}

/* One run after many moves of its sliders says what a run of its own says at each place. */
static void
test_moves (void)
{
  static const char *const moves[][9] = {
    { "eps", "0.01", NULL }, { "eps", "0.02", NULL }, { "eps", "0.02", "prune", "0.3", NULL },
    { "eps", "0.02", "prune", "0.3", "vectors", "true", NULL }, { "eps", "0.02", "prune", "0.3", "ffn", "false", NULL },
    { "eps", "0.02", "prune", "0.3", "ffn", "false", "eps-mode", "relative", NULL },
    { "eps", "0.02", "prune", "0.6", "eps-mode", "relative", NULL }, { NULL }, { "eps", "0.01", NULL },
  };
  g_autofree char    *path = write_model (), *before = NULL;
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);
  g_autoptr (SpRun)   run = execute (store, 2, moves[0]);

  for (gsize i = 0; i < G_N_ELEMENTS (moves); i++)
    {
      g_autoptr (SpRun)  other = execute (store, 2, moves[0]);
      g_autoptr (SpArgs) args = make_args ("weight-sparsity", moves[i]);
      g_autofree char   *moved = export_at (run, args), *own = export_at (other, args);

      g_assert_cmpstr (moved, ==, own);
      g_assert_cmpstr (moved, !=, before);
      g_free (before);
      before = g_steal_pointer (&moved);
    }
}

static void
test_relative (void)
{
  g_autofree char      *path = write_model ();
  g_autoptr (SpStore)   store = sp_store_open (path, NULL, NULL);
  g_autoptr (SpRun)     run = execute (store, 2, (const char *[]) { "eps", "0.5", "eps-mode", "relative", NULL });
  g_autoptr (SpResult)  result = sp_run_dup_result (run, 0, NULL);
  SpTable              *table = sp_result_find_table (result, "tensors");
  gsize                 row = 0, near = 0;
  g_autofree float     *x = g_new (float, N);
  double                sum = 0, rms;

  while (strcmp (sp_table_find_column (table, "tensor")->text[row], "model.layers.0.self_attn.q_proj.weight") != 0)
    row++;
  fill (x, 1);
  for (gsize i = 0; i < N; i++)
    sum += (double) x[i] * (double) x[i];
  rms = sp_table_find_column (table, "rms")->f64[row];
  g_assert_cmpfloat (fabs (rms - sqrt (sum / N)), <, 1e-12);
  for (gsize i = 0; i < N; i++)
    near += fabs ((double) x[i]) <= 0.5 * rms;
  g_assert_cmpint (sp_table_find_column (table, "near_zero")->i64[row], ==, (gint64) near);
  g_assert_cmpint (sp_table_find_column (table, "zero_rows")->i64[row], ==, 1);
  g_assert_cmpint (sp_table_find_column (table, "zero_columns")->i64[row], ==, 1);
}

static void
cancel_it (SpRun *run, const SpProgress *progress, gpointer data)
{
  g_cancellable_cancel (data);
}

static void
test_cancel (void)
{
  g_autofree char          *path = g_build_filename (folder, "big.npy", NULL);
  g_autoptr (GCancellable)  cancellable = g_cancellable_new ();
  g_autoptr (GError)        error = NULL;
  g_autoptr (SpStore)       store = NULL;
  g_autoptr (SpRun)         run = NULL;
  g_autoptr (SpArgs)        args = make_args ("weight-sparsity", (const char *[]) { NULL });
  char                      header[128];
  gint64                    started;
  int                       n = g_snprintf (header, sizeof header, "%-117s\n",
                                            "{'descr': '<f2', 'fortran_order': False, 'shape': (1048576, 8192), }");
  FILE                     *file = g_fopen (path, "wb");

  fwrite ("\x93NUMPY\x01\x00\x76\x00", 1, 10, file);
  fwrite (header, 1, (gsize) n, file);
  fclose (file);
  g_assert_cmpint (truncate (path, 128 + 2 * (off_t) 1048576 * 8192), ==, 0);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  run = sp_run_new (&store, 1);
  sp_run_add (run, sp_analysis_find ("weight-sparsity"), args);
  sp_run_set_progress (run, cancel_it, cancellable);
  started = g_get_monotonic_time ();
  g_assert_false (sp_run_execute (run, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - started, <, 5 * G_USEC_PER_SEC);     /* 16 GiB were not read */
  g_unlink (path);
}

static GBytes *
compress (gconstpointer data, gsize n_bytes)
{
  g_autoptr (GConverter) gzip = G_CONVERTER (g_zlib_compressor_new (G_ZLIB_COMPRESSOR_FORMAT_GZIP, 1));
  gsize                  room = n_bytes + 1024, n_read, n_written;
  guint8                *out = g_malloc (room);

  g_assert_cmpint (g_converter_convert (gzip, data, n_bytes, out, room, G_CONVERTER_INPUT_AT_END, &n_read, &n_written, NULL), ==,
                   G_CONVERTER_FINISHED);
  return g_bytes_new_take (out, n_written);
}

static void
append (FILE *file, GBytes *bytes)
{
  g_assert_cmpuint (fwrite (g_bytes_get_data (bytes, NULL), 1, g_bytes_get_size (bytes), file), ==, g_bytes_get_size (bytes));
}

/* 16 GiB of zeros, and a tensor behind them: gzip's parts may follow one another. */
static char *
write_far_tensor (void)
{
  static const guint8  zeros[1 << 20];
  const guint64        far = (guint64) 16 << 30;
  g_autofree char     *json = g_strdup_printf ("{\"a\":{\"dtype\":\"U8\",\"shape\":[16384,1048576],\"data_offsets\":[0,%" G_GUINT64_FORMAT
                                               "]},\"b\":{\"dtype\":\"U8\",\"shape\":[8,8],\"data_offsets\":[%" G_GUINT64_FORMAT ",%"
                                               G_GUINT64_FORMAT "]}}", far, far, far + 64);
  g_autofree char     *header = g_strdup_printf ("12345678%s", json);
  guint64              length = GUINT64_TO_LE (strlen (json));
  g_autoptr (GBytes)   start = NULL, middle = compress (zeros, sizeof zeros), last = compress (zeros, 64);
  char                *path = g_build_filename (folder, "far.safetensors.gz", NULL);
  FILE                *file = g_fopen (path, "wb");

  memcpy (header, &length, sizeof length);
  start = compress (header, 8 + strlen (json));
  append (file, start);
  for (guint i = 0; i < 16384; i++)
    append (file, middle);
  append (file, last);
  fclose (file);
  return path;
}

/* A stop need not wait until a stream has come to its tensor. */
static void
test_cancel_in_stream (void)
{
  g_autofree char          *path = write_far_tensor ();
  g_autoptr (GCancellable)  cancellable = g_cancellable_new ();
  g_autoptr (GError)        error = NULL;
  g_autoptr (SpStore)       store = sp_store_open (path, NULL, &error);
  g_autoptr (SpArgs)        args = make_args ("weight-sparsity", (const char *[]) { NULL });
  g_autoptr (SpRun)         run = NULL;
  gint64                    started;

  g_assert_no_error (error);
  run = sp_run_new (&store, 1);
  sp_run_add (run, sp_analysis_find ("weight-sparsity"), args);
  g_assert_true (sp_run_set_filter (run, (const char *[]) { "b", NULL }, NULL));
  sp_run_set_progress (run, cancel_it, cancellable);
  started = g_get_monotonic_time ();
  g_assert_false (sp_run_execute (run, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_test_message ("ended after %.0f ms", 1e-3 * (double) (g_get_monotonic_time () - started));
  g_assert_cmpint (g_get_monotonic_time () - started, <, 3 * G_USEC_PER_SEC);     /* 16 GiB were not inflated */
  g_unlink (path);
}

static void
test_filter (void)
{
  g_autofree char    *path = write_model ();
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);
  g_autoptr (SpRun)   run = sp_run_new (&store, 1);
  g_autoptr (GError)  error = NULL;

  g_assert_true (sp_run_set_filter (run, (const char *[]) { "*mlp*", NULL }, NULL));
  g_assert_false (sp_run_set_filter (run, (const char *[]) { "nothing*", NULL }, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
}

/* A file cut after it was opened: rows with a note, and a run that ends. */
static void
test_cut (void)
{
  g_autofree char      *path = write_model ();
  g_autoptr (SpStore)   store = sp_store_open (path, NULL, NULL);
  g_autoptr (SpRun)     run = NULL;
  g_autoptr (SpResult)  result = NULL;
  SpTable              *table;
  gsize                 n_noted = 0;

  g_assert_cmpint (truncate (path, 4096), ==, 0);
  run = execute (store, 2, all_on);
  g_assert_cmpuint (sp_run_get_n_problems (run), >=, 3);
  result = sp_run_dup_result (run, 0, NULL);
  table = sp_result_find_table (result, "tensors");
  for (gsize i = 0; i < sp_table_get_n_rows (table); i++)
    n_noted += sp_table_find_column (table, "note")->text[i] != NULL;
  g_assert_cmpuint (n_noted, ==, sp_run_get_n_problems (run));
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = model_folder_new ();
  g_test_add_func ("/analysis/run/same-bits", test_same_bits);
  g_test_add_func ("/analysis/run/exact", test_exact);
  g_test_add_func ("/analysis/run/live", test_live);
  g_test_add_func ("/analysis/run/moves", test_moves);
  g_test_add_func ("/analysis/run/relative", test_relative);
  g_test_add_func ("/analysis/run/cancel", test_cancel);
  g_test_add_func ("/analysis/run/cancel-in-stream", test_cancel_in_stream);
  g_test_add_func ("/analysis/run/filter", test_filter);
  g_test_add_func ("/analysis/run/cut", test_cut);
  status = g_test_run ();
  model_folder_remove (folder);
  g_free (folder);
  return status;
}
