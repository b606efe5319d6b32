/* sp-sae-select.c - which features of a token have codes: rows of products, tile by tile, and what they give together
 *
 * Products are nearly right: a tile keeps what may be a code by what z is at most and at least.  Of top k each thread knows the k largest
 * of a token that it has met, and lets go of what is less than all of them: after a tile or two nearly everything.  What is left is made
 * exact, of top k when all tiles are there, so that nothing depends on who met what, nor on how products were made. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder-private.h"

#include "kernels.h"

#include <math.h>
#include <string.h>

#define UNIT_TOKENS 16

/* --- the k-th largest ---------------------------------------------------------------------------------- */

/* Of first … end - 1 puts those first that are more than the pivot, or as large; returns where they end.  Every element is moved, which
 * costs less than to guess. */
static gsize
part (float *values, gsize first, gsize end, float pivot, gboolean with_equal)
{
  gsize at = first;

  for (gsize i = first; i < end; i++)
    {
      float value = values[i];

      values[i] = values[at];
      values[at] = value;
      at += with_equal ? value >= pivot : value > pivot;
    }
  return at;
}

/* Puts the k largest of n first, 0 < k <= n, in any order; returns the least of them.  Places of pivots look random, so that no file can
 * make it slow. */
static float
put_largest_first (float *values, gsize n, gsize k)
{
  gsize   first = 0, end = n;
  guint32 state = 1;

  for (;;)
    {
      float pivot;
      gsize first_equal, first_less;

      state = state * 1664525 + 1013904223;
      pivot = values[first + (gsize) (((guint64) state * (end - first)) >> 32)];
      first_equal = part (values, first, end, pivot, FALSE);
      first_less = k > first_equal ? part (values, first_equal, end, pivot, TRUE) : end;
      if (k <= first_equal)
        end = first_equal;
      else if (k <= first_less)
        return pivot;
      else
        first = first_less;
    }
}

/* --- tiles --------------------------------------------------------------------------------------------- */

void
sp_sae_forget (SpSaeEncoder *self, SpSaeRoom *room, gsize n_tokens)
{
  memset (room->n_large, 0, n_tokens * sizeof *room->n_large);
  for (gsize t = 0; t < n_tokens; t++)
    room->limits[t] = self->shape.activation == SP_SAE_GATED ? -INFINITY : 0;
}

/* What equals the least of the k largest may yet be a code: of equals the first is. */
static void
raise_limit (const SpSaeEncoder *self, SpSaeRoom *room, gsize token, const guint32 *features, const float *most, gsize n)
{
  float *large = room->large + token * self->n_large_room;

  for (gsize i = 0; i < n; i++)
    {
      large[room->n_large[token]++] = sp_screen_least (self->screen, token, features[i], most[i]);
      if (room->n_large[token] < self->n_large_room)
        continue;
      room->limits[token] = MAX (nextafterf (put_largest_first (large, self->n_large_room, self->shape.k), 0), 0);
      room->n_large[token] = self->shape.k;
    }
}

/* z itself; returns how many are more than their limits. */
static gsize
make_exact (const SpSaeEncoder *self, gsize token, guint32 *features, float *values, gsize n)
{
  gsize n_left = 0;

  sp_screen_exact (self->screen, token, features, n, values);
  for (gsize i = 0; i < n; i++)
    {
      if (!(values[i] > self->limits[features[i]]) || !isfinite (values[i]))
        continue;
      features[n_left] = features[i];
      values[n_left++] = values[i];
    }
  return n_left;
}

/* Codes from y; returns how many of them are more than 0. */
static gsize
find_magnitudes (const SpSaeEncoder *self, guint32 *features, float *values, gsize n)
{
  gsize n_left = 0;

  for (gsize i = 0; i < n; i++)
    {
      float value = values[i] * self->factors[features[i]] + self->magnitudes[features[i]];

      if (!(value > 0) || !isfinite (value))
        continue;
      features[n_left] = features[i];
      values[n_left++] = value;
    }
  return n_left;
}

