/* ppl-p-tokens.c - ppl-p by token and by neuron */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define MOST_CELLS  2048                   /* across the map */
#define N_RANKS     200                    /* of sorted neurons */
#define MOST_LAYERS 40                     /* curves in one plot */
#define DIGIT_BITS  11
#define N_DIGITS    (1u << DIGIT_BITS)

/* --- tokens ----------------------------------------------------------------------------------------- */

static void
fill_cells (SpGrid *grid, const SpOutcome *outcome, guint layer)
{
  float         *cells = grid->layers[SP_LAYER_MEAN] + layer * grid->n_cell_columns;
  const guint32 *counts = outcome->by_token + layer * outcome->n_tokens;

  for (gsize c = 0; c < grid->n_cell_columns; c++)
    {
      gsize   first = c * grid->cell_columns, end = MIN (first + grid->cell_columns, outcome->n_tokens);
      guint64 sum = 0;

      for (gsize t = first; t < end; t++)
        sum += counts[t];
      cells[c] = (float) ((double) sum / ((double) (end - first) * outcome->n_neurons));
    }
}

/* Token by token, where a cell is several: only a token alone has a text. */
static gboolean
look_closer (gpointer data, guint64 row, guint64 column, gsize n_rows, gsize n_columns, float *out)
{
  const SpOutcome *outcome = data;

  for (gsize i = 0; i < n_rows; i++)
    for (gsize c = 0; c < n_columns; c++)
      out[i * n_columns + c] = (float) outcome->by_token[(row + i) * outcome->n_tokens + column + c] / (float) outcome->n_neurons;
  return TRUE;
}

static SpGrid *
make_map (const PplReport *report)
{
  SpOutcome       *outcome = report->shown;
  SpGrid          *grid = sp_grid_new ("tokens-map", outcome->n_layers, outcome->n_tokens, 1,
                                       MAX ((outcome->n_tokens + MOST_CELLS - 1) / MOST_CELLS, 1));

  sp_grid_add_layer (grid, SP_LAYER_MEAN);
  grid->row_labels = g_new0 (char *, outcome->n_layers + 1);
  grid->row_keys = g_strdupv (report->state->facts.keys);
  grid->row_margin = g_new (double, outcome->n_layers);
  for (guint i = 0; i < outcome->n_layers; i++)
    {
      grid->row_labels[i] = g_strdup_printf ("%u", i);
      grid->row_margin[i] = (double) outcome->n_active[i] / ((double) outcome->n_tokens * outcome->n_neurons);
      fill_cells (grid, outcome, i);
    }
  if (report->state->facts.texts != NULL)
    grid->column_texts = g_strdupv (report->state->facts.texts);
  grid->row_title = g_intern_string (_("Layer"));
  grid->column_title = g_intern_string (_("Token"));
  grid->value_title = g_intern_string (_("activation ratio"));
  grid->margin_title = g_intern_string (_("mean"));
  if (grid->cell_columns > 1)
    {
      grid->detail = look_closer;
      grid->detail_data = sp_outcome_ref (outcome);
      grid->free_detail_data = (GDestroyNotify) sp_outcome_unref;
    }
  grid->unit = "share";
  return grid;
}

static void
add_token_table (const PplReport *report)
{
  const SpOutcome *outcome = report->shown;
  gsize            n = outcome->n_tokens;
  SpTable         *table = sp_table_new ("tokens", _("Tokens"), n);
  gint64          *numbers = g_new (gint64, n);
  double          *active = g_new0 (double, n);

  for (gsize t = 0; t < n; t++)
    numbers[t] = (gint64) t;
  for (guint i = 0; i < outcome->n_layers; i++)
    for (gsize t = 0; t < n; t++)
      active[t] += (double) outcome->by_token[i * n + t] / ((double) outcome->n_layers * outcome->n_neurons);
  sp_table_take_column (table, sp_column_new_i64 ("token", _("Token"), "", n, numbers));
  if (report->state->facts.texts != NULL)
    sp_table_take_column (table, sp_column_new_text ("text", _("Text"), n, (const char *const *) report->state->facts.texts));
  sp_table_take_column (table, sp_column_new_f64 ("activation_ratio", _("Activation ratio"), "share", n, active));
  g_ptr_array_add (report->result->tables, table);
}

