/* lazy-neurons-map.c - the map of lazy-neurons: layers × neurons */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <glib/gi18n-lib.h>

static guint64
most_neurons (const LazyReport *report)
{
  guint64 most = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    most = MAX (most, report->state->dump->layers[i].n_neurons);
  return most;
}

/* Mean frequency of the neurons a cell covers, as far as they ever were numbers. */
static void
fill_row (float *cells, const LazyReport *report, gsize layer, guint64 width)
{
  guint64 n = report->layers[layer].n_neurons;

  for (guint64 first = 0; first < n; first += width)
    {
      double  sum = 0;
      guint64 last = MIN (first + width, n), n_known = 0;

      for (guint64 k = first; k < last; k++)
        if (lazy_n_valid (report->state, layer, k) > 0)
          {
            sum += lazy_frequency (report->state, layer, k);
            n_known++;
          }
      cells[first / width] = (float) (sum / (double) n_known);
    }
}

static SpGrid *
make_map (const LazyReport *report, guint64 n_neurons)
{
  SpGrid *grid = sp_dump_grid_new (report->state->dump, "frequency", n_neurons);

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      grid->row_margin[i] = lazy_is_shown (report->state, i) ? lazy_ratio (&report->layers[i]) : NAN;
      if (lazy_is_shown (report->state, i))
        fill_row (grid->layers[SP_LAYER_MEAN] + i * grid->n_cell_columns, report, i, grid->cell_columns);
    }
  grid->is_by_neuron = TRUE;
  grid->column_title = g_intern_string (_("Neuron"));
  grid->value_title = g_intern_string (_("firing frequency"));
  grid->margin_title = g_intern_string (_("activation ratio"));
  return grid;
}

void
lazy_add_map (SpResult *result, const LazyReport *report)
{
  guint64 n_neurons = most_neurons (report);
  SpGrid *grid = report->state->map;
  SpPlot *plot;

  if (n_neurons == 0)
    return;
  if (grid == NULL)
    grid = report->state->map = make_map (report, n_neurons);
  g_ptr_array_add (result->grids, sp_grid_ref (grid));
  plot = sp_result_add_plot (result, "heatmap", "frequency", _("Firing frequency"), "frequency");
  plot->x_title = g_strdup (_("Neuron"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = grid->cell_columns == 1
    ? g_strdup (_("How often each neuron fires, by layer."))
    : g_strdup_printf (_("How often neurons fire, by layer; a cell is the mean of %u neighbours."), (guint) grid->cell_columns);
}
