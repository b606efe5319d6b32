/* sae-features-report.c - what sae-features says at one setting of its cuts, of what is known by now */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features-report.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>

#define SOURCE N_("T. Bricken et al., Towards Monosemanticity (2023); L. Gao et al., Scaling and evaluating sparse autoencoders (2024); " \
                  "conventions: J. Bloom et al., SAELens; S. Marks et al., dictionary_learning; EleutherAI, sparsify; A. Karvonen " \
                  "et al., SAEBench")

#define FLAT_SHARE  0.75                   /* of variance, between the halves of a flat histogram */
#define TWIN_COSINE 0.9

SaeClass
sae_classify (const SaeReport *report, guint feature)
{
  double density = sae_density (report->state, report->setting.test, feature);

  /* Without branches: of a million features in no order each would be guessed wrong as often as not. */
  return (SaeClass) ((density > 0) * (SAE_ULTRA_LOW + (density >= report->cut) * (1 + (density > report->dense))));
}

const char *
sae_class_id (SaeClass class)
{
  static const char *const ids[] = { "dead", "ultra-low", "usual", "dense" };

  return ids[class];
}

static void
count_classes (SaeReport *report)
{
  gsize n_from_cut = sae_count_from (report->ranks, report->cut);

  report->n_dead = report->n_features - report->ranks->n;
  report->n_ultra_low = report->ranks->n - n_from_cut;
  report->n_dense = MIN (n_from_cut, sae_count_above (report->ranks, report->dense));
}

/* Mean cosine of the ultra-low features with their mean direction (Neel Nanda); NaN: not checked at this cut. */
static double
cluster_cosine (const SaeReport *report)
{
  const SaeState *state = report->state;
  gboolean        is_it = state->geometry != NULL && state->cluster_cut == report->cut && state->setting.test == report->setting.test;

  return is_it && state->geometry->cluster.n > 1 ? state->geometry->cluster.mean : NAN;
}

/* --- words --------------------------------------------------------------------------------------------- */

static char *
define (const SaeReport *report)
{
  const SaeState  *state = report->state;
  g_autofree char *dead = sp_format_number ((double) report->n_dead, "features"), *n = sp_format_number (report->n_features, "features");
  g_autofree char *share = sp_format_number ((double) report->n_dead / MAX (report->n_features, 1), "share"), *tokens = NULL, *bound = NULL;

  if (state->tally == NULL && report->n_features > 0)
    return g_strdup_printf (ngettext ("%s of %s features (%s) is dead: by %s, as it was counted in training, it never fired.",
                                      "%s of %s features (%s) are dead: by %s, as it was counted in training, they never fired.",
                                      report->n_dead), dead, n, share, state->counts->source);
  if (state->tally == NULL && state->dump != NULL && state->dump->problem != NULL)
    return g_strdup (state->dump->problem);
  if (sae_n_silences (state) > 0)
    return sae_define_silences (report);
  if (state->tally == NULL)
    return g_strdup (_("Nothing says how often features fire."));
  if (state->tally->n_tokens == 0)
    return g_strdup_printf (_("No token of %s was counted: nothing says how often features fire."), state->dump->site);
  tokens = sp_format_number ((double) state->tally->n_tokens, "tokens");
  bound = sp_format_number (sp_rule_of_three (state->tally->n_tokens), "share");
  return g_strdup_printf (ngettext ("%s of %s features (%s) is dead: it fires at none of %s tokens of %s, which means at most %s of all "
                                    "tokens, with 95 %% confidence.",
                                    "%s of %s features (%s) are dead: they fire at none of %s tokens of %s, which means at most %s of all "
                                    "tokens, with 95 %% confidence.", report->n_dead), dead, n, share, tokens, state->dump->site, bound);
}

/* Otsu's rule cuts everything in two, also what has no two groups. */
static void
add_valley_note (const SaeReport *report)
{
  double share = report->ranks->valley_share;

  if (sp_args_get_number (report->args, "cut") == 0 && report->cut > 0 && share <= FLAT_SHARE)
    sp_result_take_note (report->result, g_strdup_printf (_("The histogram may not fall apart at all: the two sides of its valley are "
                                                            "%.0f %% of the variance of log₁₀ density, as those of a single bell are "
                                                            "64 %% and of a flat histogram 75 %%. Look at it, and set a cut."),
                                                          share * 100));
}

