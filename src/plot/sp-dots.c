/* sp-dots.c - clouds of points too many to draw one by one */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dots.h"

#include "sp-color.h"

#include <math.h>

#define MAX_PIXELS 4096 /* either way */
#define MAX_COUNT 255

/* place = shift + step · remembered place */
typedef struct
{
  const double *places;
  double step, shift;
} Track;

/* Logarithms are taken once per scale: places on a first axis turn into places on any other of its scale. */
static Track
follow (SpSeries *series, gsize n, const SpAxis *axis)
{
  double low, high;

  if (series->places == NULL || series->places_axis.scale != axis->scale ||
      (axis->scale == SP_SCALE_SYMLOG && series->places_axis.linear_below != axis->linear_below))
    {
      g_free (series->places);
      series->places = g_new (double, MAX (n, 1));
      series->places_axis = *axis;
      for (gsize i = 0; i < n; i++)
        series->places[i] = sp_axis_place (axis, series->values[i]);
    }
  low = sp_axis_place (&series->places_axis, axis->min);
  high = sp_axis_place (&series->places_axis, axis->max);
  return (Track){ series->places, 1 / (high - low), -low / (high - low) };
}

/* counts: (height, width), points whose dot has its lower right corner there. */
static void
count_points (const Track *x, const Track *y, gsize n, guint8 *counts, gsize width, gsize height, gsize size)
{
  double x_step = x->step * width, x_shift = x->shift * width + size * 0.5 - 0.5;
  double y_step = -y->step * height, y_shift = (1 - y->shift) * height + size * 0.5 - 0.5;

  for (gsize i = 0; i < n; i++)
    {
      double column = x->places[i] * x_step + x_shift, row = y->places[i] * y_step + y_shift;
      guint8 *at;

      if (!(column >= size && row >= size && column < width && row < height))
        continue;
      at = counts + (gsize) row * width + (gsize) column;
      *at += *at < MAX_COUNT;
    }
}

/* Dots grow to size pixels along one direction, doubling; what is read has not been written yet. */
static void
widen_dots (guint8 *counts, gsize n_pixels, gsize stride, gsize size)
{
  for (gsize grown = 1; grown < size; grown *= 2)
    for (gsize i = 0; i + grown * stride < n_pixels; i++)
      {
        guint sum = (guint) counts[i] + counts[i + grown * stride];

        counts[i] = (guint8) MIN (sum, MAX_COUNT);
      }
}

/* The denser the cloud the fainter a point, so that its inside still has shades. */
static double
choose_alpha (const guint8 *counts, gsize n_pixels)
{
  gsize n_points = 0, n_taken = 0;

  for (gsize i = 0; i < n_pixels; i++)
    {
      n_points += counts[i];
      n_taken += counts[i] > 0;
    }
  return n_points > 0 ? CLAMP (1.1 * n_taken / n_points, 0.10, 0.6) : 0.6;
}

static void
paint_counts (cairo_surface_t *image, const guint8 *counts, gsize width, gsize height, SpColor color, double strength)
{
  guchar *data = cairo_image_surface_get_data (image);
  gsize stride = (gsize) cairo_image_surface_get_stride (image);
  double dot = choose_alpha (counts, width * height);
  guint32 inks[MAX_COUNT + 1];

  for (gsize i = 0; i <= MAX_COUNT; i++)
    {
      double alpha = (1 - pow (1 - dot, i)) * strength;
      SpColor faint = { color.r * alpha, color.g * alpha, color.b * alpha };

      inks[i] = (guint32) round (alpha * 255) << 24 | sp_color_to_rgb (faint);
    }
  for (gsize y = 0; y < height; y++)
    for (gsize x = 0; x < width; x++)
      ((guint32 *) (gpointer) (data + y * stride))[x] = inks[counts[y * width + x]];
}

void
sp_dots_draw (SpFigure *figure, SpPen *pen, gsize series, gboolean fades)
{
  const SpRect *area = &figure->area;
  gsize width = (gsize) CLAMP (round (area->width * pen->device_scale), 8, MAX_PIXELS);
  gsize height = (gsize) CLAMP (round (area->height * pen->device_scale), 8, MAX_PIXELS);
  gsize size = pen->device_scale < 1.5 ? 2 : pen->device_scale < 3 ? 4 : 8;
  g_autofree guint8 *counts = g_new0 (guint8, width * height);
  cairo_surface_t *image = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) width, (int) height);
  Track x = follow (&figure->x, figure->n_rows, &figure->x_axis);
  Track y = follow (&figure->y[series], figure->n_rows, &figure->y_axis);

  if (cairo_surface_status (image) == CAIRO_STATUS_SUCCESS)
    {
      count_points (&x, &y, figure->n_rows, counts, width, height, size);
      widen_dots (counts, width * height, 1, size);
      widen_dots (counts, width * height, width, size);
      paint_counts (image, counts, width, height, sp_figure_color (figure, pen, series), fades ? 0.5 : 1);
      cairo_surface_mark_dirty (image);
      cairo_save (pen->cr);
      cairo_translate (pen->cr, area->x, area->y);
      cairo_scale (pen->cr, area->width / width, area->height / height);
      cairo_set_source_surface (pen->cr, image, 0, 0);
      cairo_pattern_set_filter (cairo_get_source (pen->cr), CAIRO_FILTER_NEAREST);
      cairo_paint (pen->cr);
      cairo_restore (pen->cr);
    }
  cairo_surface_destroy (image);
}
