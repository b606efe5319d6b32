/* sp-heat-selected.c - which cells of a heatmap are selected */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat.h"

SpRect
sp_heat_cell (SpFigure *figure, gsize row, gsize column, double gap)
{
  const SpGrid *grid = figure->grid;
  double left = sp_figure_x (figure, (double) column * grid->cell_columns - 0.5);
  double right = sp_figure_x (figure, MIN ((double) (column + 1) * grid->cell_columns, grid->n_columns) - 0.5);
  double top = sp_figure_y (figure, (double) row * grid->cell_rows - 0.5);
  double bottom = sp_figure_y (figure, MIN ((double) (row + 1) * grid->cell_rows, grid->n_rows) - 0.5);

  return (SpRect){ left + gap / 2, top + gap / 2, right - left - gap, bottom - top - gap };
}

static void
outline (SpPen *pen, const SpRect *rect)
{
  cairo_rectangle (pen->cr, rect->x, rect->y, rect->width, rect->height);
  sp_pen_color (pen, pen->theme->background, 1);
  cairo_set_line_width (pen->cr, 4 * pen->font_scale);
  cairo_stroke_preserve (pen->cr);
  sp_pen_color (pen, pen->theme->foreground, 1);
  cairo_set_line_width (pen->cr, 1.8 * pen->font_scale);
  cairo_stroke (pen->cr);
}

/* As far as it is in view; a cell or row that is hardly wider than a line gets some air. */
static void
outline_in_view (SpFigure *figure, SpPen *pen, SpRect rect)
{
  const SpRect *area = &figure->area;
  double least = 5 * pen->font_scale, aside = MAX (least - rect.width, 0) / 2, above = MAX (least - rect.height, 0) / 2;
  double left = MAX (rect.x - aside, area->x), right = MIN (rect.x + rect.width + aside, area->x + area->width);
  double top = MAX (rect.y - above, area->y), bottom = MIN (rect.y + rect.height + above, area->y + area->height);

  if (left < right && top < bottom)
    outline (pen, &(SpRect){ left, top, right - left, bottom - top });
}

/* A row that is one tensor or one neuron, or of a tensor the cell of one neuron. */
static void
draw_selected_row (SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = figure->grid;
  guint64 column;

  for (gsize row = 0; row < grid->n_cell_rows; row++)
    {
      SpRect first = sp_heat_cell (figure, row, 0, 0), last = sp_heat_cell (figure, row, grid->n_cell_columns - 1, 0);

      if (!sp_grid_is_row_of (grid, row, figure->view.selected, figure->view.neuron))
        continue;
      if (sp_grid_find_neuron (grid, row, figure->view.neuron, &column))
        outline_in_view (figure, pen, sp_heat_cell (figure, row, column / grid->cell_columns, 0));
      else
        outline_in_view (figure, pen, (SpRect){ first.x, first.y, last.x + last.width - first.x, first.height });
    }
}

void
sp_heat_draw_selected (SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = figure->grid;

  if (figure->view.selected == NULL)
    return;
  draw_selected_row (figure, pen);
  for (gsize i = 0; grid->keys != NULL && i < grid->n_cell_rows * grid->n_cell_columns; i++)
    {
      SpRect rect = sp_heat_cell (figure, i / grid->n_cell_columns, i % grid->n_cell_columns, 0);

      if (g_strcmp0 (grid->keys[i], figure->view.selected) == 0)
        outline (pen, &rect);
    }
}
