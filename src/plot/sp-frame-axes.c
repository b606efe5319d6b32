/* sp-frame-axes.c - limits, ticks, category names and hairlines of the two axes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-frame.h"

#include "sp-error.h"

#include <math.h>
#include <string.h>

#define TICK_LENGTH 3.5
#define TICK_GAP 2.5
#define NAME_LENGTH 92 /* longest category name, in units of font_scale */
#define NAME_ANGLE (-G_PI / 4)
#define TEXT_FROM 14   /* room of a column from which on its text stands below it */

static void
start_axis (SpAxis *axis, const SpAxis *set, gboolean is_set, gboolean is_scale_set, SpScale scale)
{
  if (is_set)
    *axis = *set;
  else
    *axis = (SpAxis){ is_scale_set ? set->scale : scale, 0, 1, 0 };
  if (axis->scale == SP_SCALE_LOG && is_set && !(axis->min > 0))
    axis->scale = SP_SCALE_LINEAR;
}

/* Symmetric logarithm: three decades under the largest value, from a power of ten. */
static void
set_linear_part (SpAxis *axis, const SpSpan *span)
{
  double largest = MAX (fabs (span->low), fabs (span->high));

  if (axis->scale == SP_SCALE_SYMLOG && largest > 0 && isfinite (largest))
    axis->linear_below = pow (10, floor (log10 (largest) - 3 + 1e-9));
}

static void
fit_names (SpAxis *axis, gsize n)
{
  *axis = (SpAxis){ SP_SCALE_LINEAR, -0.5, MAX (n, 1) - 0.5, 0 };
}

/* A share near the top of its range is shown against the whole, and one that is nothing anywhere as well. */
static void
hold_share (const SpFigure *figure, SpAxis *axis, const SpSpan *span)
{
  const char *unit = figure->n_series > 0 ? figure->y[0].unit : "";

  if (axis->scale != SP_SCALE_LINEAR || g_strcmp0 (unit, "share") != 0 || !(span->low >= 0))
    return;
  axis->min = MAX (axis->min, 0);
  if (span->high <= 1)
    axis->max = MIN (axis->max, 1);
}

void
sp_frame_fit (SpFigure *figure)
{
  const SpView *view = &figure->view;
  const SpPlot *plot = figure->plot;
  SpSpan x = { INFINITY, -INFINITY }, y = { INFINITY, -INFINITY };

  start_axis (&figure->x_axis, &view->x, view->is_x_set, view->is_x_scale_set && figure->x_text == NULL,
              figure->x_text != NULL ? SP_SCALE_LINEAR : plot->x_scale);
  start_axis (&figure->y_axis, &view->y, view->is_y_set, view->is_y_scale_set && figure->y_text == NULL,
              figure->y_text != NULL ? SP_SCALE_LINEAR : plot->y_scale);
  if (view->is_x_set && view->is_y_set)
    return;
  figure->kind->fit (figure, &x, &y);
  if (!view->is_x_set)
    {
      set_linear_part (&figure->x_axis, &x);
      sp_axis_fit (&figure->x_axis, x.low, x.high, !figure->kind->is_x_tight);
      if (figure->x_text == NULL && figure->grid == NULL)
        sp_figure_hold (figure, &figure->x_axis, &x, &figure->view.held.x, &figure->view.held.has_x);
      if (figure->x_text != NULL)
        fit_names (&figure->x_axis, figure->n_x_text);
    }
  if (!view->is_y_set)
    {
      set_linear_part (&figure->y_axis, &y);
      sp_axis_fit (&figure->y_axis, y.low, y.high, !figure->kind->is_y_down);
      if (figure->grid == NULL)
        sp_figure_hold (figure, &figure->y_axis, &y, &figure->view.held.y, &figure->view.held.has_y);
      hold_share (figure, &figure->y_axis, &y);
      if (figure->y_text != NULL)
        fit_names (&figure->y_axis, figure->n_y_text);
    }
}

static double
widest_tick (SpPen *pen, const SpTick *ticks, gsize n)
{
  double widest = 0, width, height;

  for (gsize i = 0; i < n; i++)
    if (ticks[i].is_major)
      {
        sp_pen_measure (pen, SP_TEXT_TICK, ticks[i].label, &width, &height);
        widest = MAX (widest, width);
      }
  return widest;
}

/* Tokens may be line ends. */
static char *
dup_name (const char *name)
{
  return sp_visible_text (name != NULL ? name : "–");
}

static double
widest_name (SpPen *pen, const char *const *names, gsize n)
{
  double widest = 0, width, height;

  /* More names than this cannot be shown at once; a sample tells their length. */
  for (gsize i = 0; i < n; i += n / 60 + 1)
    if (names[i] != NULL)
      {
        g_autofree char *name = dup_name (names[i]);

        sp_pen_measure (pen, SP_TEXT_TICK, name, &width, &height);
        widest = MAX (widest, width);
      }
  return widest;
}

