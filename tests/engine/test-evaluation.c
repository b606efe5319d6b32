/* test-evaluation.c - windows, ways of cutting, threads, and texts that will not do, on tiny models of random weights */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-evaluation.h"

#include <math.h>
#include <string.h>

#define N_IDS 64

static SpModel *
open_model (const char *name)
{
  g_autofree char    *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "models", name, NULL);
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpStore) store = sp_store_open (path, NULL, &error);
  SpModel            *model;

  g_assert_no_error (error);
  model = sp_model_open (store, &error);
  g_assert_no_error (error);
  return model;
}

static const guint32 *
some_ids (void)
{
  static guint32 ids[N_IDS];

  for (guint i = 0; i < N_IDS; i++)
    ids[i] = (i * 37 + i * i * 11) % 60;
  return ids;
}

static SpEvaluation *
begin (const char *name, gsize n_ids, guint window, guint stride, guint n_threads)
{
  g_autoptr (SpModel) model = open_model (name);
  SpText              text = { some_ids (), n_ids, window, stride, 0 };
  g_autoptr (GError)  error = NULL;
  SpEvaluation       *evaluation = sp_evaluation_new (model, &text, n_threads, &error);

  g_assert_no_error (error);
  return evaluation;
}

static GPtrArray *
run (SpEvaluation *evaluation, const SpCut *cuts, gsize n_cuts)
{
  g_autoptr (GError) error = NULL;
  GPtrArray         *outcomes = sp_evaluation_run (evaluation, cuts, n_cuts, NULL, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (outcomes->len, ==, n_cuts);
  return outcomes;
}

/* --- windows -------------------------------------------------------------------------------------------- */

static void
test_windows (void)
{
  static const struct { gsize n_ids; guint window, stride; gsize n_tokens; guint64 n_predicted; } cases[] = {
    { 64, 16, 16, 64, 60 }, { 63, 16, 16, 48, 45 }, { 16, 16, 16, 16, 15 }, { 64, 16, 8, 112, 15 + 6 * 8 }, { 20, 16, 1, 80, 15 + 4 },
    { 2, 2, 2, 2, 1 },
  };

  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autoptr (SpEvaluation) evaluation = begin ("llama-relu", cases[i].n_ids, cases[i].window, cases[i].stride, 2);
      g_autoptr (GPtrArray)    outcomes = run (evaluation, NULL, 0);

      g_assert_cmpuint (sp_evaluation_get_n_tokens (evaluation), ==, cases[i].n_tokens);
      g_assert_cmpuint (sp_evaluation_get_dense (evaluation)->n_predicted, ==, cases[i].n_predicted);
    }
}

/* One window's mean and two windows' are those of their parts. */
static void
test_windows_are_apart (void)
{
  g_autoptr (SpEvaluation) both = begin ("gpt2-bare", 20, 10, 10, 2), first = begin ("gpt2-bare", 10, 10, 10, 2);
  g_autoptr (GPtrArray)    a = run (both, NULL, 0), b = run (first, NULL, 0);
  g_autoptr (SpModel)      model = open_model ("gpt2-bare");
  SpText                   text = { some_ids () + 10, 10, 10, 10, 0 };
  g_autoptr (SpEvaluation) second = sp_evaluation_new (model, &text, 1, NULL);
  g_autoptr (GPtrArray)    c = run (second, NULL, 0);

  g_assert_cmpfloat_with_epsilon (sp_evaluation_get_dense (both)->loss,
                                  (sp_evaluation_get_dense (first)->loss + sp_evaluation_get_dense (second)->loss) / 2, 1e-6);
}

/* --- ways of cutting -------------------------------------------------------------------------------------- */

