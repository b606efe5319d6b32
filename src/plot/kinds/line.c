/* line.c - one curve per column: how something changes along layers, thresholds or steps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-path.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MAX_MARKED 80 /* with more rows than this the points are not marked */
#define BAND 0.17     /* opacity */
#define MOST_DEPTH 10 /* on a logarithmic axis a band has room to a tenth of the least of its curve: it may well reach to zero */

/* NULL: there are none.  least: what is below has no more room than it has. */
static void
add_numbers (SpSpan *span, const SpAxis *axis, const double *values, gsize n, double least)
{
  for (gsize i = 0; values != NULL && i < n; i++)
    if (isfinite (values[i]) && (axis->scale != SP_SCALE_LOG || values[i] > 0))
      sp_span_add (span, MAX (values[i], least));
}

static void
add_series (SpFigure *figure, SpSpan *y, const SpSeries *series)
{
  double least = figure->y_axis.scale == SP_SCALE_LOG ? series->positive.low / MOST_DEPTH : -INFINITY;

  sp_span_add_series (y, &figure->y_axis, series);
  add_numbers (y, &figure->y_axis, series->low, figure->n_rows, least);
  add_numbers (y, &figure->y_axis, series->high, figure->n_rows, least);
  add_numbers (y, &figure->y_axis, series->points, figure->n_rows, -INFINITY);
}

static gboolean
has_points (SpFigure *figure)
{
  for (gsize s = 0; s < figure->n_series; s++)
    if (figure->y[s].points != NULL)
      return TRUE;
  return FALSE;
}

static void
fit (SpFigure *figure, SpSpan *x, SpSpan *y)
{
  double air;

  sp_span_add_series (x, &figure->x_axis, &figure->x);
  for (gsize s = 0; s < figure->n_series; s++)
    if (!sp_figure_is_hidden (figure, s))
      add_series (figure, y, &figure->y[s]);
  /* From zero unless that would flatten the curve. */
  if (figure->y_axis.scale == SP_SCALE_LINEAR && y->low > 0 && y->low < 0.4 * y->high)
    y->low = 0;
  if ((figure->n_rows <= MAX_MARKED || has_points (figure)) && figure->x_axis.scale == SP_SCALE_LINEAR && x->low < x->high)
    {
      air = (x->high - x->low) * 0.025;
      x->low -= air, x->high += air;
    }
  if (figure->x_axis.scale == SP_SCALE_LOG && has_points (figure) && x->low < x->high)
    {
      air = pow (x->high / x->low, 0.025);
      x->low /= air, x->high *= air;
    }
}

/* A logarithmic axis has no zero: an edge there or below is at its foot. */
static double
edge_y (SpFigure *figure, double value)
{
  gboolean is_at_foot = figure->y_axis.scale == SP_SCALE_LOG && value <= 0;

  return CLAMP (sp_figure_y (figure, is_at_foot ? figure->y_axis.min : value), -4e4, 4e4);
}

/* Rows first … last − 1, in all of which there is a band. */
static void
fill_band (SpFigure *figure, SpPen *pen, const SpSeries *series, gsize first, gsize last)
{
  for (gsize i = first; i < last; i++)
    cairo_line_to (pen->cr, sp_figure_x (figure, figure->x.values[i]), edge_y (figure, series->high[i]));
  for (gsize i = last; i-- > first;)
    cairo_line_to (pen->cr, sp_figure_x (figure, figure->x.values[i]), edge_y (figure, series->low[i]));
  cairo_close_path (pen->cr);
  cairo_fill (pen->cr);
}

static gboolean
has_band_at (SpFigure *figure, const SpSeries *series, gsize row)
{
  return isfinite (sp_figure_x (figure, figure->x.values[row])) && isfinite (series->low[row]) && isfinite (series->high[row]);
}

static void
draw_band (SpFigure *figure, SpPen *pen, gsize s)
{
  const SpSeries *series = &figure->y[s];

  if (sp_figure_is_hidden (figure, s) || series->low == NULL || series->high == NULL)
    return;
  cairo_new_path (pen->cr);
  sp_pen_color (pen, sp_figure_color (figure, pen, s), BAND * sp_figure_strength (figure, s));
  for (gsize i = 0, end; i < figure->n_rows; i = end + 1)
    {
      for (end = i; end < figure->n_rows && has_band_at (figure, series, end); end++)
        ;
      if (end > i + 1)
        fill_band (figure, pen, series, i, end);
    }
}

/* What the line was fitted to; hollow where it has no value. */
static void
draw_fitted (SpFigure *figure, SpPen *pen, gsize s, double radius)
{
  const SpSeries *series = &figure->y[s];

  cairo_set_line_width (pen->cr, 0.8 * pen->font_scale);
  for (gsize i = 0; i < figure->n_rows; i++)
    {
      double x = sp_figure_x (figure, figure->x.values[i]), y = sp_figure_y (figure, series->points[i]);

      if (!isfinite (x) || !isfinite (y) || fabs (x) >= 4e4 || fabs (y) >= 4e4)
        continue;
      sp_mark (pen->cr, figure->n_series > 8 ? 0 : s, x, y, radius);
      if (isfinite (series->values[i]))
        cairo_fill (pen->cr);
      else
        cairo_stroke (pen->cr);
    }
}

