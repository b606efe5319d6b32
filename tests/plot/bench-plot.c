/* bench-plot.c - how long a frame takes: a million points, a thousand by thousand cells */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <time.h>

#define N_FRAMES 25

/* Of this thread: what else the machine does must not count. */
static double
cpu_ms (void)
{
  struct timespec time;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &time);
  return time.tv_sec * 1e3 + time.tv_nsec / 1e6;
}

static double
draw_once (SpFigure *figure, cairo_surface_t *surface, double scale, const SpView *view)
{
  SpCanvas canvas = { 1200, 800, 1.33, FALSE, FALSE, sp_theme_get (FALSE), scale };
  cairo_t *cr = cairo_create (surface);
  double start = cpu_ms ();

  cairo_scale (cr, scale, scale);
  sp_figure_draw (figure, cr, &canvas, view);
  cairo_surface_flush (surface);
  cairo_destroy (cr);
  return cpu_ms () - start;
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

/* The first frame, which finds ranges and levels, and the median of the rest, zoomed a little more each. */
static void
measure (const char *name, SpResult *result, double scale)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  cairo_surface_t *surface =
    cairo_image_surface_create (CAIRO_FORMAT_ARGB32, (int) (1200 * scale), (int) (800 * scale));
  double ms[N_FRAMES];
  SpView view;
  SpAxis x, y;

  sp_view_init (&view);
  for (gsize i = 0; i < N_FRAMES; i++)
    {
      ms[i] = draw_once (figure, surface, scale, &view);
      sp_figure_get_axes (figure, &x, &y);
      sp_axis_zoom (&x, 0.3, 1.01);
      sp_axis_zoom (&y, 0.3, 1.01);
      view.x = x, view.y = y;
      view.is_x_set = view.is_y_set = TRUE;
    }
  g_print ("%-28s %4.0fx: first %6.2f ms, ", name, scale, ms[0]);
  qsort (ms + 1, N_FRAMES - 1, sizeof (double), compare);
  g_print ("then median %6.2f ms, worst %6.2f ms\n", ms[1 + N_FRAMES / 2], ms[N_FRAMES - 1]);
  cairo_surface_destroy (surface);
  sp_view_clear (&view);
  sp_result_unref (result);
}

int
main (void)
{
  measure ("line, 3000 points", sample_many (3000), 1);
  measure ("line, 8000 points", sample_many (8000), 1);
  measure ("line, 1e6 points", sample_many (1000000), 1);
  measure ("line, 1e6 points", sample_many (1000000), 2);
  measure ("scatter, 1e6 points", sample_scatter (1000000), 1);
  measure ("heatmap, 1024x1024 cells", sample_weights (1024, 4), 1);
  measure ("heatmap, 1024x1024 cells", sample_weights (1024, 4), 2);
  measure ("heatmap, 4096x4096 cells", sample_weights (4096, 1), 1);
  measure ("fingerprint, 40x12", sample_fingerprint (40, 12), 1);
  measure ("bars, 10 000 names", sample_bars (10000), 1);
  return 0;
}
