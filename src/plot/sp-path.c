/* sp-path.c - long lines thinned to what a picture can show */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-path.h"

#include <math.h>

typedef struct {
  SpFigure     *figure;
  cairo_t      *cr;
  const double *x, *y;         /* (n) */
  gsize         n;
  gboolean      is_open;       /* the line goes on from the point before */
} Trace;

static void
go_to (Trace *trace, gsize i)
{
  double x = sp_figure_x (trace->figure, trace->x[i]), y = sp_figure_y (trace->figure, trace->y[i]);

  if (!isfinite (x) || !isfinite (y))
    {
      trace->is_open = FALSE;
      return;
    }
  /* Cairo counts in 24.8 fixed point: what lies far outside is pulled near. */
  x = CLAMP (x, -4e4, 4e4);
  y = CLAMP (y, -4e4, 4e4);
  if (trace->is_open)
    cairo_line_to (trace->cr, x, y);
  else
    cairo_move_to (trace->cr, x, y);
  trace->is_open = TRUE;
}

/* Points first…last − 1, all finite, in one pixel column. */
static void
go_through (Trace *trace, gsize first, gsize last)
{
  const double *y = trace->y;
  gsize         least = first, most = first;

  if (last - first <= 4)
    {
      for (gsize i = first; i < last; i++)
        go_to (trace, i);
      return;
    }
  for (gsize i = first + 1; i < last; i++)
    {
      if (y[i] < y[least])
        least = i;
      if (y[i] > y[most])
        most = i;
    }
  go_to (trace, first);
  if (MIN (least, most) > first)
    go_to (trace, MIN (least, most));
  if (MAX (least, most) > first && least != most)
    go_to (trace, MAX (least, most));
  if (MAX (least, most) < last - 1)
    go_to (trace, last - 1);
}

/* The same with gaps: every unbroken stretch by itself. */
static void
go_along (Trace *trace, gsize first, gsize last)
{
  double smallest = trace->figure->y_axis.scale == SP_SCALE_LOG ? 0 : -INFINITY;

  while (first < last)
    {
      gsize end = first;

      while (end < last && trace->y[end] > smallest && trace->y[end] < INFINITY)
        end++;
      if (end > first)
        go_through (trace, first, end);
      if (end < last)
        trace->is_open = FALSE;
      first = end + 1;
    }
}

static gboolean
trace_sorted (Trace *trace, double step)
{
  const SpFigure *figure = trace->figure;
  gsize           n_columns = (gsize) ceil (figure->area.width / step);
  gsize           first = sp_lower_bound (trace->x, 0, trace->n, figure->x_axis.min), end;
  gsize           last = sp_lower_bound (trace->x, first, trace->n, figure->x_axis.max);

  /* One point more on either side leads the line out of the picture. */
  first = first > 0 ? first - 1 : 0;
  last = MIN (last + 2, trace->n);
  if (last - first <= 4 * n_columns)
    {
      for (gsize i = first; i < last; i++)
        go_to (trace, i);
      return FALSE;
    }
  for (gsize column = 1; column <= n_columns && first < last; column++, first = end)
    {
      double edge = sp_axis_value (&figure->x_axis, column * step / figure->area.width);

      end = column == n_columns ? last : sp_lower_bound (trace->x, first, last, edge);
      go_along (trace, first, end);
    }
  return TRUE;
}

/* Any order: neighbours in the data that fall into one column are taken together. */
static gboolean
trace_unsorted (Trace *trace, double step)
{
  gsize    first = 0;
  gboolean is_thinned = trace->n > 20000;

  for (gsize i = 0; i < trace->n; i = first)
    {
      double column = floor (sp_figure_x (trace->figure, trace->x[i]) / step);

      for (first = i + 1; is_thinned && first < trace->n; first++)
        if (floor (sp_figure_x (trace->figure, trace->x[first]) / step) != column)
          break;
      if (isfinite (column))
        go_along (trace, i, first);
      else
        trace->is_open = FALSE;
    }
  return is_thinned;
}

gboolean
sp_path_series (SpFigure *figure, SpPen *pen, gsize series)
{
  Trace  trace = { figure, pen->cr, figure->x.values, figure->y[series].values, figure->n_rows, FALSE };
  double step = 1 / pen->device_scale;

  cairo_new_path (pen->cr);
  return figure->is_x_sorted ? trace_sorted (&trace, step) : trace_unsorted (&trace, step);
}
