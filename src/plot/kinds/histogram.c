/* histogram.c - how many fall into each bin; bins may differ in width */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include <math.h>

#define AIR 0.05 /* above the tallest bar, of its height */

/* Upper edge: given, or where the next bin starts. */
static double
upper_edge (SpFigure *figure, gsize bin)
{
  const double *low = figure->x.values;

  if (figure->x_high.values != NULL)
    return figure->x_high.values[bin];
  if (bin + 1 < figure->n_rows)
    return low[bin + 1];
  return bin > 0 ? 2 * low[bin] - low[bin - 1] : low[bin] + 1;
}

/* A bar that reached the top would look cut off; one that holds everything is the top. */
static void
add_air (const SpFigure *figure, SpSpan *y)
{
  gboolean is_share = figure->n_series > 0 && g_strcmp0 (figure->y[0].unit, "share") == 0 && y->high <= 1;

  if (!(y->low <= y->high))
    return;
  if (figure->y_axis.scale == SP_SCALE_LOG)
    y->high *= 1.2;
  else
    y->high += (y->high - y->low) * AIR;
  y->high = is_share ? MIN (y->high, 1) : y->high;
}

static void
fit (SpFigure *figure, SpSpan *x, SpSpan *y)
{
  double last = figure->n_rows > 0 ? upper_edge (figure, figure->n_rows - 1) : NAN;

  sp_span_add_series (x, &figure->x_axis, &figure->x);
  if (isfinite (last) && (figure->x_axis.scale != SP_SCALE_LOG || last > 0))
    sp_span_add (x, last);
  for (gsize s = 0; s < figure->n_series; s++)
    if (!sp_figure_is_hidden (figure, s))
      sp_span_add_series (y, &figure->y_axis, &figure->y[s]);
  if (y->low <= y->high && figure->y_axis.scale != SP_SCALE_LOG)
    sp_span_add (y, 0);
  else if (y->low <= y->high)
    y->low /= 2;
  add_air (figure, y);
}

/* The outline of the steps, each run of them from base to base.  Of bins that share a pixel the highest is kept. */
static void
trace_steps (SpFigure *figure, SpPen *pen, gsize series, double base)
{
  const SpRect *area = &figure->area;
  double step = 1 / pen->device_scale, end = area->x;

  cairo_move_to (pen->cr, area->x, base);
  for (gsize i = 0; i < figure->n_rows; i++)
    {
      double left = MAX (sp_figure_x (figure, figure->x.values[i]), area->x);
      double right = MIN (sp_figure_x (figure, upper_edge (figure, i)), area->x + area->width);
      double top = sp_figure_y (figure, figure->y[series].values[i]);

      if (!(right > left))
        continue;
      left = round (left / step) * step, right = round (right / step) * step;
      top = isfinite (top) ? CLAMP (top, area->y - 4, base) : base;
      for (; right <= left && i + 1 < figure->n_rows; i++)
        {
          double next = sp_figure_y (figure, figure->y[series].values[i + 1]);

          top = isfinite (next) ? MIN (top, MAX (next, area->y - 4)) : top;
          right = round (MIN (sp_figure_x (figure, upper_edge (figure, i + 1)), area->x + area->width) / step) * step;
        }
      if (left > end + step / 2 || top >= base)
        {
          cairo_line_to (pen->cr, end, base);
          cairo_move_to (pen->cr, top >= base ? right : left, base);
        }
      if (top < base)
        {
          cairo_line_to (pen->cr, left, top);
          cairo_line_to (pen->cr, right, top);
        }
      end = right;
    }
  cairo_line_to (pen->cr, end, base);
}

static void
draw (SpFigure *figure, SpPen *pen)
{
  double base = sp_figure_y (figure, 0), bottom = figure->area.y + figure->area.height;

  base = isfinite (base) ? CLAMP (base, figure->area.y, bottom) : bottom;
  cairo_rectangle (pen->cr, figure->area.x, figure->area.y, figure->area.width, figure->area.height);
  cairo_clip (pen->cr);
  for (gsize s = 0; s < figure->n_series; s++)
    {
      SpColor color = sp_figure_color (figure, pen, s);

      if (sp_figure_is_hidden (figure, s))
        continue;
      trace_steps (figure, pen, s, base);
      sp_pen_color (pen, color, figure->n_series > 1 ? 0.16 : 0.28);
      cairo_fill_preserve (pen->cr);
      sp_pen_color (pen, color, 1);
      cairo_set_line_width (pen->cr, 1.1 * pen->font_scale);
      sp_figure_set_dash (figure, pen, s, 1.1 * pen->font_scale);
      cairo_stroke (pen->cr);
    }
  cairo_set_dash (pen->cr, NULL, 0, 0);
}

static void
read_bin (SpFigure *figure, gsize series, gsize bin, SpHit *out)
{
  const SpSeries *y = &figure->y[series];
  const char *title = figure->plot->x_title != NULL ? figure->plot->x_title : figure->x.title;
  g_autofree char *low = sp_format_number (figure->x.values[bin], figure->x.unit);
  g_autofree char *high = sp_format_number (upper_edge (figure, bin), figure->x.unit);
  g_autofree char *value = sp_format_number (y->values[bin], y->unit);
  double left = MAX (sp_figure_x (figure, figure->x.values[bin]), figure->area.x);

  if (figure->n_series > 1)
    out->text = g_strdup_printf ("%s %s … %s, %s: %s", title, low, high, y->title, value);
  else
    out->text = g_strdup_printf ("%s %s … %s: %s", title, low, high, value);
  out->key = sp_figure_get_key (figure, bin);
  out->snap_x = (left + sp_figure_x (figure, upper_edge (figure, bin))) / 2;
  out->snap_y = sp_figure_y (figure, y->values[bin]);
  if (!isfinite (out->snap_y))
    out->snap_y = figure->area.y + figure->area.height;
}

static void
hit (SpFigure *figure, double x, double y, SpHit *out)
{
  double nearest = INFINITY;
  gsize series = G_MAXSIZE, bin = 0;

  while (bin < figure->n_rows && !(out->x >= figure->x.values[bin] && out->x < upper_edge (figure, bin)))
    bin++;
  for (gsize s = 0; s < figure->n_series && bin < figure->n_rows; s++)
    {
      double away = fabs (sp_figure_y (figure, figure->y[s].values[bin]) - y);

      if (sp_figure_is_hidden (figure, s) || (away >= nearest && series != G_MAXSIZE))
        continue;
      nearest = away;
      series = s;
    }
  if (series != G_MAXSIZE)
    read_bin (figure, series, bin, out);
}

static void
describe (SpFigure *figure, GString *out)
{
  for (gsize s = 0; s < figure->n_series; s++)
    sp_figure_describe_series (figure, s, out);
}

const SpKind sp_kind_histogram = { .id = "histogram",
                                   .is_x_tight = TRUE,
                                   .fit = fit,
                                   .draw = draw,
                                   .hit = hit,
                                   .describe = describe };
