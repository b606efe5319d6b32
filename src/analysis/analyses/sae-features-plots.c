/* sae-features-plots.c - sae-features in pictures: densities, their ranks, what they go with, codes of a token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features-report.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>

#define MOST_RANKS 400                     /* points of a curve */

/* y: ends with NULL. */
static SpPlot *
add_plot (const SaeReport *report, const char *kind, const char *id, const char *title, SpTable *table, const char *x,
          const char *const *y)
{
  SpPlot *plot = sp_result_add_plot (report->result, kind, id, title, sp_table_get_id (table));

  plot->x = g_strdup (x);
  plot->y = g_strdupv ((char **) y);
  return plot;
}

/* --- densities ----------------------------------------------------------------------------------------- */

/* The dead have a bar of their own, a decade below the least density there is. */
void
sae_add_densities (const SaeReport *report)
{
  const guint64 *bins = report->ranks->bins;
  gsize          first = 0, n;
  SpTable       *table;
  double        *low, *high, *counts, *dead;
  SpPlot        *plot;

  while (first + SP_DENSITY_DECADE < SP_DENSITY_BINS && bins[first] == 0)
    first++;
  first = first > SP_DENSITY_DECADE ? first - SP_DENSITY_DECADE : 0;
  n = SP_DENSITY_BINS - first;
  table = sp_table_new ("densities", _("Densities"), n);
  low = g_new (double, n);
  high = g_new (double, n);
  counts = g_new (double, n);
  dead = g_new (double, n);
  for (gsize i = 0; i < n; i++)
    {
      low[i] = SP_DENSITY_LEAST + (double) (first + i) / SP_DENSITY_DECADE;
      high[i] = SP_DENSITY_LEAST + (double) (first + i + 1) / SP_DENSITY_DECADE;
      counts[i] = (double) bins[first + i];
      dead[i] = i == 0 ? (double) report->n_dead : 0;
    }
  sp_table_take_f64 (table, "log10_low", _("from"), "", low);
  sp_table_take_f64 (table, "log10_high", _("to"), "", high);
  sp_table_take_f64 (table, "features", _("features"), "features", counts);
  sp_table_take_f64 (table, "dead", _("dead, at the left end"), "features", dead);
  g_ptr_array_add (report->result->tables, table);
  plot = add_plot (report, "histogram", "densities", _("Densities"), table, "log10_low",
                   (const char *const[]) { "features", "dead", NULL });
  plot->x_high = g_strdup ("log10_high");
  plot->x_title = g_strdup (_("log₁₀ of the share of tokens at which a feature fires"));
  plot->y_title = g_strdup (_("features"));
  if (report->cut > 0)
    sp_plot_add_marker (plot, TRUE, log10 (report->cut), _("ultra-low below"), NULL, 1);
  if (report->dense > 0)
    sp_plot_add_marker (plot, TRUE, log10 (report->dense), _("dense above"), NULL, 1);
  plot->caption = g_strdup_printf (_("Densities of %u features, in tenths of a decade; the dead, %" PRIu64 " of them, stand apart at the "
                                     "left end."), report->n_features, report->n_dead);
}

/* --- ranks --------------------------------------------------------------------------------------------- */

static char *
describe_law (const SaeRanks *ranks)
{
  g_autofree char *law = NULL;

  if (isnan (ranks->zipf.alpha))
    return g_strdup (_("Densities by rank, which follow no law."));
  law = g_strdup_printf (_("Densities by rank, and the law (rank − 1 + β)^−α they follow best: exponent α = %.4g, shift β = %.4g (of ranks "
                           "from 0 on; from 1 on it is less by 1), R² = %.4g of logarithms."),
                         ranks->zipf.alpha, ranks->zipf.beta, ranks->zipf.r2);
  if (ranks->first == 0 && ranks->end == ranks->n)
    return g_steal_pointer (&law);
  return g_strdup_printf (_("%s  It was fitted to ranks %zu to %zu."), law, ranks->first + 1, ranks->end);
}

