/* sp-sae-decode.c - codes of a block back to activations, feature by feature
 *
 * Some tokens go through the decoder together, group of features by group: where many fire, a group's rows are used by all of them while
 * they are in the cache.  A token's features are added up in their order whatever the groups. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder-private.h"

#include "kernels.h"
#include "sp-product.h"

#include <string.h>

#define UNIT_TOKENS 32
#define GROUP_BYTES (1u << 18)           /* of rows: they stay in the second cache */

typedef struct { SpSaeEncoder *encoder; const float *x; const SpCodes *codes; float *decoded; } Decoding;

/* From code `at` on those of features below end; returns the first that is not.  Rows of the decoder lie far apart, and the next are
 * known. */
static guint64
add_features (const SpSaeEncoder *self, const SpCodes *codes, gsize token, guint64 at, gsize end, float *out)
{
  gsize   n = self->shape.n_inputs;
  guint64 last = codes->starts[token + 1];

  for (; at < last && codes->features[at] < end; at++)
    {
      const float *next = self->decoder + codes->features[MIN (at + 1, last - 1)] * n;

      for (gsize i = 0; i < n; i += 16)
        __builtin_prefetch (next + i);
      sp_kernels ()->add[SP_DTYPE_F32] (out, self->decoder + codes->features[at] * n, codes->values[at], n);
    }
  return at;
}

static void
add_codes (const Decoding *decoding, gsize first, gsize end)
{
  const SpSaeEncoder *self = decoding->encoder;
  gsize               n = self->shape.n_inputs, group = MAX (GROUP_BYTES / (n * sizeof (float)), 1);
  guint64             at[UNIT_TOKENS];

  memset (decoding->decoded + first * n, 0, (end - first) * n * sizeof (float));
  for (gsize t = first; t < end; t++)
    at[t - first] = decoding->codes->starts[t];
  for (gsize feature = 0; feature < self->shape.n_features; feature += group)
    for (gsize t = first; t < end; t++)
      at[t - first] = add_features (self, decoding->codes, t, at[t - first], feature + group, decoding->decoded + t * n);
}

/* room: (n_inputs) */
static void
add_skip (const SpSaeEncoder *self, const float *x, float *out, float *room)
{
  gsize n = self->shape.n_inputs;

  sp_product (1, n, n, 1, (SpOperand) { x, n }, (SpOperand) { self->skip, n }, FALSE, NULL, room, n);
  sp_kernels ()->add[SP_DTYPE_F32] (out, room, 1, n);
}

/* What was done to the token before it was encoded. */
static void
undo_token (const Decoding *decoding, gsize token, float *room)
{
  const SpSaeEncoder *self = decoding->encoder;
  gsize               n = self->shape.n_inputs;
  float              *out = decoding->decoded + token * n;

  if (self->decoder_bias != NULL)
    sp_kernels ()->add[SP_DTYPE_F32] (out, self->decoder_bias, 1, n);
  if (self->is_odd[token])
    return;
  for (gsize i = 0; self->shape.input != SP_SAE_INPUT_PLAIN && i < n; i++)
    out[i] = out[i] * self->undo[token].factor + self->undo[token].mean;
  if (self->skip != NULL)
    add_skip (self, decoding->x + token * n, out, room);
}

static void
decode_tokens (gpointer data, gsize unit, guint thread)
{
  const Decoding   *decoding = data;
  gsize             first = unit * UNIT_TOKENS, end = MIN (first + UNIT_TOKENS, decoding->codes->n_tokens);
  g_autofree float *room = decoding->encoder->skip != NULL ? g_new (float, decoding->encoder->shape.n_inputs) : NULL;

  add_codes (decoding, first, end);
  for (gsize t = first; t < end; t++)
    undo_token (decoding, t, room);
}

gboolean
sp_sae_encoder_decode (SpSaeEncoder *self, const float *x, const SpCodes *codes, float *decoded, GError **error)
{
  Decoding decoding = { self, x, codes, decoded };

  return sp_team_each (self->team, (codes->n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS, decode_tokens, &decoding, error);
}
