/* sae-features-tables.c - sae-features in rows: features, conventions of what is dead, measures of reconstruction */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features-report.h"

#include <glib/gi18n-lib.h>
#include <math.h>

/* --- features ------------------------------------------------------------------------------------------ */

static void
add_numbers (SpTable *table, guint n)
{
  gint64 *numbers = g_new (gint64, n + 1);

  for (guint i = 0; i < n; i++)
    numbers[i] = i;
  sp_table_take_i64 (table, "feature", _("Feature"), "", numbers);
}

/* And the numbers of the features, which the table begins with. */
static void
add_densities (const SaeReport *report, SpTable *table)
{
  guint   n = report->n_features;
  double *density = g_new (double, n);

  add_numbers (table, n);
  for (guint i = 0; i < n; i++)
    density[i] = sae_density (report->state, report->setting.test, i);
  sp_table_take_f64 (table, "density", _("Density"), "share", density);
}

static void
add_firings (const SaeReport *report, SpTable *table)
{
  const SpFeatureTally *tally = report->state->tally;
  guint   n = tally->n_features;
  SpFires test = report->setting.test;
  gint64 *fired = g_new (gint64, n), *silent = g_new (gint64, n), *longest = g_new (gint64, n), *prompts = g_new (gint64, n);
  double *mean = g_new (double, n), *max = g_new (double, n), *burst = g_new (double, n);

  for (guint i = 0; i < n; i++)
    {
      fired[i] = tally->tests[test].fired[i];
      silent[i] = (gint64) sp_feature_tally_silent (tally, test, i);
      longest[i] = (gint64) sp_feature_tally_longest (tally, test, i);
      prompts[i] = tally->tests[test].n_prompts[i];
      mean[i] = fired[i] > 0 ? tally->tests[test].sum[i] / (double) fired[i] : NAN;
      max[i] = (double) tally->max[i];
      burst[i] = prompts[i] > 0 ? (double) fired[i] / (double) prompts[i] : NAN;
    }
  sp_table_take_i64 (table, "fired", _("Firings"), "tokens", fired);
  sp_table_take_i64 (table, "silent", _("Silent since"), "tokens", silent);
  sp_table_take_i64 (table, "longest_silence", _("Longest silence"), "tokens", longest);
  sp_table_take_f64 (table, "mean", _("Mean when active"), "", mean);
  sp_table_take_f64 (table, "max", _("Largest"), "", max);
  sp_table_take_i64 (table, "sequences", _("Sequences"), "", prompts);
  sp_table_take_f64 (table, "firings_per_sequence", _("Firings a sequence"), "", burst);
}

/* By SAEDashboard, which sets codes at the positions it ignores to 0 and divides by all. */
static void
add_dashboard_density (const SaeReport *report, SpTable *table)
{
  guint64 n_positions = sae_count_positions (report->state);
  double *density;

  if (n_positions == 0)
    return;
  density = g_new (double, report->n_features);
  for (guint i = 0; i < report->n_features; i++)
    density[i] = (double) report->state->tally->tests[report->setting.test].fired[i] / (double) n_positions;
  sp_table_take_f64 (table, "density_saedashboard", _("Density, SAEDashboard"), "share", density);
}

static void
add_shortfall (const SaeReport *report, SpTable *table)
{
  guint   n = report->n_features;
  double *shortfall = g_new (double, n);

  for (guint i = 0; i < n; i++)
    {
      double density = sae_density (report->state, report->setting.test, i);
      double expected = sp_zipf_expect (&report->ranks->zipf, report->ranks->rank[i]);

      shortfall[i] = isnan (expected) ? NAN : MAX (0, 1 - density / expected);
    }
  sp_table_take_f64 (table, "shortfall", _("Zipf shortfall"), "share", shortfall);
}

/* names, titles: of the column that says which, and of that of its cosine. */
static void
add_nearest (SpTable *table, guint n, const SpNeighbours *neighbours, const char *const names[2], const char *const titles[2])
{
  double *cosines = g_new (double, n);
  gint64 *features = g_new (gint64, n);

  for (guint i = 0; i < n; i++)
    {
      SpNeighbour strongest = sp_neighbours_strongest (&neighbours[i]);

      cosines[i] = strongest.feature != SP_NO_FEATURE ? (double) strongest.cosine : NAN;
      features[i] = strongest.feature != SP_NO_FEATURE ? (gint64) strongest.feature : SP_I64_NONE;
    }
  sp_table_take_i64 (table, names[0], titles[0], "", features);
  sp_table_take_f64 (table, names[1], titles[1], "", cosines);
}

