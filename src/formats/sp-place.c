/* sp-place.c - where the program's own files lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-place.h"

#include <glib.h>

static char *
dup_place (const char *from_bin, const char *configured)
{
  g_autofree char *program = g_file_read_link ("/proc/self/exe", NULL);
  g_autofree char *bin = g_path_get_dirname (program != NULL ? program : "");
  g_autofree char *own_data = g_build_filename (bin, SP_BIN_TO_DATA, "sparsoscope", NULL);

  if (program == NULL || !g_file_test (own_data, G_FILE_TEST_IS_DIR))
    return g_strdup (configured);
  return g_canonicalize_filename (from_bin, bin);
}

char *
sp_place_dup_data_dir (void)
{
  return dup_place (SP_BIN_TO_DATA, SP_DATA_DIR);
}

char *
sp_place_dup_locale_dir (void)
{
  return dup_place (SP_BIN_TO_LOCALE, SP_LOCALE_DIR);
}
