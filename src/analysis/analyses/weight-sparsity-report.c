/* weight-sparsity-report.c - plots and words of weight-sparsity */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weight-sparsity-report.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

#define N_CURVE 200

/* --- the sparsity–threshold curve ------------------------------------------------------------- */

static guint64
group_elements (const Report *report, SpGroup group)
{
  guint64 n = 0;

  for (gsize i = 0; i < report->state->n; i++)
    if (report->state->figures[i].is_counted && sp_weight_group (report->state->items[i].tensor) == group)
      n += report->state->records[i].n;
  return n;
}

/* From where one weight in a thousand of those that are not 0 lies below, to the largest. */
static void
curve_range (const Report *report, double *low, double *high)
{
  const Sum *all = &report->all;

  *low = 0;
  *high = 0;
  if (all->n > all->n_zero + all->n_nonfinite)
    *low = sp_weight_quantile (report->state, &report->live,
                               all->n_zero + (all->n - all->n_zero - all->n_nonfinite + 999) / 1000);
  for (gsize i = 0; i < report->state->n; i++)
    if (report->state->figures[i].is_counted && report->state->records[i].min <= report->state->records[i].max)
      *high = MAX (*high, MAX (fabs (report->state->records[i].min), fabs (report->state->records[i].max)));
  if (!(*high > 0))
    *high = 1;
  if (!(*low >= *high * 1e-6 && *low < *high))
    *low = *high * 1e-6;
  if (report->live.eps > 0)
    *low = MIN (*low, report->live.eps / 2);
}

static guint64
curve_count (const Report *report, SpGroup group, gsize point, double limit)
{
  return report->live.is_relative ? report->state->relative[group][point] : sp_weight_below (report->state, group,
      limit);
}

static void
add_curve_table (SpResult *result, const Report *report, char ***series)
{
  gsize       n = report->live.is_relative ? N_RELATIVE : N_CURVE;
  double     *limits = g_new (double, n), low, high, *overall = g_new0 (double, n);
  SpTable    *table = sp_table_new ("curve", _("Sparsity by threshold"), n);
  GPtrArray  *names = g_ptr_array_new ();
  guint64     n_all = 0;

  if (report->live.is_relative)
    sp_weight_sum_up_relative (report->state);
  curve_range (report, &low, &high);
  for (gsize i = 0; i < n; i++)
    limits[i] = report->live.is_relative ? RELATIVE_LIMIT (i) : low * pow (high / low, (double) i / (double) (n - 1));
  sp_table_take_column (table, sp_column_new_f64 ("threshold", report->live.is_relative ? _("ε / RMS") : _("ε"),
                                                  "weight", n, limits));
  g_ptr_array_add (names, g_strdup ("overall"));
  for (guint g = 0; g < SP_N_GROUPS; g++)
    {
      guint64 n_group = report->live.counts[g] ? group_elements (report, (SpGroup) g) : 0;
      double *shares = g_new (double, n);

      for (gsize i = 0; i < n; i++)
        {
          double count = n_group > 0 ? (double) curve_count (report, (SpGroup) g, i, limits[i]) : 0;

          overall[i] += count;
          shares[i] = count / (double) n_group;
        }
      n_all += n_group;
      if (n_group > 0)
        {
          g_ptr_array_add (names, g_strdup (sp_group_id ((SpGroup) g)));
          sp_table_take_column (table, sp_column_new_f64 (sp_group_id ((SpGroup) g), sp_group_title ((SpGroup) g),
                                                          "share", n, shares));
        }
      else
        g_free (shares);
    }
  for (gsize i = 0; i < n; i++)
    overall[i] /= (double) n_all;
  sp_table_take_column (table, sp_column_new_f64 ("overall", _("All counted"), "share", n, overall));
  g_ptr_array_add (names, NULL);
  *series = (char **) g_ptr_array_free (names, FALSE);
  g_ptr_array_add (result->tables, table);
}

/* --- fingerprint: layers × parts ---------------------------------------------------------------- */

typedef double (*Measure) (const Sum *sum);

static double measure_near (const Sum *s) { return sp_weight_share (s->n_near, (double) s->n); }
static double measure_energy (const Sum *s) { return sp_weight_share (s->energy_pruned, s->energy); }
static double measure_rows (const Sum *s) { return sp_weight_share ((double) s->n_zero_rows, (double) s->n_rows); }
static double measure_gini (const Sum *s) { return sp_weight_share (s->gini, s->n_gini); }

