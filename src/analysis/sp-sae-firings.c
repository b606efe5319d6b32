/* sp-sae-firings.c - encodes a dump's activations block by block, and counts what fires */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-firings.h"

#include "sp-dump-rows.h"
#include "sp-reconstruction.h"
#include "sp-sae-encoder.h"

#include <math.h>

#define MEANS_TOKENS 4096              /* at a time */
#define MEANS_SHARE  0.1               /* of the time all of it takes, about */

typedef struct {
  SpSaeEncoder      *encoder;
  SpFeatureTally    *tally;
  SpActivationMeans *means;
  SpShareFunc        share;
  gpointer           data;
  guint64            n_done, n_all;    /* tokens */
  double             from, to;         /* of all that is done, this reading is that part */
} Counting;

static void
tell (Counting *self, gsize n_tokens)
{
  self->n_done += n_tokens;
  if (self->share != NULL)
    self->share (self->data, self->from + (self->to - self->from) * (double) self->n_done / (double) MAX (self->n_all, 1));
}

static gboolean
add_means (gpointer data, const float *rows, G_GNUC_UNUSED const guint64 *tokens, gsize n_tokens, G_GNUC_UNUSED GError **error)
{
  Counting *self = data;

  sp_activation_means_add (self->means, rows, n_tokens);
  tell (self, n_tokens);
  return TRUE;
}

static gboolean
add_encoded (gpointer data, const float *rows, G_GNUC_UNUSED const guint64 *tokens, gsize n_tokens, GError **error)
{
  Counting *self = data;
  SpCodes   codes;

  if (!sp_sae_encoder_encode (self->encoder, rows, n_tokens, &codes, error) ||
      !sp_feature_tally_add (self->tally, &codes, NULL, error))
    return FALSE;
  tell (self, n_tokens);
  return TRUE;
}

/* The scale is of these tokens, where the SAE's file does not say it. */
static gboolean
find_scale (Counting *self, guint n_inputs, const SpDump *dump, const SpItems *items, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpActivationMeans) means = sp_activation_means_new (n_inputs);
  guint64                       n_nonfinite;

  self->means = means;
  self->to = MEANS_SHARE;
  if (!sp_dump_each_rows (dump, items, MEANS_TOKENS, add_means, self, &n_nonfinite, cancellable, error))
    return FALSE;
  sp_activation_means_finish (means);
  if (means->mean_norm > 0)
    sp_sae_encoder_set_scale (self->encoder, sqrt (n_inputs) / means->mean_norm);
  self->from = MEANS_SHARE;
  self->n_done = 0;
  return TRUE;
}

SpFeatureTally *
sp_sae_count_firings (SpSae *sae, const SpDump *dump, const SpItems *items, SpTeam *team, SpShareFunc share, gpointer data,
                      GCancellable *cancellable, GError **error)
{
  const SpSaeShape          *shape = sp_sae_get_shape (sae);
  g_autoptr (SpSaeEncoder)   encoder = sp_sae_encoder_new (sae, team, error);
  g_autoptr (SpFeatureTally) tally = encoder != NULL ? sp_feature_tally_new (shape->n_features, error) : NULL;
  Counting                   self = { .encoder = encoder, .tally = tally, .share = share, .data = data,
                                      .n_all = dump->layers[0].n_tokens };
  guint64                    n_nonfinite;

  if (tally == NULL)
    return NULL;
  if (shape->input == SP_SAE_INPUT_AVERAGE && shape->input_scale == 0 &&
      !find_scale (&self, shape->n_inputs, dump, items, cancellable, error))
    return NULL;
  self.to = 1;
  if (!sp_dump_each_rows (dump, items, sp_sae_encoder_most_tokens (encoder), add_encoded, &self, &n_nonfinite, cancellable, error))
    return NULL;
  return g_steal_pointer (&tally);
}