static void
add_directions (const SaeReport *report, SpTable *table)
{
  const SpSaeGeometry *geometry = report->state->geometry;
  guint n = geometry->n_features;
  gsize n_bytes = n * sizeof (double);

  sp_table_take_f64 (table, "encoder_norm", _("Encoder norm"), "", g_memdup2 (geometry->encoder_norms, n_bytes));
  sp_table_take_f64 (table, "decoder_norm", _("Decoder norm"), "", g_memdup2 (geometry->decoder_norms, n_bytes));
  sp_table_take_f64 (table, "encoder_decoder_cosine", _("Encoder · decoder"), "", g_memdup2 (geometry->cosines, n_bytes));
  if (geometry->by_decoder != NULL)
    add_nearest (table, n, geometry->by_decoder, (const char *const[]) { "neighbour", "neighbour_cosine" },
                 (const char *const[]) { _("Nearest feature"), _("Cosine with it") });
  if (geometry->by_encoder != NULL)
    add_nearest (table, n, geometry->by_encoder, (const char *const[]) { "encoder_neighbour", "encoder_neighbour_cosine" },
                 (const char *const[]) { _("Nearest by encoder"), _("Cosine by encoder") });
}

/* The table's next columns, made once for all cuts. */
static void
add_kept (const SaeReport *report, SpTable *table, SaeKept which, void (*add) (const SaeReport *report, SpTable *table))
{
  GPtrArray **kept = &report->state->ranks.kept[which];
  gsize       first = sp_table_get_n_columns (table);

  for (guint i = 0; *kept != NULL && i < (*kept)->len; i++)
    sp_table_take_column (table, sp_column_ref ((*kept)->pdata[i]));
  if (*kept != NULL)
    return;
  add (report, table);
  *kept = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_column_unref);
  for (gsize i = first; i < sp_table_get_n_columns (table); i++)
    g_ptr_array_add (*kept, sp_column_ref ((SpColumn *) sp_table_get_column (table, i)));
}

static void
add_classes (const SaeReport *report, SpTable *table)
{
  guint        n = report->n_features;
  const char **classes = g_new (const char *, n);

  for (guint i = 0; i < n; i++)
    classes[i] = sae_class_id (sae_classify (report, i));
  sp_table_take_column (table, sp_column_new_words ("class", _("Class"), n, classes));
}

void
sae_add_features (const SaeReport *report)
{
  const SaeState *state = report->state;
  guint           n_known = MAX (report->n_features, sae_n_silences (state));
  guint           n = n_known > 0 ? n_known : state->geometry != NULL ? state->geometry->n_features : 0;
  SpTable        *table = sp_table_new ("features", _("Features"), n);

  if (report->n_features > 0)
    {
      add_kept (report, table, SAE_DENSITIES, add_densities);
      add_dashboard_density (report, table);
      add_classes (report, table);
      add_kept (report, table, SAE_SHORTFALLS, add_shortfall);
    }
  else
    add_numbers (table, n);
  if (n > 0 && n == sae_n_silences (state))
    sp_table_take_i64 (table, "silent_steps", _("Silent since"), "steps", g_memdup2 (state->counts->silent_steps, n * sizeof (gint64)));
  if (state->tally != NULL && report->n_features > 0)
    add_kept (report, table, SAE_FIRINGS, add_firings);
  if (state->geometry != NULL && state->geometry->n_features == n)
    add_directions (report, table);
  if (state->dump != NULL && state->dump->site != NULL && report->n_features > 0)
    sp_table_add_neurons (table, 0, n, state->dump->layers[0].tensor);
  else if (n_known > 0 && state->counts != NULL)
    sp_table_add_neurons (table, 0, n, state->counts->source);
  if (state->is_counted && state->tops != NULL)
    sp_feature_tops_link (state->tops, state->look, table);
  g_ptr_array_add (report->result->tables, table);
}

