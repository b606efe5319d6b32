/* activation-curves.c - what any threshold would leave active, and what cutting at it costs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-report.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define N_CURVE 200
#define CURVE_DECADES 5                  /* below the largest activation */

/* --- share at or below a threshold ------------------------------------------------------------------- */

static double
largest_of_all (const ActiveReport *report)
{
  double largest = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (active_is_shown (report, i))
      largest = MAX (largest, report->state->layers[i].largest);
  return largest > 0 ? largest : 1;
}

static double *
curve_limits (const ActiveReport *report)
{
  double *limits = g_new (double, N_CURVE), largest = largest_of_all (report);

  for (gsize k = 0; k < N_CURVE; k++)
    limits[k] = largest * pow (10, CURVE_DECADES * ((double) k / (N_CURVE - 1) - 1));
  return limits;
}

/* One layer's curve; adds what lies below to the sums of all. */
static double *
layer_curve (const ActiveLayer *layer, const double *limits, double *below_of_all)
{
  double *shares = g_new (double, N_CURVE);

  for (gsize k = 0; k < N_CURVE; k++)
    {
      double below = sp_distribution_below (layer->distribution, limits[k], NULL);

      below_of_all[k] += below;
      shares[k] = active_share (below, (double) layer->n_finite);
    }
  return shares;
}

static SpTable *
make_curve (const ActiveReport *report)
{
  SpTable *table = sp_table_new ("curve", _("Sparsity by threshold"), N_CURVE);
  double  *limits = curve_limits (report), *all = g_new0 (double, N_CURVE), n = 0;

  sp_table_take_column (table, sp_column_new_f64 ("threshold", _("ε"), "weight", N_CURVE, limits));
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];

      if (!active_is_shown (report, i))
        continue;
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), "share", N_CURVE,
                                                      layer_curve (&report->state->layers[i], limits, all)));
      n += (double) report->state->layers[i].n_finite;
    }
  for (gsize k = 0; k < N_CURVE; k++)
    all[k] = active_share (all[k], n);
  sp_table_take_column (table, sp_column_new_f64 ("overall", _("All layers"), "share", N_CURVE, all));
  return table;
}

