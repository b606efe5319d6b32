/* sp-panels.c - turns a matrix into panels, and measures its columns */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-panels.h"

#include <math.h>

#define NORM_NEURONS 256               /* of a unit of the team's */

typedef struct { SpPanels *panels; const float *down; gboolean is_input_major; } Filling;

void
sp_panels_init (SpPanels *self, guint n_neurons, guint n_outputs, guint width)
{
  guint n_panels = (n_outputs + width - 1) / width;

  *self = (SpPanels) {
    n_neurons, n_outputs, width, n_panels,
    g_aligned_alloc0 ((gsize) n_panels * n_neurons, width * sizeof (float), 64),
  };
}

void
sp_panels_clear (SpPanels *self)
{
  g_aligned_free (self->data);
}

static void
fill_panel (gpointer data, gsize unit, guint thread)
{
  const Filling  *filling = data;
  const SpPanels *self = filling->panels;
  gsize           first = unit * self->width, n = MIN (self->n_outputs - first, self->width);
  float          *panel = self->data + unit * self->n_neurons * self->width;

  for (gsize i = 0; i < self->n_neurons; i++)
    for (gsize c = 0; c < n; c++)
      panel[i * self->width + c] = filling->is_input_major ? filling->down[i * self->n_outputs + first + c]
                                                           : filling->down[(first + c) * self->n_neurons + i];
}

gboolean
sp_panels_fill (SpPanels *self, SpTeam *team, const float *down, gboolean is_input_major, GError **error)
{
  Filling filling = { self, down, is_input_major };

  return sp_team_each (team, self->n_panels, fill_panel, &filling, error);
}

/* --- norms ---------------------------------------------------------------------------------------------- */

typedef struct { const float *down; gsize n_neurons, n_outputs; gboolean is_input_major; double *norms; } Norms;

static void
find_norms (gpointer data, gsize unit, guint thread)
{
  const Norms *norms = data;
  gsize        first = unit * NORM_NEURONS, end = MIN (first + NORM_NEURONS, norms->n_neurons);
  double       squares[NORM_NEURONS] = { 0 };

  for (gsize o = 0; o < norms->n_outputs; o++)
    for (gsize i = first; i < end; i++)
      {
        double w = (double) norms->down[norms->is_input_major ? i * norms->n_outputs + o : o * norms->n_neurons + i];

        squares[i - first] += w * w;
      }
  for (gsize i = first; i < end; i++)
    norms->norms[i] = sqrt (squares[i - first]);
}

gboolean
sp_down_norms (SpTeam *team, const float *down, guint n_neurons, guint n_outputs, gboolean is_input_major, double *norms, GError **error)
{
  Norms all = { down, n_neurons, n_outputs, is_input_major, norms };

  return sp_team_each (team, (n_neurons + NORM_NEURONS - 1) / NORM_NEURONS, find_norms, &all, error);
}
