/* sp-dump-codes-order.c - the codes of one token in the order of their features, none twice, none 0 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-codes-private.h"

#include <math.h>

#define RUN 16                             /* entries that are sorted by insertion */

static void
insert_key (guint64 *keys, gsize at, guint64 key)
{
  for (; at > 0 && keys[at - 1] > key; at--)
    keys[at] = keys[at - 1];
  keys[at] = key;
}

/* The first of the two runs ends at middle. */
static void
merge_runs (const guint64 *from, gsize middle, gsize n, guint64 *to)
{
  gsize a = 0, b = middle;

  for (gsize i = 0; i < n; i++)
    to[i] = b == n || (a < middle && from[a] < from[b]) ? from[a++] : from[b++];
}

/* Runs by insertion, then two by two: n is mostly a few dozen. */
static void
sort_keys (SpCodesOrder *self, gsize n)
{
  for (gsize run = 0; run < n; run += RUN)
    for (gsize i = run; i < MIN (run + RUN, n); i++)
      insert_key (self->keys + run, i - run, self->keys[i]);
  for (gsize length = RUN; length < n; length *= 2)
    {
      guint64 *keys = self->keys;

      for (gsize at = 0; at < n; at += 2 * length)
        merge_runs (keys + at, MIN (length, n - at), MIN (2 * length, n - at), self->spare + at);
      self->keys = self->spare;
      self->spare = keys;
    }
}

static void
make_keys (SpCodesOrder *self, gsize n)
{
  if (n <= self->n)
    return;
  self->n = MAX (n, 2 * self->n);
  g_free (self->keys);
  g_free (self->spare);
  self->keys = g_new (guint64, self->n);
  self->spare = g_new (guint64, self->n);
}

/* By feature; of one feature in the order of the file, and added up in it.  Returns how many are left. */
static gsize
sort_token (SpCodesOrder *self, const gint64 *places, const float *values, gsize n, guint32 *features, float *out, guint64 *n_added)
{
  gsize n_keys = 0, n_out = 0;

  make_keys (self, n);
  for (gsize i = 0; i < n; i++)
    if (values[i] != 0)
      self->keys[n_keys++] = (guint64) places[i] << 32 | i;
  sort_keys (self, n_keys);
  for (gsize i = 0; i < n_keys; i++)
    {
      guint32 feature = (guint32) (self->keys[i] >> 32);
      float   value = values[self->keys[i] & G_MAXUINT32];

      if (n_out > 0 && features[n_out - 1] == feature)
        {
          out[n_out - 1] += value;
          ++*n_added;
          continue;
        }
      features[n_out] = feature;
      out[n_out++] = value;
    }
  return n_out;
}

/* Most are in order as they are.  Returns how many entries are left; n + 1: they are in no order. */
static gsize
copy_token (const gint64 *places, const float *values, gsize n, guint32 *features, float *out)
{
  gint64 last = -1;
  gsize  n_out = 0;

  for (gsize i = 0; i < n; i++)
    {
      if (values[i] == 0)
        continue;
      if (places[i] <= last)
        return n + 1;
      last = places[i];
      features[n_out] = (guint32) last;
      out[n_out++] = values[i];
    }
  return n_out;
}

/* Without what came to 0, or FALSE: it is not finite. */
static gboolean
tidy_token (guint32 *features, float *values, gsize *n)
{
  gsize n_out = 0;

  for (gsize i = 0; i < *n; i++)
    {
      if (!isfinite (values[i]))
        return FALSE;
      if (values[i] == 0)
        continue;
      features[n_out] = features[i];
      values[n_out++] = values[i];
    }
  *n = n_out;
  return TRUE;
}

gsize
sp_codes_order (SpCodesOrder *self, const gint64 *places, const float *values, gsize n, guint32 *features, float *out, guint64 *n_added)
{
  gsize n_out = copy_token (places, values, n, features, out);

  if (n_out > n)
    n_out = sort_token (self, places, values, n, features, out, n_added);
  return tidy_token (features, out, &n_out) ? n_out : G_MAXSIZE;
}

void
sp_codes_order_clear (SpCodesOrder *self)
{
  g_free (self->keys);
  g_free (self->spare);
}
