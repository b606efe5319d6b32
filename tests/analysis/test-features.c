/* test-features.c - what is counted of features, when they are dead, and reconstructions, against cases done by hand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dead-rules.h"
#include "sp-error.h"
#include "sp-feature-codes.h"
#include "sp-reconstruction.h"

#include <math.h>
#include <string.h>

#define N_FEATURES 6
#define N_TOKENS   8
#define MOST_L0    3

static void
assert_near (double value, double expected, double relative)
{
  if (!(fabs (value - expected) <= relative * fabs (expected)))
    g_error ("%.17g is not %.17g", value, expected);
}

/* --- firings ------------------------------------------------------------------------------------------- */

/* Each on the other side of a limit than its neighbours are; sequences begin at tokens 0, 3 and 5. */
static const guint64 starts[N_TOKENS + 1] = { 0, 2, 3, 3, 5, 5, 8, 8, 9 };
static const guint32 features[] = { 0, 2, 0, 1, 2, 0, 1, 2, 3 };
static const float   values[] = { 1, -0.5f, 5e-4f, 2, 1e-7f, 3, 1, 0.25f, -1 };
static const guint8  begins[N_TOKENS] = { 0, 0, 0, 1, 0, 1, 0, 0 };

/* In blocks of at most so many tokens. */
static SpFeatureTally *
count (gsize most)
{
  SpFeatureTally *tally = sp_feature_tally_new (N_FEATURES, NULL);

  for (gsize t = 0; t < N_TOKENS; t += most)
    {
      SpCodes codes = { MIN (most, N_TOKENS - t), starts + t, features, values };

      g_assert_true (sp_feature_tally_add (tally, &codes, begins + t, NULL));
    }
  return tally;
}

static void
test_firings (void)
{
  static const guint32 fired[SP_N_FIRES][N_FEATURES] = {
    { 3, 2, 2, 0, 0, 0 }, { 3, 2, 3, 1, 0, 0 }, { 2, 2, 1, 0, 0, 0 }, { 3, 2, 2, 1, 0, 0 },
  };
  static const guint64 silent[SP_N_FIRES][N_FEATURES] = {
    { 2, 2, 2, 8, 8, 8 }, { 2, 2, 2, 0, 8, 8 }, { 2, 2, 2, 8, 8, 8 }, { 2, 2, 2, 0, 8, 8 },
  };
  static const guint64 longest[SP_N_FIRES][N_FEATURES] = {
    { 3, 3, 3, 8, 8, 8 }, { 3, 3, 2, 7, 8, 8 }, { 4, 3, 5, 8, 8, 8 }, { 3, 3, 4, 7, 8, 8 },
  };
  static const guint64 l0[SP_N_FIRES][MOST_L0 + 1] = { { 4, 2, 1, 1 }, { 3, 2, 2, 1 }, { 5, 2, 0, 1 }, { 3, 3, 1, 1 } };

  for (gsize most = 1; most <= N_TOKENS; most++)
    {
      g_autoptr (SpFeatureTally) tally = count (most);

      g_assert_cmpuint (tally->n_tokens, ==, N_TOKENS);
      g_assert_cmpuint (tally->n_l0, >=, MOST_L0 + 1);
      g_assert_cmpuint (tally->n_l0, <=, N_FEATURES + 1);
      for (SpFires test = 0; test < SP_N_FIRES; test++)
        {
          g_assert_cmpmem (tally->tests[test].fired, sizeof fired[test], fired[test], sizeof fired[test]);
          g_assert_cmpmem (tally->l0[test], sizeof l0[test], l0[test], sizeof l0[test]);
          for (guint i = 0; i < N_FEATURES; i++)
            {
              g_assert_cmpuint (sp_feature_tally_silent (tally, test, i), ==, silent[test][i]);
              g_assert_cmpuint (sp_feature_tally_longest (tally, test, i), ==, longest[test][i]);
            }
        }
    }
}

