/* sp-forward.c - the parts of a layer, block of tokens by block of tokens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-forward-private.h"

#include "kernels.h"
#include "sp-memory.h"
#include "sp-product.h"

#include <glib/gi18n-lib.h>

#define MOST_FLOPS         1e11        /* of a product, if it has more tokens than: */
#define LEAST_BLOCK_TOKENS 64

void
sp_forward_norm (SpForward *self, const float *x, gsize n_tokens, const float *weight, const float *bias, float *out)
{
  gsize n = self->shape->n_hidden;

  for (gsize t = 0; t < n_tokens; t++)
    if (sp_model_get_architecture (self->model)->norm == SP_NORM_RMS)
      sp_kernels ()->rms_norm[SP_DTYPE_F32] (x + t * n, n, weight, self->shape->norm_eps, out + t * n);
    else
      sp_kernels ()->layer_norm[SP_DTYPE_F32] (x + t * n, n, weight, bias, self->shape->norm_eps, out + t * n);
}

static void
apply (SpForward *self, SpWeight weight, const SpForwardJob *job, gsize n_tokens, const float *x, float *out, gsize out_stride)
{
  const SpTensor *tensor = sp_model_get_weight (self->model, job->layer, weight)->tensor;
  gboolean        is_input_major = sp_model_get_architecture (self->model)->is_input_major;
  gsize           n_outputs = tensor->shape[is_input_major ? 1 : 0], n_inputs = tensor->shape[is_input_major ? 0 : 1];

  sp_product (n_tokens, n_outputs, n_inputs, 1, (SpOperand) { x, n_inputs },
              (SpOperand) { job->weights->weights[weight], tensor->shape[1] }, is_input_major, job->weights->biases[weight], out,
              out_stride);
}

/* --- queries, keys, values ---------------------------------------------------------------------------- */

static gsize
block_of (const SpForwardJob *job, gsize unit, gsize *n_tokens)
{
  gsize first = unit * job->forward->block_tokens;

  *n_tokens = MIN (job->n_tokens - first, job->forward->block_tokens);
  return first;
}

/* The queries of all heads, then the keys; by head they alternate with values. */
static void
rotate (SpForward *self, gsize token, float *row)
{
  const SpModelShape *s = self->shape;
  gboolean            is_by_head = sp_model_get_architecture (self->model)->qkv == SP_QKV_BY_HEAD;
  gsize               at = token % self->window * self->rotary->n_pairs;

  for (gsize i = 0; i < (gsize) s->n_heads + s->n_kv_heads; i++)
    sp_kernels ()->rotate[SP_DTYPE_F32] (row + (is_by_head ? i / 2 * 3 + i % 2 : i) * s->head_size, self->rotary->n_pairs,
                                         self->rotary->cos + at, self->rotary->sin + at);
}

static void
qkv_unit (gpointer data, gsize unit, guint thread)
{
  static const SpWeight parts[] = { SP_WEIGHT_QKV, SP_WEIGHT_Q, SP_WEIGHT_K, SP_WEIGHT_V };
  SpForwardJob *job = data;
  SpForward    *self = job->forward;
  gsize         n_tokens, first = block_of (job, unit, &n_tokens), column = 0;
  const float  *x = job->x + first * self->shape->n_hidden;
  float        *out = self->qkv + first * self->n_qkv;

  if (self->shape->is_norm_first)
    {
      sp_forward_norm (self, x, n_tokens, job->weights->weights[SP_WEIGHT_FIRST_NORM], job->weights->biases[SP_WEIGHT_FIRST_NORM],
                       self->rooms[thread].normed);
      x = self->rooms[thread].normed;
    }
  for (gsize i = 0; i < G_N_ELEMENTS (parts); i++)
    if (job->weights->weights[parts[i]] != NULL)
      {
        apply (self, parts[i], job, n_tokens, x, out + column, self->n_qkv);
        column += sp_model_n_elements (self->model, parts[i]) / self->shape->n_hidden;
      }
  for (gsize t = 0; self->rotary != NULL && t < n_tokens; t++)
    rotate (self, first + t, out + t * self->n_qkv);
}

