/* simd-neon.h - sixteen lanes on AArch64 NEON; verbs as in simd-scalar.h */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "simd-common.h"

#include <arm_neon.h>

#define SIMD_ISA neon
#define VECTOR_BYTES 16
#define E4 for (unsigned k = 0; k < 4; k++)
#define E8 for (unsigned k = 0; k < 8; k++)

typedef struct { float32x4_t v[4]; } f32x16;
typedef struct { float64x2_t v[8]; } f64x16;
typedef struct { uint32x4_t v[4]; } u32x16;
typedef struct { uint32x4_t v[4]; } mask16;                    /* all bits of a lane */

#define BYTES(p, at) vld1q_u8 ((const uint8_t *) (p) + (at))   /* any alignment */
#define HALVES(p, at) vreinterpret_u16_u8 (vld1_u8 ((const uint8_t *) (p) + (at)))

SIMD f32x16 ld_f32 (const void *p) { f32x16 r; E4 r.v[k] = vreinterpretq_f32_u8 (BYTES (p, 16 * k)); return r; }
SIMD f32x16 ld_bf16 (const void *p) { f32x16 r; E4 r.v[k] = vreinterpretq_f32_u32 (vshll_n_u16 (HALVES (p, 8 * k), 16)); return r; }
SIMD f32x16 ld_f16 (const void *p) { f32x16 r; E4 r.v[k] = vcvt_f32_f16 (vreinterpret_f16_u16 (HALVES (p, 8 * k))); return r; }
SIMD f64x16 ld_f64 (const void *p) { f64x16 r; E8 r.v[k] = vreinterpretq_f64_u8 (BYTES (p, 16 * k)); return r; }
SIMD u32x16 ld_u32 (const void *p) { u32x16 r; E4 r.v[k] = vreinterpretq_u32_u8 (BYTES (p, 16 * k)); return r; }
SIMD void   st_f32 (float *p, f32x16 x) { E4 vst1q_f32 (p + 4 * k, x.v[k]); }
SIMD void   st_f64 (double *p, f64x16 x) { E8 vst1q_f64 (p + 2 * k, x.v[k]); }
SIMD void   st_u32 (uint32_t *p, u32x16 x) { E4 vst1q_u32 (p + 4 * k, x.v[k]); }
SIMD f64x16 to_f64 (f32x16 x) { f64x16 r; E4 r.v[2 * k] = vcvt_f64_f32 (vget_low_f32 (x.v[k])), r.v[2 * k + 1] = vcvt_high_f64_f32 (x.v[k]); return r; }
SIMD f32x16 set1 (float x) { f32x16 r; E4 r.v[k] = vdupq_n_f32 (x); return r; }

SIMD mask16 le (f32x16 x, f32x16 y) { mask16 r; E4 r.v[k] = vcleq_f32 (x.v[k], y.v[k]); return r; }
SIMD mask16 nle (f32x16 x, f32x16 y) { mask16 r; E4 r.v[k] = vmvnq_u32 (vcleq_f32 (x.v[k], y.v[k])); return r; }
SIMD mask16 is0 (f32x16 x) { mask16 r; E4 r.v[k] = vceqzq_f32 (x.v[k]); return r; }
SIMD mask16 not0 (f32x16 x) { mask16 r; E4 r.v[k] = vmvnq_u32 (vceqzq_f32 (x.v[k])); return r; }
SIMD mask16 beyond (unsigned k0) { mask16 r; E4 r.v[k] = vld1q_u32 (lane_edge + SP_LANES - k0 + 4 * k); return r; }

SIMD f32x16 vabs (f32x16 x) { E4 x.v[k] = vabsq_f32 (x.v[k]); return x; }
SIMD f32x16 hide (mask16 m, f32x16 x) { E4 x.v[k] = vreinterpretq_f32_u32 (vorrq_u32 (m.v[k], vreinterpretq_u32_f32 (x.v[k]))); return x; }
SIMD f32x16 drop (mask16 m, f32x16 x) { E4 x.v[k] = vreinterpretq_f32_u32 (vbicq_u32 (vreinterpretq_u32_f32 (x.v[k]), m.v[k])); return x; }
SIMD f32x16 mul (f32x16 x, f32x16 y) { E4 x.v[k] = vmulq_f32 (x.v[k], y.v[k]); return x; }
SIMD f32x16 vmin (f32x16 x, f32x16 y) { E4 y.v[k] = vminnmq_f32 (x.v[k], y.v[k]); return y; }
SIMD f32x16 vmax (f32x16 x, f32x16 y) { E4 y.v[k] = vmaxnmq_f32 (x.v[k], y.v[k]); return y; }
SIMD float  hmin (f32x16 x) { return vminvq_f32 (vminq_f32 (vminq_f32 (x.v[0], x.v[1]), vminq_f32 (x.v[2], x.v[3]))); }
SIMD float  hmax (f32x16 x) { return vmaxvq_f32 (vmaxq_f32 (vmaxq_f32 (x.v[0], x.v[1]), vmaxq_f32 (x.v[2], x.v[3]))); }