typedef struct {
  GArray *layers;
  SpPart  parts[SP_N_PARTS];          /* present ones */
  gsize   n_parts;
  Sum    *cells;                      /* (layers, n_parts) */
  char  **keys;                       /* first tensor of each cell, lent; NULL: none */
} Fingerprint;

static gsize
find_part (const Fingerprint *print, SpPart part)
{
  gsize i = 0;

  while (i < print->n_parts && print->parts[i] != part)
    i++;
  return i;
}

static void
fill_fingerprint (Fingerprint *print, const Report *report)
{
  const State *state = report->state;
  gboolean     is_there[SP_N_PARTS] = { FALSE };

  for (gsize i = 0; i < state->n; i++)
    if (state->records[i].is_read)
      is_there[state->items[i].tensor->role.part] = TRUE;
  for (guint p = 0; p < SP_N_PARTS; p++)
    if (is_there[p])
      print->parts[print->n_parts++] = (SpPart) p;
  print->cells = g_new0 (Sum, print->layers->len * print->n_parts + 1);
  print->keys = g_new0 (char *, print->layers->len * print->n_parts + 1);
  for (gsize row = 0; row < state->n; row++)
    {
      gsize  i = state->order[row];
      SpRole role = state->items[i].tensor->role;
      gsize  cell;

      if (!state->records[i].is_read)
        continue;
      cell = state->layer_of[i] * print->n_parts + find_part (print, role.part);
      sp_weight_add_figure (&print->cells[cell], &state->records[i], &state->figures[i]);
      if (print->keys[cell] == NULL)
        print->keys[cell] = state->items[i].tensor->name;
    }
}

static void
label_grid (SpGrid *grid, const Fingerprint *print, const char *unit)
{
  gsize n_rows = print->layers->len;

  grid->row_labels = g_new0 (char *, n_rows + 1);
  grid->column_labels = g_new0 (char *, print->n_parts + 1);
  grid->keys = g_new0 (char *, n_rows * print->n_parts + 1);
  for (gsize r = 0; r < n_rows; r++)
    grid->row_labels[r] = sp_weight_layer_label (&g_array_index (print->layers, LayerKey, r));
  for (gsize c = 0; c < print->n_parts; c++)
    grid->column_labels[c] = g_strdup (sp_part_title (print->parts[c]));
  for (gsize i = 0; i < n_rows * print->n_parts; i++)
    grid->keys[i] = g_strdup (print->keys[i]);
  grid->row_title = g_intern_string (_("Layer"));
  grid->column_title = g_intern_string (_("Part"));
  grid->unit = unit;
}

static void
add_to_sum (Sum *into, const Sum *from)
{
  into->n += from->n;
  into->n_near += from->n_near;
  into->energy += from->energy;
  into->energy_pruned += from->energy_pruned;
  into->n_rows += from->n_rows;
  into->n_zero_rows += from->n_zero_rows;
  into->gini += from->gini;
  into->n_gini += from->n_gini;
}

static void
measure_grid (SpGrid *grid, const Fingerprint *print, Measure measure)
{
  gsize  n_rows = print->layers->len, n_columns = print->n_parts;
  float *layer = sp_grid_add_layer (grid, SP_LAYER_MEAN);

  grid->row_margin = g_new (double, n_rows + 1);
  grid->column_margin = g_new (double, n_columns + 1);
  for (gsize r = 0; r < n_rows; r++)
    {
      Sum sum = { 0 };

      for (gsize c = 0; c < n_columns; c++)
        {
          layer[r * n_columns + c] = (float) measure (&print->cells[r * n_columns + c]);
          add_to_sum (&sum, &print->cells[r * n_columns + c]);
        }
      grid->row_margin[r] = measure (&sum);
    }
  for (gsize c = 0; c < n_columns; c++)
    {
      Sum sum = { 0 };

      for (gsize r = 0; r < n_rows; r++)
        add_to_sum (&sum, &print->cells[r * n_columns + c]);
      grid->column_margin[c] = measure (&sum);
    }
}

