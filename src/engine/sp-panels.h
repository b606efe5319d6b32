/* sp-panels.h - a down projection laid out so that neurons can be added up in any order (inside the engine)
 *
 * down: (n_outputs, n_neurons), or the other way round where it is_input_major.  FALSE: the team was cancelled. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-team.h"

/* Panel p holds outputs p · width and on: (n_neurons, width), row after row; past the last output it is 0. */
typedef struct {
  guint  n_neurons, n_outputs, width, n_panels;
  float *data;                         /* (n_panels, n_neurons, width) */
} SpPanels;

void     sp_panels_init  (SpPanels *self, guint n_neurons, guint n_outputs, guint width);
void     sp_panels_clear (SpPanels *self);
gboolean sp_panels_fill  (SpPanels *self, SpTeam *team, const float *down, gboolean is_input_major, GError **error);

/* norms: (n_neurons) length of each neuron's column. */
gboolean sp_down_norms   (SpTeam *team, const float *down, guint n_neurons, guint n_outputs, gboolean is_input_major, double *norms,
                          GError **error);
