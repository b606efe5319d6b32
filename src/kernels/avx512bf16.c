/* avx512bf16.c - what AVX-512 BF16 adds to AVX-512: two products of bf16 where there is one of f32 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu.h"

#include <immintrin.h>

#define VECTORS (SP_PAIR_COLUMNS / SP_LANES)

/* Sixteen sums are under way at once, more than an addition takes steps. */
static void
pairs (const uint32_t *x, const uint32_t *weights, size_t n, float *out, size_t stride)
{
  __m512 sums[SP_PAIR_ROWS][VECTORS];

  for (unsigned r = 0; r < SP_PAIR_ROWS; r++)
    for (unsigned v = 0; v < VECTORS; v++)
      sums[r][v] = _mm512_setzero_ps ();
  for (size_t k = 0; k < n; k++)
    {
      const uint32_t *row = weights + k * SP_PAIR_COLUMNS;

      for (unsigned r = 0; r < SP_PAIR_ROWS; r++)
        for (unsigned v = 0; v < VECTORS; v++)
          sums[r][v] = _mm512_dpbf16_ps (sums[r][v], (__m512bh) _mm512_set1_epi32 ((int) x[k * SP_PAIR_ROWS + r]),
                                         (__m512bh) _mm512_loadu_si512 (row + v * SP_LANES));
    }
  for (unsigned r = 0; r < SP_PAIR_ROWS; r++)
    for (unsigned v = 0; v < VECTORS; v++)
      _mm512_storeu_ps (out + r * stride + v * SP_LANES, sums[r][v]);
}

const SpKernels sp_kernels_avx512bf16 = { .isa = "avx512bf16", .pairs = pairs };
