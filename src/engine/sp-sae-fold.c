/* sp-sae-fold.c - an encoder's weights, with all in them that need not be done for each token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder-private.h"

#include "sp-sae-weights.h"

#include <float.h>
#include <math.h>

#define UNIT_FEATURES 256

typedef struct { SpSaeEncoder *encoder; const float *code_scale; } Folding;

static float *
new_features (const SpSaeEncoder *self, float value)
{
  float *vector = g_aligned_alloc (self->shape.n_features, sizeof *vector, 64);

  for (guint i = 0; i < self->shape.n_features; i++)
    vector[i] = value;
  return vector;
}

static double
length_of (const float *row, gsize n)
{
  double square = 0;

  for (gsize i = 0; i < n; i++)
    square += (double) row[i] * (double) row[i];
  return sqrt (square);
}

static void
multiply (float *row, gsize n, double factor)
{
  for (gsize i = 0; i < n; i++)
    row[i] = (float) ((double) row[i] * factor);
}

/* z · length; of gated both paths. */
static void
lengthen (SpSaeEncoder *self, gsize feature, double length)
{
  multiply (self->encoder + feature * self->shape.n_inputs, self->shape.n_inputs, length);
  multiply (self->offsets + feature, 1, length);
  if (self->shape.activation != SP_SAE_GATED)
    return;
  multiply (self->limits + feature, 1, length);
  multiply (self->magnitudes + feature, 1, length);
}

/* A feature that decodes to nothing has no length, and no codes. */
static void
fold_features (gpointer data, gsize unit, guint thread)
{
  const Folding *folding = data;
  SpSaeEncoder  *self = folding->encoder;
  gsize          n = self->shape.n_inputs, end = MIN ((unit + 1) * UNIT_FEATURES, self->shape.n_features);

  for (gsize i = unit * UNIT_FEATURES; i < end; i++)
    {
      float *decoder = self->decoder + i * n;
      double length = self->shape.scales_by_norm ? length_of (decoder, n) : 1;
      double scale = folding->code_scale != NULL ? (double) folding->code_scale[i] : 1;

      if (length != 1)
        lengthen (self, i, length);
      if (length != 1 || scale != 1)
        multiply (decoder, n, length > 0 ? scale / length : 0);
    }
}

/* expf() has not the same bits on every processor. */
static float
exp_of (float x)
{
  return (float) exp ((double) x);
}

/* Of JumpReLU no limit is below 0. */
static gboolean
read_thresholds (SpSaeEncoder *self, SpSae *sae, GError **error)
{
  if (!sp_sae_read_vector (sae, SP_SAE_THRESHOLD, self->team, &self->limits, error))
    return FALSE;
  if (self->limits == NULL)
    self->limits = new_features (self, (float) self->shape.threshold);
  else if (sp_sae_has_log_threshold (sae))
    for (guint i = 0; i < self->shape.n_features; i++)
      self->limits[i] = exp_of (self->limits[i]);
  for (guint i = 0; i < self->shape.n_features; i++)
    self->limits[i] = MAX (self->limits[i], 0);
  return TRUE;
}

/* y + gate_bias > 0 where y > -gate_bias. */
static gboolean
read_gates (SpSaeEncoder *self, SpSae *sae, GError **error)
{
  if (!sp_sae_read_vector (sae, SP_SAE_GATE_BIAS, self->team, &self->limits, error) ||
      !sp_sae_read_vector (sae, SP_SAE_MAGNITUDE_SCALE, self->team, &self->factors, error) ||
      !sp_sae_read_vector (sae, SP_SAE_MAGNITUDE_BIAS, self->team, &self->magnitudes, error))
    return FALSE;
  self->limits = self->limits != NULL ? self->limits : new_features (self, 0);
  self->factors = self->factors != NULL ? self->factors : new_features (self, 0);
  self->magnitudes = self->magnitudes != NULL ? self->magnitudes : new_features (self, 0);
  for (guint i = 0; i < self->shape.n_features; i++)
    {
      self->limits[i] = -self->limits[i];
      self->factors[i] = exp_of (self->factors[i]);
    }
  return TRUE;
}

static gboolean
read_limits (SpSaeEncoder *self, SpSae *sae, GError **error)
{
  if (self->shape.activation == SP_SAE_JUMP_RELU)
    return read_thresholds (self, sae, error);
  if (self->shape.activation == SP_SAE_GATED)
    return read_gates (self, sae, error);
  self->limits = new_features (self, 0);
  return TRUE;
}

static gboolean
read_biases (SpSaeEncoder *self, SpSae *sae, GError **error)
{
  if (self->shape.activation != SP_SAE_GATED && !sp_sae_read_vector (sae, SP_SAE_ENCODER_BIAS, self->team, &self->offsets, error))
    return FALSE;
  if (self->offsets == NULL)
    self->offsets = new_features (self, 0);
  return sp_sae_read_vector (sae, SP_SAE_PRE_BIAS, self->team, &self->pre_bias, error) &&
         sp_sae_read_vector (sae, SP_SAE_DECODER_BIAS, self->team, &self->decoder_bias, error) &&
         sp_sae_read_vector (sae, SP_SAE_SKIP, self->team, &self->skip, error);
}

/* All at once, before any of it. */
static gboolean
check_memory (const SpSaeEncoder *self, SpSae *sae, GError **error)
{
  double n_inputs = self->shape.n_inputs, n_features = self->shape.n_features, n_tokens = (double) self->most_tokens;
  double n_skip = sp_sae_get_tensor (sae, SP_SAE_SKIP) != NULL ? n_inputs * n_inputs : 0;
  double n_room = self->n_threads * n_tokens * (double) (SP_SAE_TILE + self->n_large_room);
  double n_values = 2 * n_inputs * n_features + n_skip + 5 * n_features + n_tokens * n_inputs + n_room;

  return sp_sae_check_memory (sae, n_values * sizeof (float) + sp_screen_bytes (self->shape.n_features, self->shape.n_inputs,
                                                                                self->most_tokens), error);
}

gboolean
sp_sae_encoder_read (SpSaeEncoder *self, SpSae *sae, GError **error)
{
  Folding  folding = { self, NULL };
  float   *code_scale = NULL;
  gboolean is_read;

  if (!check_memory (self, sae, error) || !read_biases (self, sae, error) || !read_limits (self, sae, error))
    return FALSE;
  self->encoder = sp_sae_read_features (sae, SP_SAE_ENCODER, self->team, error);
  self->decoder = self->encoder != NULL ? sp_sae_read_features (sae, SP_SAE_DECODER, self->team, error) : NULL;
  if (self->decoder == NULL || !sp_sae_read_vector (sae, SP_SAE_CODE_SCALE, self->team, &code_scale, error))
    return FALSE;
  folding.code_scale = code_scale;
  is_read = sp_team_each (self->team, (self->shape.n_features + UNIT_FEATURES - 1) / UNIT_FEATURES, fold_features, &folding, error);
  g_aligned_free (code_scale);
  return is_read;
}
