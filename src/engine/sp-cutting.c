/* sp-cutting.c - the rules: each is a limit a neuron, but for the largest of a token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-cutting.h"

#include "kernels.h"

#include <float.h>
#include <math.h>
#include <string.h>

struct _SpCutting {
  SpOutcome *outcome;
  guint      n_threads, layer;
  float     *limits;                   /* (n_neurons) */
  guint32  **active;                   /* (n_threads) of (n_neurons): tokens a neuron is active for in this layer */
  guint32  **keys;                     /* (n_threads) of (n_neurons): TOPK's room */
};

SpCutting *
sp_cutting_new (SpOutcome *outcome, guint n_threads)
{
  SpCutting *self = g_new0 (SpCutting, 1);

  self->outcome = outcome;
  self->n_threads = n_threads;
  self->limits = g_new (float, outcome->n_neurons);
  self->active = g_new (guint32 *, n_threads);
  self->keys = g_new (guint32 *, n_threads);
  for (guint i = 0; i < n_threads; i++)
    {
      self->active[i] = g_new0 (guint32, outcome->n_neurons);
      self->keys[i] = outcome->rule == SP_CUT_TOPK ? g_new (guint32, outcome->n_neurons) : NULL;
    }
  return self;
}

void
sp_cutting_free (SpCutting *self)
{
  for (guint i = 0; i < self->n_threads; i++)
    {
      g_free (self->active[i]);
      g_free (self->keys[i]);
    }
  g_free (self->active);
  g_free (self->keys);
  g_free (self->limits);
  sp_outcome_unref (self->outcome);
  g_free (self);
}

SpOutcome *
sp_cutting_get_outcome (SpCutting *self)
{
  return self->outcome;
}

/* --- limits --------------------------------------------------------------------------------------------- */

/* A neuron without an output goes with any threshold but 0. */
static float
limit_of (const SpOutcome *outcome, double norm, double threshold)
{
  switch (outcome->rule)
    {
    case SP_CUT_CETT:
    case SP_CUT_LIST:
      return norm > 0 ? (float) (threshold / norm) : threshold > 0 ? INFINITY : 0;
    case SP_CUT_FAT:
      return (float) (outcome->value + 1e-18);                 /* so that 0 still drops what is exactly 0 */
    default:
      return FLT_TRUE_MIN;
    }
}

void
sp_cutting_begin (SpCutting *self, guint layer, const double *norms, double threshold)
{
  SpOutcome *outcome = self->outcome;

  self->layer = layer;
  outcome->thresholds[layer] = outcome->rule == SP_CUT_FAT ? outcome->value : threshold;
  for (guint i = 0; i < outcome->n_neurons; i++)
    self->limits[i] = limit_of (outcome, norms[i], threshold);
  for (guint i = 0; i < self->n_threads; i++)
    memset (self->active[i], 0, outcome->n_neurons * sizeof **self->active);
}

/* --- the largest of a token ------------------------------------------------------------------------------- */

static guint32
key_of (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  return bits & 0x7fffffff;
}

/* Of keys (n), which it reorders: the one that would be at place k if they were sorted, largest first. */
static guint32
select_key (guint32 *keys, gsize n, gsize k)
{
  gsize low = 0, high = n;

  while (high - low > 1)
    {
      guint32 pivot = keys[low + (high - low) / 2];
      gsize   more = low, less = high, i = low;

      while (i < less)
        if (keys[i] > pivot)
          {
            guint32 key = keys[i];

            keys[i++] = keys[more];
            keys[more++] = key;
          }
        else if (keys[i] < pivot)
          {
            guint32 key = keys[i];

            keys[i] = keys[--less];
            keys[less] = key;
          }
        else
          i++;
      if (k < more)
        high = more;
      else if (k < less)
        return pivot;
      else
        low = less;
    }
  return keys[low];
}

static guint32
cut_to_largest (SpCutting *self, guint thread, const float *gates, float *h)
{
  gsize    n = self->outcome->n_neurons, n_kept = n - (gsize) ((double) n * (1 - self->outcome->value));
  guint32 *keys = self->keys[thread], limit, n_active = 0;
  gsize    n_above = 0;

  for (gsize i = 0; i < n; i++)
    keys[i] = key_of (gates[i]);
  limit = n_kept > 0 ? select_key (keys, n, n_kept - 1) : G_MAXUINT32;
  for (gsize i = 0; i < n; i++)
    n_above += key_of (gates[i]) > limit;
  for (gsize i = 0; i < n; i++)
    {
      guint32  key = key_of (gates[i]);
      gboolean is_equal = key == limit && n_above < n_kept;

      n_above += is_equal;
      if ((key > limit || is_equal) && key > 0)
        {
          self->active[thread][i]++;
          n_active++;
        }
      else
        h[i] = 0;
    }
  return n_active;
}

/* --- blocks --------------------------------------------------------------------------------------------- */

static guint32
cut_token (SpCutting *self, guint thread, const float *gates, float *h)
{
  gboolean is_by_output = self->outcome->rule == SP_CUT_CETT || self->outcome->rule == SP_CUT_LIST;

  if (self->outcome->rule == SP_CUT_TOPK)
    return cut_to_largest (self, thread, gates, h);
  return sp_kernels ()->cut[SP_DTYPE_F32] (h, is_by_output ? h : gates, self->limits, self->outcome->n_neurons, self->active[thread]);
}

void
sp_cutting_block (gpointer data, guint thread, gsize first_token, gsize n_tokens, const float *gates, float *h)
{
  SpCutting *self = data;
  gsize      n = self->outcome->n_neurons;
  guint32   *by_token = self->outcome->by_token + self->layer * self->outcome->n_tokens + first_token;

  for (gsize t = 0; t < n_tokens; t++)
    by_token[t] = cut_token (self, thread, gates + t * n, h + t * n);
}

void
sp_cutting_end (SpCutting *self)
{
  SpOutcome *outcome = self->outcome;
  guint32   *by_neuron = outcome->by_neuron + (gsize) self->layer * outcome->n_neurons;

  for (guint thread = 0; thread < self->n_threads; thread++)
    for (guint i = 0; i < outcome->n_neurons; i++)
      by_neuron[i] += self->active[thread][i];
  for (guint i = 0; i < outcome->n_neurons; i++)
    outcome->n_active[self->layer] += by_neuron[i];
}
