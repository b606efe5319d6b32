/* grid.c - the cells of a heatmap as a table */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cli.h"

#include <glib/gi18n.h>
#include <math.h>

typedef const char *(*CellText) (const SpGrid *grid, gsize cell);

static const char *row_label (const SpGrid *g, gsize cell) { return g->row_labels[cell / g->n_cell_columns]; }
static const char *column_label (const SpGrid *g, gsize cell) { return g->column_labels[cell % g->n_cell_columns]; }
static const char *column_text (const SpGrid *g, gsize cell) { return g->column_texts[cell % g->n_cell_columns]; }
static const char *key_of (const SpGrid *g, gsize cell) { return g->keys[cell]; }

static gsize
n_cells (const SpGrid *grid)
{
  return grid->n_cell_rows * grid->n_cell_columns;
}

static SpColumn *
text_column (const SpGrid *grid, const char *name, const char *title, CellText text)
{
  gsize                   n = n_cells (grid);
  g_autofree const char **cells = g_new (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    cells[i] = text (grid, i);
  return sp_column_new_text (name, title, n, cells);
}

static SpColumn *
place_column (const SpGrid *grid, const char *name, const char *title, gboolean is_row)
{
  gsize   n = n_cells (grid);
  gint64 *places = g_new (gint64, n + 1);

  for (gsize i = 0; i < n; i++)
    places[i] = (gint64) (is_row ? i / grid->n_cell_columns * grid->cell_rows : i % grid->n_cell_columns * grid->cell_columns);
  return sp_column_new_i64 (name, title, "", n, places);
}

static SpColumn *
layer_column (const SpGrid *grid, SpGridLayer layer)
{
  gsize   n = n_cells (grid);
  double *values = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    values[i] = grid->layers[layer][i];
  return sp_column_new_f64 (sp_grid_layer_id (layer), sp_grid_layer_title (layer), grid->unit != NULL ? grid->unit : "", n,
                            values);
}

SpTable *
cli_grid_table (const SpGrid *grid)
{
  SpTable *table = sp_table_new (grid->id, grid->id, n_cells (grid));

  sp_table_take_column (table, grid->row_labels != NULL ? text_column (grid, "row", _("Row"), row_label)
                        : place_column (grid, "row", _("Row"), TRUE));
  sp_table_take_column (table, grid->column_labels != NULL ? text_column (grid, "column", _("Column"), column_label)
                        : place_column (grid, "column", _("Column"), FALSE));
  if (grid->column_texts != NULL && grid->cell_columns == 1)
    sp_table_take_column (table, text_column (grid, "text", _("Text"), column_text));
  if (grid->keys != NULL)
    sp_table_take_column (table, text_column (grid, "tensor", _("Tensor"), key_of));
  for (SpGridLayer layer = 0; layer < SP_N_GRID_LAYERS; layer++)
    if (grid->layers[layer] != NULL)
      sp_table_take_column (table, layer_column (grid, layer));
  return table;
}
