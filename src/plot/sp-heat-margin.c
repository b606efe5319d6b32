/* sp-heat-margin.c - beside a heatmap: margins of rows and columns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat-bar.h"

#include <math.h>

#define STRIP 24.0     /* margin drawn as a line; all lengths × font_scale */
#define BAR_STRIP 58.0 /* margin drawn as bars with their values */
#define PIECE 8        /* points stroked at once: Cairo's time grows faster than their number */
#define DENSE 0.6      /* cells a pixel from which on a line is filled rather than stroked */

gboolean
sp_heat_is_labelled (const SpGrid *grid)
{
  return grid->row_labels != NULL || grid->column_labels != NULL;
}

double
sp_heat_row_margin (const SpGrid *grid)
{
  if (grid->row_margin == NULL)
    return 0;
  return (sp_heat_is_labelled (grid) ? BAR_STRIP : STRIP) + SP_HEAT_GAP * 0.6;
}

double
sp_heat_column_margin (const SpGrid *grid)
{
  return grid->column_margin != NULL ? STRIP + 3 : 0;
}

static double
largest_of (const double *values, gsize n)
{
  double largest = 0;

  for (gsize i = 0; i < n; i++)
    if (isfinite (values[i]))
      largest = MAX (largest, fabs (values[i]));
  return largest;
}

/* Apart from the cells, a share says that it is one. */
static char *
row_text (double value, const char *unit)
{
  g_autofree char *text = sp_heat_cell_text (value, unit);

  return g_strconcat (text, g_strcmp0 (unit, "share") == 0 ? "\u2009%" : NULL, NULL);
}

/* One bar per labelled row, its value behind it. */
static void
draw_row_bars (SpHeat *heat, SpFigure *figure, SpPen *pen, double x, double width)
{
  const SpGrid *grid = heat->grid;
  double fs = pen->font_scale, largest = largest_of (grid->row_margin, grid->n_cell_rows);
  double slot = figure->area.height / (figure->y_axis.max - figure->y_axis.min);

  for (gsize i = 0; i < grid->n_cell_rows; i++)
    {
      double y = sp_figure_y (figure, i), value = grid->row_margin[i], length;
      g_autofree char *text = row_text (value, grid->unit);

      if (!isfinite (value) || y < figure->area.y || y > figure->area.y + figure->area.height)
        continue;
      length = largest > 0 ? fabs (value) / largest * width * 0.3 : 0;
      cairo_rectangle (pen->cr, x, y - MIN (slot * 0.28, 4 * fs), length, MIN (slot * 0.56, 8 * fs));
      sp_pen_color (pen, pen->theme->dim, 0.75);
      cairo_fill (pen->cr);
      if (slot > 9 * fs)
        sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, text, x + width, y, 1, 0.5, 0);
    }
}

/* The same above labelled columns: value over bar. */
static void
draw_column_bars (SpHeat *heat, SpFigure *figure, SpPen *pen, double base)
{
  const SpGrid *grid = heat->grid;
  double fs = pen->font_scale, largest = largest_of (grid->column_margin, grid->n_cell_columns);
  double slot = figure->area.width / (figure->x_axis.max - figure->x_axis.min), width = MIN (slot * 0.5, 8 * fs);

  for (gsize i = 0; i < grid->n_cell_columns; i++)
    {
      double x = sp_figure_x (figure, i), value = grid->column_margin[i], length;
      g_autofree char *text = sp_heat_cell_text (value, grid->unit);

      if (!isfinite (value) || x < figure->area.x || x > figure->area.x + figure->area.width)
        continue;
      length = largest > 0 ? fabs (value) / largest * (STRIP - 12) * fs : 0;
      cairo_rectangle (pen->cr, x - width / 2, base - length, width, length);
      sp_pen_color (pen, pen->theme->dim, 0.75);
      cairo_fill (pen->cr);
      if (slot > g_utf8_strlen (text, -1) * 0.6 * sp_pen_size (pen, SP_TEXT_VALUE))
        sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, text, x, base - length - fs, 0.5, 1, 0);
    }
}

typedef struct
{
  const double *values; /* (n) */
  gsize n;
  gboolean is_row;
  double cell, base, depth, largest;
} Strip;

static double
reach_of (const Strip *strip, gsize i)
{
  return isfinite (strip->values[i]) ? fabs (strip->values[i]) / strip->largest * strip->depth : 0;
}

static void
stroke_strip (const Strip *strip, SpFigure *figure, SpPen *pen)
{
  cairo_new_path (pen->cr);
  cairo_set_line_width (pen->cr, sp_pen_hairline (pen));
  for (gsize i = 0; i < strip->n; i++)
    {
      double along = (i + 0.5) * strip->cell - 0.5, out = reach_of (strip, i);
      double x = strip->is_row ? strip->base + out : sp_figure_x (figure, along);
      double y = strip->is_row ? sp_figure_y (figure, along) : strip->base - out;

      cairo_line_to (pen->cr, x, y);
      if (i % PIECE != PIECE - 1 || sp_pen_is_vector (pen))
        continue;
      cairo_stroke (pen->cr);
      cairo_move_to (pen->cr, x, y);
    }
  cairo_stroke (pen->cr);
}

