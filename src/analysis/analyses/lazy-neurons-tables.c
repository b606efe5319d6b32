/* lazy-neurons-tables.c - the tables of lazy-neurons: summary, layers, neurons */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "lazy-neurons-report.h"

#include <glib/gi18n-lib.h>

/* What nobody can say of counts over an unknown number of tokens is left empty. */
static double
known (const LazyTally *tally, double value)
{
  return tally->lacks_total ? NAN : value;
}

static double get_tokens (gconstpointer p) { const LazyTally *t = p; return known (t, (double) t->n_tokens); }
static double get_neurons (gconstpointer p) { const LazyTally *t = p; return (double) t->n_neurons; }
static double get_fired (gconstpointer p) { const LazyTally *t = p; return (double) t->n_fired; }
static double get_ratio (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_ratio (t)); }
static double get_never (gconstpointer p) { const LazyTally *t = p; return (double) t->n_never; }
static double get_never_share (gconstpointer p) { const LazyTally *t = p; return lazy_share (t->n_never, t->n_neurons); }
static double get_dead (gconstpointer p) { const LazyTally *t = p; return known (t, (double) t->n_dead); }
static double get_dead_share (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_share (t->n_dead, t->n_neurons)); }
static double get_rare (gconstpointer p) { const LazyTally *t = p; return known (t, (double) t->n_rare); }
static double get_rare_share (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_share (t->n_rare, t->n_neurons)); }
static double get_often (gconstpointer p) { const LazyTally *t = p; return known (t, (double) t->n_often); }
static double get_often_share (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_share (t->n_often, t->n_neurons)); }
static double get_always (gconstpointer p) { const LazyTally *t = p; return known (t, (double) t->n_always); }
static double get_always_share (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_share (t->n_always, t->n_neurons)); }
static double get_cover_80 (gconstpointer p) { const LazyTally *t = p; return (double) t->carried->cover[0]; }
static double get_cover_90 (gconstpointer p) { const LazyTally *t = p; return (double) t->carried->cover[1]; }
static double get_cover_95 (gconstpointer p) { const LazyTally *t = p; return (double) t->carried->cover[2]; }
static double get_cover_99 (gconstpointer p) { const LazyTally *t = p; return (double) t->carried->cover[3]; }
static double get_nonfinite (gconstpointer p) { const LazyTally *t = p; return (double) t->n_nonfinite; }
static double get_bound (gconstpointer p) { const LazyTally *t = p; return known (t, lazy_rule_of_three (t)); }

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

void
lazy_add_summary (SpResult *result, const LazyReport *report)
{
  const LazyTally *a = &report->all;
  const char  *names[] = { "layers", "tokens", "neurons", "activations", "fired", "activation_ratio", "sparsity", "non_finite", "never",
                           "dead", "rare", "often", "always", "cover_80", "cover_90", "cover_95", "cover_99", "never_bound",
                           "tokens_wanted" };
  const char  *units[] = { "layers", "tokens", "neurons", "elements", "elements", "share", "share", "elements", "neurons",
                           "neurons", "neurons", "neurons", "neurons", "neurons", "neurons", "neurons", "neurons", "share", "tokens" };
  double       wanted = lazy_tokens_wanted (report);
  const double values[] = { (double) report->state->dump->n_layers, get_tokens (a), (double) a->n_neurons, known (a, (double) a->n_valid),
                            (double) a->n_fired, get_ratio (a), 1 - get_ratio (a), (double) a->n_nonfinite, (double) a->n_never,
                            get_dead (a), get_rare (a), get_often (a), get_always (a), get_cover_80 (a), get_cover_90 (a),
                            get_cover_95 (a), get_cover_99 (a), get_bound (a), isfinite (wanted) ? known (a, wanted) : NAN };

  sp_result_add_summary (result, G_N_ELEMENTS (names), names, values, units);
}

void
lazy_add_layers (SpResult *result, const LazyReport *report)
{
  gsize                     n = report->state->dump->n_layers;
  g_autofree gconstpointer *layers = g_new0 (gconstpointer, n + 1);
  g_autofree const char   **problems = g_new0 (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      layers[i] = lazy_is_shown (report->state, i) ? &report->layers[i] : NULL;
      problems[i] = report->state->layers[i].problem;
    }
  g_ptr_array_add (result->tables, sp_dump_layer_table (report->state->dump, layer_columns, layers, problems));
}

