/* sp-reference.c - the range of candidates, and CETT at those that a bisection may ask for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-reference.h"

#include "kernels.h"
#include "sp-cett.h"
#include "sp-error.h"
#include "sp-panels.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MOST_BYTES ((guint64) 4 << 30)
#define BLOCK_TOKENS 256               /* whose sums are one unit of the team's, so that their order is fixed */

struct _SpReference {
  gsize       n_tokens, n_blocks;
  float      *h;                       /* (n_tokens, n_neurons) */
  SpPanels    panels;
  SpCettLayer layer;                   /* its panels are those, its norms lent */
  SpCettCuts  cuts;                    /* of the reading at hand */
  SpCettSums *sums;                    /* (n_blocks) */
};

SpReference *
sp_reference_new (gsize n_tokens, guint n_neurons, guint n_outputs, GError **error)
{
  SpReference *self;
  guint64      n_bytes = (guint64) n_tokens * n_neurons * sizeof (float);

  if (n_bytes > MOST_BYTES)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
                   _("the reference's thresholds need all activations of a layer at once, %.1f GiB here; choose fewer tokens"),
                   (double) n_bytes / (1 << 30));
      return NULL;
    }
  self = g_new0 (SpReference, 1);
  self->n_tokens = n_tokens;
  self->n_blocks = (n_tokens + BLOCK_TOKENS - 1) / BLOCK_TOKENS;
  self->h = g_aligned_alloc (n_tokens * n_neurons, sizeof (float), 64);
  self->sums = g_new (SpCettSums, self->n_blocks);
  self->layer.n_neurons = n_neurons;
  self->layer.n_outputs = n_outputs;
  sp_panels_init (&self->panels, n_neurons, n_outputs, SP_PANEL);
  self->layer.panels = self->panels.data;
  return self;
}

void
sp_reference_free (SpReference *self)
{
  g_aligned_free (self->h);
  g_free (self->sums);
  g_free (self->layer.samples);
  sp_panels_clear (&self->panels);
  g_free (self);
}

void
sp_reference_take (SpReference *self, gsize first_token, gsize n, const float *h)
{
  memcpy (self->h + first_token * self->layer.n_neurons, h, n * self->layer.n_neurons * sizeof *h);
}

/* --- the range ------------------------------------------------------------------------------------------ */

static gboolean
find_range (SpReference *self, SpTeam *team, GError **error)
{
  SpCettLayer *layer = &self->layer;
  gsize        n = self->n_tokens * layer->n_neurons, k = 0, sample = 0;

  layer->stride = MAX (n / SP_CETT_MOST_SAMPLES, 1);
  layer->n_samples = (n + layer->stride - 1) / layer->stride;
  layer->samples = g_new (double, layer->n_samples);
  layer->least = INFINITY;
  for (gsize first = 0; first < n; first += layer->n_neurons)
    {
      if (g_cancellable_set_error_if_cancelled (sp_team_get_cancellable (team), error))
        return FALSE;
      for (gsize i = 0; i < layer->n_neurons; i++)
        {
          double magnitude = fabs ((double) self->h[first + i]) * layer->norms[i];

          layer->least = magnitude < layer->least ? magnitude : layer->least;
          if (first + i == sample)
            {
              layer->samples[k++] = magnitude;
              sample += layer->stride;
            }
        }
    }
  sp_cett_set_range (layer);
  return TRUE;
}

/* --- a reading of candidates ------------------------------------------------------------------------------ */

static void
measure_unit (gpointer data, gsize unit, guint thread)
{
  SpReference *self = data;
  gsize        end = MIN ((unit + 1) * BLOCK_TOKENS, self->n_tokens);
  gpointer     room = g_malloc (sp_cett_room_bytes (&self->layer));
  SpCettBatch  batch;

  sp_cett_batch_init (&batch, &self->layer, room);
  for (gsize t = unit * BLOCK_TOKENS; t < end; t++)
    sp_cett_add_token (&batch, &self->layer, self->cuts, self->h + t * self->layer.n_neurons, &self->sums[unit]);
  if (batch.n > 0)
    sp_cett_measure (&batch, &self->layer, &self->sums[unit]);
  g_free (room);
}

static gboolean
measure (SpReference *self, SpTeam *team, SpCettCuts cuts, SpCettSums *sums, GError **error)
{
  self->cuts = cuts;
  memset (self->sums, 0, self->n_blocks * sizeof *self->sums);
  memset (sums, 0, sizeof *sums);
  if (!sp_team_each (team, self->n_blocks, measure_unit, self, error))
    return FALSE;
  for (gsize i = 0; i < self->n_blocks; i++)
    sp_cett_add_sums (sums, &self->sums[i]);
  return TRUE;
}

gboolean
sp_reference_begin (SpReference *self, SpTeam *team, const float *down, gboolean is_input_major, const double *norms, GError **error)
{
  if (!sp_panels_fill (&self->panels, team, down, is_input_major, error))
    return FALSE;
  self->layer.norms = (double *) norms;
  return find_range (self, team, error) && measure (self, team, SP_CETT_COARSE, &self->layer.coarse, error);
}

gboolean
sp_reference_solve (SpReference *self, SpTeam *team, double tau, double *threshold, double *cett, GError **error)
{
  SpCettAnswer answer;

  self->layer.section = sp_cett_find_section (&self->layer, tau);
  if (!measure (self, team, (SpCettCuts) { self->layer.section * SP_CETT_SECTION, 1 }, &self->layer.fine, error))
    return FALSE;
  answer = sp_cett_solve (&self->layer, tau);
  *threshold = answer.is_nothing_cut ? 0 : answer.threshold;
  *cett = answer.is_nothing_cut ? 0 : answer.cett;
  return TRUE;
}
