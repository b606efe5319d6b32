/* test-preview.c - while a run reads, axes and colours stay where they are or grow in a few steps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <math.h>

#define N_PREVIEWS 60

static void
draw (SpFigure *figure, const SpView *view)
{
  SpCanvas canvas = { 640, 420, 1, FALSE, FALSE, sp_theme_get (FALSE), 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 640, 420);
  cairo_t *cr = cairo_create (surface);

  sp_figure_draw (figure, cr, &canvas, view);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

/* What a window does with each result: draws it with the limits held so far. */
static void
show (SpResult *result, SpView *view, SpAxis *x, SpAxis *y)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));

  draw (figure, view);
  sp_figure_get_held (figure, &view->held);
  sp_figure_get_axes (figure, x, y);
}

static gsize
count_move (SpAxis *before, const SpAxis *now, gboolean is_first)
{
  gboolean moved = now->min != before->min || now->max != before->max;

  if (!is_first)
    {
      g_assert_cmpfloat (now->min, <=, before->min);
      g_assert_cmpfloat (now->max, >=, before->max);
    }
  *before = *now;
  return moved && !is_first;
}

/* Data that widens with every preview, about as reading more weights widens it; it shrinks again now and then. */
static SpResult *
make_preview (const char *kind, SpScale scale, gsize i)
{
  double reach = (i + 1.0) / N_PREVIEWS * (i % 3 == 2 ? 0.7 : 1);
  double x[] = { 1e-3 / (i + 1), 1e-2, 0.1 + reach }, y[] = { 0.013, 0.5 * reach, 7.3 * reach };
  const double *series[] = { y };
  SpResult *result = sample_table (kind, 3, 1, x, series);
  SpPlot *plot = result->plots->pdata[0];

  plot->x_scale = plot->y_scale = scale;
  return result;
}

static void
check_kind (const char *kind, SpScale scale)
{
  SpView view;
  SpAxis x, y, x_before = { 0 }, y_before = { 0 }, x_alone, y_alone;
  gsize n_moves = 0;
  g_autoptr (SpResult) last = make_preview (kind, scale, N_PREVIEWS - 1);

  sp_view_init (&view);
  view.is_growing = TRUE;
  for (gsize i = 0; i < N_PREVIEWS; i++)
    {
      g_autoptr (SpResult) result = make_preview (kind, scale, i);
      double highest = sp_column_get_number (sp_table_find_column (result->tables->pdata[0], "y0"), 2);

      show (result, &view, &x, &y);
      n_moves += count_move (&x_before, &x, i == 0) + count_move (&y_before, &y, i == 0);
      g_assert_cmpfloat (y.max, >=, highest);
      g_assert_cmpfloat (x.max, >=, sp_column_get_number (sp_table_find_column (result->tables->pdata[0], "x"), 2));
    }
  g_test_message ("%s, scale %d: %zu moves in %d previews", kind, scale, n_moves, N_PREVIEWS);
  g_assert_cmpuint (n_moves, <=, 26);
  g_assert_cmpuint (n_moves, >, 0);
  /* The last result stands as if nothing had been before it. */
  view.is_growing = FALSE;
  show (last, &view, &x, &y);
  sp_view_init (&view);
  show (last, &view, &x_alone, &y_alone);
  g_assert_true (x.min == x_alone.min && x.max == x_alone.max && y.min == y_alone.min && y.max == y_alone.max);
}

static void
test_axes (void)
{
  static const char *const kinds[] = { "line", "bars", "histogram", "scatter" };

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (SpScale scale = SP_SCALE_LINEAR; scale <= SP_SCALE_SYMLOG; scale++)
      check_kind (kinds[k], scale);
}

/* Nothing is known at first: that must not become the limits of what comes. */
static void
test_late_data (void)
{
  static const double x[] = { 0, 1 }, nothing[] = { NAN, NAN }, zero[] = { 0, 0 }, small[] = { 0.001, 0.002 };
  const double *const stages[] = { nothing, zero, small, nothing };
  SpAxis at_x, y[4];
  SpView view;

  sp_view_init (&view);
  view.is_growing = TRUE;
  for (gsize i = 0; i < G_N_ELEMENTS (stages); i++)
    {
      g_autoptr (SpResult) result = sample_table ("bars", 2, 1, x, &stages[i]);

      show (result, &view, &at_x, &y[i]);
    }
  g_assert_cmpfloat (y[2].max, <, 0.0041);
  g_assert_true (y[3].min == y[2].min && y[3].max == y[2].max);
}

/* The highest colour of a grid whose greatest cell is most. */
static double
highest_color (double most, gboolean is_signed, SpView *view, double *lowest)
{
  g_autoptr (SpResult) result = sample_fingerprint (3, 2);
  SpGrid *grid = result->grids->pdata[0];
  SpAxis x, y;

  for (gsize i = 0; i < 6; i++)
    grid->layers[SP_LAYER_MEAN][i] = (float) (most * i / 5 * (is_signed && i % 2 == 0 ? -1 : 1));
  show (result, view, &x, &y);
  *lowest = view->held.colors.min;
  return view->held.colors.max;
}

static void
test_colors (void)
{
  for (int is_signed = 0; is_signed < 2; is_signed++)
    {
      gsize n_moves = 0;
      double before = 0, lowest;
      SpView view;

      sp_view_init (&view);
      view.is_growing = TRUE;
      for (gsize i = 1; i <= N_PREVIEWS; i++)
        {
          double high = highest_color (0.31 * i, is_signed, &view, &lowest);

          g_assert_cmpfloat (high, >=, MAX (before, 0.31 * i * 0.9999));
          g_assert_cmpfloat_with_epsilon (lowest, is_signed ? -high : 0, 1e-6);
          n_moves += high > before;
          before = high;
        }
      g_assert_cmpuint (n_moves, <=, 16);
    }
}

/* Shares that are nothing anywhere lie between nothing and all, not between minus all and all. */
static void
test_no_share (void)
{
  static const double zero[] = { 0, 0, 0 };
  const double *series[] = { zero };
  g_autoptr (SpResult) result = sample_table ("bars", 3, 1, zero, series);
  SpPlot *plot = result->plots->pdata[0];
  SpAxis x, at_y;
  SpView view;

  sp_table_take_column (result->tables->pdata[0], sp_column_new_f64 ("share", "share", "share", 3, g_new0 (double, 3)));
  g_strfreev (plot->y);
  plot->y = g_strsplit ("share", " ", -1);
  sp_view_init (&view);
  show (result, &view, &x, &at_y);
  g_assert_cmpfloat (at_y.min, ==, 0);
  g_assert_cmpfloat (at_y.max, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/preview/axes", test_axes);
  g_test_add_func ("/preview/late-data", test_late_data);
  g_test_add_func ("/preview/colors", test_colors);
  g_test_add_func ("/preview/no-share", test_no_share);
  return g_test_run ();
}
