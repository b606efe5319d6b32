/* sae-features-ranks.c - densities in their order, and what follows from it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features.h"

#include "sp-order.h"

#include <math.h>

#define MOST_VALLEY (-3.0)                 /* log10: what is above is no cluster of ultra-low density */

guint
sae_n_features (const SaeState *state)
{
  if (state->tally != NULL)
    return state->tally->n_tokens > 0 ? state->tally->n_features : 0;
  return state->counts != NULL && state->counts->density != NULL ? state->counts->n_features : 0;
}

double
sae_density (const SaeState *state, SpFires test, guint feature)
{
  if (state->tally == NULL)
    return state->counts->density[feature];
  return (double) state->tally->tests[test].fired[feature] / (double) state->tally->n_tokens;
}

guint64
sae_count_positions (const SaeState *state)
{
  gboolean is_masked = state->is_counted && state->tally != NULL && state->dump->layers[0].is_masked && state->dump->n_masked_out > 0;

  return is_masked ? state->dump->layers[0].n_tokens : 0;
}

void
sae_ranks_clear (SaeRanks *ranks)
{
  g_free (ranks->sorted);
  g_free (ranks->rank);
  for (SaeKept i = 0; i < SAE_N_KEPT; i++)
    g_clear_pointer (&ranks->kept[i], g_ptr_array_unref);
}

/* Of equals the first feature first. */
static void
sort_features (SaeState *state, SaeRanks *ranks, guint n)
{
  g_autofree double  *densities = g_new (double, n + 1);
  g_autofree guint32 *features = g_new (guint32, n + 1);

  for (guint i = 0; i < n; i++)
    {
      densities[i] = sae_density (state, ranks->test, i);
      features[i] = i;
    }
  sp_order_rows (features, n, densities, TRUE);
  for (guint i = 0; i < n; i++)
    {
      ranks->rank[features[i]] = i;
      ranks->sorted[i] = densities[features[i]];
      ranks->n += ranks->sorted[i] > 0;
      ranks->sum += ranks->sorted[i];
    }
}

/* Made again when more was counted, or another test is asked for. */
const SaeRanks *
sae_find_ranks (SaeState *state, SpFires test)
{
  SaeRanks *ranks = &state->ranks;
  guint64   n_tokens = state->tally != NULL ? state->tally->n_tokens : 0;
  guint     n = sae_n_features (state);

  if (ranks->sorted != NULL && ranks->n_features == n && ranks->test == test && ranks->n_tokens == n_tokens)
    return ranks;
  sae_ranks_clear (ranks);
  *ranks = (SaeRanks) { .sorted = g_new (double, n + 1), .rank = g_new (guint32, n + 1), .n_features = n, .test = test,
                        .n_tokens = n_tokens };
  sort_features (state, ranks, n);
  sp_density_bin (ranks->sorted, ranks->n, ranks->bins);
  ranks->valley = sp_density_valley (ranks->sorted, ranks->n, &ranks->valley_share);
  return ranks;
}

void
sae_fit_ranks (SaeState *state, gsize from, gsize to)
{
  SaeRanks *ranks = &state->ranks;
  gsize     first = MAX (from, 1) - 1, end = to > 0 ? MIN (to, ranks->n) : ranks->n;

  if (ranks->is_fitted && ranks->first == first && ranks->end == end)
    return;
  ranks->first = first;
  ranks->end = end;
  ranks->zipf = sp_zipf_fit (ranks->sorted, first, end);
  ranks->is_fitted = TRUE;
  g_clear_pointer (&ranks->kept[SAE_SHORTFALLS], g_ptr_array_unref);
}

/* First of the sorted that is less or, with_equal, not more. */
static gsize
find_first (const SaeRanks *ranks, double density, gboolean with_equal)
{
  gsize low = 0, high = ranks->n;

  while (low < high)
    {
      gsize middle = (low + high) / 2;

      if (ranks->sorted[middle] > density || (!with_equal && ranks->sorted[middle] == density))
        low = middle + 1;
      else
        high = middle;
    }
  return low;
}

gsize
sae_count_from (const SaeRanks *ranks, double density)
{
  return find_first (ranks, density, FALSE);
}

gsize
sae_count_above (const SaeRanks *ranks, double density)
{
  return find_first (ranks, density, TRUE);
}

double
sae_find_cut (const SaeRanks *ranks, double wanted)
{
  if (wanted > 0)
    return wanted;
  return ranks->valley < MOST_VALLEY ? pow (10, ranks->valley) : 0;
}
