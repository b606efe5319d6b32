/* sp-detail.c - a heatmap's closer look: which elements are worth reading, and those that were */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat.h"

#include <math.h>

#define MAX_SIDE 1024  /* elements read at once, either way */
#define WORTH_CELL 6.0 /* canvas units: smaller cells hide nothing one could see */

/* Elements in view along one axis, with room to pan, at most MAX_SIDE; n 0: too many to read. */
static void
find_span (const SpAxis *axis, guint64 n_elements, guint64 *first, gsize *n, guint64 *seen_first, guint64 *seen_end)
{
  double low = CLAMP (floor (axis->min + 0.5), 0, n_elements), high = CLAMP (ceil (axis->max + 0.5), low, n_elements);
  double air = MIN ((high - low) / 4, (MAX_SIDE - (high - low)) / 2);

  *seen_first = (guint64) low;
  *seen_end = (guint64) high;
  *n = 0;
  if (high - low < 1 || high - low > MAX_SIDE)
    return;
  *first = (guint64) MAX (floor (low - air), 0);
  *n = (gsize) (MIN (ceil (high + air), n_elements) - *first);
  *n = MIN (*n, MAX_SIDE);
}

static gboolean
is_at_hand (const SpHeat *heat, guint64 row0, guint64 row1, guint64 column0, guint64 column1)
{
  return heat->elements != NULL && row0 >= heat->row && row1 <= heat->row + heat->n_rows && column0 >= heat->column &&
         column1 <= heat->column + heat->n_columns;
}

gboolean
sp_figure_wants_detail (SpFigure *figure,
                        const SpView *view,
                        guint64 *row,
                        guint64 *column,
                        gsize *n_rows,
                        gsize *n_columns)
{
  const SpGrid *grid = figure->grid;
  SpAxis x = view->is_x_set ? view->x : figure->x_axis, y = view->is_y_set ? view->y : figure->y_axis;
  double cell_width, cell_height;
  guint64 row0, row1, column0, column1;

  if (figure->heat == NULL || grid->detail == NULL || (grid->cell_rows <= 1 && grid->cell_columns <= 1))
    return FALSE;
  cell_width = figure->area.width / (x.max - x.min) * grid->cell_columns;
  cell_height = figure->area.height / (y.max - y.min) * grid->cell_rows;
  if (cell_width * cell_height < WORTH_CELL * WORTH_CELL)
    return FALSE;
  find_span (&y, grid->n_rows, row, n_rows, &row0, &row1);
  find_span (&x, grid->n_columns, column, n_columns, &column0, &column1);
  return *n_rows > 0 && *n_columns > 0 && !is_at_hand (figure->heat, row0, row1, column0, column1);
}

void
sp_figure_take_detail (SpFigure *figure, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *elements)
{
  SpHeat *heat = figure->heat;

  if (heat == NULL)
    {
      g_free (elements);
      return;
    }
  g_clear_pointer (&heat->shown, g_free);
  g_free (heat->elements);
  heat->elements = elements;
  heat->row = row;
  heat->column = column;
  heat->n_rows = n_rows;
  heat->n_columns = n_columns;
}
