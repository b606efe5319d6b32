/* sp-evaluation.c - layer-major passes over a model: all states through a layer before the next one is read */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-evaluation.h"

#include "kernels.h"
#include "sp-cutting.h"
#include "sp-memory.h"
#include "sp-panels.h"
#include "sp-reference.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MOST_STATE_BYTES 4294967296.0  /* of a hidden state */

/* One hidden state on its way, and what is known of its predictions. */
typedef struct {
  SpEvaluation *evaluation;
  SpCutting    *cutting;
  float        *x;                     /* (n_tokens, n_hidden) */
  double       *log_sums;              /* (n_tokens) ln Σ exp of the logits seen so far */
  float        *targets;               /* (n_tokens) logit of the token that follows */
} State;

struct _SpEvaluation {
  SpModel            *model;
  const SpModelShape *shape;
  SpEvaluationFunc    func;
  gpointer            data;
  guint               n_threads, window, stride;
  gsize               n_windows, n_tokens;
  guint32            *ids;             /* (n_tokens) */
  SpOutcome          *dense;
  double             *dense_losses;    /* (n_tokens) 0: not counted */
  gboolean            is_reference;
  SpTailSums         *tails;           /* (n_layers) NULL: not measured yet */
};

/* A pass's own. */
typedef struct {
  SpEvaluation *evaluation;
  SpTeam       *team;
  SpForward    *forward;
  SpLayer      *weights;
  double       *norms;                 /* (n_neurons) of the down projection's columns */
  SpPanels      down;                  /* the layer's */
  SpTailMeter  *meter;                 /* of what is cut nowhere; NULL: its tails are not asked for, or known */
  SpTailSums   *blocks;                /* (blocks of tokens) of the layer at hand, if there is a meter */
  SpReference  *reference;             /* NULL: another convention */
  State        *states;                /* (n_states) what is cut nowhere first, if it is run */
  gsize         n_states;
  gboolean      has_dense;
  double        done, all;             /* operations */
} Pass;

/* --- texts -------------------------------------------------------------------------------------------- */

static gboolean
check_text (SpModel *model, const SpText *text, GError **error)
{
  if (text->window >= 2 && text->n_ids >= text->window)
    return sp_model_check_ids (model, text->ids, text->n_ids, error);
  if (text->window < 2)
    g_set_error_literal (error, SP_ERROR, SP_ERROR_USAGE, _("a window must have at least two tokens, for one to be predicted"));
  else
    g_set_error (error, SP_ERROR, SP_ERROR_USAGE,
                 _("the text has %zu tokens, fewer than a window of %u; choose a longer text or a smaller window"),
                 text->n_ids, text->window);
  return FALSE;
}

static gsize
count_windows (const SpText *text)
{
  gsize n_windows = (text->n_ids - text->window) / text->stride + 1;

  return text->most_windows > 0 ? MIN (n_windows, text->most_windows) : n_windows;
}

/* Windows that overlap much are many: each holds its tokens anew. */
static gboolean
check_size (SpModel *model, const SpText *text, GError **error)
{
  double n_bytes = (double) count_windows (text) * text->window * sp_model_get_shape (model)->n_hidden * sizeof (float);

  if (n_bytes <= MOST_STATE_BYTES)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
               _("%zu windows of %u tokens would take %.1f GiB for each way of cutting; choose fewer tokens or a larger stride"),
               count_windows (text), text->window, n_bytes / (1 << 30));
  return FALSE;
}

static void
lay_out (SpEvaluation *self, const SpText *text)
{
  self->window = text->window;
  self->stride = text->stride;
  self->n_windows = count_windows (text);
  self->n_tokens = self->n_windows * self->window;
  self->ids = g_new (guint32, self->n_tokens);
  for (gsize w = 0; w < self->n_windows; w++)
    memcpy (self->ids + w * self->window, text->ids + w * self->stride, self->window * sizeof *self->ids);
}

/* Whether the token after it is predicted, and here first: windows after the first predict again what the one before did, but for the
 * last tokens. */
static gboolean
is_counted (const SpEvaluation *self, gsize token)
{
  gsize next = token % self->window + 1;

  return next < self->window && (token < self->window || next >= self->window - self->stride);
}

