/* sp-figure.c - one plot of a result */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-figure-private.h"

#include "sp-color.h"
#include "sp-frame.h"
#include "sp-heat.h"
#include "sp-names.h"

#include <math.h>
#include <string.h>

#define SP_KIND(id) extern const SpKind sp_kind_##id;
#include "kinds/kinds.inc"
#undef SP_KIND

static const SpKind *const kinds[] = {
#define SP_KIND(id) &sp_kind_##id,
#include "kinds/kinds.inc"
#undef SP_KIND
};

static const SpKind *
find_kind (const char *id)
{
  for (gsize i = 0; i < G_N_ELEMENTS (kinds); i++)
    if (g_strcmp0 (kinds[i]->id, id) == 0)
      return kinds[i];
  return kinds[0];
}

/* Doubles are lent by the column; whole numbers are widened once. */
static void
lend_values (SpSeries *series, const SpColumn *column, gsize n_rows)
{
  series->title = column != NULL ? column->title : "";
  series->unit = column != NULL ? column->unit : "index";
  if (column != NULL && column->type == SP_COLUMN_F64)
    {
      series->values = column->f64;
      return;
    }
  series->values = series->owned = g_new (double, MAX (n_rows, 1));
  for (gsize i = 0; i < n_rows; i++)
    series->owned[i] = column == NULL || column->type == SP_COLUMN_TEXT ? (double) i : sp_column_get_number (column, i);
  if (column != NULL && (column->type == SP_COLUMN_TEXT || column->unit == NULL || *column->unit == '\0'))
    series->unit = "index";
}

static void
measure_series (SpSeries *series, gsize n_rows)
{
  series->span = series->positive = (SpSpan){ INFINITY, -INFINITY };
  for (gsize i = 0; i < n_rows; i++)
    {
      double value = series->values[i];

      if (!isfinite (value))
        continue;
      sp_span_add (&series->span, value);
      series->n_finite++;
      if (value <= 0)
        continue;
      sp_span_add (&series->positive, value);
      series->n_positive++;
    }
}

static void
open_series (SpSeries *series, const SpColumn *column, gsize n_rows)
{
  lend_values (series, column, n_rows);
  measure_series (series, n_rows);
}

static gboolean
is_sorted (const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    if (!isfinite (values[i]) || (i > 0 && values[i] < values[i - 1]))
      return FALSE;
  return TRUE;
}

static const SpColumn *
find_column (SpFigure *figure, const char *name)
{
  return name != NULL && figure->table != NULL ? sp_table_find_column (figure->table, name) : NULL;
}

#define MOST_TOLD_APART 8                /* by colours of their own */

static void
rank_series (SpFigure *figure)
{
  gsize n[2] = { 0, 0 };

  for (gsize s = 0; s < figure->n_series; s++)
    figure->y[s].rank = n[figure->y[s].key != NULL]++;
  figure->n_ramp = n[TRUE] > MOST_TOLD_APART ? n[TRUE] : 0;
}

/* The i-th of columns beside those of y; NULL: there is none. */
static const double *
lend_beside (SpFigure *figure, char **names, gsize i)
{
  const SpColumn *column = names != NULL ? find_column (figure, names[i]) : NULL;

  return column != NULL && column->type == SP_COLUMN_F64 ? column->f64 : NULL;
}

static void
open_all_series (SpFigure *figure)
{
  const SpPlot *plot = figure->plot;

  figure->y = g_new0 (SpSeries, plot->y != NULL ? g_strv_length (plot->y) + 1 : 1);
  for (gsize i = 0; plot->y != NULL && plot->y[i] != NULL; i++)
    {
      SpSeries *series = &figure->y[figure->n_series];

      if (find_column (figure, plot->y[i]) == NULL)
        continue;
      open_series (series, find_column (figure, plot->y[i]), figure->n_rows);
      series->low = lend_beside (figure, plot->y_low, i);
      series->high = lend_beside (figure, plot->y_high, i);
      series->points = lend_beside (figure, plot->y_points, i);
      series->key = sp_result_find_link (figure->result, plot->y[i]);
      figure->n_series++;
    }
}

static void
open_table (SpFigure *figure)
{
  const SpPlot *plot = figure->plot;
  const SpColumn *x = find_column (figure, plot->x);

  figure->n_rows = sp_table_get_n_rows (figure->table);
  open_series (&figure->x, x, figure->n_rows);
  if (x != NULL && x->type == SP_COLUMN_TEXT)
    {
      figure->short_names = sp_names_shorten (x->text, figure->n_rows);
      figure->x_text = figure->short_names != NULL ? (const char *const *) figure->short_names : x->text;
      figure->n_x_text = figure->n_rows;
    }
  if (find_column (figure, plot->x_high) != NULL)
    open_series (&figure->x_high, find_column (figure, plot->x_high), figure->n_rows);
  open_all_series (figure);
  rank_series (figure);
  figure->key = find_column (figure, plot->key);
  if (figure->key != NULL && figure->key->type != SP_COLUMN_TEXT)
    figure->key = NULL;
  figure->is_x_sorted = is_sorted (figure->x.values, figure->n_rows);
}

SpFigure *
sp_figure_new (SpResult *result, const SpPlot *plot)
{
  SpFigure *figure = g_new0 (SpFigure, 1);

  g_ref_count_init (&figure->n_refs);
  figure->result = sp_result_ref (result);
  figure->plot = plot;
  figure->kind = find_kind (plot->kind);
  figure->table = plot->table != NULL ? sp_result_find_table (result, plot->table) : NULL;
  figure->grid = plot->table != NULL ? sp_result_find_grid (result, plot->table) : NULL;
  figure->selected_row = figure->selected_series = G_MAXSIZE;
  figure->x_axis = figure->y_axis = (SpAxis){ SP_SCALE_LINEAR, 0, 1, 0 };
  if (figure->table != NULL)
    open_table (figure);
  if (figure->kind->open != NULL)
    figure->kind->open (figure);
  return figure;
}