static void
draw_points (SpFigure *figure, SpPen *pen, gsize series, double radius)
{
  for (gsize i = 0; i < figure->n_rows; i++)
    {
      double x = sp_figure_x (figure, figure->x.values[i]), y = sp_figure_y (figure, figure->y[series].values[i]);

      if (isfinite (x) && isfinite (y) && fabs (x) < 4e4 && fabs (y) < 4e4)
        sp_mark (pen->cr, figure->n_series > 8 ? 0 : series, x, y, radius);
    }
  cairo_fill (pen->cr);
}

static void
draw_selected (SpFigure *figure, SpPen *pen, gsize series)
{
  double fs = pen->font_scale;
  double x = sp_figure_x (figure, figure->x.values[figure->selected_row]);
  double y = sp_figure_y (figure, figure->y[series].values[figure->selected_row]);

  if (!isfinite (x) || !isfinite (y))
    return;
  cairo_new_path (pen->cr);
  cairo_arc (pen->cr, x, y, 4.5 * fs, 0, 2 * G_PI);
  sp_pen_color (pen, pen->theme->background, 1);
  cairo_fill_preserve (pen->cr);
  sp_pen_color (pen, sp_figure_color (figure, pen, series), 1);
  cairo_set_line_width (pen->cr, 2 * fs);
  cairo_stroke (pen->cr);
}

static void
draw_curve (SpFigure *figure, SpPen *pen, gsize series)
{
  gboolean is_one_of_many = figure->n_series > 8 && !(figure->n_ramp > 0 && figure->y[series].key == NULL);
  double fs = pen->font_scale, width = (is_one_of_many ? 1.1 : 1.5) * (series == figure->selected_series ? 1.8 : 1) * fs;
  gboolean is_fitted = figure->y[series].points != NULL, is_marked = figure->n_rows <= MAX_MARKED && !is_fitted;

  if (sp_figure_is_hidden (figure, series))
    return;
  sp_path_draw (figure, pen, series, width, !is_marked && !is_fitted);
  if (is_fitted)
    draw_fitted (figure, pen, series, 1.9 * fs);
  if (is_marked)
    draw_points (figure, pen, series, (figure->n_rows > 40 || figure->n_series > 8 ? 1.6 : 2.4) * fs);
  if (figure->selected_row < figure->n_rows)
    draw_selected (figure, pen, series);
}

/* Bands under all lines, the selected line above the others. */
static void
draw (SpFigure *figure, SpPen *pen)
{
  for (gsize s = figure->n_series; s-- > 0;)
    draw_band (figure, pen, s);
  for (gsize s = figure->n_series; s-- > 0;)
    if (s != figure->selected_series)
      draw_curve (figure, pen, s);
  if (figure->selected_series < figure->n_series)
    draw_curve (figure, pen, figure->selected_series);
  cairo_set_dash (pen->cr, NULL, 0, 0);
}

/* Of the line there, or of what it was fitted to; NaN: there is neither. */
static double
distance_to (SpFigure *figure, const SpSeries *series, gsize row, double away_x, double y)
{
  double away = hypot (away_x, sp_figure_y (figure, series->values[row]) - y);

  return series->points != NULL ? fmin (away, hypot (away_x, sp_figure_y (figure, series->points[row]) - y)) : away;
}

/* The nearest row by x, and about it the nearest point of all curves. */
static void
hit (SpFigure *figure, double x, double y, SpHit *out)
{
  double reach = 8 * figure->font_scale, nearest_x = INFINITY, nearest = INFINITY;
  gsize row = G_MAXSIZE, series = 0, first, last;

  sp_figure_rows_near (figure, x, reach, &first, &last);
  for (gsize i = first; i < last; i++)
    nearest_x = fmin (nearest_x, fabs (sp_figure_x (figure, figure->x.values[i]) - x));
  for (gsize i = first; i < last; i++)
    {
      double away_x = fabs (sp_figure_x (figure, figure->x.values[i]) - x);

      for (gsize s = 0; s < figure->n_series && away_x <= MAX (nearest_x, reach); s++)
        {
          double away = distance_to (figure, &figure->y[s], i, away_x, y);

          if (away < nearest && !sp_figure_is_hidden (figure, s))
            nearest = away, row = i, series = s;
        }
    }
  if (row == G_MAXSIZE)
    return;
  sp_figure_read_out (figure, series, row, out);
  /* What is read out may lie far away; what is picked does not. */
  if (sp_figure_get_key (figure, row) == NULL && nearest > 2 * reach)
    out->key = NULL;
}

static void
describe (SpFigure *figure, GString *out)
{
  for (gsize s = 0; s < figure->n_series; s++)
    sp_figure_describe_series (figure, s, out);
}

const SpKind sp_kind_line = { .id = "line",
                              .is_x_tight = TRUE,
                              .fit = fit,
                              .draw = draw,
                              .hit = hit,
                              .describe = describe };
