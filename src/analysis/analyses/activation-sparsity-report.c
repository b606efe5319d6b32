/* activation-sparsity-report.c - tables, plots and words of activation-sparsity, at one setting of its threshold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-sparsity.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define N_CURVE 200
#define CURVE_DECADES 5                  /* below the largest activation */
#define N_SHARES 50                      /* bins of the activation ratio per token */

typedef struct {
  guint64  n_tokens, n_neurons, n_finite, n_nonfinite, n_zero;
  double   n_active;
  gboolean is_estimate;
  double   least, most;                  /* activation ratio of a token, at the threshold of the reading */
} Figures;

typedef struct {
  ActiveState *state;
  double       limit;
  gboolean     is_scanned;               /* the threshold is the one of the reading */
  ActiveRule   rule;
  double       eps;
  Figures     *layers;                   /* (n_layers) */
  Figures      all;
  guint64      n_places;                 /* tokens, with those that do not count */
  gboolean     is_estimate;
} Report;

static gboolean
is_shown (const Report *report, gsize layer)
{
  return report->state->layers[layer].problem == NULL && report->state->layers[layer].n_seen > 0;
}

/* --- counting -------------------------------------------------------------------------------------- */

/* Magnitudes of the layers, once more was read. */
static void
update_distributions (ActiveState *state)
{
  g_autofree SpBins *counts = g_new0 (SpBins, 1);

  for (gsize i = 0; state->n_folds_cached != state->n_folds && i < state->dump->n_layers; i++)
    {
      ActiveLayer         *layer = &state->layers[i];
      const SpMagnitudes  *magnitudes = sp_magnitudes_get (layer->dtype);
      guint                last = 0;

      if (layer->bins == NULL)
        continue;
      sp_bins_clear (counts);
      sp_magnitudes_fold (magnitudes, layer->bins, counts);
      g_clear_pointer (&layer->distribution, sp_distribution_free);
      layer->distribution = sp_distribution_new (layer->dtype, counts);
      layer->n_finite = counts->n;
      layer->largest = sp_bins_find_last (counts, &last) ? magnitudes->low[last] : 0;
    }
  state->n_folds_cached = state->n_folds;
}

static gboolean
is_masked_out (const Report *report, gsize layer, guint64 token)
{
  const SpDump *dump = report->state->dump;

  return dump->layers[layer].is_masked && dump->mask[token] == 0;
}

/* Of the layer's neurons that are numbers at the token; NaN: none is, or it was not read yet. */
static double
token_ratio (const Report *report, gsize layer, guint64 token)
{
  const ActiveLayer *l = &report->state->layers[layer];
  guint64            n = report->state->dump->layers[layer].n_neurons;

  if (!is_shown (report, layer) || token >= l->n_read || n == l->n_odd[token] || is_masked_out (report, layer, token))
    return NAN;
  return (double) l->active[token] / (double) (n - l->n_odd[token]);
}

static double
count_active (const Report *report, gsize layer, Figures *figures)
{
  const ActiveLayer *l = &report->state->layers[layer];
  double             n = 0;

  if (!report->is_scanned && report->limit == 0)
    return (double) (figures->n_finite - figures->n_zero);
  if (!report->is_scanned)
    {
      figures->is_estimate = !sp_bin_is_exact (l->dtype);
      return (double) l->n_finite - round (sp_distribution_below (l->distribution, report->limit, NULL));
    }
  for (guint64 t = 0; t < l->n_read; t++)
    n += l->active[t];
  return n;
}

static void
count_layer (Report *report, gsize i)
{
  const ActiveLayer *layer = &report->state->layers[i];
  Figures           *f = &report->layers[i];

  f->n_tokens = sp_dump_count_tokens (report->state->dump, i, layer->n_seen);
  f->n_neurons = report->state->dump->layers[i].n_neurons;
  f->n_finite = layer->n_finite;
  f->n_nonfinite = layer->n_nonfinite;
  f->n_zero = sp_bin_is_exact (layer->dtype) ? (guint64) sp_distribution_below (layer->distribution, 0, NULL) : layer->n_zero;
  f->n_active = count_active (report, i, f);
  f->least = INFINITY;
  f->most = -INFINITY;
  for (guint64 t = 0; t < layer->n_read; t++)
    {
      double ratio = token_ratio (report, i, t);

      f->least = ratio < f->least ? ratio : f->least;
      f->most = ratio > f->most ? ratio : f->most;
    }
}

