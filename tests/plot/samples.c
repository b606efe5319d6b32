/* samples.c - results with known numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "samples.h"

#include <math.h>

double
sample_noise (guint64 i)
{
  i = (i + 0x9e3779b97f4a7c15) * 0xbf58476d1ce4e5b9;
  i = (i ^ i >> 29) * 0x94d049bb133111eb;
  return (double) (i >> 11) / (double) (G_GUINT64_CONSTANT (1) << 52) - 1;
}

const SpPlot *
sample_plot (SpResult *result)
{
  return result->plots->pdata[0];
}

static char **
name_series (gsize n)
{
  char **names = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    names[i] = g_strdup_printf ("y%" G_GSIZE_FORMAT, i);
  return names;
}

static SpPlot *
add_plot (SpResult *result, const char *kind, const char *title, gsize n_series)
{
  SpPlot *plot = sp_result_add_plot (result, kind, "p", title, "t");

  plot->x = g_strdup ("x");
  plot->y = name_series (n_series);
  return plot;
}

static SpColumn *
column_f64 (const char *name, const char *title, const char *unit, gsize n, const double *values)
{
  double *copy = g_new (double, MAX (n, 1));

  for (gsize i = 0; i < n; i++)
    copy[i] = values[i];
  return sp_column_new_f64 (name, title, unit, n, copy);
}

SpResult *
sample_table (const char *kind, gsize n, gsize n_series, const double *x, const double *const *y)
{
  SpResult *result = sp_result_new ("sample");
  SpTable *table = sp_table_new ("t", "T", n);

  sp_table_take_column (table, column_f64 ("x", "x", "", n, x));
  for (gsize s = 0; s < n_series; s++)
    {
      g_autofree char *name = g_strdup_printf ("y%" G_GSIZE_FORMAT, s);

      sp_table_take_column (table, column_f64 (name, name, "", n, y[s]));
    }
  g_ptr_array_add (result->tables, table);
  add_plot (result, kind, "Sample", n_series);
  return result;
}

static const char *const parts[] = {
  "q", "k", "v", "o", "gate", "up", "down", "norm", "embed", "head", "router", "conv"
};

SpResult *
sample_curves (void)
{
  gsize n = 401;
  SpResult *result = sp_result_new ("weight-sparsity");
  SpTable *table = sp_table_new ("t", "T", n);
  SpPlot *plot;
  double *x = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    x[i] = pow (10, -4 + 4.0 * i / (n - 1));
  sp_table_take_column (table, sp_column_new_f64 ("x", "|w|", "weight", n, x));
  for (gsize s = 0; s < 3; s++)
    {
      static const char *const names[] = { "attention", "feed forward", "embeddings" };
      g_autofree char *name = g_strdup_printf ("y%" G_GSIZE_FORMAT, s);
      double *y = g_new (double, n);

      for (gsize i = 0; i < n; i++)
        y[i] = 1 - exp (-pow (x[i] / (0.03 + 0.05 * s), 0.9 + 0.2 * s));
      sp_table_take_column (table, sp_column_new_f64 (name, names[s], "share", n, y));
    }
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "line", "Share of weights near zero", 3);
  plot->x_title = g_strdup ("|w|");
  plot->y_title = g_strdup ("share of elements with |w| ≤ ε");
  plot->x_scale = SP_SCALE_LOG;
  plot->caption =
    g_strdup ("Share of elements whose magnitude is at most ε, by part of the model, over 45 tensors with 0.26 M "
              "elements; at ε = 0.01 the attention matrices hold 31.20 % of such elements.");
  sp_plot_add_marker (plot, TRUE, 0.01, "ε = 0.010", "eps", 1);
  return result;
}

SpResult *
sample_layers (gsize n_layers, gsize n_parts)
{
  SpResult *result = sp_result_new ("weight-sparsity");
  SpTable *table = sp_table_new ("t", "T", n_layers);
  SpPlot *plot;
  gint64 *x = g_new (gint64, n_layers);

  for (gsize i = 0; i < n_layers; i++)
    x[i] = (gint64) i;
  sp_table_take_column (table, sp_column_new_i64 ("x", "layer", "", n_layers, x));
  for (gsize s = 0; s < n_parts; s++)
    {
      g_autofree char *name = g_strdup_printf ("y%" G_GSIZE_FORMAT, s);
      g_autofree char *title = n_parts > 12 ? g_strdup_printf ("head %" G_GSIZE_FORMAT, s) : g_strdup (parts[s]);
      double *y = g_new (double, n_layers);

      for (gsize i = 0; i < n_layers; i++)
        y[i] = 0.1 + 0.05 * s + 0.3 * i / n_layers * (1 + sin (s)) / 2 + 0.02 * sample_noise (i * 31 + s);
      sp_table_take_column (table, sp_column_new_f64 (name, title, "share", n_layers, y));
    }
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "line", "Sparsity by layer", n_parts);
  plot->x_title = g_strdup ("layer");
  plot->y_title = g_strdup ("sparsity");
  return result;
}

SpResult *
sample_many (gsize n)
{
  g_autofree double *x = g_new (double, n), *y = g_new (double, n);
  const double *series[] = { y };

  for (gsize i = 0; i < n; i++)
    {
      x[i] = (double) i;
      y[i] = sin (i * 12.0 / n) + 0.3 * sample_noise (i);
    }
  return sample_table ("line", n, 1, x, series);
}

SpResult *
sample_bars (gsize n)
{
  SpResult *result = sp_result_new ("weight-sparsity");
  SpTable *table = sp_table_new ("t", "T", n);
  SpPlot *plot;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  double *y = g_new (double, n), *z = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    {
      g_ptr_array_add (
        names, n <= 12 ? g_strdup (parts[i])
                       : g_strdup_printf ("model.layers.%" G_GSIZE_FORMAT ".%s_proj.weight", i / 7, parts[i % 7]));
      y[i] = 0.05 + 0.3 * fabs (sample_noise (i));
      z[i] = y[i] * 0.4;
    }
  sp_table_take_column (table, sp_column_new_text ("x", "tensor", n, (const char *const *) names->pdata));
  sp_table_take_column (table, sp_column_new_f64 ("y0", "near zero", "share", n, y));
  sp_table_take_column (table, sp_column_new_f64 ("y1", "exactly zero", "share", n, z));
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "bars", "Sparsity by part", n <= 12 ? 2 : 1);
  plot->key = g_strdup ("x");
  plot->x_title = g_strdup ("");
  plot->y_title = g_strdup ("sparsity");
  return result;
}

SpResult *
sample_histogram (gsize n, gboolean is_log)
{
  SpResult *result = sp_result_new ("weight-sparsity");
  SpTable *table = sp_table_new ("t", "T", n);
  SpPlot *plot;
  double *low = g_new (double, n), *high = g_new (double, n);
  gint64 *y = g_new (gint64, n);

  for (gsize i = 0; i < n; i++)
    {
      low[i] = is_log ? pow (10, -5 + 6.0 * i / n) : -0.2 + 0.4 * i / n;
      high[i] = is_log ? pow (10, -5 + 6.0 * (i + 1) / n) : -0.2 + 0.4 * (i + 1) / n;
      y[i] = (gint64) (2.6e6 * exp (-pow (is_log ? (i - n * 0.6) / (n * 0.12) : low[i] / 0.05, 2)) *
                       (1 + 0.05 * sample_noise (i)));
    }
  sp_table_take_column (table, sp_column_new_f64 ("x", "w", "weight", n, low));
  sp_table_take_column (table, sp_column_new_f64 ("high", "to", "weight", n, high));
  sp_table_take_column (table, sp_column_new_i64 ("y0", "elements", "elements", n, y));
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "histogram", "Distribution of weights", 1);
  plot->x_high = g_strdup ("high");
  plot->x_title = g_strdup (is_log ? "|w|" : "w");
  plot->x_scale = is_log ? SP_SCALE_LOG : SP_SCALE_LINEAR;
  plot->y_scale = is_log ? SP_SCALE_LOG : SP_SCALE_LINEAR;
  sp_plot_add_marker (plot, TRUE, 0.01, "ε = 0.010", "eps", 1);
  return result;
}

SpResult *
sample_scatter (gsize n)
{
  SpResult *result = sp_result_new ("sae");
  SpTable *table = sp_table_new ("t", "T", n);
  SpPlot *plot;
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  double *x = g_new (double, n), *y = g_new (double, n);

  for (gsize i = 0; i < n; i++)
    {
      double u = sample_noise (2 * i),
             v = sample_noise (2 * i + 1) + sample_noise (3 * i + 7) + sample_noise (5 * i + 3);

      g_ptr_array_add (names, g_strdup_printf ("feature %" G_GSIZE_FORMAT, i));
      x[i] = pow (10, -3 + 2.5 * (u + 1) / 2);
      y[i] = 0.4 + 0.15 * u + 0.1 * v;
    }
  sp_table_take_column (table, sp_column_new_f64 ("x", "feature density", "share", n, x));
  sp_table_take_column (table, sp_column_new_f64 ("y0", "mean activation", "", n, y));
  sp_table_take_column (table, sp_column_new_text ("key", "feature", n, (const char *const *) names->pdata));
  g_ptr_array_add (result->tables, table);
  plot = add_plot (result, "scatter", "Features by density", 1);
  plot->key = g_strdup ("key");
  plot->x_title = g_strdup ("feature density");
  plot->y_title = g_strdup ("mean activation");
  plot->x_scale = SP_SCALE_LOG;
  return result;
}

static char **
number_labels (gsize n, const char *const *names)
{
  char **labels = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    labels[i] = names != NULL ? g_strdup (names[i]) : g_strdup_printf ("%" G_GSIZE_FORMAT, i);
  return labels;
}

SpResult *
sample_fingerprint (gsize n_layers, gsize n_parts)
{
  SpResult *result = sp_result_new ("weight-sparsity");
  SpGrid *grid = sp_grid_new ("t", n_layers, n_parts, 1, 1);
  float *cells = sp_grid_add_layer (grid, SP_LAYER_MEAN);
  SpPlot *plot;

  grid->row_labels = number_labels (n_layers, NULL);
  grid->column_labels = number_labels (n_parts, parts);
  grid->row_title = "layer";
  grid->value_title = "sparsity";
  grid->unit = "share";
  grid->keys = g_new0 (char *, n_layers *n_parts);
  grid->row_margin = g_new0 (double, n_layers);
  grid->column_margin = g_new0 (double, n_parts);
  grid->margin_title = "all parts";
  for (gsize i = 0; i < n_layers * n_parts; i++)
    {
      gsize layer = i / n_parts, part = i % n_parts;

      grid->keys[i] = g_strdup_printf ("%" G_GSIZE_FORMAT ".%s", layer, parts[part]);
      if (part == 5 && layer == 2)
        continue;
      cells[i] = (float) (0.02 + 0.04 * part + 0.25 * layer / n_layers * (part % 3) + 0.02 * fabs (sample_noise (i)));
      grid->row_margin[layer] += cells[i] / n_parts;
      grid->column_margin[part] += cells[i] / n_layers;
    }
  g_ptr_array_add (result->grids, grid);
  plot = sp_result_add_plot (result, "heatmap", "p", "Where the model is sparse", "t");
  plot->caption = g_strdup ("Share of elements with |w| ≤ 0.01 in each tensor, layers down, parts across.");
  return result;
}

static gboolean
read_elements (gpointer data, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out)
{
  for (gsize i = 0; i < n_rows * n_columns; i++)
    out[i] = (float) (0.1 * sample_noise ((row + i / n_columns) * 65536 + column + i % n_columns));
  return TRUE;
}

SpResult *
sample_weights (gsize n, guint64 cell)
{
  SpResult *result = sp_result_new ("tensor-map");
  SpGrid *grid = sp_grid_new ("t", n * cell, n * cell, cell, cell);
  float *mean = sp_grid_add_layer (grid, SP_LAYER_MEAN), *magnitude = sp_grid_add_layer (grid, SP_LAYER_ABS_MEAN);

  grid->row_title = "output";
  grid->column_title = "input";
  grid->value_title = "weight";
  grid->unit = "weight";
  grid->detail = read_elements;
  grid->row_margin = g_new (double, n);
  grid->column_margin = g_new (double, n);
  for (gsize i = 0; i < n * n; i++)
    {
      double row = 1 + 0.5 * sin (i / n * 0.07), column = 1 + 0.5 * cos (i % n * 0.05);
      double value = 0.05 * row * column * sample_noise (i) * fabs (sample_noise (i * 7 + 1));

      mean[i] = i / n % 37 == 0 || i % n % 53 < 2 ? 0 : (float) value;
      magnitude[i] = fabsf (mean[i]);
    }
  for (gsize i = 0; i < n; i++)
    {
      grid->row_margin[i] = 1 + 0.5 * sin (i * 0.07) + 0.1 * sample_noise (i);
      grid->column_margin[i] = 1 + 0.5 * cos (i * 0.05) + 0.1 * sample_noise (i + 99);
    }
  g_ptr_array_add (result->grids, grid);
  sp_result_add_plot (result, "heatmap", "p", "layers.3.feed_forward.w2", "t");
  return result;
}
