/* ppl-p-run.c - runs the model on the text, once for each way of leaving neurons out that the search asks for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "ppl-p.h"

#include "sp-evaluation.h"
#include "sp-ids.h"
#include "sp-text.h"

#include <glib/gi18n-lib.h>
#include <math.h>
#include <string.h>

#define MOST_AT_ONCE  6                    /* ways of cutting in a pass: each has its hidden states */
#define CUT_SHARE     0.7                  /* what a cut run costs of a whole one */

static const double fat_limits[] = { 0.01, 0.03, 0.1, 0.3 };
static const double top_shares[] = { 0.5, 0.3, 0.2, 0.1, 0.05 };

typedef struct {
  PplState      *state;
  const SpWork  *work;
  SpModel       *model;
  SpTokenizer   *tokenizer;                /* NULL: the model has none, and the text is ids */
  SpEvaluation  *evaluation;
  GArray        *taus;                     /* of double: to be measured next */
  guint          n_passes;
  double         done, pass_cost;          /* in runs of the whole model */
} Runner;

static void
runner_clear (Runner *runner)
{
  g_clear_pointer (&runner->taus, g_array_unref);
  g_clear_pointer (&runner->evaluation, sp_evaluation_free);
  g_clear_pointer (&runner->tokenizer, sp_tokenizer_unref);
  g_clear_pointer (&runner->model, sp_model_unref);
}
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Runner, runner_clear)

/* --- the text --------------------------------------------------------------------------------------- */

static GArray *
read_ids (Runner *runner, GError **error)
{
  if (runner->state->text == NULL || runner->model == NULL)
    {
      g_set_error_literal (error, SP_ERROR, SP_ERROR_USAGE, _("there is no text, or no model to run on it"));
      return NULL;
    }
  sp_work_report (runner->work, 0, _("Splitting the text into tokens"));
  return sp_text_read (runner->model, runner->state->text, &runner->tokenizer, runner->work->cancellable, error);
}

/* --- facts ------------------------------------------------------------------------------------------ */

static SpText
lay_out (Runner *runner, GArray *ids)
{
  const PplSetting *setting = &runner->state->setting;
  guint             window = setting->window > 0 ? setting->window : sp_model_default_window (runner->model);
  guint             stride = setting->stride > 0 ? MIN (setting->stride, window) : window;

  return (SpText) {
    .ids = (const guint32 *) ids->data, .n_ids = ids->len, .window = window, .stride = MAX (stride, 1),
    .most_windows = setting->most_tokens > 0 ? (MAX (setting->most_tokens, window) - window) / MAX (stride, 1) + 1 : 0,
  };
}

static char **
list_texts (Runner *runner, gsize n)
{
  const guint32 *ids = sp_evaluation_get_ids (runner->evaluation);
  char         **texts = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      texts[i] = sp_tokenizer_dup_text (runner->tokenizer, ids[i]);
      if (texts[i] == NULL)
        texts[i] = g_strdup ("");
    }
  return texts;
}

/* The token that stands before any text; NULL: none does. */
static char *
find_start (Runner *runner, GError **error)
{
  g_autoptr (GArray) empty = sp_tokenizer_encode (runner->tokenizer, "", 0, TRUE, NULL, error);

  return empty != NULL && empty->len > 0 ? sp_tokenizer_dup_text (runner->tokenizer, g_array_index (empty, guint32, 0)) : NULL;
}

static char **
list_keys (Runner *runner)
{
  guint  n = sp_model_get_shape (runner->model)->n_layers;
  char **keys = g_new0 (char *, n + 1);

  for (guint i = 0; i < n; i++)
    keys[i] = g_strdup (sp_model_get_weight (runner->model, i, SP_WEIGHT_DOWN)->tensor->name);
  return keys;
}

