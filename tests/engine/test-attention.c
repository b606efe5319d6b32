/* test-attention.c - heads so large that a unit's products are cut: the bits of uncut ones; and a unit that is not begun */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"
#include "sp-forward-private.h"
#include "sp-product.h"

#include <math.h>
#include <string.h>

#define WINDOW 256                       /* two blocks of rows: the second is cut */
#define SIZE 81920
#define UNTOUCHED 1234.5f

/* A forward pass of one head, as far as attention looks at it. */
typedef struct {
  SpModelShape  shape;
  SpForward     forward;
  SpForwardRoom room;
  SpForwardJob  job;
} Stage;

static void
fill (float *numbers, gsize n, guint32 seed)
{
  for (gsize i = 0; i < n; i++)
    {
      seed = seed * 1664525 + 1013904223;
      numbers[i] = (float) (seed >> 8) / (1 << 23) - 1;
    }
}

static SpModel *
open_model (void)
{
  g_autofree char    *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "models", "llama-relu", NULL);
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpStore) store = sp_store_open (path, NULL, &error);
  SpModel            *model = store != NULL ? sp_model_open (store, &error) : NULL;

  g_assert_no_error (error);
  return model;
}

static void
stage_begin (Stage *stage, SpTeam *team, guint sliding_window)
{
  sp_product_init ();
  stage->shape = (SpModelShape) { .n_layers = 1, .n_heads = 1, .n_kv_heads = 1, .head_size = SIZE, .window = sliding_window,
                                  .has_scaled_scores = TRUE };
  stage->room = (SpForwardRoom) { .scores = g_new0 (float, (gsize) SP_SCORE_ROWS * WINDOW) };
  stage->forward = (SpForward) { .model = open_model (), .shape = &stage->shape, .team = team, .n_windows = 1, .n_tokens = WINDOW,
                                 .group_windows = 1, .window = WINDOW, .n_qkv = 3 * SIZE, .rooms = &stage->room,
                                 .qkv = g_new (float, (gsize) WINDOW * 3 * SIZE), .mixed = g_new (float, (gsize) WINDOW * SIZE) };
  stage->job = (SpForwardJob) { .forward = &stage->forward, .n_tokens = WINDOW };
  fill (stage->forward.qkv, (gsize) WINDOW * 3 * SIZE, 1);
  for (gsize i = 0; i < (gsize) WINDOW * SIZE; i++)
    stage->forward.mixed[i] = UNTOUCHED;
}

static void
stage_end (Stage *stage)
{
  sp_model_unref (stage->forward.model);
  g_free (stage->forward.qkv);
  g_free (stage->forward.mixed);
  g_free (stage->room.scores);
}

/* Of rows first … first + SP_SCORE_ROWS - 1, which see from token low on, all at once. */
static void
attend_at_once (const Stage *stage, gsize row, gsize low, float *out)
{
  gsize             n_seen = row + SP_SCORE_ROWS - low, width = stage->shape.window;
  const float      *qkv = stage->forward.qkv;
  g_autofree float *scores = g_new (float, SP_SCORE_ROWS * n_seen);

  sp_product (SP_SCORE_ROWS, n_seen, SIZE, (float) (1 / sqrt (SIZE)), (SpOperand) { qkv + row * 3 * SIZE, 3 * SIZE },
              (SpOperand) { qkv + low * 3 * SIZE + SIZE, 3 * SIZE }, FALSE, NULL, scores, n_seen);
  for (gsize i = 0; i < SP_SCORE_ROWS; i++)
    {
      gsize  end = row + i + 1 - low, begin = width > 0 && row + i + 1 > width ? MAX (row + i + 1 - width, low) - low : 0;
      float *of_row = scores + i * n_seen;

      sp_kernels ()->softmax[SP_DTYPE_F32] (of_row + begin, end - begin);
      for (gsize k = 0; k < n_seen; k++)
        if (k < begin || k >= end)
          of_row[k] = 0;
    }
  sp_product (SP_SCORE_ROWS, SIZE, n_seen, 1, (SpOperand) { scores, n_seen }, (SpOperand) { qkv + low * 3 * SIZE + 2 * SIZE, 3 * SIZE },
              TRUE, NULL, out, SIZE);
}

static void
check_bits (guint sliding_window, gsize low)
{
  g_autoptr (SpTeam) team = sp_team_new (1, NULL);
  g_autofree float  *whole = g_new (float, (gsize) SP_SCORE_ROWS * SIZE);
  Stage              stage;

  stage_begin (&stage, team, sliding_window);
  g_assert_cmpuint (sp_attention_n_units (&stage.job), ==, 2);
  g_assert_true (sp_team_each (team, 2, sp_attention_unit, &stage.job, NULL));
  attend_at_once (&stage, SP_SCORE_ROWS, low, whole);
  g_assert_cmpmem (stage.forward.mixed + (gsize) SP_SCORE_ROWS * SIZE, (gsize) SP_SCORE_ROWS * SIZE * sizeof (float), whole,
                   (gsize) SP_SCORE_ROWS * SIZE * sizeof (float));
  stage_end (&stage);
}

static void
test_bits (void)
{
  check_bits (0, 0);
}

/* The first row of the second block is token 128, which sees 8 … 128. */
static void
test_window (void)
{
  check_bits (121, 8);
}

/* Units ask themselves: one that began just before a cancel must not go on for seconds. */
static void
test_cancelled (void)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpTeam)       team = sp_team_new (1, cancellable);
  Stage                    stage;

  stage_begin (&stage, team, 0);
  g_cancellable_cancel (cancellable);
  sp_attention_unit (&stage.job, 1, 0);
  for (gsize i = 0; i < (gsize) WINDOW * SIZE; i++)
    g_assert_true (stage.forward.mixed[i] == UNTOUCHED);
  stage_end (&stage);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/attention/bits", test_bits);
  g_test_add_func ("/attention/bits-in-a-window", test_window);
  g_test_add_func ("/attention/cancelled", test_cancelled);
  return g_test_run ();
}
