/* activation-overlap-report.c - tables, plots and words of activation-overlap */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-overlap.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* A layer and how many neurons it has. */
typedef struct { const OverlapLayer *layer; guint64 n_neurons; } Figures;

typedef struct {
  const OverlapState *state;
  Figures            *layers;            /* (n_layers) */
  guint64             n_tokens, n_neurons, n_active, n_places, n_nonfinite;
} Report;

static gboolean
is_shown (const Report *report, gsize i)
{
  return report->state->layers[i].problem == NULL && report->state->layers[i].n_tokens > 0;
}

static double
share (double part, double whole)
{
  return whole > 0 ? part / whole : NAN;
}

static void
count_all (Report *report)
{
  gsize n = report->state->dump->n_layers;

  report->layers = g_new0 (Figures, n + 1);
  for (gsize i = 0; i < n; i++)
    {
      const OverlapLayer *layer = &report->state->layers[i];
      guint64             n_neurons = report->state->dump->layers[i].n_neurons;

      report->layers[i] = (Figures) { layer, n_neurons };
      if (!is_shown (report, i))
        continue;
      report->n_tokens = MAX (report->n_tokens, layer->n_tokens);
      report->n_neurons += n_neurons;
      report->n_active += layer->n_active;
      report->n_nonfinite += layer->n_nonfinite;
      report->n_places += layer->n_tokens * n_neurons;
    }
}

/* --- what a layer comes to -------------------------------------------------------------------------- */

static double
ratio_of (const Figures *f)
{
  return share ((double) f->layer->n_active, (double) (f->layer->n_tokens * f->n_neurons));
}

static double
union_ratio (const Figures *f, guint size)
{
  return share ((double) f->layer->windows[size].n_active, (double) (f->layer->windows[size].n * f->n_neurons));
}

static double
overlap_at (const Figures *f, guint size)
{
  return share (f->layer->pairs[size].overlap, (double) f->layer->pairs[size].n);
}

static double
chance_at (const Figures *f, guint size)
{
  return share (f->layer->pairs[size].chance, (double) f->layer->pairs[size].n);
}

static double get_tokens (gconstpointer p) { const Figures *f = p; return (double) f->layer->n_tokens; }
static double get_neurons (gconstpointer p) { const Figures *f = p; return (double) f->n_neurons; }
static double get_ratio (gconstpointer p) { return ratio_of (p); }
static double get_overlap (gconstpointer p) { return overlap_at (p, 0); }
static double get_chance (gconstpointer p) { return chance_at (p, 0); }
static double get_pairs (gconstpointer p) { const Figures *f = p; return (double) f->layer->pairs[0].n; }

static double
get_jaccard (gconstpointer p)
{
  const OverlapPairs *pairs = &((const Figures *) p)->layer->pairs[0];

  return share (pairs->jaccard, (double) pairs->n_jaccard);
}