static void
test_codes (void)
{
  static const double  sum[SP_N_FIRES][N_FEATURES] = {
    { 4 + (double) 5e-4f, 3, 0.25 + (double) 1e-7f, 0, 0, 0 }, { 4 + (double) 5e-4f, 3, -0.25 + (double) 1e-7f, -1, 0, 0 },
    { 4, 3, 0.25, 0, 0, 0 }, { 4 + (double) 5e-4f, 3, -0.25, -1, 0, 0 },
  };
  static const float   max[] = { 3, 2, 0.25f, 0, 0, 0 };
  static const guint32 prompts[SP_N_FIRES][N_FEATURES] = {
    { 2, 2, 2, 0, 0, 0 }, { 2, 2, 3, 1, 0, 0 }, { 2, 2, 1, 0, 0, 0 }, { 2, 2, 2, 1, 0, 0 },
  };

  for (gsize most = 1; most <= N_TOKENS; most++)
    {
      g_autoptr (SpFeatureTally) tally = count (most);

      for (SpFires test = 0; test < SP_N_FIRES; test++)
        for (guint i = 0; i < N_FEATURES; i++)
          assert_near (tally->tests[test].sum[i], sum[test][i], 1e-15);
      assert_near (tally->l1, 5.75 + (double) 5e-4f + (double) 1e-7f, 1e-15);
      assert_near (tally->l1_norm, 8.75 + (double) 5e-4f + (double) 1e-7f, 1e-15);
      g_assert_cmpmem (tally->max, sizeof max, max, sizeof max);
      for (SpFires test = 0; test < SP_N_FIRES; test++)
        g_assert_cmpmem (tally->tests[test].n_prompts, sizeof prompts[test], prompts[test], sizeof prompts[test]);
      g_assert_cmpuint (tally->n_sequences, ==, 3);
    }
}

