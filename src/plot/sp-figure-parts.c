/* sp-figure-parts.c - what the kinds of plot share: places, colours, symbols, words for a reader */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include "sp-color.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

double
sp_figure_x (SpFigure *figure, double value)
{
  return figure->area.x + figure->area.width * sp_axis_place (&figure->x_axis, value);
}

double
sp_figure_y (SpFigure *figure, double value)
{
  double place = sp_axis_place (&figure->y_axis, value);

  return figure->area.y + figure->area.height * (figure->kind->is_y_down ? place : 1 - place);
}

double
sp_figure_marker_place (SpFigure *figure, const SpMarker *marker)
{
  const SpAxis *axis = marker->is_vertical ? &figure->x_axis : &figure->y_axis;
  double place = sp_axis_place (axis, marker->value);

  if (axis->scale == SP_SCALE_LOG && marker->value <= 0 && marker->param != NULL)
    return 0;
  return place >= 0 && place <= 1 ? place : NAN;
}

gboolean
sp_figure_is_hidden (SpFigure *figure, gsize series)
{
  return series < 32 && (figure->view.hidden >> series & 1) != 0;
}

/* t: 0 … 1 */
static SpColor
color_along (SpPen *pen, double t)
{
  return sp_color_from_rgb (sp_palette_rgb (sp_palette_find ("lagoon"), pen->theme->is_dark ? 0.3 + 0.7 * t : 0.8 * t));
}

/* Few series: colours that differ most.  Many, such as one per layer: neighbours along a map, and what is of all in ink. */
SpColor
sp_figure_color (SpFigure *figure, SpPen *pen, gsize series)
{
  const SpSeries *y = &figure->y[series];

  if (figure->n_ramp > 0 && y->key != NULL)
    return color_along (pen, (double) y->rank / (double) (figure->n_ramp - 1));
  if (figure->n_ramp > 0)
    return y->rank == 0 ? pen->theme->foreground : pen->theme->series[y->rank % G_N_ELEMENTS (pen->theme->series)];
  if (figure->n_series <= G_N_ELEMENTS (pen->theme->series))
    return pen->theme->series[series];
  return color_along (pen, (double) series / (figure->n_series - 1));
}

#define FAINT 0.22

double
sp_figure_strength (SpFigure *figure, gsize series)
{
  return figure->selected_series == G_MAXSIZE || figure->selected_series == series ? 1 : FAINT;
}

void
sp_figure_set_dash (SpFigure *figure, SpPen *pen, gsize series, double line_width)
{
  static const double patterns[8][4] = { { 0 },      { 5, 2 },   { 1.2, 1.8 },     { 6, 2, 1.2, 2 },
                                         { 3, 1.5 }, { 8, 2.5 }, { 4, 1.5, 4, 3 }, { 1.2, 3 } };
  const double *pattern = patterns[series % 8];
  double dash[4];

  for (gsize i = 0; i < 4; i++)
    dash[i] = pattern[i] * line_width;
  if (pattern[0] == 0 || figure->n_series > 8)
    cairo_set_dash (pen->cr, NULL, 0, 0);
  else
    cairo_set_dash (pen->cr, dash, pattern[2] > 0 ? 4 : 2, 0);
}

const char *
sp_figure_get_key (SpFigure *figure, gsize row)
{
  return figure->key != NULL && row < figure->n_rows ? figure->key->text[row] : NULL;
}

char *
sp_figure_format_x (SpFigure *figure, gsize row)
{
  const SpPlot *plot = figure->plot;
  const char *title = plot->x_title != NULL ? plot->x_title : figure->x.title;
  g_autofree char *number = NULL;

  if (figure->x_text != NULL)
    return g_strdup (row < figure->n_x_text && figure->x_text[row] != NULL ? figure->x_text[row] : "–");
  number = sp_format_number (figure->x.values[row], figure->x.unit);
  if (title == NULL || *title == '\0')
    return g_steal_pointer (&number);
  return g_strdup_printf (strcmp (figure->x.unit, "index") == 0 ? "%s %s" : "%s = %s", title, number);
}

/* "7.32 %"; where the line was fitted to a point, that first. */
static char *
format_value (const SpSeries *y, gsize row, double point)
{
  g_autofree char *value = sp_format_number (y->values[row], y->unit), *measured = sp_format_number (point, y->unit);

  if (isnan (point))
    return g_steal_pointer (&value);
  return isnan (y->values[row]) ? g_strdup_printf (_ ("%s measured"), measured)
                                : g_strdup_printf (_ ("%s measured, %s fitted"), measured, value);
}

/* Where rows are neurons, the one; else the row's tensor, or else the series'. */
static void
take_key (SpFigure *figure, const SpSeries *y, gsize row, SpHit *hit)
{
  const char *key = figure->key == NULL && figure->table != NULL ? sp_table_get_key (figure->table, row, &hit->neuron) : NULL;

  if (hit->neuron >= 0)
    hit->key = key;
  else
    hit->key = sp_figure_get_key (figure, row) != NULL ? sp_figure_get_key (figure, row) : y->key;
}

