/* bench-slider.c - from a moved slider to a new result, with ten thousand tensors
 *
 * CPU time of finish() alone: no weight is read.  The aim is one frame, 16 ms, drawing included. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-run.h"

#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define N_TENSORS 10000
#define SIDE      32
#define REPEATS   20

static double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}

static char *
write_model (void)
{
  static const char *const parts[] = { "self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
                                       "mlp.down_proj" };
  GString         *header = g_string_new ("{"), *file = g_string_new (NULL);
  g_autoptr (GRand) rng = g_rand_new_with_seed (1);
  char            *path = g_build_filename (g_get_tmp_dir (), "sparsoscope-slider-XXXXXX.safetensors", NULL);
  gsize            n_bytes = SIDE * SIDE * 2;
  guint64          length;
  int              fd = g_mkstemp (path);

  for (gsize i = 0; i < N_TENSORS; i++)
    g_string_append_printf (header, "%s\"model.layers.%zu.%s.%zu.weight\":{\"dtype\":\"BF16\","
                            "\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}",
                            i > 0 ? "," : "", i / 100, parts[i % 5], i, SIDE, SIDE, i * n_bytes, (i + 1) * n_bytes);
  g_string_append_c (header, '}');
  length = GUINT64_TO_LE (header->len);
  g_string_append_len (file, (const char *) &length, sizeof length);
  g_string_append_len (file, header->str, (gssize) header->len);
  for (gsize i = 0; i < N_TENSORS * SIDE * SIDE; i++)
    {
      guint16 x = (guint16) (0x3a00 + g_rand_int_range (rng, 0, 0x300)) | (g_rand_boolean (rng) ? 0x8000 : 0);

      g_string_append_len (file, (const char *) &x, sizeof x);
    }
  if (fd < 0 || !g_file_set_contents (path, file->str, (gssize) file->len, NULL))
    g_clear_pointer (&path, g_free);
  g_string_free (header, TRUE);
  g_string_free (file, TRUE);
  return path;
}

int
main (void)
{
  const SpAnalysis    *analysis = sp_analysis_find ("weight-sparsity");
  g_autofree char     *path = write_model ();
  g_autoptr (SpStore)  store = path != NULL ? sp_store_open (path, NULL, NULL) : NULL;
  g_autoptr (SpArgs)   args = sp_args_new (analysis);
  g_autoptr (SpRun)    run = NULL;
  double               worst = 0, total = 0;

  if (store == NULL)
    return 77;
  run = sp_run_new (&store, 1);
  sp_run_add (run, analysis, args);
  if (!sp_run_execute (run, NULL, NULL))
    return 1;
  for (guint i = 0; i < REPEATS; i++)
    {
      g_autoptr (SpArgs)   moved = sp_args_dup (args);
      g_autoptr (SpResult) result = NULL;
      double               started = cpu_seconds (), seconds;

      sp_args_set_number (moved, "eps", 1e-4 * (i + 1));
      sp_args_set_number (moved, "prune", 0.02 * (i + 1));
      result = sp_run_dup_result (run, 0, moved);
      seconds = cpu_seconds () - started;
      total += seconds;
      worst = MAX (worst, seconds);
    }
  printf ("slider, %d tensors: %.2f ms CPU on average, %.2f ms at worst; ratio to a frame of 16 ms %.2f\n", N_TENSORS,
          1e3 * total / REPEATS, 1e3 * worst, worst / 16e-3);
  g_unlink (path);
  return 0;
}
