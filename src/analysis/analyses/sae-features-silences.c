/* sae-features-silences.c - features of which is only known how many steps of training ago they fired, as OpenAI's counters say */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features-report.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>

#define BINS_A_DECADE 10

guint
sae_n_silences (const SaeState *state)
{
  const SpFeatureCounts *counts = state->counts;

  return state->tally == NULL && counts != NULL && counts->density == NULL && counts->silent_steps != NULL ? counts->n_features : 0;
}

/* The convention that is about such counters. */
static const SpDeadRule *
find_rule (void)
{
  const SpDeadRule *rule = sp_dead_rules;

  while (rule->kind != SP_DEAD_STEPS || rule->step_tokens == 0)
    rule++;
  return rule;
}

char *
sae_define_silences (const SaeReport *report)
{
  const SpFeatureCounts *counts = report->state->counts;
  const SpDeadRule      *rule = find_rule ();
  SpDeadCount            count = sp_dead_rule_count_known (rule, &report->setting, NULL, counts->silent_steps, counts->n_features);
  g_autofree char       *dead = sp_format_number ((double) count.n_dead, "features");
  g_autofree char       *n = sp_format_number (counts->n_features, "features");
  g_autofree char       *share = sp_format_number ((double) count.n_dead / counts->n_features, "share");

  return g_strdup_printf (ngettext ("%s of %s features (%s) is dead as in OpenAI's training: by %s, it did not fire in the last %.0f "
                                    "steps.",
                                    "%s of %s features (%s) are dead as in OpenAI's training: by %s, they did not fire in the last %.0f "
                                    "steps.", count.n_dead), dead, n, share, counts->source, rule->limit);
}

/* Whole numbers from 1 on, each the first of a bin; the last is above most. */
static GArray *
list_edges (gint64 most)
{
  GArray *edges = g_array_new (FALSE, FALSE, sizeof (gint64));
  gint64  edge = 0;

  for (guint i = 0; edge <= most; i++)
    {
      edge = MAX ((gint64) ceil (pow (10, (double) i / BINS_A_DECADE) - 1e-9), edge + 1);
      g_array_append_val (edges, edge);
    }
  return edges;
}

static gint64
find_most (const SpFeatureCounts *counts)
{
  gint64 most = 1;

  for (guint i = 0; i < counts->n_features; i++)
    most = MAX (most, counts->silent_steps[i]);
  return most;
}

static gsize
find_bin (GArray *edges, gint64 steps)
{
  gsize low = 0, high = edges->len - 1;

  while (high - low > 1)
    {
      gsize middle = (low + high) / 2;

      if (g_array_index (edges, gint64, middle) <= steps)
        low = middle;
      else
        high = middle;
    }
  return low;
}

static SpTable *
make_table (const SpFeatureCounts *counts)
{
  g_autoptr (GArray) edges = list_edges (find_most (counts));
  gsize              n = edges->len - 1;
  SpTable           *table = sp_table_new ("silences", _("Silences"), n);
  double            *low = g_new (double, n), *high = g_new (double, n), *features = g_new0 (double, n);

  for (gsize i = 0; i < n; i++)
    {
      low[i] = log10 ((double) g_array_index (edges, gint64, i));
      high[i] = log10 ((double) g_array_index (edges, gint64, i + 1));
    }
  for (guint i = 0; i < counts->n_features; i++)
    features[find_bin (edges, counts->silent_steps[i])]++;
  sp_table_take_f64 (table, "log10_low", _("from"), "", low);
  sp_table_take_f64 (table, "log10_high", _("to"), "", high);
  sp_table_take_f64 (table, "features", _("features"), "features", features);
  return table;
}

void
sae_add_silences (const SaeReport *report)
{
  SpPlot *plot = sp_result_add_plot (report->result, "histogram", "silences", _("Silences"), "silences");

  g_ptr_array_add (report->result->tables, make_table (report->state->counts));
  plot->x = g_strdup ("log10_low");
  plot->x_high = g_strdup ("log10_high");
  plot->y = g_strdupv ((char **) (const char *const[]) { "features", NULL });
  plot->x_title = g_strdup (_("log₁₀ of the steps since a feature fired"));
  plot->y_title = g_strdup (_("features"));
  sp_plot_add_marker (plot, TRUE, log10 (find_rule ()->limit + 1), _("dead from here on"), NULL, 1);
  plot->caption = g_strdup_printf (_("For how many steps of training each of %u features has not fired; 1 is the last step."),
                                   report->state->counts->n_features);
}
