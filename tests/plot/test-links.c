/* test-links.c - what layers and neurons are behind rows, curves and cells, and how the selected ones look */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <math.h>

#define WIDTH 640
#define HEIGHT 420
#define N_LAYERS 64

static guint
draw (SpFigure *figure, const SpView *view)
{
  SpCanvas canvas = { WIDTH, HEIGHT, 1, FALSE, FALSE, sp_theme_get (FALSE), 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  guint sum = 0;

  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  sp_figure_draw (figure, cr, &canvas, view);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  for (gsize i = 0; i < WIDTH * HEIGHT; i++)
    sum = sum * 31 + ((guint32 *) (gpointer) cairo_image_surface_get_data (surface))[i];
  cairo_surface_destroy (surface);
  return sum;
}

/* What of this selection looks different from nothing selected? */
static gboolean
stands_out (SpFigure *figure, const char *key, gint64 neuron)
{
  SpView view;
  guint before, after;

  sp_view_init (&view);
  before = draw (figure, &view);
  view.selected = g_strdup (key);
  view.neuron = neuron;
  after = draw (figure, &view);
  sp_view_clear (&view);
  draw (figure, &view);
  return before != after;
}

/* A curve for each layer at 0.01 · (its number + 1), and one of all. */
static SpResult *
new_curves (gsize n_layers)
{
  SpResult *result = sp_result_new ("test");
  SpTable *table = sp_table_new ("curve", "Curve", 50);
  SpPlot *plot = sp_result_add_plot (result, "line", "curve", "Curve", "curve");
  double *x = g_new (double, 50);

  result->links = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  plot->x = g_strdup ("x");
  plot->y = g_new0 (char *, n_layers + 2);
  for (gsize i = 0; i < 50; i++)
    x[i] = (double) i;
  sp_table_take_column (table, sp_column_new_f64 ("x", "x", "", 50, x));
  for (gsize s = 0; s <= n_layers; s++)
    {
      double *y = g_new (double, 50);
      g_autofree char *key = g_strdup_printf ("act.%zu", s);

      plot->y[s] = s < n_layers ? g_strdup_printf ("layer_%zu", s) : g_strdup ("overall");
      for (gsize i = 0; i < 50; i++)
        y[i] = 0.01 * (double) (s + 1);
      sp_table_take_column (table, sp_column_new_f64 (plot->y[s], plot->y[s], "share", 50, y));
      if (s < n_layers)
        g_hash_table_insert (result->links, g_strdup (plot->y[s]), g_steal_pointer (&key));
    }
  g_ptr_array_add (result->tables, table);
  return result;
}

static void
test_curves (void)
{
  g_autoptr (SpResult) result = new_curves (N_LAYERS);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);
  g_autoptr (GHashTable) found = g_hash_table_new (g_str_hash, g_str_equal);
  gsize n_legend = 0;
  double left, top, width, height;

  g_assert_true (stands_out (figure, "act.17", -1));
  g_assert_false (stands_out (figure, "act.99", -1));
  sp_figure_get_area (figure, &left, &top, &width, &height);
  for (double x = 0; x < WIDTH; x += 0.5)
    {
      SpHit hit;

      sp_figure_hit (figure, x, top / 2, &hit);
      if (hit.key != NULL)
        g_hash_table_add (found, (gpointer) hit.key);
      n_legend += hit.legend >= 0;
      g_assert_true (hit.legend < 0 || hit.legend == N_LAYERS);
      sp_hit_clear (&hit);
    }
  g_assert_cmpuint (g_hash_table_size (found), ==, N_LAYERS);
  g_assert_cmpuint (n_legend, >, 0);
  g_assert_cmpfloat (top, <, 40);
}

/* The nearest curve is read out at any distance, but picked near to it only. */
static void
test_reach (void)
{
  g_autoptr (SpResult) result = new_curves (2);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);
  double left, top, width, height;
  gboolean is_near = FALSE, is_far = FALSE;
  SpHit hit;

  g_assert_true (stands_out (figure, "act.1", -1));
  sp_figure_get_area (figure, &left, &top, &width, &height);
  for (double y = top; y < top + height; y++)
    {
      sp_figure_hit (figure, left + width / 2, y, &hit);
      g_assert_nonnull (hit.text);
      is_near = is_near || g_strcmp0 (hit.key, "act.1") == 0;
      is_far = is_far || hit.key == NULL;
      sp_hit_clear (&hit);
    }
  g_assert_true (is_near && is_far);
}

/* 3 layers of n neurons, so many a cell; the last layer has one neuron less. */
static SpResult *
new_map (guint64 n, guint64 width)
{
  SpResult *result = sp_result_new ("test");
  SpGrid *grid = sp_grid_new ("map", 3, n, 1, width);
  float *cells = sp_grid_add_layer (grid, SP_LAYER_MEAN);

  for (gsize i = 0; i < 3 * grid->n_cell_columns - 1; i++)
    cells[i] = (float) i;
  grid->row_labels = g_strsplit ("0 1 2", " ", -1);
  grid->row_title = "layer";
  grid->row_keys = g_strsplit ("act.0 act.1 act.2", " ", -1);
  grid->is_by_neuron = TRUE;
  sp_result_add_plot (result, "heatmap", "map", "Map", "map");
  g_ptr_array_add (result->grids, grid);
  return result;
}

static void
point_at (SpFigure *figure, double row, double column, SpHit *hit)
{
  double left, top, width, height;
  SpAxis x, y;

  sp_figure_get_axes (figure, &x, &y);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  sp_figure_hit (figure, left + width * sp_axis_place (&x, column), top + height * sp_axis_place (&y, row), hit);
}

