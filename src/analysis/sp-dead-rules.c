/* sp-dead-rules.c - the table of conventions, and what a tally says by one of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dead-rules.h"

#include <glib/gi18n-lib.h>
#include <math.h>

const SpDeadRule sp_dead_rules[] = {
  { "never", N_("never"), N_("SAEBench, ai-safety-foundation, Neel Nanda"), SP_DEAD_NEVER, .is_by_choice = TRUE },
  { "window", N_("not lately"), N_("the parameter “Dead after”"), SP_DEAD_TOKENS, .is_by_choice = TRUE, .is_from = TRUE },
  { "sum", N_("codes add up to 0"), N_("dictionary_learning, evaluation"), SP_DEAD_SUM, .test = SP_FIRES_NOT_0 },
  { "saelens-training", N_("more than 1000 steps"), N_("SAELens, training"), SP_DEAD_STEPS, .test = SP_FIRES_NOT_0, .limit = 1000 },
  { "saelens-1e-5", N_("below 10⁻⁵"), N_("SAELens, feature sparsity"), SP_DEAD_SHARE, .test = SP_FIRES_NOT_0, .limit = 1e-5 },
  { "saelens-1e-6", N_("below 10⁻⁶"), N_("SAELens, feature sparsity"), SP_DEAD_SHARE, .test = SP_FIRES_NOT_0, .limit = 1e-6 },
  /* Its counter is 1 after a step in which a feature fires, and must be more than 76. */
  { "openai", N_("76 steps"), N_("OpenAI, training"), SP_DEAD_STEPS, .test = SP_FIRES_ABOVE_1E_3, .limit = 76, .step_tokens = 131072,
    .is_from = TRUE },
  /* More than half of resample_steps, which was 25 000 until it had to be asked for. */
  { "dictionary-learning-standard", N_("more than 12 500 steps"), N_("dictionary_learning, Standard, resampling every 25 000 steps"),
    SP_DEAD_STEPS, .test = SP_FIRES_NOT_0, .limit = 12500 },
  { "dictionary-learning-topk", N_("10 million tokens"), N_("dictionary_learning, top k"), SP_DEAD_TOKENS, .test = SP_FIRES_NOT_0,
    .limit = 1e7, .is_from = TRUE },
  { "dictionary-learning-jumprelu", N_("more than 10 million tokens"), N_("dictionary_learning, JumpReLU"), SP_DEAD_TOKENS,
    .test = SP_FIRES_NOT_0, .limit = 1e7 },
  { "eleuther", N_("more than 10 million tokens"), N_("EleutherAI sparsify"), SP_DEAD_TOKENS, .test = SP_FIRES_NOT_0, .limit = 1e7 },
  /* The second half of an interval of 200 million is looked at. */
  { "ai-safety-foundation", N_("100 million tokens"), N_("ai-safety-foundation, resampling"), SP_DEAD_TOKENS, .limit = 1e8,
    .is_from = TRUE },
  { "rare", N_("below 10⁻⁴"), N_("Neel Nanda, rare features"), SP_DEAD_SHARE, .limit = 1e-4 },
  { NULL }
};

double
sp_rule_of_three (guint64 n_tokens)
{
  return n_tokens > 0 ? MIN (3.0 / (double) n_tokens, 1) : NAN;
}

/* Steps are whole, and the last one ends with the last token; more than a limit of them is one more, all of it. */
static double
find_limit (const SpDeadRule *rule, const SpDeadSetting *setting)
{
  double limit = rule->limit > 0 ? rule->limit : setting->window;

  if (rule->kind == SP_DEAD_STEPS)
    return (limit + !rule->is_from) * (rule->step_tokens > 0 ? rule->step_tokens : setting->step_tokens);
  return rule->kind == SP_DEAD_TOKENS ? limit + !rule->is_from : limit;
}

static double
find_needed (const SpDeadRule *rule, double limit)
{
  switch (rule->kind)
    {
    case SP_DEAD_NEVER:
    case SP_DEAD_SUM:    return 1;
    case SP_DEAD_SHARE:  return ceil (3 / limit);
    default:             return MAX (limit, 1);
    }
}

/* least: tokens; 0: all there are.  By when features fired last, which is what the tally has. */
static guint64
count_silent (const SpFeatureTally *tally, SpFires test, double least)
{
  const guint32 *last = tally->tests[test].last;
  double         latest = (double) tally->n_tokens - (least > 0 ? least : (double) tally->n_tokens);
  guint64        n = 0;

  for (guint i = 0; i < tally->n_features; i++)
    n += last[i] <= latest;
  return n;
}

static guint64
count_rare (const SpFeatureTally *tally, SpFires test, double limit)
{
  const guint32 *fired = tally->tests[test].fired;
  double         n_tokens = (double) MAX (tally->n_tokens, 1);
  guint64        n = 0;

  for (guint i = 0; i < tally->n_features; i++)
    n += fired[i] / n_tokens < limit;
  return n;
}

static guint64
count_never (const SpFeatureTally *tally, SpFires test)
{
  const guint32 *fired = tally->tests[test].fired;
  guint64        n = 0;

  for (guint i = 0; i < tally->n_features; i++)
    n += fired[i] == 0;
  return n;
}

static guint64
count_sums_of_0 (const SpFeatureTally *tally)
{
  guint64 n = 0;

  for (guint i = 0; i < tally->n_features; i++)
    n += tally->tests[SP_FIRES_NOT_0].sum[i] == 0;
  return n;
}

static guint64
count_dead (const SpDeadRule *rule, const SpDeadCount *count, const SpFeatureTally *tally)
{
  switch (rule->kind)
    {
    case SP_DEAD_NEVER: return count_never (tally, count->test);
    case SP_DEAD_SUM:   return count_sums_of_0 (tally);
    case SP_DEAD_SHARE: return count_rare (tally, count->test, count->limit);
    default:            return count_silent (tally, count->test, count->limit);
    }
}

SpDeadCount
sp_dead_rule_count (const SpDeadRule *rule, const SpDeadSetting *setting, const SpFeatureTally *tally)
{
  SpDeadCount count = { .limit = find_limit (rule, setting), .test = rule->is_by_choice ? setting->test : rule->test };

  count.tokens_needed = find_needed (rule, count.limit);
  count.is_decided = (double) tally->n_tokens >= count.tokens_needed;
  count.n_dead = count_dead (rule, &count, tally);
  return count;
}

SpDeadCount
sp_dead_rule_count_known (const SpDeadRule *rule, const SpDeadSetting *setting, const double *density, const gint64 *silent_steps, guint n)
{
  SpDeadCount count = { .limit = find_limit (rule, setting), .test = rule->is_by_choice ? setting->test : rule->test,
                        .tokens_needed = NAN };
  gboolean    is_of_steps = rule->kind == SP_DEAD_STEPS && rule->step_tokens > 0 && silent_steps != NULL;

  count.is_decided = is_of_steps || (density != NULL && (rule->kind == SP_DEAD_NEVER || rule->kind == SP_DEAD_SHARE));
  for (guint i = 0; count.is_decided && i < n; i++)
    if (is_of_steps)
      count.n_dead += (double) silent_steps[i] - 1 >= rule->limit + !rule->is_from;
    else
      count.n_dead += rule->kind == SP_DEAD_NEVER ? density[i] == 0 : density[i] < rule->limit;
  return count;
}
