/* sp-embedding.c - from ids to the first hidden state */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-forward-private.h"

#include "kernels.h"
#include "sp-product.h"

#include <string.h>

/* Where each row of the embedding goes: tokens sorted by their id. */
typedef struct {
  const guint32 *ids;
  gsize         *tokens;               /* (n_tokens) */
  gsize         *ends;                 /* (n_ids) of tokens with ids up to this one */
  gsize          n_columns;
  float          scale;
  float         *out;                  /* (n_tokens, n_columns) */
} Scatter;

static void
sort_tokens (Scatter *scatter, gsize n_tokens, gsize n_ids)
{
  g_autofree gsize *at = g_new0 (gsize, n_ids + 1);

  for (gsize t = 0; t < n_tokens; t++)
    at[scatter->ids[t] + 1]++;
  for (gsize i = 0; i < n_ids; i++)
    {
      at[i + 1] += at[i];
      scatter->ends[i] = at[i + 1];
    }
  for (gsize t = 0; t < n_tokens; t++)
    scatter->tokens[at[scatter->ids[t]]++] = t;
}

static void
scatter_rows (gpointer data, guint64 first_row, guint64 first_column, gsize n_rows, gsize n_columns, const float *rows)
{
  Scatter *scatter = data;

  for (gsize r = 0; r < n_rows; r++)
    for (gsize k = first_row + r > 0 ? scatter->ends[first_row + r - 1] : 0; k < scatter->ends[first_row + r]; k++)
      for (gsize c = 0; c < n_columns; c++)
        scatter->out[scatter->tokens[k] * scatter->n_columns + first_column + c] = rows[r * n_columns + c] * scatter->scale;
}

static gboolean
gather_embeddings (SpForward *self, const guint32 *ids, float *out, GError **error)
{
  const SpTensor   *embed = sp_model_get_weight (self->model, 0, SP_WEIGHT_EMBED)->tensor;
  g_autofree gsize *tokens = g_new (gsize, self->n_tokens), *ends = g_new (gsize, self->shape->n_ids);
  Scatter           scatter = { ids, tokens, ends, self->shape->n_embed, (float) self->shape->embed_scale, out };

  sort_tokens (&scatter, self->n_tokens, self->shape->n_ids);
  return sp_weights_each (self->team, embed, scatter_rows, &scatter, error);
}

/* --- a narrower embedding, widened -------------------------------------------------------------------- */

typedef struct { SpForward *forward; const float *narrow; const float *weights; float *x; } Widening;

static void
widen_unit (gpointer data, gsize unit, guint thread)
{
  Widening           *widening = data;
  const SpModelShape *s = widening->forward->shape;
  gsize               first = unit * widening->forward->block_tokens;
  gsize               n = MIN (widening->forward->n_tokens - first, widening->forward->block_tokens);

  sp_product (n, s->n_hidden, s->n_embed, 1, (SpOperand) { widening->narrow + first * s->n_embed, s->n_embed },
              (SpOperand) { widening->weights, s->n_embed }, FALSE, NULL, widening->x + first * s->n_hidden, s->n_hidden);
}

static gboolean
project_in (SpForward *self, const guint32 *ids, const SpTensor *tensor, float *x, GError **error)
{
  float   *narrow = g_aligned_alloc (self->n_tokens * self->shape->n_embed, sizeof (float), 64);
  float   *weights = g_aligned_alloc (tensor->n_elements, sizeof (float), 64);
  Widening widening = { self, narrow, weights, x };
  gboolean is_done = gather_embeddings (self, ids, narrow, error) && sp_weights_read (self->team, tensor, weights, error) &&
                     sp_team_each (self->team, sp_forward_count_blocks (self, self->n_tokens), widen_unit, &widening, error);

  g_aligned_free (narrow);
  g_aligned_free (weights);
  return is_done;
}

/* --- positions that were learned ------------------------------------------------------------------------ */

typedef struct { SpForward *forward; float *x; guint offset; } Adding;

static void
add_positions (gpointer data, guint64 first_row, guint64 first_column, gsize n_rows, gsize n_columns, const float *rows)
{
  Adding    *adding = data;
  SpForward *self = adding->forward;

  for (gsize r = 0; r < n_rows; r++)
    for (gsize w = 0; w < self->n_windows; w++)
      if (first_row + r >= adding->offset && first_row + r - adding->offset < self->window)
        {
          gsize token = w * self->window + first_row + r - adding->offset;

          sp_kernels ()->add[SP_DTYPE_F32] (adding->x + token * self->shape->n_hidden + first_column, rows + r * n_columns, 1, n_columns);
        }
}

gboolean
sp_forward_embed (SpForward *self, const guint32 *ids, float *x, GError **error)
{
  const SpTensor *position = sp_model_get_weight (self->model, 0, SP_WEIGHT_POSITION)->tensor;
  const SpTensor *project = sp_model_get_weight (self->model, 0, SP_WEIGHT_PROJECT_IN)->tensor;
  Adding          adding = { self, x, sp_model_get_architecture (self->model)->position_offset };

  return (project != NULL ? project_in (self, ids, project, x, error) : gather_embeddings (self, ids, x, error)) &&
         (position == NULL || sp_weights_each (self->team, position, add_positions, &adding, error));
}
