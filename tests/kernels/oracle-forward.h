/* oracle-forward.h - what a forward pass' kernels must give, from the formulas, in f64 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"

float oracle_plain (float x);                       /* x, or the one NaN */

void oracle_norm (const float *x, size_t n, bool is_centred, const float *weight, const float *bias, double eps, float *out);

double oracle_silu (double x);
double oracle_gelu (double x);
double oracle_gelu_tanh (double x);
double oracle_relu (double x);

double   oracle_logsum (const float *x, size_t n);
void     oracle_softmax (const float *x, size_t n, double *out, double *slack);   /* slack: what rounding x - max does, relatively */
void     oracle_rotate (float *x, size_t half, const float *cosines, const float *sines);
void     oracle_multiply (float *x, const float *y, size_t n);
void     oracle_add (float *x, const float *y, float scale, size_t n);
uint16_t oracle_narrow (SpDtype t, float x);          /* its bits as f16 or bf16 */
uint32_t oracle_cut (float *h, const float *measure, const float *limits, size_t n, uint32_t *active);
uint32_t oracle_pick (const float *x, SpMargin margin, const float *limits, float limit, size_t n, uint32_t *places, float *values);
double   oracle_dot (const float *x, const float *y, size_t n);
/* out (SP_PAIR_ROWS, SP_PAIR_COLUMNS), and the sums of magnitudes. */
void     oracle_pairs (const uint32_t *x, const uint32_t *weights, size_t n, double *out, double *magnitudes);
