/* sp-outcome.c - room for what one way of cutting comes to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-outcome.h"

#include <math.h>

SpOutcome *
sp_outcome_new (const SpCut *cut, guint n_layers, guint n_neurons, gsize n_tokens)
{
  SpOutcome *self = g_atomic_rc_box_new0 (SpOutcome);

  self->rule = cut->rule;
  self->value = cut->value;
  self->n_layers = n_layers;
  self->n_neurons = n_neurons;
  self->n_tokens = n_tokens;
  self->loss = NAN;
  self->thresholds = g_new (double, n_layers);
  self->cett = g_new (double, n_layers);
  self->n_active = g_new0 (guint64, n_layers);
  self->by_token = g_new0 (guint32, n_layers * n_tokens);
  self->by_neuron = g_new0 (guint32, (gsize) n_layers * n_neurons);
  for (guint i = 0; i < n_layers; i++)
    self->thresholds[i] = self->cett[i] = NAN;
  return self;
}

SpOutcome *
sp_outcome_ref (SpOutcome *self)
{
  return g_atomic_rc_box_acquire (self);
}

static void
outcome_clear (gpointer data)
{
  SpOutcome *self = data;

  g_free (self->thresholds);
  g_free (self->cett);
  g_free (self->n_active);
  g_free (self->by_token);
  g_free (self->by_neuron);
}

void
sp_outcome_unref (SpOutcome *self)
{
  g_atomic_rc_box_release_full (self, outcome_clear);
}

double
sp_outcome_get_ratio (const SpOutcome *self)
{
  double sum = 0;

  for (guint i = 0; i < self->n_layers; i++)
    sum += (double) self->n_active[i] / ((double) self->n_tokens * self->n_neurons);
  return sum / self->n_layers;
}
