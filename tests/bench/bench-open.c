/* bench-open.c - opening many shards: seconds and memory, against reading the same header bytes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-store.h"

#include <fcntl.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define N_SHARDS   200
#define N_TENSORS  500                 /* in each */

/* Names and shapes of a large mixture of experts; the data are a hole in the file. */
static gsize
write_shard (const char *path, guint shard)
{
  static const char *const parts[] = { "gate_proj", "up_proj", "down_proj" };
  g_autoptr (GString) header = g_string_new ("{\"__metadata__\":{\"format\":\"pt\"}");
  guint64 at = 0, length;
  int fd = open (path, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  gsize n;

  for (guint i = 0; i < N_TENSORS; i++)
    {
      guint number = shard * N_TENSORS + i;

      g_string_append_printf (header,
                              ",\"model.layers.%u.mlp.experts.%u.%s.weight\":{\"dtype\":\"BF16\",\"shape\":[2048,7168],"
                              "\"data_offsets\":[%" G_GUINT64_FORMAT ",%" G_GUINT64_FORMAT "]}",
                              number / 768, number / 3 % 256, parts[number % 3], at, at + 2048 * 7168 * 2);
      at += 2048 * 7168 * 2;
    }
  g_string_append_c (header, '}');
  length = GUINT64_TO_LE (header->len);
  n = header->len + 8;
  if (write (fd, &length, 8) != 8 || write (fd, header->str, header->len) != (gssize) header->len ||
      ftruncate (fd, n + at) != 0)
    g_error ("%s cannot be written", path);
  close (fd);
  return n;
}

static gsize
resident_kilobytes (void)
{
  g_autofree char *text = NULL;
  const char *line;

  if (!g_file_get_contents ("/proc/self/status", &text, NULL, NULL) || (line = strstr (text, "VmHWM:")) == NULL)
    return 0;
  return g_ascii_strtoull (line + strlen ("VmHWM:"), NULL, 10);
}

static double
read_plainly (GPtrArray *paths, const gsize *sizes)
{
  g_autofree char *buffer = g_malloc (1 << 20);
  gint64 start = g_get_monotonic_time ();

  for (guint i = 0; i < paths->len; i++)
    {
      int fd = open (paths->pdata[i], O_RDONLY);
      gsize done = 0;
      gssize n = 1;

      for (; done < sizes[i] && n > 0; done += n)
        n = read (fd, buffer, MIN (sizes[i] - done, (gsize) 1 << 20));
      close (fd);
    }
  return (g_get_monotonic_time () - start) / 1e6;
}

/* Of this process: what a busy machine does not change. */
static double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return now.tv_sec + now.tv_nsec / 1e9;
}

int
main (void)
{
  g_autofree char *folder = g_dir_make_tmp ("bench-open-XXXXXX", NULL);
  g_autoptr (GPtrArray) paths = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GError) error = NULL;
  gsize sizes[N_SHARDS], total = 0;
  double plain, best = 1e9, best_cpu = 1e9;

  for (guint i = 0; i < N_SHARDS; i++)
    {
      g_autofree char *name = g_strdup_printf ("model-%05u-of-%05u.safetensors", i + 1, N_SHARDS);

      g_ptr_array_add (paths, g_build_filename (folder, name, NULL));
      sizes[i] = write_shard (paths->pdata[i], i);
      total += sizes[i];
    }
  plain = read_plainly (paths, sizes);
  plain = MIN (plain, read_plainly (paths, sizes));
  for (guint round = 0; round < 3 && error == NULL; round++)
    {
      gint64 start = g_get_monotonic_time ();
      double cpu = cpu_seconds ();
      g_autoptr (SpStore) store = sp_store_open (folder, NULL, &error);
      double seconds = (g_get_monotonic_time () - start) / 1e6;

      cpu = cpu_seconds () - cpu;

      if (store != NULL && sp_store_get_n_tensors (store) == N_SHARDS * N_TENSORS)
        {
          best = MIN (best, seconds);
          best_cpu = MIN (best_cpu, cpu);
        }
    }
  printf ("open %u shards, %u tensors, %.1f MB of headers: %.3f s (%.3f s of CPU), %zu MB at most; reading the headers "
          "alone %.4f s (%.0f times)\n",
          N_SHARDS, N_SHARDS * N_TENSORS, total / 1e6, best, best_cpu, resident_kilobytes () / 1024, plain,
          best / plain);
  for (guint i = 0; i < paths->len; i++)
    g_unlink (paths->pdata[i]);
  g_rmdir (folder);
  if (error != NULL)
    fprintf (stderr, "%s\n", error->message);
  return error != NULL || best > 1e8;
}
