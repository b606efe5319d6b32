/* ppl-p-plots.c - ppl-p as curves: by τ, and perplexity against the activation ratio for each rule */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include "sp-compare.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>

#define MOST_LAYERS 40                     /* curves in one plot */

static double
growth (double ratio)
{
  return 100 * (ratio - 1);
}

static void
mark_p (const PplReport *report, SpPlot *plot)
{
  g_autofree char *label = g_strdup_printf (_("p = %.3g\u2009%%"), report->at);

  if (report->at > 0)
    sp_plot_add_marker (plot, FALSE, report->at, label, "at", 1);
}

static void
mark_tau (const PplReport *report, SpPlot *plot)
{
  if (!isnan (report->answer.tau) && report->answer.tau > 0)
    sp_plot_add_marker (plot, TRUE, report->answer.tau, _("τ"), NULL, 1);
}

/* --- by τ ------------------------------------------------------------------------------------------- */

static const SpOutcome *
find_outcome (const PplState *state, double tau)
{
  for (guint i = 0; i < state->outcomes->len; i++)
    if (((SpOutcome *) state->outcomes->pdata[i])->rule == SP_CUT_CETT && ((SpOutcome *) state->outcomes->pdata[i])->value == tau)
      return state->outcomes->pdata[i];
  return NULL;
}

/* A column for each layer. */
static void
add_layer_columns (const PplReport *report, SpTable *table, GPtrArray *names)
{
  gsize n = report->curve.n;

  for (guint layer = 0; layer < report->state->facts.n_layers; layer++)
    {
      g_autofree char *name = g_strdup_printf ("layer_%u", layer), *title = g_strdup_printf (_("layer %u"), layer);
      double          *values = g_new (double, n + 1);

      for (gsize i = 0; i < n; i++)
        {
          const SpOutcome *outcome = find_outcome (report->state, report->curve.points[i].tau);

          values[i] = outcome != NULL ? (double) outcome->n_active[layer] / ((double) outcome->n_tokens * outcome->n_neurons) : NAN;
        }
      sp_table_take_column (table, sp_column_new_f64 (name, title, "share", n, values));
      if (names->len <= MOST_LAYERS)
        g_ptr_array_add (names, g_steal_pointer (&name));
    }
}

/* One standard error over the text's tokens on either side; of a table none is known. */
static gboolean
has_errors (const PplReport *report)
{
  for (gsize i = 0; i < report->curve.n; i++)
    if (isfinite (report->curve.points[i].error))
      return TRUE;
  return FALSE;
}

static void
add_error_columns (const PplReport *report, SpTable *table)
{
  gsize   n = report->curve.n;
  double *low = g_new (double, n + 1), *high = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      const PplPoint *point = &report->curve.points[i];

      low[i] = growth (point->ratio * (1 - point->error));
      high[i] = growth (point->ratio * (1 + point->error));
    }
  sp_table_take_f64 (table, "growth_low", _("less a standard error"), "%", low);
  sp_table_take_f64 (table, "growth_high", _("and a standard error"), "%", high);
}

static void
add_band (SpPlot *plot)
{
  g_autofree char *caption = plot->caption;

  plot->y_low = g_strdupv ((char **) (const char *const[]) { "growth_low", NULL });
  plot->y_high = g_strdupv ((char **) (const char *const[]) { "growth_high", NULL });
  plot->caption = g_strdup_printf (_("%s The band is one standard error over the text's tokens."), caption);
}

static void
add_growth_plot (const PplReport *report)
{
  SpPlot *plot = sp_result_add_plot (report->result, "line", "growth", _("Perplexity by τ"), "by_tau");

  plot->x = g_strdup ("tau");
  plot->y = g_strdupv ((char **) (const char *const[]) { "growth", NULL });
  plot->x_title = g_strdup (_("τ: change of a layer's output"));
  plot->y_title = g_strdup (_("perplexity grows by, %"));
  plot->y_scale = SP_SCALE_LOG;
  mark_p (report, plot);
  mark_tau (report, plot);
  plot->caption = g_strdup (_("How much perplexity grows where each layer leaves out neurons until its output changes by τ; what makes it "
                              "smaller has no place on a logarithmic axis."));
  if (has_errors (report))
    add_band (plot);
}

static void
add_active_plot (const PplReport *report, GPtrArray *names)
{
  SpPlot *plot = sp_result_add_plot (report->result, "line", "active", _("Activation by τ"), "by_tau");

  plot->x = g_strdup ("tau");
  plot->y = g_strdupv ((char **) names->pdata);
  plot->x_title = g_strdup (_("τ: change of a layer's output"));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  mark_tau (report, plot);
  plot->caption = g_strdup (_("Share of the neurons that are kept where each layer's output may change by τ."));
}