/* --- predictions ---------------------------------------------------------------------------------------- */

static double
log_add (double a, double b)
{
  double most = MAX (a, b);

  return isinf (most) ? most : most + log (exp (a - most) + exp (b - most));
}

static void
take_logits (gpointer data, gsize first_token, gsize n_tokens, gsize first_id, gsize n_ids, const float *logits)
{
  State              *state = data;
  const SpEvaluation *self = state->evaluation;

  for (gsize t = 0; t < n_tokens; t++)
    {
      gsize token = first_token + t, next;

      if (!is_counted (self, token))
        continue;
      next = self->ids[token + 1];
      state->log_sums[token] = log_add (state->log_sums[token], sp_kernels ()->logsum[SP_DTYPE_F32] (logits + t * n_ids, n_ids));
      if (next >= first_id && next < first_id + n_ids)
        state->targets[token] = logits[t * n_ids + next - first_id];
    }
}

static double
loss_at (const State *state, gsize token)
{
  return is_counted (state->evaluation, token) ? state->log_sums[token] - (double) state->targets[token] : 0;
}

static void
keep_losses (State *dense)
{
  SpEvaluation *self = dense->evaluation;

  g_free (self->dense_losses);
  self->dense_losses = g_new (double, self->n_tokens);
  for (gsize t = 0; t < self->n_tokens; t++)
    self->dense_losses[t] = loss_at (dense, t);
}

/* Of the mean difference of two losses of the same tokens. */
static double
find_error (const State *state, double mean, guint64 n)
{
  const SpEvaluation *self = state->evaluation;
  double              squares = 0;

  for (gsize t = 0; t < self->n_tokens; t++)
    if (is_counted (self, t))
      {
        double rest = loss_at (state, t) - self->dense_losses[t] - mean;

        squares += rest * rest;
      }
  return n > 1 ? sqrt (squares / ((double) (n - 1) * (double) n)) : NAN;
}

static void
sum_losses (State *state)
{
  SpEvaluation *self = state->evaluation;
  SpOutcome    *outcome = sp_cutting_get_outcome (state->cutting);
  double        sum = 0;

  for (gsize t = 0; t < self->n_tokens; t++)
    {
      sum += loss_at (state, t);
      outcome->n_predicted += is_counted (self, t);
    }
  outcome->loss = sum / (double) outcome->n_predicted;
}

/* --- layers --------------------------------------------------------------------------------------------- */

static void
tell (Pass *pass, const char *stage)
{
  if (pass->evaluation->func != NULL)
    pass->evaluation->func (pass->evaluation->data, stage, pass->done / pass->all);
}

/* What is cut nowhere: its small neurons are measured on the way. */
static void
measure_block (gpointer data, guint thread, gsize first_token, gsize n_tokens, const float *gates, float *h)
{
  Pass *pass = data;

  if (pass->reference != NULL)
    sp_reference_take (pass->reference, first_token, n_tokens, h);
  else if (pass->meter != NULL)
    sp_tail_meter_measure (pass->meter, thread, h, n_tokens, &pass->blocks[sp_forward_block_of (pass->forward, first_token)]);
  sp_cutting_block (pass->states[0].cutting, thread, first_token, n_tokens, gates, h);
}

static gboolean
find_threshold (Pass *pass, SpOutcome *outcome, const double *given, guint layer, double *threshold, GError **error)
{
  double aimed_at;

  *threshold = NAN;
  if (outcome->rule == SP_CUT_LIST)
    *threshold = given[layer];
  else if (outcome->rule == SP_CUT_CETT && pass->reference != NULL)
    return sp_reference_solve (pass->reference, pass->team, outcome->value, threshold, &outcome->cett[layer], error);
  else if (outcome->rule == SP_CUT_CETT)
    *threshold = sp_tail_sums_solve (&pass->evaluation->tails[layer], outcome->value, &aimed_at);
  return TRUE;
}

