/* bench-sae-geometry.c - nearest neighbours of all directions against one matrix product by OpenBLAS's own threads
 *
 * bench-sae-geometry [FEATURES INPUTS [ROUNDS]]: rates of the products that pairs need, each pair once, in one run and by as many threads.
 * In brackets: by processor time, which a busy machine changes less. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-neighbours.h"

#include <cblas.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#define SIDE   4096                    /* of the matrices of one product */

typedef struct { double seconds, busy; } Cost;

static Cost
now (void)
{
  struct timespec busy;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &busy);
  return (Cost) { (double) g_get_monotonic_time () / 1e6, (double) busy.tv_sec + (double) busy.tv_nsec / 1e9 };
}

static void
keep_less (Cost *best, Cost start)
{
  Cost end = now ();

  best->seconds = MIN (best->seconds, end.seconds - start.seconds);
  best->busy = MIN (best->busy, end.busy - start.busy);
}

static float *
make_rows (gsize n)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  float            *rows = g_aligned_alloc (n, sizeof *rows, 64);

  for (gsize i = 0; i < n; i++)
    rows[i] = (float) g_rand_double_range (rand, -1, 1);
  return rows;
}

static void
multiply (const float *x, float *out, guint n_threads, Cost *best)
{
  Cost start = now ();

  openblas_set_num_threads ((int) n_threads);
  cblas_sgemm (CblasRowMajor, CblasNoTrans, CblasTrans, SIDE, SIDE, SIDE, 1, x, SIDE, x, SIDE, 0, out, SIDE);
  openblas_set_num_threads (1);
  keep_less (best, start);
}

int
main (int argc, char **argv)
{
  gsize                    n = argc > 2 ? strtoul (argv[1], NULL, 10) : 16384, n_inputs = argc > 2 ? strtoul (argv[2], NULL, 10) : 512;
  guint                    n_threads = g_get_num_processors (), n_rounds = argc > 3 ? (guint) atoi (argv[3]) : 3;
  float                   *x = make_rows ((gsize) SIDE * SIDE), *out = make_rows ((gsize) SIDE * SIDE), *rows = make_rows (n * n_inputs);
  g_autofree SpNeighbours *neighbours = g_new (SpNeighbours, n);
  g_autoptr (SpTeam)       team = sp_team_new (n_threads, NULL);
  Cost                     product = { INFINITY, INFINITY }, search = product;
  double                   work = (double) n * (double) (n - 1) * (double) n_inputs, all = 2.0 * SIDE * SIDE * SIDE;
  struct rusage            usage;

  for (guint round = 0; round < n_rounds; round++)
    {
      Cost start;

      multiply (x, out, n_threads, &product);
      start = now ();
      if (!sp_directions_find_neighbours (team, (SpDirections) { rows, n, n_inputs }, neighbours, NULL, NULL, NULL))
        return 1;
      keep_less (&search, start);
    }
  getrusage (RUSAGE_SELF, &usage);
  printf ("neighbours of %zu features of %zu inputs by %u threads: %.2f s (%.0f GFLOP/s), SGEMM %.0f GFLOP/s, ratio %.2f [%.2f]; "
          "%ld MB at most\n",
          n, n_inputs, n_threads, search.seconds, work / search.seconds / 1e9, all / product.seconds / 1e9,
          work / search.seconds * product.seconds / all, work / search.busy * product.busy / all, usage.ru_maxrss / 1024);
  g_aligned_free (x);
  g_aligned_free (out);
  g_aligned_free (rows);
  return 0;
}