static gsize
count_neurons (const LazyState *state)
{
  gsize n = 0;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    n += state->layers[i].problem == NULL ? state->dump->layers[i].n_neurons : 0;
  return n;
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
  if (!state->is_counted)
    sp_dump_look_link (state->look, table);
}

/* Numbers alone do not tell an encoder's layer from a decoder's. */
static gboolean
has_stacks (const SpDump *dump)
{
  for (gsize i = 0; i < dump->n_layers; i++)
    if (dump->layers[i].stack != 0)
      return TRUE;
  return FALSE;
}

static SpColumn *
list_labels (const LazyState *state, gsize n)
{
  g_autofree const char **labels = g_new (const char *, n + 1);
  gsize                   row = 0;

  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      g_autofree char *label = sp_dump_layer_label (&state->dump->layers[i]);

      for (guint64 k = 0; state->layers[i].problem == NULL && k < state->dump->layers[i].n_neurons; k++)
        labels[row++] = g_intern_string (label);
    }
  return sp_column_new_text ("label", _("Layer"), n, labels);
}

static SpTable *
list_neurons (const LazyState *state)
{
  gsize    n = count_neurons (state), row = 0;
  gint64  *layers = g_new (gint64, n + 1), *neurons = g_new (gint64, n + 1), *fired = g_new (gint64, n + 1);
  gint64  *tokens = g_new (gint64, n + 1);
  double  *frequency = g_new (double, n + 1);
  SpTable *table = sp_table_new ("neurons", _("Neurons"), n);

  for (gsize i = 0; i < state->dump->n_layers; i++)
    for (guint64 k = 0; state->layers[i].problem == NULL && k < state->dump->layers[i].n_neurons; k++, row++)
      {
        layers[row] = state->dump->layers[i].layer < 0 ? SP_I64_NONE : state->dump->layers[i].layer;
        neurons[row] = (gint64) k;
        fired[row] = (gint64) state->layers[i].fired[k];
        tokens[row] = state->lacks_total ? SP_I64_NONE : (gint64) lazy_n_valid (state, i, k);
        frequency[row] = state->lacks_total ? NAN : lazy_frequency (state, i, k);
      }
  if (has_stacks (state->dump))
    sp_table_take_column (table, list_labels (state, n));
  sp_table_take_column (table, sp_column_new_i64 ("layer", has_stacks (state->dump) ? _("Number") : _("Layer"), "", n, layers));
  sp_table_take_column (table, sp_column_new_i64 ("neuron", _("Neuron"), "", n, neurons));
  sp_table_take_column (table, sp_column_new_i64 ("fired", _("Firings"), "elements", n, fired));
  sp_table_take_column (table, sp_column_new_i64 ("tokens", _("Tokens"), "tokens", n, tokens));
  sp_table_take_column (table, sp_column_new_f64 ("frequency", _("Frequency"), "share", n, frequency));
  link_neurons (table, state);
  return table;
}

void
lazy_add_neurons (SpResult *result, const LazyReport *report)
{
  LazyState *state = report->state;

  if (state->neurons == NULL)
    state->neurons = list_neurons (state);
  g_ptr_array_add (result->tables, sp_table_ref (state->neurons));
}

void
lazy_add_lists (SpResult *result, const LazyReport *report)
{
  const struct { const char *id; SpComparison comparison; double value; } lists[] = {
    { "never", SP_IS_UP_TO, 0 }, { "dead", SP_IS_BELOW, report->dead }, { "rare", SP_IS_UP_TO, report->rare },
    { "often", SP_IS_FROM, report->often }, { "always", SP_IS_FROM, 1 }
  };
  const char *group = has_stacks (report->state->dump) ? "label" : "layer";

  if (report->state->lacks_total)
    sp_result_add_list (result, &(SpList) { "never", "neurons", "fired", "neuron", group, SP_IS_UP_TO, 0 });
  for (gsize i = 0; !report->state->lacks_total && i < G_N_ELEMENTS (lists); i++)
    sp_result_add_list (result, &(SpList) { lists[i].id, "neurons", "frequency", "neuron", group, lists[i].comparison, lists[i].value });
}