static void
count_all (Report *report)
{
  gsize    n = report->state->dump->n_layers;
  Figures *all = &report->all;

  report->layers = g_new0 (Figures, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      const Figures *f = &report->layers[i];

      if (!is_shown (report, i))
        continue;
      count_layer (report, i);
      all->n_tokens = MAX (all->n_tokens, f->n_tokens);
      report->n_places = MAX (report->n_places, report->state->dump->layers[i].n_tokens);
      all->n_neurons += f->n_neurons;
      all->n_finite += f->n_finite;
      all->n_nonfinite += f->n_nonfinite;
      all->n_zero += f->n_zero;
      all->n_active += f->n_active;
      report->is_estimate = report->is_estimate || f->is_estimate;
    }
}

static double
share (double part, double whole)
{
  return whole > 0 ? part / whole : NAN;
}

/* --- tables -------------------------------------------------------------------------------------- */

/* Skipping the zeros of the second matrix saves half of an ungated FFN's work for each; knowing them before the first, all of it. */
static void
add_summary (SpResult *result, const Report *report)
{
  const Figures *a = &report->all;
  double         ratio = share (a->n_active, (double) a->n_finite);
  const char    *names[] = { "layers", "tokens", "neurons", "activations", "active", "activation_ratio", "sparsity", "zeros", "zero_share",
                             "non_finite", "flops_saved_second_matrix", "flops_saved_both_matrices" };
  const char    *units[] = { "layers", "tokens", "neurons", "elements", "elements", "share", "share", "elements", "share",
                             "elements", "share", "share" };
  const double   values[] = { (double) report->state->dump->n_layers, (double) a->n_tokens, (double) a->n_neurons, (double) a->n_finite,
                              a->n_active, ratio, 1 - ratio, (double) a->n_zero, share ((double) a->n_zero, (double) a->n_finite),
                              (double) a->n_nonfinite, (1 - ratio) / 2, 1 - ratio };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

static double get_tokens (gconstpointer p) { const Figures *f = p; return (double) f->n_tokens; }
static double get_neurons (gconstpointer p) { const Figures *f = p; return (double) f->n_neurons; }
static double get_finite (gconstpointer p) { const Figures *f = p; return (double) f->n_finite; }
static double get_active (gconstpointer p) { const Figures *f = p; return f->n_active; }
static double get_ratio (gconstpointer p) { const Figures *f = p; return share (f->n_active, (double) f->n_finite); }
static double get_sparsity (gconstpointer p) { const Figures *f = p; return 1 - share (f->n_active, (double) f->n_finite); }
static double get_zeros (gconstpointer p) { const Figures *f = p; return (double) f->n_zero; }
static double get_zero_share (gconstpointer p) { const Figures *f = p; return share ((double) f->n_zero, (double) f->n_finite); }
static double get_least (gconstpointer p) { const Figures *f = p; return f->least <= f->most ? f->least : NAN; }
static double get_most (gconstpointer p) { const Figures *f = p; return f->least <= f->most ? f->most : NAN; }
static double get_nonfinite (gconstpointer p) { const Figures *f = p; return (double) f->n_nonfinite; }

static const SpDumpColumn layer_columns[] = {
  { "tokens", N_("Tokens"), "tokens", TRUE, get_tokens },
  { "neurons", N_("Neurons"), "neurons", TRUE, get_neurons },
  { "activations", N_("Activations"), "elements", TRUE, get_finite },
  { "active", N_("Active"), "elements", TRUE, get_active },
  { "activation_ratio", N_("Activation ratio"), "share", FALSE, get_ratio },
  { "sparsity", N_("Sparsity"), "share", FALSE, get_sparsity },
  { "zeros", N_("Zeros"), "elements", TRUE, get_zeros },
  { "zero_share", N_("Share of zeros"), "share", FALSE, get_zero_share },
  { "token_least", N_("Least of a token"), "share", FALSE, get_least },
  { "token_most", N_("Most of a token"), "share", FALSE, get_most },
  { "non_finite", N_("Not finite"), "elements", TRUE, get_nonfinite },
  { NULL }
};

static void
add_layers (SpResult *result, const Report *report)
{
  gsize                     n = report->state->dump->n_layers;
  g_autofree gconstpointer *layers = g_new0 (gconstpointer, n + 1);
  g_autofree const char   **problems = g_new0 (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      layers[i] = is_shown (report, i) ? &report->layers[i] : NULL;
      problems[i] = report->state->layers[i].problem;
    }
  g_ptr_array_add (result->tables, sp_dump_layer_table (report->state->dump, layer_columns, layers, problems));
}

/* A token's ratio over all layers that know it. */
static double
ratio_of_token (const Report *report, guint64 token)
{
  guint64 n = 0, n_active = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (!isnan (token_ratio (report, i, token)))
      {
        n += report->layers[i].n_neurons - report->state->layers[i].n_odd[token];
        n_active += report->state->layers[i].active[token];
      }
  return share ((double) n_active, (double) n);
}

static void
add_tokens (SpResult *result, const Report *report, const double *ratios)
{
  gsize    n = report->n_places;
  SpTable *table = sp_table_new ("tokens", _("Tokens"), n);
  gint64  *tokens = g_new (gint64, n + 1);

  for (gsize t = 0; t < n; t++)
    tokens[t] = (gint64) t;
  sp_table_take_column (table, sp_column_new_i64 ("token", _("Token"), "", n, tokens));
  if (report->state->dump->n_texts == n)
    sp_table_take_column (table, sp_column_new_text ("text", _("Text"), n, (const char *const *) report->state->dump->texts));
  sp_table_take_column (table, sp_column_new_f64 ("activation_ratio", _("Activation ratio"), "share", n,
                                                  g_memdup2 (ratios, n * sizeof *ratios)));
  g_ptr_array_add (result->tables, table);
}

/* --- plots --------------------------------------------------------------------------------------- */

static double
largest_of_all (const Report *report)
{
  double largest = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (is_shown (report, i))
      largest = MAX (largest, report->state->layers[i].largest);
  return largest > 0 ? largest : 1;
}

static double *
curve_limits (const Report *report)
{
  double *limits = g_new (double, N_CURVE), largest = largest_of_all (report);

  for (gsize k = 0; k < N_CURVE; k++)
    limits[k] = largest * pow (10, CURVE_DECADES * ((double) k / (N_CURVE - 1) - 1));
  return limits;
}

/* One layer's curve; adds what lies below to the sums of all. */
static double *
layer_curve (const Report *report, gsize layer, const double *limits, double *below_of_all)
{
  double *shares = g_new (double, N_CURVE);

  for (gsize k = 0; k < N_CURVE; k++)
    {
      double below = sp_distribution_below (report->state->layers[layer].distribution, limits[k], NULL);

      below_of_all[k] += below;
      shares[k] = share (below, (double) report->layers[layer].n_finite);
    }
  return shares;
}

static void
add_curve (SpResult *result, const Report *report)
{
  SpTable          *table = sp_table_new ("curve", _("Sparsity by threshold"), N_CURVE);
  SpPlot           *plot = sp_result_add_plot (result, "line", "curve", _("Sparsity by threshold"), "curve");
  GPtrArray        *names = g_ptr_array_new ();
  double           *limits = curve_limits (report), *all = g_new0 (double, N_CURVE);
  g_autofree char  *number = sp_format_number (report->eps, "weight"), *label = g_strdup_printf ("ε = %s", number);

  sp_table_take_column (table, sp_column_new_f64 ("threshold", _("ε"), "weight", N_CURVE, limits));
  g_ptr_array_add (names, g_strdup ("overall"));
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];

      if (!is_shown (report, i))
        continue;
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), "share", N_CURVE,
                                                      layer_curve (report, i, limits, all)));
      g_ptr_array_add (names, g_strdup (sp_dump_series_name (layer)));
    }
  for (gsize k = 0; k < N_CURVE; k++)
    all[k] = share (all[k], (double) report->all.n_finite);
  sp_table_take_column (table, sp_column_new_f64 ("overall", _("All layers"), "share", N_CURVE, all));
  g_ptr_array_add (result->tables, table);
  g_ptr_array_add (names, NULL);
  plot->y = (char **) g_ptr_array_free (names, FALSE);
  plot->x = g_strdup ("threshold");
  plot->x_title = g_strdup (_("threshold ε"));
  plot->y_title = g_strdup (_("share of activations with |a| ≤ ε"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  if (report->rule != RULE_ZERO)
    sp_plot_add_marker (plot, TRUE, report->eps, label, "eps", 1);
  plot->caption = g_strdup (_("Share of activations at or below the threshold, by layer and of all."));
}

static void
add_layer_plot (SpResult *result, const Report *report)
{
  SpPlot *plot = sp_result_add_plot (result, "bars", "layers", _("Activation ratio by layer"), "layers");

  plot->x = g_strdup ("label");
  plot->y = g_strdupv ((char **) (const char *const[]) { "activation_ratio", NULL });
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("activation ratio"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Share of activations that are active, by layer."));
}

static void
add_token_histogram (SpResult *result, const double *ratios, gsize n_places)
{
  gsize    n_tokens = 0;
  SpTable *table = sp_table_new ("token_histogram", _("Ratios of tokens"), N_SHARES);
  double  *low = g_new (double, N_SHARES), *high = g_new (double, N_SHARES), *shares = g_new0 (double, N_SHARES);
  SpPlot  *plot = sp_result_add_plot (result, "histogram", "token-histogram", _("Ratios of tokens"), "token_histogram");

  for (gsize b = 0; b < N_SHARES; b++)
    {
      low[b] = (double) b / N_SHARES;
      high[b] = (double) (b + 1) / N_SHARES;
    }
  for (gsize t = 0; t < n_places; t++)
    if (!isnan (ratios[t]))
      {
        shares[MIN ((gsize) (ratios[t] * N_SHARES), N_SHARES - 1)]++;
        n_tokens++;
      }
  for (gsize b = 0; b < N_SHARES; b++)
    shares[b] = share (shares[b], (double) n_tokens);
  sp_table_take_column (table, sp_column_new_f64 ("from", _("From"), "share", N_SHARES, low));
  sp_table_take_column (table, sp_column_new_f64 ("to", _("To"), "share", N_SHARES, high));
  sp_table_take_column (table, sp_column_new_f64 ("tokens", _("Tokens"), "share", N_SHARES, shares));
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("from");
  plot->x_high = g_strdup ("to");
  plot->y = g_strdupv ((char **) (const char *const[]) { "tokens", NULL });
  plot->x_title = g_strdup (_("activation ratio of a token, over all layers"));
  plot->y_title = g_strdup (_("share of tokens"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Tokens by the share of all neurons that are active at them."));
}

/* Mean ratio of the tokens a cell covers. */
static float
cell_ratio (const Report *report, gsize layer, guint64 first, guint64 last)
{
  double sum = 0, n = 0;

  for (guint64 t = first; t < last; t++)
    if (!isnan (token_ratio (report, layer, t)))
      {
        sum += token_ratio (report, layer, t);
        n++;
      }
  return (float) (sum / n);
}

static void
add_map (SpResult *result, const Report *report)
{
  gsize    n_layers = report->state->dump->n_layers;
  guint64  n_tokens = report->n_places, width;
  SpGrid  *grid;
  SpPlot  *plot;

  if (n_tokens == 0)
    return;
  grid = sp_dump_grid_new (report->state->dump, "tokens-map", n_tokens);
  width = grid->cell_columns;
  for (gsize i = 0; i < n_layers; i++)
    {
      grid->row_margin[i] = is_shown (report, i) ? get_ratio (&report->layers[i]) : NAN;
      for (guint64 c = 0; c < grid->n_cell_columns; c++)
        grid->layers[SP_LAYER_MEAN][i * grid->n_cell_columns + c] = cell_ratio (report, i, c * width, MIN ((c + 1) * width, n_tokens));
    }
  if (width == 1 && report->state->dump->texts != NULL)
    {
      grid->column_labels = g_new0 (char *, n_tokens + 1);
      for (guint64 t = 0; t < n_tokens; t++)
        grid->column_labels[t] = sp_dump_token_label (report->state->dump, t);
    }
  grid->column_title = g_intern_string (_("Token"));
  grid->value_title = g_intern_string (_("activation ratio"));
  grid->margin_title = g_intern_string (_("mean"));
  g_ptr_array_add (result->grids, grid);
  plot = sp_result_add_plot (result, "heatmap", "tokens", _("Activation ratio by token"), "tokens-map");
  plot->x_title = g_strdup (_("Token"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = width == 1 ? g_strdup (_("Share of a layer's neurons that are active at each token."))
                             : g_strdup_printf (_("Share of a layer's neurons that are active; a cell is the mean of %u tokens."),
                                                (guint) width);
}

/* --- words ---------------------------------------------------------------------------------------- */

static const char *
name_rule (const Report *report)
{
  if (report->rule == RULE_ZERO || report->eps == 0)
    return _("a ≠ 0");
  return report->rule == RULE_FAT ? _("|a| ≥ ε (FAT)") : _("|a| > ε");
}

static char *
define (const Report *report)
{
  const Figures   *a = &report->all;
  g_autofree char *ratio = sp_format_number (share (a->n_active, (double) a->n_finite), "share");
  g_autofree char *active = sp_format_number (a->n_active, "elements"), *finite = sp_format_number ((double) a->n_finite, "elements");
  g_autofree char *eps = sp_format_number (report->eps, "weight"), *tokens = sp_format_number ((double) a->n_tokens, "tokens");
  g_autofree char *limit = report->rule == RULE_ZERO || report->eps == 0 ? g_strdup ("") : g_strdup_printf (_(", ε = %s"), eps);

  if (report->state->dump->site == NULL)
    return g_strdup (_("No recorded activations here: a dump has tensors [tokens, neurons] with names like act.3 or layers.3.mlp.act_fn."));
  return g_strdup_printf (_("Activation ratio %s: share of activations with %s (%s of %s)%s, over %s tokens, in %s."), ratio,
                          name_rule (report), active, finite, limit, tokens, report->state->dump->site);
}

static void
add_notes (SpResult *result, const Report *report)
{
  sp_dump_add_notes (report->state->dump, result);
  if (report->all.n_nonfinite > 0)
    {
      g_autofree char *n = sp_format_number ((double) report->all.n_nonfinite, "elements");

      sp_result_take_note (result, g_strdup_printf (_("%s activations are NaN or infinite; they count neither as active nor as "
                                                      "inactive."), n));
    }
  if (report->is_estimate)
    sp_result_take_note (result, g_strdup (_("Counts of 32-bit and wider activations at this setting are interpolated inside "
                                             "bins 0.8 % wide; run again for exact counts.")));
  if (!report->is_scanned)
    sp_result_take_note (result, g_strdup (_("What is shown by token is for the threshold of the last reading.")));
  sp_result_take_note (result, g_strdup (_("FLOPs saved are an estimate: the share of an ungated feed-forward layer's multiplications "
                                           "that zeros make needless, in its second matrix alone or, were they known before, in both.")));
}

SpResult *
active_report (gpointer data, SpArgs *args)
{
  Report     report = { .state = data, .limit = active_limit (args), .rule = (ActiveRule) sp_args_get_number (args, "rule"),
                        .eps = sp_args_get_number (args, "eps") };
  SpResult  *result = sp_result_new ("activation-sparsity");
  double    *ratios;

  report.is_scanned = report.limit == report.state->limit;
  update_distributions (report.state);
  count_all (&report);
  ratios = g_new (double, report.n_places + 1);
  for (guint64 t = 0; t < report.n_places; t++)
    ratios[t] = ratio_of_token (&report, t);
  add_layers (result, &report);
  add_tokens (result, &report, ratios);
  add_summary (result, &report);
  add_map (result, &report);
  add_curve (result, &report);
  add_layer_plot (result, &report);
  add_token_histogram (result, ratios, report.n_places);
  result->definition = define (&report);
  result->source = g_strdup (_("Luo et al., Sparsing Law (2024)"));
  result->is_estimate = !report.is_scanned;
  add_notes (result, &report);
  g_free (ratios);
  g_free (report.layers);
  return result;
}
