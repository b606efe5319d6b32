/* sp-figure-numbers.c - the numbers behind a figure, as text to paste */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include "sp-export.h"
#include "sp-heat.h"

#include <math.h>

/* Empty where there is nothing. */
static void
append_value (GString *out, double value)
{
  char text[G_ASCII_DTOSTR_BUF_SIZE];

  g_string_append_c (out, ',');
  if (isfinite (value))
    g_string_append (out, g_ascii_formatd (text, sizeof text, "%.9g", value));
}

/* Quotes doubled, as CSV has them. */
static void
append_name (GString *out, const char *name)
{
  g_string_append_c (out, '"');
  for (; *name != '\0'; name++)
    g_string_append_len (out, *name == '"' ? "\"\"" : name, *name == '"' ? 2 : 1);
  g_string_append_c (out, '"');
}

static void
append_label (GString *out, const char *const *labels, gsize n_labels, gsize i, guint64 cell)
{
  if (i < n_labels)
    append_name (out, labels[i]);
  else
    g_string_append_printf (out, "%" G_GUINT64_FORMAT, (guint64) i * cell);
}

/* A line per row of cells, its first element or name in front; the first line has those of the columns. */
static void
append_grid (GString *out, SpFigure *figure)
{
  const SpGrid *grid = figure->grid;
  const float *cells = grid->layers[figure->heat->layer];

  for (gsize column = 0; column < grid->n_cell_columns; column++)
    {
      g_string_append_c (out, ',');
      append_label (out, figure->x_text, figure->n_x_text, column, grid->cell_columns);
    }
  g_string_append_c (out, '\n');
  for (gsize row = 0; row < grid->n_cell_rows; row++)
    {
      append_label (out, figure->y_text, figure->n_y_text, row, grid->cell_rows);
      for (gsize column = 0; column < grid->n_cell_columns; column++)
        append_value (out, cells[row * grid->n_cell_columns + column]);
      g_string_append_c (out, '\n');
    }
}

void
sp_figure_append_numbers (SpFigure *figure, GString *out)
{
  if (figure->table != NULL)
    sp_export_csv (out, figure->table);
  else if (figure->heat != NULL && figure->grid->layers[figure->heat->layer] != NULL)
    append_grid (out, figure);
}