/* Fewer ticks until no two labels touch. */
static void
mark_x_numbers (SpFigure *figure, SpPen *pen)
{
  const char *unit = figure->x.unit != NULL ? figure->x.unit : figure->plot->x_unit;
  gsize n_wanted = (gsize) MAX (figure->area.width / (34 * pen->font_scale), 2);

  for (n_wanted = MIN (n_wanted, 12); n_wanted >= 2; n_wanted--)
    {
      double least = INFINITY, last = -INFINITY;

      figure->n_x_ticks = sp_axis_ticks (&figure->x_axis, n_wanted, unit, figure->x_ticks, SP_MAX_TICKS);
      for (gsize i = 0; i < figure->n_x_ticks; i++)
        if (figure->x_ticks[i].is_major)
          {
            least = MIN (least, (figure->x_ticks[i].place - last) * figure->area.width);
            last = figure->x_ticks[i].place;
          }
      if (widest_tick (pen, figure->x_ticks, figure->n_x_ticks) + 7 * pen->font_scale < least)
        return;
    }
}

static void
mark_y_numbers (SpFigure *figure, SpPen *pen)
{
  const char *unit = figure->n_series > 0 ? figure->y[0].unit : figure->grid != NULL ? "index" : figure->plot->y_unit;
  gsize n_wanted = (gsize) CLAMP (figure->area.height / (25 * pen->font_scale), 2, 9);

  figure->n_y_ticks = sp_axis_ticks (&figure->y_axis, n_wanted, unit, figure->y_ticks, SP_MAX_TICKS);
}

/* Every 1, 2, 5, 10 …: a step one can count in. */
static gsize
round_every (double least)
{
  gsize every = 1;

  for (gsize i = 0; every < least; i++)
    every = i % 3 == 1 ? every / 2 * 5 : every * 2;
  return every;
}

/* Texts beside columns, such as those of tokens, take the place of their numbers or names where each has room. */
static void
choose_x_names (const SpFigure *figure, const SpPen *pen, SpLabels *labels)
{
  const SpGrid *grid = figure->grid;
  double slot = figure->area.width / (figure->x_axis.max - figure->x_axis.min);

  labels->x_names = figure->x_text;
  labels->n_x_names = figure->n_x_text;
  if (grid == NULL || grid->column_texts == NULL || slot < TEXT_FROM * pen->font_scale)
    return;
  labels->x_names = (const char *const *) grid->column_texts;
  labels->n_x_names = grid->n_columns;
}

/* Level if all fit side by side, else slanted, else every so many. */
static void
mark_x_names (SpFigure *figure, SpPen *pen, SpLabels *labels)
{
  double slot = figure->area.width / (figure->x_axis.max - figure->x_axis.min), line = 11 * pen->font_scale;
  double widest = widest_name (pen, labels->x_names, labels->n_x_names);

  figure->n_x_ticks = 0;
  labels->every_x = 1;
  labels->angle = 0;
  labels->name_room = MIN (widest, NAME_LENGTH * pen->font_scale);
  if (widest + 5 * pen->font_scale <= slot)
    {
      labels->bottom = line;
      return;
    }
  labels->every_x = round_every (line * 1.25 / slot);
  if (widest + 5 * pen->font_scale <= slot * labels->every_x && widest < 3 * line)
    {
      labels->bottom = line;
      return;
    }
  labels->angle = NAME_ANGLE;
  labels->name_room = MIN (labels->name_room, MAX (figure->area.height * 0.6, 3 * line));
  labels->bottom = labels->name_room * sin (-NAME_ANGLE) + line * cos (NAME_ANGLE);
  /* The first name reaches out to the left. */
  labels->left = MAX (labels->left, labels->name_room * cos (NAME_ANGLE) - slot / 2 - 14 * pen->font_scale);
}

static void
mark_y_names (SpFigure *figure, SpPen *pen, SpLabels *labels)
{
  double slot = figure->area.height / (figure->y_axis.max - figure->y_axis.min), line = 10.5 * pen->font_scale;

  figure->n_y_ticks = 0;
  labels->every_y = round_every (line / slot);
  labels->left = MIN (widest_name (pen, figure->y_text, figure->n_y_text), NAME_LENGTH * pen->font_scale);
}

void
sp_frame_mark (SpFigure *figure, SpPen *pen, SpLabels *labels)
{
  double fs = pen->font_scale;

  *labels = (SpLabels){ .every_x = 1, .every_y = 1 };
  choose_x_names (figure, pen, labels);
  if (figure->y_text != NULL)
    mark_y_names (figure, pen, labels);
  else
    {
      mark_y_numbers (figure, pen);
      labels->left = widest_tick (pen, figure->y_ticks, figure->n_y_ticks);
    }
  if (labels->x_names != NULL)
    mark_x_names (figure, pen, labels);
  else
    {
      mark_x_numbers (figure, pen);
      labels->bottom = 11 * fs;
    }
  labels->left += (TICK_LENGTH + TICK_GAP) * fs;
  labels->bottom += (TICK_LENGTH + TICK_GAP) * fs;
}