/* --- who calls what dead ------------------------------------------------------------------------------- */

static gsize
count_rules (void)
{
  gsize n = 0;

  while (sp_dead_rules[n].id != NULL)
    n++;
  return n;
}

static const char *
test_sign (SpFires test)
{
  static const char *const signs[] = { "f > 0", "f ≠ 0", "f > 1e-3", "|f| > 1e-6" };

  return signs[test];
}

static SpDeadCount
count_dead (const SaeReport *report, const SpDeadRule *rule)
{
  const SpFeatureCounts *counts = report->state->counts;

  if (report->state->tally != NULL)
    return sp_dead_rule_count (rule, &report->setting, report->state->tally);
  return sp_dead_rule_count_known (rule, &report->setting, counts->density, counts->silent_steps, counts->n_features);
}

void
sae_add_rules (const SaeReport *report)
{
  gsize    n = count_rules ();
  guint    n_features = MAX (report->n_features, sae_n_silences (report->state));
  SpTable *table = sp_table_new ("dead", _("Dead, by whom"), n);
  gint64  *dead = g_new (gint64, n), *needed = g_new (gint64, n);
  double  *share = g_new (double, n);
  g_autofree const char **ids = g_new (const char *, n + 1), **titles = g_new (const char *, n + 1);
  g_autofree const char **sources = g_new (const char *, n + 1), **tests = g_new (const char *, n + 1);
  g_autofree const char **decided = g_new (const char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      SpDeadCount count = count_dead (report, &sp_dead_rules[i]);

      ids[i] = sp_dead_rules[i].id;
      titles[i] = _(sp_dead_rules[i].title);
      sources[i] = _(sp_dead_rules[i].source);
      tests[i] = test_sign (count.test);
      decided[i] = count.is_decided ? "yes" : "no";
      dead[i] = count.is_decided ? (gint64) count.n_dead : SP_I64_NONE;
      share[i] = count.is_decided ? (double) count.n_dead / MAX (n_features, 1) : NAN;
      needed[i] = isfinite (count.tokens_needed) ? (gint64) count.tokens_needed : SP_I64_NONE;
    }
  sp_table_take_column (table, sp_column_new_text ("rule", _("Rule"), n, ids));
  sp_table_take_column (table, sp_column_new_text ("title", _("Dead where"), n, titles));
  sp_table_take_column (table, sp_column_new_text ("fires", _("Fires where"), n, tests));
  sp_table_take_column (table, sp_column_new_text ("source", _("Source"), n, sources));
  sp_table_take_i64 (table, "dead", _("Dead"), "features", dead);
  sp_table_take_f64 (table, "dead_share", _("Share"), "share", share);
  sp_table_take_i64 (table, "tokens_needed", _("Tokens needed"), "tokens", needed);
  sp_table_take_column (table, sp_column_new_text ("decided", _("Decided"), n, decided));
  g_ptr_array_add (report->result->tables, table);
}

/* --- the dense ----------------------------------------------------------------------------------------- */

double
sae_dense_mass (const SaeReport *report, double limit)
{
  double dense = 0;

  for (gsize i = 0, n = sae_count_above (report->ranks, limit); i < n; i++)
    dense += report->ranks->sorted[i];
  return report->ranks->sum > 0 ? dense / report->ranks->sum : NAN;
}

void
sae_add_dense (const SaeReport *report)
{
  const struct { const char *id, *source; double limit; } rows[] = {
    { "above-1-percent", N_("SAEBench"), 0.01 },
    { "above-10-percent", N_("SAEBench"), 0.1 },
    { "dense", N_("the parameter “Dense above”"), report->dense },
  };
  gsize       n = G_N_ELEMENTS (rows);
  SpTable    *table = sp_table_new ("dense", _("Dense, by whom"), n);
  const char *ids[G_N_ELEMENTS (rows)], *sources[G_N_ELEMENTS (rows)];
  double     *limits = g_new (double, n), *shares = g_new (double, n), *masses = g_new (double, n);
  gint64     *features = g_new (gint64, n);

  for (gsize i = 0; i < n; i++)
    {
      ids[i] = rows[i].id;
      sources[i] = _(rows[i].source);
      limits[i] = rows[i].limit;
      features[i] = (gint64) sae_count_above (report->ranks, rows[i].limit);
      shares[i] = (double) features[i] / MAX (report->n_features, 1);
      masses[i] = sae_dense_mass (report, rows[i].limit);
    }
  sp_table_take_column (table, sp_column_new_text ("rule", _("Rule"), n, ids));
  sp_table_take_f64 (table, "limit", _("Density above"), "share", limits);
  sp_table_take_column (table, sp_column_new_text ("source", _("Source"), n, sources));
  sp_table_take_i64 (table, "features", _("Features"), "features", features);
  sp_table_take_f64 (table, "features_share", _("Share"), "share", shares);
  sp_table_take_f64 (table, "firings_share", _("Of all firings"), "share", masses);
  g_ptr_array_add (report->result->tables, table);
}