static void
test_counts (void)
{
  static const SpCut       cuts[] = { { SP_CUT_ZERO }, { SP_CUT_FAT, 0 }, { SP_CUT_TOPK, 1 }, { SP_CUT_TOPK, 0.25 }, { SP_CUT_FAT, 1e9 },
                                      { SP_CUT_CETT, 0 } };
  g_autoptr (SpEvaluation) evaluation = begin ("llama-relu", 64, 16, 16, 2);
  g_autoptr (GPtrArray)    outcomes = run (evaluation, cuts, G_N_ELEMENTS (cuts));
  const SpOutcome         *dense = sp_evaluation_get_dense (evaluation), *quarter = outcomes->pdata[3], *none = outcomes->pdata[4];

  for (gsize i = 0; i < 3; i++)          /* drop nothing that a ReLU has left */
    {
      const SpOutcome *outcome = outcomes->pdata[i];

      g_assert_cmpfloat (outcome->loss, ==, dense->loss);
      g_assert_cmpmem (outcome->n_active, outcome->n_layers * 8, dense->n_active, dense->n_layers * 8);
    }
  g_assert_cmpfloat (sp_outcome_get_ratio (dense), >, 0.2);
  g_assert_cmpfloat (sp_outcome_get_ratio (dense), <, 0.8);
  for (gsize i = 0; i < quarter->n_layers * quarter->n_tokens; i++)
    g_assert_cmpuint (quarter->by_token[i], <=, quarter->n_neurons - (guint) (quarter->n_neurons * 0.75));
  g_assert_cmpfloat (sp_outcome_get_ratio (none), ==, 0);
  g_assert_cmpfloat (((SpOutcome *) outcomes->pdata[5])->loss, ==, dense->loss);
}

static void
test_counts_agree (void)
{
  static const SpCut       cuts[] = { { SP_CUT_CETT, 0.2 } };
  g_autoptr (SpEvaluation) evaluation = begin ("gpt2-bare", 60, 20, 20, 3);
  g_autoptr (GPtrArray)    outcomes = run (evaluation, cuts, 1);
  const SpOutcome         *outcome = outcomes->pdata[0];

  for (guint layer = 0; layer < outcome->n_layers; layer++)
    {
      guint64 tokens = 0, neurons = 0;

      for (gsize t = 0; t < outcome->n_tokens; t++)
        tokens += outcome->by_token[layer * outcome->n_tokens + t];
      for (gsize i = 0; i < outcome->n_neurons; i++)
        neurons += outcome->by_neuron[layer * outcome->n_neurons + i];
      g_assert_cmpuint (tokens, ==, outcome->n_active[layer]);
      g_assert_cmpuint (neurons, ==, outcome->n_active[layer]);
    }
}

/* Thresholds once found do the same when they are given; and a later run finds the same ones. */
static void
test_thresholds_given (void)
{
  SpCut                    cuts[] = { { SP_CUT_CETT, 0.3 }, { SP_CUT_CETT, 0.1 } }, list = { .rule = SP_CUT_LIST };
  g_autoptr (SpEvaluation) evaluation = begin ("llama-relu", 64, 16, 16, 2);
  g_autoptr (GPtrArray)    outcomes = run (evaluation, cuts, 2), later = run (evaluation, cuts, 1), given = NULL;
  const SpOutcome         *outcome = outcomes->pdata[0], *again = later->pdata[0];

  list.thresholds = outcome->thresholds;
  given = run (evaluation, &list, 1);
  g_assert_cmpfloat (((SpOutcome *) given->pdata[0])->loss, ==, outcome->loss);
  g_assert_cmpfloat (again->loss, ==, outcome->loss);
  g_assert_cmpfloat (outcome->loss, !=, ((SpOutcome *) outcomes->pdata[1])->loss);
}

/* --- the same bits ------------------------------------------------------------------------------------------ */

static void
assert_same (const SpOutcome *a, const SpOutcome *b)
{
  g_assert_cmpfloat (a->loss, ==, b->loss);
  g_assert_cmpmem (a->by_token, a->n_layers * a->n_tokens * 4, b->by_token, b->n_layers * b->n_tokens * 4);
  g_assert_cmpmem (a->by_neuron, a->n_layers * a->n_neurons * 4, b->by_neuron, b->n_layers * b->n_neurons * 4);
  g_assert_cmpmem (a->thresholds, a->n_layers * 8, b->thresholds, b->n_layers * 8);
}

