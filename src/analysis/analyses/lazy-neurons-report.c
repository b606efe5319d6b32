/* lazy-neurons-report.c - tables, plots and words of lazy-neurons, at one setting of its cut-offs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define N_RANKS 200                      /* points of a sorted curve */
#define BINS_PER_DECADE 8

static const double coverages[LAZY_COVERAGES] = { 0.8, 0.9, 0.95, 0.99 };

/* Of a layer, or of all. */
typedef struct {
  guint64 n_tokens, n_neurons, n_valid, n_fired, n_nonfinite;
  guint64 n_fewest_tokens;               /* of any layer that has some */
  guint64 n_never, n_dead, n_rare, n_often, n_always;
  const guint64 *cover;                  /* of a layer, lent */
} Tally;

typedef struct {
  LazyState *state;
  double     dead, rare, often;
  Tally     *layers;                     /* (n_layers) */
  Tally      all;
} Report;

static gboolean
is_shown (const Report *report, gsize layer)
{
  const LazyState *state = report->state;

  return state->layers[layer].problem == NULL && (state->layers[layer].n_seen > 0 || state->dump->layers[layer].n_tokens == 0);
}

/* --- counting -------------------------------------------------------------------------------------- */

static int
compare_down (const void *a, const void *b)
{
  const double *x = a, *y = b;

  return (*x < *y) - (*x > *y);
}

static void
count_neuron (const Report *report, Tally *tally, guint64 n_fired, guint64 n_valid)
{
  double q = (double) n_fired / (double) n_valid;

  if (n_valid == 0)
    return;
  tally->n_never += n_fired == 0;
  tally->n_dead += q < report->dead;
  tally->n_rare += q <= report->rare;
  tally->n_often += q >= report->often;
  tally->n_always += n_fired == n_valid;
}

/* fired: (n_neurons) numbers of firings, most first. */
static void
find_coverage (LazyLayer *layer, const double *fired, guint64 n_neurons)
{
  double  so_far = 0, total = (double) layer->n_fired;
  guint64 n = 0;

  for (gsize c = 0; c < LAZY_COVERAGES; c++)
    {
      while (n < n_neurons && so_far < coverages[c] * total)
        so_far += fired[n++];
      layer->cover[c] = n;
    }
}

/* What no cut-off changes, once more was read: sorting is most of the work. */
static void
rank (LazyState *state, gsize i)
{
  LazyLayer *layer = &state->layers[i];
  guint64    n = state->dump->layers[i].n_neurons;

  if (layer->sorted != NULL && layer->n_ranked == layer->n_seen)
    return;
  if (layer->sorted == NULL)
    layer->sorted = g_new (double, n + 1);
  for (guint64 k = 0; k < n; k++)
    layer->sorted[k] = (double) layer->fired[k];
  qsort (layer->sorted, n, sizeof (double), compare_down);
  find_coverage (layer, layer->sorted, n);
  layer->n_ever_valid = 0;
  for (guint64 k = 0; k < n; k++)
    if (lazy_n_valid (state, i, k) > 0)
      layer->sorted[layer->n_ever_valid++] = lazy_frequency (state, i, k);
  qsort (layer->sorted, layer->n_ever_valid, sizeof (double), compare_down);
  layer->n_ranked = layer->n_seen;
}

static void
count_layer (Report *report, gsize i)
{
  LazyState       *state = report->state;
  const LazyLayer *layer = &state->layers[i];
  Tally           *tally = &report->layers[i];
  guint64          n = state->dump->layers[i].n_neurons;

  rank (state, i);
  *tally = (Tally) { .n_tokens = lazy_n_tokens (state, i), .n_fewest_tokens = lazy_n_tokens (state, i),
                     .n_neurons = n, .n_fired = layer->n_fired, .cover = layer->cover,
                     .n_nonfinite = layer->n_nonfinite, .n_valid = layer->n_seen - layer->n_nonfinite };
  for (guint64 k = 0; k < n; k++)
    count_neuron (report, tally, layer->fired[k], lazy_n_valid (state, i, k));
}

static void
add_to_all (Tally *all, const Tally *layer)
{
  all->n_tokens = MAX (all->n_tokens, layer->n_tokens);
  if (layer->n_tokens > 0 && (all->n_fewest_tokens == 0 || layer->n_tokens < all->n_fewest_tokens))
    all->n_fewest_tokens = layer->n_tokens;
  all->n_neurons += layer->n_neurons;
  all->n_valid += layer->n_valid;
  all->n_fired += layer->n_fired;
  all->n_nonfinite += layer->n_nonfinite;
  all->n_never += layer->n_never;
  all->n_dead += layer->n_dead;
  all->n_rare += layer->n_rare;
  all->n_often += layer->n_often;
  all->n_always += layer->n_always;
}