/* --- what is lost -------------------------------------------------------------------------------------- */

void
sae_add_reconstruction (const SaeReport *report)
{
  const SpReconstruction *r = &report->state->reconstruction;
  const struct { const char *id, *title, *source; double value; } rows[] = {
    { "fvu", N_("fraction of variance unexplained"), N_("EleutherAI; OpenAI, training"), r->fvu },
    { "explained_variance", N_("explained variance, 1 − FVU"), N_("recommended"), 1 - r->fvu },
    { "fve_dictionary_learning", N_("fraction of variance explained"), N_("dictionary_learning, all tokens as one batch"), r->fve },
    { "ev_legacy", N_("explained variance, mean over tokens"), N_("SAELens, legacy"), r->ev_legacy },
    { "ev_saelens", N_("explained variance, by a mean over dimensions"), N_("SAELens evaluation, SAEBench"), r->ev_saelens },
    { "mse", N_("mean ‖x − x̂‖²"), N_("per token"), r->mse },
    { "mse_per_input", N_("mean (x − x̂)²"), N_("per element"), r->mse_per_input },
    { "nmse_openai", N_("mean ‖x − x̂‖² / ‖x‖²"), N_("OpenAI, loss.py"), r->nmse_openai },
    { "l2_loss", N_("mean ‖x − x̂‖"), N_("dictionary_learning"), r->l2_loss },
    { "cosine", N_("mean cosine of x and x̂"), N_("SAELens"), r->cosine },
    { "l2_ratio", N_("mean ‖x̂‖ / ‖x‖"), N_("SAELens"), r->l2_ratio },
    { "relative_reconstruction_bias", N_("relative reconstruction bias"), N_("Rajamanoharan et al., Gated SAEs, Eq. 10"), r->bias },
  };
  gsize    n = G_N_ELEMENTS (rows);
  SpTable *table = sp_table_new ("reconstruction", _("Reconstruction"), n);
  double  *values = g_new (double, n);
  const char *ids[G_N_ELEMENTS (rows)], *titles[G_N_ELEMENTS (rows)], *sources[G_N_ELEMENTS (rows)];

  for (gsize i = 0; i < n; i++)
    {
      ids[i] = rows[i].id;
      titles[i] = _(rows[i].title);
      sources[i] = _(rows[i].source);
      values[i] = rows[i].value;
    }
  sp_table_take_column (table, sp_column_new_text ("measure", _("Measure"), n, ids));
  sp_table_take_column (table, sp_column_new_text ("title", _("What it is"), n, titles));
  sp_table_take_f64 (table, "value", _("Value"), "", values);
  sp_table_take_column (table, sp_column_new_text ("source", _("As in"), n, sources));
  g_ptr_array_add (report->result->tables, table);
}

/* --- lists --------------------------------------------------------------------------------------------- */

void
sae_add_lists (const SaeReport *report)
{
  SpList dead = { "dead", "features", "density", "feature", NULL, SP_IS_UP_TO, 0 };
  SpList ultra_low = { "ultra-low", "features", "density", "feature", NULL, SP_IS_BELOW, report->cut };
  SpList dense = { "dense", "features", "density", "feature", NULL, SP_IS_ABOVE, report->dense };

  sp_result_add_list (report->result, &dead);
  if (report->cut > 0)
    sp_result_add_list (report->result, &ultra_low);
  sp_result_add_list (report->result, &dense);
}
