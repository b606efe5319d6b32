/* sp-heat-cells.c - how the cells of a heatmap are spread: quantiles, counts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-heat.h"

#include <math.h>

static void
swap (float *a, float *b)
{
  float kept = *a;

  *a = *b;
  *b = kept;
}

/* Values first…last put in two parts, none of the first greater than one of the second; gives where that one begins. */
static gsize
part (float *values, gsize first, gsize last)
{
  float middle = values[first + (last - first) / 2];
  gsize low = first, high = last;

  for (;;)
    {
      while (values[low] < middle)
        low++;
      while (values[high] > middle)
        high--;
      if (low >= high)
        return high + 1;
      swap (&values[low++], &values[high--]);
    }
}

/* The k-th smallest of n, which are put in another order. */
static float
select_kth (float *values, gsize n, gsize k)
{
  gsize first = 0, last = n - 1;

  while (first < last)
    {
      gsize second = part (values, first, last);

      if (k < second)
        last = second - 1;
      else
        first = second;
    }
  return values[k];
}

static gsize
copy_finite (SpHeat *heat, SpGridLayer layer, float *values)
{
  const float *cells = heat->grid->layers[layer];
  gsize n = 0;

  for (gsize i = 0; i < heat->grid->n_cell_rows * heat->grid->n_cell_columns; i++)
    if (isfinite (cells[i]))
      values[n++] = cells[i];
  return n;
}

void
sp_heat_cut (SpHeat *heat, SpGridLayer layer, double cut, SpSpan *span)
{
  SpHeatRange *range = sp_heat_range (heat, layer);
  g_autofree float *values = NULL;
  gsize n;

  *span = (SpSpan){ range->low, range->high };
  if (!(cut > 0) || range->low > range->high)
    return;
  if (!range->is_cut || range->cut != cut)
    {
      values = g_new (float, heat->grid->n_cell_rows * heat->grid->n_cell_columns);
      n = copy_finite (heat, layer, values);
      range->cut_low = select_kth (values, n, (gsize) floor (MIN (cut, 0.5) * (n - 1)));
      range->cut_high = select_kth (values, n, (gsize) floor ((1 - MIN (cut, 0.5)) * (n - 1)));
      range->cut = cut;
      range->is_cut = TRUE;
    }
  *span = (SpSpan){ range->cut_low, range->cut_high };
}

void
sp_heat_count (SpHeat *heat, double low, double high, gsize n_bins, gsize *counts)
{
  const float *cells = heat->grid->layers[heat->layer];
  gsize n = cells != NULL ? heat->grid->n_cell_rows * heat->grid->n_cell_columns : 0;

  for (gsize i = 0; i < n_bins; i++)
    counts[i] = 0;
  for (gsize i = 0; i < n; i++)
    if (cells[i] >= low && cells[i] <= high)
      counts[MIN ((gsize) ((cells[i] - low) / (high - low) * n_bins), n_bins - 1)]++;
}