void
sp_frame_grid (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  double hairline = sp_pen_hairline (pen);

  if (figure->kind->is_y_down)
    return;
  for (gsize i = 0; i < figure->n_y_ticks; i++)
    {
      double y = area->y + area->height * (1 - figure->y_ticks[i].place);

      if (figure->y_ticks[i].is_major)
        sp_pen_line (pen, pen->theme->grid, hairline, area->x, y, area->x + area->width, y);
    }
  for (gsize i = 0; figure->kind->has_x_grid && i < figure->n_x_ticks; i++)
    {
      double x = area->x + area->width * figure->x_ticks[i].place;

      if (figure->x_ticks[i].is_major)
        sp_pen_line (pen, pen->theme->grid, hairline, x, area->y, x, area->y + area->height);
    }
}

static void
draw_x_names (SpFigure *figure, SpPen *pen, const SpLabels *labels)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, y = area->y + area->height;
  double first = ceil (MAX (figure->x_axis.min, 0) / labels->every_x) * labels->every_x;

  for (double i = first; i < labels->n_x_names && i <= figure->x_axis.max; i += labels->every_x)
    {
      double x = sp_figure_x (figure, i);
      g_autofree char *name = dup_name (labels->x_names[(gsize) i]);
      g_autofree char *shown = sp_pen_elide (pen, SP_TEXT_TICK, name, labels->name_room + 1);

      if (labels->angle == 0)
        sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, shown, x, y + (TICK_LENGTH + TICK_GAP) * fs, 0.5, 0, 0);
      else
        sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, shown, x + 3 * fs, y + (TICK_GAP + 2) * fs, 1, 0.4,
                     labels->angle);
    }
}

static void
draw_x_ticks (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, hairline = sp_pen_hairline (pen), bottom = area->y + area->height;

  for (gsize i = 0; i < figure->n_x_ticks; i++)
    {
      const SpTick *tick = &figure->x_ticks[i];
      double x = area->x + area->width * tick->place, length = TICK_LENGTH * (tick->is_major ? 1 : 0.55) * fs;

      sp_pen_line (pen, pen->theme->dim, hairline, x, bottom, x, bottom + length);
      if (tick->is_major)
        sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, tick->label, x, bottom + (TICK_LENGTH + TICK_GAP) * fs,
                     0.5, 0, 0);
    }
}

static void
draw_y_names (SpFigure *figure, SpPen *pen, const SpLabels *labels)
{
  double fs = pen->font_scale;
  double first = ceil (MAX (floor (figure->y_axis.min + 0.5), 0) / labels->every_y) * labels->every_y;

  for (double i = first; i < figure->n_y_text && i - 0.5 < figure->y_axis.max; i += labels->every_y)
    {
      const char *name = figure->y_text[(gsize) i];
      g_autofree char *shown = sp_pen_elide (pen, SP_TEXT_TICK, name != NULL ? name : "–", labels->left);
      /* In the middle of what is in view of its row, which may be a small part. */
      double middle = (MAX (i - 0.5, figure->y_axis.min) + MIN (i + 0.5, figure->y_axis.max)) / 2;

      sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, shown, figure->area.x - (TICK_GAP + 2) * fs,
                   sp_figure_y (figure, middle), 1, 0.5, 0);
    }
}

static void
draw_y_ticks (SpFigure *figure, SpPen *pen)
{
  const SpRect *area = &figure->area;
  double fs = pen->font_scale, hairline = sp_pen_hairline (pen);

  for (gsize i = 0; i < figure->n_y_ticks; i++)
    {
      const SpTick *tick = &figure->y_ticks[i];
      double place = figure->kind->is_y_down ? tick->place : 1 - tick->place;
      double y = area->y + area->height * place, length = TICK_LENGTH * (tick->is_major ? 1 : 0.55) * fs;

      sp_pen_line (pen, pen->theme->dim, hairline, area->x - length, y, area->x, y);
      if (tick->is_major)
        sp_pen_text (pen, SP_TEXT_TICK, pen->theme->foreground, tick->label, area->x - (TICK_LENGTH + TICK_GAP) * fs, y,
                     1, 0.5, 0);
    }
}

void
sp_frame_axes (SpFigure *figure, SpPen *pen, const SpLabels *labels)
{
  const SpRect *area = &figure->area;
  double hairline = sp_pen_hairline (pen), bottom = area->y + area->height;
  gboolean has_names = figure->x_text != NULL && figure->y_text != NULL;

  /* A labelled matrix needs no axis lines: its cells are its frame. */
  if (!has_names)
    {
      sp_pen_line (pen, pen->theme->dim, hairline, area->x, bottom, area->x + area->width, bottom);
      sp_pen_line (pen, pen->theme->dim, hairline, area->x, area->y, area->x, bottom);
    }
  if (labels->x_names != NULL)
    draw_x_names (figure, pen, labels);
  else
    draw_x_ticks (figure, pen);
  if (figure->y_text != NULL)
    draw_y_names (figure, pen, labels);
  else
    draw_y_ticks (figure, pen);
}
