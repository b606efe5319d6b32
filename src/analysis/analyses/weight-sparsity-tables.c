/* weight-sparsity-tables.c - what weight-sparsity counts at one setting of its sliders, and its tables
 *
 * Runs at every move of a slider: nothing here reads weights, and ten thousand tensors take a few
 * milliseconds. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weight-sparsity-report.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

/* The record a row shows: an alias shows its original's. */
static const Record *
row_record (const State *state, gsize row)
{
  return &state->records[state->original[state->order[row]]];
}

static gboolean
is_same_near (const Live *a, const Live *b)
{
  return a->eps == b->eps && a->is_relative == b->is_relative;
}

static gboolean
is_same_counts (const Live *a, const Live *b)
{
  return memcmp (a->counts, b->counts, sizeof a->counts) == 0;
}

static gboolean
is_same_prune (const Live *a, const Live *b)
{
  return a->prune == b->prune && is_same_counts (a, b);
}

static double
count_near (const Report *report, const Record *record, gboolean is_exact, Figure *figure)
{
  figure->is_near_estimate = FALSE;
  if (report->live.eps == 0 || record->n == 0)
    return (double) record->n_zero;
  if (!is_exact && report->has_exact_near)
    return (double) record->n_near;
  figure->is_near_estimate = !is_exact;
  return round (sp_distribution_below (record->distribution, sp_weight_limit (record, &report->live), NULL));
}

static double
count_pruned (const Report *report, const Record *record, gboolean is_exact, Figure *figure)
{
  double n_pruned;

  figure->is_pruned_estimate = FALSE;
  figure->energy_pruned = 0;
  if (!figure->is_counted || isnan (report->prune_limit) || record->n == 0)
    return 0;
  if (!is_exact && report->has_exact_pruned)
    {
      figure->energy_pruned = record->energy_pruned;
      return (double) record->n_pruned;
    }
  figure->is_pruned_estimate = !is_exact;
  n_pruned = round (sp_distribution_below (record->distribution, report->prune_limit, &figure->energy_pruned));
  figure->energy_pruned = MIN (figure->energy_pruned, record->sum_sq);
  return n_pruned;
}

void
sp_weight_add_figure (Sum *sum, const Record *record, const Figure *figure)
{
  sum->n_tensors++;
  sum->n += record->n;
  sum->n_zero += record->n_zero;
  sum->n_nonfinite += record->n_nonfinite;
  sum->n_near += figure->n_near;
  sum->n_pruned += figure->n_pruned;
  sum->energy += record->sum_sq;
  sum->energy_pruned += figure->energy_pruned;
  sum->n_rows += record->n_rows;
  sum->n_zero_rows += record->n_zero_rows;
  if (record->n_rows < 2 || isnan (record->gini))
    return;
  sum->gini += record->gini * (double) record->n;
  sum->n_gini += (double) record->n;
}

/* Only what the slider that moved changes: the other counts stand since the report before. */
static void
count_tensor (const Report *report, gsize item, gboolean is_new_near, gboolean is_new_pruned)
{
  State        *state = report->state;
  const Record *record = &state->records[item];
  Figure       *figure = &state->figures[item];
  gboolean      is_exact = sp_bin_is_exact (state->items[item].tensor->dtype);

  if (is_new_near)
    figure->n_near = count_near (report, record, is_exact, figure);
  figure->is_counted = sp_weight_counts (state, item, &report->live);
  if (is_new_pruned)
    figure->n_pruned = count_pruned (report, record, is_exact, figure);
}

#define AHEAD 8           /* tensors: their distributions are fetched from memory meanwhile */