static const SpDumpColumn layer_columns[] = {
  { "tokens", N_("Tokens"), "tokens", TRUE, get_tokens },
  { "neurons", N_("Neurons"), "neurons", TRUE, get_neurons },
  { "activation_ratio", N_("Activation ratio"), "share", FALSE, get_ratio },
  { "overlap", N_("Active next too"), "share", FALSE, get_overlap },
  { "overlap_expected", N_("Were tokens independent"), "share", FALSE, get_chance },
  { "jaccard", N_("Jaccard"), "share", FALSE, get_jaccard },
  { "pairs", N_("Pairs"), "tokens", TRUE, get_pairs },
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

/* --- all layers --------------------------------------------------------------------------------------- */

/* Weighted by neurons; layers that have no such figure do not count. */
static double
mean_of_layers (const Report *report, double (*get) (const Figures *, guint), guint size)
{
  double sum = 0, n = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    if (is_shown (report, i) && !isnan (get (&report->layers[i], size)))
      {
        sum += get (&report->layers[i], size) * (double) report->layers[i].n_neurons;
        n += (double) report->layers[i].n_neurons;
      }
  return share (sum, n);
}

static double
union_of_all (const Report *report, guint size)
{
  return mean_of_layers (report, union_ratio, size);
}

static double
overlap_of_all (const Report *report, guint size)
{
  return mean_of_layers (report, overlap_at, size);
}

static double
expected_union (const Report *report, guint size)
{
  return 1 - pow (1 - share ((double) report->n_active, (double) report->n_places), ldexp (1, (int) size));
}

/* Each neuron at its own frequency. */
static double
expected_of_neurons (const Report *report, guint size)
{
  double sum = 0;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    for (guint64 k = 0; is_shown (report, i) && k < report->layers[i].n_neurons; k++)
      {
        const OverlapLayer *layer = report->layers[i].layer;

        sum += 1 - pow (1 - (double) layer->fired[k] / (double) layer->n_tokens, ldexp (1, (int) size));
      }
  return share (sum, (double) report->n_neurons);
}

static void
add_summary (SpResult *result, const Report *report)
{
  guint       last = report->state->n_sizes - 1;
  const char *names[] = { "layers", "tokens", "neurons", "activation_ratio", "overlap", "overlap_expected", "largest_window",
                          "union_ratio", "union_expected", "non_finite" };
  const char *units[] = { "layers", "tokens", "neurons", "share", "share", "share", "tokens", "share", "share", "elements" };
  const double values[] = { (double) report->state->dump->n_layers, (double) report->n_tokens, (double) report->n_neurons,
                            share ((double) report->n_active, (double) report->n_places), overlap_of_all (report, 0),
                            mean_of_layers (report, chance_at, 0), ldexp (1, (int) last), union_of_all (report, last),
                            expected_union (report, last), (double) report->n_nonfinite };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

/* --- by size ---------------------------------------------------------------------------------------------- */

static void
add_sizes (SpTable *table, const char *name, const char *title, guint n)
{
  gint64 *sizes = g_new (gint64, n);

  for (guint s = 0; s < n; s++)
    sizes[s] = (gint64) 1 << s;
  sp_table_take_column (table, sp_column_new_i64 (name, title, "tokens", n, sizes));
}

/* A column a layer; what is named goes into names. */
static void
add_layers_by_size (SpTable *table, const Report *report, double (*get) (const Figures *, guint), GPtrArray *names)
{
  guint n = report->state->n_sizes;

  for (gsize i = 0; i < report->state->dump->n_layers; i++)
    {
      const SpDumpLayer *layer = &report->state->dump->layers[i];
      double            *values = g_new (double, n);

      for (guint s = 0; s < n; s++)
        values[s] = is_shown (report, i) ? get (&report->layers[i], s) : NAN;
      sp_table_take_column (table, sp_column_new_f64 (sp_dump_series_name (layer), sp_dump_series_title (layer), "share", n, values));
      g_ptr_array_add (names, g_strdup (sp_dump_series_name (layer)));
    }
}

static void
add_of_all (SpTable *table, const Report *report, const char *name, const char *title, double (*get) (const Report *, guint),
              GPtrArray *names)
{
  guint   n = report->state->n_sizes;
  double *values = g_new (double, n);

  for (guint s = 0; s < n; s++)
    values[s] = get (report, s);
  sp_table_take_column (table, sp_column_new_f64 (name, title, "share", n, values));
  g_ptr_array_add (names, g_strdup (name));
}

/* By the table's first column; names are taken. */
static void
add_plot (SpResult *result, SpTable *table, const char *title, GPtrArray *names, const char *x_title, const char *y_title,
          const char *caption)
{
  SpPlot *plot = sp_result_add_plot (result, "line", sp_table_get_id (table), title, sp_table_get_id (table));

  g_ptr_array_add (result->tables, table);
  g_ptr_array_add (names, NULL);
  plot->x = g_strdup (sp_table_get_column (table, 0)->name);
  plot->y = (char **) g_ptr_array_free (names, FALSE);
  plot->x_title = g_strdup (x_title);
  plot->y_title = g_strdup (y_title);
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  plot->caption = g_strdup (caption);
}

static void
add_windows (SpResult *result, const Report *report)
{
  SpTable   *table = sp_table_new ("windows", _("Windows"), report->state->n_sizes);
  GPtrArray *names = g_ptr_array_new ();

  add_sizes (table, "window", _("Tokens"), report->state->n_sizes);
  add_of_all (table, report, "overall", _("All layers"), union_of_all, names);
  add_of_all (table, report, "expected", _("independent tokens"), expected_union, names);
  add_of_all (table, report, "expected_neurons", _("independent, each neuron as often as it is"), expected_of_neurons, names);
  add_layers_by_size (table, report, union_ratio, names);
  add_plot (result, table, _("Active within a window"), names, _("tokens in the window"), _("share of neurons active in it"),
            _("How many neurons are active at any token of a window, beside what independent tokens would need."));
}

static double
expected_overlap (const Report *report, guint size)
{
  return mean_of_layers (report, chance_at, size);
}

static void
add_lags (SpResult *result, const Report *report)
{
  SpTable   *table = sp_table_new ("lags", _("Distances"), report->state->n_sizes);
  GPtrArray *names = g_ptr_array_new ();

  add_sizes (table, "lag", _("Tokens"), report->state->n_sizes);
  add_of_all (table, report, "overall", _("All layers"), overlap_of_all, names);
  add_of_all (table, report, "expected", _("independent tokens"), expected_overlap, names);
  add_layers_by_size (table, report, overlap_at, names);
  add_plot (result, table, _("Active again"), names, _("tokens later"), _("share of the active that are active again"),
            _("How many of a token's active neurons are active so many tokens later, beside what chance would give."));
}

static void
add_layer_plot (SpResult *result)
{
  SpPlot *plot = sp_result_add_plot (result, "bars", "layers", _("Active next too"), "layers");

  plot->x = g_strdup ("label");
  plot->y = g_strdupv ((char **) (const char *const[]) { "overlap", "overlap_expected", NULL });
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (_("share of the active neurons"));
  plot->y_unit = g_strdup ("share");
  plot->caption = g_strdup (_("How many of a token's active neurons are active at the next one too, by layer, and what chance "
                              "would give."));
}

/* --- words ------------------------------------------------------------------------------------------------------ */

static char *
define (const Report *report)
{
  g_autofree char *overlap = sp_format_number (overlap_of_all (report, 0), "share");
  g_autofree char *chance = sp_format_number (mean_of_layers (report, chance_at, 0), "share");
  g_autofree char *ratio = sp_format_number (share ((double) report->n_active, (double) report->n_places), "share");
  g_autofree char *eps = sp_format_number (report->state->limit, "weight");
  g_autofree char *tokens = sp_format_number ((double) report->n_tokens, "tokens");

  if (report->state->dump->site == NULL)
    return g_strdup (report->state->dump->problem);
  return g_strdup_printf (_("Overlap %s: share of a token's active neurons (|a| > %s) that are active at the next token of its sequence "
                            "too, mean over tokens and over layers by their neurons; independent tokens would share %s. Activation ratio "
                            "%s, over %s tokens, in %s."), overlap, eps, chance, ratio, tokens, report->state->dump->site);
}

static void
add_notes (SpResult *result, const Report *report)
{
  sp_dump_add_notes (report->state->dump, result);
  if (report->n_nonfinite > 0)
    {
      g_autofree char *n = sp_format_number ((double) report->n_nonfinite, "elements");

      sp_result_take_note (result, g_strdup_printf (_("%s activations are NaN or infinite; they do not count as active."), n));
    }
  sp_result_take_note (result, g_strdup (_("Windows are whole ones of tokens that follow one another, side by side from the beginning of "
                                           "each sequence; what is left at its end is in none.")));
}

SpResult *
overlap_report (gpointer data, G_GNUC_UNUSED SpArgs *args)
{
  Report    report = { .state = data };
  SpResult *result = sp_result_new ("activation-overlap");

  count_all (&report);
  add_layers (result, &report);
  add_summary (result, &report);
  add_windows (result, &report);
  add_lags (result, &report);
  add_layer_plot (result);
  sp_dump_add_links (report.state->dump, result);
  result->definition = define (&report);
  add_notes (result, &report);
  g_free (report.layers);
  return result;
}
