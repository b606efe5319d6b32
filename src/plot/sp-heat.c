/* sp-heat.c - what a grid holds: ranges, limits, the value at a place */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat.h"

#include "sp-color.h"

#include <math.h>
#include <string.h>

#define N_BINS 2048
#define FEW 4096 /* with fewer cells every one counts: nothing is an outlier */

SpHeat *
sp_heat_new (SpGrid *grid)
{
  SpHeat *heat = g_new0 (SpHeat, 1);

  heat->grid = grid;
  heat->palette = sp_palette_nth (0);
  return heat;
}

void
sp_heat_free (SpHeat *heat)
{
  if (heat == NULL)
    return;
  for (gsize layer = 0; layer < SP_N_GRID_LAYERS; layer++)
    for (gsize i = 0; i < heat->n_levels[layer]; i++)
      g_free (heat->levels[layer][i].owned);
  g_free (heat->elements);
  g_free (heat->shown);
  g_free (heat);
}

/* The magnitude below which 99.8 % of the cells lie, to one part in N_BINS. */
static double
most_of (const float *cells, gsize n, gsize n_finite, double largest)
{
  g_autofree gsize *bins = g_new0 (gsize, N_BINS);
  gsize n_under = 0;

  if (n_finite < FEW || !(largest > 0))
    return largest;
  for (gsize i = 0; i < n; i++)
    if (isfinite (cells[i]))
      bins[(gsize) MIN (fabs (cells[i]) / largest * N_BINS, N_BINS - 1)]++;
  for (gsize i = 0; i < N_BINS; i++)
    {
      n_under += bins[i];
      if (n_under >= n_finite * 0.998)
        return largest * (i + 1) / N_BINS;
    }
  return largest;
}

static void
scan_cell (SpHeatRange *range, double value, gsize i)
{
  range->n_zero += value == 0;
  if (value < range->low)
    {
      range->low = value;
      range->low_cell = i;
    }
  if (value > range->high)
    {
      range->high = value;
      range->high_cell = i;
    }
}

SpHeatRange *
sp_heat_range (SpHeat *heat, SpGridLayer layer)
{
  SpHeatRange *range = &heat->ranges[layer];
  const float *cells = heat->grid->layers[layer];
  gsize n = cells != NULL ? heat->grid->n_cell_rows * heat->grid->n_cell_columns : 0, n_finite = 0;

  if (range->is_known)
    return range;
  *range = (SpHeatRange){ .is_known = TRUE, .low = INFINITY, .high = -INFINITY };
  for (gsize i = 0; i < n; i++)
    {
      range->n_missing += isnan (cells[i]);
      if (!isfinite (cells[i]))
        continue;
      n_finite++;
      scan_cell (range, cells[i], i);
    }
  range->most = n_finite > 0 ? most_of (cells, n, n_finite, MAX (fabs (range->low), fabs (range->high))) : 0;
  return range;
}

static SpGridLayer
choose_layer (const SpGrid *grid, const SpFigure *figure)
{
  SpGridLayer wanted = figure->view.is_layer_set ? figure->view.layer : figure->plot->layer;

  if (wanted < SP_N_GRID_LAYERS && grid->layers[wanted] != NULL)
    return wanted;
  for (SpGridLayer layer = 0; layer < SP_N_GRID_LAYERS; layer++)
    if (grid->layers[layer] != NULL)
      return layer;
  return SP_LAYER_MEAN;
}

static const SpPalette *
choose_palette (const SpView *view, gboolean is_signed, gboolean is_dark)
{
  if (view->palette != NULL && *view->palette != '\0')
    return sp_palette_find (view->palette);
  return sp_palette_find (is_signed ? "tide" : is_dark ? "lagoon" : "ink");
}

static void
cut_limits (SpHeat *heat, double cut)
{
  SpSpan span;

  sp_heat_cut (heat, heat->layer, cut, &span);
  heat->low = span.low;
  heat->high = span.high;
  if (!heat->palette->is_diverging)
    return;
  heat->high = MAX (fabs (span.low), fabs (span.high));
  heat->low = -heat->high;
}