static void
count_all (Report *report)
{
  State   *state = report->state;
  Counted  now = { .live = report->live, .prune_limit = report->prune_limit, .has_exact_near = report->has_exact_near,
                   .has_exact_pruned = report->has_exact_pruned, .n_ended = state->n_ended };
  gboolean is_first = state->figures == NULL || state->counted.n_ended != now.n_ended;
  gboolean is_new_near = is_first || !is_same_near (&state->counted.live, &now.live)
                      || state->counted.has_exact_near != now.has_exact_near;
  gboolean is_new_pruned = is_first || !is_same_counts (&state->counted.live, &now.live)
                        || memcmp (&state->counted.prune_limit, &now.prune_limit, sizeof (double)) != 0
                        || state->counted.has_exact_pruned != now.has_exact_pruned;

  if (state->figures == NULL)
    state->figures = g_new0 (Figure, state->n + 1);
  state->counted = now;
  for (gsize row = 0; row < state->n; row++)
    {
      gsize         i = state->order[row];
      const Figure *figure = &state->figures[i];

      if (row + AHEAD < state->n && state->records[state->order[row + AHEAD]].distribution != NULL)
        sp_distribution_prefetch (state->records[state->order[row + AHEAD]].distribution);
      if (!state->records[i].is_read)
        continue;
      count_tensor (report, i, is_new_near, is_new_pruned);
      if (!figure->is_counted)
        continue;
      report->n_estimates += figure->is_near_estimate || figure->is_pruned_estimate;
      sp_weight_add_figure (&report->all, &state->records[i], figure);
    }
}

double
sp_weight_share (double part, double whole)
{
  return whole > 0 ? part / whole : NAN;
}

/* --- columns of the tensor table --------------------------------------------------------- */

typedef double (*Get) (const State *state, gsize row, const Record *record);

static double get_elements (const State *s, gsize row, const Record *r) { return (double) r->n; }
static double get_zeros (const State *s, gsize row, const Record *r) { return (double) r->n_zero; }
static double get_nonfinite (const State *s, gsize row, const Record *r) { return (double) r->n_nonfinite; }
static double get_min (const State *s, gsize row, const Record *r) { return r->min <= r->max ? r->min : NAN; }
static double get_max (const State *s, gsize row, const Record *r) { return r->min <= r->max ? r->max : NAN; }
static double get_mean (const State *s, gsize row, const Record *r) { return r->sum / (double) (r->n - r->n_nonfinite); }
static double get_rms (const State *s, gsize row, const Record *r) { return sp_weight_rms (r); }
static double get_abs_max (const State *s, gsize row, const Record *r) { return r->min <= r->max
                                                                         ? MAX (fabs (r->min), fabs (r->max)) : NAN; }
static double get_gini (const State *s, gsize row, const Record *r) { return r->gini; }

static double
get_hoyer (const State *state, gsize row, const Record *record)
{
  double root = sqrt ((double) (record->n - record->n_nonfinite));

  return root > 1 && record->sum_sq > 0 ? (root - record->sum_abs / sqrt (record->sum_sq)) / (root - 1) : NAN;
}

static gboolean
is_matrix (const State *state, gsize row)
{
  return state->items[state->order[row]].tensor->rank >= 2;
}

static double get_rows (const State *s, gsize row, const Record *r) { return is_matrix (s, row)
                                                                      ? (double) r->n_rows : NAN; }
static double get_zero_rows (const State *s, gsize row, const Record *r) { return is_matrix (s, row)
                                                                           ? (double) r->n_zero_rows : NAN; }
static double get_columns (const State *s, gsize row, const Record *r) { return is_matrix (s, row)
                                                                         ? (double) r->n_columns : NAN; }
static double get_zero_columns (const State *s, gsize row, const Record *r) { return is_matrix (s, row)
                                                                              ? (double) r->n_zero_columns : NAN; }

static const struct { const char *name, *title, *unit; gboolean is_count; Get get; } fixed[] = {
  { "elements", N_("Elements"), "elements", TRUE, get_elements },
  { "zeros", N_("Zeros"), "elements", TRUE, get_zeros },
  { "non_finite", N_("Not finite"), "elements", TRUE, get_nonfinite },
  { "min", N_("Minimum"), "weight", FALSE, get_min },
  { "max", N_("Maximum"), "weight", FALSE, get_max },
  { "mean", N_("Mean"), "weight", FALSE, get_mean },
  { "rms", N_("RMS"), "weight", FALSE, get_rms },
  { "abs_max", N_("Largest |w|"), "weight", FALSE, get_abs_max },
  { "gini", N_("Gini"), "", FALSE, get_gini },
  { "hoyer", N_("Hoyer"), "", FALSE, get_hoyer },
  { "rows", N_("Rows"), "rows", TRUE, get_rows },
  { "zero_rows", N_("Zero rows"), "rows", TRUE, get_zero_rows },
  { "columns", N_("Columns"), "columns", TRUE, get_columns },
  { "zero_columns", N_("Zero columns"), "columns", TRUE, get_zero_columns },
};

