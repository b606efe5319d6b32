/* activation-tokens.c - what is shown by token: ratios, their distribution, the map of layers and tokens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-report.h"

#include "sp-compare.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_SHARES 50                      /* bins of the activation ratio per token */

/* Which counts of a token there are for this setting; none where a layer's CETT cannot be had. */
typedef enum { BY_LIMIT, BY_TOP, BY_CUT, BY_NOTHING } Counts;

static Counts
counts_of (const ActiveReport *report, gsize i)
{
  const CettLayer *cett = report->state->cett != NULL ? cett_get_layer (report->state->cett, i) : NULL;

  if (cett != NULL && report->setting.rule == report->state->scanned.rule)
    {
      if (!isnan (cett->cut) && cett->active != NULL)
        return BY_CUT;
      if (report->setting.rule == RULE_CETT)
        return BY_NOTHING;
    }
  return report->setting.rule == RULE_TOP ? BY_TOP : BY_LIMIT;
}

/* Of the layer's neurons that are numbers at the token; NaN: none is, it was not read yet, or does not count. */
static double
ratio_at (const ActiveReport *report, gsize i, Counts counts, guint64 token, double *n, double *n_active)
{
  const ActiveLayer *layer = &report->state->layers[i];
  const SpDumpLayer *shape = &report->state->dump->layers[i];
  guint64            n_finite, active;

  if (token >= layer->n_read || counts == BY_NOTHING || (shape->is_masked && report->state->dump->mask[token] == 0))
    return NAN;
  n_finite = shape->n_neurons - layer->n_odd[token];
  if (n_finite == 0)
    return NAN;
  active = layer->active[token];
  if (counts == BY_CUT)
    active = cett_get_layer (report->state->cett, i)->active[token];
  else if (counts == BY_TOP)
    active = MIN (active, n_finite - active_count_left_out (n_finite, report->setting.kept));
  *n += (double) n_finite;
  *n_active += (double) active;
  return (double) active / (double) n_finite;
}

/* --- the map, and on the way all sums ------------------------------------------------------------------- */

typedef struct {
  const ActiveReport *report;
  ActiveTokens       *made;
  double             *n, *n_active;      /* (n_places) over all layers */
  double             *ratios;            /* (n_places) of one layer */
} Maker;