static void
test_threads (void)
{
  static const SpCut    cuts[] = { { SP_CUT_CETT, 0.2 }, { SP_CUT_TOPK, 0.3 } };
  static const gboolean is_reference[] = { FALSE, TRUE };

  for (gsize r = 0; r < 2; r++)
    {
      g_autoptr (SpEvaluation) one = begin ("llama3-sharded", 60, 7, 3, 1);
      g_autoptr (GPtrArray)    expected = NULL;

      sp_evaluation_set_reference (one, is_reference[r]);
      expected = run (one, cuts, 2);
      for (guint n = 2; n <= 16; n *= 2)
        {
          g_autoptr (SpEvaluation) many = begin ("llama3-sharded", 60, 7, 3, n);
          g_autoptr (GPtrArray)    outcomes = NULL;

          sp_evaluation_set_reference (many, is_reference[r]);
          outcomes = run (many, cuts, 2);
          assert_same (sp_evaluation_get_dense (many), sp_evaluation_get_dense (one));
          for (gsize i = 0; i < 2; i++)
            assert_same (outcomes->pdata[i], expected->pdata[i]);
        }
    }
}

/* --- texts that will not do, and stopping -------------------------------------------------------------------- */

static void
assert_refused (const SpText *text, const char *why)
{
  g_autoptr (SpModel) model = open_model ("gpt2-bare");
  g_autoptr (GError)  error = NULL;

  g_assert_null (sp_evaluation_new (model, text, 1, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
  if (strstr (error->message, why) == NULL)
    g_error ("does not say '%s': %s", why, error->message);
}

static void
test_refused_size (void)
{
  g_autofree guint32  *ids = g_new0 (guint32, 40000000);
  g_autoptr (SpModel)  model = open_model ("llama-relu");
  SpText               text = { ids, 40000000, 2048, 1, 0 };
  g_autoptr (GError)   error = NULL;

  g_assert_null (sp_evaluation_new (model, &text, 1, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
}

static void
test_refused (void)
{
  static const guint32 odd[] = { 1, 2, 99999, 3 };

  assert_refused (&(SpText) { some_ids (), 9, 10, 10, 0 }, "9 tokens");
  assert_refused (&(SpText) { some_ids (), 0, 10, 10, 0 }, "0 tokens");
  assert_refused (&(SpText) { some_ids (), 9, 1, 1, 0 }, "two tokens");
  assert_refused (&(SpText) { odd, 4, 2, 2, 0 }, "99999");
}

static void
stop_at_second_layer (gpointer cancellable, const char *stage, double share)
{
  if (share > 0.3)
    g_cancellable_cancel (cancellable);
}

static void
test_cancel (void)
{
  static const SpCut       cuts[] = { { SP_CUT_CETT, 0.2 } };
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpEvaluation) evaluation = begin ("llama-relu", 64, 16, 16, 2), whole = begin ("llama-relu", 64, 16, 16, 2);
  g_autoptr (GError)       error = NULL;
  g_autoptr (GPtrArray)    outcomes = NULL, expected = run (whole, cuts, 1);

  sp_evaluation_set_progress (evaluation, stop_at_second_layer, cancellable);
  g_assert_null (sp_evaluation_run (evaluation, cuts, 1, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_null (sp_evaluation_get_dense (evaluation));
  outcomes = run (evaluation, cuts, 1);
  assert_same (outcomes->pdata[0], expected->pdata[0]);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/evaluation/windows", test_windows);
  g_test_add_func ("/evaluation/windows-are-apart", test_windows_are_apart);
  g_test_add_func ("/evaluation/counts", test_counts);
  g_test_add_func ("/evaluation/counts-agree", test_counts_agree);
  g_test_add_func ("/evaluation/thresholds-given", test_thresholds_given);
  g_test_add_func ("/evaluation/threads", test_threads);
  g_test_add_func ("/evaluation/refused", test_refused);
  g_test_add_func ("/evaluation/refused-size", test_refused_size);
  g_test_add_func ("/evaluation/cancel", test_cancel);
  return g_test_run ();
}