static SpColumn *
make_fixed (const State *state, gsize column)
{
  double *values = g_new (double, state->n + 1);
  gint64 *counts;

  for (gsize row = 0; row < state->n; row++)
    {
      const Record *record = row_record (state, row);

      values[row] = record->is_read ? fixed[column].get (state, row, record) : NAN;
    }
  if (!fixed[column].is_count)
    return sp_column_new_f64 (fixed[column].name, _(fixed[column].title), fixed[column].unit, state->n, values);
  counts = g_new (gint64, state->n + 1);
  for (gsize row = 0; row < state->n; row++)
    counts[row] = isnan (values[row]) ? SP_I64_NONE : (gint64) values[row];
  g_free (values);
  return sp_column_new_i64 (fixed[column].name, _(fixed[column].title), fixed[column].unit, state->n, counts);
}

static char *
note_of (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;
  gsize           original = state->original[item];

  if (state->records[item].problem != NULL)
    return g_strdup (state->records[item].problem);
  if (original != item)
    return g_strdup_printf (_("same storage as %s, counted there"), state->items[original].tensor->name);
  return g_strdup (tensor->note);
}

typedef char *(*Text) (const State *state, gsize item);

static char *name_of (const State *s, gsize i) { return g_strdup (s->items[i].tensor->name); }
static char *shape_of (const State *s, gsize i) { return sp_tensor_dup_shape (s->items[i].tensor); }

static char *
part_of (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  return g_strdup (tensor->is_foreign ? NULL : sp_part_id (tensor->role.part));
}

static char *
group_of (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  return g_strdup (tensor->is_foreign ? NULL : sp_group_id (sp_weight_group (tensor)));
}

static char *
dtype_of (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  return g_strdup (tensor->dtype != SP_DTYPE_NONE || tensor->dtype_name == NULL
                   ? sp_dtype_name (tensor->dtype) : tensor->dtype_name);
}

static SpColumn *
make_text (const State *state, const char *name, const char *title, Text text)
{
  char    **cells = g_new0 (char *, state->n + 1);
  SpColumn *column;

  for (gsize row = 0; row < state->n; row++)
    cells[row] = text (state, state->order[row]);
  column = sp_column_new_text (name, title, state->n, (const char *const *) cells);
  for (gsize row = 0; row < state->n; row++)
    g_free (cells[row]);
  g_free (cells);
  return column;
}

static SpColumn *
make_layers (const State *state)
{
  gint64 *layers = g_new (gint64, state->n + 1);

  for (gsize row = 0; row < state->n; row++)
    {
      gint32 layer = state->items[state->order[row]].tensor->role.layer;

      layers[row] = layer < 0 ? SP_I64_NONE : layer;
    }
  return sp_column_new_i64 ("layer", _("Layer"), "", state->n, layers);
}

static int
compare_layers (gconstpointer a, gconstpointer b)
{
  const LayerKey *x = a, *y = b;
  int             stack_x = x->stack == 'e' ? 0 : 1, stack_y = y->stack == 'e' ? 0 : 1;

  return stack_x != stack_y ? stack_x - stack_y : (x->layer > y->layer) - (x->layer < y->layer);
}

static LayerKey
layer_key (const State *state, gsize item)
{
  SpRole role = state->items[item].tensor->role;

  return (LayerKey) { role.layer, role.layer < 0 ? 'e' : role.stack };
}

/* Sorted, without repeats; tensors in no layer first, as layer −1. */
static GArray *
list_layers (const State *state)
{
  GArray *layers = g_array_new (FALSE, FALSE, sizeof (LayerKey));
  gsize   n = 0;

  for (gsize i = 0; i < state->n; i++)
    {
      LayerKey key = layer_key (state, i);

      if (state->records[i].is_read)
        g_array_append_val (layers, key);
    }
  g_array_sort (layers, compare_layers);
  for (gsize i = 0; i < layers->len; i++)
    if (n == 0 || compare_layers (&g_array_index (layers, LayerKey, i), &g_array_index (layers, LayerKey, n - 1)) != 0)
      g_array_index (layers, LayerKey, n++) = g_array_index (layers, LayerKey, i);
  g_array_set_size (layers, n);
  return layers;
}

