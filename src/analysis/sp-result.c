/* sp-result.c - what an analysis found */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-result.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static void
plot_free (gpointer data)
{
  SpPlot *plot = data;

  for (gsize i = 0; i < plot->n_markers; i++)
    g_free (plot->markers[i].label);
  g_free (plot->markers);
  g_free (plot->id);
  g_free (plot->title);
  g_free (plot->table);
  g_free (plot->x);
  g_strfreev (plot->y);
  g_strfreev (plot->y_low);
  g_strfreev (plot->y_high);
  g_strfreev (plot->y_points);
  g_free (plot->x_high);
  g_free (plot->key);
  g_free (plot->x_title);
  g_free (plot->y_title);
  g_free (plot->x_unit);
  g_free (plot->y_unit);
  g_free (plot->caption);
  g_free (plot);
}

SpResult *
sp_result_new (const char *analysis)
{
  SpResult *result = g_atomic_rc_box_new0 (SpResult);

  result->analysis = g_intern_string (analysis);
  result->tables = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_table_unref);
  result->grids = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_grid_unref);
  result->plots = g_ptr_array_new_with_free_func (plot_free);
  result->lists = g_ptr_array_new_with_free_func (g_free);
  result->notes = g_ptr_array_new_with_free_func (g_free);
  result->is_final = TRUE;
  return result;
}

SpResult *
sp_result_ref (SpResult *result)
{
  return g_atomic_rc_box_acquire (result);
}

static void
result_clear (gpointer data)
{
  SpResult *result = data;

  g_free (result->parameters);
  g_free (result->definition);
  g_free (result->source);
  g_ptr_array_unref (result->tables);
  g_ptr_array_unref (result->grids);
  g_ptr_array_unref (result->plots);
  g_ptr_array_unref (result->lists);
  g_ptr_array_unref (result->notes);
  g_clear_pointer (&result->links, g_hash_table_unref);
}

void
sp_result_unref (SpResult *result)
{
  g_atomic_rc_box_release_full (result, result_clear);
}

SpPlot *
sp_result_add_plot (SpResult *result, const char *kind, const char *id, const char *title, const char *table)
{
  SpPlot *plot = g_new0 (SpPlot, 1);

  plot->kind = g_intern_string (kind);
  plot->id = g_strdup (id);
  plot->title = g_strdup (title);
  plot->table = g_strdup (table);
  g_ptr_array_add (result->plots, plot);
  return plot;
}

void
sp_plot_add_marker (SpPlot *plot, gboolean is_vertical, double value, const char *label, const char *param,
                    double factor)
{
  plot->markers = g_renew (SpMarker, plot->markers, plot->n_markers + 1);
  plot->markers[plot->n_markers++] = (SpMarker) {
    .is_vertical = is_vertical, .value = value, .label = g_strdup (label), .param = param, .param_factor = factor
  };
}

void
sp_result_add_summary (SpResult *result, gsize n, const char *const *names, const double *values, const char *const *units)
{
  SpTable *table = sp_table_new ("summary", _("Summary"), n);

  sp_table_take_column (table, sp_column_new_text ("name", _("Name"), n, names));
  sp_table_take_column (table, sp_column_new_f64 ("value", _("Value"), "", n, g_memdup2 (values, n * sizeof *values)));
  sp_table_take_column (table, sp_column_new_text ("unit", _("Unit"), n, units));
  g_ptr_array_add (result->tables, table);
}

void
sp_result_add_list (SpResult *result, const SpList *list)
{
  g_ptr_array_add (result->lists, g_memdup2 (list, sizeof *list));
}

void
sp_result_take_note (SpResult *result, char *note)
{
  g_ptr_array_add (result->notes, note);
}

const char *
sp_result_find_link (const SpResult *result, const char *name)
{
  return result->links != NULL ? g_hash_table_lookup (result->links, name) : NULL;
}

SpTable *
sp_result_find_table (const SpResult *result, const char *id)
{
  for (gsize i = 0; i < result->tables->len; i++)
    if (strcmp (sp_table_get_id (result->tables->pdata[i]), id) == 0)
      return result->tables->pdata[i];
  return NULL;
}

SpGrid *
sp_result_find_grid (const SpResult *result, const char *id)
{
  for (gsize i = 0; i < result->grids->len; i++)
    if (strcmp (((SpGrid *) result->grids->pdata[i])->id, id) == 0)
      return result->grids->pdata[i];
  return NULL;
}

SpPlot *
sp_result_find_plot (const SpResult *result, const char *id)
{
  for (gsize i = 0; i < result->plots->len; i++)
    if (strcmp (((SpPlot *) result->plots->pdata[i])->id, id) == 0)
      return result->plots->pdata[i];
  return NULL;
}