static void
count_all (Report *report)
{
  gsize n = report->state->dump->n_layers;

  report->layers = g_new0 (Tally, n + 1);
  for (gsize i = 0; i < n; i++)
    if (is_shown (report, i))
      {
        count_layer (report, i);
        add_to_all (&report->all, &report->layers[i]);
      }
}

static double
share (guint64 part, guint64 whole)
{
  return whole > 0 ? (double) part / (double) whole : NAN;
}

/* The rule of three: what a neuron that never fired at T tokens fires at most, with 95 % confidence. */
static double
rule_of_three (const Tally *tally)
{
  return tally->n_fewest_tokens > 0 ? MIN (3.0 / (double) tally->n_fewest_tokens, 1) : NAN;
}

/* How many more tokens until that bound is below the cut for the dead. */
static double
tokens_wanted (const Report *report)
{
  return report->dead > 0 ? MAX (ceil (3.0 / report->dead) - (double) report->all.n_fewest_tokens, 0) : INFINITY;
}

/* --- tables -------------------------------------------------------------------------------------- */

static void
add_summary (SpResult *result, const Report *report)
{
  const Tally *a = &report->all;
  const char  *names[] = { "layers", "tokens", "neurons", "activations", "fired", "activation_ratio", "sparsity", "non_finite", "never",
                           "dead", "rare", "often", "always", "never_bound", "tokens_wanted" };
  const char  *units[] = { "layers", "tokens", "neurons", "elements", "elements", "share", "share", "elements", "neurons",
                           "neurons", "neurons", "neurons", "neurons", "share", "tokens" };
  double       wanted = tokens_wanted (report);
  const double values[] = { (double) report->state->dump->n_layers, (double) a->n_tokens, (double) a->n_neurons, (double) a->n_valid,
                            (double) a->n_fired, share (a->n_fired, a->n_valid), 1 - share (a->n_fired, a->n_valid),
                            (double) a->n_nonfinite, (double) a->n_never, (double) a->n_dead, (double) a->n_rare,
                            (double) a->n_often, (double) a->n_always, rule_of_three (a), isfinite (wanted) ? wanted : NAN };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

static double get_tokens (gconstpointer p) { const Tally *t = p; return (double) t->n_tokens; }
static double get_neurons (gconstpointer p) { const Tally *t = p; return (double) t->n_neurons; }
static double get_fired (gconstpointer p) { const Tally *t = p; return (double) t->n_fired; }
static double get_ratio (gconstpointer p) { const Tally *t = p; return share (t->n_fired, t->n_valid); }
static double get_never (gconstpointer p) { const Tally *t = p; return (double) t->n_never; }
static double get_never_share (gconstpointer p) { const Tally *t = p; return share (t->n_never, t->n_neurons); }
static double get_dead (gconstpointer p) { const Tally *t = p; return (double) t->n_dead; }
static double get_dead_share (gconstpointer p) { const Tally *t = p; return share (t->n_dead, t->n_neurons); }
static double get_rare (gconstpointer p) { const Tally *t = p; return (double) t->n_rare; }
static double get_rare_share (gconstpointer p) { const Tally *t = p; return share (t->n_rare, t->n_neurons); }
static double get_often (gconstpointer p) { const Tally *t = p; return (double) t->n_often; }
static double get_often_share (gconstpointer p) { const Tally *t = p; return share (t->n_often, t->n_neurons); }
static double get_always (gconstpointer p) { const Tally *t = p; return (double) t->n_always; }
static double get_always_share (gconstpointer p) { const Tally *t = p; return share (t->n_always, t->n_neurons); }
static double get_cover_80 (gconstpointer p) { const Tally *t = p; return (double) t->cover[0]; }
static double get_cover_90 (gconstpointer p) { const Tally *t = p; return (double) t->cover[1]; }
static double get_cover_95 (gconstpointer p) { const Tally *t = p; return (double) t->cover[2]; }
static double get_cover_99 (gconstpointer p) { const Tally *t = p; return (double) t->cover[3]; }
static double get_nonfinite (gconstpointer p) { const Tally *t = p; return (double) t->n_nonfinite; }
static double get_bound (gconstpointer p) { const Tally *t = p; return rule_of_three (t); }

static const SpDumpColumn layer_columns[] = {
  { "tokens", N_("Tokens"), "tokens", TRUE, get_tokens },
  { "neurons", N_("Neurons"), "neurons", TRUE, get_neurons },
  { "fired", N_("Firings"), "elements", TRUE, get_fired },
  { "activation_ratio", N_("Activation ratio"), "share", FALSE, get_ratio },
  { "never", N_("Never fire"), "neurons", TRUE, get_never },
  { "never_share", N_("Never fire"), "share", FALSE, get_never_share },
  { "dead", N_("Dead"), "neurons", TRUE, get_dead },
  { "dead_share", N_("Dead"), "share", FALSE, get_dead_share },
  { "rare", N_("Rare"), "neurons", TRUE, get_rare },
  { "rare_share", N_("Rare"), "share", FALSE, get_rare_share },
  { "often", N_("Frequent"), "neurons", TRUE, get_often },
  { "often_share", N_("Frequent"), "share", FALSE, get_often_share },
  { "always", N_("Always fire"), "neurons", TRUE, get_always },
  { "always_share", N_("Always fire"), "share", FALSE, get_always_share },
  { "never_bound", N_("Bound on never"), "share", FALSE, get_bound },
  { "cover_80", N_("Carry 80 %"), "neurons", TRUE, get_cover_80 },
  { "cover_90", N_("Carry 90 %"), "neurons", TRUE, get_cover_90 },
  { "cover_95", N_("Carry 95 %"), "neurons", TRUE, get_cover_95 },
  { "cover_99", N_("Carry 99 %"), "neurons", TRUE, get_cover_99 },
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

/* What no cut-off changes is made once. */
static void
make_neuron_columns (LazyState *state)
{
  gsize    n = 0, row = 0;
  gint64  *layers, *neurons, *fired, *tokens;
  double  *frequency;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    n += state->layers[i].problem == NULL ? state->dump->layers[i].n_neurons : 0;
  layers = g_new (gint64, n + 1);
  neurons = g_new (gint64, n + 1);
  fired = g_new (gint64, n + 1);
  tokens = g_new (gint64, n + 1);
  frequency = g_new (double, n + 1);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    for (guint64 k = 0; state->layers[i].problem == NULL && k < state->dump->layers[i].n_neurons; k++, row++)
      {
        layers[row] = state->dump->layers[i].layer < 0 ? SP_I64_NONE : state->dump->layers[i].layer;
        neurons[row] = (gint64) k;
        fired[row] = (gint64) state->layers[i].fired[k];
        tokens[row] = (gint64) lazy_n_valid (state, i, k);
        frequency[row] = lazy_frequency (state, i, k);
      }
  g_clear_pointer (&state->fixed, g_ptr_array_unref);
  state->fixed = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_column_unref);
  g_ptr_array_add (state->fixed, sp_column_new_i64 ("layer", _("Layer"), "", n, layers));
  g_ptr_array_add (state->fixed, sp_column_new_i64 ("neuron", _("Neuron"), "", n, neurons));
  g_ptr_array_add (state->fixed, sp_column_new_i64 ("fired", _("Firings"), "elements", n, fired));
  g_ptr_array_add (state->fixed, sp_column_new_i64 ("tokens", _("Tokens"), "tokens", n, tokens));
  g_ptr_array_add (state->fixed, sp_column_new_f64 ("frequency", _("Frequency"), "share", n, frequency));
  state->n_ended_cached = state->n_ended;
}

static void
link_neurons (SpTable *table, const LazyState *state)
{
  gsize row = 0;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    if (state->layers[i].problem == NULL)
      {
        sp_table_add_neurons (table, row, state->dump->layers[i].n_neurons, state->dump->layers[i].tensor);
        row += state->dump->layers[i].n_neurons;
      }
  sp_dump_look_link (state->look, table);
}

static void
add_neurons (SpResult *result, LazyState *state)
{
  SpTable *table;

  if (state->n_ended_cached != state->n_ended)
    make_neuron_columns (state);
  table = sp_table_new ("neurons", _("Neurons"), ((SpColumn *) state->fixed->pdata[0])->n_rows);
  for (guint i = 0; i < state->fixed->len; i++)
    sp_table_take_column (table, sp_column_ref (state->fixed->pdata[i]));
  link_neurons (table, state);
  g_ptr_array_add (result->tables, table);
}

/* --- curves --------------------------------------------------------------------------------------- */

/* A column for each layer over a common axis. */
static char **
add_series (SpTable *table, const Report *report, double (*get) (const Report *, gsize, gsize))
{
  GPtrArray *names = g_ptr_array_new ();
  gsize      n = sp_table_get_n_rows (table);

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];
      double            *values;

      if (!is_shown (report, i))
        continue;
      values = g_new (double, n + 1);
      for (gsize k = 0; k < n; k++)
        values[k] = get (report, i, k);
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), "share", n, values));
      g_ptr_array_add (names, g_strdup (sp_dump_series_name (layer)));
    }
  g_ptr_array_add (names, NULL);
  return (char **) g_ptr_array_free (names, FALSE);
}

