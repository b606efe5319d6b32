/* sp-frame.c - the layout of a figure, and what stands around its data */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define PAD 8.0     /* between the canvas edge and the first ink; all lengths × font_scale */
#define LINE SP_LEGEND_LINE
#define ROW 42.0    /* a named row of a heatmap is no taller, */
#define LEAST_BAR 84.0 /* unless the bar of colours beside it would be shorter than this */

typedef struct
{
  double top, bottom; /* taken by title and legend; by the x title and the caption */
  double title_height, caption_height;
  gsize n_legend_lines;
  gboolean has_x_title, has_y_title;
  SpSides sides;
  SpLabels labels;
} Layout;

static gboolean
is_named_unit (const char *unit)
{
  static const char *const silent[] = { "", "share", "index", "bytes", "count", "weight", NULL };

  return unit != NULL && !g_strv_contains (silent, unit);
}

/* "weight (elements)"; the unit is left out where the labels or the title already say it. */
static char *
axis_title (const char *title, const char *unit)
{
  if (title == NULL || *title == '\0')
    return NULL;
  if (!is_named_unit (unit) || strstr (title, unit) != NULL || strstr (title, _(unit)) != NULL)
    return g_strdup (title);
  return g_strdup_printf ("%s (%s)", title, _(unit));
}

static char *
x_title (SpFigure *figure)
{
  const SpPlot *plot = figure->plot;
  const char *unit = plot->x_unit != NULL ? plot->x_unit : figure->x.unit;

  return axis_title (plot->x_title != NULL ? plot->x_title : figure->x.title, unit);
}

static char *
y_title (SpFigure *figure)
{
  const SpPlot *plot = figure->plot;
  const char *title = plot->y_title, *unit = plot->y_unit;

  if (title == NULL && figure->grid != NULL)
    title = figure->grid->row_title;
  if (title == NULL && figure->n_series == 1)
    title = figure->y[0].title;
  if (unit == NULL && figure->n_series > 0)
    unit = figure->y[0].unit;
  return axis_title (title, unit);
}

/* Few rows with names, such as layers, over many columns would only be stretched. */
static double
tallest (const SpFigure *figure)
{
  const SpGrid *grid = figure->grid;

  if (grid == NULL || grid->row_labels == NULL || grid->column_labels != NULL)
    return G_MAXDOUBLE;
  return MAX (grid->n_cell_rows * ROW, LEAST_BAR);
}

static void
set_area (SpFigure *figure, SpPen *pen, const SpCanvas *canvas, const Layout *layout)
{
  double fs = pen->font_scale, side = layout->has_y_title ? (LINE + 2) * fs : 0;
  double left = PAD * fs + side + layout->labels.left + layout->sides.left;
  double right = (PAD + 4) * fs + layout->sides.right;
  double top = layout->top + layout->sides.top;
  double bottom = layout->bottom + layout->labels.bottom + layout->sides.bottom;

  figure->area.x = sp_pen_snap (pen, left, sp_pen_hairline (pen));
  figure->area.y = top;
  figure->area.width = MAX (canvas->width - figure->area.x - right, 10);
  figure->area.height = MAX (sp_pen_snap (pen, canvas->height - bottom, sp_pen_hairline (pen)) - top, 10);
  figure->area.height = MIN (figure->area.height, tallest (figure) * fs);
}

static void
measure_words (SpFigure *figure, SpPen *pen, const SpCanvas *canvas, Layout *layout)
{
  double fs = pen->font_scale;
  SpRect wide = { 0, 0, canvas->width - 2 * PAD * fs, 0 };
  g_autofree char *x = x_title (figure), *y = y_title (figure);

  layout->has_x_title = x != NULL && canvas->height > 110 * fs;
  layout->has_y_title = y != NULL && canvas->width > 170 * fs;
  layout->title_height = canvas->with_title && figure->plot->title != NULL ? (LINE + 6) * fs : 0;
  if (canvas->with_caption && figure->plot->caption != NULL && canvas->height > 140 * fs)
    layout->caption_height =
      sp_pen_paragraph (pen, SP_TEXT_CAPTION, pen->theme->dim, figure->plot->caption, &wide, FALSE) + 8 * fs;
  layout->top = PAD * fs + layout->title_height;
  layout->bottom = (PAD - 2) * fs + (layout->has_x_title ? (LINE + 3) * fs : 0) + layout->caption_height;
}

