/* simd-avx2.h - sixteen lanes on AVX2, FMA and F16C; verbs as in simd-scalar.h */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "simd-common.h"

#include <immintrin.h>

#define SIMD_ISA avx2
#define VECTOR_BYTES 32

typedef struct { __m256 a, b; } f32x16;
typedef struct { __m256d a, b, c, d; } f64x16;
typedef struct { __m256i a, b; } u32x16;
typedef struct { __m256 a, b; } mask16;                        /* all bits of a lane */

#define AT(p, byte) ((const void *) ((const char *) (p) + (byte)))
#define M128(p, byte) _mm_loadu_si128 (AT (p, byte))
#define M256(p, byte) _mm256_loadu_si256 (AT (p, byte))
#define LOW(x) _mm256_castps256_ps128 (x)
#define HIGH(x) _mm256_extractf128_ps (x, 1)

SIMD __m256 bf16x8 (__m128i h) { return _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_cvtepu16_epi32 (h), 16)); }
SIMD __m128 swap2 (__m128 x) { return _mm_movehl_ps (x, x); }
SIMD __m128 swap1 (__m128 x) { return _mm_movehdup_ps (x); }

SIMD f32x16 ld_f32 (const void *p) { return (f32x16) { _mm256_castsi256_ps (M256 (p, 0)), _mm256_castsi256_ps (M256 (p, 32)) }; }
SIMD f32x16 ld_bf16 (const void *p) { return (f32x16) { bf16x8 (M128 (p, 0)), bf16x8 (M128 (p, 16)) }; }
SIMD f32x16 ld_f16 (const void *p) { return (f32x16) { _mm256_cvtph_ps (M128 (p, 0)), _mm256_cvtph_ps (M128 (p, 16)) }; }
SIMD f64x16 ld_f64 (const void *p) { return (f64x16) { _mm256_castsi256_pd (M256 (p, 0)), _mm256_castsi256_pd (M256 (p, 32)), _mm256_castsi256_pd (M256 (p, 64)), _mm256_castsi256_pd (M256 (p, 96)) }; }
SIMD u32x16 ld_u32 (const void *p) { return (u32x16) { M256 (p, 0), M256 (p, 32) }; }
SIMD void   st_f32 (float *p, f32x16 x) { _mm256_storeu_ps (p, x.a), _mm256_storeu_ps (p + 8, x.b); }
SIMD void   st_f64 (double *p, f64x16 x) { _mm256_storeu_pd (p, x.a), _mm256_storeu_pd (p + 4, x.b), _mm256_storeu_pd (p + 8, x.c), _mm256_storeu_pd (p + 12, x.d); }
SIMD void   st_u32 (uint32_t *p, u32x16 x) { _mm256_storeu_si256 ((__m256i *) (void *) p, x.a), _mm256_storeu_si256 ((__m256i *) (void *) (p + 8), x.b); }
SIMD f64x16 to_f64 (f32x16 x) { return (f64x16) { _mm256_cvtps_pd (LOW (x.a)), _mm256_cvtps_pd (HIGH (x.a)), _mm256_cvtps_pd (LOW (x.b)), _mm256_cvtps_pd (HIGH (x.b)) }; }
SIMD f32x16 set1 (float x) { return (f32x16) { _mm256_set1_ps (x), _mm256_set1_ps (x) }; }

SIMD mask16 le (f32x16 x, f32x16 y) { return (mask16) { _mm256_cmp_ps (x.a, y.a, _CMP_LE_OQ), _mm256_cmp_ps (x.b, y.b, _CMP_LE_OQ) }; }
SIMD mask16 nle (f32x16 x, f32x16 y) { return (mask16) { _mm256_cmp_ps (x.a, y.a, _CMP_NLE_UQ), _mm256_cmp_ps (x.b, y.b, _CMP_NLE_UQ) }; }
SIMD mask16 is0 (f32x16 x) { __m256 z = _mm256_setzero_ps (); return (mask16) { _mm256_cmp_ps (x.a, z, _CMP_EQ_OQ), _mm256_cmp_ps (x.b, z, _CMP_EQ_OQ) }; }
SIMD mask16 not0 (f32x16 x) { __m256 z = _mm256_setzero_ps (); return (mask16) { _mm256_cmp_ps (x.a, z, _CMP_NEQ_UQ), _mm256_cmp_ps (x.b, z, _CMP_NEQ_UQ) }; }
SIMD mask16 beyond (unsigned k) { f32x16 r = ld_f32 (lane_edge + SP_LANES - k); return (mask16) { r.a, r.b }; }

