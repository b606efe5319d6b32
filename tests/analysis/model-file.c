/* model-file.c - writes small safetensors files for tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"

#include <glib/gstdio.h>
#include <string.h>

char *
model_file_write (const char *folder, const char *name, const ModelTensor *tensors, gsize n)
{
  GString *header = g_string_new ("{"), *file = g_string_new (NULL);
  guint64  place = 0, length;
  char    *path = g_build_filename (folder, name, NULL);

  for (gsize i = 0; i < n; i++)
    {
      g_string_append_printf (header, "%s\"%s\":{\"dtype\":\"%s\",\"shape\":[", i > 0 ? "," : "", tensors[i].name,
                              tensors[i].dtype);
      if (tensors[i].n_batches > 0)
        g_string_append_printf (header, "%" G_GUINT64_FORMAT ",", tensors[i].n_batches);
      if (tensors[i].n_rows > 0)
        g_string_append_printf (header, "%" G_GUINT64_FORMAT ",", tensors[i].n_rows);
      g_string_append_printf (header, "%" G_GUINT64_FORMAT "],\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
                              tensors[i].n_columns, place, place + tensors[i].n_bytes);
      place += tensors[i].n_bytes;
    }
  g_string_append_c (header, '}');
  length = GUINT64_TO_LE (header->len);
  g_string_append_len (file, (const char *) &length, sizeof length);
  g_string_append_len (file, header->str, (gssize) header->len);
  for (gsize i = 0; i < n; i++)
    g_string_append_len (file, tensors[i].data, (gssize) tensors[i].n_bytes);
  g_assert_true (g_file_set_contents (path, file->str, (gssize) file->len, NULL));
  g_string_free (header, TRUE);
  g_string_free (file, TRUE);
  return path;
}

char *
model_folder_new (void)
{
  char *folder = g_dir_make_tmp ("sparsoscope-test-XXXXXX", NULL);

  g_assert_nonnull (folder);
  return folder;
}

void
model_folder_remove (const char *folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const char      *name;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *path = g_build_filename (folder, name, NULL);

      g_unlink (path);
    }
  g_rmdir (folder);
}