static void
take_facts (Runner *runner, const SpText *text)
{
  const SpModelShape *shape = sp_model_get_shape (runner->model);
  gsize               n_tokens = sp_evaluation_get_n_tokens (runner->evaluation);

  runner->state->facts = (PplFacts) {
    .title = g_strdup (sp_store_get_title (runner->state->store)), .text = g_path_get_basename (runner->state->text),
    .architecture = g_strdup (sp_model_get_architecture (runner->model)->model_type),
    .is_gated = shape->is_gated,
    .is_ids = sp_ids_are_in (runner->state->text), .n_layers = shape->n_layers,
    .n_neurons = shape->n_neurons, .n_hidden = shape->n_hidden, .window = text->window, .stride = text->stride,
    .n_context = shape->n_context, .n_windows = n_tokens / text->window, .n_tokens = n_tokens, .n_text_tokens = text->n_ids,
    .flops = sp_model_flops (runner->model, text->window),
    .keys = list_keys (runner),
    .start = sp_ids_are_in (runner->state->text) ? NULL : find_start (runner, NULL),
    .texts = runner->tokenizer != NULL ? list_texts (runner, n_tokens) : NULL,
  };
}

/* --- passes ----------------------------------------------------------------------------------------- */

/* About how many runs of the whole model it all takes. */
static double
expected_cost (const Runner *runner)
{
  const PplSetting *setting = &runner->state->setting;
  double            n = setting->convention == PPL_REFERENCE ? 28.0 * (double) setting->n_percents : 2 + 1.5 * (double) setting->n_percents;

  if (setting->compares)
    n += 1 + G_N_ELEMENTS (fat_limits) + G_N_ELEMENTS (top_shares);
  return 1 + CUT_SHARE * n;
}

static void
on_stage (gpointer data, const char *stage, double share)
{
  Runner          *runner = data;
  double           done = runner->done + share * runner->pass_cost;
  double           all = MAX (expected_cost (runner), runner->done + 1.2 * runner->pass_cost);
  g_autofree char *what = g_strdup_printf (_("Reading %u: %s"), runner->n_passes, stage);

  sp_work_report (runner->work, done / all, what);
}

/* The search is looked at by finish() too, and counts what it is asked. */
static void
ask_next (Runner *runner)
{
  g_clear_pointer (&runner->taus, g_array_unref);
  sp_work_lock (runner->work);
  runner->taus = ppl_search_next (runner->state->search);
  sp_work_unlock (runner->work);
}

/* Of the dense activations, at the thresholds for a CETT of tau. */
static double
find_dense_ratio (const PplFacts *facts, const SpTailSums *tails, double tau)
{
  double sum = 0, aimed_at;

  for (guint i = 0; i < facts->n_layers; i++)
    sum += sp_tail_sums_active (&tails[i], sp_tail_sums_solve (&tails[i], tau, &aimed_at), facts->n_neurons);
  return sum / facts->n_layers;
}

/* Once.  Of many layers the guide takes a while, so it is made before anybody has to wait; where a layer gives nothing at any token, there
 * is none. */
static void
keep_tails (Runner *runner)
{
  PplState         *state = runner->state;
  const SpTailSums *tails = sp_evaluation_get_tails (runner->evaluation);
  PplGuide          guide;

  if (tails == NULL || state->tails != NULL)
    return;
  for (gsize i = 0; i < PPL_GUIDE_POINTS; i++)
    guide.active[i] = find_dense_ratio (&state->facts, tails, pow (10, PPL_GUIDE_LEAST + (double) i / PPL_GUIDE_DECADE));
  sp_work_lock (runner->work);
  state->tails = g_memdup2 (tails, state->facts.n_layers * sizeof *tails);
  if (!isnan (guide.active[0]))
    ppl_search_set_guide (state->search, &guide);
  sp_work_unlock (runner->work);
}

static void
publish (Runner *runner, GPtrArray *outcomes)
{
  PplState *state = runner->state;

  keep_tails (runner);
  sp_work_lock (runner->work);
  if (state->dense == NULL)
    state->dense = sp_outcome_ref (sp_evaluation_get_dense (runner->evaluation));
  for (guint i = 0; i < outcomes->len; i++)
    {
      SpOutcome *outcome = outcomes->pdata[i];
      PplPoint   point = { outcome->value, ppl_ratio (state, outcome), sp_outcome_get_ratio (outcome), outcome->loss_error };

      g_ptr_array_add (state->outcomes, sp_outcome_ref (outcome));
      if (outcome->rule == SP_CUT_CETT)
        ppl_search_add (state->search, &point);
    }
  sp_work_unlock (runner->work);
}

/* Where weights are finite, values may still grow beyond all bounds on their way through the layers; then nothing that was measured means
 * anything. */