SIMD f32x16 vabs (f32x16 x) { __m256 s = _mm256_set1_ps (-0.0f); return (f32x16) { _mm256_andnot_ps (s, x.a), _mm256_andnot_ps (s, x.b) }; }
SIMD f32x16 hide (mask16 m, f32x16 x) { return (f32x16) { _mm256_or_ps (m.a, x.a), _mm256_or_ps (m.b, x.b) }; }
SIMD f32x16 drop (mask16 m, f32x16 x) { return (f32x16) { _mm256_andnot_ps (m.a, x.a), _mm256_andnot_ps (m.b, x.b) }; }
SIMD f32x16 mul (f32x16 x, f32x16 y) { return (f32x16) { _mm256_mul_ps (x.a, y.a), _mm256_mul_ps (x.b, y.b) }; }
SIMD f32x16 vmin (f32x16 x, f32x16 y) { return (f32x16) { _mm256_min_ps (x.a, y.a), _mm256_min_ps (x.b, y.b) }; }
SIMD f32x16 vmax (f32x16 x, f32x16 y) { return (f32x16) { _mm256_max_ps (x.a, y.a), _mm256_max_ps (x.b, y.b) }; }
SIMD float  hmin (f32x16 x) { __m256 m = _mm256_min_ps (x.a, x.b); __m128 r = _mm_min_ps (LOW (m), HIGH (m)); r = _mm_min_ps (r, swap2 (r)); return _mm_cvtss_f32 (_mm_min_ps (r, swap1 (r))); }
SIMD float  hmax (f32x16 x) { __m256 m = _mm256_max_ps (x.a, x.b); __m128 r = _mm_max_ps (LOW (m), HIGH (m)); r = _mm_max_ps (r, swap2 (r)); return _mm_cvtss_f32 (_mm_max_ps (r, swap1 (r))); }

SIMD f32x16 plus (f32x16 x, f32x16 y) { return (f32x16) { _mm256_add_ps (x.a, y.a), _mm256_add_ps (x.b, y.b) }; }
SIMD f32x16 minus (f32x16 x, f32x16 y) { return (f32x16) { _mm256_sub_ps (x.a, y.a), _mm256_sub_ps (x.b, y.b) }; }
SIMD f32x16 over (f32x16 x, f32x16 y) { return (f32x16) { _mm256_div_ps (x.a, y.a), _mm256_div_ps (x.b, y.b) }; }
SIMD f32x16 at_least (float least, f32x16 x) { __m256 v = _mm256_set1_ps (least); return (f32x16) { _mm256_max_ps (v, x.a), _mm256_max_ps (v, x.b) }; }
SIMD f32x16 put (mask16 m, f32x16 x, f32x16 y) { return (f32x16) { _mm256_blendv_ps (x.a, y.a, m.a), _mm256_blendv_ps (x.b, y.b, m.b) }; }
SIMD __m256 power8 (__m256i n) { return _mm256_castsi256_ps (_mm256_slli_epi32 (_mm256_add_epi32 (n, _mm256_set1_epi32 (127)), 23)); }
SIMD __m256 scale8 (__m256 x, __m256i n) { __m256i half = _mm256_srai_epi32 (n, 1); return _mm256_mul_ps (_mm256_mul_ps (x, power8 (half)), power8 (_mm256_sub_epi32 (n, half))); }
SIMD f32x16 scale (f32x16 x, f32x16 n) { return (f32x16) { scale8 (x.a, _mm256_cvtps_epi32 (n.a)), scale8 (x.b, _mm256_cvtps_epi32 (n.b)) }; }