/* Ranks closer together where frequencies are highest: (k / N)². */
static double
rank_share (gsize k)
{
  double x = (double) (k + 1) / N_RANKS;

  return x * x;
}

static double
get_sorted (const Report *report, gsize layer, gsize k)
{
  const LazyLayer *l = &report->state->layers[layer];
  guint64          n = l->n_ever_valid;

  return n > 0 ? l->sorted[MIN ((guint64) (rank_share (k) * (double) n), n - 1)] : NAN;
}

static void
add_sorted (SpResult *result, const Report *report)
{
  SpTable *table = sp_table_new ("sorted", _("Sorted frequencies"), N_RANKS);
  double  *ranks = g_new (double, N_RANKS);
  SpPlot  *plot = sp_result_add_plot (result, "line", "sorted", _("Sorted frequencies"), "sorted");

  for (gsize k = 0; k < N_RANKS; k++)
    ranks[k] = rank_share (k);
  sp_table_take_column (table, sp_column_new_f64 ("rank", _("Rank"), "share", N_RANKS, ranks));
  plot->y = add_series (table, report, get_sorted);
  g_ptr_array_add (result->tables, table);
  plot->x = g_strdup ("rank");
  plot->x_title = g_strdup (_("share of the layer's neurons, most frequent first"));
  plot->y_title = g_strdup (_("firing frequency"));
  plot->x_unit = g_strdup ("share");
  plot->y_unit = g_strdup ("share");
  plot->y_scale = SP_SCALE_LOG;
  sp_plot_add_marker (plot, FALSE, report->dead, _("dead"), "dead", 1);
  sp_plot_add_marker (plot, FALSE, report->often, _("frequent"), "often", 1);
  plot->caption = g_strdup (_("How often each neuron fires, sorted within its layer; those that never fire have no place on a "
                              "logarithmic axis."));
}

