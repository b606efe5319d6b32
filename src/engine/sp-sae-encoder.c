/* sp-sae-encoder.c - tokens by features, a tile of a matrix product at a time, of which only what may not be 0 is kept */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder-private.h"

#include "sp-product.h"

#include <math.h>
#include <string.h>

#define MOST_CODES (1u << 25)            /* of a block, if all features had codes */
#define MOST_TOKENS 512
#define MOST_PRUNED_K 2048               /* more are rarely met, and would ask for room */
#define UNIT_TOKENS 16

typedef struct { SpSaeEncoder *encoder; const float *x; gsize n_tokens; } Block;

/* --- a token ------------------------------------------------------------------------------------------- */

static SpSaeUndo
standardise (const float *x, gsize n, float *out)
{
  double sum = 0, square = 0, mean, deviation;

  for (gsize i = 0; i < n; i++)
    sum += (double) x[i];
  mean = sum / (double) n;
  for (gsize i = 0; i < n; i++)
    square += ((double) x[i] - mean) * ((double) x[i] - mean);
  deviation = n > 1 ? sqrt (square / (double) (n - 1)) : 0;
  for (gsize i = 0; i < n; i++)
    out[i] = (float) (((double) x[i] - mean) / (deviation + 1e-5));
  return (SpSaeUndo) { (float) deviation, (float) mean };
}

static SpSaeUndo
multiply (const float *x, gsize n, double scale, float *out)
{
  for (gsize i = 0; i < n; i++)
    out[i] = (float) ((double) x[i] * scale);
  return (SpSaeUndo) { (float) (1 / scale), 0 };
}

/* One of length 0 stays as it is, and has nothing to become again. */
static SpSaeUndo
take_length (const float *x, gsize n, float *out)
{
  double square = 0;

  for (gsize i = 0; i < n; i++)
    square += (double) x[i] * (double) x[i];
  if (square > 0)
    return multiply (x, n, sqrt ((double) n / square), out);
  memcpy (out, x, n * sizeof *out);
  return (SpSaeUndo) { 0, 0 };
}

static SpSaeUndo
normalise (const SpSaeEncoder *self, const float *x, float *out)
{
  switch (self->shape.input)
    {
    case SP_SAE_INPUT_STANDARD: return standardise (x, self->shape.n_inputs, out);
    case SP_SAE_INPUT_TOKEN:    return take_length (x, self->shape.n_inputs, out);
    case SP_SAE_INPUT_AVERAGE:  return multiply (x, self->shape.n_inputs, (double) self->scale, out);
    default:                    return multiply (x, self->shape.n_inputs, 1, out);
    }
}

static gboolean
is_finite (const float *x, gsize n)
{
  gsize i = 0;

  while (i < n && isfinite (x[i]))
    i++;
  return i == n;
}

static void
prepare_tokens (gpointer data, gsize unit, guint thread)
{
  const Block  *block = data;
  SpSaeEncoder *self = block->encoder;
  gsize         n = self->shape.n_inputs;

  for (gsize t = unit * UNIT_TOKENS; t < MIN ((unit + 1) * UNIT_TOKENS, block->n_tokens); t++)
    {
      float *out = self->x + t * n;

      self->is_odd[t] = !is_finite (block->x + t * n, n);
      if (self->is_odd[t])
        memset (out, 0, n * sizeof *out);
      else
        self->undo[t] = normalise (self, block->x + t * n, out);
      for (gsize i = 0; self->pre_bias != NULL && i < n; i++)
        out[i] -= self->pre_bias[i];
    }
  sp_screen_take (self->screen, unit * UNIT_TOKENS, MIN (UNIT_TOKENS, block->n_tokens - unit * UNIT_TOKENS));
}

/* --- a tile -------------------------------------------------------------------------------------------- */

static void
encode_tile (gpointer data, gsize unit, guint thread)
{
  const Block  *block = data;
  SpSaeEncoder *self = block->encoder;
  SpSaeRoom    *room = &self->rooms[thread];
  SpSaeTile    *tile = &self->tiles[unit];
  gsize         first = unit * SP_SAE_TILE, n = MIN (self->shape.n_features - first, SP_SAE_TILE);

  sp_screen_multiply (self->screen, 0, block->n_tokens, first, n, room->z, SP_SAE_TILE);
  tile->starts[0] = 0;
  for (gsize t = 0; t < block->n_tokens; t++)
    if (self->is_odd[t])
      tile->starts[t + 1] = tile->starts[t];
    else
      sp_sae_select (self, room, tile, t, first, n);
}

