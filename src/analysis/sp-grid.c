/* sp-grid.c - a matrix reduced to cells, or a small labelled matrix */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-grid.h"

#include <glib/gi18n-lib.h>
#include <math.h>

static const struct { const char *id, *title; } layer_names[SP_N_GRID_LAYERS] = {
  [SP_LAYER_MEAN] = { "mean", N_("Mean") },
  [SP_LAYER_ABS_MEAN] = { "abs-mean", N_("Mean magnitude") },
  [SP_LAYER_MIN] = { "min", N_("Minimum") },
  [SP_LAYER_MAX] = { "max", N_("Maximum") },
  [SP_LAYER_ZEROS] = { "zeros", N_("Share of zeros") },
};

SpGrid *
sp_grid_new (const char *id, guint64 n_rows, guint64 n_columns, guint64 cell_rows, guint64 cell_columns)
{
  SpGrid *grid = g_atomic_rc_box_new0 (SpGrid);

  grid->id = g_intern_string (id);
  grid->n_rows = n_rows;
  grid->n_columns = n_columns;
  grid->cell_rows = cell_rows;
  grid->cell_columns = cell_columns;
  grid->n_cell_rows = (n_rows + cell_rows - 1) / cell_rows;
  grid->n_cell_columns = (n_columns + cell_columns - 1) / cell_columns;
  return grid;
}

SpGrid *
sp_grid_ref (SpGrid *grid)
{
  return g_atomic_rc_box_acquire (grid);
}

/* Entries may be NULL, so that g_strfreev() would stop at one. */
static void
free_keys (char **keys, gsize n)
{
  for (gsize i = 0; keys != NULL && i < n; i++)
    g_free (keys[i]);
  g_free (keys);
}

static void
grid_clear (gpointer data)
{
  SpGrid *grid = data;

  free_keys (grid->keys, grid->n_cell_rows * grid->n_cell_columns);
  free_keys (grid->row_keys, grid->n_cell_rows);
  g_clear_pointer (&grid->neurons, g_bytes_unref);
  g_free (grid->row_neurons);
  g_free (grid->starts);
  for (guint i = 0; i < SP_N_GRID_LAYERS; i++)
    g_free (grid->layers[i]);
  g_strfreev (grid->row_labels);
  g_strfreev (grid->column_labels);
  g_strfreev (grid->column_texts);
  g_free (grid->row_margin);
  g_free (grid->column_margin);
  if (grid->free_detail_data != NULL)
    grid->free_detail_data (grid->detail_data);
}

void
sp_grid_unref (SpGrid *grid)
{
  g_atomic_rc_box_release_full (grid, grid_clear);
}

float *
sp_grid_add_layer (SpGrid *grid, SpGridLayer layer)
{
  gsize n = grid->n_cell_rows * grid->n_cell_columns;

  g_return_val_if_fail (grid->layers[layer] == NULL, grid->layers[layer]);
  grid->layers[layer] = g_new (float, MAX (n, 1));
  for (gsize i = 0; i < n; i++)
    grid->layers[layer][i] = NAN;
  return grid->layers[layer];
}

static const guint32 *
neurons_of_row (const SpGrid *grid, guint64 row)
{
  return (const guint32 *) g_bytes_get_data (grid->neurons, NULL) + row * grid->n_columns;
}

gint64
sp_grid_get_neuron (const SpGrid *grid, guint64 row, guint64 column)
{
  if (grid->row_neurons != NULL)
    return row < grid->n_rows ? (gint64) grid->row_neurons[row] : -1;
  if (!grid->is_by_neuron || row >= grid->n_rows || column >= grid->n_columns)
    return -1;
  if (grid->neurons == NULL)
    return (gint64) column;
  return neurons_of_row (grid, row)[column] != G_MAXUINT32 ? (gint64) neurons_of_row (grid, row)[column] : -1;
}

gboolean
sp_grid_is_row_of (const SpGrid *grid, guint64 row, const char *key, gint64 neuron)
{
  if (grid->row_keys == NULL || row >= grid->n_cell_rows || g_strcmp0 (grid->row_keys[row], key) != 0)
    return FALSE;
  return grid->row_neurons == NULL || grid->row_neurons[row] == neuron;
}

gboolean
sp_grid_find_neuron (const SpGrid *grid, guint64 row, gint64 neuron, guint64 *column)
{
  if (!grid->is_by_neuron || neuron < 0 || (guint64) neuron >= grid->n_columns || row >= grid->n_rows)
    return FALSE;
  *column = (guint64) neuron;
  if (grid->neurons == NULL)
    return TRUE;
  for (*column = 0; *column < grid->n_columns; ++*column)
    if (neurons_of_row (grid, row)[*column] == neuron)
      return TRUE;
  return FALSE;
}

const char *
sp_grid_layer_id (SpGridLayer layer)
{
  return layer_names[layer].id;
}

const char *
sp_grid_layer_title (SpGridLayer layer)
{
  return _(layer_names[layer].title);
}
