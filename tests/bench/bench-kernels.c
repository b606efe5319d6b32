/* bench-kernels.c - speed of every kernel of the list on every level this processor runs
 *
 * usage: bench-kernels [PART-OF-A-NAME [LEVEL]]
 * The input fits the second cache, so that kernels are measured and not memory.  Of some
 * short rounds the fastest counts.  "read" is the time a plain loop takes to read the same
 * bytes in the same run, over the kernel's. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fills.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define N_BYTES ((size_t) 256 << 10)
#define N_ROUNDS 12
#define ROUND_SECONDS 0.003
#define N_COLUMNS ((size_t) 4096)      /* of a row, for the kernels that take rows */

static union { uint64_t words[N_BYTES / 8]; uint8_t bytes[N_BYTES]; } in;

static SpMoments moments_out;
static uint32_t  bins[65536], n_nonzero[N_COLUMNS];
static uint64_t  counts[4], sink;
static double    sum_sq[N_COLUMNS];
static uint8_t   seen[N_COLUMNS];
static SpCell    cells_out[N_COLUMNS];
static float     widened[N_BYTES];
static uint32_t  fired[N_BYTES];

static const double limits[4] = { 0.0, 0.001, 0.01, 0.1 };

static double
now (void)
{
  struct timespec t;

  clock_gettime (CLOCK_THREAD_CPUTIME_ID, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static void
run_read (const SpKernels *k, SpDtype t, size_t n)
{
  uint64_t a = 0, b = 0, c = 0, d = 0;

  for (size_t i = 0; i < N_BYTES / 8; i += 4)
    {
      a += in.words[i];
      b += in.words[i + 1];
      c += in.words[i + 2];
      d += in.words[i + 3];
    }
  sink += a + b + c + d;
}

static void run_moments (const SpKernels *k, SpDtype t, size_t n) { k->moments[t] (&in, n, &moments_out); }
static void run_histogram (const SpKernels *k, SpDtype t, size_t n) { k->histogram[t] (&in, n, bins); }
static void run_below (const SpKernels *k, SpDtype t, size_t n) { k->below[t] (&in, n, limits, 4, counts); }
static void run_widen (const SpKernels *k, SpDtype t, size_t n) { k->widen[t] (&in, n, widened); }

#define EACH_ROW for (const uint8_t *x = in.bytes; x < in.bytes + N_BYTES; x += N_COLUMNS * sp_dtype_size (t))

static void run_row (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW sum_sq[0] += k->row[t] (x, N_COLUMNS, counts); }
static void run_columns (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW k->columns[t] (x, N_COLUMNS, sum_sq, n_nonzero); }
static void run_nonzero (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW sink += k->nonzero[t] (x, N_COLUMNS, seen); }
static void run_cells (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW k->cells[t] (x, N_COLUMNS, 16, cells_out); }
static void run_cells_4 (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW k->cells[t] (x, N_COLUMNS, 4, cells_out); }
static void
run_fires (const SpKernels *k, SpDtype t, size_t n)
{
  k->fires[t] (&in, n / N_COLUMNS, N_COLUMNS, 0.01, n_nonzero, fired, counts);
}

static void
run_top (const SpKernels *k, SpDtype t, size_t n)
{
  k->top[t] (&in, n / N_COLUMNS, N_COLUMNS, 0.9, n_nonzero, fired);
}

static void run_reaches (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW sink += k->reaches[t] (x, N_COLUMNS, sum_sq); }

static void
run_pack (const SpKernels *k, SpDtype t, size_t n)
{
  static uint64_t bits[N_COLUMNS / 64];

  EACH_ROW k->pack[t] (x, N_COLUMNS, 0.01, bits);
}

static void run_common (const SpKernels *k, SpDtype t, size_t n) { sink += k->common[t] (in.words, in.words, n); }
static void run_unite (const SpKernels *k, SpDtype t, size_t n) { sink += k->unite[t] (in.words, in.words, n); }

/* Returns the number of ends. */
static unsigned
make_tails (size_t n_rows, uint32_t *order, float *factors, uint32_t *ends)
{

  for (size_t i = 0; i < n_rows; i++)
    {
      order[i] = (uint32_t) (i * 7 % n_rows);
      factors[i] = (float) i;
    }
  for (size_t b = 0; b < 256; b++)
    ends[b] = (uint32_t) (n_rows * (b + 1) / 256);
  return 256;
}

#define TAILS(family, panel) \
static void \
run_##family (const SpKernels *k, SpDtype t, size_t n) \
{ \
  static uint32_t order[N_BYTES / 4 / panel], ends[256]; \
  static float    factors[N_BYTES / 4 / panel]; \
  static double   squares[256]; \
\
  k->family[t] (&in, order, factors, ends, make_tails (n / panel, order, factors, ends), squares); \
}

TAILS (tails, SP_PANEL)
TAILS (quick_tails, SP_WIDE_PANEL)

/* All rows of as many as stay in the fastest cache. */
static void
run_add_rows (const SpKernels *k, SpDtype t, size_t n)
{
  enum { N_ROWS = 96 };
  static uint8_t at[N_ROWS];
  static float   factors[N_ROWS], sums[SP_WIDE_PANEL];

  for (size_t i = 0; i < N_ROWS; i++)
    {
      at[i] = (uint8_t) (i * 7 % N_ROWS);
      factors[i] = (float) i;
    }
  for (size_t done = 0; done < n; done += N_ROWS * SP_WIDE_PANEL)
    k->add_rows[t] ((const void *) in.bytes, at, factors, N_ROWS, sums);
}

/* Rows that are overwritten start anew each time, which is a small part of it. */
static float row_x[N_COLUMNS], row_y[N_COLUMNS];

#define EACH_F32_ROW for (const float *x = (const void *) in.bytes; x < (const float *) in.words + N_BYTES / 4; x += N_COLUMNS)
#define IN_PLACE(family) \
static void \
run_##family (const SpKernels *k, SpDtype t, size_t n) \
{ \
  EACH_F32_ROW k->family[t] (memcpy (row_x, x, sizeof row_x), N_COLUMNS); \
}

IN_PLACE (silu)
IN_PLACE (gelu)
IN_PLACE (gelu_tanh)
IN_PLACE (relu)
IN_PLACE (softmax)

static void run_rms_norm (const SpKernels *k, SpDtype t, size_t n) { EACH_F32_ROW k->rms_norm[t] (x, N_COLUMNS, x, 1e-5, row_x); }
static void run_layer_norm (const SpKernels *k, SpDtype t, size_t n) { EACH_F32_ROW k->layer_norm[t] (x, N_COLUMNS, x, x, 1e-5, row_x); }
static void run_logsum (const SpKernels *k, SpDtype t, size_t n) { EACH_F32_ROW sum_sq[0] += k->logsum[t] (x, N_COLUMNS); }
static void run_add (const SpKernels *k, SpDtype t, size_t n) { EACH_F32_ROW k->add[t] (row_y, x, 1e-3f, N_COLUMNS); }

static void
run_multiply (const SpKernels *k, SpDtype t, size_t n)
{
  EACH_F32_ROW k->multiply[t] (memcpy (row_x, x, sizeof row_x), x, N_COLUMNS);
}

static void
run_rotate (const SpKernels *k, SpDtype t, size_t n)
{
  EACH_F32_ROW k->rotate[t] (memcpy (row_x, x, sizeof row_x), N_COLUMNS / 2, x, x + N_COLUMNS / 2);
}

static void
run_cut (const SpKernels *k, SpDtype t, size_t n)
{
  EACH_F32_ROW sink += k->cut[t] (memcpy (row_x, x, sizeof row_x), x, row_y, N_COLUMNS, n_nonzero);
}

static void
run_pick (const SpKernels *k, SpDtype t, size_t n)
{
  EACH_F32_ROW sink += k->pick[t] (x, (SpMargin) { x, x, 1e-3f }, row_y, 0.09f, N_COLUMNS, fired, widened);
}

static void
run_dots (const SpKernels *k, SpDtype t, size_t n)
{
  static const uint32_t at[] = { 0, 1, 2, 3 };

  for (const float *x = (const void *) in.bytes; x < (const float *) in.words + N_BYTES / 4; x += 4 * N_COLUMNS)
    k->dots[t] (row_y, N_COLUMNS, x, at, 4, sum_sq);
}

/* Twice, as n counts what is written, which has half the size. */
static void
run_narrow (const SpKernels *k, SpDtype t, size_t n)
{
  static SpNarrowing lost;
  static uint16_t    out[N_COLUMNS];

  EACH_F32_ROW k->narrow[t] (x, N_COLUMNS, out, &lost);
  EACH_F32_ROW k->narrow[t] (x, N_COLUMNS, out, &lost);
}

static void run_cells_1 (const SpKernels *k, SpDtype t, size_t n) { EACH_ROW k->cells[t] (x, N_COLUMNS, 1, cells_out); }

typedef void (*Run) (const SpKernels *k, SpDtype t, size_t n);

/* Seconds for one pass over the input. */
static double
measure (Run run, const SpKernels *k, SpDtype t, size_t n)
{
  double best = 1e9;

  for (unsigned round = 0; round < N_ROUNDS; round++)
    {
      unsigned n_passes = 0;
      double   start = now (), seconds;

      do
        {
          run (k, t, n);
          n_passes++;
          seconds = now () - start;
        }
      while (seconds < ROUND_SECONDS);
      best = seconds / n_passes < best ? seconds / n_passes : best;
    }
  return best;
}

static void
bench (Run run, const SpKernels *k, SpDtype t, const char *name, const char *wanted)
{
  size_t n = N_BYTES / sp_dtype_size (t);
  double seconds, reading;

  if (wanted && !strstr (name, wanted))
    return;
  fill_elements (FILL_WEIGHTS, t, &in, n);
  seconds = measure (run, k, t, n);
  reading = measure (run_read, k, t, n);
  printf ("%-7s %-18s %7.3f Gelem/s %7.2f GB/s   read %.2f\n", k->isa, name, (double) n / seconds / 1e9,
          (double) N_BYTES / seconds / 1e9, reading / seconds);
}

int
main (int argc, char **argv)
{
  const char      *wanted = argc > 1 ? argv[1] : NULL, *level = argc > 2 ? argv[2] : NULL;
  const SpKernels *k;

  rnd_seed (42);
  for (unsigned i = 0; (k = sp_kernels_level (i)) != NULL; i++)
    {
      if (level && strcmp (level, k->isa) != 0)
        continue;
#define KERNEL(family, dtype, type) bench (run_##family, k, SP_DTYPE_##dtype, #family "_" #type, wanted);
#include "kernels.inc"
      bench (run_cells_4, k, SP_DTYPE_BF16, "cells_bf16 by 4", wanted);
      bench (run_cells_1, k, SP_DTYPE_BF16, "cells_bf16 by 1", wanted);
    }
  return sink == 1 ? EXIT_FAILURE : EXIT_SUCCESS;
}
