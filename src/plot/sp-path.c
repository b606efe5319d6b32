/* sp-path.c - long lines thinned to what a picture can show */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-path.h"

#include <math.h>

#define MAX_DASHED 2000 /* points: dashes along more are no use */
#define PIECE 8         /* points stroked at once: Cairo's time grows faster than their number */
#define CROWDED 8       /* points in a column from which on it is full */
#define TALL 4.0        /* pixels: a column that spans more is filled rather than stroked */

typedef struct
{
  SpFigure *figure;
  cairo_t *cr;
  const double *x, *y; /* (n) */
  gsize n;
  gboolean is_open; /* the line goes on from the point before */
  gsize waiting;    /* last point of a filled column, from which the line will go on; G_MAXSIZE: none */
  gboolean is_dashed;
  gsize n_in_path;
  double step;    /* width of a pixel column, canvas units */
  GArray *filled; /* of SpRect: columns filled from least to greatest */
} Trace;

static void
break_line (Trace *trace)
{
  trace->is_open = FALSE;
  trace->waiting = G_MAXSIZE;
}

static void
add_point (Trace *trace, gsize i)
{
  double x = sp_figure_x (trace->figure, trace->x[i]), y = sp_figure_y (trace->figure, trace->y[i]);

  if (!isfinite (x) || !isfinite (y))
    {
      break_line (trace);
      return;
    }
  /* Cairo counts in 24.8 fixed point: what lies far outside is pulled near. */
  x = CLAMP (x, -4e4, 4e4);
  y = CLAMP (y, -4e4, 4e4);
  if (trace->is_open)
    cairo_line_to (trace->cr, x, y);
  if (!trace->is_dashed && ++trace->n_in_path % PIECE == 0)
    {
      cairo_stroke (trace->cr);
      trace->is_open = FALSE;
    }
  if (!trace->is_open)
    cairo_move_to (trace->cr, x, y);
  trace->is_open = TRUE;
}

static void
go_to (Trace *trace, gsize i)
{
  gsize from = trace->waiting;

  trace->waiting = G_MAXSIZE;
  if (from != G_MAXSIZE)
    add_point (trace, from);
  add_point (trace, i);
}

/* Stroking a dense zigzag is slow, and gives a filled column in the end. */
static gboolean
fill_column (Trace *trace, SpSpan y, gsize first, gsize last, double left)
{
  SpRect rect = { left, 0, trace->step, 0 };

  if (sp_figure_y (trace->figure, y.low) - sp_figure_y (trace->figure, y.high) <= TALL * trace->step)
    return FALSE;
  if (trace->is_open)
    go_to (trace, first);
  /* What leads here from the column before. */
  if (trace->waiting != G_MAXSIZE)
    sp_span_add (&y, trace->y[trace->waiting]);
  rect.y = CLAMP (sp_figure_y (trace->figure, y.high), -4e4, 4e4);
  rect.height = CLAMP (sp_figure_y (trace->figure, y.low), -4e4, 4e4) - rect.y;
  g_array_append_val (trace->filled, rect);
  trace->is_open = FALSE;
  trace->waiting = last - 1;
  return TRUE;
}

/* Points first…last − 1, all finite, in the pixel column that starts at left. */
static void
go_through (Trace *trace, gsize first, gsize last, double left)
{
  const double *y = trace->y;
  gsize least = first, most = first;

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
  if (last - first >= CROWDED && fill_column (trace, (SpSpan){ y[least], y[most] }, first, last, left))
    return;
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
go_along (Trace *trace, gsize first, gsize last, double left)
{
  double smallest = trace->figure->y_axis.scale == SP_SCALE_LOG ? 0 : -INFINITY;

  while (first < last)
    {
      gsize end = first;

      while (end < last && trace->y[end] > smallest && trace->y[end] < INFINITY)
        end++;
      if (end > first)
        go_through (trace, first, end, left);
      if (end < last)
        break_line (trace);
      first = end + 1;
    }
}

static void
trace_sorted (Trace *trace)
{
  const SpFigure *figure = trace->figure;
  const SpRect *area = &figure->area;
  double step = trace->step, left = floor (area->x / step) * step;
  gsize first = sp_lower_bound (trace->x, 0, trace->n, figure->x_axis.min), end;
  gsize last = sp_lower_bound (trace->x, first, trace->n, figure->x_axis.max);

  /* One point more on either side leads the line out of the picture. */
  first = first > 0 ? first - 1 : 0;
  last = MIN (last + 2, trace->n);
  for (gboolean is_dense = (last - first) * step > 2 * area->width; is_dense && first < last; first = end, left += step)
    {
      double edge = sp_axis_value (&figure->x_axis, (left + step - area->x) / area->width);

      end = left + step > area->x + area->width ? last : sp_lower_bound (trace->x, first, last, edge);
      go_along (trace, first, end, left);
      if (end == last)
        return;
    }
  for (gsize i = first; i < last; i++)
    go_to (trace, i);
}

/* Any order: neighbours in the data that fall into one column are taken together. */
static void
trace_unsorted (Trace *trace)
{
  gsize first = 0;
  double step = trace->step;
  gboolean is_thinned = trace->n > 20000;

  for (gsize i = 0; i < trace->n; i = first)
    {
      double column = floor (sp_figure_x (trace->figure, trace->x[i]) / step);

      for (first = i + 1; is_thinned && first < trace->n; first++)
        if (floor (sp_figure_x (trace->figure, trace->x[first]) / step) != column)
          break;
      if (isfinite (column))
        go_along (trace, i, first, column * step);
      else
        break_line (trace);
    }
}

static void
fill_columns (const Trace *trace, double line_width)
{
  for (guint i = 0; i < trace->filled->len; i++)
    {
      const SpRect *rect = &g_array_index (trace->filled, SpRect, i);
      double side = MAX (line_width - rect->width, 0) / 2;

      /* On fine screens whole pixels are good enough, and twice as fast as soft edges. */
      if (rect->width < 0.75)
        side = round (side / rect->width) * rect->width;
      /* One by one: as one path they would be sorted against each other. */
      cairo_rectangle (trace->cr, rect->x - side, rect->y - line_width / 2, rect->width + 2 * side,
                       rect->height + line_width);
      cairo_fill (trace->cr);
    }
}

void
sp_path_draw (SpFigure *figure, SpPen *pen, gsize series, double line_width, gboolean is_dashed)
{
  g_autoptr (GArray) filled = g_array_new (FALSE, FALSE, sizeof (SpRect));
  Trace trace = { .figure = figure,
                  .cr = pen->cr,
                  .x = figure->x.values,
                  .y = figure->y[series].values,
                  .n = figure->n_rows,
                  .waiting = G_MAXSIZE,
                  .is_dashed = is_dashed && figure->n_rows <= MAX_DASHED,
                  .step = 1 / pen->device_scale,
                  .filled = filled };

  cairo_new_path (pen->cr);
  sp_pen_color (pen, sp_figure_color (figure, pen, series), sp_figure_strength (figure, series));
  cairo_set_line_width (pen->cr, line_width);
  cairo_set_line_join (pen->cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (pen->cr, trace.is_dashed ? CAIRO_LINE_CAP_BUTT : CAIRO_LINE_CAP_ROUND);
  sp_figure_set_dash (figure, pen, trace.is_dashed ? series : 0, line_width);
  if (figure->is_x_sorted)
    trace_sorted (&trace);
  else
    trace_unsorted (&trace);
  cairo_stroke (pen->cr);
  fill_columns (&trace, line_width);
  cairo_set_line_cap (pen->cr, CAIRO_LINE_CAP_BUTT);
}
