/* simd-avx512.h - sixteen lanes on AVX-512 F, BW, VL, DQ; verbs as in simd-scalar.h */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "simd-common.h"

#include <immintrin.h>

#define SIMD_ISA avx512
#define VECTOR_BYTES 64

typedef __m512 f32x16;
typedef struct { __m512d a, b; } f64x16;
typedef __m512i u32x16;
typedef __mmask16 mask16;                                      /* bit l: lane l */

#define HALF(p) _mm256_loadu_si256 ((const __m256i *) (p))     /* sixteen 16-bit elements */

SIMD f32x16 ld_f32 (const void *p) { return _mm512_loadu_ps (p); }
SIMD f32x16 ld_bf16 (const void *p) { return _mm512_castsi512_ps (_mm512_slli_epi32 (_mm512_cvtepu16_epi32 (HALF (p)), 16)); }
SIMD f32x16 ld_f16 (const void *p) { return _mm512_cvtph_ps (HALF (p)); }
SIMD f64x16 ld_f64 (const void *p) { return (f64x16) { _mm512_loadu_pd (p), _mm512_loadu_pd ((const char *) p + 64) }; }
SIMD u32x16 ld_u32 (const void *p) { return _mm512_loadu_si512 (p); }
SIMD void   st_f32 (float *p, f32x16 x) { _mm512_storeu_ps (p, x); }
SIMD void   st_f64 (double *p, f64x16 x) { _mm512_storeu_pd (p, x.a), _mm512_storeu_pd (p + 8, x.b); }
SIMD void   st_u32 (uint32_t *p, u32x16 x) { _mm512_storeu_si512 (p, x); }
SIMD f64x16 to_f64 (f32x16 x) { return (f64x16) { _mm512_cvtps_pd (_mm512_castps512_ps256 (x)), _mm512_cvtps_pd (_mm512_extractf32x8_ps (x, 1)) }; }
SIMD f32x16 set1 (float x) { return _mm512_set1_ps (x); }

SIMD mask16 le (f32x16 x, f32x16 y) { return _mm512_cmp_ps_mask (x, y, _CMP_LE_OQ); }
SIMD mask16 nle (f32x16 x, f32x16 y) { return _mm512_cmp_ps_mask (x, y, _CMP_NLE_UQ); }
SIMD mask16 is0 (f32x16 x) { return _mm512_cmp_ps_mask (x, _mm512_setzero_ps (), _CMP_EQ_OQ); }
SIMD mask16 not0 (f32x16 x) { return _mm512_cmp_ps_mask (x, _mm512_setzero_ps (), _CMP_NEQ_UQ); }
SIMD mask16 beyond (unsigned k) { return (mask16) (0xffffu << k); }

SIMD f32x16 vabs (f32x16 x) { return _mm512_abs_ps (x); }
SIMD f32x16 hide (mask16 m, f32x16 x) { return _mm512_mask_mov_ps (x, m, _mm512_set1_ps (__builtin_nanf (""))); }
SIMD f32x16 drop (mask16 m, f32x16 x) { return _mm512_maskz_mov_ps ((mask16) ~m, x); }
SIMD f32x16 mul (f32x16 x, f32x16 y) { return _mm512_mul_ps (x, y); }
SIMD f32x16 vmin (f32x16 x, f32x16 y) { return _mm512_min_ps (x, y); }
SIMD f32x16 vmax (f32x16 x, f32x16 y) { return _mm512_max_ps (x, y); }
SIMD float  hmin (f32x16 x) { return _mm512_reduce_min_ps (x); }
SIMD float  hmax (f32x16 x) { return _mm512_reduce_max_ps (x); }

SIMD f32x16 plus (f32x16 x, f32x16 y) { return _mm512_add_ps (x, y); }
SIMD f32x16 minus (f32x16 x, f32x16 y) { return _mm512_sub_ps (x, y); }
SIMD f32x16 over (f32x16 x, f32x16 y) { return _mm512_div_ps (x, y); }
SIMD f32x16 at_least (float least, f32x16 x) { return _mm512_max_ps (_mm512_set1_ps (least), x); }
SIMD f32x16 put (mask16 m, f32x16 x, f32x16 y) { return _mm512_mask_mov_ps (x, m, y); }
SIMD f32x16 scale (f32x16 x, f32x16 n) { return _mm512_scalef_ps (x, n); }

SIMD uint32_t bits_of (mask16 m) { return m; }
SIMD u32x16   zero_u32 (void) { return _mm512_setzero_si512 (); }
SIMD u32x16   tally (u32x16 c, mask16 m) { return _mm512_mask_add_epi32 (c, m, c, _mm512_set1_epi32 (1)); }
SIMD uint32_t total (u32x16 c) { return (uint32_t) _mm512_reduce_add_epi32 (c); }

SIMD f64x16 dabs (f64x16 x) { return (f64x16) { _mm512_abs_pd (x.a), _mm512_abs_pd (x.b) }; }
SIMD f64x16 dset1 (double x) { return (f64x16) { _mm512_set1_pd (x), _mm512_set1_pd (x) }; }
SIMD f32x16 to_f32 (f64x16 x) { return _mm512_insertf32x8 (_mm512_castps256_ps512 (_mm512_cvtpd_ps (x.a)), _mm512_cvtpd_ps (x.b), 1); }
SIMD f64x16 dsub (f64x16 x, f64x16 y) { return (f64x16) { _mm512_sub_pd (x.a, y.a), _mm512_sub_pd (x.b, y.b) }; }
SIMD f64x16 dmul (f64x16 x, f64x16 y) { return (f64x16) { _mm512_mul_pd (x.a, y.a), _mm512_mul_pd (x.b, y.b) }; }
SIMD f64x16 add (f64x16 x, f64x16 y) { return (f64x16) { _mm512_add_pd (x.a, y.a), _mm512_add_pd (x.b, y.b) }; }
SIMD f64x16 add_sq (f64x16 x, f64x16 y) { return (f64x16) { _mm512_fmadd_pd (y.a, y.a, x.a), _mm512_fmadd_pd (y.b, y.b, x.b) }; }
SIMD f64x16 add_product (f64x16 x, f64x16 y, f64x16 z) { return (f64x16) { _mm512_fmadd_pd (y.a, z.a, x.a), _mm512_fmadd_pd (y.b, z.b, x.b) }; }
SIMD __m256d fold8 (__m512d s) { return _mm256_add_pd (_mm512_castpd512_pd256 (s), _mm512_extractf64x4_pd (s, 1)); }
SIMD __m128d fold4 (__m256d s) { return _mm_add_pd (_mm256_castpd256_pd128 (s), _mm256_extractf128_pd (s, 1)); }
SIMD double  fold2 (__m128d s) { return _mm_cvtsd_f64 (_mm_add_sd (s, _mm_unpackhi_pd (s, s))); }
SIMD double  fold (f64x16 x) { return fold2 (fold4 (fold8 (_mm512_add_pd (x.a, x.b)))); }

SIMD unsigned put_others16 (const void *p, uint16_t key, uint32_t *out) { __m512i v = _mm512_cvtepu16_epi32 (HALF (p)); __mmask16 m = _mm512_cmpneq_epi32_mask (v, _mm512_set1_epi32 (key)); _mm512_storeu_si512 (out, _mm512_maskz_compress_epi32 (m, v)); return (unsigned) __builtin_popcount (m); }
SIMD unsigned put_others (const void *keys, uint16_t key, uint32_t *out) { unsigned n = put_others16 (keys, key, out); return n + put_others16 ((const char *) keys + 32, key, out + n); }