static void
test_too_many (void)
{
  g_autoptr (SpFeatureTally) tally = count (N_TOKENS);
  g_autoptr (GError) error = NULL;
  SpCodes codes = { N_TOKENS, starts, features, values };

  g_assert_null (sp_feature_tally_new ((guint64) SP_TALLY_MOST_FEATURES + 1, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
  g_clear_error (&error);
  tally->n_tokens = SP_TALLY_MOST_TOKENS - N_TOKENS + 1;
  g_assert_false (sp_feature_tally_add (tally, &codes, NULL, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
  tally->n_tokens--;
  g_assert_true (sp_feature_tally_add (tally, &codes, NULL, NULL));
  g_assert_cmpuint (tally->n_tokens, ==, SP_TALLY_MOST_TOKENS);
}

/* --- codes that are kept ------------------------------------------------------------------------------- */

/* Numbers in the dump: one is masked. */
static const guint64 numbers[N_TOKENS] = { 0, 1, 2, 4, 5, 6, 7, 8 };

static SpFeatureCodes *
keep (gsize most_tokens, gsize most)
{
  SpFeatureCodes *kept = sp_feature_codes_new (most);

  for (gsize t = 0; t < N_TOKENS; t += most_tokens)
    {
      SpCodes codes = { MIN (most_tokens, N_TOKENS - t), starts + t, features, values };

      sp_feature_codes_add (kept, &codes, numbers + t);
    }
  return kept;
}

static double
code_at (const SpFeatureCodes *kept, guint64 token, guint32 feature)
{
  gsize i;

  return sp_feature_codes_find (kept, token, &i) ? (double) sp_feature_codes_get (kept, i, feature) : NAN;
}

static void
test_kept (void)
{
  for (gsize most = 1; most <= N_TOKENS; most++)
    {
      g_autoptr (SpFeatureCodes) kept = keep (most, 1000);
      g_autoptr (GHashTable)     largest = g_hash_table_new_full (NULL, NULL, NULL, g_free);

      g_assert_cmpuint (sp_feature_codes_count (kept), ==, N_TOKENS);
      g_assert_true (sp_feature_codes_are_all (kept));
      g_assert_cmpuint (sp_feature_codes_token (kept, 3), ==, 4);
      g_assert_true (isnan (code_at (kept, 3, 0)) && isnan (code_at (kept, 9, 0)));
      for (gsize t = 0; t < N_TOKENS; t++)
        {
          float wanted[N_FEATURES] = { 0 };

          for (guint64 k = starts[t]; k < starts[t + 1]; k++)
            wanted[features[k]] = values[k];
          for (guint32 i = 0; i < N_FEATURES; i++)
            g_assert_cmpfloat (code_at (kept, numbers[t], i), ==, (double) wanted[i]);
          sp_feature_codes_maximise (kept, t, largest);
        }
      g_assert_cmpuint (g_hash_table_size (largest), ==, 4);
      g_assert_cmpfloat (*(float *) g_hash_table_lookup (largest, GUINT_TO_POINTER (0)), ==, 3);
      g_assert_cmpfloat (*(float *) g_hash_table_lookup (largest, GUINT_TO_POINTER (3)), ==, -1);
    }
}

/* The first token without room is the last that was asked for; a smaller one after it has no place either. */
static void
test_full (void)
{
  for (gsize most = 0; most < 20; most++)
    {
      g_autoptr (SpFeatureCodes) kept = keep (3, most);
      gsize                      n = 0;

      while (n < N_TOKENS && starts[n + 1] + n < most)
        n++;
      g_assert_cmpuint (sp_feature_codes_count (kept), ==, n);
      g_assert_true (sp_feature_codes_are_all (kept) == (n == N_TOKENS));
      g_assert_true (n == 0 || !isnan (code_at (kept, numbers[n - 1], 0)));
      g_assert_true (n == N_TOKENS || isnan (code_at (kept, numbers[n], 0)));
    }
}

/* Any tokens may go; what stays is as it was, and others follow. */
static void
test_thinned (void)
{
  for (guint gone = 0; gone < 1u << N_TOKENS; gone++)
    {
      g_autoptr (SpFeatureCodes) kept = keep (N_TOKENS, 1000), first = keep (N_TOKENS, 1000);
      SpCodes       again = { 1, starts + 5, features, values };
      const guint64 after = 20;
      guint8        stays[N_TOKENS];
      gsize         n = 0, n_first = 0;

      for (gsize t = 0; t < N_TOKENS; t++)
        {
          stays[t] = (gone >> t & 1) == 0;
          n += stays[t];
          n_first += stays[t] && n_first == t;
        }
      sp_feature_codes_thin (kept, stays);
      sp_feature_codes_add (kept, &again, &after);
      g_assert_cmpuint (sp_feature_codes_count (kept), ==, n + 1);
      g_assert_cmpuint (sp_feature_codes_count_first (kept), ==, gone != 0 ? n_first : n + 1);
      g_assert_true (sp_feature_codes_are_all (kept) == (gone == 0));
      for (gsize t = 0; t < N_TOKENS; t++)
        for (guint32 i = 0; i < N_FEATURES; i++)
          if (stays[t])
            g_assert_cmpfloat (code_at (kept, numbers[t], i), ==, code_at (first, numbers[t], i));
          else
            g_assert_true (isnan (code_at (kept, numbers[t], i)));
      g_assert_cmpfloat (code_at (kept, after, 2), ==, 0.25);
    }
}

/* --- dead ones ----------------------------------------------------------------------------------------- */

static const SpDeadRule *
find_rule (const char *id)
{
  const SpDeadRule *rule = sp_dead_rules;

  while (rule->id != NULL && strcmp (rule->id, id) != 0)
    rule++;
  g_assert_nonnull (rule->id);
  return rule;
}

/* Of n_tokens at whose first n_fired a feature fires, and one that never does. */
static SpDeadCount
count_dead (const char *id, guint64 n_tokens, guint32 n_fired)
{
  g_autoptr (SpFeatureTally) tally = sp_feature_tally_new (2, NULL);

  tally->n_tokens = n_tokens;
  tally->tests[SP_FIRES_NOT_0].sum[0] = 1;
  for (SpFires test = 0; test < SP_N_FIRES; test++)
    tally->tests[test].fired[0] = tally->tests[test].last[0] = n_fired;
  return sp_dead_rule_count (find_rule (id), &(SpDeadSetting) { SP_FIRES_ABOVE_0, 1000, 4096 }, tally);
}

/* At the least silence that is enough, and a token more: what ../oracle/dead_rules.py finds by counting as each library does. */
static void
test_silence (void)
{
  static const struct { const char *id; guint64 least; } cases[] = {
    { "window", 1000 }, { "saelens-training", 1001 * 4096 }, { "openai", 76 * 131072 }, { "dictionary-learning-standard", 12501 * 4096 },
    { "dictionary-learning-topk", 10000000 }, { "dictionary-learning-jumprelu", 10000001 }, { "eleuther", 10000001 },
    { "ai-safety-foundation", 100000000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      guint64     least = cases[i].least;
      SpDeadCount at = count_dead (cases[i].id, least, 1), after = count_dead (cases[i].id, least + 1, 1);

      g_assert_cmpfloat (at.tokens_needed, ==, (double) least);
      g_assert_true (at.is_decided);
      g_assert_false (count_dead (cases[i].id, least - 1, 1).is_decided);
      g_assert_cmpuint (at.n_dead, ==, 1);
      g_assert_cmpuint (after.n_dead, ==, 2);
    }
}

/* Shares at the limit are not below it, whatever the rounding. */
static void
test_shares (void)
{
  static const struct { const char *id; guint64 inverse; } cases[] = {
    { "saelens-1e-5", 100000 }, { "saelens-1e-6", 1000000 }, { "rare", 10000 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_assert_cmpfloat (count_dead (cases[i].id, 1, 1).tokens_needed, ==, 3.0 * (double) cases[i].inverse);
      for (guint32 n = 1; n <= 1000; n++)
        {
          g_assert_cmpuint (count_dead (cases[i].id, n * cases[i].inverse, n).n_dead, ==, 1);
          g_assert_cmpuint (count_dead (cases[i].id, n * cases[i].inverse + 1, n).n_dead, ==, 2);
        }
    }
}

/* By values a feature whose codes cancel is dead; by firings it is not. */
static void
test_sums (void)
{
  static const guint64 two_starts[] = { 0, 1, 2 };
  static const guint32 same[] = { 0, 0 };
  static const float   opposite[] = { 0.5f, -0.5f };
  g_autoptr (SpFeatureTally) tally = sp_feature_tally_new (1, NULL);
  SpCodes codes = { 2, two_starts, same, opposite };
  SpDeadSetting setting = { SP_FIRES_ABOVE_0, 1000, 4096 };

  g_assert_true (sp_feature_tally_add (tally, &codes, NULL, NULL));
  g_assert_cmpuint (sp_dead_rule_count (find_rule ("sum"), &setting, tally).n_dead, ==, 1);
  g_assert_cmpuint (sp_dead_rule_count (find_rule ("never"), &setting, tally).n_dead, ==, 0);
  g_assert_cmpfloat (sp_rule_of_three (3000), ==, 0.001);
  g_assert_true (isnan (sp_rule_of_three (0)));
}

/* OpenAI's counter reads 1 at the last step; more than 76 are dead.  Tokens cannot be told from steps. */
static void
test_known (void)
{
  static const gint64 steps[] = { 1, 76, 77, 1000 };
  static const double density[] = { 0, 1e-6, 1e-5, 0.5 };
  SpDeadSetting setting = { SP_FIRES_ABOVE_0, 1000, 4096 };
  SpDeadCount   count = sp_dead_rule_count_known (find_rule ("openai"), &setting, NULL, steps, 4);

  g_assert_true (count.is_decided);
  g_assert_cmpuint (count.n_dead, ==, 2);
  g_assert_false (sp_dead_rule_count_known (find_rule ("eleuther"), &setting, density, steps, 4).is_decided);
  g_assert_cmpuint (sp_dead_rule_count_known (find_rule ("never"), &setting, density, NULL, 4).n_dead, ==, 1);
  g_assert_cmpuint (sp_dead_rule_count_known (find_rule ("saelens-1e-5"), &setting, density, NULL, 4).n_dead, ==, 2);
  g_assert_cmpuint (sp_dead_rule_count_known (find_rule ("saelens-1e-6"), &setting, density, NULL, 4).n_dead, ==, 1);
}

/* --- reconstructions ----------------------------------------------------------------------------------- */

static SpReconstruction
reconstruct (const float *x, const float *decoded, gsize width, gsize n_tokens)
{
  g_autoptr (SpActivationMeans) means = sp_activation_means_new (width);
  g_autoptr (SpReconstructionSums) sums = NULL;

  sp_activation_means_add (means, x, n_tokens);
  sp_activation_means_finish (means);
  sums = sp_reconstruction_new (means);
  for (gsize t = 0; t < n_tokens; t++)
    sp_reconstruction_add (sums, x + t * width, decoded + t * width, 1);
  return sp_reconstruction_finish (sums);
}

/* x = 0, 2, x̂ = 0, 1: the mean is 1, Σ ‖x - x̄‖² = 2, Σ ‖e‖² = 1, S = 2, S - S² = -2. */
static void
test_two_tokens (void)
{
  SpReconstruction r = reconstruct ((const float[]){ 0, 2 }, (const float[]){ 0, 1 }, 1, 2);

  assert_near (r.mse, 0.5, 1e-15);
  assert_near (r.fvu, 0.5, 1e-15);
  assert_near (r.fve, 0.75, 1e-15);
  assert_near (r.ev_legacy, 0.5, 1e-15);
  assert_near (r.ev_saelens, 1.25, 1e-15);
  assert_near (r.nmse_openai, 0.25, 1e-15);
  assert_near (r.l2_loss, 0.5, 1e-15);
  assert_near (r.l2_ratio, 0.25, 1e-15);
  assert_near (r.cosine, 1, 1e-15);
  assert_near (r.bias, 0.5, 1e-15);
  g_assert_cmpuint (r.n_zero, ==, 1);
}

/* Ten thousand away from 0, off by a constant: the variances that squares about 0 would lose. */
static void
test_far_away (void)
{
  enum { N = 4000 };
  g_autofree float *x = g_new (float, N), *decoded = g_new (float, N);
  SpReconstruction  r;

  for (guint t = 0; t < N; t++)
    {
      x[t] = 10000 + (t % 2 == 0 ? 0.125f : -0.125f);
      decoded[t] = 10000 - 8 + (t % 4 < 2 ? 0.0625f : -0.0625f);
    }
  r = reconstruct (x, decoded, 1, N);
  assert_near (r.mse, 64 + 1.0 / 64 + 1.0 / 256, 1e-12);         /* mean² and variances, which are uncorrelated */
  assert_near (r.fvu, 64 * r.mse, 1e-12);
  assert_near (r.fve, -0.25, 1e-9);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/features/firings", test_firings);
  g_test_add_func ("/features/codes", test_codes);
  g_test_add_func ("/features/too-many", test_too_many);
  g_test_add_func ("/features/kept", test_kept);
  g_test_add_func ("/features/full", test_full);
  g_test_add_func ("/features/thinned", test_thinned);
  g_test_add_func ("/features/dead/silence", test_silence);
  g_test_add_func ("/features/dead/shares", test_shares);
  g_test_add_func ("/features/dead/sums", test_sums);
  g_test_add_func ("/features/dead/known", test_known);
  g_test_add_func ("/features/reconstruction/two-tokens", test_two_tokens);
  g_test_add_func ("/features/reconstruction/far-away", test_far_away);
  return g_test_run ();
}