void
sae_add_zipf (const SaeReport *report)
{
  const SaeRanks *ranks = report->ranks;
  gsize           n = MIN (ranks->n, MOST_RANKS);
  SpTable        *table = sp_table_new ("ranks", _("Densities by rank"), n);
  double         *rank = g_new (double, n + 1), *density = g_new (double, n + 1), *expected = g_new (double, n + 1);
  SpPlot         *plot;

  for (gsize i = 0; i < n; i++)
    {
      double share = n > 1 ? (double) i / (double) (n - 1) : 0;
      gsize  at = ranks->n <= MOST_RANKS ? i : (gsize) (pow ((double) ranks->n, share) - 1 + 0.5);

      rank[i] = (double) at + 1;
      density[i] = ranks->sorted[MIN (at, ranks->n - 1)];
      expected[i] = sp_zipf_expect (&ranks->zipf, rank[i] - 1);
    }
  sp_table_take_f64 (table, "rank", _("Rank"), "", rank);
  sp_table_take_f64 (table, "density", _("density"), "share", density);
  sp_table_take_f64 (table, "zipf", _("(rank − 1 + β)^−α"), "share", expected);
  g_ptr_array_add (report->result->tables, table);
  plot = add_plot (report, "line", "ranks", _("Densities by rank"), table, "rank", (const char *const[]) { "density", "zipf", NULL });
  plot->x_title = g_strdup (_("rank of a feature, densest first"));
  plot->y_title = g_strdup (_("density"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = plot->y_scale = SP_SCALE_LOG;
  plot->caption = describe_law (ranks);
}

/* --- what they go with --------------------------------------------------------------------------------- */

typedef struct { const char *column, *title; } Strength;

/* In the order of the parameter, after "auto". */
static const Strength strengths[SAE_N_STRENGTHS] = {
  { "max", N_("largest code") }, { "mean", N_("mean code when active") },
  { "encoder_norm", N_("encoder norm") }, { "decoder_norm", N_("decoder norm") },
};

/* The one that is wanted, 0: any, if it is known; else the first that is; NULL: none is. */
static const Strength *
find_strength (SpTable *table, gsize wanted)
{
  const Strength *const order[] = { &strengths[wanted > 0 ? wanted - 1 : 0], &strengths[0], &strengths[SAE_N_STRENGTHS - 1] };

  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    if (sp_table_find_column (table, order[i]->column) != NULL)
      return order[i];
  return NULL;
}

void
sae_add_scatter (const SaeReport *report)
{
  SpTable        *table = sp_result_find_table (report->result, "features");
  gsize           wanted = (gsize) sp_args_get_number (report->args, "against");
  const Strength *strength = find_strength (table, wanted);
  SpPlot         *plot;

  if (strength == NULL)
    return;
  plot = add_plot (report, "scatter", "strengths", _("Density and strength"), table, "density",
                   (const char *const[]) { strength->column, NULL });
  plot->x_title = g_strdup (_("density"));
  plot->y_title = g_strdup (_(strength->title));
  plot->x_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  plot->caption = g_strdup (wanted == 0 || strength == &strengths[wanted - 1]
                              ? _("A point a feature; the dead have no place on an axis of logarithms.")
                              : _("A point a feature; the dead have no place on an axis of logarithms.  What was chosen to stand beside "
                                  "density is not known here."));
}

/* --- codes of a token ---------------------------------------------------------------------------------- */

void
sae_add_l0 (const SaeReport *report)
{
  const SpFeatureTally *tally = report->state->tally;
  const guint64        *l0 = tally->l0[report->setting.test];
  gsize                 n = tally->n_l0;
  SpTable              *table;
  double               *low, *high, *counts;
  SpPlot               *plot;

  while (n > 1 && l0[n - 1] == 0)
    n--;
  table = sp_table_new ("l0", _("Features a token"), n);
  low = g_new (double, n + 1);
  high = g_new (double, n + 1);
  counts = g_new (double, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      low[i] = (double) i;
      high[i] = (double) i + 1;
      counts[i] = (double) l0[i];
    }
  sp_table_take_f64 (table, "l0", _("Features that fire"), "features", low);
  sp_table_take_f64 (table, "l0_end", _("to below"), "features", high);
  sp_table_take_f64 (table, "tokens", _("tokens"), "tokens", counts);
  g_ptr_array_add (report->result->tables, table);
  plot = add_plot (report, "histogram", "l0", _("Features a token"), table, "l0", (const char *const[]) { "tokens", NULL });
  plot->x_high = g_strdup ("l0_end");
  plot->x_title = g_strdup (_("features that fire at a token"));
  plot->y_title = g_strdup (_("tokens"));
  plot->caption = g_strdup (_("At how many tokens so many features fire (L0)."));
}
