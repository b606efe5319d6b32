/* lazy-neurons-map.c - the map of lazy-neurons: layers × neurons */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_PLACES (1u << 25)           /* whose neurons are kept: 128 MiB */
#define MOST_CLOSER (1u << 23)           /* whose frequencies are, for a closer look: 32 MiB */

static guint64
most_neurons (const LazyReport *report)
{
  guint64 most = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    most = MAX (most, report->state->dump->layers[i].n_neurons);
  return most;
}

/* Of the neuron at a place of the map; NaN: it never was a number, or there are no more of them. */
static double
frequency_at (const LazyReport *report, gsize layer, guint64 place)
{
  const LazyLayer *l = &report->state->layers[layer];

  if (report->order == LAZY_AS_STORED)
    return lazy_frequency (report->state, layer, place);
  return place < l->n_ever_valid ? l->sorted[place] : NAN;
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
        {
          double q = frequency_at (report, layer, k);

          sum += isnan (q) ? 0 : q;
          n_known += !isnan (q);
        }
      cells[first / width] = (float) (sum / (double) n_known);
    }
}

static const char *
column_title (const LazyReport *report)
{
  return report->order == LAZY_AS_STORED ? _("Neuron") : _("Neurons of a layer, most frequent first");
}

static char *
describe_map (const LazyReport *report, guint64 width)
{
  if (report->order == LAZY_BY_FREQUENCY && width > 1)
    return g_strdup_printf (_("How often neurons fire, by layer, the most frequent first; a cell is the mean of %u neighbours."),
                            (guint) width);
  if (report->order == LAZY_BY_FREQUENCY)
    return g_strdup (_("How often neurons fire, by layer, the most frequent first."));
  if (width > 1)
    return g_strdup_printf (_("How often neurons fire, by layer; a cell is the mean of %u neighbours."), (guint) width);
  return g_strdup (_("How often each neuron fires, by layer."));
}

/* Which neuron is at which place of a row; of those that fire equally often the lower number comes first. */
static void
place_neurons (guint32 *places, const LazyReport *report, gsize layer)
{
  const LazyLayer    *l = &report->state->layers[layer];
  guint64             n = report->layers[layer].n_neurons;
  g_autofree guint32 *n_placed = g_new0 (guint32, n + 1);      /* from a place on */

  for (guint64 k = 0; k < n; k++)
    {
      double  q = lazy_frequency (report->state, layer, k);
      guint64 first = isnan (q) ? l->n_ever_valid : lazy_count_above (l, q);

      places[first + n_placed[first]++] = (guint32) k;
    }
}

/* A place for each neuron of the widest layer in every layer: where that is far more than there are neurons, nothing is selected. */
static void
add_neurons (SpGrid *grid, const LazyReport *report)
{
  gsize    n = grid->n_rows * grid->n_columns;
  guint32 *places;

  if (grid->n_columns > MOST_PLACES / grid->n_rows)
    return;
  places = g_new (guint32, n);
  memset (places, 0xff, n * sizeof *places);
  for (gsize i = 0; i < grid->n_rows; i++)
    if (lazy_is_shown (report->state, i))
      place_neurons (places + i * grid->n_columns, report, i);
  grid->neurons = g_bytes_new_take (places, n * sizeof *places);
  grid->is_by_neuron = TRUE;
}

/* Each neuron, where a cell is several. */
typedef struct {
  guint64 n_columns;
  float   places[];                      /* (layers, n_columns) */
} Closer;

static gboolean
look_closer (gpointer data, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out)
{
  const Closer *closer = data;

  for (gsize i = 0; i < n_rows; i++)
    memcpy (out + i * n_columns, closer->places + (row + i) * closer->n_columns + column, n_columns * sizeof *out);
  return TRUE;
}

static void
add_closer (SpGrid *grid, const LazyReport *report)
{
  Closer *closer;

  if (grid->cell_columns == 1 || grid->n_columns > MOST_CLOSER / grid->n_rows)
    return;
  closer = g_malloc (sizeof *closer + grid->n_rows * grid->n_columns * sizeof *closer->places);
  closer->n_columns = grid->n_columns;
  for (gsize i = 0; i < grid->n_rows; i++)
    for (guint64 k = 0; k < grid->n_columns; k++)
      closer->places[i * grid->n_columns + k] =
        lazy_is_shown (report->state, i) && k < report->layers[i].n_neurons ? (float) frequency_at (report, i, k) : NAN;
  grid->detail = look_closer;
  grid->detail_data = closer;
  grid->free_detail_data = g_free;
}

static SpGrid *
make_map (const LazyReport *report, guint64 n_neurons)
{
  SpGrid *grid = sp_dump_grid_new (report->state->dump, "frequency", n_neurons);

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      if (report->state->lacks_total)
        g_clear_pointer (&grid->row_margin, g_free);
      else
        grid->row_margin[i] = lazy_is_shown (report->state, i) ? lazy_ratio (&report->layers[i]) : NAN;
      if (lazy_is_shown (report->state, i))
        fill_row (grid->layers[SP_LAYER_MEAN] + i * grid->n_cell_columns, report, i, grid->cell_columns);
    }
  add_closer (grid, report);
  if (report->order == LAZY_BY_FREQUENCY)
    add_neurons (grid, report);
  else
    grid->is_by_neuron = TRUE;
  grid->column_title = g_intern_string (column_title (report));
  grid->value_title = g_intern_string (report->state->lacks_total ? _("firings") : _("firing frequency"));
  grid->unit = report->state->lacks_total ? "elements" : grid->unit;
  grid->margin_title = g_intern_string (_("activation ratio"));
  return grid;
}

/* Once all was read, in the other order, too, so that to choose it takes no time. */
static void
make_maps (const LazyReport *report, guint64 n_neurons)
{
  LazyState *state = report->state;

  for (LazyOrder order = 0; order < LAZY_N_ORDERS; order++)
    {
      LazyReport ordered = *report;

      ordered.order = order;
      if (state->maps[order] == NULL && (order == report->order || state->n_ended == state->n_wanted))
        state->maps[order] = make_map (&ordered, n_neurons);
    }
}

void
lazy_add_map (SpResult *result, const LazyReport *report)
{
  guint64 n_neurons = most_neurons (report);
  SpGrid *grid;
  SpPlot *plot;

  if (n_neurons == 0)
    return;
  make_maps (report, n_neurons);
  grid = report->state->maps[report->order];
  g_ptr_array_add (result->grids, sp_grid_ref (grid));
  plot = sp_result_add_plot (result, "heatmap", "frequency", report->state->lacks_total ? _("Firings") : _("Firing frequency"),
                             "frequency");
  plot->x_title = g_strdup (column_title (report));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = describe_map (report, grid->cell_columns);
}