/* All layers first, then each of which is shown. */
static char **
name_series (const ActiveReport *report, const char *first, gboolean (*is_shown) (const ActiveReport *, gsize))
{
  GPtrArray *names = g_ptr_array_new ();

  if (first != NULL)
    g_ptr_array_add (names, g_strdup (first));
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (is_shown (report, i))
      g_ptr_array_add (names, g_strdup (sp_dump_series_name (&report->state->dump->layers[i])));
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

static void
add_curve (SpResult *result, const ActiveReport *report)
{
  SpPlot          *plot = sp_result_add_plot (result, "line", "curve", _("Sparsity by threshold"), "curve");
  g_autofree char *number = sp_format_number (report->setting.eps, "weight"), *label = g_strdup_printf ("ε = %s", number);

  if (report->state->curve == NULL)
    report->state->curve = make_curve (report);
  g_ptr_array_add (result->tables, sp_table_ref (report->state->curve));
  plot->x = g_strdup ("threshold");
  plot->y = name_series (report, "overall", active_is_shown);
  plot->x_title = g_strdup (_("threshold ε"));
  plot->y_title = g_strdup (_("share of activations with |a| ≤ ε"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  if (report->setting.rule == RULE_EPS || report->setting.rule == RULE_FAT)
    sp_plot_add_marker (plot, TRUE, report->setting.eps, label, "eps", 1);
  plot->caption = g_strdup (_("Share of activations at or below the threshold, by layer and of all."));
}

/* --- what it costs ------------------------------------------------------------------------------------- */

static double
ratio_at (const CettLayer *layer, guint cut)
{
  return 1 - sp_cett_share_up_to (&layer->core.coarse, cut);
}

static double
threshold_at (const CettLayer *layer, guint cut)
{
  return sp_cett_candidate (&layer->core, SP_CETT_COARSE.first + cut * SP_CETT_COARSE.step);
}

/* Between measured cuts, whose places rise or fall; NaN outside of them. */
static double
read_curve (const CettLayer *layer, double (*place_of) (const CettLayer *, guint), double place)
{
  for (guint cut = 1; cut < SP_CETT_CUTS; cut++)
    {
      double a = place_of (layer, cut - 1), b = place_of (layer, cut), part = b != a ? (place - a) / (b - a) : 0;

      if (MIN (a, b) <= place && place <= MAX (a, b))
        {
          double before = sp_cett_mean (&layer->core.coarse, cut - 1);

          return before + part * (sp_cett_mean (&layer->core.coarse, cut) - before);
        }
    }
  return NAN;
}

static gboolean
has_curve (const ActiveReport *report, gsize i)
{
  return active_is_cett_known (report, i) && cett_get_layer (report->state->cett, i)->core.coarse.n_tokens > 0;
}

/* The largest place of any layer that is measured, at its first or last cut. */
static double
last_place (const ActiveReport *report, double (*place_of) (const CettLayer *, guint))
{
  double last = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (has_curve (report, i))
      {
        const CettLayer *layer = cett_get_layer (report->state->cett, i);

        last = MAX (last, MAX (place_of (layer, 0), place_of (layer, SP_CETT_CUTS - 1)));
      }
  return last;
}

static SpTable *
make_cett (const ActiveReport *report, const char *id, const char *x, const char *x_title, const char *unit,
           double (*place_of) (const CettLayer *, guint))
{
  SpTable *table = sp_table_new (id, _("CETT"), N_CURVE);
  double  *places = g_new (double, N_CURVE), last = last_place (report, place_of);

  for (gsize k = 0; k < N_CURVE; k++)
    places[k] = last * (double) k / (N_CURVE - 1);
  sp_table_take_column (table, sp_column_new_f64 (x, x_title, unit, N_CURVE, places));
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];
      double            *values;

      if (!has_curve (report, i))
        continue;
      values = g_new (double, N_CURVE);
      for (gsize k = 0; k < N_CURVE; k++)
        values[k] = read_curve (cett_get_layer (report->state->cett, i), place_of, places[k]);
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), "share", N_CURVE, values));
    }
  return table;
}

static void
finish_cett_plot (SpPlot *plot, const ActiveReport *report, const char *x, const char *x_title)
{
  g_autofree char *number = sp_format_number (report->setting.tau, "share"), *label = g_strdup_printf ("τ = %s", number);

  plot->x = g_strdup (x);
  plot->y = name_series (report, NULL, has_curve);
  plot->x_title = g_strdup (x_title);
  plot->y_title = g_strdup (_("CETT, mean over tokens"));
  plot->y_unit = g_strdup ("share");
  sp_plot_add_marker (plot, FALSE, report->setting.tau, label, "tau", 1);
}

/* Made anew at each move: 100 000 interpolations are nothing beside drawing them. */
static void
add_cett (SpResult *result, const ActiveReport *report)
{
  SpPlot *plot = sp_result_add_plot (result, "line", "cett-threshold", _("CETT by threshold"), "cett_threshold");

  g_ptr_array_add (result->tables, make_cett (report, "cett_threshold", "threshold", _("Threshold"), "weight", threshold_at));
  finish_cett_plot (plot, report, "threshold", _("threshold of a neuron's share of the output"));
  plot->caption = g_strdup (_("How much of a layer's output, by its length, neurons below the threshold make up."));
  plot = sp_result_add_plot (result, "line", "cett-ratio", _("CETT by activation ratio"), "cett_ratio");
  g_ptr_array_add (result->tables, make_cett (report, "cett_ratio", "activation_ratio", _("Activation ratio"), "share", ratio_at));
  finish_cett_plot (plot, report, "activation_ratio", _("activation ratio"));
  plot->x_unit = g_strdup ("share");
  plot->caption = g_strdup (_("How much of a layer's output, by its length, is lost when only the largest neurons stay active."));
}

static gboolean
is_any_cett_known (const ActiveReport *report)
{
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (has_curve (report, i))
      return TRUE;
  return FALSE;
}

void
active_add_curves (SpResult *result, const ActiveReport *report)
{
  if (report->setting.rule == RULE_CETT && is_any_cett_known (report))
    add_cett (result, report);
  add_curve (result, report);
}