static const double quantile_shares[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
#define N_QUANTILES G_N_ELEMENTS (quantile_shares)

/* Sorts what is known of a layer's tokens; least and most too.  quantiles: (n_layers) each. */
static void
find_quantiles (Maker *maker, gsize i, double **quantiles)
{
  gsize n = 0;

  for (guint64 t = 0; t < maker->report->n_places; t++)
    if (!isnan (maker->ratios[t]))
      maker->ratios[n++] = maker->ratios[t];
  qsort (maker->ratios, n, sizeof *maker->ratios, sp_compare_doubles);
  maker->made->least[i] = n > 0 ? maker->ratios[0] : NAN;
  maker->made->most[i] = n > 0 ? maker->ratios[n - 1] : NAN;
  for (gsize q = 0; q < N_QUANTILES; q++)
    quantiles[q][i] = n > 0 ? maker->ratios[(gsize) (quantile_shares[q] * (double) (n - 1) + 0.5)] : NAN;
}

/* Mean ratio of the tokens each cell covers. */
static void
fill_cells (const Maker *maker, gsize i)
{
  SpGrid *grid = maker->made->map;
  float  *cells = grid->layers[SP_LAYER_MEAN] + i * grid->n_cell_columns;

  for (gsize c = 0; c < grid->n_cell_columns; c++)
    {
      double  sum = 0, n = 0;
      guint64 end = MIN ((c + 1) * grid->cell_columns, maker->report->n_places);

      for (guint64 t = c * grid->cell_columns; t < end; t++)
        if (!isnan (maker->ratios[t]))
          {
            sum += maker->ratios[t];
            n++;
          }
      cells[c] = (float) (sum / n);
    }
}

static void
make_layer (Maker *maker, gsize i, double **quantiles)
{
  Counts counts = active_is_shown (maker->report, i) ? counts_of (maker->report, i) : BY_NOTHING;
  double n = 0, n_active = 0;

  for (guint64 t = 0; t < maker->report->n_places; t++)
    {
      double was = n, was_active = n_active;

      maker->ratios[t] = ratio_at (maker->report, i, counts, t, &n, &n_active);
      maker->n[t] += n - was;
      maker->n_active[t] += n_active - was_active;
    }
  if (maker->made->map != NULL)
    {
      fill_cells (maker, i);
      maker->made->map->row_margin[i] = active_share (n_active, n);
    }
  find_quantiles (maker, i, quantiles);
}

/* --- tables --------------------------------------------------------------------------------------------------- */

static SpTable *
make_quantiles (const SpDump *dump, const ActiveTokens *made, double **quantiles)
{
  static const char *const names[] = { "p5", "p25", "median", "p75", "p95" };
  static const char *const titles[] = { N_("5 %"), N_("25 %"), N_("Median"), N_("75 %"), N_("95 %") };
  gsize          n = dump->n_layers;
  SpTable       *table = sp_table_new ("token_quantiles", _("Ratios of tokens by layer"), n);
  g_auto (GStrv) labels = g_new0 (char *, n + 1);
  gint64        *places = g_new (gint64, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      labels[i] = sp_dump_layer_label (&dump->layers[i]);
      places[i] = (gint64) i;
    }
  sp_table_take_column (table, sp_column_new_text ("label", _("Layer"), n, (const char *const *) labels));
  sp_table_take_column (table, sp_column_new_i64 ("place", _("Place"), "", n, places));
  sp_table_take_column (table, sp_column_new_f64 ("least", _("Least"), "share", n, g_memdup2 (made->least, n * sizeof (double))));
  for (gsize q = 0; q < N_QUANTILES; q++)
    sp_table_take_column (table, sp_column_new_f64 (names[q], _(titles[q]), "share", n, quantiles[q]));
  sp_table_take_column (table, sp_column_new_f64 ("most", _("Most"), "share", n, g_memdup2 (made->most, n * sizeof (double))));
  sp_table_take_column (table, sp_dump_tensor_column (dump));
  return table;
}

static SpTable *
make_tokens (const SpDump *dump, const ActiveTokens *made, gsize n)
{
  SpTable *table = sp_table_new ("tokens", _("Tokens"), n);
  gint64  *tokens = g_new (gint64, n + 1);

  for (gsize t = 0; t < n; t++)
    tokens[t] = (gint64) t;
  sp_table_take_column (table, sp_column_new_i64 ("token", _("Token"), "", n, tokens));
  if (dump->n_texts == n)
    sp_table_take_column (table, sp_column_new_text ("text", _("Text"), n, (const char *const *) dump->texts));
  sp_table_take_column (table, sp_column_new_f64 ("activation_ratio", _("Activation ratio"), "share", n,
                                                  g_memdup2 (made->ratios, n * sizeof (double))));
  return table;
}

static SpTable *
make_histogram (const ActiveTokens *made, gsize n_places)
{
  gsize    n_tokens = 0;
  SpTable *table = sp_table_new ("token_histogram", _("Ratios of tokens"), N_SHARES);
  double  *low = g_new (double, N_SHARES), *high = g_new (double, N_SHARES), *shares = g_new0 (double, N_SHARES);

  for (gsize b = 0; b < N_SHARES; b++)
    {
      low[b] = (double) b / N_SHARES;
      high[b] = (double) (b + 1) / N_SHARES;
    }
  for (gsize t = 0; t < n_places; t++)
    if (!isnan (made->ratios[t]))
      {
        shares[MIN ((gsize) (made->ratios[t] * N_SHARES), N_SHARES - 1)]++;
        n_tokens++;
      }
  for (gsize b = 0; b < N_SHARES; b++)
    shares[b] = active_share (shares[b], (double) n_tokens);
  sp_table_take_column (table, sp_column_new_f64 ("from", _("From"), "share", N_SHARES, low));
  sp_table_take_column (table, sp_column_new_f64 ("to", _("To"), "share", N_SHARES, high));
  sp_table_take_column (table, sp_column_new_f64 ("tokens", _("Tokens"), "share", N_SHARES, shares));
  return table;
}

static SpGrid *
make_map (const SpDump *dump, guint64 n_places)
{
  SpGrid *grid;

  if (n_places == 0)
    return NULL;
  grid = sp_dump_grid_new (dump, "tokens-map", n_places);
  if (dump->n_texts == n_places)
    grid->column_texts = g_new0 (char *, n_places + 1);
  for (guint64 t = 0; grid->column_texts != NULL && t < n_places; t++)
    grid->column_texts[t] = sp_dump_token_text (dump, t);
  grid->column_title = g_intern_string (_("Token"));
  grid->value_title = g_intern_string (_("activation ratio"));
  grid->margin_title = g_intern_string (_("mean"));
  return grid;
}

/* --- made once ------------------------------------------------------------------------------------------------- */

void
active_tokens_clear (ActiveTokens *tokens)
{
  g_free (tokens->ratios);
  g_free (tokens->least);
  g_free (tokens->most);
  g_clear_pointer (&tokens->tokens, sp_table_unref);
  g_clear_pointer (&tokens->histogram, sp_table_unref);
  g_clear_pointer (&tokens->quantiles, sp_table_unref);
  g_clear_pointer (&tokens->map, sp_grid_unref);
  *tokens = (ActiveTokens) { 0 };
}

static gboolean
is_made (const ActiveReport *report)
{
  const ActiveTokens *made = &report->state->by_token;

  return made->is_made && made->n_folds == report->state->n_folds && made->rule == report->setting.rule
      && (report->setting.rule != RULE_TOP || made->kept == report->setting.kept);
}

static void
make_all (Maker *maker)
{
  const ActiveReport *report = maker->report;
  const SpDump       *dump = report->state->dump;
  ActiveTokens       *made = maker->made;
  double             *quantiles[N_QUANTILES];

  for (gsize q = 0; q < N_QUANTILES; q++)
    quantiles[q] = g_new (double, dump->n_layers + 1);
  made->map = make_map (dump, report->n_places);
  made->least = g_new (double, dump->n_layers + 1);
  made->most = g_new (double, dump->n_layers + 1);
  for (gsize i = 0; i < dump->n_layers; i++)
    make_layer (maker, i, quantiles);
  made->ratios = g_new (double, report->n_places + 1);
  for (guint64 t = 0; t < report->n_places; t++)
    made->ratios[t] = active_share (maker->n_active[t], maker->n[t]);
  made->tokens = make_tokens (dump, made, report->n_places);
  made->histogram = make_histogram (made, report->n_places);
  made->quantiles = make_quantiles (dump, made, quantiles);
}

/* Cuts are those of the reading; nothing is counted by a limit that CETT or the top of all tokens could have. */
static gboolean
is_for_layer (const ActiveReport *report, gsize i)
{
  const ActiveSetting *now = &report->setting;
  Counts               counts = counts_of (report, i);

  if (counts == BY_NOTHING)
    return TRUE;
  if (counts == BY_CUT)
    return now->rule == RULE_LIST ? !report->is_estimate : now->tau == report->state->scanned.tau;
  return now->rule != RULE_CETT && now->rule != RULE_TOP_ALL && report->state->layers[i].limit == active_limit (now, i);
}

static gboolean
is_for_setting (const ActiveReport *report)
{
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (active_is_shown (report, i) && !is_for_layer (report, i))
      return FALSE;
  return TRUE;
}

void
active_make_tokens (ActiveReport *report)
{
  gsize         n = report->n_places;
  ActiveTokens *made = &report->state->by_token;
  Maker         maker = { .report = report, .made = made };

  if (!is_made (report))
    {
      active_tokens_clear (made);
      maker.n = g_new0 (double, n + 1);
      maker.n_active = g_new0 (double, n + 1);
      maker.ratios = g_new (double, n + 1);
      make_all (&maker);
      g_free (maker.n);
      g_free (maker.n_active);
      g_free (maker.ratios);
      made->is_made = TRUE;
      made->n_folds = report->state->n_folds;
      made->rule = report->setting.rule;
      made->kept = report->setting.kept;
    }
  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      report->layers[i].least = made->least[i];
      report->layers[i].most = made->most[i];
    }
  report->is_by_token = is_for_setting (report);
}

