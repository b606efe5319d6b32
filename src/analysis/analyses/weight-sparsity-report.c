/* weight-sparsity-report.c - tables and plots of weight-sparsity, from what its scan left
 *
 * Runs at every move of a slider: nothing here reads weights, and ten thousand tensors take a few
 * milliseconds. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "weight-sparsity.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define N_CURVE 200

/* Live figures of one tensor. */
typedef struct {
  double   n_near, n_pruned, energy_pruned;
  gboolean is_counted, is_estimate;
} Figure;

/* Of several tensors together. */
typedef struct {
  guint64 n_tensors, n, n_zero, n_nonfinite, n_rows, n_zero_rows;
  double  n_near, n_pruned, energy, energy_pruned;
} Sum;

typedef struct {
  State   *state;
  Live     live;
  double   prune_limit;
  gboolean has_exact_near, has_exact_pruned;
  Figure  *figures;              /* (n), by item */
  Sum      all;
  gsize    n_estimates;
} Report;

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
is_same_prune (const Live *a, const Live *b)
{
  return a->prune == b->prune && memcmp (a->counts, b->counts, sizeof a->counts) == 0;
}

static double
count_near (Report *report, const Record *record, gboolean is_exact, Figure *figure)
{
  if (report->live.eps == 0 || record->n == 0)
    return (double) record->n_zero;
  if (!is_exact && report->has_exact_near)
    return (double) record->n_near;
  figure->is_estimate = !is_exact;
  return round (sp_distribution_below (record->distribution, sp_weight_limit (record, &report->live), NULL));
}

static void
count_pruned (Report *report, const Record *record, gboolean is_exact, Figure *figure)
{
  if (isnan (report->prune_limit) || record->n == 0)
    return;
  if (!is_exact && report->has_exact_pruned)
    {
      figure->n_pruned = (double) record->n_pruned;
      figure->energy_pruned = record->energy_pruned;
      return;
    }
  figure->is_estimate = figure->is_estimate || !is_exact;
  figure->n_pruned = round (sp_distribution_below (record->distribution, report->prune_limit, &figure->energy_pruned));
  figure->energy_pruned = MIN (figure->energy_pruned, record->sum_sq);
}

static void
add_figure (Sum *sum, const Record *record, const Figure *figure)
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
}

static void
count_all (Report *report)
{
  State *state = report->state;

  for (gsize row = 0; row < state->n; row++)
    {
      gsize         i = state->order[row];
      const Record *record = &state->records[i];
      Figure       *figure = &report->figures[i];
      gboolean      is_exact;

      if (!record->is_read)
        continue;
      is_exact = sp_bin_is_exact (state->items[i].tensor->dtype);
      figure->n_near = count_near (report, record, is_exact, figure);
      figure->is_counted = sp_weight_counts (state, i, &report->live);
      if (!figure->is_counted)
        continue;
      count_pruned (report, record, is_exact, figure);
      report->n_estimates += figure->is_estimate;
      add_figure (&report->all, record, figure);
    }
}

static double
share (double part, double whole)
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
static double get_abs_max (const State *s, gsize row, const Record *r) { return r->min <= r->max ? MAX (fabs (r->min), fabs (r->max)) : NAN; }
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

static double get_rows (const State *s, gsize row, const Record *r) { return is_matrix (s, row) ? (double) r->n_rows : NAN; }
static double get_zero_rows (const State *s, gsize row, const Record *r) { return is_matrix (s, row) ? (double) r->n_zero_rows : NAN; }
static double get_columns (const State *s, gsize row, const Record *r) { return is_matrix (s, row) ? (double) r->n_columns : NAN; }
static double get_zero_columns (const State *s, gsize row, const Record *r) { return is_matrix (s, row) ? (double) r->n_zero_columns : NAN; }

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
static char *part_of (const State *s, gsize i) { return g_strdup (sp_part_id (s->items[i].tensor->role.part)); }
static char *group_of (const State *s, gsize i) { return g_strdup (sp_group_id (sp_weight_group (s->items[i].tensor))); }
static char *shape_of (const State *s, gsize i) { return sp_tensor_dup_shape (s->items[i].tensor); }

