/* activation-figures.c - how many activations are active at a setting, layer by layer */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-report.h"

#include <math.h>
#include <string.h>

gboolean
active_is_shown (const ActiveReport *report, gsize layer)
{
  return report->state->layers[layer].problem == NULL && report->state->layers[layer].n_seen > 0;
}

double
active_share (double part, double whole)
{
  return whole > 0 ? part / whole : NAN;
}

/* Magnitudes of the layers, once more was read. */
static void
update_distributions (ActiveState *state)
{
  g_autofree SpBins *counts = g_new0 (SpBins, 1);

  if (state->n_scans_cached == state->n_scans)
    return;
  for (gsize i = 0; i < state->dump->n_layers; i++)
    {
      ActiveLayer         *layer = &state->layers[i];
      const SpMagnitudes  *magnitudes = sp_magnitudes_get (layer->dtype);
      guint                last = 0;

      if (layer->bins == NULL)
        continue;
      sp_bins_clear (counts);
      sp_magnitudes_fold (magnitudes, layer->bins, counts);
      g_clear_pointer (&layer->distribution, sp_distribution_free);
      layer->distribution = sp_distribution_new (layer->dtype, counts);
      layer->n_finite = counts->n;
      layer->largest = sp_bins_find_last (counts, &last) ? magnitudes->low[last] : 0;
    }
  g_clear_pointer (&state->curve, sp_table_unref);
  state->n_scans_cached = state->n_scans;
}

/* --- by histogram ----------------------------------------------------------------------------------- */

static void
count_by_limit (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  const ActiveLayer *layer = &report->state->layers[i];
  double             limit = active_limit (&report->setting, i);

  if (limit == layer->limit)
    f->n_active = (double) layer->n_active;
  else if (limit == 0)
    f->n_active = (double) (f->n_finite - f->n_zero);
  else
    {
      f->is_estimate = !sp_bin_is_exact (layer->dtype);
      f->n_active = (double) f->n_finite - round (sp_distribution_below (layer->distribution, limit, NULL));
    }
}

/* The smallest magnitude up to which there are so many. */
static double
find_magnitude (const ActiveLayer *layer, double n_wanted)
{
  const SpMagnitudes *magnitudes = sp_magnitudes_get (layer->dtype);
  guint               low = 0, high = magnitudes->n - 1;

  while (low < high)
    {
      guint middle = (low + high) / 2;

      if (sp_distribution_below (layer->distribution, magnitudes->low[middle], NULL) >= n_wanted)
        high = middle;
      else
        low = middle + 1;
    }
  return magnitudes->low[low];
}

guint64
active_count_left_out (guint64 n, double kept)
{
  return (guint64) ((double) n * (1 - kept));
}

static void
count_top_of_all (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  guint64 n_out = active_count_left_out (f->n_finite, report->setting.kept);

  f->n_active = (double) (f->n_finite - MAX (n_out, f->n_zero));
  f->threshold = n_out > 0 ? find_magnitude (&report->state->layers[i], (double) n_out) : 0;
}

/* --- by token ----------------------------------------------------------------------------------------- */

static guint64
count_top_of_token (const ActiveReport *report, gsize i, guint64 token)
{
  const ActiveLayer *layer = &report->state->layers[i];
  guint64            n = report->state->dump->layers[i].n_neurons - layer->n_odd[token];

  return MIN (n - active_count_left_out (n, report->setting.kept), layer->active[token]);
}

static void
count_top (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  const ActiveLayer *layer = &report->state->layers[i];
  const SpDump      *dump = report->state->dump;

  f->threshold = NAN;
  f->n_active = 0;
  f->is_estimate = layer->limit > 0;
  for (guint64 t = 0; t < layer->n_read; t++)
    if (!dump->layers[i].is_masked || dump->mask[t] != 0)
      f->n_active += (double) count_top_of_token (report, i, t);
}

/* --- by CETT -------------------------------------------------------------------------------------------- */

static const CettLayer *
cett_of (const ActiveReport *report, gsize i)
{
  return report->state->cett != NULL ? cett_get_layer (report->state->cett, i) : NULL;
}

