/* lists.c - lists of indices, and densities, as files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include "sp-export.h"

#include <glib/gi18n.h>

static gboolean has_lists (const SpAnalysis *analysis) { return analysis->has_lists; }
static gboolean has_densities (const SpAnalysis *analysis) { return analysis->has_densities; }

/* "a or b": the analyses that have it. */
static char *
list_analyses (gboolean (*has) (const SpAnalysis *analysis))
{
  g_autoptr (GPtrArray) ids = g_ptr_array_new ();

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    if (has (sp_analyses[i]))
      g_ptr_array_add (ids, (gpointer) sp_analyses[i]->id);
  return cli_join (ids);
}

static GError *
no_lists (void)
{
  g_autofree char *list = list_analyses (has_lists);

  return cli_usage_error (_("--lists goes with one analysis that has lists; that is %s"), list);
}

static GError *
no_densities (void)
{
  g_autofree char *list = list_analyses (has_densities);

  return cli_usage_error (_("--densities goes with one analysis that has densities; that is %s"), list);
}

gboolean
cli_lists_check (const char *path, guint n_with_lists, GError **error)
{
  if (n_with_lists != 1)
    g_propagate_error (error, no_lists ());
  return n_with_lists == 1 && sp_export_lists_check (path, error) && cli_check_place (path, error);
}

static const SpResult *
find_with (GPtrArray *results, gboolean (*has) (const SpAnalysis *analysis))
{
  for (guint i = 0; i < results->len; i++)
    if (has (sp_analysis_find (((SpResult *) results->pdata[i])->analysis)))
      return results->pdata[i];
  return NULL;
}

gboolean
cli_lists_write (const char *path, GPtrArray *stores, GPtrArray *results, GError **error)
{
  const SpResult *result = path != NULL ? find_with (results, has_lists) : NULL;
  gboolean        is_written;

  if (result == NULL)
    return TRUE;
  cli_writing_begin ();
  is_written = sp_export_lists (path, (SpStore *const *) stores->pdata, stores->len, result, error);
  cli_writing_end ();
  return is_written;
}

gboolean
cli_densities_check (const char *path, guint n_with_densities, GError **error)
{
  if (n_with_densities != 1)
    g_propagate_error (error, no_densities ());
  return n_with_densities == 1 && sp_export_densities_check (path, error) && cli_check_place (path, error);
}

gboolean
cli_densities_write (const char *path, GPtrArray *stores, GPtrArray *results, GError **error)
{
  const SpResult *result = path != NULL ? find_with (results, has_densities) : NULL;
  gboolean        is_written;

  if (result == NULL)
    return TRUE;
  cli_writing_begin ();
  is_written = sp_export_densities (path, (SpStore *const *) stores->pdata, stores->len, result, error);
  cli_writing_end ();
  return is_written;
}
