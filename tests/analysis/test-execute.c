/* test-execute.c - analyses that do not stream: order, progress, previews, failures, cancelling, threads */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "model-file.h"
#include "sp-run.h"

#include <math.h>
#include <pthread.h>
#include <string.h>

#define N_STEPS 5

static char *folder;

/* What the executions of a run did, in order; what they are told to do. */
static GString  *story;
static GThread  *caller;

typedef struct { gint64 n_steps; } State;

static const SpParam params[] = {
  { .id = "fail", .title = "Fail", .help = "after so many steps", .type = SP_PARAM_NUMBER, .fallback = N_STEPS, .min = 0, .max = N_STEPS },
  { .id = "wait", .title = "Wait", .help = "until it is cancelled", .type = SP_PARAM_BOOL },
  { .id = "part", .title = "Part", .help = "the third quarter of the whole", .type = SP_PARAM_BOOL },
  { .id = "name", .title = "Name", .help = "in the story", .type = SP_PARAM_TEXT },
  { .id = "scale", .title = "Scale", .help = "of the result", .type = SP_PARAM_NUMBER, .fallback = 1, .max = 10, .is_live = TRUE },
  { .id = NULL }
};

static gpointer
new_state (const SpItems *items, SpArgs *args)
{
  g_assert_cmpuint (items->n, ==, 1);
  return g_new0 (State, 1);
}

static void
step (State *state, const SpWork *work, guint i)
{
  g_autofree char *what = g_strdup_printf ("Step %u of %u", i + 1, N_STEPS);

  sp_work_report (work, (double) i / N_STEPS, what);
  sp_work_lock (work);
  state->n_steps++;
  sp_work_unlock (work);
}

static gboolean
execute (gpointer data, SpArgs *args, const SpWork *work, GError **error)
{
  State *state = data;
  double n = sp_args_get_number (args, "fail");
  SpWork half = sp_work_part (work, 0.5, 1, "Half"), quarter = sp_work_part (&half, 0, 0.5, "Quarter");

  g_assert_true (g_thread_self () != caller);
  g_string_append_printf (story, "%s/%u ", sp_args_get_text (args, "name"), work->n_threads);
  for (guint i = 0; i < n; i++)
    step (state, sp_args_get_bool (args, "part") ? &quarter : work, i);
  while (sp_args_get_bool (args, "wait"))
    {
      if (g_cancellable_set_error_if_cancelled (work->cancellable, error))
        return FALSE;
      g_usleep (1000);
    }
  if (n == N_STEPS)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_IO, "step %g is missing", n + 1);
  return FALSE;
}

static SpResult *
finish (gpointer data, SpArgs *args)
{
  State      *state = data;
  SpResult   *result = sp_result_new ("executor");
  const char *name = "steps", *unit = "";
  double      value = (double) state->n_steps * sp_args_get_number (args, "scale");

  sp_result_add_summary (result, 1, &name, &value, &unit);
  sp_result_take_note (result, g_strdup ("counted"));
  return result;
}

static const SpAnalysis executor = {
  .id = "executor", .title = "Executor", .question = "How many steps?", .params = params,
  .new_state = new_state, .free_state = g_free, .execute = execute, .finish = finish,
};

static SpStore *
open_model (void)
{
  static const float   x[64] = { 1 };
  ModelTensor          tensor = { "model.layers.0.mlp.up_proj.weight", "F32", 8, 8, x, sizeof x };
  g_autofree char     *path = model_file_write (folder, "model.safetensors", &tensor, 1);
  SpStore             *store = sp_store_open (path, NULL, NULL);

  g_assert_nonnull (store);
  return store;
}

static void
add (SpRun *run, const char *name, const char *const *pairs)
{
  g_autoptr (SpArgs) args = sp_args_new (&executor);

  sp_args_set_text (args, "name", name);
  for (gsize i = 0; pairs != NULL && pairs[i] != NULL; i += 2)
    g_assert_true (sp_args_parse (args, pairs[i], pairs[i + 1], NULL));
  sp_run_add (run, &executor, args);
}

static SpRun *
new_run (void)
{
  g_autoptr (SpStore) store = open_model ();
  SpRun              *run = sp_run_new (&store, 1);

  g_string_truncate (story, 0);
  sp_run_set_threads (run, 3);
  return run;
}

static double
steps (SpResult *result)
{
  return sp_table_find_column (sp_result_find_table (result, "summary"), "value")->f64[0];
}

