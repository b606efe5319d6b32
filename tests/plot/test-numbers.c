/* test-numbers.c - the numbers behind a figure as CSV: a table, cells with names, cells with numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <math.h>

static void
check (SpResult *result, const char *expected)
{
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  g_autoptr (GString) out = g_string_new (NULL);

  sp_figure_append_numbers (figure, out);
  g_assert_cmpstr (out->str, ==, expected);
  sp_result_unref (result);
}

static SpResult *
make_grid (guint64 cell, gboolean has_names)
{
  static const float cells[] = { 0.25, -1.5, NAN, 1e-9f };
  SpResult *result = sp_result_new ("sample");
  SpGrid *grid = sp_grid_new ("t", 2 * cell, 2 * cell, cell, cell);
  float *layer = sp_grid_add_layer (grid, SP_LAYER_MEAN);

  for (gsize i = 0; i < 4; i++)
    layer[i] = cells[i];
  if (has_names)
    {
      grid->row_labels = g_strsplit ("0 1", " ", -1);
      grid->column_labels = g_strsplit ("gate say\"so\"", " ", -1);
    }
  g_ptr_array_add (result->grids, grid);
  sp_result_add_plot (result, "heatmap", "p", "Cells", "t");
  return result;
}

static void
test_table (void)
{
  static const double x[] = { 0.5, 2 }, y[] = { -3, 0.1 };
  const double *series[] = { y };
  g_autoptr (GString) out = g_string_new (NULL);
  g_autoptr (SpResult) result = sample_table ("line", 2, 1, x, series);
  g_autoptr (SpFigure) figure = sp_figure_new (result, sample_plot (result));
  g_auto (GStrv) lines = NULL;

  sp_figure_append_numbers (figure, out);
  lines = g_strsplit (out->str, "\n", -1);
  g_assert_cmpuint (g_strv_length (lines), ==, 4);
  g_assert_true (g_str_has_prefix (lines[1], "0.5,-3"));
  g_assert_true (g_str_has_prefix (lines[2], "2,0.1"));
}

static void
test_cells (void)
{
  check (make_grid (16, FALSE), ",0,16\n0,0.25,-1.5\n16,,9.99999972e-10\n");
  check (make_grid (1, TRUE), ",\"gate\",\"say\"\"so\"\"\"\n\"0\",0.25,-1.5\n\"1\",,9.99999972e-10\n");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/numbers/table", test_table);
  g_test_add_func ("/numbers/cells", test_cells);
  return g_test_run ();
}