/* Outliers do not wash out the rest: the limits hold all but 0.2 % of the cells. */
static void
choose_limits (SpHeat *heat, const SpView *view, const SpHeatRange *range)
{
  if (view->limits == SP_LIMITS_SET && view->low < view->high)
    {
      heat->low = view->low;
      heat->high = view->high;
    }
  else if (view->limits == SP_LIMITS_CUT && range->low <= range->high)
    cut_limits (heat, view->cut);
  else if (range->low > range->high)
    {
      heat->low = 0;
      heat->high = 1;
    }
  else if (heat->palette->is_diverging || range->low < 0)
    {
      heat->high = range->most;
      heat->low = heat->palette->is_diverging ? -range->most : MAX (range->low, -range->most);
    }
  else
    {
      heat->low = range->low < 0.5 * range->most ? 0 : range->low;
      heat->high = range->most;
    }
  if (!(heat->low < heat->high))
    {
      heat->low = heat->low == 0 ? 0 : heat->low - fabs (heat->low) * 0.5;
      heat->high = heat->low + MAX (fabs (heat->low), 1e-30) * (heat->low == 0 ? 1e30 : 1);
    }
}

/* While a run reads, colours keep their meaning as long as they can. */
static void
hold_limits (SpHeat *heat, SpFigure *figure, const SpHeatRange *range)
{
  SpAxis axis = { SP_SCALE_LINEAR, heat->low, heat->high, 0 };

  if (figure->view.limits == SP_LIMITS_SET)
    return;
  sp_figure_hold (figure, &axis, &(SpSpan){ range->low, range->high }, &figure->view.held.colors,
                  &figure->view.held.has_colors);
  heat->low = axis.min;
  heat->high = axis.max;
  if (heat->palette->is_diverging && figure->view.is_growing)
    {
      heat->high = MAX (heat->high, -heat->low);
      heat->low = -heat->high;
    }
}

void
sp_heat_choose (SpHeat *heat, SpFigure *figure, gboolean is_dark)
{
  const SpGrid *grid = heat->grid;
  SpHeatRange *range;

  heat->layer = choose_layer (grid, figure);
  range = sp_heat_range (heat, heat->layer);
  heat->palette = choose_palette (&figure->view, range->low < 0, is_dark);
  choose_limits (heat, &figure->view, range);
  hold_limits (heat, figure, range);
  heat->is_cut_low = range->low < heat->low;
  heat->is_cut_high = range->high > heat->high;
  heat->marks_zero = heat->layer != SP_LAYER_ZEROS && grid->row_labels == NULL && grid->column_labels == NULL &&
                     g_strcmp0 (grid->unit, "share") != 0;
}

gboolean
sp_heat_value (SpHeat *heat, double row, double column, double *value)
{
  const SpGrid *grid = heat->grid;
  double r = floor (row + 0.5), c = floor (column + 0.5);
  double in_row = r - heat->row, in_column = c - heat->column;

  *value = NAN;
  if (!(r >= 0 && c >= 0 && r < grid->n_rows && c < grid->n_columns))
    return FALSE;
  if (heat->elements != NULL && in_row >= 0 && in_column >= 0 && in_row < heat->n_rows && in_column < heat->n_columns)
    {
      *value = heat->elements[(gsize) in_row * heat->n_columns + (gsize) in_column];
      return TRUE;
    }
  if (grid->layers[heat->layer] != NULL)
    *value = grid->layers[heat->layer]
                         [((guint64) r / grid->cell_rows) * grid->n_cell_columns + (guint64) c / grid->cell_columns];
  return grid->cell_rows == 1 && grid->cell_columns == 1;
}

guint32
sp_heat_color (const SpHeat *heat, double value, const SpTheme *theme)
{
  if (isnan (value))
    return sp_color_to_rgb (theme->missing);
  if (value == 0 && heat->marks_zero)
    return sp_color_to_rgb (theme->zero);
  return sp_palette_rgb (heat->palette, (value - heat->low) / (heat->high - heat->low));
}

char *
sp_heat_cell_text (double value, const char *unit)
{
  if (g_strcmp0 (unit, "") == 0 && fabs (value) >= 0.1 && fabs (value) < 1)
    return g_strdup_printf ("%.3f", value);
  if (g_strcmp0 (unit, "share") != 0)
    return sp_format_number (value, unit);
  if (value == 0 || value == 1)
    return g_strdup (value == 0 ? "0" : "100");
  if (fabs (value) < 0.0005)
    return g_strdup ("<0.1");
  return value >= 0.9995 && value < 1 ? g_strdup (">99.9") : g_strdup_printf ("%.1f", value * 100);
}