static void
add_fingerprint (SpResult *result, const Fingerprint *print, const char *id, const char *title, const char *unit,
                 Measure measure, char *caption)
{
  SpGrid *grid;
  SpPlot *plot;

  if (print->n_parts == 0)
    {
      g_free (caption);
      return;
    }
  grid = sp_grid_new (id, print->layers->len, print->n_parts, 1, 1);
  label_grid (grid, print, unit);
  measure_grid (grid, print, measure);
  grid->value_title = g_intern_string (title);
  grid->margin_title = g_intern_string (_("total"));
  g_ptr_array_add (result->grids, grid);
  plot = sp_result_add_plot (result, "heatmap", id, title, id);
  plot->x_title = g_strdup (_("Part"));
  plot->y_title = g_strdup (_("Layer"));
  plot->caption = caption;
}

static void
add_fingerprints (SpResult *result, const Report *report)
{
  Fingerprint      print = { .layers = report->state->layers };
  g_autofree char *limit = sp_format_number (report->live.eps, "weight");

  fill_fingerprint (&print, report);
  add_fingerprint (result, &print, "fingerprint", report->live.eps > 0 ? _("Near-zero weights") : _("Zero weights"),
                   "share", measure_near,
                   g_strdup_printf (report->live.is_relative ? _("Share of weights with |w| ≤ %s × tensor RMS, by layer and part.")
                                                             : _("Share of weights with |w| ≤ %s, by layer and part."), limit));
  add_fingerprint (result, &print, "fingerprint-rows", _("Zero rows"), "share", measure_rows,
                   g_strdup (_("Share of rows (output neurons or channels) that are entirely zero, by layer and part.")));
  add_fingerprint (result, &print, "fingerprint-gini", _("Gini"), "", measure_gini,
                   g_strdup (_("Gini coefficient of |w| in matrices, by layer and part: 0 where all are alike, "
                               "near 1 where few carry everything, 0.41 for a Gaussian.")));
  if (!isnan (report->prune_limit))
    add_fingerprint (result, &print, "fingerprint-energy", _("Energy lost by pruning"), "share", measure_energy,
                     g_strdup_printf (_("Share of the squared weights that global magnitude pruning to %.2f %% takes, by layer and part."),
                                      report->live.prune * 100));
  g_free (print.cells);
  g_free (print.keys);
}

/* --- plots and words --------------------------------------------------------------------------- */

