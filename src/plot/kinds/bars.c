/* bars.c - a bar per row and series: named things compared by size */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include <math.h>

#define FILLED 0.74 /* of the room between two rows */

/* Room of a row in data units: one for names, else the least distance between neighbours. */
static double
slot_width (SpFigure *figure)
{
  double least = INFINITY;

  if (figure->x_text != NULL || figure->n_rows < 2)
    return 1;
  for (gsize i = 1; i < figure->n_rows; i++)
    {
      double away = fabs (figure->x.values[i] - figure->x.values[i - 1]);

      if (away > 0)
        least = MIN (least, away);
    }
  return isfinite (least) ? least : 1;
}

static void
fit (SpFigure *figure, SpSpan *x, SpSpan *y)
{
  double half = slot_width (figure) / 2;

  sp_span_add_series (x, &figure->x_axis, &figure->x);
  if (figure->x_axis.scale == SP_SCALE_LINEAR)
    x->low -= half, x->high += half;
  for (gsize s = 0; s < figure->n_series; s++)
    if (!sp_figure_is_hidden (figure, s))
      sp_span_add_series (y, &figure->y_axis, &figure->y[s]);
  /* The length of a bar is its value: it starts at zero. */
  if (figure->y_axis.scale != SP_SCALE_LOG && y->low <= y->high)
    sp_span_add (y, 0);
  else if (y->low <= y->high)
    y->low /= 2;
}

static double
base_line (SpFigure *figure)
{
  double zero = sp_figure_y (figure, 0), bottom = figure->area.y + figure->area.height;

  return isfinite (zero) ? CLAMP (zero, figure->area.y, bottom) : bottom;
}

/* Where the bar of a row stands among those of the series that are shown; FALSE: hidden. */
static gboolean
find_bar (SpFigure *figure, gsize series, gsize row, double *left, double *right)
{
  gsize n_shown = 0, rank = 0;
  double slot = slot_width (figure) / (figure->x_axis.max - figure->x_axis.min) * figure->area.width, middle;

  for (gsize s = 0; s < figure->n_series; s++)
    if (!sp_figure_is_hidden (figure, s))
      {
        rank += s < series;
        n_shown++;
      }
  if (sp_figure_is_hidden (figure, series))
    return FALSE;
  middle = sp_figure_x (figure, figure->x.values[row]);
  if (figure->x_axis.scale != SP_SCALE_LINEAR)
    slot = figure->area.width / MAX (figure->n_rows, 1);
  *left = middle + slot * FILLED * ((double) rank / n_shown - 0.5);
  *right = middle + slot * FILLED * ((double) (rank + 1) / n_shown - 0.5);
  return isfinite (*left);
}

static void
fill_bar (SpPen *pen, const SpRect *bar)
{
  if (bar->height < 0)
    return;
  cairo_rectangle (pen->cr, bar->x, bar->y, bar->width, bar->height);
  cairo_fill (pen->cr);
}

/* Bars narrower than a pixel would only be a haze: of those that share a pixel the longest is drawn. */
static void
draw_series (SpFigure *figure, SpPen *pen, gsize series, double base, gsize only)
{
  const SpRect *area = &figure->area;
  double step = 1 / pen->device_scale, left, right;
  SpRect bar = { 0, 0, 0, -1 };

  for (gsize i = 0; i < figure->n_rows; i++)
    {
      double top = sp_figure_y (figure, figure->y[series].values[i]);

      if ((only != G_MAXSIZE && i != only) || !isfinite (top) || !find_bar (figure, series, i, &left, &right))
        continue;
      if (right < area->x || left > area->x + area->width)
        continue;
      left = round (left / step) * step, right = MAX (round (right / step) * step, left + step);
      top = CLAMP (top, area->y - 4, area->y + area->height + 4);
      if (left == bar.x && fabs (base - top) <= bar.height)
        continue;
      if (left != bar.x)
        fill_bar (pen, &bar);
      bar = (SpRect){ left, MIN (top, base), right - left, fabs (base - top) };
    }
  fill_bar (pen, &bar);
}

static void
draw (SpFigure *figure, SpPen *pen)
{
  gboolean has_selected = figure->selected_row < figure->n_rows;
  double base = base_line (figure);

  cairo_rectangle (pen->cr, figure->area.x, figure->area.y, figure->area.width, figure->area.height);
  cairo_clip (pen->cr);
  for (gsize s = 0; s < figure->n_series; s++)
    {
      SpColor color = sp_figure_color (figure, pen, s);

      sp_pen_color (pen, color, has_selected ? 0.35 : 1);
      draw_series (figure, pen, s, base, G_MAXSIZE);
      sp_pen_color (pen, color, 1);
      if (has_selected)
        draw_series (figure, pen, s, base, figure->selected_row);
    }
  if (base < figure->area.y + figure->area.height - 1)
    sp_pen_line (pen, pen->theme->dim, sp_pen_hairline (pen), figure->area.x, base, figure->area.x + figure->area.width,
                 base);
}

/* The row under the pointer at any height, and of its bars the nearest. */
static void
hit (SpFigure *figure, double x, double y, SpHit *out)
{
  double nearest = INFINITY, left, right;
  double slot = slot_width (figure) / (figure->x_axis.max - figure->x_axis.min) * figure->area.width;
  gsize row = 0, series = 0, first, last;

  sp_figure_rows_near (figure, x, slot, &first, &last);
  for (gsize i = first; i < last; i++)
    for (gsize s = 0; s < figure->n_series; s++)
      if (find_bar (figure, s, i, &left, &right))
        {
          double away = x < left ? left - x : x > right ? x - right : 0;

          if (isfinite (figure->y[s].values[i]) && away < nearest)
            nearest = away, row = i, series = s;
        }
  if (!(nearest <= slot))
    return;
  sp_figure_read_out (figure, series, row, out);
  if (find_bar (figure, series, row, &left, &right))
    out->snap_x = (left + right) / 2;
}

static void
describe (SpFigure *figure, GString *out)
{
  for (gsize s = 0; s < figure->n_series; s++)
    sp_figure_describe_series (figure, s, out);
}

const SpKind sp_kind_bars = { .id = "bars",
                              .is_x_tight = TRUE,
                              .fit = fit,
                              .draw = draw,
                              .hit = hit,
                              .describe = describe };