static void
find_layers (State *state)
{
  g_clear_pointer (&state->layers, g_array_unref);
  state->layers = list_layers (state);
  if (state->layer_of == NULL)
    state->layer_of = g_new0 (gsize, state->n + 1);
  for (gsize i = 0; i < state->n; i++)
    {
      LayerKey key = layer_key (state, i);
      guint    place = 0;

      g_array_binary_search (state->layers, &key, compare_layers, &place);
      state->layer_of[i] = place;
    }
}

/* Layers, and columns in the table's order, apart from the live ones. */
static void
make_fixed_parts (State *state)
{
  if (state->n_ended_cached == state->n_ended)
    return;
  find_layers (state);
  g_clear_pointer (&state->fixed, g_ptr_array_unref);
  state->fixed = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_column_unref);
  g_ptr_array_add (state->fixed, make_text (state, "tensor", _("Tensor"), name_of));
  g_ptr_array_add (state->fixed, make_layers (state));
  g_ptr_array_add (state->fixed, make_text (state, "part", _("Part"), part_of));
  g_ptr_array_add (state->fixed, make_text (state, "group", _("Group"), group_of));
  g_ptr_array_add (state->fixed, make_text (state, "dtype", _("Type"), dtype_of));
  g_ptr_array_add (state->fixed, make_text (state, "shape", _("Shape"), shape_of));
  for (gsize i = 0; i < G_N_ELEMENTS (fixed); i++)
    g_ptr_array_add (state->fixed, make_fixed (state, i));
  g_ptr_array_add (state->fixed, make_text (state, "note", _("Note"), note_of));
  state->n_ended_cached = state->n_ended;
}

static double near_of (const Figure *f, const Record *r) { return f->n_near; }
static double sparsity_of (const Figure *f, const Record *r) { return sp_weight_share (f->n_near, (double) r->n); }
static double pruned_of (const Figure *f, const Record *r) { return f->is_counted ? f->n_pruned : NAN; }
static double pruned_share_of (const Figure *f, const Record *r) { return f->is_counted
                                                                   ? sp_weight_share (f->n_pruned, (double) r->n) : NAN; }
static double energy_of (const Figure *f, const Record *r) { return f->is_counted
                                                             ? sp_weight_share (f->energy_pruned, r->sum_sq) : NAN; }
static double counted_of (const Figure *f, const Record *r) { return f->is_counted; }

static const struct { const char *name, *title, *unit; gboolean is_count; double (*get) (const Figure *,
    const Record *); } live_columns[] = {
  { "near_zero", N_("|w| ≤ ε"), "elements", TRUE, near_of },
  { "sparsity", N_("Sparsity"), "share", FALSE, sparsity_of },
  { "pruned", N_("Pruned"), "elements", TRUE, pruned_of },
  { "pruned_share", N_("Pruned share"), "share", FALSE, pruned_share_of },
  { "energy_lost", N_("Energy lost"), "share", FALSE, energy_of },
  { "counted", N_("Counted"), "", TRUE, counted_of },
};

static SpColumn *
make_live (const Report *report, gsize column)
{
  const State *state = report->state;
  double      *values = live_columns[column].is_count ? NULL : g_new (double, state->n + 1);
  gint64      *counts = live_columns[column].is_count ? g_new (gint64, state->n + 1) : NULL;

  for (gsize row = 0; row < state->n; row++)
    {
      gsize         item = state->order[row];
      const Record *record = row_record (state, row);
      Figure        figure = report->state->figures[state->original[item]];
      double        value;

      figure.is_counted = figure.is_counted && state->original[item] == item;
      value = record->is_read ? live_columns[column].get (&figure, record) : NAN;
      if (record->is_read == FALSE && live_columns[column].get == counted_of)
        value = 0;
      if (counts != NULL)
        counts[row] = isnan (value) ? SP_I64_NONE : (gint64) value;
      else
        values[row] = value;
    }
  if (counts != NULL)
    return sp_column_new_i64 (live_columns[column].name, _(live_columns[column].title), live_columns[column].unit,
                              state->n, counts);
  return sp_column_new_f64 (live_columns[column].name, _(live_columns[column].title), live_columns[column].unit,
                            state->n, values);
}