gboolean
active_is_cett_known (const ActiveReport *report, gsize i)
{
  const CettLayer *cett = cett_of (report, i);

  return active_is_shown (report, i) && cett != NULL && cett->problem == NULL &&
         cett->core.coarse.n_tokens + cett->core.coarse.n_silent > 0;
}

static void
count_cett (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  const CettLayer *cett = cett_of (report, i);
  SpCettAnswer       answer;

  f->n_active = f->threshold = NAN;
  if (!active_is_cett_known (report, i))
    return;
  answer = sp_cett_solve (&cett->core, report->setting.tau);
  f->threshold = answer.threshold;
  f->cett = answer.cett;
  f->n_measured = (double) cett->core.coarse.n_tokens;
  f->n_silent = (double) cett->core.coarse.n_silent;
  f->is_estimate = report->setting.tau != report->state->scanned.tau;
  if (f->is_estimate)
    f->n_active = round ((double) f->n_finite * (1 - answer.share_up_to));
  else if (!isnan (cett->cut))
    f->n_active = (double) cett->n_active;
}

static gboolean
is_same_list (const ActiveReport *report)
{
  const ActiveSetting *a = &report->setting, *b = &report->state->scanned;

  return a->thresholds != NULL && b->thresholds != NULL && b->rule == RULE_LIST
      && memcmp (a->thresholds, b->thresholds, report->state->dump->n_layers * sizeof (double)) == 0;
}

static void
count_list (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  const CettLayer *cett = cett_of (report, i);

  f->n_active = f->threshold = NAN;
  if (report->setting.thresholds == NULL)
    return;
  if (cett != NULL && cett->problem == NULL && is_same_list (report))
    f->n_active = (double) cett->n_active;
  else
    count_by_limit (report, i, f);
  f->is_estimate = f->is_estimate || (cett != NULL && !is_same_list (report));
  f->threshold = report->setting.thresholds[i];
}

/* --- all ---------------------------------------------------------------------------------------------------- */

static void
count_by_rule (const ActiveReport *report, gsize i, ActiveFigures *f)
{
  f->threshold = report->setting.rule == RULE_ZERO ? 0 : report->setting.eps;
  switch (report->setting.rule)
    {
    case RULE_TOP:     count_top (report, i, f); break;
    case RULE_TOP_ALL: count_top_of_all (report, i, f); break;
    case RULE_CETT:    count_cett (report, i, f); break;
    case RULE_LIST:    count_list (report, i, f); break;
    default:           count_by_limit (report, i, f);
    }
}

static void
count_layer (const ActiveReport *report, gsize i)
{
  const ActiveLayer *layer = &report->state->layers[i];
  ActiveFigures     *f = &report->layers[i];

  f->n_tokens = sp_dump_count_tokens (report->state->dump, i, layer->n_seen);
  f->n_neurons = report->state->dump->layers[i].n_neurons;
  f->n_finite = layer->n_finite;
  f->n_nonfinite = layer->n_nonfinite;
  f->n_zero = sp_bin_is_exact (layer->dtype) ? (guint64) sp_distribution_below (layer->distribution, 0, NULL) : layer->n_zero;
  f->cett = f->n_measured = f->n_silent = NAN;
  count_by_rule (report, i, f);
}

/* What is known of no layer is known of none; layers without an answer are not part of the whole. */
static void
add_to_all (ActiveFigures *all, const ActiveFigures *f)
{
  all->n_tokens = MAX (all->n_tokens, f->n_tokens);
  all->n_neurons += f->n_neurons;
  all->n_nonfinite += f->n_nonfinite;
  if (isnan (f->n_active))
    return;
  all->n_finite += f->n_finite;
  all->n_zero += f->n_zero;
  all->n_active += f->n_active;
}

void
active_count_all (ActiveReport *report)
{
  gsize n = report->state->dump->n_layers;

  update_distributions (report->state);
  report->layers = g_new0 (ActiveFigures, n + 1);
  for (gsize i = 0; i < n; i++)
    if (active_is_shown (report, i))
      {
        count_layer (report, i);
        add_to_all (&report->all, &report->layers[i]);
        report->n_places = MAX (report->n_places, report->state->dump->layers[i].n_tokens);
        report->is_estimate = report->is_estimate || report->layers[i].is_estimate;
      }
}