static void
add_curve_plot (SpResult *result, const Report *report, char **series)
{
  SpPlot          *plot = sp_result_add_plot (result, "line", "curve", _("Sparsity by threshold"), "curve");
  g_autofree char *label = sp_format_number (report->live.eps, "weight");
  g_autofree char *text = g_strdup_printf ("ε = %s", label);
  g_autofree char *n_tensors = sp_format_number ((double) report->all.n_tensors, "tensors");
  g_autofree char *n_elements = sp_format_number ((double) report->all.n, "elements");

  plot->x = g_strdup ("threshold");
  plot->y = series;
  plot->x_title = g_strdup (report->live.is_relative ? _("threshold ε, in units of each tensor's RMS") : _("threshold ε"));
  plot->y_title = g_strdup (_("share of weights with |w| ≤ ε"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  sp_plot_add_marker (plot, TRUE, report->live.eps, text, "eps", 1);
  if (!isnan (report->prune_limit) && !report->live.is_relative)
    sp_plot_add_marker (plot, TRUE, report->prune_limit, _("pruned"), NULL, 1);
  plot->caption = g_strdup_printf (ngettext ("Share of weights at or below the threshold, over %s tensor with %s elements.",
                                             "Share of weights at or below the threshold, over %s tensors with %s elements.",
                                             report->all.n_tensors), n_tensors, n_elements);
}

static void
add_layer_plot (SpResult *result, const char *kind, const char *id, const char *title, const char *const *y,
                const char *y_title, char *caption)
{
  SpPlot *plot = sp_result_add_plot (result, kind, id, title, "layers");

  plot->x = g_strdup ("label");
  plot->y = g_strdupv ((char **) y);
  plot->x_title = g_strdup (_("Layer"));
  plot->y_title = g_strdup (y_title);
  plot->y_unit = g_strdup ("share");
  plot->caption = caption;
}

static const char *
list_groups (const Live *live, GString *out)
{
  for (guint g = 0; g < SP_N_GROUPS; g++)
    if (live->counts[g])
      g_string_append_printf (out, "%s%s", out->len > 0 ? ", " : "", sp_group_title ((SpGroup) g));
  return out->len > 0 ? out->str : _("nothing");
}

static char *
define (const Report *report)
{
  GString         *groups = g_string_new (NULL), *out = g_string_new (NULL);
  const Sum       *s = &report->all;
  g_autofree char *percent = sp_format_number (sp_weight_share (s->n_near, (double) s->n), "share");
  g_autofree char *eps = sp_format_number (report->live.eps, "weight");
  g_autofree char *near = sp_format_number (s->n_near, "elements");
  g_autofree char *all = sp_format_number ((double) s->n, "elements");
  g_autofree char *n_tensors = sp_format_number ((double) s->n_tensors, "tensors");
  g_autofree char *n_nonfinite = sp_format_number ((double) s->n_nonfinite, "elements");

  g_string_append_printf (out, report->live.eps == 0 ? _("Sparsity %s: share of elements that are exactly 0 (%s of %s)")
                               : report->live.is_relative ? _("Sparsity %s: share of elements with |w| ≤ ε × the tensor's RMS (%s of %s)")
                                                          : _("Sparsity %s: share of elements with |w| ≤ ε (%s of %s)"),
                          percent, near, all);
  if (report->live.eps > 0)
    g_string_append_printf (out, _(", ε = %s"), eps);
  g_string_append_printf (out, ngettext (", over %s tensor: %s.", ", over %s tensors: %s.", s->n_tensors), n_tensors,
                          list_groups (&report->live, groups));
  if (s->n_nonfinite > 0)
    g_string_append_printf (out, _(" %s elements are NaN or infinite; they are counted as neither zero nor near."),
                            n_nonfinite);
  if (!isnan (report->prune_limit))
    {
      g_autofree char *limit = sp_format_number (report->prune_limit, "weight");

      g_string_append_printf (out, _(" Pruning the smallest %.2f %% of them together removes |w| ≤ %s."),
                              report->live.prune * 100, limit);
    }
  g_string_free (groups, TRUE);
  return g_string_free (out, FALSE);
}

static void
add_notes (SpResult *result, const Report *report)
{
  const State *state = report->state;
  gsize        n_problems = 0;

  for (gsize i = 0; i < state->n; i++)
    n_problems += state->records[i].problem != NULL;
  if (n_problems > 0)
    sp_result_take_note (result, g_strdup_printf (ngettext ("%zu tensor could not be read; its row says why.",
                                                            "%zu tensors could not be read; their rows say why.",
                                                            n_problems), n_problems));
  if (report->n_estimates > 0)
    sp_result_take_note (result, g_strdup (state->wants_exact
                                           ? _("Counts of 32-bit and wider weights at this setting are interpolated inside "
                                               "bins 0.8 % wide; run again for exact counts.")
                                           : _("Counts of 32-bit and wider weights are interpolated inside bins 0.8 % wide; "
                                               "switch on \"Exact for wide types\" for exact counts.")));
  if (report->all.n_tensors == 0 && state->n_ended > 0)
    sp_result_take_note (result, g_strdup (_("No tensor counts: switch on more kinds of tensors.")));
}

SpResult *
sp_weight_report (gpointer data, SpArgs *args)
{
  static const char *const sparsity[] = { "sparsity", NULL }, *const loss[] = { "pruned_share", "energy_lost", NULL };
  Report             report = { 0 };
  SpResult          *result = sp_result_new ("weight-sparsity");
  char             **series;

  sp_weight_prepare (&report, data, args);
  sp_weight_add_tables (result, &report);
  add_curve_table (result, &report, &series);
  add_curve_plot (result, &report, series);
  add_layer_plot (result, "bars", "layers", _("Sparsity by layer"), sparsity, _("sparsity"),
                  g_strdup (_("Share of the counted weights at or below the threshold, by layer.")));
  if (!isnan (report.prune_limit))
    add_layer_plot (result, "line", "pruning", _("What pruning costs each layer"), loss, _("share of the layer"),
                    g_strdup_printf (_("Weights removed and energy (Σw²) lost in each layer when the smallest %.2f %% of "
                                       "all counted weights "
                                       "are pruned together."), report.live.prune * 100));
  add_fingerprints (result, &report);
  result->definition = define (&report);
  result->source = g_strdup (_("Counting over a declared tensor set: Sun et al., Wanda (2023); global magnitude pruning: Jaiswal et al., "
                               "Essential Sparsity (2023)"));
  result->is_estimate = report.n_estimates > 0 && report.state->wants_exact;
  add_notes (result, &report);
  return result;
}