static void
add_tensor_table (SpResult *result, const Report *report)
{
  static const char *const order[] = {
    "tensor", "layer", "part", "group", "dtype", "shape", "elements", "zeros", "near_zero", "sparsity", "non_finite", "min", "max", "mean",
    "rms", "abs_max", "gini", "hoyer", "rows", "zero_rows", "columns", "zero_columns", "pruned", "pruned_share", "energy_lost",
    "counted", "note"
  };
  SpTable *table = sp_table_new ("tensors", _("Tensors"), report->state->n);

  for (gsize i = 0; i < G_N_ELEMENTS (order); i++)
    {
      for (gsize k = 0; k < report->state->fixed->len; k++)
        if (strcmp (((SpColumn *) report->state->fixed->pdata[k])->name, order[i]) == 0)
          sp_table_take_column (table, sp_column_ref (report->state->fixed->pdata[k]));
      for (gsize k = 0; k < G_N_ELEMENTS (live_columns); k++)
        if (strcmp (live_columns[k].name, order[i]) == 0)
          sp_table_take_column (table, make_live (report, k));
    }
  g_ptr_array_add (result->tables, table);
}

/* --- sums over layers and parts ------------------------------------------------------------ */

static void
take_sums (SpTable *table, const Sum *sums, gsize n)
{
  static const struct { const char *name, *title, *unit; gboolean is_count; } columns[] = {
    { "tensors", N_("Tensors"), "", TRUE }, { "elements", N_("Elements"), "elements", TRUE },
    { "zeros", N_("Zeros"), "elements", TRUE }, { "near_zero", N_("|w| ≤ ε"), "elements", TRUE },
    { "sparsity", N_("Sparsity"), "share", FALSE }, { "non_finite", N_("Not finite"), "elements", TRUE },
    { "pruned", N_("Pruned"), "elements", TRUE }, { "pruned_share", N_("Pruned share"), "share", FALSE },
    { "energy_lost", N_("Energy lost"), "share", FALSE },
  };

  for (gsize c = 0; c < G_N_ELEMENTS (columns); c++)
    {
      double *values = g_new (double, n + 1);
      gint64 *counts = g_new (gint64, n + 1);

      for (gsize i = 0; i < n; i++)
        {
          const Sum *s = &sums[i];
          const double all[] = { (double) s->n_tensors, (double) s->n, (double) s->n_zero, s->n_near,
                                 sp_weight_share (s->n_near, (double) s->n),
                                 (double) s->n_nonfinite, s->n_pruned, sp_weight_share (s->n_pruned, (double) s->n),
                                 sp_weight_share (s->energy_pruned, s->energy) };

          values[i] = all[c];
          counts[i] = isnan (all[c]) ? SP_I64_NONE : (gint64) all[c];
        }
      if (columns[c].is_count)
        sp_table_take_column (table, sp_column_new_i64 (columns[c].name, _(columns[c].title), columns[c].unit, n,
                                                        counts));
      else
        sp_table_take_column (table, sp_column_new_f64 (columns[c].name, _(columns[c].title), columns[c].unit, n,
                                                        values));
      g_free (columns[c].is_count ? (gpointer) values : (gpointer) counts);
    }
}

char *
sp_weight_layer_label (const LayerKey *key)
{
  if (key->layer < 0)
    return g_strdup (_("outside"));
  if (key->stack == 0)
    return g_strdup_printf ("%d", key->layer);
  return g_strdup_printf (key->stack == 'e' ? _("enc %d") : _("dec %d"), key->layer);
}

/* Every layer has a row; what lies outside of layers where some of it counts. */
static void
add_layer_table (SpResult *result, const Report *report)
{
  GArray         *layers = report->state->layers;
  g_autofree Sum *sums = g_new0 (Sum, layers->len + 1);
  g_auto (GStrv)  labels = g_new0 (char *, layers->len + 1);
  gint64         *numbers = g_new (gint64, layers->len + 1);
  gsize           n = 0;
  SpTable        *table;

  for (gsize row = 0; row < report->state->n; row++)
    {
      gsize i = report->state->order[row];

      if (report->state->figures[i].is_counted)
        sp_weight_add_figure (&sums[report->state->layer_of[i]], &report->state->records[i], &report->state->figures[i]);
    }
  for (gsize i = 0; i < layers->len; i++)
    {
      const LayerKey *key = &g_array_index (layers, LayerKey, i);

      if (key->layer < 0 && sums[i].n_tensors == 0)
        continue;
      numbers[n] = key->layer < 0 ? SP_I64_NONE : key->layer;
      labels[n] = sp_weight_layer_label (key);
      sums[n++] = sums[i];
    }
  table = sp_table_new ("layers", _("Layers"), n);
  sp_table_take_column (table, sp_column_new_i64 ("layer", _("Layer"), "", n, numbers));
  sp_table_take_column (table, sp_column_new_text ("label", _("Label"), n, (const char *const *) labels));
  take_sums (table, sums, n);
  g_ptr_array_add (result->tables, table);
}