/* Labels depend on the area and the area on the labels: twice is enough, labels change little the second time. */
static void
lay_out (SpFigure *figure, SpPen *pen, const SpCanvas *canvas, Layout *layout)
{
  double fs = pen->font_scale;
  gsize max_lines = (gsize) CLAMP (canvas->height * 0.22 / (LINE * fs), 0, 4);

  measure_words (figure, pen, canvas, layout);
  layout->labels = (SpLabels){ .every_x = 1, .every_y = 1, .left = 30 * fs, .bottom = 14 * fs };
  if (figure->kind->measure != NULL)
    figure->kind->measure (figure, pen, &layout->sides);
  set_area (figure, pen, canvas, layout);
  sp_frame_mark (figure, pen, &layout->labels);
  set_area (figure, pen, canvas, layout);
  layout->n_legend_lines = sp_frame_place_legend (figure, pen, max_lines);
  for (gsize i = 0; i < figure->n_legend; i++)
    figure->legend[i].y += layout->top;
  figure->ramp.y += layout->top;
  if (layout->n_legend_lines > 0)
    layout->top += (layout->n_legend_lines * LINE + 6) * fs;
  set_area (figure, pen, canvas, layout);
  layout->top += sp_frame_measure_markers (figure, pen);
  set_area (figure, pen, canvas, layout);
  sp_frame_mark (figure, pen, &layout->labels);
  set_area (figure, pen, canvas, layout);
}

/* What of a title there is room for between two ends, and its middle: that of its axis, unless it would reach over one of them. */
static double
place_title (SpPen *pen, char **title, double middle, double from, double to)
{
  double margin = PAD / 2 * pen->font_scale, width, height;
  char *shown = sp_pen_elide (pen, SP_TEXT_LABEL, *title, to - from - 2 * margin);

  g_free (*title);
  *title = shown;
  sp_pen_measure (pen, SP_TEXT_LABEL, shown, &width, &height);
  return MAX (MIN (middle, to - margin - width / 2), from + margin + width / 2);
}

static void
draw_axis_titles (SpFigure *figure, SpPen *pen, const SpCanvas *canvas, const Layout *layout)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, middle;
  g_autofree char *x = x_title (figure), *y = y_title (figure);

  if (layout->has_x_title)
    {
      middle = place_title (pen, &x, area->x + area->width / 2, 0, canvas->width);
      sp_pen_text (pen, SP_TEXT_LABEL, pen->theme->foreground, x, middle,
                   area->y + area->height + layout->sides.bottom + layout->labels.bottom + 3 * fs, 0.5, 0, 0);
    }
  if (layout->has_y_title)
    {
      middle = place_title (pen, &y, area->y + area->height / 2, layout->title_height, canvas->height - layout->caption_height);
      sp_pen_text (pen, SP_TEXT_LABEL, pen->theme->foreground, y, PAD * fs, middle, 0.5, 0, -G_PI / 2);
    }
}

static void
draw_words (SpFigure *figure, SpPen *pen, const SpCanvas *canvas, const Layout *layout)
{
  double fs = pen->font_scale;
  SpRect under = { PAD * fs, canvas->height - PAD * fs - layout->caption_height + 6 * fs, canvas->width - 2 * PAD * fs,
                   0 };
  g_autofree char *title = NULL;

  if (layout->title_height > 0)
    {
      title = sp_pen_elide (pen, SP_TEXT_TITLE, figure->plot->title, canvas->width - 2 * PAD * fs);
      sp_pen_text (pen, SP_TEXT_TITLE, pen->theme->foreground, title, PAD * fs, PAD * fs - 1 * fs, 0, 0, 0);
    }
  draw_axis_titles (figure, pen, canvas, layout);
  if (layout->caption_height > 0)
    sp_pen_paragraph (pen, SP_TEXT_CAPTION, pen->theme->dim, figure->plot->caption, &under, TRUE);
}

static void
draw_data (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  double air = 1.5 * pen->font_scale;

  cairo_save (pen->cr);
  cairo_rectangle (pen->cr, area->x - air, area->y - air, area->width + 2 * air, area->height + 2 * air);
  cairo_clip (pen->cr);
  figure->kind->draw (figure, pen);
  cairo_restore (pen->cr);
  if (figure->kind->draw_beside != NULL)
    figure->kind->draw_beside (figure, pen);
}

void
sp_frame_draw (SpFigure *figure, SpPen *pen, const SpCanvas *canvas)
{
  Layout layout = { 0 };

  sp_frame_fit (figure);
  lay_out (figure, pen, canvas, &layout);
  figure->right_edge = canvas->width - PAD * pen->font_scale;
  sp_frame_grid (figure, pen);
  if (figure->n_rows == 0 && figure->grid == NULL)
    sp_pen_text (pen, SP_TEXT_LABEL, pen->theme->dim, _ ("No data"), figure->area.x + figure->area.width / 2,
                 figure->area.y + figure->area.height / 2, 0.5, 0.5, 0);
  else
    draw_data (figure, pen);
  sp_frame_axes (figure, pen, &layout.labels);
  sp_frame_draw_legend (figure, pen);
  sp_frame_draw_markers (figure, pen);
  draw_words (figure, pen, canvas, &layout);
}
