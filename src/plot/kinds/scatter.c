/* scatter.c - a point per row: two measures of the same things against each other */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dots.h"

#include <math.h>

#define MAX_SINGLE 3000 /* with more rows than this the points become a cloud */

static void
fit (SpFigure *figure, SpSpan *x, SpSpan *y)
{
  sp_span_add_series (x, &figure->x_axis, &figure->x);
  for (gsize s = 0; s < figure->n_series; s++)
    if (!sp_figure_is_hidden (figure, s))
      sp_span_add_series (y, &figure->y_axis, &figure->y[s]);
}

static gboolean
find_point (SpFigure *figure, gsize series, gsize row, double *x, double *y)
{
  *x = sp_figure_x (figure, figure->x.values[row]);
  *y = sp_figure_y (figure, figure->y[series].values[row]);
  return isfinite (*x) && isfinite (*y) && fabs (*x) < 4e4 && fabs (*y) < 4e4;
}

static void
draw_points (SpFigure *figure, SpPen *pen, gsize series, gboolean fades)
{
  double radius = (figure->n_rows > 400 ? 1.7 : 2.3) * pen->font_scale, x, y;

  sp_pen_color (pen, sp_figure_color (figure, pen, series), (figure->n_rows > 150 ? 0.55 : 0.8) * (fades ? 0.6 : 1));
  for (gsize i = 0; i < figure->n_rows; i++)
    if (find_point (figure, series, i, &x, &y))
      {
        sp_mark (pen->cr, figure->n_series > 8 ? 0 : series, x, y, radius);
        cairo_fill (pen->cr);
      }
}

static void
draw_selected (SpFigure *figure, SpPen *pen, gsize series)
{
  double fs = pen->font_scale, x, y;

  if (!find_point (figure, series, figure->selected_row, &x, &y))
    return;
  sp_mark (pen->cr, figure->n_series > 8 ? 0 : series, x, y, 3.4 * fs);
  sp_pen_color (pen, pen->theme->foreground, 1);
  cairo_set_line_width (pen->cr, 2 * fs);
  cairo_stroke_preserve (pen->cr);
  sp_pen_color (pen, sp_figure_color (figure, pen, series), 1);
  cairo_fill (pen->cr);
}

static void
draw (SpFigure *figure, SpPen *pen)
{
  gboolean has_selected = figure->selected_row < figure->n_rows;

  for (gsize s = 0; s < figure->n_series; s++)
    {
      if (sp_figure_is_hidden (figure, s))
        continue;
      if (figure->n_rows > MAX_SINGLE)
        sp_dots_draw (figure, pen, s, has_selected);
      else
        draw_points (figure, pen, s, has_selected);
      if (has_selected)
        draw_selected (figure, pen, s);
    }
}

/* The nearest point within reach; most are ruled out by comparing numbers, without finding their place. */
static void
hit (SpFigure *figure, double x, double y, SpHit *out)
{
  const SpRect *area = &figure->area;
  double reach = 12 * figure->font_scale, nearest = reach, at_x, at_y;
  double left = sp_axis_value (&figure->x_axis, (x - reach - area->x) / area->width);
  double right = sp_axis_value (&figure->x_axis, (x + reach - area->x) / area->width);
  double low = sp_axis_value (&figure->y_axis, 1 - (y + reach - area->y) / area->height);
  double high = sp_axis_value (&figure->y_axis, 1 - (y - reach - area->y) / area->height);
  gsize row = G_MAXSIZE, series = 0;

  for (gsize s = 0; s < figure->n_series; s++)
    for (gsize i = 0; i < figure->n_rows && !sp_figure_is_hidden (figure, s); i++)
      {
        double px = figure->x.values[i], py = figure->y[s].values[i];

        if (!(px >= left && px <= right && py >= low && py <= high) || !find_point (figure, s, i, &at_x, &at_y))
          continue;
        if (hypot (at_x - x, at_y - y) < nearest)
          nearest = hypot (at_x - x, at_y - y), row = i, series = s;
      }
  if (row != G_MAXSIZE)
    sp_figure_read_out (figure, series, row, out);
}

static void
describe (SpFigure *figure, GString *out)
{
  for (gsize s = 0; s < figure->n_series; s++)
    sp_figure_describe_series (figure, s, out);
}

const SpKind sp_kind_scatter = { .id = "scatter",
                                 .has_x_grid = TRUE,
                                 .fit = fit,
                                 .draw = draw,
                                 .hit = hit,
                                 .describe = describe };