/* Of ranks that were chosen. */
static void
add_law_note (const SaeReport *report)
{
  const SaeRanks *ranks = report->ranks;

  if (ranks->n > 0 && isnan (ranks->zipf.alpha) && (ranks->first > 0 || ranks->end < ranks->n))
    sp_result_take_note (report->result, g_strdup_printf (_("Ranks %zu to %zu of %zu follow no law: they have fewer than three different "
                                                            "densities, or fall as fast as an exponential."),
                                                          ranks->first + 1, ranks->end, ranks->n));
}

/* Libraries disagree where positions are ignored. */
static void
add_positions_note (const SaeReport *report)
{
  guint64          n_positions = sae_count_positions (report->state);
  g_autofree char *counted = NULL, *all = NULL;

  if (n_positions == 0)
    return;
  counted = sp_format_number ((double) report->state->tally->n_tokens, "tokens");
  all = sp_format_number ((double) n_positions, "tokens");
  sp_result_take_note (report->result, g_strdup_printf (_("Density is the share of the %s tokens that count, as in SAELens' evaluation; "
                                                          "SAEDashboard's, in a column of its own, is that of all %s positions."),
                                                        counted, all));
}

/* Libraries have a NaN for them. */
static void
add_cosine_note (const SaeReport *report)
{
  guint64 n = report->state->has_reconstruction ? report->state->reconstruction.n_zero : 0;

  if (n > 0)
    sp_result_take_note (report->result, g_strdup_printf (ngettext ("%" PRIu64 " token is 0 before or after, has no cosine, and is left "
                                                                    "out of its mean.",
                                                                    "%" PRIu64 " tokens are 0 before or after, have no cosine, and are "
                                                                    "left out of its mean.", n), n));
}

/* Of what was read. */
static void
add_reading_notes (const SaeReport *report)
{
  guint64 n_nonfinite = report->state->n_nonfinite, n_added = report->state->n_added;

  if (n_nonfinite > 0)
    sp_result_take_note (report->result, g_strdup_printf (ngettext ("%" PRIu64 " token has activations that are not finite and is left "
                                                                    "out.",
                                                                    "%" PRIu64 " tokens have activations that are not finite and are left "
                                                                    "out.", n_nonfinite), n_nonfinite));
  if (n_added > 0)
    sp_result_take_note (report->result, g_strdup_printf (ngettext ("%" PRIu64 " code is of a feature that its token has already, and was "
                                                                    "added to it.",
                                                                    "%" PRIu64 " codes are of a feature that their token has already, and "
                                                                    "were added to it.", n_added), n_added));
}

/* Where no code is below 0 libraries agree. */
static void
add_l1_note (const SaeReport *report)
{
  const SpFeatureTally *tally = report->state->tally;
  g_autofree char      *norm = NULL;

  if (tally == NULL || tally->l1 == tally->l1_norm)
    return;
  norm = sp_format_number (tally->l1_norm / (double) tally->n_tokens, "");
  sp_result_take_note (report->result, g_strdup_printf (_("Some codes are below 0: L1 is the plain sum of a token's codes, as in SAELens; "
                                                          "dictionary_learning's, of their magnitudes, is %s."), norm));
}

