/* bench-plot.c - CPU time of one redraw at 1000 × 600: each plot after a moved slider, a large map while it is panned
 *
 * A slider gives a new result, so a figure is made, described, drawn and asked what is under the pointer. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"
#include "slider-model.h"
#include "sp-run.h"

#include <string.h>
#include <time.h>

#define N_TENSORS 10000
#define REPEATS   24
#define WIDTH     1000
#define HEIGHT    600

static double
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * (double) now.tv_sec + 1e-6 * (double) now.tv_nsec;
}

static void
draw (SpFigure *figure, cairo_surface_t *surface, int scale, const SpView *view)
{
  SpCanvas canvas = { WIDTH, HEIGHT, 96.0 / 72, FALSE, FALSE, sp_theme_get (FALSE), scale };
  cairo_t *cr = cairo_create (surface);

  cairo_scale (cr, scale, scale);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  sp_figure_draw (figure, cr, &canvas, view);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
}

static int
compare (gconstpointer a, gconstpointer b)
{
  double x = *(const double *) a, y = *(const double *) b;

  return (x > y) - (x < y);
}

static void
report (const char *name, int scale, double *ms)
{
  double first = ms[0];

  qsort (ms + 1, REPEATS - 1, sizeof (double), compare);
  g_print ("%-24s %dx: first %6.2f ms, then median %5.2f ms, worst %5.2f ms\n", name, scale, first,
           ms[1 + (REPEATS - 1) / 2], ms[REPEATS - 1]);
}

/* As the window does it for each result of a moved slider. */
static void
measure_slider (SpResult *const *results, const char *id, int scale)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH * scale, HEIGHT * scale);
  double           ms[REPEATS];
  SpView           view;

  sp_view_init (&view);
  for (gsize i = 0; i < REPEATS; i++)
    {
      double               started = cpu_ms ();
      g_autoptr (SpFigure) figure = sp_figure_new (results[i], sp_result_find_plot (results[i], id));
      g_autofree char     *words = sp_figure_describe (figure);
      SpHit                hit;

      draw (figure, surface, scale, &view);
      sp_figure_hit (figure, WIDTH / 2, HEIGHT / 2, &hit);
      sp_hit_clear (&hit);
      ms[i] = cpu_ms () - started;
    }
  report (id, scale, ms);
  cairo_surface_destroy (surface);
}

/* side: elements of the matrix shown along an axis. */
static void
measure_pan (SpResult *result, const char *name, double side, int scale)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  cairo_surface_t     *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH * scale, HEIGHT * scale);
  double               ms[REPEATS];
  SpView               view;

  sp_view_init (&view);
  view.is_x_set = view.is_y_set = TRUE;
  for (gsize i = 0; i < REPEATS; i++)
    {
      double started = cpu_ms ();

      view.x = view.y = (SpAxis){ SP_SCALE_LINEAR, 37.0 * i - 0.5, 37.0 * i + side - 0.5, 0 };
      draw (figure, surface, scale, &view);
      ms[i] = cpu_ms () - started;
    }
  report (name, scale, ms);
  cairo_surface_destroy (surface);
}

static void
measure_results (SpRun *run, SpArgs *args)
{
  static const char *const ids[] = { "curve", "layers", "pruning", "fingerprint", NULL };
  SpResult                *results[REPEATS];

  for (gsize i = 0; i < REPEATS; i++)
    {
      g_autoptr (SpArgs) moved = sp_args_dup (args);

      sp_args_set_number (moved, "eps", 1e-4 * (double) (i + 1));
      sp_args_set_number (moved, "prune", 0.02 * (double) (i + 1));
      results[i] = sp_run_dup_result (run, 0, moved);
    }
  for (gsize i = 0; ids[i] != NULL; i++)
    for (int scale = 1; scale <= 2 && sp_result_find_plot (results[0], ids[i]) != NULL; scale++)
      measure_slider (results, ids[i], scale);
  for (gsize i = 0; i < REPEATS; i++)
    sp_result_unref (results[i]);
}

static void
measure_maps (void)
{
  g_autoptr (SpResult) map = sample_weights (1024, 32);

  for (int scale = 1; scale <= 2; scale++)
    {
      measure_pan (map, "32 768 wide, all", 32768, scale);
      measure_pan (map, "32 768 wide, half", 16384, scale);
      measure_pan (map, "32 768 wide, 1000", 1000, scale);
    }
}

int
main (void)
{
  g_autoptr (SpArgs) args = sp_args_new (sp_analysis_find ("weight-sparsity"));
  g_autoptr (SpRun)  run = slider_model_scan (N_TENSORS, args);

  if (run == NULL)
    return 77;
  measure_results (run, args);
  measure_maps ();
  return 0;
}