/* Of each run of features the largest, the first of equals; returns how many. */
static gsize
keep_group_max (const SpSaeEncoder *self, guint32 *features, float *values, gsize n)
{
  guint32 width = MAX (self->shape.n_features / MAX (self->shape.k, 1), 1);
  gsize   n_left = 0;

  for (gsize i = 0; i < n; i++)
    {
      gboolean is_new = n_left == 0 || features[i] / width != features[n_left - 1] / width;

      if (!is_new && !(values[i] > values[n_left - 1]))
        continue;
      n_left += is_new ? 1 : 0;
      features[n_left - 1] = features[i];
      values[n_left - 1] = values[i];
    }
  return n_left;
}

/* Those that may be as large as the k-th largest by what all are at least, 0 < k <= n; returns how many. */
static gsize
keep_likely (const SpSaeEncoder *self, gsize token, guint32 *features, float *most, gsize n, gsize k)
{
  g_autofree float *leasts = g_new (float, n);
  gsize             n_left = 0;
  float             least;

  for (gsize i = 0; i < n; i++)
    leasts[i] = sp_screen_least (self->screen, token, features[i], most[i]);
  least = put_largest_first (leasts, n, k);
  for (gsize i = 0; i < n; i++)
    if (!(most[i] < least))
      {
        features[n_left] = features[i];
        most[n_left++] = most[i];
      }
  return n_left;
}

/* Of each run of features those that may be its largest; returns how many. */
static gsize
keep_group_likely (const SpSaeEncoder *self, gsize token, guint32 *features, float *most, gsize n)
{
  guint32 width = MAX (self->shape.n_features / MAX (self->shape.k, 1), 1);
  gsize   n_left = 0;

  for (gsize start = 0, end; start < n; start = end)
    {
      gsize n_group;

      for (end = start; end < n && features[end] / width == features[start] / width;)
        end++;
      n_group = keep_likely (self, token, features + start, most + start, end - start, 1);
      memmove (features + n_left, features + start, n_group * sizeof *features);
      memmove (most + n_left, most + start, n_group * sizeof *most);
      n_left += n_group;
    }
  return n_left;
}

static void
make_room (SpSaeTile *tile, gsize n)
{
  if (n <= tile->n_room)
    return;
  tile->n_room = n + n / 2;
  tile->features = g_renew (guint32, tile->features, tile->n_room);
  tile->values = g_renew (float, tile->values, tile->n_room);
}

void
sp_sae_select (SpSaeEncoder *self, SpSaeRoom *room, SpSaeTile *tile, gsize token, gsize first, gsize n)
{
  gsize    start = tile->starts[token], n_found;
  guint32 *features;
  float   *values;

  make_room (tile, start + n);
  features = tile->features + start;
  values = tile->values + start;
  n_found = sp_kernels ()->pick[SP_DTYPE_F32] (room->z + token * SP_SAE_TILE, sp_screen_margin (self->screen, token, first),
                                               self->limits + first, room->limits[token], n, features, values);
  for (gsize i = 0; i < n_found; i++)
    features[i] += (guint32) first;
  if (self->n_large_room > 0)
    raise_limit (self, room, token, features, values, n_found);
  if (self->shape.activation == SP_SAE_GROUP_MAX)
    n_found = keep_group_likely (self, token, features, values, n_found);
  if (self->shape.activation != SP_SAE_TOP_K)
    n_found = make_exact (self, token, features, values, n_found);
  if (self->shape.activation == SP_SAE_GATED)
    n_found = find_magnitudes (self, features, values, n_found);
  else if (self->shape.activation == SP_SAE_GROUP_MAX)
    n_found = keep_group_max (self, features, values, n_found);
  tile->starts[token + 1] = (guint32) (start + n_found);
}

/* --- together ------------------------------------------------------------------------------------------ */