/* --- what attention found, and the FFN ------------------------------------------------------------------ */

static void
activate (const SpForward *self, float *x, gsize n)
{
  const SpKernels *kernels = sp_kernels ();

  switch (self->shape->activation)
    {
    case SP_ACTIVATION_RELU: kernels->relu[SP_DTYPE_F32] (x, n); break;
    case SP_ACTIVATION_SILU: kernels->silu[SP_DTYPE_F32] (x, n); break;
    case SP_ACTIVATION_GELU: kernels->gelu[SP_DTYPE_F32] (x, n); break;
    case SP_ACTIVATION_GELU_TANH: kernels->gelu_tanh[SP_DTYPE_F32] (x, n); break;
    }
}

static void
project_down (SpForwardJob *job, SpForwardRoom *room, gsize n_tokens, float *out)
{
  const SpLayer *w = job->weights;

  if (w->down != NULL && sp_sparse_pays (room->h, n_tokens * job->forward->shape->n_neurons))
    sp_sparse_product (w->down, &room->sparse, room->h, n_tokens, w->biases[SP_WEIGHT_DOWN], out);
  else
    apply (job->forward, SP_WEIGHT_DOWN, job, n_tokens, room->h, out, job->forward->shape->n_hidden);
}

static void
feed_forward (SpForwardJob *job, guint thread, gsize first, gsize n_tokens, const float *x, float *out)
{
  SpForward     *self = job->forward;
  SpForwardRoom *room = &self->rooms[thread];
  gsize          n_neurons = self->shape->n_neurons;

  apply (self, SP_WEIGHT_UP, job, n_tokens, x, room->h, n_neurons);
  if (self->shape->is_gated && !sp_team_is_cancelled (self->team))
    {
      apply (self, SP_WEIGHT_GATE, job, n_tokens, x, room->gates, n_neurons);
      activate (self, room->gates, n_tokens * n_neurons);
      sp_kernels ()->multiply[SP_DTYPE_F32] (room->h, room->gates, n_tokens * n_neurons);
    }
  else if (!self->shape->is_gated)
    activate (self, room->h, n_tokens * n_neurons);
  if (job->taps.ffn != NULL)
    job->taps.ffn (job->taps.data, thread, job->first_token + first, n_tokens, room->gates, room->h);
  if (!sp_team_is_cancelled (self->team))
    project_down (job, room, n_tokens, out);
}

static void
show (const SpForwardJob *job, guint thread, SpPlace place, gsize first, gsize n_tokens, const float *x)
{
  if (job->taps.place != NULL)
    job->taps.place (job->taps.data, thread, place, job->first_token + first, n_tokens, x);
}

static void
ffn_unit (gpointer data, gsize unit, guint thread)
{
  SpForwardJob       *job = data;
  SpForward          *self = job->forward;
  const SpModelShape *s = self->shape;
  const SpLayer      *w = job->weights;
  SpForwardRoom      *room = &self->rooms[thread];
  gsize               n_tokens, first = block_of (job, unit, &n_tokens), n = n_tokens * s->n_hidden;
  float              *x = job->x + first * s->n_hidden, *mixed = self->mixed + first * s->n_heads * s->head_size;
  float               scale = (float) s->branch_scale;

  show (job, thread, SP_PLACE_HEADS, first, n_tokens, mixed);
  if (s->is_parallel)
    sp_forward_norm (self, x, n_tokens, w->weights[SP_WEIGHT_SECOND_NORM], w->biases[SP_WEIGHT_SECOND_NORM], room->normed);
  apply (self, SP_WEIGHT_OUT, job, n_tokens, mixed, room->branch, s->n_hidden);
  show (job, thread, SP_PLACE_ATTENTION, first, n_tokens, room->branch);
  sp_kernels ()->add[SP_DTYPE_F32] (x, room->branch, scale, n);
  if (!s->is_norm_first)
    sp_forward_norm (self, x, n_tokens, w->weights[SP_WEIGHT_FIRST_NORM], w->biases[SP_WEIGHT_FIRST_NORM], x);
  else if (!s->is_parallel)
    sp_forward_norm (self, x, n_tokens, w->weights[SP_WEIGHT_SECOND_NORM], w->biases[SP_WEIGHT_SECOND_NORM], room->normed);
  feed_forward (job, thread, first, n_tokens, s->is_norm_first ? room->normed : x, room->branch);
  show (job, thread, SP_PLACE_FFN, first, n_tokens, room->branch);
  sp_kernels ()->add[SP_DTYPE_F32] (x, room->branch, scale, n);
  if (!s->is_norm_first)
    sp_forward_norm (self, x, n_tokens, w->weights[SP_WEIGHT_SECOND_NORM], w->biases[SP_WEIGHT_SECOND_NORM], x);
  show (job, thread, SP_PLACE_OUTPUT, first, n_tokens, x);
}

