/* lazy-neurons-curves.c - how frequencies are distributed: sorted, binned, and by layer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <glib/gi18n-lib.h>

#define BINS_PER_DECADE 8

/* A column for each layer over a common axis. */
static char **
add_series (SpTable *table, const LazyReport *report, const char *unit, double (*get) (const LazyReport *, gsize, gsize))
{
  GPtrArray *names = g_ptr_array_new ();
  gsize      n = sp_table_get_n_rows (table);

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];
      double            *values;

      if (!lazy_is_shown (report->state, i))
        continue;
      values = g_new (double, n + 1);
      for (gsize k = 0; k < n; k++)
        values[k] = get (report, i, k);
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), unit, n, values));
      g_ptr_array_add (names, g_strdup (sp_dump_series_name (layer)));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static double
get_sorted (const LazyReport *report, gsize layer, gsize k)
{
  const LazyLayer *l = &report->state->layers[layer];
  guint64          n = l->n_ever_valid;

  return n > 0 ? l->sorted[MIN ((guint64) (lazy_rank_share (k + 1) * (double) n), n - 1)] : NAN;
}

void
lazy_add_sorted (SpResult *result, const LazyReport *report)
{
  SpTable    *table = sp_table_new ("sorted", _("Sorted frequencies"), LAZY_RANKS);
  double     *ranks = g_new (double, LAZY_RANKS);
  SpPlot     *plot = sp_result_add_plot (result, "line", "sorted", _("Sorted frequencies"), "sorted");
  const char *unit = report->state->lacks_total ? "elements" : "share";

  for (gsize k = 0; k < LAZY_RANKS; k++)
    ranks[k] = lazy_rank_share (k + 1);
  sp_table_take_column (table, sp_column_new_f64 ("rank", _("Rank"), "share", LAZY_RANKS, ranks));
  plot->y = add_series (table, report, unit, get_sorted);
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("rank");
  plot->x_title = g_strdup (_("share of the layer's neurons, most frequent first"));
  plot->y_title = g_strdup (report->state->lacks_total ? _("firings") : _("firing frequency"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup (unit);
  plot->x_scale = plot->y_scale = SP_SCALE_LOG;
  if (!report->state->lacks_total)
    {
      sp_plot_add_marker (plot, FALSE, report->dead, _("dead"), "dead", 1);
      sp_plot_add_marker (plot, FALSE, report->often, _("frequent"), "often", 1);
    }
  plot->caption = g_strdup (_("How often each neuron fires, sorted within its layer; those that never fire have no place on a "
                              "logarithmic axis."));
}

/* --- coverage ---------------------------------------------------------------------------------- */

static char **
prepend (const char *name, char **names)
{
  g_autoptr (GStrvBuilder) builder = g_strv_builder_new ();

  g_strv_builder_add (builder, name);
  g_strv_builder_addv (builder, (const char **) names);
  return g_strv_builder_end (builder);
}

static double
get_carried (const LazyReport *report, gsize layer, gsize k)
{
  return report->state->layers[layer].carried.curve[k];
}

/* The share of the neurons and the share of all that they are. */
static void
add_shares (SpTable *table, const LazyReport *report)
{
  double *shares = g_new (double, LAZY_RANKS + 1);

  for (gsize k = 0; k <= LAZY_RANKS; k++)
    shares[k] = lazy_rank_share (k);
  sp_table_take_column (table, sp_column_new_f64 ("neurons", _("Neurons"), "share", LAZY_RANKS + 1, shares));
  shares = g_memdup2 (report->all.carried->curve, sizeof report->all.carried->curve);
  sp_table_take_column (table, sp_column_new_f64 ("overall", _("all layers"), "share", LAZY_RANKS + 1, shares));
}

static void
mark_coverages (SpPlot *plot, const LazyReport *report)
{
  const LazyTally *all = &report->all;

  for (gsize c = 0; c < LAZY_COVERAGES && all->n_fired > 0; c++)
    {
      g_autofree char *label = g_strdup_printf ("%.0f\u2009%%", lazy_coverages[c]);

      sp_plot_add_marker (plot, TRUE, lazy_share (all->carried->cover[c], all->n_neurons), label, NULL, 1);
    }
}

static char *
describe_coverage (const LazyReport *report)
{
  const LazyTally *all = &report->all;
  char            *shares[LAZY_COVERAGES], *caption;

  if (all->n_fired == 0)
    return g_strdup (_("How many of all firings the most frequent neurons carry."));
  for (gsize c = 0; c < LAZY_COVERAGES; c++)
    shares[c] = sp_format_number (lazy_share (all->carried->cover[c], all->n_neurons), "share");
  caption = g_strdup_printf (_("How many of all firings the most frequent neurons carry; of the neurons of all layers together, %s carry "
                               "80 %%, %s 90 %%, %s 95 %% and %s 99 %%."), shares[0], shares[1], shares[2], shares[3]);
  for (gsize c = 0; c < LAZY_COVERAGES; c++)
    g_free (shares[c]);
  return caption;
}

void
lazy_add_coverage (SpResult *result, const LazyReport *report)
{
  SpTable        *table = sp_table_new ("coverage", _("Coverage"), LAZY_RANKS + 1);
  SpPlot         *plot = sp_result_add_plot (result, "line", "coverage", _("Coverage of firings"), "coverage");
  g_auto (GStrv)  layers = NULL;

  add_shares (table, report);
  layers = add_series (table, report, "share", get_carried);
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("neurons");
  plot->y = prepend ("overall", layers);
  plot->x_title = g_strdup (_("share of the neurons, most frequent first"));
  plot->y_title = g_strdup (_("share of all firings they carry"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  mark_coverages (plot, report);
  plot->caption = describe_coverage (report);
}

/* Whole decades down to one firing in all tokens. */
static gsize
count_decades (const LazyReport *report)
{
  gsize n = 1;

  for (double tokens = 10; tokens < (double) report->all.n_tokens; tokens *= 10)
    n++;
  return n;
}

static double
bin_edge (gsize bin, gsize n_decades)
{
  return pow (10, (double) bin / BINS_PER_DECADE - (double) n_decades);
}

/* Neurons of a layer by bin: the first holds what is less, too, but for those that never fire; the last also 1. */
static void
add_to_bins (double *counts, const LazyLayer *layer, const double *low, gsize n)
{
  guint64 n_above = 0;

  for (gsize b = n; b-- > 0;)
    {
      guint64 n_from = b > 0 ? lazy_count_from (layer, low[b]) : lazy_count_above (layer, 0);

      counts[b] += (double) (n_from - n_above);
      n_above = n_from;
    }
}

void
lazy_add_histogram (SpResult *result, const LazyReport *report)
{
  gsize    n_decades = count_decades (report), n = n_decades * BINS_PER_DECADE;
  SpTable *table = sp_table_new ("histogram", _("Frequencies"), n);
  double  *low = g_new (double, n), *high = g_new (double, n), *shares = g_new0 (double, n);
  SpPlot  *plot = sp_result_add_plot (result, "histogram", "histogram", _("Frequencies"), "histogram");

  for (gsize b = 0; b < n; b++)
    {
      low[b] = bin_edge (b, n_decades);
      high[b] = bin_edge (b + 1, n_decades);
    }
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (lazy_is_shown (report->state, i))
      add_to_bins (shares, &report->state->layers[i], low, n);
  for (gsize b = 0; b < n && report->all.n_neurons > 0; b++)
    shares[b] /= (double) report->all.n_neurons;
  sp_table_take_column (table, sp_column_new_f64 ("from", _("From"), "share", n, low));
  sp_table_take_column (table, sp_column_new_f64 ("to", _("To"), "share", n, high));
  sp_table_take_column (table, sp_column_new_f64 ("neurons", _("Neurons"), "share", n, shares));
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("from");
  plot->x_high = g_strdup ("to");
  plot->y = g_strdupv ((char **) (const char *const[]) { "neurons", NULL });
  plot->x_title = g_strdup (_("firing frequency"));
  plot->y_title = g_strdup (_("share of all neurons"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  sp_plot_add_marker (plot, TRUE, report->dead, _("dead"), "dead", 1);
  sp_plot_add_marker (plot, TRUE, report->often, _("frequent"), "often", 1);
  plot->caption = g_strdup_printf (_("Neurons by firing frequency; %.2f %% of all never fired and are not among the bars."),
                                   100 * lazy_share (report->all.n_never, report->all.n_neurons));
}

void
lazy_add_layer_plot (SpResult *result, const LazyReport *report)
{
  SpPlot *plot = sp_result_add_plot (result, "bars", "layers", _("Activation ratio by layer"), "layers");

  plot->x = g_strdup ("label");
  plot->y = g_strdupv ((char **) (const char *const[]) { "activation_ratio", NULL });
  plot->key = g_strdup ("tensor");
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("share of activations that fire"));
  plot->y_unit = g_strdup ("share");
  sp_plot_add_marker (plot, FALSE, 0.030, "T5-Base 3.0 %", NULL, 1);
  sp_plot_add_marker (plot, FALSE, 0.063, "ViT-B/16 6.3 %", NULL, 1);
  plot->caption = g_strdup (_("Share of activations that fire, by layer; lines: percentages of nonzeros published in The Lazy Neuron "
                              "Phenomenon."));
}
