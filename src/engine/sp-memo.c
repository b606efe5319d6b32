/* sp-memo.c - which ids a short run of ids became before: natural text says the same words again and again */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-memo.h"

#include <string.h>

#define N_PLACES     ((gsize) 1 << 17)
#define MOST_ENTRIES (N_PLACES / 2)
#define MOST_IDS     (3u << 20)            /* of all keys and values */

typedef struct {
  guint32 hash, at;                        /* into ids: the key, then the value */
  guint16 n_key, n_value;                  /* n_key 0: free */
} Entry;

struct _SpMemo {
  Entry  *entries;                         /* (N_PLACES) */
  GArray *ids;                             /* of guint32 */
  gsize   n;
};

SpMemo *
sp_memo_new (void)
{
  SpMemo *self = g_new0 (SpMemo, 1);

  self->entries = g_new0 (Entry, N_PLACES);
  self->ids = g_array_new (FALSE, FALSE, sizeof (guint32));
  return self;
}

void
sp_memo_free (SpMemo *self)
{
  g_free (self->entries);
  g_array_unref (self->ids);
  g_free (self);
}

static guint32
hash_ids (const guint32 *ids, gsize n)
{
  guint64 hash = n;

  for (gsize i = 0; i < n; i++)
    hash = (hash ^ ids[i]) * 0x9e3779b97f4a7c15u, hash ^= hash >> 32;
  return (guint32) hash;
}

/* The key's entry, or the free one where it may be put. */
static Entry *
find_entry (SpMemo *self, const guint32 *key, gsize n)
{
  guint32 hash = hash_ids (key, n);

  for (gsize place = hash & (N_PLACES - 1);; place = (place + 1) & (N_PLACES - 1))
    {
      Entry *entry = &self->entries[place];

      if (entry->n_key == 0)
        return entry->hash = hash, entry;
      if (entry->hash == hash && entry->n_key == n
          && memcmp (&g_array_index (self->ids, guint32, entry->at), key, n * sizeof *key) == 0)
        return entry;
    }
}

const guint32 *
sp_memo_find (SpMemo *self, const guint32 *key, gsize n, gsize *n_value)
{
  Entry *entry = find_entry (self, key, n);

  *n_value = entry->n_value;
  return entry->n_key != 0 ? &g_array_index (self->ids, guint32, entry->at + entry->n_key) : NULL;
}

void
sp_memo_put (SpMemo *self, const guint32 *key, gsize n, const guint32 *value, gsize n_value)
{
  Entry *entry;

  if (self->n == MOST_ENTRIES || self->ids->len + n + n_value > MOST_IDS)
    return;
  entry = find_entry (self, key, n);
  entry->at = self->ids->len;
  entry->n_key = (guint16) n;
  entry->n_value = (guint16) n_value;
  g_array_append_vals (self->ids, key, (guint) n);
  g_array_append_vals (self->ids, value, (guint) n_value);
  self->n++;
}