/* Whole decades down to one firing in all tokens. */
static gsize
count_decades (const Report *report)
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

/* The last bin that starts at or below q; the first holds what is less, the last also 1. */
static gsize
find_bin (double q, const double *low, gsize n)
{
  gsize b = n - 1;

  while (b > 0 && low[b] > q)
    b--;
  return b;
}

static void
add_histogram (SpResult *result, const Report *report)
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
    for (guint64 k = 0; is_shown (report, i) && k < report->layers[i].n_neurons; k++)
      {
        double q = lazy_frequency (report->state, i, k);

        if (q > 0)
          shares[find_bin (q, low, n)]++;
      }
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
                                   100 * share (report->all.n_never, report->all.n_neurons));
}

/* --- layers: percentage of nonzeros, and the map ----------------------------------------------------- */

static void
add_layer_plot (SpResult *result, const Report *report)
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

static guint64
most_neurons (const Report *report)
{
  guint64 most = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    most = MAX (most, report->state->dump->layers[i].n_neurons);
  return most;
}

/* Mean frequency of the neurons a cell covers, as far as they ever were numbers. */
static void
fill_row (float *cells, const Report *report, gsize layer, guint64 width)
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

static void
add_map (SpResult *result, const Report *report)
{
  gsize    n_layers = report->state->dump->n_layers;
  guint64  n_neurons = most_neurons (report), width;
  SpGrid  *grid;
  SpPlot  *plot;

  if (n_neurons == 0)
    return;
  grid = sp_dump_grid_new (report->state->dump, "frequency", n_neurons);
  width = grid->cell_columns;
  for (gsize i = 0; i < n_layers; i++)
    {
      grid->row_margin[i] = is_shown (report, i) ? get_ratio (&report->layers[i]) : NAN;
      if (is_shown (report, i))
        fill_row (grid->layers[SP_LAYER_MEAN] + i * grid->n_cell_columns, report, i, width);
    }
  grid->is_by_neuron = TRUE;
  grid->column_title = g_intern_string (_("Neuron"));
  grid->value_title = g_intern_string (_("firing frequency"));
  grid->margin_title = g_intern_string (_("activation ratio"));
  g_ptr_array_add (result->grids, grid);
  plot = sp_result_add_plot (result, "heatmap", "frequency", _("Firing frequency"), "frequency");
  plot->x_title = g_strdup (_("Neuron"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = width == 1 ? g_strdup (_("How often each neuron fires, by layer."))
                             : g_strdup_printf (_("How often neurons fire, by layer; a cell is the mean of %u neighbours."), (guint) width);
}

/* --- words ---------------------------------------------------------------------------------------- */

static char *
define (const Report *report)
{
  const Tally     *a = &report->all;
  g_autofree char *ratio = sp_format_number (share (a->n_fired, a->n_valid), "share");
  g_autofree char *fired = sp_format_number ((double) a->n_fired, "elements"), *valid = sp_format_number ((double) a->n_valid, "elements");
  g_autofree char *eps = sp_format_number (report->state->limit, "weight"), *tokens = sp_format_number ((double) a->n_tokens, "tokens");
  g_autofree char *dead = sp_format_number ((double) a->n_dead, "neurons"), *neurons = sp_format_number ((double) a->n_neurons, "neurons");
  g_autofree char *never = sp_format_number ((double) a->n_never, "neurons"), *cut = sp_format_number (report->dead, "share");
  g_autofree char *bound = sp_format_number (rule_of_three (a), "share");

  if (report->state->dump->site == NULL)
    return g_strdup (report->state->dump->problem);
  if (a->n_never == 0 || a->n_tokens == 0)
    return g_strdup_printf (_("Activation ratio %s: share of activations with |a| > %s (%s of %s), over %s tokens, in %s. "
                              "%s of %s neurons are dead (fire at less than %s of the tokens)."),
                            ratio, eps, fired, valid, tokens, report->state->dump->site, dead, neurons, cut);
  return g_strdup_printf (_("Activation ratio %s: share of activations with |a| > %s (%s of %s), over %s tokens, in %s. "
                            "%s of %s neurons are dead (fire at less than %s of the tokens); %s never fired, which after so many tokens "
                            "means at most %s of all tokens, with 95 %% confidence."),
                          ratio, eps, fired, valid, tokens, report->state->dump->site, dead, neurons, cut, never, bound);
}

static void
add_notes (SpResult *result, const Report *report)
{
  const LazyState *state = report->state;
  gsize            n_problems = 0;
  double           wanted = tokens_wanted (report);

  sp_dump_add_notes (state->dump, result);
  for (gsize i = 0; i < state->dump->n_layers; i++)
    n_problems += state->layers[i].problem != NULL;
  if (n_problems > 0)
    sp_result_take_note (result, g_strdup_printf (ngettext ("%zu layer could not be read; its row says why.",
                                                            "%zu layers could not be read; their rows say why.", n_problems), n_problems));
  if (report->all.n_nonfinite > 0)
    {
      g_autofree char *n = sp_format_number ((double) report->all.n_nonfinite, "elements");

      sp_result_take_note (result, g_strdup_printf (_("%s activations are NaN or infinite; they count neither as firing nor "
                                                      "as silent."), n));
    }
  if (wanted > 0 && isfinite (wanted) && report->all.n_tokens > 0)
    {
      g_autofree char *n = sp_format_number (wanted, "tokens");

      sp_result_take_note (result, g_strdup_printf (_("Too few tokens to tell a dead neuron from a seldom one; %s more would do."), n));
    }
}

SpResult *
lazy_report (gpointer data, SpArgs *args)
{
  Report    report = { .state = data, .dead = sp_args_get_number (args, "dead"), .rare = sp_args_get_number (args, "rare"),
                       .often = sp_args_get_number (args, "often") };
  SpResult *result = sp_result_new ("lazy-neurons");

  count_all (&report);
  add_layers (result, &report);
  add_neurons (result, report.state);
  add_summary (result, &report);
  add_map (result, &report);
  add_sorted (result, &report);
  add_histogram (result, &report);
  add_layer_plot (result, &report);
  result->definition = define (&report);
  result->source = g_strdup (_("Li et al., The Lazy Neuron Phenomenon (2022); dead neurons: Luo et al., Sparsing Law (2024)"));
  sp_dump_add_links (report.state->dump, result);
  add_notes (result, &report);
  g_free (report.layers);
  return result;
}
