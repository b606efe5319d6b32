/* test-figure.c - what is drawn can be hit, thinned lines look the same, odd data does no harm */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include "sp-figure-private.h"

#include <math.h>
#include <string.h>

#define WIDTH 640
#define HEIGHT 420

static cairo_surface_t *
draw (SpFigure *figure, const SpView *view, double scale)
{
  SpCanvas canvas = { WIDTH, HEIGHT, 1, TRUE, TRUE, sp_theme_get (FALSE), scale };
  cairo_surface_t *surface =
    cairo_image_surface_create (CAIRO_FORMAT_RGB24, (int) (WIDTH * scale), (int) (HEIGHT * scale));
  cairo_t *cr = cairo_create (surface);

  cairo_scale (cr, scale, scale);
  cairo_set_source_rgb (cr, 1, 1, 1);
  cairo_paint (cr);
  sp_figure_draw (figure, cr, &canvas, view);
  g_assert_cmpint (cairo_status (cr), ==, CAIRO_STATUS_SUCCESS);
  cairo_destroy (cr);
  cairo_surface_flush (surface);
  return surface;
}

static SpFigure *
open_drawn (SpResult *result, SpView *view)
{
  SpFigure *figure = sp_figure_new (result, sample_plot (result));

  sp_view_init (view);
  cairo_surface_destroy (draw (figure, view, 1));
  return figure;
}

static void
to_canvas (SpFigure *figure, double x, double y, gboolean is_y_down, double *at_x, double *at_y)
{
  SpAxis x_axis, y_axis;
  double left, top, width, height, place;

  sp_figure_get_axes (figure, &x_axis, &y_axis);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  place = sp_axis_place (&y_axis, y);
  *at_x = left + width * sp_axis_place (&x_axis, x);
  *at_y = top + height * (is_y_down ? place : 1 - place);
}

/* Draws, points at (x, y) and compares what is read out. */
static void
check_hit (SpResult *result, double x, double y, const char *text, const char *key)
{
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  gboolean is_y_down = strcmp (sample_plot (result)->kind, "heatmap") == 0;
  double at_x, at_y;
  SpHit hit;

  to_canvas (figure, x, y, is_y_down, &at_x, &at_y);
  sp_figure_hit (figure, at_x + 0.3, at_y - 0.3, &hit);
  g_assert_true (hit.is_inside);
  g_assert_cmpstr (hit.text, ==, text);
  g_assert_cmpstr (hit.key, ==, key);
  g_assert_cmpfloat_with_epsilon (hit.snap_x, at_x, 0.6);
  g_assert_cmpfloat_with_epsilon (hit.snap_y, at_y, 0.6);
  g_assert_cmpint (hit.legend, ==, -1);
  sp_hit_clear (&hit);
  sp_view_clear (&view);
  sp_result_unref (result);
}

static double
value_of (SpResult *result, const char *column, gsize row)
{
  return sp_column_get_number (sp_table_find_column (result->tables->pdata[0], column), row);
}

static void
test_hit_line (void)
{
  SpResult *result = sample_layers (12, 7);
  double value = value_of (result, "y6", 3);
  g_autofree char *number = sp_format_number (value, "share"), *text = g_strdup_printf ("layer 3, down: %s", number);

  check_hit (result, 3, value, text, NULL);
}

static void
test_hit_scatter (void)
{
  SpResult *result = sample_scatter (200);
  double x = value_of (result, "x", 17), y = value_of (result, "y0", 17);
  g_autofree char *at = sp_format_number (x, "share"), *number = sp_format_number (y, "");
  g_autofree char *text = g_strdup_printf ("feature density = %s: %s", at, number);

  check_hit (result, x, y, text, "feature 17");
}

static void
test_hit_bars (void)
{
  SpResult *result = sample_bars (7);
  double value = value_of (result, "y0", 4), at_x, at_y;
  g_autofree char *number = sp_format_number (value, "share"), *text = g_strdup_printf ("gate, near zero: %s", number);
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  SpHit hit;

  to_canvas (figure, 3.8, value / 2, FALSE, &at_x, &at_y);
  sp_figure_hit (figure, at_x, at_y, &hit);
  g_assert_cmpstr (hit.text, ==, text);
  g_assert_cmpstr (hit.key, ==, "gate");
  sp_hit_clear (&hit);
  sp_result_unref (result);
}