static char *
dtype_of (const State *state, gsize item)
{
  const SpTensor *tensor = state->items[item].tensor;

  return g_strdup (tensor->dtype != SP_DTYPE_NONE || tensor->dtype_name == NULL ? sp_dtype_name (tensor->dtype) : tensor->dtype_name);
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

/* Layers in the order they come: encoder before decoder, 0 before 1. */
typedef struct { gint32 layer; char stack; } LayerKey;

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
static double sparsity_of (const Figure *f, const Record *r) { return share (f->n_near, (double) r->n); }
static double pruned_of (const Figure *f, const Record *r) { return f->is_counted ? f->n_pruned : NAN; }
static double pruned_share_of (const Figure *f, const Record *r) { return f->is_counted ? share (f->n_pruned, (double) r->n) : NAN; }
static double energy_of (const Figure *f, const Record *r) { return f->is_counted ? share (f->energy_pruned, r->sum_sq) : NAN; }
static double counted_of (const Figure *f, const Record *r) { return f->is_counted; }

static const struct { const char *name, *title, *unit; gboolean is_count; double (*get) (const Figure *, const Record *); } live_columns[] = {
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
      Figure        figure = report->figures[state->original[item]];
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
    return sp_column_new_i64 (live_columns[column].name, _(live_columns[column].title), live_columns[column].unit, state->n, counts);
  return sp_column_new_f64 (live_columns[column].name, _(live_columns[column].title), live_columns[column].unit, state->n, values);
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
          const double all[] = { (double) s->n_tensors, (double) s->n, (double) s->n_zero, s->n_near, share (s->n_near, (double) s->n),
                                 (double) s->n_nonfinite, s->n_pruned, share (s->n_pruned, (double) s->n),
                                 share (s->energy_pruned, s->energy) };

          values[i] = all[c];
          counts[i] = isnan (all[c]) ? SP_I64_NONE : (gint64) all[c];
        }
      if (columns[c].is_count)
        sp_table_take_column (table, sp_column_new_i64 (columns[c].name, _(columns[c].title), columns[c].unit, n, counts));
      else
        sp_table_take_column (table, sp_column_new_f64 (columns[c].name, _(columns[c].title), columns[c].unit, n, values));
      g_free (columns[c].is_count ? (gpointer) values : (gpointer) counts);
    }
}

static char *
layer_label (const LayerKey *key)
{
  if (key->layer < 0)
    return g_strdup ("–");
  if (key->stack == 0)
    return g_strdup_printf ("%d", key->layer);
  return g_strdup_printf (key->stack == 'e' ? _("enc %d") : _("dec %d"), key->layer);
}

static void
add_layer_table (SpResult *result, const Report *report)
{
  GArray         *layers = report->state->layers;
  g_autofree Sum *sums = g_new0 (Sum, layers->len + 1);
  g_auto (GStrv)  labels = g_new0 (char *, layers->len + 1);
  SpTable        *table = sp_table_new ("layers", _("Layers"), layers->len);
  gint64         *numbers = g_new (gint64, layers->len + 1);

  for (gsize row = 0; row < report->state->n; row++)
    {
      gsize i = report->state->order[row];

      if (report->figures[i].is_counted)
        add_figure (&sums[report->state->layer_of[i]], &report->state->records[i], &report->figures[i]);
    }
  for (gsize i = 0; i < layers->len; i++)
    {
      gint32 layer = g_array_index (layers, LayerKey, i).layer;

      numbers[i] = layer < 0 ? SP_I64_NONE : layer;
      labels[i] = layer_label (&g_array_index (layers, LayerKey, i));
    }
  sp_table_take_column (table, sp_column_new_i64 ("layer", _("Layer"), "", layers->len, numbers));
  sp_table_take_column (table, sp_column_new_text ("label", _("Label"), layers->len, (const char *const *) labels));
  take_sums (table, sums, layers->len);
  g_ptr_array_add (result->tables, table);
}