static gboolean
check_dense (Runner *runner, GError **error)
{
  SpOutcome *dense = sp_evaluation_get_dense (runner->evaluation);

  if (isfinite (dense->loss))
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
               _("%s: with nothing left out its predictions are not finite, for values grow too large for 32 bits in one of its layers; "
                 "record its hidden states to see in which"), sp_store_get_title (runner->state->store));
  return FALSE;
}

static gboolean
run_pass (Runner *runner, const SpCut *cuts, gsize n_cuts, GError **error)
{
  g_autoptr (GPtrArray) outcomes = NULL;

  runner->n_passes++;
  runner->pass_cost = CUT_SHARE * (double) n_cuts + (runner->state->dense == NULL);
  outcomes = sp_evaluation_run (runner->evaluation, cuts, n_cuts, runner->work->cancellable, error);
  runner->done += runner->pass_cost;
  if (outcomes == NULL || !check_dense (runner, error))
    return FALSE;
  publish (runner, outcomes);
  return TRUE;
}

static gboolean
run_cuts (Runner *runner, GArray *cuts, GError **error)
{
  for (guint i = 0; i < cuts->len; i += MOST_AT_ONCE)
    if (!run_pass (runner, &g_array_index (cuts, SpCut, i), MIN (MOST_AT_ONCE, cuts->len - i), error))
      return FALSE;
  return TRUE;
}

static void
add_cuts (GArray *cuts, SpCutRule rule, const double *values, gsize n)
{
  for (gsize i = 0; i < n; i++)
    g_array_append_val (cuts, ((SpCut) { .rule = rule, .value = values[i] }));
}

/* Where nothing is searched, the whole model is run alone. */
static gboolean
search (Runner *runner, GError **error)
{
  ask_next (runner);
  do
    {
      g_autoptr (GArray) cuts = g_array_new (FALSE, FALSE, sizeof (SpCut));

      add_cuts (cuts, SP_CUT_CETT, (const double *) runner->taus->data, runner->taus->len);
      if (cuts->len > 0 ? !run_cuts (runner, cuts, error) : !run_pass (runner, NULL, 0, error))
        return FALSE;
      ask_next (runner);
    }
  while (runner->taus->len > 0);
  return TRUE;
}

static gboolean
compare (Runner *runner, GError **error)
{
  g_autoptr (GArray) cuts = g_array_new (FALSE, FALSE, sizeof (SpCut));

  add_cuts (cuts, SP_CUT_ZERO, &(const double) { 0 }, 1);
  add_cuts (cuts, SP_CUT_FAT, fat_limits, G_N_ELEMENTS (fat_limits));
  add_cuts (cuts, SP_CUT_TOPK, top_shares, G_N_ELEMENTS (top_shares));
  return run_cuts (runner, cuts, error);
}

static gboolean
run_model (PplState *state, const SpWork *work, GError **error)
{
  g_auto (Runner)    runner = { .state = state, .work = work };
  g_autoptr (GArray) ids = NULL;
  SpText             text;

  sp_work_report (work, 0, _("Opening the model"));
  if (state->store != NULL && (runner.model = sp_model_open (state->store, error)) == NULL)
    return FALSE;
  ids = read_ids (&runner, error);
  if (ids == NULL)
    return FALSE;
  text = lay_out (&runner, ids);
  runner.evaluation = sp_evaluation_new (runner.model, &text, work->n_threads, error);
  if (runner.evaluation == NULL)
    return FALSE;
  sp_evaluation_set_reference (runner.evaluation, state->setting.convention == PPL_REFERENCE);
  sp_evaluation_set_progress (runner.evaluation, on_stage, &runner);
  sp_work_lock (work);
  take_facts (&runner, &text);
  sp_work_unlock (work);
  return search (&runner, error) && (!state->setting.compares || compare (&runner, error));
}

/* --- either ----------------------------------------------------------------------------------------- */

static gboolean
read_table (PplState *state, const SpWork *work, GError **error)
{
  double  dense_loss;
  GArray *points = ppl_table_read (state->table, &dense_loss, work->cancellable, error);

  if (points == NULL)
    return FALSE;
  sp_work_lock (work);
  state->points = points;
  state->table_loss = dense_loss;
  sp_work_unlock (work);
  return TRUE;
}

gboolean
ppl_execute (PplState *state, const SpWork *work, GError **error)
{
  return state->setting.is_table ? read_table (state, work, error) : run_model (state, work, error);
}
