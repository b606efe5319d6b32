/* bench-dump-slider.c - from a moved threshold to a drawn plot: 64 layers of 16 384 neurons at 8 192 tokens
 *
 * CPU time of finish(), and of each plot made and drawn once at 1000 × 600; no activation is read.  The window draws the plot
 * that is shown, so the aim is one frame, 16 ms, for finish() and any one plot. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dump-model.h"
#include "sp-figure.h"

#include <stdio.h>
#include <time.h>

#define N_LAYERS  64
#define N_NEURONS 16384
#define REPEATS   12
#define MAX_PLOTS 16
#define WIDTH     1000
#define HEIGHT    600

typedef struct { double total, worst; } Cost;

static double
cpu_ms (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return 1e3 * (double) now.tv_sec + 1e-6 * (double) now.tv_nsec;
}

static void
add_cost (Cost *cost, double ms)
{
  cost->total += ms;
  cost->worst = MAX (cost->worst, ms);
}

/* As the window does it for each result of a moved threshold. */
static void
draw (SpResult *result, const SpPlot *plot, cairo_surface_t *surface)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, plot);
  g_autofree char     *words = sp_figure_describe (figure);
  SpCanvas             canvas = { WIDTH, HEIGHT, 96.0 / 72, FALSE, FALSE, sp_theme_get (FALSE), 1 };
  cairo_t             *cr = cairo_create (surface);
  SpView               view;

  sp_view_init (&view);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  sp_figure_draw (figure, cr, &canvas, &view);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
}

static void
move_once (SpRun *run, gsize entry, SpArgs *args, cairo_surface_t *surface, Cost *finish, Cost *plots)
{
  double               started = cpu_ms ();
  g_autoptr (SpResult) result = sp_run_dup_result (run, entry, args);

  add_cost (finish, cpu_ms () - started);
  for (guint i = 0; i < result->plots->len && i < MAX_PLOTS; i++)
    {
      started = cpu_ms ();
      draw (result, result->plots->pdata[i], surface);
      add_cost (&plots[i], cpu_ms () - started);
    }
}

static void
report (SpRun *run, gsize entry, SpArgs *args, const char *param, const Cost *finish, const Cost *plots)
{
  g_autoptr (SpResult) result = sp_run_dup_result (run, entry, args);
  double               dearest = 0;

  printf ("%s, %s: finish() %.2f ms CPU on average, %.2f ms at worst\n", result->analysis, param, finish->total / REPEATS, finish->worst);
  for (guint i = 0; i < result->plots->len && i < MAX_PLOTS; i++)
    {
      dearest = MAX (dearest, plots[i].worst);
      printf ("  %-18s %.2f ms on average, %.2f ms at worst\n", ((SpPlot *) result->plots->pdata[i])->id, plots[i].total / REPEATS,
              plots[i].worst);
    }
  printf ("  with any one plot at most %.2f ms; ratio to a frame of 16 ms %.2f\n", finish->worst + dearest,
          (finish->worst + dearest) / 16);
}

/* From first on, a step a move. */
static void
move (SpRun *run, gsize entry, SpArgs *args, const char *param, double first, double step)
{
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_ARGB32, WIDTH, HEIGHT);
  Cost             finish = { 0 }, plots[MAX_PLOTS] = { 0 };

  for (guint i = 0; i < REPEATS; i++)
    {
      g_autoptr (SpArgs) moved = sp_args_dup (args);

      sp_args_set_number (moved, param, first + step * i);
      move_once (run, entry, moved, surface, &finish, plots);
    }
  report (run, entry, args, param, &finish, plots);
  cairo_surface_destroy (surface);
}

int
main (void)
{
  g_autoptr (SpArgs) sparsity = sp_args_new (sp_analysis_find ("activation-sparsity"));
  g_autoptr (SpArgs) neurons = sp_args_new (sp_analysis_find ("lazy-neurons"));
  SpArgs            *args[] = { sparsity, neurons };
  g_autoptr (SpRun)  run = NULL;

  g_assert_true (sp_args_parse (sparsity, "rule", "eps", NULL));
  run = dump_model_scan (N_LAYERS, N_NEURONS, args);
  if (run == NULL)
    return 77;
  for (gsize i = 0; i < 2; i++)
    sp_result_unref (sp_run_dup_result (run, i, NULL));      /* what is made once is there before the first move */
  move (run, 0, sparsity, "eps", 0.01, 0.05);
  move (run, 1, neurons, "dead", 0.0005, 0.0005);
  move (run, 1, neurons, "rare", 0.005, 0.005);
  move (run, 1, neurons, "often", 0.3, 0.05);
  move (run, 1, neurons, "order", 0, 1);
  return 0;
}
