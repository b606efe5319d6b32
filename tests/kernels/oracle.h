/* oracle.h - what every kernel must give, element by element, written without the kernels */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"

/* Bits of exponent and mantissa; 0, 0 for integers. */
unsigned oracle_exponent_bits (SpDtype t);
unsigned oracle_mantissa_bits (SpDtype t);

uint64_t    oracle_bits (SpDtype t, const void *x, size_t i);       /* element i's bit pattern */
long double oracle_exact (SpDtype t, uint64_t bits);                /* its value; integers exactly */
double      oracle_value (SpDtype t, uint64_t bits);                /* rounded to f64 */
unsigned    oracle_bin (SpDtype t, uint64_t bits);                  /* its histogram bin */

void   oracle_moments (SpDtype t, const void *x, size_t n, SpMoments *m);
void   oracle_below (SpDtype t, const void *x, size_t n, const double *limits, unsigned n_limits, uint64_t *counts);
double oracle_row (SpDtype t, const void *x, size_t n, uint64_t *n_nonzero);
void   oracle_columns (SpDtype t, const void *x, size_t n, double *sum_sq, uint32_t *n_nonzero);
bool   oracle_nonzero (SpDtype t, const void *x, size_t n, uint8_t *seen);
void   oracle_cells (SpDtype t, const void *x, size_t n, size_t width, SpCell *cells);
void   oracle_widen (SpDtype t, const void *x, size_t n, float *out);
void   oracle_fires (SpDtype t, const void *x, size_t n_rows, size_t n_columns, double limit, uint32_t *by_column,
                     uint32_t *by_row, uint64_t *n_nonfinite);
void     oracle_pack (SpDtype t, const void *x, size_t n, double limit, uint64_t *bits);
uint32_t oracle_reaches (SpDtype t, const void *x, size_t n, const double *limits);
void   oracle_tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends,
                     double *squares);
void   oracle_quick_tails (const float *panel, const uint32_t *order, const float *factors, const uint32_t *ends, unsigned n_ends,
                     double *squares);
void   oracle_add_rows (const float *rows, const uint8_t *at, const float *factors, size_t n, float *sums);
void   oracle_top (SpDtype t, const void *x, size_t n_rows, size_t n_columns, double dropped, uint32_t *by_column, uint32_t *by_row);