static gboolean
push_dense (Pass *pass, guint layer, GError **error)
{
  SpEvaluation *self = pass->evaluation;
  gboolean      is_input_major = sp_model_get_architecture (self->model)->is_input_major;
  const float  *down = pass->weights->weights[SP_WEIGHT_DOWN];
  gsize         n_blocks = pass->meter != NULL ? sp_forward_n_blocks (pass->forward) : 0;
  SpCutting    *cutting = pass->states[0].cutting;

  if (pass->meter != NULL)
    {
      sp_tail_meter_set_weights (pass->meter, &pass->down, pass->norms);
      memset (pass->blocks, 0, n_blocks * sizeof *pass->blocks);
    }
  sp_cutting_begin (cutting, layer, pass->norms, NAN);
  if (!sp_forward_layer (pass->forward, pass->weights, layer, pass->states[0].x, &(SpForwardTaps) { measure_block, pass }, error))
    return FALSE;
  sp_cutting_end (cutting);
  if (pass->reference != NULL)
    return sp_reference_begin (pass->reference, pass->team, down, is_input_major, pass->norms, error);
  for (gsize i = 0; i < n_blocks; i++)
    sp_tail_sums_add (&self->tails[layer], &pass->blocks[i]);
  return TRUE;
}

static gboolean
push_cut (Pass *pass, State *state, guint layer, const double *given, GError **error)
{
  SpOutcome *outcome = sp_cutting_get_outcome (state->cutting);
  double     threshold;

  if (!find_threshold (pass, outcome, given, layer, &threshold, error))
    return FALSE;
  sp_cutting_begin (state->cutting, layer, pass->norms, threshold);
  if (!sp_forward_layer (pass->forward, pass->weights, layer, state->x, &(SpForwardTaps) { sp_cutting_block, state->cutting }, error))
    return FALSE;
  sp_cutting_end (state->cutting);
  return TRUE;
}

/* Of one way of cutting, nothing skipped. */
static double
count_flops (const SpEvaluation *self)
{
  return sp_model_flops (self->model, self->window) * (double) self->n_tokens;
}

static gboolean
read_layer (Pass *pass, guint layer, GError **error)
{
  SpEvaluation *self = pass->evaluation;
  gboolean      is_input_major = sp_model_get_architecture (self->model)->is_input_major;
  const float  *down;

  if (!sp_layer_read (pass->weights, self->model, layer, pass->team, error))
    return FALSE;
  down = pass->weights->weights[SP_WEIGHT_DOWN];
  return sp_down_norms (pass->team, down, self->shape->n_neurons, self->shape->n_hidden, is_input_major, pass->norms, error) &&
         sp_panels_fill (&pass->down, pass->team, down, is_input_major, error);
}

static gboolean
push_layer (Pass *pass, guint layer, const SpCut *cuts, GError **error)
{
  SpEvaluation        *self = pass->evaluation;
  g_autofree char     *stage = g_strdup_printf (_("Layer %u of %u"), layer + 1, self->shape->n_layers);
  double               of_head = 2.0 * (double) sp_model_n_elements (self->model, SP_WEIGHT_HEAD) * (double) self->n_tokens;
  double               step = (count_flops (self) - of_head) / self->shape->n_layers;

  tell (pass, stage);
  if (!read_layer (pass, layer, error))
    return FALSE;
  for (gsize i = 0; i < pass->n_states; i++)
    {
      gboolean is_dense = pass->has_dense && i == 0;

      if (is_dense ? !push_dense (pass, layer, error)
                   : !push_cut (pass, &pass->states[i], layer, cuts[i - pass->has_dense].thresholds, error))
        return FALSE;
      pass->done += step;
      tell (pass, stage);
    }
  return TRUE;
}

static gboolean
push_head (Pass *pass, GError **error)
{
  g_autofree float  **states = g_new (float *, pass->n_states);
  g_autofree gpointer *data = g_new (gpointer, pass->n_states);

  tell (pass, _("Predictions"));
  for (gsize i = 0; i < pass->n_states; i++)
    {
      states[i] = pass->states[i].x;
      data[i] = &pass->states[i];
      if (!sp_forward_last (pass->forward, states[i], error))
        return FALSE;
    }
  return sp_forward_head (pass->forward, states, pass->n_states, take_logits, data, error);
}

/* --- passes --------------------------------------------------------------------------------------------- */