static void
add_notes (const SaeReport *report)
{
  const SaeState *state = report->state;

  for (gsize i = 0; state->sae != NULL && i < sp_sae_get_n_assumed (state->sae); i++)
    sp_result_take_note (report->result, g_strdup (sp_sae_get_assumed (state->sae, i)));
  if (state->others != NULL)
    sp_result_take_note (report->result, g_strdup (state->others));
  if (state->left_out != NULL)
    sp_result_take_note (report->result, g_strdup (state->left_out));
  if (state->dump != NULL)
    sp_dump_add_notes (state->dump, report->result);
  add_reading_notes (report);
  if (state->sae != NULL && sp_sae_get_shape (state->sae)->is_transcoder && state->codes == NULL && state->tally != NULL)
    sp_result_take_note (report->result, g_strdup (_("It decodes to another place of the model than it reads: how close that is cannot "
                                                     "be told from what it reads.")));
  if (report->n_ultra_low > 1 && state->sae != NULL && state->tally != NULL && isnan (cluster_cosine (report)))
    sp_result_take_note (report->result, g_strdup (_("Whether the features of ultra-low density are one direction was not checked at this "
                                                     "cut; run again for that.")));
  if (state->tally != NULL && report->setting.window > (double) state->tally->n_tokens)
    sp_result_take_note (report->result, g_strdup_printf (ngettext ("There is only %" PRIu64 " token, fewer than a dead feature has to be "
                                                                    "silent for.",
                                                                    "There are only %" PRIu64 " tokens, fewer than a dead feature has to "
                                                                    "be silent for.", state->tally->n_tokens), state->tally->n_tokens));
  add_positions_note (report);
  add_cosine_note (report);
  add_l1_note (report);
  add_valley_note (report);
  add_law_note (report);
}

/* --- summary ------------------------------------------------------------------------------------------- */

static double
mean_l0 (const SaeReport *report)
{
  const SpFeatureTally *tally = report->state->tally;
  double                sum = 0;

  if (tally == NULL || tally->n_tokens == 0)
    return NAN;
  for (gsize i = 0; i < tally->n_l0; i++)
    sum += (double) i * (double) tally->l0[report->setting.test][i];
  return sum / (double) tally->n_tokens;
}

/* How many have a twin: another that points the same way.  NaN: nobody has looked. */
static double
count_twins (const SpNeighbours *neighbours, guint n_features)
{
  double n = 0;

  if (neighbours == NULL)
    return NAN;
  for (guint i = 0; i < n_features; i++)
    n += neighbours[i].nearest.feature != SP_NO_FEATURE && (double) neighbours[i].nearest.cosine > TWIN_COSINE;
  return n;
}

static void
add_summary (const SaeReport *report)
{
  const SaeState        *state = report->state;
  const SpFeatureTally  *tally = state->tally;
  const SpSaeGeometry   *geometry = state->geometry;
  const SpReconstruction *r = &state->reconstruction;
  double      tokens = tally != NULL ? (double) tally->n_tokens : NAN, n = report->n_features > 0 ? (double) report->n_features : NAN;
  double      n_silent = sae_n_silences (state);
  gboolean    has_some = report->n_features > 0;
  const char *names[] = { "features", "tokens", "dead", "dead_share", "never_bound", "ultra_low", "ultra_low_cut", "dense", "dense_mass",
                          "l0", "l1", "fvu", "explained_variance", "cosine", "zipf_alpha", "zipf_beta", "zipf_r2", "ultra_low_cosine",
                          "twins", "encoder_twins" };
  const char *units[] = { "features", "tokens", "features", "share", "share", "features", "share", "features", "share",
                          "features", "", "", "", "", "", "", "", "", "features", "features" };
  double      values[] = { state->sae != NULL ? sp_sae_get_shape (state->sae)->n_features : n_silent > 0 ? n_silent : n, tokens,
                           has_some ? (double) report->n_dead : NAN, has_some ? (double) report->n_dead / n : NAN,
                           tally != NULL ? sp_rule_of_three (tally->n_tokens) : NAN, has_some ? (double) report->n_ultra_low : NAN,
                           has_some && report->cut > 0 ? report->cut : NAN, has_some ? (double) report->n_dense : NAN,
                           sae_dense_mass (report, report->dense),
                           mean_l0 (report), tally != NULL ? tally->l1 / tokens : NAN, state->has_reconstruction ? r->fvu : NAN,
                           state->has_reconstruction ? 1 - r->fvu : NAN, state->has_reconstruction ? r->cosine : NAN,
                           report->ranks->zipf.alpha, report->ranks->zipf.beta, report->ranks->zipf.r2, cluster_cosine (report),
                           geometry != NULL ? count_twins (geometry->by_decoder, geometry->n_features) : NAN,
                           geometry != NULL ? count_twins (geometry->by_encoder, geometry->n_features) : NAN };

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (values) && G_N_ELEMENTS (names) == G_N_ELEMENTS (units));
  sp_result_add_summary (report->result, G_N_ELEMENTS (names), names, values, units);
}