gsize
sp_forward_block_of (SpForward *self, gsize first_token)
{
  gsize n_group = self->group_windows * self->window;

  return first_token / n_group * sp_forward_count_blocks (self, n_group) + first_token % n_group / self->block_tokens;
}

gsize
sp_forward_n_blocks (SpForward *self)
{
  return sp_forward_block_of (self, self->n_tokens - 1) + 1;
}

gboolean
sp_forward_layer (SpForward *self, const SpLayer *weights, guint layer, float *x, const SpForwardTaps *taps, GError **error)
{
  for (gsize w = 0; w < self->n_windows; w += self->group_windows)
    {
      gsize        first = w * self->window;
      SpForwardJob job = { .forward = self, .weights = weights, .layer = layer, .first_token = first,
                           .n_tokens = MIN (self->group_windows, self->n_windows - w) * self->window,
                           .x = x + first * self->shape->n_hidden, .taps = taps != NULL ? *taps : (SpForwardTaps) { 0 } };

      if (!sp_team_each (self->team, sp_forward_count_blocks (self, job.n_tokens), qkv_unit, &job, error) ||
          !sp_team_each (self->team, sp_attention_n_units (&job), sp_attention_unit, &job, error) ||
          !sp_team_each (self->team, sp_forward_count_blocks (self, job.n_tokens), ffn_unit, &job, error))
        return FALSE;
    }
  return TRUE;
}

/* --- room --------------------------------------------------------------------------------------------- */

static float *
new_floats (gsize n)
{
  return g_aligned_alloc (n, sizeof (float), 64);
}

static void
make_room (SpForward *self, SpForwardRoom *room)
{
  const SpModelShape *s = self->shape;
  gsize               n_tokens = MIN (self->block_tokens, self->group_windows * self->window);

  room->normed = new_floats (n_tokens * s->n_hidden);
  room->branch = new_floats (n_tokens * s->n_hidden);
  room->h = new_floats (n_tokens * s->n_neurons);
  room->gates = s->is_gated ? new_floats (n_tokens * s->n_neurons) : room->h;
  room->scores = new_floats ((gsize) MIN (SP_SCORE_ROWS, self->window) * self->window);
  sp_sparse_room_init (&room->sparse, s->n_neurons);
}

static void
free_room (SpForward *self, SpForwardRoom *room)
{
  g_aligned_free (room->normed);
  g_aligned_free (room->branch);
  if (room->gates != room->h)
    g_aligned_free (room->gates);
  g_aligned_free (room->h);
  g_aligned_free (room->scores);
  sp_sparse_room_clear (&room->sparse);
}

/* Products cannot be stopped, and are to be done within a second: those of the largest weights have fewer tokens. */
static gsize
find_block_tokens (SpModel *model)
{
  guint64 most = 1;
  gsize   n_tokens = SP_BLOCK_TOKENS;

  for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
    if (sp_model_get_weight (model, 0, w)->tensor != NULL)
      most = MAX (most, sp_model_n_elements (model, w));
  while (n_tokens > LEAST_BLOCK_TOKENS && 2.0 * (double) n_tokens * (double) most > MOST_FLOPS)
    n_tokens /= 2;
  return n_tokens;
}