static void
test_hit_histogram (void)
{
  SpResult *result = sample_histogram (160, FALSE);
  double low = value_of (result, "x", 80), high = value_of (result, "high", 80), at_x, at_y;
  g_autofree char *from = sp_format_number (low, "weight"), *to = sp_format_number (high, "weight");
  g_autofree char *n = sp_format_number (value_of (result, "y0", 80), "elements");
  g_autofree char *text = g_strdup_printf ("w %s … %s: %s", from, to, n);
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  SpHit hit;

  to_canvas (figure, (low + high) / 2, 10, FALSE, &at_x, &at_y);
  sp_figure_hit (figure, at_x, at_y, &hit);
  g_assert_cmpstr (hit.text, ==, text);
  sp_hit_clear (&hit);
  sp_result_unref (result);
}

static void
test_hit_heatmap (void)
{
  SpResult *result = sample_fingerprint (12, 7);
  SpGrid *grid = result->grids->pdata[0];
  g_autofree char *number = sp_format_number (grid->layers[SP_LAYER_MEAN][3 * 7 + 6], "share");
  g_autofree char *text = g_strdup_printf ("layer 3, down: %s", number);

  check_hit (result, 6, 3, text, "3.down");
}

static void
test_hit_element (void)
{
  SpResult *result = sample_weights (24, 1);
  SpGrid *grid = result->grids->pdata[0];
  g_autofree char *number = sp_format_number (grid->layers[SP_LAYER_MEAN][12 * 24 + 20], "weight");
  g_autofree char *text = g_strdup_printf ("output 12, input 20: %s", number);

  check_hit (result, 20, 12, text, NULL);
}

static void
test_hit_marker_and_legend (void)
{
  SpResult *result = sample_curves ();
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  double at_x, at_y;
  gboolean found[3] = { FALSE };
  SpHit hit;

  to_canvas (figure, 0.01, 0.4, FALSE, &at_x, &at_y);
  sp_figure_hit (figure, at_x + 3, at_y, &hit);
  g_assert_cmpint (hit.marker, ==, 0);
  sp_hit_clear (&hit);
  sp_figure_hit (figure, at_x + 30, at_y, &hit);
  g_assert_cmpint (hit.marker, ==, -1);
  sp_hit_clear (&hit);
  for (int y = 0; y < HEIGHT / 2; y += 3)
    for (int x = 0; x < WIDTH; x += 5)
      {
        sp_figure_hit (figure, x, y, &hit);
        if (hit.legend >= 0)
          found[hit.legend] = TRUE;
        sp_hit_clear (&hit);
      }
  g_assert_true (found[0] && found[1] && found[2]);
  sp_result_unref (result);
}

/* A threshold of zero has no place on a logarithmic axis, but must be there to be dragged. */
static void
test_hit_marker_at_zero (void)
{
  SpResult *result = sample_curves ();
  SpPlot *plot = result->plots->pdata[0];
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  double left, top, width, height;
  SpHit hit;

  plot->markers[0].value = 0;
  figure = open_drawn (result, &view);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  sp_figure_hit (figure, left + 2, top + height / 2, &hit);
  g_assert_cmpint (hit.marker, ==, 0);
  sp_hit_clear (&hit);
  sp_result_unref (result);
}

/* The line of text at which a label stands, from the top; and how far it is from x. */
static double
find_label (const GArray *runs, const char *text, double x, double *away)
{
  for (guint i = 0; i < runs->len; i++)
    {
      const SpTextRun *run = &g_array_index (runs, SpTextRun, i);

      *away = fabs (run->x - x);
      if (strcmp (run->text, text) == 0)
        return run->y;
    }
  g_error ("no label %s", text);
}

