/* sp-sae-weights.c - matrices of a sparse autoencoder, turned round while they are read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-weights.h"

#include "sp-memory.h"
#include "sp-weights.h"

#include <glib/gi18n-lib.h>
#include <math.h>

#define BLOCK_FEATURES 16                /* turned together: their rows of out stay in the first cache */

typedef struct {
  guint64 n_inputs, n_features;
  guint64 row_elements;                  /* of the tensor's matrix, which has all in one row where axes of 1 come before the last two */
  float  *out;                           /* (n_features, n_inputs) */
} Turning;

/* Elements first … end - 1 of (n_inputs, n_features), row-major, of features first_feature and some more; all: element 0. */
static void
turn_block (const Turning *turning, guint64 first, guint64 end, guint64 first_feature, const float *all)
{
  guint64 n = MIN (turning->n_features - first_feature, BLOCK_FEATURES);

  for (guint64 input = first / turning->n_features; input * turning->n_features < end; input++)
    {
      guint64 row = input * turning->n_features;
      guint64 from = MAX (row + first_feature, first), to = MIN (row + first_feature + n, end);

      for (guint64 at = from; at < to; at++)
        turning->out[(at - row) * turning->n_inputs + input] = all[at - first];
    }
}

static void
turn_rows (gpointer data, guint64 first_row, guint64 first_column, gsize n_rows, gsize n_columns, const float *rows)
{
  const Turning *turning = data;
  guint64        first = first_row * turning->row_elements + first_column;

  for (guint64 feature = 0; feature < turning->n_features; feature += BLOCK_FEATURES)
    turn_block (turning, first, first + n_rows * n_columns, feature, rows);
}

static float *
make_room (SpSae *sae, const SpTensor *tensor, GError **error)
{
  if (!sp_sae_check_memory (sae, (double) tensor->n_elements * sizeof (float), error))
    return NULL;
  return g_aligned_alloc (tensor->n_elements, sizeof (float), 64);
}

gboolean
sp_sae_check_memory (SpSae *sae, double n_bytes, GError **error)
{
  g_autofree char *lack = sp_memory_lack (2 * n_bytes);

  if (lack == NULL)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
               _("%s: its %u features of %u inputs would take %.1f GiB, more than half of what there is: %s; use a larger machine"),
               sp_store_get_title (sp_sae_get_store (sae)), sp_sae_get_shape (sae)->n_features, sp_sae_get_shape (sae)->n_inputs,
               n_bytes / (1 << 30), lack);
  return FALSE;
}

static void
scale_for_embeddings (const SpSaeShape *shape, SpSaeWeight weight, float *out)
{
  double root = sqrt (shape->n_inputs), factor = weight == SP_SAE_ENCODER ? 1 / root : root;

  for (gsize i = 0; shape->is_of_embeddings && i < (gsize) shape->n_features * shape->n_inputs; i++)
    out[i] = (float) ((double) out[i] * factor);
}

float *
sp_sae_read_features (SpSae *sae, SpSaeWeight weight, SpTeam *team, GError **error)
{
  const SpSaeShape *shape = sp_sae_get_shape (sae);
  const SpTensor   *tensor = sp_sae_get_tensor (sae, weight);
  gboolean          is_feature_major = weight == SP_SAE_DECODER ? sp_sae_is_feature_major (sae) : !sp_sae_is_input_major (sae);
  float            *out = make_room (sae, tensor, error);
  Turning           turning = { shape->n_inputs, shape->n_features, sp_tensor_get_matrix (tensor).n_columns, out };

  if (out != NULL && (is_feature_major ? sp_weights_read (team, tensor, out, error)
                                       : sp_weights_each (team, tensor, turn_rows, &turning, error)))
    {
      scale_for_embeddings (shape, weight, out);
      return out;
    }
  g_aligned_free (out);
  return NULL;
}

gboolean
sp_sae_read_vector (SpSae *sae, SpSaeWeight weight, SpTeam *team, float **out, GError **error)
{
  const SpTensor *tensor = sp_sae_get_tensor (sae, weight);

  *out = NULL;
  if (tensor == NULL)
    return TRUE;
  *out = make_room (sae, tensor, error);
  if (*out != NULL && sp_weights_read (team, tensor, *out, error))
    return TRUE;
  g_clear_pointer (out, g_aligned_free);
  return FALSE;
}
