/* sp-frame-legend.c - which series is which, above the data */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include <string.h>

#define LINE SP_LEGEND_LINE /* all lengths × font_scale */
#define SWATCH 16.0         /* line sample */
#define ENTRY_GAP 12.0

/* Entries left to right, wrapped; the rectangles are the hit areas too.  Gives the number of lines. */
gsize
sp_frame_place_legend (SpFigure *figure, SpPen *pen, gsize max_lines)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, x = area->x, width, height;
  gsize line = 0;

  figure->n_legend = 0;
  if (figure->n_series < 2 || max_lines == 0)
    return 0;
  for (gsize i = 0; i < MIN (figure->n_series, G_N_ELEMENTS (figure->legend)); i++)
    {
      sp_pen_measure (pen, SP_TEXT_TICK, figure->y[i].title, &width, &height);
      width = MIN (width, area->width - (SWATCH + 5) * fs) + (SWATCH + 5) * fs;
      if (x > area->x && x + width > area->x + area->width)
        {
          x = area->x;
          line++;
        }
      if (line == max_lines)
        return line;
      figure->legend[figure->n_legend++] = (SpRect){ x, line * LINE * fs, width, LINE * fs };
      x += width + ENTRY_GAP * fs;
    }
  return line + 1;
}

static void
draw_sample (SpFigure *figure, SpPen *pen, gsize series, double x, double y)
{
  double fs = pen->font_scale;
  SpColor color = sp_figure_is_hidden (figure, series) ? pen->theme->grid : sp_figure_color (figure, pen, series);
  gboolean is_line = strcmp (figure->kind->id, "line") == 0;

  sp_pen_color (pen, color, 1);
  if (is_line)
    {
      cairo_save (pen->cr);
      cairo_set_line_width (pen->cr, 1.5 * fs);
      sp_figure_set_dash (figure, pen, figure->n_rows > 80 ? series : 0, 1.5 * fs);
      cairo_move_to (pen->cr, x, y);
      cairo_line_to (pen->cr, x + SWATCH * fs, y);
      cairo_stroke (pen->cr);
      cairo_restore (pen->cr);
    }
  if (!is_line && strcmp (figure->kind->id, "scatter") != 0)
    cairo_rectangle (pen->cr, x + 4 * fs, y - 4 * fs, 8 * fs, 8 * fs);
  else if (figure->n_rows <= 80 || !is_line)
    sp_mark (pen->cr, figure->n_series > 8 ? 0 : series, x + SWATCH / 2 * fs, y, 2.4 * fs);
  cairo_fill (pen->cr);
}

void
sp_frame_draw_legend (SpFigure *figure, SpPen *pen)
{
  double fs = pen->font_scale;

  for (gsize i = 0; i < figure->n_legend; i++)
    {
      const SpRect *entry = &figure->legend[i];
      double middle = entry->y + entry->height / 2;
      SpColor color = sp_figure_is_hidden (figure, i) ? pen->theme->dim : pen->theme->foreground;
      g_autofree char *name = sp_pen_elide (pen, SP_TEXT_TICK, figure->y[i].title, entry->width - (SWATCH + 4) * fs);

      draw_sample (figure, pen, i, entry->x, middle);
      sp_pen_text (pen, SP_TEXT_TICK, color, name, entry->x + (SWATCH + 5) * fs, middle, 0, 0.5, 0);
    }
}