/* Labels of vertical lines stand above the data beside their lines, and those of close ones not on each other. */
static void
test_marker_labels (void)
{
  static const struct { const char *label; double value; } lines[] = {
    { "one here", 0.05 }, { "another", 0.055 }, { "a third one", 0.06 }, { "near the end", 0.199 }, { "far from all", -0.15 },
  };
  SpResult *result = sample_histogram (160, FALSE);
  SpCanvas canvas = { WIDTH, HEIGHT, 1, TRUE, TRUE, sp_theme_get (FALSE), 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  g_autoptr (GArray) runs = sp_text_runs_new ();
  double left, top, width, height, y[G_N_ELEMENTS (lines)], away, at_x, at_y;
  g_autoptr (SpFigure) figure = NULL;
  SpView view;

  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    sp_plot_add_marker (result->plots->pdata[0], TRUE, lines[i].value, lines[i].label, NULL, 1);
  figure = sp_figure_new (result, sample_plot (result));
  sp_view_init (&view);
  sp_figure_draw_with (figure, cr, &canvas, &view, runs);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  for (gsize i = 0; i < G_N_ELEMENTS (lines); i++)
    {
      to_canvas (figure, lines[i].value, 0, FALSE, &at_x, &at_y);
      y[i] = find_label (runs, lines[i].label, at_x, &away);
      g_assert_cmpfloat (y[i], <, top);
      g_assert_cmpfloat (away, <, 8);
    }
  g_assert_cmpfloat (y[0], <, y[1] - 8);
  g_assert_cmpfloat (y[1], <, y[2] - 8);
  g_assert_cmpfloat (y[2], ==, y[3]);
  g_assert_cmpfloat (y[3], ==, y[4]);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  sp_result_unref (result);
}

/* Labels of level lines stand above them, but at the upper end of the data below: they never leave the area. */
static void
test_level_labels (void)
{
  SpResult *result = sample_curves ();
  SpCanvas canvas = { WIDTH, HEIGHT, 1, TRUE, TRUE, sp_theme_get (FALSE), 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, WIDTH, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  g_autoptr (GArray) runs = sp_text_runs_new ();
  double left, top, width, height, away, at_x, at_y, y;
  g_autoptr (SpFigure) figure = NULL;
  SpView view;

  sp_plot_add_marker (result->plots->pdata[0], FALSE, 1, "at the top", NULL, 1);
  sp_plot_add_marker (result->plots->pdata[0], FALSE, 0.5, "half-way", NULL, 1);
  figure = sp_figure_new (result, sample_plot (result));
  sp_view_init (&view);
  sp_figure_draw_with (figure, cr, &canvas, &view, runs);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  y = find_label (runs, "at the top", left, &away);
  g_assert_cmpfloat (y, >, top);
  g_assert_cmpfloat (y, <, top + 30);
  to_canvas (figure, 0.01, 0.5, FALSE, &at_x, &at_y);
  y = find_label (runs, "half-way", left, &away);
  g_assert_cmpfloat (y, <, at_y);
  g_assert_cmpfloat (y, >, at_y - 30);
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
  sp_result_unref (result);
}

/* The run whose text begins and ends so; NULL: there is none. */
static const SpTextRun *
find_run (GArray *runs, const char *begin, const char *end)
{
  for (guint i = 0; i < runs->len; i++)
    {
      const SpTextRun *run = &g_array_index (runs, SpTextRun, i);

      if (g_str_has_prefix (run->text, begin) && g_str_has_suffix (run->text, end))
        return run;
    }
  return NULL;
}

/* Titles of axes stay on paper: moved where they are longer than the axis, shortened where they are longer than the paper. */
static void
test_axis_titles (void)
{
  static const char *const titles[] = { "share of it", "the share of all those tokens at which at least one of the features", NULL };
  SpCanvas canvas = { 300, HEIGHT, 1, FALSE, FALSE, sp_theme_get (FALSE), 1 };
  cairo_surface_t *surface = cairo_image_surface_create (CAIRO_FORMAT_RGB24, 300, HEIGHT);
  cairo_t *cr = cairo_create (surface);
  g_autofree char *longest = g_strconcat (titles[1], " ", titles[1], NULL);

  for (gsize i = 0; i < 3; i++)
    {
      const char *wanted = i < 2 ? titles[i] : longest;
      SpResult *result = sample_curves ();
      SpPlot *plot = (SpPlot *) sample_plot (result);
      g_autoptr (SpFigure) figure = NULL;
      g_autoptr (GArray) runs = sp_text_runs_new ();
      double left, top, width, height, text_width, text_height;
      const SpTextRun *run;
      SpPen pen;
      SpView view;

      g_free (plot->x_title);
      plot->x_title = g_strdup (wanted);
      figure = sp_figure_new (result, plot);
      sp_view_init (&view);
      sp_figure_draw_with (figure, cr, &canvas, &view, runs);
      sp_figure_get_area (figure, &left, &top, &width, &height);
      run = find_run (runs, i == 0 ? "share" : "the share", i == 0 ? "of it" : "features");
      g_assert_nonnull (run);
      sp_pen_init (&pen, cr, canvas.theme, 1, 1, NULL);
      sp_pen_measure (&pen, SP_TEXT_LABEL, run->text, &text_width, &text_height);
      sp_pen_finish (&pen);
      g_assert_cmpfloat (run->x - text_width / 2, >=, 0);
      g_assert_cmpfloat (run->x + text_width / 2, <=, 300);
      g_assert_true (g_str_equal (run->text, wanted) == (i < 2));
      g_assert_true ((fabs (run->x - left - width / 2) < 1e-6) == (i == 0));
      sp_result_unref (result);
    }
  cairo_destroy (cr);
  cairo_surface_destroy (surface);
}

/* No bar reaches the top but one that is a share of everything. */
static void
test_headroom (void)
{
  const double x[] = { 0, 1, 2, 3 }, counts[] = { 10, 25, 5, 0 }, shares[] = { 0.2, 1, 0.4, 0 };
  const double *y[] = { counts };

  for (gsize is_share = 0; is_share < 2; is_share++)
    for (SpScale scale = SP_SCALE_LINEAR; scale <= SP_SCALE_LOG; scale++)
      {
        g_autoptr (SpFigure) figure = NULL;
        g_autoptr (SpResult) result = NULL;
        double left, top, width, height, at_x, at_y;
        SpView view;

        y[0] = is_share ? shares : counts;
        result = sample_table ("histogram", 4, 1, x, y);
        if (is_share)
          ((SpColumn *) sp_table_find_column (result->tables->pdata[0], "y0"))->unit = "share";
        ((SpPlot *) result->plots->pdata[0])->y_scale = scale;
        figure = open_drawn (result, &view);
        sp_figure_get_area (figure, &left, &top, &width, &height);
        to_canvas (figure, 1.5, is_share ? 1 : 25, FALSE, &at_x, &at_y);
        if (is_share)
          g_assert_cmpfloat (fabs (at_y - top), <, 1e-9);
        else
          g_assert_cmpfloat (at_y, >, top + 8);
        g_assert_cmpfloat (at_y, <, top + height / 3);
      }
}

/* Hidden series are neither drawn nor hit. */
static void
test_hidden (void)
{
  SpResult *result = sample_layers (12, 2);
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  double at_x, at_y;
  SpHit hit;

  view.hidden = 1 << 1;
  cairo_surface_destroy (draw (figure, &view, 1));
  to_canvas (figure, 5, value_of (result, "y1", 5), FALSE, &at_x, &at_y);
  sp_figure_hit (figure, at_x, CLAMP (at_y, 80, HEIGHT - 120), &hit);
  g_assert_true (g_str_has_prefix (hit.text, "layer 5, q:"));
  sp_hit_clear (&hit);
  sp_result_unref (result);
}

/* y0 with a band around it and points beside; the last of them has no line. */
static SpResult *
make_fitted (void)
{
  static const double x[] = { 1, 2, 4, 8 }, line[] = { 5, 4, 3, NAN }, low[] = { 3, 3, 1, NAN }, high[] = { 9, 8, 7, NAN },
                      points[] = { 6, NAN, 2.5, 9.5 };
  const double *series[] = { line, low, high, points };
  SpResult *result = sample_table ("line", 4, 4, x, series);
  SpPlot *plot = (SpPlot *) sample_plot (result);

  g_strfreev (plot->y);
  plot->y = g_strsplit ("y0", ",", -1);
  plot->y_low = g_strsplit ("y1", ",", -1);
  plot->y_high = g_strsplit ("y2", ",", -1);
  plot->y_points = g_strsplit ("y3", ",", -1);
  return result;
}

static void
test_hit_fitted (void)
{
  check_hit (make_fitted (), 2, 4, "x = 2: 4", NULL);
  check_hit (make_fitted (), 4, 2.5, "x = 4: 2.500 measured, 3 fitted", NULL);
  check_hit (make_fitted (), 8, 9.5, "x = 8: 9.500 measured", NULL);
}

/* Red of the pixel at a place of the data, or some pixels right of it. */
static guchar
red_at (SpFigure *figure, cairo_surface_t *surface, double x, double y, int right)
{
  double at_x, at_y;

  to_canvas (figure, x, y, FALSE, &at_x, &at_y);
  return cairo_image_surface_get_data (surface)[(gsize) at_y * (gsize) cairo_image_surface_get_stride (surface)
                                                + 4 * ((gsize) at_x + (gsize) right) + 2];
}

/* The band is tinted where it is, a point where there is no line is hollow, and both have room. */
static void
test_fitted (void)
{
  SpResult *result = make_fitted ();
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  cairo_surface_t *surface = draw (figure, &view, 1);
  SpAxis x_axis, y_axis;
  guchar inside = red_at (figure, surface, 1.5, 6.3, 0);

  g_assert_cmpint (inside, >, 150);
  g_assert_cmpint (inside, <, 250);
  g_assert_cmpint (red_at (figure, surface, 3, 6.3, 0), ==, inside);
  g_assert_cmpint (red_at (figure, surface, 6, 6.3, 0), ==, 255);
  g_assert_cmpint (red_at (figure, surface, 4, 2.5, 0), <, 60);
  g_assert_cmpint (red_at (figure, surface, 8, 9.5, 0), >, 200);
  sp_figure_get_axes (figure, &x_axis, &y_axis);
  g_assert_cmpfloat (y_axis.max, >=, 9.5);
  g_assert_cmpfloat (y_axis.min, <=, 1);
  cairo_surface_destroy (surface);
  sp_result_unref (result);
}

/* A band that reaches below zero goes to the foot of a logarithmic axis, which it does not stretch. */
static void
test_band_to_zero (void)
{
  static const double x[] = { 1, 2, 3, 4 }, line[] = { 1, 3, 10, 30 }, low[] = { -1, -2, 1e-9, 20 }, high[] = { 3, 8, 20, 40 };
  const double *series[] = { line, low, high };
  SpResult *result = sample_table ("line", 4, 3, x, series);
  SpPlot *plot = (SpPlot *) sample_plot (result);
  SpAxis x_axis, y_axis;
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  cairo_surface_t *surface;
  guchar inside;

  g_strfreev (plot->y);
  plot->y = g_strsplit ("y0", ",", -1);
  plot->y_low = g_strsplit ("y1", ",", -1);
  plot->y_high = g_strsplit ("y2", ",", -1);
  plot->y_scale = SP_SCALE_LOG;
  figure = open_drawn (result, &view);
  surface = draw (figure, &view, 1);
  sp_figure_get_axes (figure, &x_axis, &y_axis);
  g_assert_cmpfloat (y_axis.min, >=, 0.05);
  g_assert_cmpfloat (y_axis.min, <=, 0.1);
  g_assert_cmpfloat (y_axis.max, >=, 40);
  inside = red_at (figure, surface, 1.5, 0.15, 0);
  g_assert_cmpint (inside, >, 150);
  g_assert_cmpint (inside, <, 250);
  g_assert_cmpint (red_at (figure, surface, 1.5, 3, 0), ==, inside);
  g_assert_cmpint (red_at (figure, surface, 2.5, 0.15, 0), ==, inside);
  g_assert_cmpint (red_at (figure, surface, 3.95, 0.15, 0), ==, 255);
  g_assert_cmpint (red_at (figure, surface, 1.5, 25, 0), ==, 255);
  cairo_surface_destroy (surface);
  sp_result_unref (result);
}

/* Share of pixels whose darkness differs by more than a quarter. */
static double
share_different (cairo_surface_t *a, cairo_surface_t *b)
{
  gsize n = (gsize) cairo_image_surface_get_stride (a) * (gsize) cairo_image_surface_get_height (a), n_different = 0,
        n_ink = 0;
  const guchar *p = cairo_image_surface_get_data (a), *q = cairo_image_surface_get_data (b);

  for (gsize i = 0; i < n; i += 4)
    {
      n_ink += p[i] < 250 || p[i + 2] < 250;
      n_different += ABS ((int) p[i + 2] - (int) q[i + 2]) > 64;
    }
  return n_ink > 0 ? (double) n_different / n_ink : 1;
}

/* The same points as a naive stroke of all of them over the same figure without its line. */
static void
check_thinned (gsize n, double noise)
{
  g_autofree double *x = g_new (double, n), *y = g_new (double, n);
  const double *series[] = { y };
  SpResult *result;
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  cairo_surface_t *thinned, *naive;
  cairo_t *cr;
  SpColor color = sp_theme_get (FALSE)->series[0];

  for (gsize i = 0; i < n; i++)
    x[i] = (double) i, y[i] = i / 3 % 971 == 5 ? NAN : sin (i * 9.0 / n) + noise * sample_noise (i);
  result = sample_table ("line", n, 1, x, series);
  figure = open_drawn (result, &view);
  thinned = draw (figure, &view, 1);
  view.hidden = 1;
  sp_figure_get_axes (figure, &view.x, &view.y);
  view.is_x_set = view.is_y_set = TRUE;
  naive = draw (figure, &view, 1);
  cr = cairo_create (naive);
  cairo_set_source_rgb (cr, color.r, color.g, color.b);
  cairo_set_line_width (cr, 1.5);
  cairo_set_line_join (cr, CAIRO_LINE_JOIN_ROUND);
  cairo_set_line_cap (cr, CAIRO_LINE_CAP_ROUND);
  for (gsize i = 0; i < n; i++)
    {
      double at_x, at_y;

      to_canvas (figure, x[i], y[i], FALSE, &at_x, &at_y);
      if (isnan (at_y))
        cairo_new_sub_path (cr);
      else
        cairo_line_to (cr, at_x, at_y);
    }
  cairo_stroke (cr);
  cairo_destroy (cr);
  cairo_surface_flush (naive);
  g_test_message ("%zu points, noise %g: %.3f %% of the ink differs", n, noise, 100 * share_different (naive, thinned));
  /* What differs is the soft outline: columns are filled to whole pixels. */
  g_assert_cmpfloat (share_different (naive, thinned), <, 0.05);
  cairo_surface_destroy (naive);
  cairo_surface_destroy (thinned);
  sp_result_unref (result);
}

static void
test_thinning (void)
{
  check_thinned (6000, 0.3);
  check_thinned (30000, 0);
  check_thinned (30000, 0.004);
  check_thinned (3000, 0.3);
}

static void
draw_and_point (SpResult *result)
{
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  g_autofree char *words = NULL;
  SpPlot *plot = result->plots->pdata[0];

  for (SpScale scale = SP_SCALE_LINEAR; scale <= SP_SCALE_SYMLOG; scale++)
    {
      plot->x_scale = plot->y_scale = scale;
      g_clear_pointer (&figure, sp_figure_unref);
      figure = open_drawn (result, &view);
      for (int y = 0; y < HEIGHT; y += 37)
        for (int x = 0; x < WIDTH; x += 41)
          {
            SpHit hit;

            sp_figure_hit (figure, x, y, &hit);
            sp_hit_clear (&hit);
          }
    }
  words = sp_figure_describe (figure);
  g_assert_cmpuint (strlen (words), >, 5);
}

static void
test_odd_data (void)
{
  static const char *const kinds[] = { "line", "bars", "histogram", "scatter", "no such kind" };
  static const double cases[][4] = {
    { 1, 2, 3, 4 }, { NAN, NAN, NAN, NAN }, { INFINITY, -INFINITY, 1, 2 }, { 5, 5, 5, 5 },
    { 0, 0, 0, 0 }, { -1, -2, -3, -4 },     { 1e308, -1e308, 5e-324, 0 },  { 1, NAN, 3, NAN }
  };

  for (gsize k = 0; k < G_N_ELEMENTS (kinds); k++)
    for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
      for (gsize j = 0; j < G_N_ELEMENTS (cases); j++)
        for (gsize n = 0; n <= 4; n += n < 2 ? 1 : 2)
          {
            const double *series[] = { cases[i], cases[j] };
            SpResult *result = sample_table (kinds[k], n, 2, cases[(i + j) % 8], series);

            draw_and_point (result);
            sp_result_unref (result);
          }
}

static void
test_odd_grids (void)
{
  static const gsize sizes[][2] = { { 1, 1 }, { 1, 7 }, { 40, 1 }, { 40, 12 } };

  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      SpResult *result = sample_fingerprint (sizes[i][0], sizes[i][1]);
      SpGrid *grid = result->grids->pdata[0];

      draw_and_point (result);
      for (gsize k = 0; k < sizes[i][0] * sizes[i][1]; k++)
        grid->layers[SP_LAYER_MEAN][k] = k % 3 == 0 ? NAN : k % 3 == 1 ? INFINITY : -INFINITY;
      draw_and_point (result);
      for (gsize k = 0; k < sizes[i][0] * sizes[i][1]; k++)
        grid->layers[SP_LAYER_MEAN][k] = NAN;
      draw_and_point (result);
      sp_result_unref (result);
    }
}

static void
test_no_table (void)
{
  SpResult *result = sp_result_new ("sample");

  sp_result_add_plot (result, "line", "p", "Nothing", "no such table");
  draw_and_point (result);
  sp_result_unref (result);
  result = sp_result_new ("sample");
  sp_result_add_plot (result, "heatmap", "p", "Nothing", "no such grid");
  draw_and_point (result);
  sp_result_unref (result);
}

static void
test_log_drops (void)
{
  const double x[] = { 1, 2, 3, 4 }, y[] = { 0, -1, 10, 100 };
  const double *series[] = { y };
  SpResult *result = sample_table ("line", 4, 1, x, series);
  SpPlot *plot = result->plots->pdata[0];
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  g_autofree char *words = NULL;
  SpAxis x_axis, y_axis;

  plot->y_scale = SP_SCALE_LOG;
  figure = open_drawn (result, &view);
  words = sp_figure_describe (figure);
  g_assert_nonnull (strstr (words, "2 zero, negative or missing"));
  sp_figure_get_axes (figure, &x_axis, &y_axis);
  g_assert_cmpfloat (y_axis.min, >, 0);
  g_assert_cmpfloat (y_axis.min, <=, 10);
  sp_result_unref (result);
}

/* Half of the pixels of a grid zoomed far out are the mean of the cells under them. */
static void
test_heat_means (void)
{
  gsize n = 2048;
  SpResult *result = sp_result_new ("sample");
  SpGrid *grid = sp_grid_new ("t", n, n, 1, 1);
  float *cells = sp_grid_add_layer (grid, SP_LAYER_MEAN);
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  cairo_surface_t *surface;
  const guint32 *pixel;
  double left, top, width, height;
  guint32 expected = sp_palette_rgb (sp_palette_find ("grey"), 0.5);

  /* A chess board: any single cell is 0 or 1, any mean of an even number of them one half. */
  for (gsize i = 0; i < n * n; i++)
    cells[i] = (i / n + i % n) % 2;
  grid->unit = "share";
  g_ptr_array_add (result->grids, grid);
  sp_result_add_plot (result, "heatmap", "p", "Board", "t");
  figure = open_drawn (result, &view);
  view.palette = "grey";
  surface = draw (figure, &view, 1);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  pixel = (const guint32 *) (gpointer) (cairo_image_surface_get_data (surface) +
                                        (int) (top + height / 2) * cairo_image_surface_get_stride (surface)) +
          (int) (left + width / 2);
  g_assert_cmpint (ABS ((int) (*pixel & 255) - (int) (expected & 255)), <, 12);
  cairo_surface_destroy (surface);
  sp_result_unref (result);
}

/* Pixels inside the area that are white, of a labelled grid without a white cell. */
static gsize
count_paper (gsize n_columns)
{
  SpResult *result = sp_result_new ("sample");
  SpGrid *grid = sp_grid_new ("t", 4, n_columns, 1, 1);
  float *cells = sp_grid_add_layer (grid, SP_LAYER_MEAN);
  SpView view;
  g_autoptr (SpFigure) figure = NULL;
  cairo_surface_t *surface;
  double left, top, width, height;
  gsize n_white = 0;

  for (gsize i = 0; i < 4 * n_columns; i++)
    cells[i] = (float) (0.5 + 0.1 * (i % 3));
  grid->unit = "share";
  grid->row_labels = g_strdupv ((char **) (const char *const[]) { "a", "b", "c", "d", NULL });
  g_ptr_array_add (result->grids, grid);
  sp_result_add_plot (result, "heatmap", "p", "Neurons", "t");
  figure = open_drawn (result, &view);
  view.palette = "grey";
  surface = draw (figure, &view, 1);
  sp_figure_get_area (figure, &left, &top, &width, &height);
  for (int y = (int) top + 2; y < (int) (top + height) - 2; y++)
    for (int x = (int) left + 2; x < (int) (left + width) - 2; x++)
      n_white += (((const guint32 *) (gpointer) (cairo_image_surface_get_data (surface) +
                                                 y * cairo_image_surface_get_stride (surface)))[x] & 0xffffff) == 0xffffff;
  cairo_surface_destroy (surface);
  sp_result_unref (result);
  return n_white;
}

/* Cells stand apart as long as they are large; a gap of no less than a pixel would wash out small ones. */
static void
test_heat_gaps (void)
{
  g_assert_cmpuint (count_paper (5), >, 0);
  for (gsize n = 100; n < 1200; n = n * 5 / 4)
    g_assert_cmpuint (count_paper (n), ==, 0);
}

static void
test_detail (void)
{
  SpResult *result = sample_weights (512, 8);
  SpGrid *grid = result->grids->pdata[0];
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  guint64 row, column;
  gsize n_rows, n_columns;
  float *elements;
  double at_x, at_y;
  SpHit hit;
  g_autofree char *number = NULL, *text = NULL;

  g_assert_false (sp_figure_wants_detail (figure, &view, &row, &column, &n_rows, &n_columns));
  view.x = (SpAxis){ SP_SCALE_LINEAR, 1000, 1100, 0 };
  view.y = (SpAxis){ SP_SCALE_LINEAR, 2000, 2060, 0 };
  view.is_x_set = view.is_y_set = TRUE;
  cairo_surface_destroy (draw (figure, &view, 1));
  g_assert_true (sp_figure_wants_detail (figure, &view, &row, &column, &n_rows, &n_columns));
  g_assert_cmpuint (row, <=, 2000);
  g_assert_cmpuint (row + n_rows, >=, 2060);
  g_assert_cmpuint (column, <=, 1000);
  g_assert_cmpuint (column + n_columns, >=, 1100);
  g_assert_cmpuint (MAX (n_rows, n_columns), <=, 1024);
  elements = g_new (float, n_rows *n_columns);
  g_assert_true (grid->detail (grid->detail_data, row, column, n_rows, n_columns, elements));
  number = sp_format_number (elements[(2030 - row) * n_columns + 1050 - column], "weight");
  text = g_strdup_printf ("output 2030, input 1050: %s", number);
  sp_figure_take_detail (figure, row, column, n_rows, n_columns, elements);
  cairo_surface_destroy (draw (figure, &view, 1));
  g_assert_false (sp_figure_wants_detail (figure, &view, &row, &column, &n_rows, &n_columns));
  to_canvas (figure, 1050, 2030, TRUE, &at_x, &at_y);
  sp_figure_hit (figure, at_x, at_y, &hit);
  g_assert_cmpstr (hit.text, ==, text);
  sp_hit_clear (&hit);
  sp_result_unref (result);
}

/* Other bars pale, the selected one does not. */
static void
test_selection (void)
{
  SpResult *result = sample_bars (7);
  SpView view;
  g_autoptr (SpFigure) figure = open_drawn (result, &view);
  cairo_surface_t *plain = draw (figure, &view, 1), *selected;

  view.selected = g_strdup ("gate");
  selected = draw (figure, &view, 1);
  g_assert_cmpfloat (share_different (plain, selected), >, 0.1);
  for (int part = 3; part < 6; part++)
    {
      double at_x, at_y;
      const guchar *p = cairo_image_surface_get_data (plain), *q = cairo_image_surface_get_data (selected);
      gsize at;

      to_canvas (figure, part - 0.2, value_of (result, "y0", (gsize) part) * 0.3, FALSE, &at_x, &at_y);
      at = (gsize) at_y * (gsize) cairo_image_surface_get_stride (plain) + (gsize) at_x * 4;
      if (part == 4)
        g_assert_cmpmem (p + at, 3, q + at, 3);
      else
        g_assert_cmpint (memcmp (p + at, q + at, 3), !=, 0);
    }
  cairo_surface_destroy (plain);
  cairo_surface_destroy (selected);
  sp_view_clear (&view);
  sp_result_unref (result);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/figure/hit/line", test_hit_line);
  g_test_add_func ("/figure/hit/fitted", test_hit_fitted);
  g_test_add_func ("/figure/hit/scatter", test_hit_scatter);
  g_test_add_func ("/figure/hit/bars", test_hit_bars);
  g_test_add_func ("/figure/hit/histogram", test_hit_histogram);
  g_test_add_func ("/figure/hit/heatmap", test_hit_heatmap);
  g_test_add_func ("/figure/hit/element", test_hit_element);
  g_test_add_func ("/figure/hit/marker-and-legend", test_hit_marker_and_legend);
  g_test_add_func ("/figure/hit/marker-at-zero", test_hit_marker_at_zero);
  g_test_add_func ("/figure/marker-labels", test_marker_labels);
  g_test_add_func ("/figure/level-labels", test_level_labels);
  g_test_add_func ("/figure/axis-titles", test_axis_titles);
  g_test_add_func ("/figure/headroom", test_headroom);
  g_test_add_func ("/figure/hidden", test_hidden);
  g_test_add_func ("/figure/fitted", test_fitted);
  g_test_add_func ("/figure/band-to-zero", test_band_to_zero);
  g_test_add_func ("/figure/thinning", test_thinning);
  g_test_add_func ("/figure/odd-data", test_odd_data);
  g_test_add_func ("/figure/odd-grids", test_odd_grids);
  g_test_add_func ("/figure/no-table", test_no_table);
  g_test_add_func ("/figure/log-drops", test_log_drops);
  g_test_add_func ("/figure/heat-means", test_heat_means);
  g_test_add_func ("/figure/heat-gaps", test_heat_gaps);
  g_test_add_func ("/figure/detail", test_detail);
  g_test_add_func ("/figure/selection", test_selection);
  return g_test_run ();
}
