/* sp-load.c - loads a text or a list of ids */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-load.h"

#include "sp-error.h"

#include <glib/gi18n-lib.h>

gboolean
sp_load_file (const char *path, const char *name, guint most_mib, char **text, gsize *n_bytes, GCancellable *cancellable, GError **error)
{
  g_autoptr (GFile)     file = g_file_new_for_path (path);
  g_autoptr (GFileInfo) info = g_file_query_info (file, G_FILE_ATTRIBUTE_STANDARD_SIZE "," G_FILE_ATTRIBUTE_STANDARD_TYPE,
                                                  G_FILE_QUERY_INFO_NONE, cancellable, error);

  if (info == NULL)
    return FALSE;
  if (g_file_info_get_file_type (info) != G_FILE_TYPE_REGULAR)
    g_set_error (error, SP_ERROR, SP_ERROR_IO, _("%s is no file; choose a text"), name);
  else if (g_file_info_get_size (info) > (goffset) most_mib << 20)
    g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%s: it is larger than the %u MiB that are read; choose a part of it"), name,
                 most_mib);
  else
    return g_file_load_contents (file, cancellable, text, n_bytes, NULL, error);
  return FALSE;
}
