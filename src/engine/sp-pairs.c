/* sp-pairs.c - what two ids side by side become: a table of pairs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pairs.h"

void
sp_pairs_init (SpPairs *self)
{
  self->n = 0;
  self->n_places = 64;
  self->pairs = g_new0 (SpPair, self->n_places);
}

void
sp_pairs_clear (SpPairs *self)
{
  g_clear_pointer (&self->pairs, g_free);
}

static void
grow (SpPairs *self)
{
  g_autofree SpPair *old = self->pairs;
  gsize              n_old = self->n_places;

  self->n_places *= 2;
  self->pairs = g_new0 (SpPair, self->n_places);
  for (gsize i = 0; i < n_old; i++)
    if (old[i].key != 0)
      self->pairs[sp_pairs_place (self, old[i].key)] = old[i];
}

void
sp_pairs_put (SpPairs *self, guint32 left, guint32 right, guint32 rank, guint32 id)
{
  guint64 key = ((guint64) left << 32 | right) + 1;
  SpPair *pair;

  if (2 * (self->n + 1) > self->n_places)
    grow (self);
  pair = &self->pairs[sp_pairs_place (self, key)];
  self->n += pair->key == 0;
  *pair = (SpPair) { key, rank, id };
}