void
ppl_add_curves (const PplReport *report)
{
  gsize                 n = report->curve.n;
  SpTable              *table = sp_table_new ("by_tau", _("By τ"), n);
  double               *taus = g_new (double, n + 1), *ratios = g_new (double, n + 1), *growths = g_new (double, n + 1);
  double               *active = g_new (double, n + 1);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);

  for (gsize i = 0; i < n; i++)
    {
      taus[i] = report->curve.points[i].tau;
      ratios[i] = report->curve.points[i].ratio;
      growths[i] = growth (report->curve.points[i].ratio);
      active[i] = report->curve.points[i].active;
    }
  sp_table_take_column (table, sp_column_new_f64 ("tau", _("τ"), "", n, taus));
  sp_table_take_column (table, sp_column_new_f64 ("ratio", _("Ratio of perplexities"), "", n, ratios));
  sp_table_take_column (table, sp_column_new_f64 ("growth", _("Growth"), "%", n, growths));
  if (has_errors (report))
    add_error_columns (report, table);
  sp_table_take_column (table, sp_column_new_f64 ("activation_ratio", _("all layers"), "share", n, active));
  g_ptr_array_add (names, g_strdup ("activation_ratio"));
  add_layer_columns (report, table, names);
  g_ptr_array_add (names, NULL);
  g_ptr_array_add (report->result->tables, table);
  add_growth_plot (report);
  add_active_plot (report, names);
}

/* --- for each rule ---------------------------------------------------------------------------------- */

static const SpCutRule rules[] = { SP_CUT_CETT, SP_CUT_FAT, SP_CUT_TOPK, SP_CUT_ZERO };

typedef struct { double active, growth; } Place;

static int
compare_places (gconstpointer a, gconstpointer b)
{
  return sp_compare_doubles (&((const Place *) a)->active, &((const Place *) b)->active);
}

/* Those of a rule, by activation ratio. */
static GArray *
list_places (const PplState *state, SpCutRule rule)
{
  GArray *places = g_array_new (FALSE, FALSE, sizeof (Place));

  for (guint i = 0; i < state->outcomes->len; i++)
    {
      const SpOutcome *outcome = state->outcomes->pdata[i];
      Place            place = { sp_outcome_get_ratio (outcome), growth (ppl_ratio (state, outcome)) };

      if (outcome->rule == rule)
        g_array_append_val (places, place);
    }
  g_array_sort (places, compare_places);
  return places;
}

/* Between two places of a rule; NaN: beyond them. */
static double
interpolate (GArray *places, double active)
{
  for (guint i = 0; i < places->len; i++)
    {
      const Place *high = &g_array_index (places, Place, i), *low = high - 1;

      if (high->active == active)
        return high->growth;
      if (i > 0 && low->active < active && active < high->active)
        return low->growth + (active - low->active) / (high->active - low->active) * (high->growth - low->growth);
    }
  return NAN;
}

static double
measured (GArray *places, double active)
{
  for (guint i = 0; i < places->len; i++)
    if (g_array_index (places, Place, i).active == active)
      return g_array_index (places, Place, i).growth;
  return NAN;
}

static void
add_rule (SpTable *table, const char *id, const char *title, GArray *places, const double *actives, gsize n)
{
  g_autofree char *name = g_strdup_printf ("%s_measured", id), *measured_title = g_strdup_printf (_("%s, measured"), title);
  double          *line = g_new (double, n + 1), *points = g_new (double, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      line[i] = interpolate (places, actives[i]);
      points[i] = measured (places, actives[i]);
    }
  sp_table_take_column (table, sp_column_new_f64 (id, title, "%", n, line));
  sp_table_take_column (table, sp_column_new_f64 (name, measured_title, "%", n, points));
}

static double *
list_actives (const PplState *state)
{
  double *actives = g_new (double, state->outcomes->len + 1);

  for (guint i = 0; i < state->outcomes->len; i++)
    actives[i] = sp_outcome_get_ratio (state->outcomes->pdata[i]);
  qsort (actives, state->outcomes->len, sizeof *actives, sp_compare_doubles);
  return actives;
}

void
ppl_add_pareto (const PplReport *report)
{
  const PplState           *state = report->state;
  gsize                     n = state->outcomes->len;
  SpTable                  *table = sp_table_new ("pareto", _("By activation ratio"), n);
  SpPlot                   *plot = sp_result_add_plot (report->result, "line", "pareto", _("By activation ratio"), "pareto");
  double                   *actives = list_actives (state);
  g_autoptr (GStrvBuilder)  lines = g_strv_builder_new (), points = g_strv_builder_new ();

  sp_table_take_column (table, sp_column_new_f64 ("activation_ratio", _("Activation ratio"), "share", n, actives));
  for (gsize r = 0; r < G_N_ELEMENTS (rules); r++)
    {
      g_autoptr (GArray) places = list_places (state, rules[r]);
      g_autofree char   *name = g_strdup_printf ("%s_measured", ppl_rule_id (rules[r]));

      if (places->len == 0)
        continue;
      add_rule (table, ppl_rule_id (rules[r]), ppl_rule_name (rules[r]), places, actives, n);
      g_strv_builder_add (lines, ppl_rule_id (rules[r]));
      g_strv_builder_add (points, name);
    }
  g_ptr_array_add (report->result->tables, table);
  plot->x = g_strdup ("activation_ratio");
  plot->y = g_strv_builder_end (lines);
  plot->y_points = g_strv_builder_end (points);
  plot->x_title = g_strdup (_("activation ratio"));
  plot->x_unit = g_strdup ("share");
  plot->y_title = g_strdup (_("perplexity grows by, %"));
  plot->y_scale = SP_SCALE_LOG;
  mark_p (report, plot);
  plot->caption = g_strdup (_("What leaving out neurons costs, by the share that is kept; points are measured, lines lead from one to "
                              "the next."));
}
