/* kernel-types.h - what kernels give back, and the sizes they agree on with whoever calls them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "dtype.h"

/* Element i of a call goes to lane i mod 16, by which every instruction set and thread count gives the same bits. */
#define SP_LANES 16
#define SP_PANEL 32               /* columns of a panel: two of each lane */
#define SP_WIDE_PANEL 64
#define SP_PAIR_ROWS 8            /* tokens and features of a product of pairs */
#define SP_PAIR_COLUMNS 32

/* Sums over n elements.  Non-finite ones are counted and enter nothing else.  Zero means x == 0: -0 is zero, a subnormal is not. */
typedef struct {
  uint64_t n, n_zero, n_nonfinite;
  double   min, max;                 /* +inf, -inf while nothing finite was seen */
  double   sum[SP_LANES], sum_abs[SP_LANES], sum_sq[SP_LANES];
} SpMoments;

/* What a heatmap cell keeps of the elements it covers. */
typedef struct {
  double   sum, sum_abs;             /* of the finite elements */
  float    min, max;                 /* +inf, -inf while nothing finite was seen */
  uint32_t n_finite, n_zero;
} SpCell;

typedef struct { uint64_t n_large, n_small; } SpNarrowing;         /* finite and now infinite; not 0 and now 0 */

/* What is added to a row of products: offsets (n), and what they may be too small by: error · lengths (n). */
typedef struct { const float *offsets, *lengths; float error; } SpMargin;
