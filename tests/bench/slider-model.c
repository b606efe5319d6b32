/* slider-model.c - a file of many small tensors, as a mixture of experts has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "slider-model.h"

#include <glib/gstdio.h>

#define SIDE 32

static char *
write_model (gsize n_tensors)
{
  static const char *const parts[] = { "self_attn.q_proj", "self_attn.o_proj", "mlp.gate_proj", "mlp.up_proj",
                                       "mlp.down_proj" };
  GString         *header = g_string_new ("{"), *file = g_string_new (NULL);
  g_autoptr (GRand) rng = g_rand_new_with_seed (1);
  char            *path = g_build_filename (g_get_tmp_dir (), "sparsoscope-slider-XXXXXX.safetensors", NULL);
  gsize            n_bytes = SIDE * SIDE * 2;
  guint64          length;
  int              fd = g_mkstemp (path);

  for (gsize i = 0; i < n_tensors; i++)
    g_string_append_printf (header, "%s\"model.layers.%zu.%s.%zu.weight\":{\"dtype\":\"BF16\","
                            "\"shape\":[%d,%d],\"data_offsets\":[%zu,%zu]}",
                            i > 0 ? "," : "", i / 100, parts[i % 5], i, SIDE, SIDE, i * n_bytes, (i + 1) * n_bytes);
  g_string_append_c (header, '}');
  length = GUINT64_TO_LE (header->len);
  g_string_append_len (file, (const char *) &length, sizeof length);
  g_string_append_len (file, header->str, (gssize) header->len);
  for (gsize i = 0; i < n_tensors * SIDE * SIDE; i++)
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

SpRun *
slider_model_scan (gsize n_tensors, SpArgs *args)
{
  g_autofree char    *path = write_model (n_tensors);
  g_autoptr (SpStore) store = path != NULL ? sp_store_open (path, NULL, NULL) : NULL;
  SpRun              *run = store != NULL ? sp_run_new (&store, 1) : NULL;

  if (run != NULL)
    {
      sp_run_add (run, sp_analysis_find ("weight-sparsity"), args);
      if (!sp_run_execute (run, NULL, NULL))
        g_error ("the scan of %s failed", path);
    }
  if (path != NULL)
    g_unlink (path);
  return run;
}
