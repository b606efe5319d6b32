/* test-checkpoints.c - folders of a training run: what is one, and what its checkpoints were trained on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-checkpoints.h"

#include <glib/gstdio.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

static void
test_names (void)
{
  static const struct { const char *name; double tokens, steps; } cases[] = {
    { "step-00025", NAN, 25 }, { "step1000", NAN, 1000 },
    { "checkpoint-500", NAN, 500 }, { "global_step12000", NAN, 12000 },
    { "12000", NAN, 12000 }, { "iter_0000100-ckpt.pth", NAN, 100 },
    { "step-10k", NAN, 1e4 }, { "Step_2M", NAN, 2e6 },
    { "10B", 1e10, NAN }, { "1.5T", 1.5e12, NAN },
    { "checkpoint-300m", 3e8, NAN }, { "100BT", 1e11, NAN },
    { "4B-tokens", 4e9, NAN }, { "tokens_262144000", 262144000, NAN },
    { "5Gtok", 5e9, NAN }, { "20tokens", 20, NAN },
    { "step1000-tokens4B", 4e9, 1000 }, { "stage1-step-596057-tokens-2501B", 2.501e12, 596057 },
    { "0.1b-relu-step300", NAN, 300 }, { "0.1b_relu-4000", NAN, 4000 },
    { "epoch-3", NAN, NAN }, { "final", NAN, NAN },
    { "", NAN, NAN }, { "epoch_1-step_50", NAN, 50 },
    { "v2", NAN, NAN }, { "3rd", NAN, NAN },
    { "step-", NAN, NAN }, { "7step", NAN, 7 },
    { "step0", NAN, 0 }, { "averyveryverylongwordstep5", NAN, 5 },
  };

  for (guint i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      double tokens, steps;

      sp_checkpoint_read_name (cases[i].name, &tokens, &steps);
      if ((tokens != cases[i].tokens && !(isnan (tokens) && isnan (cases[i].tokens)))
          || (steps != cases[i].steps && !(isnan (steps) && isnan (cases[i].steps))))
        g_error ("'%s': %g tokens, %g steps", cases[i].name, tokens, steps);
    }
}

/* A number of more digits than doubles have is none. */
static void
test_endless (void)
{
  g_autofree char *digits = g_strnfill (400, '9');
  double           tokens, steps;

  sp_checkpoint_read_name (digits, &tokens, &steps);
  g_assert_true (isnan (tokens) && isnan (steps));
}

/* --- folders ----------------------------------------------------------------------------------- */

static char *run;

static void
put (const char *name, const char *text)
{
  g_autofree char *path = g_build_filename (run, name, NULL), *folder = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (folder, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, text, -1, NULL));
}

static GPtrArray *
list (GPtrArray *notes)
{
  g_autoptr (GError) error = NULL;
  GPtrArray         *checkpoints = sp_checkpoints_list (run);

  g_assert_true (sp_checkpoints_read_beside (checkpoints, run, notes, NULL, &error));
  g_assert_no_error (error);
  return checkpoints;
}

static void
assert_trained (const SpCheckpoint *checkpoint, const char *name, double tokens, SpTrainedFrom tokens_from, double steps,
                SpTrainedFrom steps_from)
{
  g_assert_cmpstr (checkpoint->name, ==, name);
  g_assert_true (checkpoint->tokens == tokens || (isnan (tokens) && isnan (checkpoint->tokens)));
  g_assert_true (checkpoint->steps == steps || (isnan (steps) && isnan (checkpoint->steps)));
  g_assert_cmpint (checkpoint->tokens_from, ==, tokens_from);
  g_assert_cmpint (checkpoint->steps_from, ==, steps_from);
}

static void
test_beside (void)
{
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), checkpoints = NULL;

  run = files_new_folder ();
  put ("checkpoint-10/config.json", "{}");
  put ("checkpoint-10/trainer_state.json", "{\"log_history\": [{\"loss\": 1, \"global_step\": 3}], \"global_step\": 11, "
                                           "\"num_input_tokens_seen\": 0}");
  put ("checkpoint-9/config.json", "{}");
  put ("checkpoint-9/trainer_state.json", "{\"num_input_tokens_seen\": 4096, \"global_step\": 9}");
  put ("2B/config.json", "{}");
  put ("last/config.json", "{}");
  put ("logs/events", "");
  put (".cache/config.json", "{}");
  put ("tokens.json", "{\"last\": 5e9, \"2B\": 2100000000, \"checkpoint-9\": \"?\", \"logs\": -1, \"gone\": 7}");
  checkpoints = list (notes);
  g_assert_cmpuint (notes->len, ==, 0);
  g_assert_cmpuint (checkpoints->len, ==, 5);
  g_assert_cmpuint (sp_checkpoints_count (run), ==, 4);
  assert_trained (checkpoints->pdata[0], "2B", 2.1e9, SP_TRAINED_BY_TABLE, NAN, SP_TRAINED_UNKNOWN);
  assert_trained (checkpoints->pdata[1], "checkpoint-9", 4096, SP_TRAINED_BY_STATE, 9, SP_TRAINED_BY_STATE);
  assert_trained (checkpoints->pdata[2], "checkpoint-10", NAN, SP_TRAINED_UNKNOWN, 11, SP_TRAINED_BY_STATE);
  assert_trained (checkpoints->pdata[3], "last", 5e9, SP_TRAINED_BY_TABLE, NAN, SP_TRAINED_UNKNOWN);
  assert_trained (checkpoints->pdata[4], "logs", NAN, SP_TRAINED_UNKNOWN, NAN, SP_TRAINED_UNKNOWN);
  g_assert_false (((SpCheckpoint *) checkpoints->pdata[4])->is_model);
  files_remove (run);
}

