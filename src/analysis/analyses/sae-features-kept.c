/* sae-features-kept.c - whose codes are kept where there is no room for all: what stands around each feature's strongest tokens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sae-features.h"

#define FIRST_SHARE 4                      /* a quarter of the room at most is for the first tokens of the text */

/* So many of a feature's strongest tokens, with so many on either side. */
typedef struct { guint n_tops, reach; } Level;

static const Level levels[] = { { 10, 8 }, { 10, 4 }, { 4, 4 }, { 2, 4 }, { 1, 4 }, { 1, 2 }, { 1, 1 }, { 1, 0 } };

static gsize
count_alive (const SpFeatureTally *tally)
{
  gsize n = 0;

  for (guint i = 0; i < tally->n_features; i++)
    n += tally->max[i] > 0;
  return n;
}

/* The best that leaves half of the room for what comes; NULL: none does. */
static const Level *
choose_level (const SaeState *state, gsize n_first)
{
  gsize n_alive = count_alive (state->tally), n_fit = sp_feature_codes_capacity (state->kept) / 2;

  for (gsize i = 0; i < G_N_ELEMENTS (levels); i++)
    if (n_first + n_alive * levels[i].n_tops * (2 * levels[i].reach + 1) <= n_fit)
      return &levels[i];
  return NULL;
}

static void
mark_around (const SaeState *state, guint64 token, guint reach, guint8 *kept)
{
  guint64 first, end;
  gsize   i;

  sp_dump_find_context (state->dump, 0, token, &first, &end);
  first = MAX (first, token - MIN (token, reach));
  for (end = MIN (end, token + reach + 1); first < end; first++)
    if (sp_feature_codes_find (state->kept, first, &i))
      kept[i] = 1;
}

/* Tokens that came last may turn out to stand before a strong one. */
static void
thin (SaeState *state, const Level *level, gsize n_first)
{
  gsize              n = sp_feature_codes_count (state->kept);
  g_autofree guint8 *kept = g_new0 (guint8, n + 1);
  SpDumpTop          tops[SP_FEATURE_TOPS];

  for (gsize i = 0; i < n; i++)
    kept[i] = i < n_first || i + level->reach >= n;
  for (guint feature = 0; feature < state->tally->n_features; feature++)
    {
      gsize n_tops = MIN (sp_feature_tops_list (state->tops, feature, tops), level->n_tops);

      for (gsize rank = 0; rank < n_tops; rank++)
        mark_around (state, tops[rank].token, level->reach, kept);
    }
  sp_feature_codes_thin (state->kept, kept);
}

void
sae_keep_codes (SaeState *state, const SpCodes *codes, const guint64 *tokens)
{
  for (gsize t = 0; t < codes->n_tokens && !sp_feature_codes_is_full (state->kept); t++)
    {
      SpCodes one = { 1, codes->starts + t, codes->features, codes->values };

      if (state->tops != NULL && !sp_feature_codes_has_room (state->kept, &one))
        {
          gsize        n_first = MIN (SAE_MOST_MAPPED, sp_feature_codes_capacity (state->kept) / (2 * FIRST_SHARE));
          const Level *level = choose_level (state, n_first);

          if (level != NULL)
            thin (state, level, n_first);
        }
      sp_feature_codes_add (state->kept, &one, tokens + t);
    }
}