gboolean
sp_sae_encoder_encode (SpSaeEncoder *self, const float *x, gsize n_tokens, SpCodes *codes, GError **error)
{
  Block block = { self, x, n_tokens };

  g_return_val_if_fail (n_tokens <= self->most_tokens, FALSE);
  for (guint i = 0; i < self->n_threads; i++)
    sp_sae_forget (self, &self->rooms[i], n_tokens);
  if (!sp_team_each (self->team, (n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS, prepare_tokens, &block, error) ||
      !sp_team_each (self->team, self->n_tiles, encode_tile, &block, error) || !sp_sae_merge (self, n_tokens, error))
    return FALSE;
  *codes = (SpCodes) { n_tokens, self->starts, self->features, self->values };
  return TRUE;
}

/* --- the whole ----------------------------------------------------------------------------------------- */

static void
measure_out (SpSaeEncoder *self)
{
  const SpSaeShape *s = &self->shape;

  self->most_tokens = CLAMP (MOST_CODES / s->n_features, 1, MOST_TOKENS);
  self->n_tiles = (s->n_features + SP_SAE_TILE - 1) / SP_SAE_TILE;
  if (s->activation == SP_SAE_TOP_K && s->k > 0 && s->k <= MOST_PRUNED_K && s->k < s->n_features)
    self->n_large_room = 2 * (gsize) s->k;
}

/* Products come in whole panels of tokens. */
static gboolean
make_room (SpSaeEncoder *self, GError **error)
{
  gsize n = self->most_tokens, n_rows = (n + SP_PAIR_ROWS - 1) / SP_PAIR_ROWS * SP_PAIR_ROWS;

  self->x = g_aligned_alloc (n * self->shape.n_inputs, sizeof *self->x, 64);
  self->screen = sp_screen_new (self->team, self->encoder, self->offsets, self->shape.n_features, self->shape.n_inputs, self->x, n, error);
  self->is_odd = g_new (guint8, n);
  self->undo = g_new (SpSaeUndo, n);
  self->starts = g_new0 (guint64, n + 1);
  self->n_codes = g_new (guint32, n);
  self->tiles = g_new0 (SpSaeTile, self->n_tiles);
  for (gsize i = 0; i < self->n_tiles; i++)
    self->tiles[i].starts = g_new0 (guint32, n + 1);
  self->rooms = g_new0 (SpSaeRoom, self->n_threads);
  for (guint i = 0; i < self->n_threads; i++)
    self->rooms[i] = (SpSaeRoom) {
      g_aligned_alloc (n_rows * SP_SAE_TILE, sizeof (float), 64), g_new (float, n * self->n_large_room), g_new (guint32, n),
      g_new (float, n),
    };
  return self->screen != NULL;
}

SpSaeEncoder *
sp_sae_encoder_new (SpSae *sae, SpTeam *team, GError **error)
{
  g_autoptr (SpSaeEncoder) self = g_new0 (SpSaeEncoder, 1);

  sp_product_init ();
  self->shape = *sp_sae_get_shape (sae);
  self->team = team;
  self->n_threads = sp_team_get_n_threads (team);
  self->scale = self->shape.input_scale > 0 ? (float) self->shape.input_scale : 1;
  measure_out (self);
  if (!sp_sae_encoder_read (self, sae, error) || !make_room (self, error))
    return NULL;
  return g_steal_pointer (&self);
}

static void
free_room (SpSaeEncoder *self)
{
  for (gsize i = 0; self->tiles != NULL && i < self->n_tiles; i++)
    {
      g_free (self->tiles[i].starts);
      g_free (self->tiles[i].features);
      g_free (self->tiles[i].values);
    }
  for (guint i = 0; self->rooms != NULL && i < self->n_threads; i++)
    {
      g_aligned_free (self->rooms[i].z);
      g_free (self->rooms[i].large);
      g_free (self->rooms[i].n_large);
      g_free (self->rooms[i].limits);
    }
  g_free (self->tiles);
  g_free (self->rooms);
}

void
sp_sae_encoder_free (SpSaeEncoder *self)
{
  float *aligned[] = { self->encoder, self->decoder, self->offsets, self->limits, self->factors, self->magnitudes, self->pre_bias,
                       self->decoder_bias, self->skip, self->x };

  for (gsize i = 0; i < G_N_ELEMENTS (aligned); i++)
    g_aligned_free (aligned[i]);
  free_room (self);
  g_clear_pointer (&self->screen, sp_screen_free);
  g_free (self->is_odd);
  g_free (self->undo);
  g_free (self->starts);
  g_free (self->n_codes);
  g_free (self->features);
  g_free (self->values);
  g_free (self);
}

gsize
sp_sae_encoder_most_tokens (SpSaeEncoder *self)
{
  return self->most_tokens;
}

void
sp_sae_encoder_set_scale (SpSaeEncoder *self, double scale)
{
  self->scale = (float) scale;
}