static void
test_order (void)
{
  g_autoptr (SpRun)    run = new_run ();
  g_autoptr (SpArgs)   args = sp_args_new (sp_analysis_find ("weight-sparsity")), live = sp_args_new (&executor);
  g_autoptr (SpResult) weights = NULL, result = NULL;
  g_autoptr (GError)   error = NULL;

  add (run, "a", NULL);
  sp_run_add (run, sp_analysis_find ("weight-sparsity"), args);
  add (run, "b", NULL);
  g_assert_true (sp_run_execute (run, NULL, &error));
  g_assert_no_error (error);
  g_assert_cmpstr (story->str, ==, "a/3 b/3 ");
  weights = sp_run_dup_result (run, 1, NULL);
  g_assert_true (weights->is_final);
  sp_args_set_text (live, "name", "b");
  sp_args_set_number (live, "scale", 2);
  g_assert_true (sp_run_accepts (run, 2, live));
  result = sp_run_dup_result (run, 2, live);
  g_assert_true (result->is_final);
  g_assert_cmpfloat (steps (result), ==, 2 * N_STEPS);
  g_assert_cmpuint (result->notes->len, ==, 1);
}

/* One that fails keeps what it had, says why, and does not keep the next one from its work. */
static void
test_fails (void)
{
  g_autoptr (SpRun)    run = new_run ();
  g_autoptr (SpResult) part = NULL, none = NULL, whole = NULL;
  g_autoptr (GError)   error = NULL;

  add (run, "part", (const char *[]) { "fail", "2", NULL });
  add (run, "none", (const char *[]) { "fail", "0", NULL });
  add (run, "whole", NULL);
  g_assert_false (sp_run_execute (run, NULL, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_IO);
  g_assert_cmpstr (error->message, ==, "step 3 is missing");
  g_assert_cmpstr (story->str, ==, "part/3 none/3 whole/3 ");
  part = sp_run_dup_result (run, 0, NULL);
  g_assert_false (part->is_final);
  g_assert_cmpfloat (steps (part), ==, 2);
  g_assert_cmpuint (part->notes->len, ==, 2);
  g_assert_nonnull (strstr (part->notes->pdata[0], "step 3 is missing"));
  none = sp_run_dup_result (run, 1, NULL);
  g_assert_null (none);
  whole = sp_run_dup_result (run, 2, NULL);
  g_assert_true (whole->is_final);
  g_assert_cmpfloat (steps (whole), ==, N_STEPS);
}

/* Of a run as it goes: what was told, and the previews made then. */
typedef struct {
  GCancellable *cancellable;          /* cancelled at the first report; NULL: not */
  guint         n_news, n_previews;
  double        share;
  char          what[SP_PROGRESS_TEXT];
  gint64        cancelled;            /* when */
} Witness;

static void
on_progress (SpRun *run, const SpProgress *progress, gpointer data)
{
  Witness             *witness = data;
  g_autoptr (SpResult) result = sp_run_dup_result (run, 0, NULL);

  g_assert_true (g_thread_self () == caller);
  g_assert_cmpuint (progress->bytes_total, ==, 0);
  witness->n_news += progress->has_news;
  witness->n_previews += result != NULL && !result->is_final && steps (result) == N_STEPS;
  witness->share = progress->share;
  g_strlcpy (witness->what, progress->what, sizeof witness->what);
  if (witness->cancellable != NULL && witness->cancelled == 0)
    {
      witness->cancelled = g_get_monotonic_time ();
      g_cancellable_cancel (witness->cancellable);
    }
}

static void
test_cancel (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpRun)        run = new_run ();
  g_autoptr (SpResult)     result = NULL, never = NULL;
  g_autoptr (GError)       error = NULL;
  Witness                  witness = { cancellable };

  add (run, "a", (const char *[]) { "wait", "true", NULL });
  add (run, "b", NULL);
  sp_run_set_progress (run, on_progress, &witness);
  g_assert_false (sp_run_execute (run, cancellable, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpint (g_get_monotonic_time () - witness.cancelled, <, G_USEC_PER_SEC);
  g_assert_cmpstr (story->str, ==, "a/3 ");
  g_assert_cmpstr (witness.what, ==, "Step 5 of 5");
  g_assert_cmpfloat (witness.share, ==, 0.8);
  g_assert_cmpuint (witness.n_previews, >=, 1);
  g_assert_cmpuint (witness.n_news, ==, 1);
  result = sp_run_dup_result (run, 0, NULL);
  g_assert_false (result->is_final);
  g_assert_cmpfloat (steps (result), ==, N_STEPS);
  g_assert_cmpuint (result->notes->len, ==, 2);
  g_assert_nonnull (strstr (result->notes->pdata[0], "artial"));
  never = sp_run_dup_result (run, 1, NULL);
  g_assert_null (never);
}

/* What is reported of a part of a part stands at its place in the whole, with the part's name. */
static void
test_parts (void)
{
  g_autoptr (SpRun) run = new_run ();
  Witness           witness = { NULL };

  add (run, "a", (const char *[]) { "part", "true", NULL });
  sp_run_set_progress (run, on_progress, &witness);
  g_assert_true (sp_run_execute (run, NULL, NULL));
  g_assert_cmpstr (witness.what, ==, "Quarter · Step 5 of 5");
  g_assert_cmpfloat_with_epsilon (witness.share, 0.5 + 0.25 * 0.8, 1e-12);
}

/* Stopped while tensors are read, what was read so far says so. */
static void
test_cancel_reading (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpRun)        run = new_run ();
  g_autoptr (SpArgs)       args = sp_args_new (sp_analysis_find ("weight-sparsity"));
  g_autoptr (SpResult)     result = NULL;

  sp_run_add (run, sp_analysis_find ("weight-sparsity"), args);
  g_cancellable_cancel (cancellable);
  g_assert_false (sp_run_execute (run, cancellable, NULL));
  result = sp_run_dup_result (run, 0, NULL);
  g_assert_false (result->is_final);
  g_assert_nonnull (strstr (result->notes->pdata[0], "artial"));
}

/* Threads of an execution's own publish and report while results are asked for. */

typedef struct { State *state; const SpWork *work; } Share;

static gpointer
publish (gpointer data)
{
  Share *share = data;

  for (guint i = 0; i < 2000; i++)
    {
      sp_work_lock (share->work);
      share->state->n_steps++;
      sp_work_unlock (share->work);
      sp_work_report (share->work, i / 2000.0, "ääääääääääääääääääääääääääääääääääääääääääääääääääääääääääää");
    }
  return NULL;
}

static gboolean
execute_together (gpointer data, SpArgs *args, const SpWork *work, GError **error)
{
  Share    share = { data, work };
  GThread *threads[8];

  for (guint i = 0; i < work->n_threads; i++)
    threads[i] = g_thread_new ("publish", publish, &share);
  for (guint i = 0; i < work->n_threads; i++)
    g_thread_join (threads[i]);
  g_usleep (150 * 1000);
  return TRUE;
}

static void
on_progress_together (SpRun *run, const SpProgress *progress, gpointer data)
{
  g_autoptr (SpResult) result = sp_run_dup_result (run, 0, NULL);

  g_assert_true (g_utf8_validate (progress->what, -1, NULL));
  g_assert_cmpuint (strlen (progress->what), ==, SP_PROGRESS_TEXT - 2);        /* cut at the end of a letter */
  *(guint *) data += result != NULL;
}

static void
test_threads (void)
{
  SpAnalysis           together = executor;
  g_autoptr (SpRun)    run = new_run ();
  g_autoptr (SpArgs)   args = NULL;
  g_autoptr (SpResult) result = NULL;
  guint                n_previews = 0;

  together.execute = execute_together;
  args = sp_args_new (&together);
  sp_run_add (run, &together, args);
  sp_run_set_progress (run, on_progress_together, &n_previews);
  g_assert_true (sp_run_execute (run, NULL, NULL));
  result = sp_run_dup_result (run, 0, NULL);
  g_assert_cmpfloat (steps (result), ==, 3 * 2000);
  g_assert_cmpuint (n_previews, >=, 1);
}

int
main (int argc, char **argv)
{
  int status;

  g_test_init (&argc, &argv, NULL);
  folder = model_folder_new ();
  story = g_string_new (NULL);
  caller = g_thread_self ();
  g_test_add_func ("/execute/order", test_order);
  g_test_add_func ("/execute/fails", test_fails);
  g_test_add_func ("/execute/parts", test_parts);
  g_test_add_func ("/execute/cancel", test_cancel);
  g_test_add_func ("/execute/cancel-reading", test_cancel_reading);
  g_test_add_func ("/execute/threads", test_threads);
  status = g_test_run ();
  model_folder_remove (folder);
  g_free (folder);
  g_string_free (story, TRUE);
  return status;
}
