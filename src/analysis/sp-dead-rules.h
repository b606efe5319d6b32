/* sp-dead-rules.h - when a feature is dead, as everyone has it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-feature-tally.h"

typedef enum {
  SP_DEAD_NEVER,                 /* it fires at no token */
  SP_DEAD_SUM,                   /* its codes add up to 0 */
  SP_DEAD_TOKENS,                /* silent at the last `limit` tokens */
  SP_DEAD_STEPS,                 /* silent in the last `limit` steps of training, all of each */
  SP_DEAD_SHARE,                 /* fires at less than the share `limit` of the tokens */
} SpDeadKind;

/* Where tokens a step is 0, the caller says how many there are. */
typedef struct {
  const char *id, *title, *source;         /* N_() but id: who has it so */
  SpDeadKind  kind;
  gboolean    is_by_choice;                /* fires as the caller says; else as test */
  SpFires     test;
  double      limit;                       /* 0: the caller says it */
  double      step_tokens;
  gboolean    is_from;                     /* silent for as much is enough; else for more */
} SpDeadRule;

/* What the caller says. */
typedef struct { SpFires test; double window, step_tokens; } SpDeadSetting;

typedef struct {
  double  tokens_needed;                   /* with fewer it says nothing about a feature that never fired */
  double  limit;                           /* tokens that are enough, or a share */
  SpFires test;
  guint64 n_dead;                          /* by what was counted, whether or not that is enough */
  gboolean is_decided;
} SpDeadCount;

extern const SpDeadRule sp_dead_rules[];   /* ends with id NULL */
SpDeadCount sp_dead_rule_count (const SpDeadRule *rule, const SpDeadSetting *setting, const SpFeatureTally *tally);

/* The same of what a library has counted: density (n), or NULL; silent_steps (n) as OpenAI's training counts them, 1 at a firing, or
 * NULL.  Over how many tokens is not known, so tokens_needed is NaN; what the rule does not judge by these is not decided. */
SpDeadCount sp_dead_rule_count_known (const SpDeadRule *rule, const SpDeadSetting *setting, const double *density,
                                      const gint64 *silent_steps, guint n);

/* Of n_tokens at which it did not fire: with so much confidence of 95 % it fires at no more than this share. */
double      sp_rule_of_three   (guint64 n_tokens);