static void
check_cell (SpFigure *figure, double row, double column, const char *key, gint64 neuron)
{
  SpHit hit;

  point_at (figure, row, column, &hit);
  g_assert_cmpstr (hit.key, ==, key);
  g_assert_cmpint (hit.neuron, ==, neuron);
  sp_hit_clear (&hit);
}

static void
test_cells (void)
{
  g_autoptr (SpResult) result = new_map (20, 1);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);

  g_assert_true (stands_out (figure, "act.1", -1));
  g_assert_true (stands_out (figure, "act.1", 7));
  g_assert_false (stands_out (figure, "act.9", -1));
  check_cell (figure, 1, 7, "act.1", 7);
  check_cell (figure, 2, 19, "act.2", -1);
}

static void
check_text (SpFigure *figure, double row, double column, const char *text)
{
  SpHit hit;

  point_at (figure, row, column, &hit);
  g_assert_cmpstr (hit.text, ==, text);
  sp_hit_clear (&hit);
}

/* A cell is four neurons: one of them is picked once they are wide enough. */
static void
test_wide_cells (void)
{
  g_autoptr (SpResult) result = new_map (4000, 4);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);
  SpView view;

  sp_view_init (&view);
  draw (figure, &view);
  check_cell (figure, 1, 1001, "act.1", -1);
  view.is_x_set = TRUE;
  view.x = (SpAxis){ SP_SCALE_LINEAR, 990, 1030, 0 };
  draw (figure, &view);
  check_cell (figure, 1, 1001, "act.1", 1001);
  sp_view_clear (&view);
}

static void
test_order (void)
{
  const guint32 order[] = { 2, 0, 1, 1, 2, 0, 0, 1, G_MAXUINT32 };
  g_autoptr (SpResult) result = new_map (3, 1);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);
  SpGrid *grid = result->grids->pdata[0];
  guint64 column;

  grid->neurons = g_bytes_new (order, sizeof order);
  g_assert_true (stands_out (figure, "act.0", 2));
  g_assert_true (stands_out (figure, "act.2", 2)); /* which is not shown: its row */
  check_cell (figure, 0, 0, "act.0", 2);
  check_cell (figure, 1, 2, "act.1", 0);
  check_text (figure, 1, 1, "layer 1, neuron 2: 4");
  g_assert_true (sp_grid_find_neuron (grid, 1, 2, &column));
  g_assert_cmpuint (column, ==, 1);
  g_assert_false (sp_grid_find_neuron (grid, 2, 2, &column));
}

/* 3 neurons of a tensor by 20 columns, of which two do not follow the one before. */
static SpResult *
new_rows (gboolean is_broken)
{
  static const guint32 neurons[] = { 17, 5, 8 };
  SpResult *result = new_map (20, 1);
  SpGrid *grid = result->grids->pdata[0];

  grid->is_by_neuron = FALSE;
  grid->row_neurons = g_memdup2 (neurons, sizeof neurons);
  for (gsize i = 0; i < 3; i++)
    {
      g_free (grid->row_keys[i]);
      grid->row_keys[i] = g_strdup ("latents");
    }
  if (is_broken)
    {
      grid->starts = g_new0 (guint8, 20);
      grid->starts[3] = grid->starts[12] = 1;
    }
  return result;
}

static void
test_row_neurons (void)
{
  g_autoptr (SpResult) result = new_rows (FALSE), broken = new_rows (TRUE);
  g_autoptr (SpFigure) figure = sp_figure_new (result, result->plots->pdata[0]);
  g_autoptr (SpFigure) other = sp_figure_new (broken, broken->plots->pdata[0]);
  SpView view;

  g_assert_true (stands_out (figure, "latents", 5));
  g_assert_false (stands_out (figure, "latents", 6));
  g_assert_false (stands_out (figure, "latents", -1));
  g_assert_false (stands_out (figure, "act.1", 5));
  check_cell (figure, 0, 7, "latents", 17);
  check_cell (figure, 2, 0, "latents", 8);
  sp_view_init (&view);
  g_assert_cmpuint (draw (figure, &view), !=, draw (other, &view));
}

/* A point a neuron. */
static void
test_points (void)
{
  const double x[] = { 1, 2, 3, 4 }, values[] = { 5, 9, 6, 7 };
  const double *y[] = { values };
  g_autoptr (SpResult) result = sample_table ("scatter", 4, 1, x, y);
  SpFigure *figure = sp_figure_new (result, sample_plot (result));
  double left, top, width, height;
  SpAxis x_axis, y_axis;
  SpHit hit;

  g_assert_false (stands_out (figure, "latents", 2));
  sp_figure_unref (figure);
  sp_table_add_neurons (result->tables->pdata[0], 0, 4, "latents");
  figure = sp_figure_new (result, sample_plot (result));
  g_assert_true (stands_out (figure, "latents", 2));
  g_assert_false (stands_out (figure, "latents", 4));
  g_assert_false (stands_out (figure, "latents", -1));
  g_assert_false (stands_out (figure, "other", 2));
  sp_figure_get_axes (figure, &x_axis, &y_axis);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  sp_figure_hit (figure, left + width * sp_axis_place (&x_axis, 3), top + height * (1 - sp_axis_place (&y_axis, 6)), &hit);
  g_assert_cmpstr (hit.key, ==, "latents");
  g_assert_cmpint (hit.neuron, ==, 2);
  sp_hit_clear (&hit);
  sp_figure_unref (figure);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/links/curves", test_curves);
  g_test_add_func ("/links/reach", test_reach);
  g_test_add_func ("/links/cells", test_cells);
  g_test_add_func ("/links/wide-cells", test_wide_cells);
  g_test_add_func ("/links/order", test_order);
  g_test_add_func ("/links/row-neurons", test_row_neurons);
  g_test_add_func ("/links/points", test_points);
  return g_test_run ();
}