/* --- how it computes ----------------------------------------------------------------------------------- */

static void
add_facts (const SaeReport *report)
{
  SpSae            *sae = report->state->sae;
  const SpSaeShape *shape = sp_sae_get_shape (sae);
  static const char *const inputs[] = { "plain", "average", "token", "standard" };
  g_autofree char  *d = g_strdup_printf ("%u", shape->n_inputs), *n = g_strdup_printf ("%u", shape->n_features);
  g_autofree char  *k = shape->k > 0 ? g_strdup_printf ("%u", shape->k) : NULL;
  gboolean          has_one = shape->activation == SP_SAE_JUMP_RELU && sp_sae_get_tensor (sae, SP_SAE_THRESHOLD) == NULL;
  char              value[G_ASCII_DTOSTR_BUF_SIZE];
  const char       *threshold = has_one ? g_ascii_formatd (value, sizeof value, "%.6g", shape->threshold) : NULL;
  const char *names[] = { "layout", "activation", "k", "threshold", "inputs", "features", "input", "subtracts_bias", "scales_by_norm",
                          "of_embeddings", "hook", "name" };
  const char *values[] = { sp_sae_get_layout (sae), sp_sae_activation_id (shape->activation), k, threshold, d, n, inputs[shape->input],
                           sp_sae_get_tensor (sae, SP_SAE_PRE_BIAS) != NULL ? "yes" : "no", shape->scales_by_norm ? "yes" : "no",
                           shape->is_of_embeddings ? "yes" : "no", sp_sae_get_hook (sae), sp_sae_get_name (sae) };
  gsize       n_rows = G_N_ELEMENTS (names);
  SpTable    *table = sp_table_new ("autoencoder", _("Autoencoder"), n_rows);

  G_STATIC_ASSERT (G_N_ELEMENTS (names) == G_N_ELEMENTS (values));
  sp_table_take_column (table, sp_column_new_text ("name", _("Name"), n_rows, names));
  sp_table_take_column (table, sp_column_new_text ("value", _("Value"), n_rows, values));
  g_ptr_array_add (report->result->tables, table);
}

/* --- all ----------------------------------------------------------------------------------------------- */

static void
add_firings (const SaeReport *report)
{
  sae_add_rules (report);
  sae_add_dense (report);
  sae_add_densities (report);
  if (report->ranks->n > 0)
    sae_add_zipf (report);
  sae_add_scatter (report);
  if (report->state->tally != NULL)
    {
      sae_add_l0 (report);
      sae_add_map (report);
    }
  sae_add_lists (report);
}

SpResult *
sae_report (gpointer data, SpArgs *args)
{
  SaeState *state = data;
  SaeReport report = { .state = state, .args = args, .result = sp_result_new ("sae-features"), .dense = sp_args_get_number (args, "dense"),
                       .cut = sp_args_get_number (args, "cut"),
                       .setting = { .test = (SpFires) sp_args_get_number (args, "fires"), .window = sp_args_get_number (args, "window"),
                                    .step_tokens = sp_args_get_number (args, "batch") } };

  report.n_features = sae_n_features (state);
  report.ranks = sae_find_ranks (state, report.setting.test);
  sae_fit_ranks (state, (gsize) sp_args_get_number (args, "rank-from"), (gsize) sp_args_get_number (args, "rank-to"));
  report.cut = sae_find_cut (report.ranks, report.cut);
  count_classes (&report);
  sae_add_features (&report);
  if (report.n_features > 0)
    add_firings (&report);
  else if (sae_n_silences (state) > 0)
    {
      sae_add_rules (&report);
      sae_add_silences (&report);
    }
  if (state->has_reconstruction)
    sae_add_reconstruction (&report);
  if (state->sae != NULL)
    add_facts (&report);
  add_summary (&report);
  report.result->definition = define (&report);
  report.result->source = g_strdup (_(SOURCE));
  report.result->lacks_beside = state->tally == NULL;
  add_notes (&report);
  return report.result;
}