void
ppl_add_tokens (const PplReport *report)
{
  SpPlot *plot = sp_result_add_plot (report->result, "heatmap", "tokens", _("Tokens"), "tokens-map");

  g_ptr_array_add (report->result->grids, make_map (report));
  add_token_table (report);
  plot->x_title = g_strdup (_("Token"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = g_strdup (_("Share of each layer's neurons that are kept at each token of the text."));
}

/* --- neurons ---------------------------------------------------------------------------------------- */

/* The largest first, digit after digit from the last: some hundred thousand neurons are sorted at each move of p.  Returns where they
 * are: in counts or in room, (n) both. */
static const guint32 *
sort_down (guint32 *counts, guint32 *room, gsize n)
{
  for (guint shift = 0; shift < 32; shift += DIGIT_BITS)
    {
      gsize    places[N_DIGITS] = { 0 }, place = 0;
      guint32 *to = room;

      for (gsize i = 0; i < n; i++)
        places[counts[i] >> shift & (N_DIGITS - 1)]++;
      for (guint digit = N_DIGITS; digit-- > 0;)
        {
          place += places[digit];
          places[digit] = place - places[digit];
        }
      for (gsize i = 0; i < n; i++)
        to[places[counts[i] >> shift & (N_DIGITS - 1)]++] = counts[i];
      room = counts;
      counts = to;
    }
  return counts;
}

static void
add_frequencies (const PplReport *report, SpTable *table, guint layer, const double *ranks)
{
  const SpOutcome     *outcome = report->shown;
  gsize                n = outcome->n_neurons, bytes = n * sizeof (guint32);
  g_autofree guint32  *counts = g_memdup2 (outcome->by_neuron + layer * n, bytes), *room = g_malloc (bytes);
  const guint32       *sorted = sort_down (counts, room, n);
  g_autofree char     *name = g_strdup_printf ("layer_%u", layer), *title = g_strdup_printf (_("layer %u"), layer);
  double              *values = g_new (double, N_RANKS);

  for (gsize k = 0; k < N_RANKS; k++)
    values[k] = (double) sorted[MIN ((gsize) (ranks[k] * (double) n), n - 1)] / (double) outcome->n_tokens;
  sp_table_take_column (table, sp_column_new_f64 (name, title, "share", N_RANKS, values));
}

void
ppl_add_neurons (const PplReport *report)
{
  SpTable                  *table = sp_table_new ("frequencies", _("Sorted frequencies"), N_RANKS);
  SpPlot                   *plot = sp_result_add_plot (report->result, "line", "frequencies", _("Sorted frequencies"), "frequencies");
  double                   *ranks = g_new (double, N_RANKS);
  g_autoptr (GStrvBuilder)  names = g_strv_builder_new ();

  for (gsize k = 0; k < N_RANKS; k++)
    ranks[k] = ((double) k + 0.5) / N_RANKS;
  sp_table_take_column (table, sp_column_new_f64 ("rank", _("Rank"), "share", N_RANKS, ranks));
  for (guint i = 0; i < report->shown->n_layers; i++)
    {
      g_autofree char *name = g_strdup_printf ("layer_%u", i);

      add_frequencies (report, table, i, ranks);
      if (i < MOST_LAYERS)
        g_strv_builder_add (names, name);
    }
  g_ptr_array_add (report->result->tables, table);
  plot->x = g_strdup ("rank");
  plot->y = g_strv_builder_end (names);
  plot->x_title = g_strdup (_("share of the layer's neurons, most frequent first"));
  plot->y_title = g_strdup (_("share of tokens at which it is kept"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("How often each neuron is kept, sorted within its layer."));
}