/* A note each; a pipe holds up nobody. */
static void
test_bad_files (void)
{
  static const char *const texts[] = { "", "[1]", "{\"a\": 1", "{\"a\" 1}" };
  g_autofree char         *pipe = NULL;

  run = files_new_folder ();
  put ("a/config.json", "{}");
  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    {
      g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), checkpoints = NULL;

      put ("tokens.json", texts[i]);      /* of a half one nothing is taken */
      put ("a/trainer_state.json", texts[i]);
      checkpoints = list (notes);
      g_assert_cmpuint (notes->len, ==, 2);
      g_assert_true (g_str_has_prefix (notes->pdata[0], "trainer_state.json: "));
      g_assert_true (g_str_has_prefix (notes->pdata[1], "tokens.json: "));
      g_assert_cmpint (((SpCheckpoint *) checkpoints->pdata[0])->tokens_from, ==, SP_TRAINED_UNKNOWN);
    }
  pipe = g_build_filename (run, "tokens.json", NULL);
  g_assert_cmpint (g_unlink (pipe), ==, 0);
  g_assert_cmpint (mkfifo (pipe, 0600), ==, 0);
  {
    g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), checkpoints = list (notes);

    g_assert_nonnull (strstr (notes->pdata[1], "regular file"));
  }
  files_remove (run);
}

/* --- as a store -------------------------------------------------------------------------------- */

static void
assert_refused (void)
{
  g_autoptr (GError) error = NULL;

  g_assert_null (sp_store_open (run, NULL, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL);
}

static void
test_store (void)
{
  g_autoptr (SpStore) store = NULL;
  g_autoptr (GError)  error = NULL;

  run = files_new_folder ();
  assert_refused ();
  put ("logs/events", "");
  put ("README.md", "a run");
  assert_refused ();
  put ("step-10/config.json", "{}");
  put ("step-9/config.json", "{}");
  store = sp_store_open (run, NULL, &error);
  g_assert_no_error (error);
  g_assert_true (sp_store_has_checkpoints (store));
  g_assert_true (sp_store_get_format (store) == &sp_format_checkpoints);
  g_assert_cmpuint (sp_store_get_n_tensors (store), ==, 3);
  g_assert_cmpstr (sp_store_get_tensor (store, 0)->name, ==, "logs");
  g_assert_false (sp_tensor_is_readable (sp_store_get_tensor (store, 0)));
  g_assert_cmpstr (sp_store_get_tensor (store, 1)->name, ==, "step-9");
  g_assert_true (sp_tensor_is_readable (sp_store_get_tensor (store, 1)));
  files_remove (run);
}

/* Numbers beside folders: one may be the same model for another program, two are checkpoints. */
static void
test_model (void)
{
  g_autoptr (SpStore) one = NULL, two = NULL;

  run = files_new_folder ();
  put ("numbers.txt", "{\"a\": [1, 2]}");
  put ("onnx/config.json", "{}");
  one = sp_store_open (run, NULL, NULL);
  g_assert_nonnull (one);
  g_assert_false (sp_store_has_checkpoints (one));
  put ("checkpoint-5/config.json", "{}");
  two = sp_store_open (run, NULL, NULL);
  g_assert_true (sp_store_has_checkpoints (two));
  g_assert_cmpuint (sp_store_get_n_tensors (two), ==, 1);
  g_assert_cmpstr (sp_store_get_format (two)->id, ==, "series");
  files_remove (run);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/checkpoints/names", test_names);
  g_test_add_func ("/formats/checkpoints/endless", test_endless);
  g_test_add_func ("/formats/checkpoints/beside", test_beside);
  g_test_add_func ("/formats/checkpoints/bad-files", test_bad_files);
  g_test_add_func ("/formats/checkpoints/store", test_store);
  g_test_add_func ("/formats/checkpoints/model", test_model);
  return g_test_run ();
}