/* Of all states together, with what is counted of each token. */
static gboolean
check_memory (const Pass *pass, GError **error)
{
  const SpEvaluation *self = pass->evaluation;
  double              of_token = (double) self->shape->n_hidden * sizeof (float) + self->shape->n_layers * sizeof (guint32) +
                                 sizeof *pass->states->log_sums + sizeof *pass->states->targets;
  double              n_bytes = of_token * (double) self->n_tokens * (double) pass->n_states;
  g_autofree char    *lack = sp_memory_lack (n_bytes);

  if (lack == NULL)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
               _("%zu ways of cutting at once, of %zu windows of %u tokens, take %.1f GiB, but %s; choose fewer tokens or a larger stride"),
               pass->n_states, self->n_windows, self->window, n_bytes / (1 << 30), lack);
  return FALSE;
}

static void
begin_state (Pass *pass, State *state, const SpCut *cut)
{
  SpEvaluation *self = pass->evaluation;
  SpOutcome    *outcome = sp_outcome_new (cut, self->shape->n_layers, self->shape->n_neurons, self->n_tokens);

  state->evaluation = self;
  state->cutting = sp_cutting_new (outcome, sp_team_get_n_threads (pass->team));
  state->x = g_aligned_alloc (self->n_tokens * self->shape->n_hidden, sizeof (float), 64);
  state->log_sums = g_new (double, self->n_tokens);
  state->targets = g_new0 (float, self->n_tokens);
  for (gsize t = 0; t < self->n_tokens; t++)
    state->log_sums[t] = -INFINITY;
}

static gboolean
has_cett (const SpCut *cuts, gsize n_cuts)
{
  for (gsize i = 0; i < n_cuts; i++)
    if (cuts[i].rule == SP_CUT_CETT)
      return TRUE;
  return FALSE;
}

static void
begin_tails (Pass *pass)
{
  SpEvaluation *self = pass->evaluation;

  pass->meter = sp_tail_meter_new (self->shape->n_neurons, sp_team_get_n_threads (pass->team));
  pass->blocks = g_new (SpTailSums, sp_forward_n_blocks (pass->forward));
  self->tails = g_new0 (SpTailSums, self->shape->n_layers);
}

static gboolean
begin_pass (Pass *pass, const SpCut *cuts, gsize n_cuts, GError **error)
{
  SpEvaluation *self = pass->evaluation;
  SpCut         none = { .rule = SP_CUT_NONE };

  pass->forward = sp_forward_new (self->model, pass->team, self->n_windows, self->window, error);
  if (pass->forward == NULL)
    return FALSE;
  pass->weights = sp_layer_new (self->model);
  if (self->is_reference && has_cett (cuts, n_cuts) &&
      (pass->reference = sp_reference_new (self->n_tokens, self->shape->n_neurons, self->shape->n_hidden, error)) == NULL)
    return FALSE;
  pass->norms = g_new (double, self->shape->n_neurons);
  sp_panels_init (&pass->down, self->shape->n_neurons, self->shape->n_hidden, SP_WIDE_PANEL);
  pass->weights->down = &pass->down;
  if (pass->reference == NULL && has_cett (cuts, n_cuts) && self->tails == NULL)
    begin_tails (pass);
  pass->has_dense = self->dense == NULL || pass->meter != NULL || pass->reference != NULL;
  pass->n_states = n_cuts + pass->has_dense;
  pass->states = g_new0 (State, pass->n_states);
  pass->all = count_flops (self) * (double) pass->n_states;
  if (!check_memory (pass, error))
    return FALSE;
  for (gsize i = 0; i < pass->n_states; i++)
    begin_state (pass, &pass->states[i], pass->has_dense && i == 0 ? &none : &cuts[i - pass->has_dense]);
  if (pass->n_states > 0 && !sp_forward_embed (pass->forward, self->ids, pass->states[0].x, error))
    return FALSE;
  for (gsize i = 1; i < pass->n_states; i++)
    memcpy (pass->states[i].x, pass->states[0].x, self->n_tokens * self->shape->n_hidden * sizeof (float));
  return TRUE;
}

