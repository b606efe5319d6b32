/* sp-attention.c - causal attention of one head's queries, some rows at a time */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-forward-private.h"

#include "kernels.h"
#include "sp-product.h"

#include <math.h>
#include <string.h>

/* Of a product that nobody can stop: some 0.1 s.  Only heads of many thousands, or windows of some hundred thousand tokens, have more. */
#define MOST_MULTIPLICATIONS 2e9
/* Rows in multiples of this have the bits that all at once have: of the tiles of OpenBLAS, which are of 2, 4, 8 or 12, all are filled. */
#define STEP_ROWS 24

static gsize
n_row_blocks (const SpForward *self)
{
  return (self->window + SP_SCORE_ROWS - 1) / SP_SCORE_ROWS;
}

gsize
sp_attention_n_units (const SpForwardJob *job)
{
  return job->n_tokens / job->forward->window * job->forward->shape->n_heads * n_row_blocks (job->forward);
}

/* Where a head's part of a token's queries, keys and values begins. */
typedef enum { QUERY, KEY, VALUE } Third;

static gsize
column_of (const SpForward *self, Third third, guint head)
{
  const SpModelShape *s = self->shape;
  gsize               size = s->head_size, n_q = s->n_heads * size, n_kv = s->n_kv_heads * size;

  if (sp_model_get_architecture (self->model)->qkv == SP_QKV_BY_HEAD)
    return (head * 3 + third) * size;
  return third == QUERY ? head * size : n_q + (third - KEY) * n_kv + head / (s->n_heads / s->n_kv_heads) * size;
}

/* The first position that a query at this one sees. */
static gsize
first_seen (const SpForwardJob *job, gsize position)
{
  const SpModelShape *s = job->forward->shape;

  return s->window == 0 || job->layer < s->first_windowed || position < s->window ? 0 : position + 1 - s->window;
}

/* How many of the rows left are next; the last are half a step at least. */
static gsize
count_next (gsize n_left, gsize n_seen, gsize size)
{
  gsize most = (gsize) (MOST_MULTIPLICATIONS / ((double) n_seen * (double) size)) / STEP_ROWS * STEP_ROWS;

  most = MAX (most, STEP_ROWS);
  return n_left <= most + STEP_ROWS / 2 ? n_left : most;
}

/* scores: (SP_SCORE_ROWS, n_seen) of positions from first on; the row at position sees from low to itself. */
static void
weigh (float *scores, gsize n_seen, gsize low, gsize end)
{
  memset (scores, 0, low * sizeof *scores);
  sp_kernels ()->softmax[SP_DTYPE_F32] (scores + low, end - low);
  memset (scores + end, 0, (n_seen - end) * sizeof *scores);
}

void
sp_attention_unit (gpointer data, gsize unit, guint thread)
{
  SpForwardJob       *job = data;
  SpForward          *self = job->forward;
  const SpModelShape *s = self->shape;
  gsize               block = unit % n_row_blocks (self), head = unit / n_row_blocks (self) % s->n_heads;
  gsize               token = unit / n_row_blocks (self) / s->n_heads * self->window, size = s->head_size;
  gsize               position = block * SP_SCORE_ROWS, n = MIN (self->window - position, SP_SCORE_ROWS);
  gsize               first = first_seen (job, position), n_seen = position + n - first;
  const float        *qkv = self->qkv + token * self->n_qkv;
  SpOperand           queries = { qkv + position * self->n_qkv + column_of (self, QUERY, head), self->n_qkv };
  SpOperand           keys = { qkv + first * self->n_qkv + column_of (self, KEY, head), self->n_qkv };
  SpOperand           values = { qkv + first * self->n_qkv + column_of (self, VALUE, head), self->n_qkv };
  float              *scores = self->rooms[thread].scores, *out = self->mixed + (token + position) * s->n_heads * size + head * size;
  float               scale = (float) (1 / ((s->has_scaled_scores ? sqrt (size) : 1) * (s->scales_by_layer ? job->layer + 1 : 1)));

  for (gsize end = position + n, next; position < end && !sp_team_is_cancelled (self->team); position += next)
    {
      next = count_next (end - position, n_seen, size);
      sp_product (next, n_seen, size, scale, queries, keys, FALSE, NULL, scores, n_seen);
      for (gsize i = 0; i < next; i++)
        weigh (scores + i * n_seen, n_seen, first_seen (job, position + i) - first, position + i + 1 - first);
      sp_product (next, size, n_seen, 1, (SpOperand) { scores, n_seen }, values, TRUE, NULL, out, s->n_heads * size);
      queries.data += next * queries.stride;
      out += next * s->n_heads * size;
    }
}