typedef struct { const char *id, *group; Sum sum; } NamedSum;

static void
add_named_sums (SpResult *result, const char *table_id, const char *title, const char *column, const NamedSum *sums, gsize n_sums)
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
  sp_table_take_column (table, sp_column_new_text (column, title, n, ids));
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

      if (!report->figures[i].is_counted)
        continue;
      add_figure (&parts[tensor->role.part].sum, &report->state->records[i], &report->figures[i]);
      add_figure (&groups[sp_weight_group (tensor)].sum, &report->state->records[i], &report->figures[i]);
    }
  add_named_sums (result, "parts", _("Parts"), "part", parts, SP_N_PARTS);
  add_named_sums (result, "groups", _("Groups"), "group", groups, SP_N_GROUPS);
}

static void
add_summary (SpResult *result, const Report *report)
{
  const Sum   *s = &report->all;
  const char  *names[] = { "tensors_counted", "elements", "zeros", "near_zero", "sparsity", "non_finite", "prune_threshold", "pruned",
                           "pruned_share", "energy_lost" };
  const char  *units[] = { "tensors", "elements", "elements", "elements", "share", "elements", "weight", "elements", "share", "share" };
  const double values[] = { (double) s->n_tensors, (double) s->n, (double) s->n_zero, s->n_near, share (s->n_near, (double) s->n),
                            (double) s->n_nonfinite, report->prune_limit, s->n_pruned, share (s->n_pruned, (double) s->n),
                            share (s->energy_pruned, s->energy) };
  SpTable     *table = sp_table_new ("summary", _("Summary"), G_N_ELEMENTS (names));

  sp_table_take_column (table, sp_column_new_text ("name", _("Name"), G_N_ELEMENTS (names), names));
  sp_table_take_column (table, sp_column_new_f64 ("value", _("Value"), "", G_N_ELEMENTS (names), g_memdup2 (values, sizeof values)));
  sp_table_take_column (table, sp_column_new_text ("unit", _("Unit"), G_N_ELEMENTS (units), units));
  g_ptr_array_add (result->tables, table);
}

/* --- the sparsity–threshold curve ------------------------------------------------------------- */

static guint64
group_elements (const Report *report, SpGroup group)
{
  guint64 n = 0;

  for (gsize i = 0; i < report->state->n; i++)
    if (report->figures[i].is_counted && sp_weight_group (report->state->items[i].tensor) == group)
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
    if (report->figures[i].is_counted && report->state->records[i].min <= report->state->records[i].max)
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
  return report->live.is_relative ? report->state->relative[group][point] : sp_weight_below (report->state, group, limit);
}

static void
add_curve_table (SpResult *result, const Report *report, char ***series)
{
  gsize       n = report->live.is_relative ? N_RELATIVE : N_CURVE;
  double     *limits = g_new (double, n), low, high, *overall = g_new0 (double, n);
  SpTable    *table = sp_table_new ("curve", _("Sparsity by threshold"), n);
  GPtrArray  *names = g_ptr_array_new ();
  guint64     n_all = 0;

  curve_range (report, &low, &high);
  for (gsize i = 0; i < n; i++)
    limits[i] = report->live.is_relative ? RELATIVE_LIMIT (i) : low * pow (high / low, (double) i / (double) (n - 1));
  sp_table_take_column (table, sp_column_new_f64 ("threshold", report->live.is_relative ? _("ε / RMS") : _("ε"), "weight", n, limits));
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
          sp_table_take_column (table, sp_column_new_f64 (sp_group_id ((SpGroup) g), sp_group_title ((SpGroup) g), "share", n, shares));
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

static double measure_near (const Sum *s) { return share (s->n_near, (double) s->n); }
static double measure_energy (const Sum *s) { return share (s->energy_pruned, s->energy); }
static double measure_rows (const Sum *s) { return share ((double) s->n_zero_rows, (double) s->n_rows); }

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
      add_figure (&print->cells[cell], &state->records[i], &report->figures[i]);
      if (print->keys[cell] == NULL)
        print->keys[cell] = state->items[i].tensor->name;
    }
}