/* Returns how many are left: all larger than the k-th, and the first of those that equal it. */
static gsize
keep_largest (const SpSaeEncoder *self, guint32 *features, float *values, gsize n)
{
  gsize             k = self->shape.k, n_equal = k, n_left = 0;
  g_autofree float *copy = NULL;
  float             least;

  if (n <= k)
    return n;
  copy = g_memdup2 (values, n * sizeof *values);
  least = k > 0 ? put_largest_first (copy, n, k) : INFINITY;
  for (gsize i = 0; i < n; i++)
    n_equal -= values[i] > least;
  for (gsize i = 0; i < n; i++)
    {
      if (values[i] < least || (values[i] == least && n_equal == 0))
        continue;
      n_equal -= values[i] == least;
      features[n_left] = features[i];
      values[n_left++] = values[i];
    }
  return n_left;
}

static gsize
keep_top (const SpSaeEncoder *self, gsize token, guint32 *features, float *most, gsize n)
{
  if (0 < self->shape.k && self->shape.k < n)
    n = keep_likely (self, token, features, most, n, self->shape.k);
  n = make_exact (self, token, features, most, n);
  return keep_largest (self, features, most, n);
}

static void
merge_token (SpSaeEncoder *self, gsize token)
{
  guint32 *features = self->features + self->starts[token];
  float   *values = self->values + self->starts[token];
  gsize    n = 0;

  for (gsize i = 0; i < self->n_tiles; i++)
    {
      const SpSaeTile *tile = &self->tiles[i];
      gsize            start = tile->starts[token], n_tile = tile->starts[token + 1] - start;

      if (n_tile == 0)
        continue;
      memcpy (features + n, tile->features + start, n_tile * sizeof *features);
      memcpy (values + n, tile->values + start, n_tile * sizeof *values);
      n += n_tile;
    }
  if (self->shape.activation == SP_SAE_TOP_K)
    n = keep_top (self, token, features, values, n);
  else if (self->shape.activation == SP_SAE_GROUP_MAX)
    n = keep_group_max (self, features, values, n);
  self->n_codes[token] = (guint32) n;
}

typedef struct { SpSaeEncoder *encoder; gsize n_tokens; } Merging;

static void
merge_tokens (gpointer data, gsize unit, guint thread)
{
  const Merging *merging = data;

  for (gsize t = unit * UNIT_TOKENS; t < MIN ((unit + 1) * UNIT_TOKENS, merging->n_tokens); t++)
    merge_token (merging->encoder, t);
}

/* Where each token's candidates begin, and room for all. */
static void
lay_out (SpSaeEncoder *self, gsize n_tokens)
{
  self->starts[0] = 0;
  for (gsize t = 0; t < n_tokens; t++)
    {
      self->starts[t + 1] = self->starts[t];
      for (gsize i = 0; i < self->n_tiles; i++)
        self->starts[t + 1] += self->tiles[i].starts[t + 1] - self->tiles[i].starts[t];
    }
  if (self->starts[n_tokens] <= self->n_room)
    return;
  self->n_room = self->starts[n_tokens] + self->starts[n_tokens] / 4;
  self->features = g_renew (guint32, self->features, self->n_room);
  self->values = g_renew (float, self->values, self->n_room);
}

/* What was no code leaves gaps. */
static void
close_gaps (SpSaeEncoder *self, gsize n_tokens)
{
  guint64 end = 0;

  for (gsize t = 0; t < n_tokens; t++)
    {
      if (end != self->starts[t])
        {
          memmove (self->features + end, self->features + self->starts[t], self->n_codes[t] * sizeof *self->features);
          memmove (self->values + end, self->values + self->starts[t], self->n_codes[t] * sizeof *self->values);
        }
      self->starts[t] = end;
      end += self->n_codes[t];
    }
  self->starts[n_tokens] = end;
}

gboolean
sp_sae_merge (SpSaeEncoder *self, gsize n_tokens, GError **error)
{
  Merging merging = { self, n_tokens };

  lay_out (self, n_tokens);
  if (!sp_team_each (self->team, (n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS, merge_tokens, &merging, error))
    return FALSE;
  close_gaps (self, n_tokens);
  return TRUE;
}
