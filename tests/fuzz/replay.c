/* replay.c - runs a fuzz target over files and folders given as arguments: the target as a normal test */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include <stdio.h>

static guint
replay (const char *path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  g_autofree char *data = NULL;
  const char *name;
  guint n_files = 0;
  gsize n;

  while (dir != NULL && (name = g_dir_read_name (dir)) != NULL)
    {
      g_autofree char *child = g_build_filename (path, name, NULL);

      n_files += replay (child);
    }
  if (dir != NULL || !g_file_get_contents (path, &data, &n, NULL))
    return n_files;
  LLVMFuzzerTestOneInput ((const guint8 *) data, n);
  return 1;
}

int
main (int argc, char **argv)
{
  guint n_files = 0;

  for (int i = 1; i < argc; i++)
    n_files += replay (argv[i]);
  printf ("%u files\n", n_files);
  return n_files > 0 ? 0 : 1;
}