static void
label_grid (SpGrid *grid, const Fingerprint *print)
{
  gsize n_rows = print->layers->len;

  grid->row_labels = g_new0 (char *, n_rows + 1);
  grid->column_labels = g_new0 (char *, print->n_parts + 1);
  grid->keys = g_new0 (char *, n_rows * print->n_parts + 1);
  for (gsize r = 0; r < n_rows; r++)
    grid->row_labels[r] = layer_label (&g_array_index (print->layers, LayerKey, r));
  for (gsize c = 0; c < print->n_parts; c++)
    grid->column_labels[c] = g_strdup (sp_part_title (print->parts[c]));
  for (gsize i = 0; i < n_rows * print->n_parts; i++)
    grid->keys[i] = g_strdup (print->keys[i]);
  grid->row_title = g_intern_string (_("Layer"));
  grid->column_title = g_intern_string (_("Part"));
  grid->unit = "share";
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
add_fingerprint (SpResult *result, const Fingerprint *print, const char *id, const char *title, Measure measure, char *caption)
{
  SpGrid *grid;
  SpPlot *plot;

  if (print->n_parts == 0)
    {
      g_free (caption);
      return;
    }
  grid = sp_grid_new (id, print->layers->len, print->n_parts, 1, 1);
  label_grid (grid, print);
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
  add_fingerprint (result, &print, "fingerprint", report->live.eps > 0 ? _("Near-zero weights") : _("Zero weights"), measure_near,
                   g_strdup_printf (report->live.is_relative ? _("Share of weights with |w| ≤ %s × tensor RMS, by layer and part.")
                                                             : _("Share of weights with |w| ≤ %s, by layer and part."), limit));
  add_fingerprint (result, &print, "fingerprint-rows", _("Zero rows"), measure_rows,
                   g_strdup (_("Share of rows (output neurons or channels) that are entirely zero, by layer and part.")));
  if (!isnan (report->prune_limit))
    add_fingerprint (result, &print, "fingerprint-energy", _("Energy lost by pruning"), measure_energy,
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

  plot->x = g_strdup ("threshold");
  plot->y = series;
  plot->x_title = g_strdup (report->live.is_relative ? _("threshold ε, in units of each tensor's RMS") : _("threshold ε"));
  plot->y_title = g_strdup (_("share of weights with |w| ≤ ε"));
  plot->y_unit = g_strdup ("share");
  plot->x_scale = SP_SCALE_LOG;
  sp_plot_add_marker (plot, TRUE, report->live.eps, text, "eps", 1);
  if (!isnan (report->prune_limit) && !report->live.is_relative)
    sp_plot_add_marker (plot, TRUE, report->prune_limit, _("pruned"), NULL, 1);
  plot->caption = g_strdup_printf (_("Share of weights at or below the threshold, over %" G_GUINT64_FORMAT " tensors with %" G_GUINT64_FORMAT
                                     " elements."), report->all.n_tensors, report->all.n);
}

static void
add_layer_plot (SpResult *result, const char *kind, const char *id, const char *title, const char *const *y, const char *y_title, char *caption)
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
  g_autofree char *percent = sp_format_number (share (s->n_near, (double) s->n), "share");
  g_autofree char *eps = sp_format_number (report->live.eps, "weight");
  g_autofree char *near = sp_format_number (s->n_near, "elements");
  g_autofree char *all = sp_format_number ((double) s->n, "elements");

  g_string_append_printf (out, report->live.eps == 0 ? _("Sparsity %s: share of elements that are exactly 0 (%s of %s)")
                               : report->live.is_relative ? _("Sparsity %s: share of elements with |w| ≤ ε × the tensor's RMS (%s of %s)")
                                                          : _("Sparsity %s: share of elements with |w| ≤ ε (%s of %s)"), percent, near, all);
  if (report->live.eps > 0)
    g_string_append_printf (out, _(", ε = %s"), eps);
  g_string_append_printf (out, _(", over %" G_GUINT64_FORMAT " tensors: %s."), s->n_tensors, list_groups (&report->live, groups));
  if (s->n_nonfinite > 0)
    g_string_append_printf (out, _(" %" G_GUINT64_FORMAT " elements are NaN or infinite; they are counted as neither zero nor near."),
                            s->n_nonfinite);
  if (!isnan (report->prune_limit))
    {
      g_autofree char *limit = sp_format_number (report->prune_limit, "weight");

      g_string_append_printf (out, _(" Pruning the smallest %.2f %% of them together removes |w| ≤ %s."), report->live.prune * 100, limit);
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
    sp_result_take_note (result, g_strdup_printf (ngettext ("%" G_GSIZE_FORMAT " tensor could not be read; its row says why.",
                                                            "%" G_GSIZE_FORMAT " tensors could not be read; their rows say why.",
                                                            n_problems), n_problems));
  if (report->n_estimates > 0)
    sp_result_take_note (result, g_strdup (_("Counts of 32-bit and wider weights at this setting are interpolated inside bins 0.8 % wide; "
                                             "run again for exact counts.")));
  if (report->all.n_tensors == 0 && state->n_ended > 0)
    sp_result_take_note (result, g_strdup (_("No tensor counts: switch on more kinds of tensors.")));
}

static void
prepare (Report *report, State *state, SpArgs *args)
{
  guint64 n_counted, wanted;

  report->state = state;
  make_fixed_parts (state);
  sp_weight_live (args, &report->live);
  report->has_exact_near = state->has_exact_near && is_same_near (&report->live, &state->live);
  report->has_exact_pruned = state->has_exact_pruned && is_same_prune (&report->live, &state->live);
  report->prune_limit = report->has_exact_pruned ? state->prune_limit
                                                 : sp_weight_find_prune (state, &report->live, &n_counted, &wanted);
  report->figures = g_new0 (Figure, state->n + 1);
  count_all (report);
}

SpResult *
sp_weight_report (gpointer data, SpArgs *args)
{
  static const char *const sparsity[] = { "sparsity", NULL }, *const loss[] = { "pruned_share", "energy_lost", NULL };
  Report             report = { 0 };
  SpResult          *result = sp_result_new ("weight-sparsity");
  char             **series;

  prepare (&report, data, args);
  add_tensor_table (result, &report);
  add_layer_table (result, &report);
  add_part_tables (result, &report);
  add_summary (result, &report);
  add_curve_table (result, &report, &series);
  add_curve_plot (result, &report, series);
  add_layer_plot (result, "bars", "layers", _("Sparsity by layer"), sparsity, _("sparsity"),
                  g_strdup (_("Share of the counted weights at or below the threshold, by layer.")));
  if (!isnan (report.prune_limit))
    add_layer_plot (result, "line", "pruning", _("What pruning costs each layer"), loss, _("share of the layer"),
                    g_strdup_printf (_("Weights removed and energy (Σw²) lost in each layer when the smallest %.2f %% of all counted weights "
                                       "are pruned together."), report.live.prune * 100));
  add_fingerprints (result, &report);
  result->definition = define (&report);
  result->source = g_strdup (_("Counting over a declared tensor set: Sun et al., Wanda (2023); global magnitude pruning: Jaiswal et al., "
                               "Essential Sparsity (2023)"));
  add_notes (result, &report);
  g_free (report.figures);
  return result;
}
