/* bench-slider.c - from a moved slider to a new result, with ten thousand tensors
 *
 * CPU time of finish() alone: no weight is read.  The aim is one frame, 16 ms, drawing included. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu-seconds.h"
#include "slider-model.h"
#include "sp-run.h"

#include <stdio.h>

#define N_TENSORS 10000
#define REPEATS   20

/* Milliseconds of CPU a move, of ε, of the share to prune, or of both. */
static void
move (SpRun *run, SpArgs *args, const char *what, gboolean is_eps, gboolean is_prune)
{
  double worst = 0, total = 0;

  for (guint i = 0; i < REPEATS; i++)
    {
      g_autoptr (SpArgs)   moved = sp_args_dup (args);
      g_autoptr (SpResult) result = NULL;
      double               started = cpu_seconds (), seconds;

      sp_args_set_number (moved, "eps", is_eps ? 1e-4 * (i + 1) : 1e-3);
      sp_args_set_number (moved, "prune", is_prune ? 0.02 * (i + 1) : 0.25);
      result = sp_run_dup_result (run, 0, moved);
      seconds = cpu_seconds () - started;
      total += seconds;
      worst = MAX (worst, seconds);
    }
  printf ("slider, %d tensors, %s: %.2f ms CPU on average, %.2f ms at worst; ratio to a frame of 16 ms %.2f\n", N_TENSORS, what,
          1e3 * total / REPEATS, 1e3 * worst, worst / 16e-3);
}

int
main (void)
{
  g_autoptr (SpArgs) args = sp_args_new (sp_analysis_find ("weight-sparsity"));
  g_autoptr (SpRun)  run = slider_model_scan (N_TENSORS, args);

  if (run == NULL)
    return 77;
  move (run, args, "threshold", TRUE, FALSE);
  move (run, args, "pruning", FALSE, TRUE);
  move (run, args, "both", TRUE, TRUE);
  return 0;
}
