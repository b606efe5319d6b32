/* sp-sae-decode.c - codes of a block back to activations, feature by feature */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder-private.h"

#include "kernels.h"
#include "sp-product.h"

#include <string.h>

#define UNIT_TOKENS 8

typedef struct { SpSaeEncoder *encoder; const float *x; const SpCodes *codes; float *decoded; } Decoding;

/* Rows of the decoder lie far apart, and the next are known. */
static void
add_features (const SpSaeEncoder *self, const SpCodes *codes, gsize token, float *out)
{
  gsize n = self->shape.n_inputs;

  for (guint64 c = codes->starts[token]; c < codes->starts[token + 1]; c++)
    {
      const float *next = self->decoder + codes->features[MIN (c + 1, codes->starts[token + 1] - 1)] * n;

      for (gsize i = 0; i < n; i += 16)
        __builtin_prefetch (next + i);
      sp_kernels ()->add[SP_DTYPE_F32] (out, self->decoder + codes->features[c] * n, codes->values[c], n);
    }
}

/* room: (n_inputs) */
static void
add_skip (const SpSaeEncoder *self, const float *x, float *out, float *room)
{
  gsize n = self->shape.n_inputs;

  sp_product (1, n, n, 1, (SpOperand) { x, n }, (SpOperand) { self->skip, n }, FALSE, NULL, room, n);
  sp_kernels ()->add[SP_DTYPE_F32] (out, room, 1, n);
}

static void
decode_token (const Decoding *decoding, gsize token, float *room)
{
  const SpSaeEncoder *self = decoding->encoder;
  gsize               n = self->shape.n_inputs;
  float              *out = decoding->decoded + token * n;

  memset (out, 0, n * sizeof *out);
  add_features (self, decoding->codes, token, out);
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
  g_autofree float *room = decoding->encoder->skip != NULL ? g_new (float, decoding->encoder->shape.n_inputs) : NULL;

  for (gsize t = unit * UNIT_TOKENS; t < MIN ((unit + 1) * UNIT_TOKENS, decoding->codes->n_tokens); t++)
    decode_token (decoding, t, room);
}

gboolean
sp_sae_encoder_decode (SpSaeEncoder *self, const float *x, const SpCodes *codes, float *decoded, GError **error)
{
  Decoding decoding = { self, x, codes, decoded };

  return sp_team_each (self->team, (codes->n_tokens + UNIT_TOKENS - 1) / UNIT_TOKENS, decode_tokens, &decoding, error);
}