/* --- plots ------------------------------------------------------------------------------------------------------- */

static void
add_histogram (SpResult *result, const ActiveTokens *made)
{
  SpPlot *plot = sp_result_add_plot (result, "histogram", "token-histogram", _("Ratios of tokens"), "token_histogram");

  g_ptr_array_add (result->tables, sp_table_ref (made->histogram));
  plot->x = g_strdup ("from");
  plot->x_high = g_strdup ("to");
  plot->y = g_strdupv ((char **) (const char *const[]) { "tokens", NULL });
  plot->x_title = g_strdup (_("activation ratio of a token, over all layers"));
  plot->y_title = g_strdup (_("share of tokens"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("Tokens by the share of all neurons that are active at them."));
}

static void
add_quantiles (SpResult *result, const ActiveTokens *made)
{
  SpPlot *plot = sp_result_add_plot (result, "line", "token-quantiles", _("Ratios of tokens by layer"), "token_quantiles");

  g_ptr_array_add (result->tables, sp_table_ref (made->quantiles));
  plot->x = g_strdup ("place");
  plot->key = g_strdup ("tensor");
  plot->y = g_strdupv ((char **) (const char *const[]) { "most", "p95", "p75", "median", "p25", "p5", "least", NULL });
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("activation ratio of a token"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("How the share of a layer's neurons that are active differs between tokens: least, most, and what so many "
                              "per cent of the tokens do not exceed."));
}

static void
add_map (SpResult *result, const ActiveTokens *made)
{
  guint   width = (guint) made->map->cell_columns;
  SpPlot *plot = sp_result_add_plot (result, "heatmap", "tokens", _("Activation ratio by token"), "tokens-map");

  g_ptr_array_add (result->grids, sp_grid_ref (made->map));
  plot->x_title = g_strdup (_("Token"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = width == 1 ? g_strdup (_("Share of a layer's neurons that are active at each token."))
                             : g_strdup_printf (_("Share of a layer's neurons that are active; a cell is the mean of %u tokens."), width);
}

void
active_add_tokens (SpResult *result, const ActiveReport *report)
{
  const ActiveTokens *made = &report->state->by_token;

  g_ptr_array_add (result->tables, sp_table_ref (made->tokens));
  if (made->map != NULL)
    add_map (result, made);
  add_histogram (result, made);
  add_quantiles (result, made);
}