typedef struct { const char *id, *group; Sum sum; } NamedSum;

static void
add_named_sums (SpResult *result, const char *table_id, const char *title, const char *column,
                const char *column_title, const NamedSum *sums, gsize n_sums)
{
  g_autofree Sum         *present = g_new0 (Sum, n_sums);
  g_autofree const char **ids = g_new0 (const char *, n_sums), **groups = g_new0 (const char *, n_sums);
  gsize                   n = 0;
  SpTable                *table;

  for (gsize i = 0; i < n_sums; i++)
    if (sums[i].sum.n_tensors > 0)
      {
        present[n] = sums[i].sum;
        ids[n] = sums[i].id;
        groups[n++] = sums[i].group;
      }
  table = sp_table_new (table_id, title, n);
  sp_table_take_column (table, sp_column_new_text (column, column_title, n, ids));
  if (sums[0].group != NULL)
    sp_table_take_column (table, sp_column_new_text ("group", _("Group"), n, groups));
  take_sums (table, present, n);
  g_ptr_array_add (result->tables, table);
}

static void
add_part_tables (SpResult *result, const Report *report)
{
  NamedSum parts[SP_N_PARTS] = { 0 }, groups[SP_N_GROUPS] = { 0 };

  for (guint p = 0; p < SP_N_PARTS; p++)
    parts[p] = (NamedSum) { .id = sp_part_id ((SpPart) p), .group = sp_group_id (sp_part_group ((SpPart) p)) };
  for (guint g = 0; g < SP_N_GROUPS; g++)
    groups[g].id = sp_group_id ((SpGroup) g);
  for (gsize row = 0; row < report->state->n; row++)
    {
      gsize           i = report->state->order[row];
      const SpTensor *tensor = report->state->items[i].tensor;

      if (!report->state->figures[i].is_counted)
        continue;
      sp_weight_add_figure (&parts[tensor->role.part].sum, &report->state->records[i], &report->state->figures[i]);
      sp_weight_add_figure (&groups[sp_weight_group (tensor)].sum, &report->state->records[i], &report->state->figures[i]);
    }
  add_named_sums (result, "parts", _("Parts"), "part", _("Part"), parts, SP_N_PARTS);
  add_named_sums (result, "groups", _("Groups"), "group", _("Group"), groups, SP_N_GROUPS);
}

static void
add_summary (SpResult *result, const Report *report)
{
  const Sum   *s = &report->all;
  const char  *names[] = { "tensors_counted", "elements", "zeros", "near_zero", "sparsity", "non_finite",
                           "prune_threshold", "pruned",
                           "pruned_share", "energy_lost" };
  const char  *units[] = { "tensors", "elements", "elements", "elements", "share", "elements", "weight", "elements",
                           "share", "share" };
  const double values[] = { (double) s->n_tensors, (double) s->n, (double) s->n_zero, s->n_near,
                            sp_weight_share (s->n_near, (double) s->n),
                            (double) s->n_nonfinite, report->prune_limit, s->n_pruned, sp_weight_share (s->n_pruned,
                                (double) s->n),
                            sp_weight_share (s->energy_pruned, s->energy) };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

void
sp_weight_add_tables (SpResult *result, const Report *report)
{
  add_tensor_table (result, report);
  add_layer_table (result, report);
  add_part_tables (result, report);
  add_summary (result, report);
}

void
sp_weight_prepare (Report *report, State *state, SpArgs *args)
{
  guint64 n_counted, wanted;

  report->state = state;
  make_fixed_parts (state);
  sp_weight_sum_up (state);
  sp_weight_live (args, &report->live);
  report->has_exact_near = state->has_exact_near && is_same_near (&report->live, &state->live);
  report->has_exact_pruned = state->has_exact_pruned && is_same_prune (&report->live, &state->live);
  report->prune_limit = report->has_exact_pruned ? state->prune_limit
                                                 : sp_weight_find_prune (state, &report->live, &n_counted, &wanted);
  count_all (report);
}
