/* sp-frame-markers.c - lines across the data, such as thresholds, and what stands at them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include <math.h>

#define LINE SP_LEGEND_LINE
#define HANDLE 4.0
#define GAP 3.0 /* between the data and the lowest label above it, since a handle reaches up */

/* Of a vertical marker, above the data. */
typedef struct
{
  double x;       /* of its line */
  double left, right;
  gsize line;     /* from the bottom, 0 … */
  gboolean is_set, is_left; /* of the line */
} Flag;

static Flag
make_flag (SpFigure *figure, SpPen *pen, const SpMarker *marker)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, place = sp_figure_marker_place (figure, marker), width, height;
  Flag flag = { .x = area->x + area->width * place, .is_set = marker->is_vertical && marker->label != NULL && !isnan (place) };

  if (!flag.is_set)
    return flag;
  sp_pen_measure (pen, SP_TEXT_TICK, marker->label, &width, &height);
  flag.is_left = flag.x + width + 8 * fs > area->x + area->width && flag.x - width - 8 * fs > area->x;
  flag.left = flag.is_left ? flag.x - width - 8 * fs : flag.x;
  flag.right = flag.is_left ? flag.x : flag.x + width + 8 * fs;
  return flag;
}

static gboolean
is_free (const Flag *flags, gsize n, const Flag *flag)
{
  for (gsize i = 0; i < n; i++)
    if (&flags[i] != flag && flags[i].is_set && flags[i].line == flag->line && flag->left < flags[i].right && flags[i].left < flag->right)
      return FALSE;
  return TRUE;
}

/* The rightmost not placed yet; NULL: all are. */
static Flag *
next_flag (Flag *flags, gsize n)
{
  Flag *next = NULL;

  for (gsize i = 0; i < n; i++)
    if (flags[i].is_set && flags[i].line == G_MAXSIZE && (next == NULL || flags[i].x > next->x))
      next = &flags[i];
  return next;
}

/* Those farther left stand higher where they would touch, so that no line crosses a label to its right.  flags: (n_markers).  Lines. */
static gsize
place_flags (SpFigure *figure, SpPen *pen, Flag *flags)
{
  gsize n = figure->plot->n_markers, n_lines = 0;
  Flag *flag;

  for (gsize i = 0; i < n; i++)
    {
      flags[i] = make_flag (figure, pen, &figure->plot->markers[i]);
      flags[i].line = G_MAXSIZE;
    }
  while ((flag = next_flag (flags, n)) != NULL)
    {
      for (flag->line = 0; !is_free (flags, n, flag);)
        flag->line++;
      n_lines = MAX (n_lines, flag->line + 1);
    }
  return n_lines;
}

static void
draw_handle (SpPen *pen, double x, double y)
{
  cairo_new_path (pen->cr);
  cairo_arc (pen->cr, x, y, HANDLE * pen->font_scale, 0, 2 * G_PI);
  sp_pen_color (pen, pen->theme->marker, 1);
  cairo_fill_preserve (pen->cr);
  sp_pen_color (pen, pen->theme->background, 1);
  cairo_set_line_width (pen->cr, 1.2 * pen->font_scale);
  cairo_stroke (pen->cr);
}

/* On paper of its own, so that what is behind it does not make it hard to read. */
static void
draw_marker_label (SpPen *pen, const char *label, double x, double y, gboolean is_left)
{
  double fs = pen->font_scale, width, height;

  sp_pen_measure (pen, SP_TEXT_TICK, label, &width, &height);
  sp_pen_color (pen, pen->theme->background, 0.85);
  cairo_rectangle (pen->cr, is_left ? x - width - 2 * fs : x - 2 * fs, y - height / 2, width + 4 * fs, height);
  cairo_fill (pen->cr);
  sp_pen_text (pen, SP_TEXT_TICK, pen->theme->marker, label, x, y, is_left ? 1 : 0, 0.5, 0);
}

static void
draw_flag (SpFigure *figure, SpPen *pen, const char *label, const Flag *flag)
{
  double fs = pen->font_scale, y = figure->area.y - (flag->line + 0.5) * LINE * fs - GAP * fs;

  draw_marker_label (pen, label, flag->is_left ? flag->x - 5 * fs : flag->x + 5 * fs, y, flag->is_left);
}

/* Above the line, unless that is above the data. */
static void
draw_side_label (SpFigure *figure, SpPen *pen, const char *label, double x, double y)
{
  double width, height, up;

  sp_pen_measure (pen, SP_TEXT_TICK, label, &width, &height);
  up = y - 1.2 * height < figure->area.y ? -0.7 * height : 0.7 * height;
  draw_marker_label (pen, label, x - 10 * pen->font_scale, y - up, TRUE);
}

static void
draw_marker (SpFigure *figure, SpPen *pen, const SpMarker *marker, const Flag *flag)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, dash = 3 * fs;
  double place = sp_figure_marker_place (figure, marker);
  double x0 = area->x, x1 = area->x + area->width, y0 = area->y, y1 = area->y + area->height;

  if (isnan (place))
    return;
  if (marker->is_vertical)
    x0 = x1 = area->x + area->width * place;
  else
    y0 = y1 = area->y + area->height * (figure->kind->is_y_down ? place : 1 - place);
  cairo_set_dash (pen->cr, &dash, 1, 0);
  sp_pen_line (pen, pen->theme->marker, 1.1 * fs, x0, flag->is_set ? y0 - (flag->line + 1) * LINE * fs : y0, x1, y1);
  cairo_set_dash (pen->cr, NULL, 0, 0);
  if (marker->label != NULL && !marker->is_vertical)
    draw_side_label (figure, pen, marker->label, x1, y0);
  if (marker->param != NULL)
    draw_handle (pen, x1, y0);
}

double
sp_frame_measure_markers (SpFigure *figure, SpPen *pen)
{
  g_autofree Flag *flags = g_new0 (Flag, figure->plot->n_markers + 1);
  gsize n_lines = place_flags (figure, pen, flags);

  return n_lines > 0 ? (n_lines * LINE + GAP) * pen->font_scale : 0;
}

void
sp_frame_draw_markers (SpFigure *figure, SpPen *pen)
{
  const SpPlot *plot = figure->plot;
  g_autofree Flag *flags = g_new0 (Flag, plot->n_markers + 1);

  place_flags (figure, pen, flags);
  for (gsize i = 0; i < plot->n_markers; i++)
    draw_marker (figure, pen, &plot->markers[i], &flags[i]);
  for (gsize i = 0; i < plot->n_markers; i++)
    if (flags[i].is_set)
      draw_flag (figure, pen, plot->markers[i].label, &flags[i]);
}