SpFigure *
sp_figure_ref (SpFigure *figure)
{
  g_ref_count_inc (&figure->n_refs);
  return figure;
}

static void
close_series (SpSeries *series)
{
  g_free (series->owned);
  g_free (series->places);
}

void
sp_figure_unref (SpFigure *figure)
{
  if (!g_ref_count_dec (&figure->n_refs))
    return;
  if (figure->kind->close != NULL)
    figure->kind->close (figure);
  for (gsize i = 0; i < figure->n_series; i++)
    close_series (&figure->y[i]);
  g_free (figure->y);
  close_series (&figure->x);
  close_series (&figure->x_high);
  g_strfreev (figure->short_names);
  g_free (figure->selected);
  sp_result_unref (figure->result);
  g_free (figure);
}

void
sp_view_init (SpView *view)
{
  *view = (SpView){ .x = { SP_SCALE_LINEAR, 0, 1, 0 }, .y = { SP_SCALE_LINEAR, 0, 1, 0 }, .neuron = -1, .low = 0, .high = 1 };
}

void
sp_view_clear (SpView *view)
{
  g_free (view->selected);
  sp_view_init (view);
}

/* Of a table whose rows are neurons. */
static gsize
find_neuron_row (SpFigure *figure, const char *key, gint64 neuron)
{
  gint64 found;
  gsize row;

  if (figure->table == NULL || neuron < 0 || !sp_table_find_key (figure->table, key, neuron, &row))
    return G_MAXSIZE;
  sp_table_get_key (figure->table, row, &found);
  return found == neuron ? row : G_MAXSIZE;
}

/* Scans the keys only when the selection is another one. */
static void
find_selected (SpFigure *figure, const char *key, gint64 neuron)
{
  if (g_strcmp0 (figure->selected, key) == 0 && figure->selected_neuron == neuron)
    return;
  figure->selected_neuron = neuron;
  g_free (figure->selected);
  figure->selected = g_strdup (key);
  figure->selected_row = figure->selected_series = G_MAXSIZE;
  for (gsize s = 0; key != NULL && s < figure->n_series && figure->selected_series == G_MAXSIZE; s++)
    if (g_strcmp0 (figure->y[s].key, key) == 0)
      figure->selected_series = s;
  for (gsize i = 0; key != NULL && i < figure->n_rows && figure->selected_row == G_MAXSIZE; i++)
    if (g_strcmp0 (sp_figure_get_key (figure, i), key) == 0)
      figure->selected_row = i;
  if (key != NULL && figure->key == NULL)
    figure->selected_row = find_neuron_row (figure, key, neuron);
}

/* What the view lends is not ours after drawing. */
static void
give_back (SpFigure *figure)
{
  figure->view.selected = NULL;
  figure->view.palette = NULL;
}

void
sp_figure_draw_with (SpFigure *figure, cairo_t *cr, const SpCanvas *canvas, const SpView *view, GArray *runs)
{
  SpPen pen;

  sp_pen_init (&pen, cr, canvas->theme, canvas->font_scale, canvas->device_scale, runs);
  figure->view = *view;
  figure->font_scale = pen.font_scale;
  find_selected (figure, view->selected, view->neuron);
  cairo_save (cr);
  sp_frame_draw (figure, &pen, canvas);
  cairo_restore (cr);
  give_back (figure);
  sp_pen_finish (&pen);
}

void
sp_figure_draw (SpFigure *figure, cairo_t *cr, const SpCanvas *canvas, const SpView *view)
{
  sp_figure_draw_with (figure, cr, canvas, view, NULL);
}

void
sp_figure_get_axes (SpFigure *figure, SpAxis *x, SpAxis *y)
{
  *x = figure->x_axis;
  *y = figure->y_axis;
}

void
sp_figure_get_held (SpFigure *figure, SpHeld *held)
{
  *held = figure->view.held;
}

void
sp_figure_get_area (SpFigure *figure, double *x, double *y, double *width, double *height)
{
  *x = figure->area.x;
  *y = figure->area.y;
  *width = figure->area.width;
  *height = figure->area.height;
}

gboolean
sp_figure_get_colors (SpFigure *figure, const SpView *view, gboolean is_dark, SpColors *colors)
{
  const SpHeatRange *range;

  if (figure->heat == NULL)
    return FALSE;
  figure->view = *view;
  sp_heat_choose (figure->heat, figure, is_dark);
  give_back (figure);
  range = sp_heat_range (figure->heat, figure->heat->layer);
  *colors = (SpColors){ figure->heat->palette, figure->heat->low, figure->heat->high, range->low, range->high };
  return TRUE;
}

void
sp_figure_count_cells (SpFigure *figure, double low, double high, gsize n_bins, gsize *counts)
{
  if (figure->heat != NULL && low < high)
    sp_heat_count (figure->heat, low, high, n_bins, counts);
}

const SpPlot *
sp_figure_get_plot (SpFigure *figure)
{
  return figure->plot;
}

char *
sp_figure_describe (SpFigure *figure)
{
  GString *out = g_string_new (figure->plot->title);

  g_string_append (out, ". ");
  figure->kind->describe (figure, out);
  if (figure->plot->caption != NULL)
    g_string_append_printf (out, " %s", figure->plot->caption);
  return g_string_free (out, FALSE);
}
