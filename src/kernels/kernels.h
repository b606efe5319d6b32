/* kernels.h - numeric kernels, chosen once at start-up by what the processor can do */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernel-types.h"

/* One instruction set's kernels, by dtype.  x: n elements in native byte order, any
 * alignment, read only.  All add into their output, so calls chain. */
typedef struct {
  const char *isa;                   /* "scalar", "avx2", "avx512", "avx512bf16", "neon" */

  void (*moments[SP_N_DTYPES])   (const void *x, size_t n, SpMoments *m);

  /* bins: (sp_bin_count (dtype)); n below 2^32. */
  void (*histogram[SP_N_DTYPES]) (const void *x, size_t n, uint32_t *bins);

  /* counts[k] += #{|x| <= limits[k]}, k < n_limits <= 16; a NaN is below nothing. */
  void (*below[SP_N_DTYPES])     (const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts);

  /* A row's sum of squares (lanes folded by the fixed tree, finite elements only); *n_nonzero += elements that are not 0 (NaN counts). */
  double (*row[SP_N_DTYPES])     (const void *x, size_t n, uint64_t *n_nonzero);

  /* One row of a matrix, added to per-column totals: sum_sq (n), n_nonzero (n). */
  void (*columns[SP_N_DTYPES])   (const void *x, size_t n, double *sum_sq, uint32_t *n_nonzero);

  /* One row of a matrix: seen (n) becomes 1 where x is not 0 (NaN counts).  Returns whether any is not 0. */
  bool (*nonzero[SP_N_DTYPES])   (const void *x, size_t n, uint8_t *seen);

  /* One row of a matrix folded into heatmap cells of `width` elements; cells: (ceil (n / width)). */
  void (*cells[SP_N_DTYPES])     (const void *x, size_t n, size_t width, SpCell *cells);

  /* out[i] = x[i] as f32, rounded to nearest where it does not fit. */
  void (*widen[SP_N_DTYPES])     (const void *x, size_t n, float *out);

  /* A block (n_rows, n_columns) of activations, a row a token.  An element fires where it is finite and
   * |x| > limit >= 0, so 0 asks for x != 0; 64-bit integers rounded to f64.  by_column: (n_columns), by_row: (n_rows). */
  void (*fires[SP_N_DTYPES])     (const void *x, size_t n_rows, size_t n_columns, double limit, uint32_t *by_column,
                                  uint32_t *by_row, uint64_t *n_nonfinite);

  /* Of each row, an element counts if it is not 0 and among the n - int (n · dropped) largest |x|, the first of equals; n: its finite
   * elements, 0 <= dropped <= 1.  Otherwise as fires. */
  void (*top[SP_N_DTYPES])       (const void *x, size_t n_rows, size_t n_columns, double dropped, uint32_t *by_column, uint32_t *by_row);

  /* One row: how many elements are finite and |x| >= limits[i] >= 0; infinity asks too much of all. */
  uint32_t (*reaches[SP_N_DTYPES]) (const void *x, size_t n, const double *limits);

  /* Rows of a panel (any number, SP_PANEL) times factors are added up in order, from 0 on; where ends[b] of them are in,
   * squares[b] += the sum's square, in the lanes of SpMoments.  order, factors: (ends[n_ends - 1]); ends ascend. */
  void (*tails[SP_N_DTYPES])     (const void *panel, const uint32_t *order, const float *factors, const uint32_t *ends,
                                  unsigned n_ends, double *squares);     /* f32 alone */

  /* The same with panels of SP_WIDE_PANEL columns, faster and less exact: products and sums are f32, rounded one after the other. */
  void (*quick_tails[SP_N_DTYPES]) (const void *panel, const uint32_t *order, const float *factors, const uint32_t *ends,
                                    unsigned n_ends, double *squares);     /* f32 alone */
  /* So too, sums (SP_WIDE_PANEL) += factors[k] · rows[at[k]], k < n. */
  void (*add_rows[SP_N_DTYPES])  (const float *rows, const uint8_t *at, const float *factors, size_t n, float *sums);   /* f32 alone */

  /* One row: bit i of bits, which start clear, is set where element i fires, as by fires; bits: (ceil (n / 64)). */
  void (*pack[SP_N_DTYPES])      (const void *x, size_t n, double limit, uint64_t *bits);

  /* Rows of bits, u64 alone: how many are set in both; and in into once those of row are added to it. */
  uint64_t (*common[SP_N_DTYPES]) (const uint64_t *a, const uint64_t *b, size_t n_words);
  uint64_t (*unite[SP_N_DTYPES])  (uint64_t *into, const uint64_t *row, size_t n_words);

  /* Rows of a model's forward pass, f32 alone, aligned as f32.  NaN in gives NaN out, always 0x7fc00000.  out = x / sqrt (mean (x²) +
   * eps) · weight; (x - mean) / sqrt (variance + eps) · weight + bias, which may be NULL.  The quotient is made in f64; out may be x. */
  void (*rms_norm[SP_N_DTYPES])   (const float *x, size_t n, const float *weight, double eps, float *out);
  void (*layer_norm[SP_N_DTYPES]) (const float *x, size_t n, const float *weight, const float *bias, double eps, float *out);

  /* In place: x / (1 + e^-x); x (1 + erf (x / √2)) / 2; the same by tanh; max (x, 0).  Within 1e-6 of the value + 1e-43. */
  void (*silu[SP_N_DTYPES])      (float *x, size_t n);
  void (*gelu[SP_N_DTYPES])      (float *x, size_t n);
  void (*gelu_tanh[SP_N_DTYPES]) (float *x, size_t n);
  void (*relu[SP_N_DTYPES])      (float *x, size_t n);

  /* e^x / Σ e^x in place, and ln Σ e^x, of x - max rounded to f32.  -inf counts as 0; +inf, or a softmax of -inf alone: NaN. */
  void   (*softmax[SP_N_DTYPES]) (float *x, size_t n);
  double (*logsum[SP_N_DTYPES])  (const float *x, size_t n);

  /* Of i < half: x[i], x[i + half] turned by the angle of these. */
  void (*rotate[SP_N_DTYPES])    (float *x, size_t half, const float *cosines, const float *sines);
  void (*multiply[SP_N_DTYPES])  (float *x, const float *y, size_t n);                  /* x *= y */
  void (*add[SP_N_DTYPES])       (float *x, const float *y, float scale, size_t n);     /* x += scale · y, rounded twice */
  /* Where |measure[i]| >= limits[i], active[i] += 1; elsewhere, and for a NaN, h[i] = 0.  How many are active; measure may be h. */
  uint32_t (*cut[SP_N_DTYPES])   (float *h, const float *measure, const float *limits, size_t n, uint32_t *active);

  /* Where x + (error · lengths + offsets), each rounded, is a NaN, or > limits[i] and > limit, which are none: ascending places, and these
   * values; how many. */
  uint32_t (*pick[SP_N_DTYPES])  (const float *x, SpMargin margin, const float *limits, float limit, size_t n, uint32_t *at, float *most);

  /* out[k] = Σ x[i] · row[i], in f64, row: matrix (…, n) at at[k], k < n_rows. */
  void (*dots[SP_N_DTYPES])      (const float *x, size_t n, const float *matrix, const uint32_t *at, size_t n_rows, double *out);

  /* NULL where the processor has none faster than f32's: products x (n, SP_PAIR_ROWS) · weights (n, SP_PAIR_COLUMNS) into out, rows stride
   * apart, of pairs of bf16.  Subnormals are 0, and the 2 n sums of each are f32 in any order: no two levels need have the same bits. */
  void (*pairs) (const uint32_t *x, const uint32_t *weights, size_t n, float *out, size_t stride);

  /* out[i] = x[i] as this type, f16 or bf16, rounded to nearest, ties to even; a NaN stays one.  n below 2^32. */
  void (*narrow[SP_N_DTYPES])    (const float *x, size_t n, uint16_t *out, SpNarrowing *lost);
} SpKernels;

const SpKernels *sp_kernels (void);                /* the best level; SPARSOSCOPE_ISA=scalar|avx2|… caps it */
const SpKernels *sp_kernels_level (unsigned i);    /* every level this processor runs, 0 = scalar; NULL past the end */

void   sp_moments_init (SpMoments *m);
void   sp_moments_merge (SpMoments *into, const SpMoments *from);      /* call in chunk order */
double sp_lanes_fold (const double lanes[SP_LANES]);                   /* the fixed tree */
