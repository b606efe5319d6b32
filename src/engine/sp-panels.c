/* sp-panels.c - turns a matrix into panels */
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
    g_aligned_alloc0 ((gsize) n_panels * n_neurons, width * sizeof (float), 64), g_new0 (double, n_neurons),
  };
}

void
sp_panels_clear (SpPanels *self)
{
  g_aligned_free (self->data);
  g_free (self->norms);
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

static void
fill_norms (gpointer data, gsize unit, guint thread)
{
  const SpPanels *self = ((const Filling *) data)->panels;
  gsize           end = MIN ((unit + 1) * NORM_NEURONS, self->n_neurons);

  for (gsize i = unit * NORM_NEURONS; i < end; i++)
    {
      double sum = 0;

      for (gsize p = 0; p < self->n_panels; p++)
        for (gsize c = 0; c < self->width; c++)
          {
            double w = (double) self->data[(p * self->n_neurons + i) * self->width + c];

            sum += w * w;
          }
      self->norms[i] = sqrt (sum);
    }
}

gboolean
sp_panels_fill (SpPanels *self, SpTeam *team, const float *down, gboolean is_input_major)
{
  Filling filling = { self, down, is_input_major };

  return sp_team_each (team, self->n_panels, fill_panel, &filling) &&
         sp_team_each (team, (self->n_neurons + NORM_NEURONS - 1) / NORM_NEURONS, fill_norms, &filling);
}
