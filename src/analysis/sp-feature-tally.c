/* sp-feature-tally.c - what sparse codes say of each feature */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-feature-tally.h"

#include "sp-error.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>

static gboolean
make_room (SpFeatureTally *self)
{
  gsize n = self->n_features;

  self->max = g_try_new0 (float, n);
  for (SpFires test = 0; test < SP_N_FIRES; test++)
    {
      SpFiringTally *firings = &self->tests[test];

      firings->fired = g_try_new0 (guint32, n);
      firings->last = g_try_new0 (guint32, n);
      firings->longest = g_try_new0 (guint32, n);
      firings->n_prompts = g_try_new0 (guint32, n);
      firings->sum = g_try_new0 (double, n);
      if (firings->fired == NULL || firings->last == NULL || firings->longest == NULL || firings->n_prompts == NULL ||
          firings->sum == NULL)
        return FALSE;
    }
  return self->max != NULL;
}

SpFeatureTally *
sp_feature_tally_new (guint64 n_features, GError **error)
{
  g_autoptr (SpFeatureTally) self = g_new0 (SpFeatureTally, 1);

  self->n_features = (guint) MIN (n_features, SP_TALLY_MOST_FEATURES);
  if (n_features <= SP_TALLY_MOST_FEATURES && make_room (self))
    return g_steal_pointer (&self);
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("%" PRIu64 " features are too many to count in memory"), n_features);
  return NULL;
}

void
sp_feature_tally_free (SpFeatureTally *self)
{
  for (SpFires test = 0; test < SP_N_FIRES; test++)
    {
      g_free (self->tests[test].fired);
      g_free (self->tests[test].last);
      g_free (self->tests[test].longest);
      g_free (self->tests[test].n_prompts);
      g_free (self->tests[test].sum);
      g_free (self->l0[test]);
    }
  g_free (self->max);
  g_free (self);
}

/* --- tokens -------------------------------------------------------------------------------------------- */

static void
fire (SpFiringTally *firings, guint32 feature, double f, guint32 token, guint32 sequence)
{
  firings->n_prompts[feature] += firings->last[feature] <= sequence;
  firings->longest[feature] = MAX (firings->longest[feature], token - firings->last[feature]);
  firings->last[feature] = token + 1;
  firings->fired[feature]++;
  firings->sum[feature] += f;
}

/* How many fire at this token, by test. */
static void
add_token (SpFeatureTally *self, const guint32 *features, const float *values, guint64 n, guint32 *counts)
{
  guint32 token = (guint32) self->n_tokens;

  for (guint64 i = 0; i < n; i++)
    {
      guint32        feature = features[i];
      float          f = values[i];
      const gboolean fires[SP_N_FIRES] = { f > 0, f != 0, (double) f > 1e-3, (double) fabsf (f) > 1e-6 };

      for (SpFires test = 0; test < SP_N_FIRES; test++)
        if (fires[test])
          {
            fire (&self->tests[test], feature, (double) f, token, self->sequence);
            counts[test]++;
          }
      self->max[feature] = MAX (self->max[feature], f);
      self->l1 += (double) f;
      self->l1_norm += (double) fabsf (f);
    }
}

static void
add_l0 (SpFeatureTally *self, const guint32 *counts)
{
  guint32 most = 0;
  gsize   n;

  for (SpFires test = 0; test < SP_N_FIRES; test++)
    most = MAX (most, counts[test]);
  n = MAX (self->n_l0, (gsize) most + 1);
  if (n > self->n_l0)
    {
      n = MIN (MAX (n, 2 * self->n_l0), (gsize) self->n_features + 1);
      for (SpFires test = 0; test < SP_N_FIRES; test++)
        {
          self->l0[test] = g_renew (guint64, self->l0[test], n);
          memset (self->l0[test] + self->n_l0, 0, (n - self->n_l0) * sizeof **self->l0);
        }
      self->n_l0 = n;
    }
  for (SpFires test = 0; test < SP_N_FIRES; test++)
    self->l0[test][counts[test]]++;
}

gboolean
sp_feature_tally_add (SpFeatureTally *self, const SpCodes *codes, const guint8 *starts_sequence, GError **error)
{
  if (codes->n_tokens > SP_TALLY_MOST_TOKENS - self->n_tokens)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG, _("there are more than %u tokens, which is as many as can be counted"),
                   SP_TALLY_MOST_TOKENS);
      return FALSE;
    }
  for (gsize t = 0; t < codes->n_tokens; t++)
    {
      guint64 first = codes->starts[t];
      guint32 counts[SP_N_FIRES] = { 0 };

      if (self->n_tokens == 0 || (starts_sequence != NULL && starts_sequence[t] != 0))
        {
          self->n_sequences++;
          self->sequence = (guint32) self->n_tokens;
        }
      add_token (self, codes->features + first, codes->values + first, codes->starts[t + 1] - first, counts);
      add_l0 (self, counts);
      self->n_tokens++;
    }
  return TRUE;
}