SIMD uint32_t bits_of (mask16 m) { return (uint32_t) _mm256_movemask_ps (m.a) | (uint32_t) _mm256_movemask_ps (m.b) << 8; }
SIMD u32x16   zero_u32 (void) { return (u32x16) { _mm256_setzero_si256 (), _mm256_setzero_si256 () }; }
SIMD u32x16   tally (u32x16 c, mask16 m) { return (u32x16) { _mm256_sub_epi32 (c.a, _mm256_castps_si256 (m.a)), _mm256_sub_epi32 (c.b, _mm256_castps_si256 (m.b)) }; }
SIMD uint32_t total (u32x16 c) { __m256i s = _mm256_add_epi32 (c.a, c.b); __m128i r = _mm_add_epi32 (_mm256_castsi256_si128 (s), _mm256_extracti128_si256 (s, 1)); r = _mm_add_epi32 (r, _mm_shuffle_epi32 (r, 0x4e)); return (uint32_t) _mm_cvtsi128_si32 (_mm_add_epi32 (r, _mm_shuffle_epi32 (r, 0xb1))); }

SIMD f64x16 dabs (f64x16 x) { __m256d s = _mm256_set1_pd (-0.0); return (f64x16) { _mm256_andnot_pd (s, x.a), _mm256_andnot_pd (s, x.b), _mm256_andnot_pd (s, x.c), _mm256_andnot_pd (s, x.d) }; }
SIMD f64x16 dset1 (double x) { __m256d v = _mm256_set1_pd (x); return (f64x16) { v, v, v, v }; }
SIMD __m256 join (__m256d low, __m256d high) { return _mm256_set_m128 (_mm256_cvtpd_ps (high), _mm256_cvtpd_ps (low)); }
SIMD f32x16 to_f32 (f64x16 x) { return (f32x16) { join (x.a, x.b), join (x.c, x.d) }; }
SIMD f64x16 dsub (f64x16 x, f64x16 y) { return (f64x16) { _mm256_sub_pd (x.a, y.a), _mm256_sub_pd (x.b, y.b), _mm256_sub_pd (x.c, y.c), _mm256_sub_pd (x.d, y.d) }; }
SIMD f64x16 dmul (f64x16 x, f64x16 y) { return (f64x16) { _mm256_mul_pd (x.a, y.a), _mm256_mul_pd (x.b, y.b), _mm256_mul_pd (x.c, y.c), _mm256_mul_pd (x.d, y.d) }; }
SIMD f64x16 add (f64x16 x, f64x16 y) { return (f64x16) { _mm256_add_pd (x.a, y.a), _mm256_add_pd (x.b, y.b), _mm256_add_pd (x.c, y.c), _mm256_add_pd (x.d, y.d) }; }
SIMD f64x16 add_sq (f64x16 x, f64x16 y) { return (f64x16) { _mm256_fmadd_pd (y.a, y.a, x.a), _mm256_fmadd_pd (y.b, y.b, x.b), _mm256_fmadd_pd (y.c, y.c, x.c), _mm256_fmadd_pd (y.d, y.d, x.d) }; }
SIMD f64x16 add_product (f64x16 x, f64x16 y, f64x16 z) { return (f64x16) { _mm256_fmadd_pd (y.a, z.a, x.a), _mm256_fmadd_pd (y.b, z.b, x.b), _mm256_fmadd_pd (y.c, z.c, x.c), _mm256_fmadd_pd (y.d, z.d, x.d) }; }
SIMD double fold (f64x16 x) { __m256d s = _mm256_add_pd (_mm256_add_pd (x.a, x.c), _mm256_add_pd (x.b, x.d)); __m128d r = _mm_add_pd (_mm256_castpd256_pd128 (s), _mm256_extractf128_pd (s, 1)); return _mm_cvtsd_f64 (_mm_add_sd (r, _mm_unpackhi_pd (r, r))); }

SIMD __m256i same16 (const void *p, uint16_t key) { return _mm256_cmpeq_epi16 (_mm256_loadu_si256 (p), _mm256_set1_epi16 ((short) key)); }
SIMD uint32_t others (const void *keys, uint16_t key) { __m256i s = _mm256_packs_epi16 (same16 (AT (keys, 0), key), same16 (AT (keys, 32), key)); return ~(uint32_t) _mm256_movemask_epi8 (_mm256_permute4x64_epi64 (s, 0xd8)); }
SIMD unsigned put_others (const void *keys, uint16_t key, uint32_t *out) { return put_keys (keys, others (keys, key), out); }