/* Stroking a dense zigzag is slow: each pixel along gets its piece of the line, on from where the one before ended. */
static void
fill_strip (const Strip *strip, SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  const SpAxis *axis = strip->is_row ? &figure->y_axis : &figure->x_axis;
  double pixel = 1 / pen->device_scale, line = MAX (round (sp_pen_hairline (pen) / pixel), 1) * pixel;
  double base = round (strip->base / pixel) * pixel, last = NAN;
  double from = round ((strip->is_row ? area->y : area->x) / pixel) * pixel;
  gsize n_pixels = (gsize) round ((strip->is_row ? area->height : area->width) / pixel);
  double step = (axis->max - axis->min) / n_pixels / strip->cell, start = (axis->min + 0.5) / strip->cell;

  for (gsize at = 0; at < n_pixels; at++)
    {
      gsize first = (gsize) CLAMP (start + at * step, 0, strip->n);
      gsize end = (gsize) CLAMP (start + (at + 1) * step, 0, strip->n);
      SpSpan span = { INFINITY, -INFINITY };

      if (!isnan (last))
        sp_span_add (&span, last);
      for (gsize i = first; i < MIN (MAX (end, first + 1), strip->n); i++)
        sp_span_add (&span, last = reach_of (strip, i));
      if (span.low > span.high)
        continue;
      span.low = round (span.low / pixel) * pixel, span.high = round (span.high / pixel) * pixel + line;
      if (strip->is_row)
        cairo_rectangle (pen->cr, base + span.low, from + at * pixel, span.high - span.low, pixel);
      else
        cairo_rectangle (pen->cr, from + at * pixel, base - span.high, pixel, span.high - span.low);
    }
  cairo_fill (pen->cr);
}

/* A margin as a thin line along the cells: rows to the right, columns above. */
static void
draw_strip (SpHeat *heat, SpFigure *figure, SpPen *pen, gboolean is_row, double base)
{
  const SpGrid *grid = heat->grid;
  const SpRect *area = &figure->area;
  const SpAxis *axis = is_row ? &figure->y_axis : &figure->x_axis;
  double depth = STRIP * pen->font_scale, length = (is_row ? area->height : area->width) * pen->device_scale;
  Strip strip = { is_row ? grid->row_margin : grid->column_margin,
                  is_row ? grid->n_cell_rows : grid->n_cell_columns,
                  is_row,
                  is_row ? grid->cell_rows : grid->cell_columns,
                  base,
                  depth,
                  0 };

  strip.largest = largest_of (strip.values, strip.n);
  if (!(strip.largest > 0))
    return;
  cairo_save (pen->cr);
  if (is_row)
    cairo_rectangle (pen->cr, base, area->y, depth + 1, area->height);
  else
    cairo_rectangle (pen->cr, area->x, base - depth - 1, area->width, depth + 1);
  cairo_clip (pen->cr);
  sp_pen_color (pen, pen->theme->dim, 1);
  if ((axis->max - axis->min) / strip.cell > length * DENSE && !sp_pen_is_vector (pen))
    fill_strip (&strip, figure, pen);
  else
    stroke_strip (&strip, figure, pen);
  cairo_restore (pen->cr);
}

/* Under bars it stands like a column name, above a strip like a heading. */
static void
draw_margin_title (SpHeat *heat, SpFigure *figure, SpPen *pen, double x)
{
  const SpGrid *grid = heat->grid;
  const SpRect *area = &figure->area;
  double fs = pen->font_scale;
  g_autofree char *shown = NULL;

  if (grid->margin_title == NULL || grid->row_margin == NULL)
    return;
  if (sp_heat_is_labelled (grid))
    {
      shown = sp_pen_elide (pen, SP_TEXT_TICK, grid->margin_title, (BAR_STRIP + 2 * SP_HEAT_GAP) * fs);
      sp_pen_text (pen, SP_TEXT_TICK, pen->theme->dim, shown, x + BAR_STRIP / 2 * fs, area->y + area->height + 6 * fs,
                   0.5, 0, 0);
      return;
    }
  shown = sp_pen_elide (pen, SP_TEXT_VALUE, grid->margin_title, figure->right_edge - x);
  if (grid->column_margin != NULL)
    sp_pen_text (pen, SP_TEXT_VALUE, pen->theme->dim, shown, x, area->y - 4 * fs, 0, 1, 0);
}

void
sp_heat_draw_margins (SpHeat *heat, SpFigure *figure, SpPen *pen)
{
  const SpGrid *grid = heat->grid;
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, x = area->x + area->width + SP_HEAT_GAP * 0.6 * fs;

  if (grid->row_margin != NULL && sp_heat_is_labelled (grid))
    draw_row_bars (heat, figure, pen, x, BAR_STRIP * fs);
  else if (grid->row_margin != NULL)
    draw_strip (heat, figure, pen, TRUE, x);
  if (grid->column_margin != NULL && sp_heat_is_labelled (grid))
    draw_column_bars (heat, figure, pen, area->y - 3 * fs);
  else if (grid->column_margin != NULL)
    draw_strip (heat, figure, pen, FALSE, area->y - 3 * fs);
  draw_margin_title (heat, figure, pen, x);
}
