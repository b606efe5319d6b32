/* sp-frame-legend.c - which series is which, above the data */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include <string.h>

#define LINE SP_LEGEND_LINE /* all lengths × font_scale */
#define SWATCH 16.0         /* line sample */
#define ENTRY_GAP 12.0
#define RAMP 110.0          /* strip of colours */
#define RAMP_GAP 5.0

/* Where the next entry goes. */
typedef struct
{
  double x;
  gsize line, max_lines;
} Pencil;

/* Left to right, wrapped; FALSE: no line is left. */
static gboolean
take_room (Pencil *pencil, const SpFigure *figure, double width, double fs, SpRect *room)
{
  const SpRect *area = &figure->area;

  if (pencil->x > area->x && pencil->x + width > area->x + area->width)
    {
      pencil->x = area->x;
      pencil->line++;
    }
  if (pencil->line >= pencil->max_lines)
    return FALSE;
  *room = (SpRect){ pencil->x, pencil->line * LINE * fs, width, LINE * fs };
  pencil->x += width + ENTRY_GAP * fs;
  return TRUE;
}

static double
title_width (const SpFigure *figure, SpPen *pen, gsize series)
{
  double width, height;

  sp_pen_measure (pen, SP_TEXT_TICK, figure->y[series].title, &width, &height);
  return width;
}

/* Of the ramp, in the order of ranks: its first or its last. */
static gsize
end_of_ramp (const SpFigure *figure, gboolean is_last)
{
  gsize found = 0;

  for (gsize s = 0; s < figure->n_series; s++)
    if (figure->y[s].key != NULL && figure->y[s].rank == (is_last ? figure->n_ramp - 1 : 0))
      found = s;
  return found;
}

/* "layer 0 [strip] layer 63": one entry for all. */
static void
place_ramp (SpFigure *figure, SpPen *pen, Pencil *pencil)
{
  double fs = pen->font_scale, first = title_width (figure, pen, end_of_ramp (figure, FALSE)) + RAMP_GAP * fs;
  double last = title_width (figure, pen, end_of_ramp (figure, TRUE)) + RAMP_GAP * fs;
  SpRect room;

  if (take_room (pencil, figure, first + RAMP * fs + last, fs, &room))
    figure->ramp = (SpRect){ room.x + first, room.y, RAMP * fs, room.height };
}

/* The rectangles are the hit areas too.  Gives the number of lines. */
gsize
sp_frame_place_legend (SpFigure *figure, SpPen *pen, gsize max_lines)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, width;
  Pencil pencil = { area->x, 0, max_lines };

  figure->n_legend = 0;
  figure->ramp = (SpRect){ 0 };
  if (figure->n_series < 2 || max_lines == 0)
    return 0;
  for (gsize i = 0; i < figure->n_series && figure->n_legend < G_N_ELEMENTS (figure->legend); i++)
    {
      if (figure->n_ramp > 0 && figure->y[i].key != NULL)
        continue;
      width = MIN (title_width (figure, pen, i), area->width - (SWATCH + 5) * fs) + (SWATCH + 5) * fs;
      if (!take_room (&pencil, figure, width, fs, &figure->legend[figure->n_legend]))
        return max_lines;
      figure->legend_series[figure->n_legend++] = i;
    }
  if (figure->n_ramp > 0)
    place_ramp (figure, pen, &pencil);
  return MIN (pencil.line + 1, max_lines);
}

static void
draw_sample (SpFigure *figure, SpPen *pen, gsize series, double x, double y)
{
  double fs = pen->font_scale;
  SpColor color = sp_figure_is_hidden (figure, series) ? pen->theme->grid : sp_figure_color (figure, pen, series);
  gboolean is_line = strcmp (figure->kind->id, "line") == 0, is_fitted = figure->y[series].points != NULL;

  sp_pen_color (pen, color, 1);
  if (is_line)
    {
      cairo_save (pen->cr);
      cairo_set_line_width (pen->cr, 1.5 * fs);
      sp_figure_set_dash (figure, pen, figure->n_rows > 80 && !is_fitted ? series : 0, 1.5 * fs);
      cairo_move_to (pen->cr, x, y);
      cairo_line_to (pen->cr, x + SWATCH * fs, y);
      cairo_stroke (pen->cr);
      cairo_restore (pen->cr);
    }
  if (!is_line && strcmp (figure->kind->id, "scatter") != 0)
    cairo_rectangle (pen->cr, x + 4 * fs, y - 4 * fs, 8 * fs, 8 * fs);
  else if (figure->n_rows <= 80 || !is_line || is_fitted)
    sp_mark (pen->cr, figure->n_series > 8 ? 0 : series, x + SWATCH / 2 * fs, y, 2.4 * fs);
  cairo_fill (pen->cr);
}

static void
draw_ramp (SpFigure *figure, SpPen *pen)
{
  const SpRect *ramp = &figure->ramp;
  double fs = pen->font_scale, middle = ramp->y + ramp->height / 2, step = ramp->width / (double) figure->n_ramp;

  for (gsize s = 0; s < figure->n_series; s++)
    {
      double left = sp_pen_edge (pen, ramp->x + step * (double) figure->y[s].rank);
      double right = sp_pen_edge (pen, ramp->x + step * (double) (figure->y[s].rank + 1));

      if (figure->y[s].key == NULL)
        continue;
      cairo_rectangle (pen->cr, left, middle - 3.5 * fs, right - left, 7 * fs);
      sp_pen_color (pen, sp_figure_color (figure, pen, s), sp_figure_strength (figure, s));
      cairo_fill (pen->cr);
    }
  sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, figure->y[end_of_ramp (figure, FALSE)].title, ramp->x - RAMP_GAP * fs, middle, 1,
               0.5, 0);
  sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, figure->y[end_of_ramp (figure, TRUE)].title,
               ramp->x + ramp->width + RAMP_GAP * fs, middle, 0, 0.5, 0);
}

void
sp_frame_draw_legend (SpFigure *figure, SpPen *pen)
{
  double fs = pen->font_scale;

  for (gsize i = 0; i < figure->n_legend; i++)
    {
      const SpRect *entry = &figure->legend[i];
      gsize series = figure->legend_series[i];
      double middle = entry->y + entry->height / 2;
      SpColor color = sp_figure_is_hidden (figure, series) ? pen->theme->dim : pen->theme->foreground;
      g_autofree char *name = sp_pen_elide (pen, SP_TEXT_TICK, figure->y[series].title, entry->width - (SWATCH + 4) * fs);

      draw_sample (figure, pen, series, entry->x, middle);
      sp_pen_text (pen, SP_TEXT_TICK, color, name, entry->x + (SWATCH + 5) * fs, middle, 0, 0.5, 0);
    }
  if (figure->ramp.width > 0)
    draw_ramp (figure, pen);
}
