/* sp-head.c - from the last hidden state to logits, the head's weights read piece by piece */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-forward-private.h"

#include "sp-product.h"


typedef struct {
  SpForward   *forward;
  float       *x;                      /* a state, in place */
  const float *norm, *bias;
} Last;

static void
last_unit (gpointer data, gsize unit, guint thread)
{
  Last               *last = data;
  SpForward          *self = last->forward;
  const SpModelShape *s = self->shape;
  gsize               first = unit * self->block_tokens, n_tokens = MIN (self->n_tokens - first, self->block_tokens);
  float              *rows = last->x + first * s->n_hidden;

  if (last->norm != NULL)
    sp_forward_norm (self, rows, n_tokens, last->norm, last->bias, rows);
  for (gsize i = 0; s->head_scale != 1 && i < n_tokens * s->n_hidden; i++)
    rows[i] *= (float) s->head_scale;
}

static gboolean
read_whole (SpForward *self, const SpTensor *tensor, float **out, GError **error)
{
  if (tensor == NULL)
    return TRUE;
  *out = g_aligned_alloc (tensor->n_elements, sizeof (float), 64);
  return sp_weights_read (self->team, tensor, *out, error);
}

gboolean
sp_forward_last (SpForward *self, float *x, GError **error)
{
  const SpModelWeight *norm = sp_model_get_weight (self->model, 0, SP_WEIGHT_LAST_NORM);
  float               *weight = NULL, *bias = NULL;
  gboolean             is_done = read_whole (self, norm->tensor, &weight, error) && read_whole (self, norm->bias, &bias, error);
  Last                 last = { self, x, weight, bias };

  is_done = is_done && sp_team_each (self->team, sp_forward_count_blocks (self, self->n_tokens), last_unit, &last, error);
  g_aligned_free (weight);
  g_aligned_free (bias);
  return is_done;
}

/* --- the head ------------------------------------------------------------------------------------------- */

typedef struct {
  SpForward    *forward;
  float *const *states;
  const float  *weights;               /* (n_ids, n_embed) of a piece */
  float       **logits;                /* (n_threads) of (block_tokens, n_ids) */
  const float  *project;               /* (n_embed, n_hidden); NULL: a state is as wide as the embedding */
  float       **projected;             /* (n_threads) of (block_tokens, n_embed), if there is project */
  gsize         first_id, n_ids, n_blocks;
  SpLogitsFunc  func;
  gpointer     *data;                  /* (n_states) */
} Piece;

static void
head_unit (gpointer data, gsize unit, guint thread)
{
  Piece              *piece = data;
  const SpModelShape *s = piece->forward->shape;
  gsize               state = unit / piece->n_blocks, first = unit % piece->n_blocks * piece->forward->block_tokens;
  gsize               n_tokens = MIN (piece->forward->n_tokens - first, piece->forward->block_tokens);
  float              *logits = piece->logits[thread];
  SpOperand           x = { piece->states[state] + first * s->n_hidden, s->n_hidden };

  if (piece->project != NULL)
    {
      sp_product (n_tokens, s->n_embed, s->n_hidden, 1, x, (SpOperand) { piece->project, s->n_hidden }, FALSE, NULL,
                  piece->projected[thread], s->n_embed);
      x = (SpOperand) { piece->projected[thread], s->n_embed };
    }
  sp_product (n_tokens, piece->n_ids, s->n_embed, 1, x, (SpOperand) { piece->weights, s->n_embed }, FALSE, NULL, logits, piece->n_ids);
  piece->func (piece->data[state], first, n_tokens, piece->first_id, piece->n_ids, logits);
}

static gboolean
read_and_apply (Piece *piece, const SpTensor *tensor, gsize n_states, float *weights, GError **error)
{
  SpTeam *team = piece->forward->team;

  for (guint64 p = 0; p < sp_weights_n_pieces (tensor); p++)
    {
      piece->first_id += piece->n_ids;
      if (!sp_weights_read_piece (team, tensor, p, weights, &piece->n_ids, error) ||
          !sp_team_each (team, n_states * piece->n_blocks, head_unit, piece, error))
        return FALSE;
    }
  return TRUE;
}

static float **
new_rooms (guint n_threads, gsize n)
{
  float **rooms = g_new (float *, n_threads);

  for (guint i = 0; i < n_threads; i++)
    rooms[i] = g_aligned_alloc (MAX (n, 1), sizeof (float), 64);
  return rooms;
}

static void
free_rooms (float **rooms, guint n_threads)
{
  for (guint i = 0; i < n_threads; i++)
    g_aligned_free (rooms[i]);
  g_free (rooms);
}

gboolean
sp_forward_head (SpForward *self, float *const *states, gsize n_states, SpLogitsFunc func, gpointer *data, GError **error)
{
  const SpTensor *tensor = sp_model_get_weight (self->model, 0, SP_WEIGHT_HEAD)->tensor;
  const SpTensor *project = sp_model_get_weight (self->model, 0, SP_WEIGHT_PROJECT_OUT)->tensor;
  gsize           n_rows = sp_weights_most_rows (tensor), n_tokens = MIN (self->n_tokens, self->block_tokens);
  guint           n_threads = sp_team_get_n_threads (self->team);
  float          *weights = g_aligned_alloc (n_rows * self->shape->n_embed, sizeof (float), 64), *matrix = NULL;
  Piece           piece = { .forward = self, .states = states, .weights = weights,
                            .n_blocks = sp_forward_count_blocks (self, self->n_tokens), .func = func, .data = data };
  gboolean        is_done = read_whole (self, project, &matrix, error);

  piece.project = matrix;
  piece.logits = new_rooms (n_threads, n_tokens * n_rows);
  piece.projected = new_rooms (n_threads, matrix != NULL ? n_tokens * self->shape->n_embed : 0);
  is_done = is_done && read_and_apply (&piece, tensor, n_states, weights, error);
  free_rooms (piece.logits, n_threads);
  free_rooms (piece.projected, n_threads);
  g_aligned_free (weights);
  g_aligned_free (matrix);
  return is_done;
}
