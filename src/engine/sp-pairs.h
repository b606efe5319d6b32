/* sp-pairs.h - what two ids side by side become: a table of pairs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef struct {
  guint64 key;                             /* of the pair, plus 1; 0: free */
  guint32 rank, id;
} SpPair;

typedef struct {
  SpPair *pairs;                           /* (n_places): a power of two, at most half full */
  gsize   n, n_places;
} SpPairs;

void          sp_pairs_init  (SpPairs *pairs);
void          sp_pairs_clear (SpPairs *pairs);
void          sp_pairs_put   (SpPairs *pairs, guint32 left, guint32 right, guint32 rank, guint32 id);     /* the last one counts */

static inline gsize
sp_pairs_place (const SpPairs *pairs, guint64 key)
{
  gsize place = (gsize) (key * 0x9e3779b97f4a7c15u >> 20) & (pairs->n_places - 1);

  while (pairs->pairs[place].key != 0 && pairs->pairs[place].key != key)
    place = (place + 1) & (pairs->n_places - 1);
  return place;
}

/* NULL: it becomes nothing. */
static inline const SpPair *
sp_pairs_find (const SpPairs *pairs, guint32 left, guint32 right)
{
  const SpPair *pair = &pairs->pairs[sp_pairs_place (pairs, ((guint64) left << 32 | right) + 1)];

  return pair->key != 0 ? pair : NULL;
}
