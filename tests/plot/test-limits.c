/* test-limits.c - colour limits of a heatmap: shares of the cells left out, symmetric where signed, counts of a histogram */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <math.h>

#define SIDE 100
#define N (SIDE * SIDE)

/* Every whole number from first to first + N − 1 once, in an order of no meaning; 7919 and N share no factor. */
static SpResult *
make_numbers (double first)
{
  SpResult *result = sp_result_new ("sample");
  SpGrid *grid = sp_grid_new ("t", SIDE, SIDE, 1, 1);
  float *cells = sp_grid_add_layer (grid, SP_LAYER_MEAN);

  for (gsize i = 0; i < N; i++)
    cells[i] = (float) (first + (double) (i * 7919 % N));
  g_ptr_array_add (result->grids, grid);
  sp_result_add_plot (result, "heatmap", "p", "Numbers", "t");
  return result;
}

static void
check_limits (double first, double cut, const char *palette, double low, double high)
{
  g_autoptr (SpResult) result = make_numbers (first);
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  SpColors colors;
  SpView view;

  sp_view_init (&view);
  view.limits = SP_LIMITS_CUT;
  view.cut = cut;
  view.palette = palette;
  g_assert_true (sp_figure_get_colors (figure, &view, FALSE, &colors));
  g_assert_cmpfloat (colors.low, ==, low);
  g_assert_cmpfloat (colors.high, ==, high);
  g_assert_cmpfloat (colors.least, ==, first);
  g_assert_cmpfloat (colors.most, ==, first + N - 1);
}

/* numpy.quantile (arange (10000), q, method="lower") is floor (q · 9999). */
static void
test_cut (void)
{
  check_limits (0, 0, NULL, 0, 9999);
  check_limits (0, 0.001, NULL, 9, 9989);
  check_limits (0, 0.01, NULL, 99, 9899);
  check_limits (0, 0.05, NULL, 499, 9499);
  check_limits (500, 0.01, NULL, 599, 10399);
}

static void
test_signed (void)
{
  check_limits (-2000, 0.01, NULL, -7899, 7899);
  check_limits (-9000, 0.05, NULL, -8501, 8501);
  check_limits (-2000, 0.01, "grey", -1901, 7899);
}

static void
test_missing (void)
{
  g_autoptr (SpResult) result = make_numbers (0);
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  float *cells = ((SpGrid *) result->grids->pdata[0])->layers[SP_LAYER_MEAN];
  SpColors colors;
  SpView view;

  for (gsize i = 0; i < N; i++)
    cells[i] = cells[i] >= 5000 ? (i % 2 == 0 ? NAN : INFINITY) : cells[i];
  sp_view_init (&view);
  view.limits = SP_LIMITS_CUT;
  view.cut = 0.01;
  g_assert_true (sp_figure_get_colors (figure, &view, FALSE, &colors));
  g_assert_cmpfloat (colors.low, ==, 49);
  g_assert_cmpfloat (colors.high, ==, 4949);
}

static void
test_counts (void)
{
  g_autoptr (SpResult) result = make_numbers (0);
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  gsize counts[10];
  SpColors colors;
  SpView view;

  sp_view_init (&view);
  g_assert_true (sp_figure_get_colors (figure, &view, FALSE, &colors));
  sp_figure_count_cells (figure, 0, 10000, 10, counts);
  for (gsize i = 0; i < 10; i++)
    g_assert_cmpuint (counts[i], ==, 1000);
  /* The greatest belongs to the last bin, what lies outside to none. */
  sp_figure_count_cells (figure, 9989, 9999, 10, counts);
  for (gsize i = 0; i < 10; i++)
    g_assert_cmpuint (counts[i], ==, i < 9 ? 1 : 2);
}

static void
test_others_have_none (void)
{
  g_autoptr (SpResult) result = sample_bars (4);
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  SpColors colors;
  SpView view;

  sp_view_init (&view);
  g_assert_false (sp_figure_get_colors (figure, &view, FALSE, &colors));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/cut", test_cut);
  g_test_add_func ("/limits/signed", test_signed);
  g_test_add_func ("/limits/missing", test_missing);
  g_test_add_func ("/limits/counts", test_counts);
  g_test_add_func ("/limits/others-have-none", test_others_have_none);
  return g_test_run ();
}
