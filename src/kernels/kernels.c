/* kernels.c - levels laid one over the other, and the sums that do not depend on them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "kernels.h"

#include "cpu.h"
#include "decode.h"

#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

static SpKernels      levels[SP_MAX_LEVELS];
static unsigned       n_levels, best;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* A level that lacks a kernel has the one of the level below. */
static void
push_level (const SpKernels *add)
{
  SpKernels *level = &levels[n_levels];

  if (n_levels > 0)
    *level = levels[n_levels - 1];
  level->isa = add->isa;
#define KERNEL(family, dtype, type) \
  if (add->family[SP_DTYPE_##dtype]) \
    level->family[SP_DTYPE_##dtype] = add->family[SP_DTYPE_##dtype];
#include "kernels.inc"
  level->pairs = add->pairs != NULL ? add->pairs : level->pairs;
  n_levels++;
}

static void
choose_levels (void)
{
  const SpKernels *tables[SP_MAX_LEVELS];
  const char      *cap = getenv ("SPARSOSCOPE_ISA");
  unsigned         n = sp_cpu_levels (tables);

  for (unsigned i = 0; i < n; i++)
    push_level (tables[i]);
  best = n - 1;
  for (unsigned i = 0; cap && i < n; i++)
    if (strcmp (cap, levels[i].isa) == 0)
      best = i;
}

const SpKernels *
sp_kernels (void)
{
  pthread_once (&once, choose_levels);
  return &levels[best];
}

const SpKernels *
sp_kernels_level (unsigned i)
{
  pthread_once (&once, choose_levels);
  return i < n_levels ? &levels[i] : NULL;
}

void
sp_moments_init (SpMoments *m)
{
  memset (m, 0, sizeof *m);
  m->min = (double) INFINITY;
  m->max = (double) -INFINITY;
}

void
sp_moments_merge (SpMoments *into, const SpMoments *from)
{
  into->n += from->n;
  into->n_zero += from->n_zero;
  into->n_nonfinite += from->n_nonfinite;
  into->min = from->min < into->min ? from->min : into->min;
  into->max = from->max > into->max ? from->max : into->max;
  for (unsigned l = 0; l < SP_LANES; l++)
    {
      into->sum[l] = plain_nan (into->sum[l] + from->sum[l]);
      into->sum_abs[l] += from->sum_abs[l];
      into->sum_sq[l] += from->sum_sq[l];
    }
}

double
sp_lanes_fold (const double lanes[SP_LANES])
{
  double s[SP_LANES];

  memcpy (s, lanes, sizeof s);
  for (unsigned w = SP_LANES / 2; w > 0; w /= 2)
    for (unsigned l = 0; l < w; l++)
      s[l] += s[l + w];
  return plain_nan (s[0]);
}