SIMD f32x16 plus (f32x16 x, f32x16 y) { E4 x.v[k] = vaddq_f32 (x.v[k], y.v[k]); return x; }
SIMD f32x16 minus (f32x16 x, f32x16 y) { E4 x.v[k] = vsubq_f32 (x.v[k], y.v[k]); return x; }
SIMD f32x16 over (f32x16 x, f32x16 y) { E4 x.v[k] = vdivq_f32 (x.v[k], y.v[k]); return x; }
SIMD f32x16 at_least (float least, f32x16 x) { E4 x.v[k] = vmaxq_f32 (vdupq_n_f32 (least), x.v[k]); return x; }
SIMD f32x16 put (mask16 m, f32x16 x, f32x16 y) { E4 x.v[k] = vbslq_f32 (m.v[k], y.v[k], x.v[k]); return x; }
SIMD float32x4_t power4 (int32x4_t n) { return vreinterpretq_f32_s32 (vshlq_n_s32 (vaddq_s32 (n, vdupq_n_s32 (127)), 23)); }
SIMD float32x4_t scale4 (float32x4_t x, int32x4_t n) { int32x4_t half = vshrq_n_s32 (n, 1); return vmulq_f32 (vmulq_f32 (x, power4 (half)), power4 (vsubq_s32 (n, half))); }
SIMD f32x16 scale (f32x16 x, f32x16 n) { E4 x.v[k] = scale4 (x.v[k], vcvtnq_s32_f32 (n.v[k])); return x; }

SIMD uint32_t bits_of (mask16 m) { static const uint32_t bits[4] = { 1, 2, 4, 8 }; uint32_t r = 0; E4 r |= vaddvq_u32 (vandq_u32 (m.v[k], vld1q_u32 (bits))) << 4 * k; return r; }
SIMD u32x16   zero_u32 (void) { u32x16 r; E4 r.v[k] = vdupq_n_u32 (0); return r; }
SIMD u32x16   tally (u32x16 c, mask16 m) { E4 c.v[k] = vsubq_u32 (c.v[k], m.v[k]); return c; }
SIMD uint32_t total (u32x16 c) { return vaddvq_u32 (vaddq_u32 (vaddq_u32 (c.v[0], c.v[1]), vaddq_u32 (c.v[2], c.v[3]))); }

SIMD f64x16 dabs (f64x16 x) { E8 x.v[k] = vabsq_f64 (x.v[k]); return x; }
SIMD f64x16 dset1 (double x) { f64x16 r; E8 r.v[k] = vdupq_n_f64 (x); return r; }
SIMD f32x16 to_f32 (f64x16 x) { f32x16 r; E4 r.v[k] = vcvt_high_f32_f64 (vcvt_f32_f64 (x.v[2 * k]), x.v[2 * k + 1]); return r; }
SIMD f64x16 dsub (f64x16 x, f64x16 y) { E8 x.v[k] = vsubq_f64 (x.v[k], y.v[k]); return x; }
SIMD f64x16 dmul (f64x16 x, f64x16 y) { E8 x.v[k] = vmulq_f64 (x.v[k], y.v[k]); return x; }
SIMD f64x16 add (f64x16 x, f64x16 y) { E8 x.v[k] = vaddq_f64 (x.v[k], y.v[k]); return x; }
SIMD f64x16 add_sq (f64x16 x, f64x16 y) { E8 x.v[k] = vfmaq_f64 (x.v[k], y.v[k], y.v[k]); return x; }
SIMD f64x16 add_product (f64x16 x, f64x16 y, f64x16 z) { E8 x.v[k] = vfmaq_f64 (x.v[k], y.v[k], z.v[k]); return x; }
SIMD double fold (f64x16 x) { for (unsigned w = 4; w > 0; w /= 2) for (unsigned k = 0; k < w; k++) x.v[k] = vaddq_f64 (x.v[k], x.v[k + w]); return vaddvq_f64 (x.v[0]); }

SIMD uint32_t others8 (const void *p, uint16_t key) { static const uint16_t bits[8] = { 1, 2, 4, 8, 16, 32, 64, 128 }; uint16x8_t k = vreinterpretq_u16_u8 (BYTES (p, 0)); return vaddvq_u16 (vbicq_u16 (vld1q_u16 (bits), vceqq_u16 (k, vdupq_n_u16 (key)))); }
SIMD uint32_t others (const void *keys, uint16_t key) { const char *p = keys; return others8 (p, key) | others8 (p + 16, key) << 8 | others8 (p + 32, key) << 16 | others8 (p + 48, key) << 24; }
SIMD unsigned put_others (const void *keys, uint16_t key, uint32_t *out) { return put_keys (keys, others (keys, key), out); }