/* Of a layer's weights, the tables of positions, and what one state goes through; of the state a window too: who pushes more knows it. */
static double
count_bytes (const SpForward *self)
{
  const SpModelShape *s = self->shape;
  double              n_group = (double) self->group_windows * self->window, n_block = MIN ((double) self->block_tokens, n_group);
  double              n = (double) self->window * ((double) s->n_hidden + s->n_rotary);

  n += n_group * ((double) self->n_qkv + (double) s->n_heads * s->head_size);
  n += sp_team_get_n_threads (self->team) * (n_block * 2 * ((double) s->n_hidden + s->n_neurons) +
                                             (double) MIN (SP_SCORE_ROWS, self->window) * self->window);
  for (SpWeight w = 0; w < SP_N_LAYER_WEIGHTS; w++)
    if (sp_model_get_weight (self->model, 0, w)->tensor != NULL)
      n += (double) sp_model_n_elements (self->model, w);
  return n * sizeof (float) + (double) sp_team_get_n_threads (self->team) * (double) sp_sparse_room_size (s->n_neurons);
}

/* A hostile config.json makes much of little; so nothing is allocated before. */
static gboolean
check_memory (const SpForward *self, GError **error)
{
  double           n_bytes = count_bytes (self);
  g_autofree char *lack = sp_memory_lack (n_bytes);

  if (lack == NULL)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
               _("%s: a window of %u tokens takes %.1f GiB to run, but %s; choose a smaller window or a smaller model"),
               sp_store_get_title (sp_model_get_store (self->model)), self->window, n_bytes / (1 << 30), lack);
  return FALSE;
}

SpForward *
sp_forward_new (SpModel *model, SpTeam *team, gsize n_windows, guint window, GError **error)
{
  g_autoptr (SpForward) self = g_new0 (SpForward, 1);
  gsize                 n_group;

  sp_product_init ();
  self->model = model;
  self->shape = sp_model_get_shape (model);
  self->team = team;
  self->window = window;
  self->n_windows = n_windows;
  self->n_tokens = n_windows * window;
  self->block_tokens = find_block_tokens (model);
  self->group_windows = CLAMP (SP_GROUP_TOKENS / window, 1, n_windows);
  if (sp_model_get_weight (model, 0, SP_WEIGHT_POSITION)->tensor != NULL && window > self->shape->n_context)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_USAGE, _("a window of %u tokens is longer than %s allows: %s is %u"), window,
                   sp_store_get_title (sp_model_get_store (model)), sp_model_get_architecture (model)->n_context, self->shape->n_context);
      return NULL;
    }
  self->n_qkv = (self->shape->n_heads + 2 * self->shape->n_kv_heads) * self->shape->head_size;
  if (!check_memory (self, error))
    return NULL;
  if (self->shape->n_rotary > 0)
    {
      self->rotary = sp_rotary_new (model, team, window, error);
      if (self->rotary == NULL)
        return NULL;
    }
  n_group = self->group_windows * window;
  self->qkv = new_floats (n_group * self->n_qkv);
  self->mixed = new_floats (n_group * self->shape->n_heads * self->shape->head_size);
  self->rooms = g_new0 (SpForwardRoom, sp_team_get_n_threads (team));
  for (guint i = 0; i < sp_team_get_n_threads (team); i++)
    make_room (self, &self->rooms[i]);
  return g_steal_pointer (&self);
}

void
sp_forward_free (SpForward *self)
{
  for (guint i = 0; self->rooms != NULL && i < sp_team_get_n_threads (self->team); i++)
    free_room (self, &self->rooms[i]);
  g_clear_pointer (&self->rotary, sp_rotary_free);
  g_aligned_free (self->qkv);
  g_aligned_free (self->mixed);
  g_free (self->rooms);
  g_free (self);
}