void
sp_figure_read_out (SpFigure *figure, gsize series, gsize row, SpHit *hit)
{
  const SpSeries *y = &figure->y[series];
  g_autofree char *x = sp_figure_format_x (figure, row);
  double point = y->points != NULL ? y->points[row] : NAN;
  g_autofree char *value = format_value (y, row, point);

  g_free (hit->text);
  if (figure->n_series > 1)
    hit->text = g_strdup_printf ("%s, %s: %s", x, y->title, value);
  else
    hit->text = g_strdup_printf ("%s: %s", x, value);
  take_key (figure, y, row, hit);
  hit->snap_x = sp_figure_x (figure, figure->x.values[row]);
  hit->snap_y = sp_figure_y (figure, isfinite (point) ? point : y->values[row]);
}

static gsize
find_row (const double *values, gsize n_rows, double value)
{
  gsize row = 0;

  while (row + 1 < n_rows && values[row] != value)
    row++;
  return row;
}

/* "down: from 1.20 % (layer 3) to 40.00 % (layer 7), 2 not shown." */
void
sp_figure_describe_series (SpFigure *figure, gsize series, GString *out)
{
  const SpSeries *y = &figure->y[series];
  gboolean is_log = (figure->view.is_y_scale_set ? figure->view.y.scale : figure->plot->y_scale) == SP_SCALE_LOG;
  const SpSpan *span = is_log ? &y->positive : &y->span;
  gsize n_dropped = y->points != NULL ? 0 : figure->n_rows - (is_log ? y->n_positive : y->n_finite);
  g_autofree char *low = sp_format_number (span->low, y->unit), *high = sp_format_number (span->high, y->unit);
  g_autofree char *dropped = sp_format_number ((double) n_dropped, "count"), *at_low = NULL, *at_high = NULL;

  if (span->low > span->high)
    {
      g_string_append_printf (out, _ ("%s: no numbers. "), y->title);
      return;
    }
  at_low = sp_figure_format_x (figure, find_row (y->values, figure->n_rows, span->low));
  at_high = sp_figure_format_x (figure, find_row (y->values, figure->n_rows, span->high));
  g_string_append_printf (out, _ ("%s: from %s (%s) to %s (%s)"), y->title, low, at_low, high, at_high);
  if (n_dropped > 0 && is_log)
    g_string_append_printf (out, _ ("; %s zero, negative or missing, not shown on a logarithmic scale"), dropped);
  else if (n_dropped > 0)
    g_string_append_printf (out, _ ("; %s missing"), dropped);
  g_string_append (out, ". ");
}

void
sp_figure_rows_near (SpFigure *figure, double x, double reach, gsize *first, gsize *last)
{
  double left = (x - reach - figure->area.x) / figure->area.width,
         right = (x + reach - figure->area.x) / figure->area.width;

  *first = 0;
  *last = figure->n_rows;
  if (!figure->is_x_sorted)
    return;
  *first = sp_lower_bound (figure->x.values, 0, figure->n_rows, sp_axis_value (&figure->x_axis, left));
  *last = sp_lower_bound (figure->x.values, *first, figure->n_rows, sp_axis_value (&figure->x_axis, right));
  *first = *first > 0 ? *first - 1 : 0;
  *last = MIN (*last + 1, figure->n_rows);
}

void
sp_figure_hold (SpFigure *figure, SpAxis *axis, const SpSpan *span, SpAxis *held, gboolean *is_held)
{
  gboolean is_known = span->low < span->high;

  if (!figure->view.is_growing || (!is_known && !*is_held))
    return;
  if (!*is_held || held->scale != axis->scale)
    *held = *axis;
  else if (is_known)
    sp_axis_grow (held, axis);
  *is_held = TRUE;
  *axis = *held;
}

void
sp_span_add (SpSpan *span, double value)
{
  span->low = MIN (span->low, value);
  span->high = MAX (span->high, value);
}

void
sp_span_add_series (SpSpan *span, const SpAxis *axis, const SpSeries *series)
{
  const SpSpan *added = axis->scale == SP_SCALE_LOG ? &series->positive : &series->span;

  if (added->low > added->high)
    return;
  sp_span_add (span, added->low);
  sp_span_add (span, added->high);
}

gsize
sp_lower_bound (const double *rising, gsize first, gsize last, double value)
{
  while (first < last)
    {
      gsize middle = first + (last - first) / 2;

      if (rising[middle] < value)
        first = middle + 1;
      else
        last = middle;
    }
  return first;
}

static void
polygon (cairo_t *cr, double x, double y, double radius, int n, double first_angle)
{
  for (int i = 0; i < n; i++)
    cairo_line_to (cr, x + radius * cos (first_angle + i * 2 * G_PI / n),
                   y + radius * sin (first_angle + i * 2 * G_PI / n));
  cairo_close_path (cr);
}

void
sp_mark (cairo_t *cr, gsize series, double x, double y, double radius)
{
  cairo_new_sub_path (cr);
  switch (series % 6)
    {
    case 1:
      polygon (cr, x, y, radius * 1.25, 4, G_PI / 4);
      break;
    case 2:
      polygon (cr, x, y, radius * 1.3, 3, -G_PI / 2);
      break;
    case 3:
      polygon (cr, x, y, radius * 1.3, 4, 0);
      break;
    case 4:
      polygon (cr, x, y, radius * 1.3, 3, G_PI / 2);
      break;
    case 5:
      polygon (cr, x, y, radius * 1.15, 6, 0);
      break;
    default:
      cairo_arc (cr, x, y, radius, 0, 2 * G_PI);
      cairo_close_path (cr);
    }
}
