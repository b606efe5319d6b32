/* sp-frame-markers.c - lines across the data, such as thresholds, and what stands at them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include <math.h>

#define HANDLE 4.0

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

/* On paper of its own, so that data behind it does not make it hard to read. */
static void
draw_marker_label (SpFigure *figure, SpPen *pen, const char *label, double x, double y, gboolean is_left)
{
  double fs = pen->font_scale, width, height;

  sp_pen_measure (pen, SP_TEXT_TICK, label, &width, &height);
  sp_pen_color (pen, pen->theme->background, 0.85);
  cairo_rectangle (pen->cr, is_left ? x - width - 2 * fs : x - 2 * fs, y - height / 2, width + 4 * fs, height);
  cairo_fill (pen->cr);
  sp_pen_text (pen, SP_TEXT_TICK, pen->theme->marker, label, x, y, is_left ? 1 : 0, 0.5, 0);
}

/* Labels of fixed lines stand one below the other, since the lines may be close. */
static guint
marker_step (const SpFigure *figure, const SpMarker *marker)
{
  guint n = 0;

  for (const SpMarker *m = figure->plot->markers; m < marker; m++)
    n += m->is_vertical && m->param == NULL && m->label != NULL;
  return marker->param == NULL ? n : 0;
}

static void
draw_marker (SpFigure *figure, SpPen *pen, const SpMarker *marker)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, width, height, down, dash = 3 * fs;
  double place = sp_figure_marker_place (figure, marker);
  double x0 = area->x, x1 = area->x + area->width, y0 = area->y, y1 = area->y + area->height;
  gboolean is_left = FALSE;

  if (isnan (place))
    return;
  if (marker->is_vertical)
    x0 = x1 = area->x + area->width * place;
  else
    y0 = y1 = area->y + area->height * (figure->kind->is_y_down ? place : 1 - place);
  cairo_set_dash (pen->cr, &dash, 1, 0);
  sp_pen_line (pen, pen->theme->marker, 1.1 * fs, x0, y0, x1, y1);
  cairo_set_dash (pen->cr, NULL, 0, 0);
  if (marker->label != NULL)
    {
      sp_pen_measure (pen, SP_TEXT_TICK, marker->label, &width, &height);
      down = height * (0.6 + marker_step (figure, marker));
      is_left = !marker->is_vertical || x1 + width + 10 * fs > area->x + area->width;
      if (marker->is_vertical)
        draw_marker_label (figure, pen, marker->label, is_left ? x1 - 8 * fs : x1 + 8 * fs, y0 + down, is_left);
      else
        draw_marker_label (figure, pen, marker->label, x1 - 10 * fs, y0 - height * 0.7, TRUE);
    }
  if (marker->param != NULL)
    draw_handle (pen, x1, y0);
}

void
sp_frame_draw_markers (SpFigure *figure, SpPen *pen)
{
  for (gsize i = 0; i < figure->plot->n_markers; i++)
    draw_marker (figure, pen, &figure->plot->markers[i]);
}