static void
end_pass (Pass *pass)
{
  for (gsize i = 0; i < pass->n_states; i++)
    {
      g_clear_pointer (&pass->states[i].cutting, sp_cutting_free);
      g_aligned_free (pass->states[i].x);
      g_free (pass->states[i].log_sums);
      g_free (pass->states[i].targets);
    }
  g_free (pass->states);
  g_free (pass->blocks);
  g_free (pass->norms);
  sp_panels_clear (&pass->down);
  g_clear_pointer (&pass->reference, sp_reference_free);
  g_clear_pointer (&pass->meter, sp_tail_meter_free);
  g_clear_pointer (&pass->weights, sp_layer_free);
  g_clear_pointer (&pass->forward, sp_forward_free);
}

static void
set_dense (State *state)
{
  SpEvaluation *self = state->evaluation;

  g_clear_pointer (&self->dense, sp_outcome_unref);
  self->dense = sp_outcome_ref (sp_cutting_get_outcome (state->cutting));
  keep_losses (state);
}

static GPtrArray *
take_outcomes (Pass *pass)
{
  SpEvaluation *self = pass->evaluation;
  GPtrArray    *outcomes = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_outcome_unref);

  for (gsize i = 0; i < pass->n_states; i++)
    {
      State     *state = &pass->states[i];
      SpOutcome *outcome = sp_cutting_get_outcome (state->cutting);

      sum_losses (state);
      if (pass->has_dense && i == 0)
        set_dense (state);
      else
        {
          outcome->loss_error = find_error (state, outcome->loss - self->dense->loss, outcome->n_predicted);
          g_ptr_array_add (outcomes, sp_outcome_ref (outcome));
        }
    }
  return outcomes;
}

GPtrArray *
sp_evaluation_run (SpEvaluation *self, const SpCut *cuts, gsize n_cuts, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpTeam) team = sp_team_new (self->n_threads, cancellable);
  Pass               pass = { .evaluation = self, .team = team };
  gboolean           is_done = begin_pass (&pass, cuts, n_cuts, error);
  GPtrArray         *outcomes = NULL;

  for (guint layer = 0; is_done && pass.n_states > 0 && layer < self->shape->n_layers; layer++)
    is_done = push_layer (&pass, layer, cuts, error);
  if (is_done && (pass.n_states == 0 || push_head (&pass, error)))
    outcomes = take_outcomes (&pass);
  if (outcomes == NULL && pass.meter != NULL)
    g_clear_pointer (&self->tails, g_free);
  end_pass (&pass);
  return outcomes;
}

/* --- public --------------------------------------------------------------------------------------------- */

SpEvaluation *
sp_evaluation_new (SpModel *model, const SpText *text, guint n_threads, GError **error)
{
  SpEvaluation *self;

  g_return_val_if_fail (text->stride >= 1 && text->stride <= MAX (text->window, 1), NULL);
  if (!check_text (model, text, error) || !check_size (model, text, error))
    return NULL;
  self = g_new0 (SpEvaluation, 1);
  self->model = sp_model_ref (model);
  self->shape = sp_model_get_shape (model);
  self->n_threads = n_threads;
  lay_out (self, text);
  return self;
}

void
sp_evaluation_free (SpEvaluation *self)
{
  g_clear_pointer (&self->dense, sp_outcome_unref);
  sp_model_unref (self->model);
  g_free (self->dense_losses);
  g_free (self->tails);
  g_free (self->ids);
  g_free (self);
}

void
sp_evaluation_set_progress (SpEvaluation *self, SpEvaluationFunc func, gpointer data)
{
  self->func = func;
  self->data = data;
}

void
sp_evaluation_set_reference (SpEvaluation *self, gboolean is_reference)
{
  self->is_reference = is_reference;
}

gsize
sp_evaluation_get_n_tokens (SpEvaluation *self)
{
  return self->n_tokens;
}

const guint32 *
sp_evaluation_get_ids (SpEvaluation *self)
{
  return self->ids;
}

const SpTailSums *
sp_evaluation_get_tails (SpEvaluation *self)
{
  return self->tails;
}

SpOutcome *
sp_evaluation_get_dense (SpEvaluation *self)
{
  return self->dense;
}
