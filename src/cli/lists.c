/* lists.c - lists of indices as files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-export.h"

#include <glib/gi18n.h>

static GError *
no_lists (void)
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();
  g_autofree char      *list = NULL;

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    if (sp_analyses[i]->has_lists)
      g_ptr_array_add (ids, (gpointer) sp_analyses[i]->id);
  list = cli_join (ids);
  return cli_usage_error (_("--lists goes with one analysis that has lists; that is %s"), list);
}

gboolean
cli_lists_check (const char *path, guint n_with_lists, GError **error)
{
  if (n_with_lists != 1)
    g_propagate_error (error, no_lists ());
  return n_with_lists == 1 && sp_export_lists_check (path, error) && cli_check_place (path, error);
}

gboolean
cli_lists_write (const char *path, GPtrArray *stores, GPtrArray *results, GError **error)
{
  gboolean is_written = TRUE;

  for (guint i = 0; path != NULL && i < results->len; i++)
    if (((SpResult *) results->pdata[i])->lists->len > 0)
      {
        cli_writing_begin ();
        is_written = sp_export_lists (path, (SpStore *const *) stores->pdata, stores->len, results->pdata[i], error);
        cli_writing_end ();
      }
  return is_written;
}
