/* simd-scalar.h - sixteen lanes as plain arrays: slow on purpose, obvious on purpose */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "simd-common.h"

#define SIMD_ISA scalar
#define VECTOR_BYTES 16
#define EACH for (unsigned l = 0; l < SP_LANES; l++)

typedef struct { float v[SP_LANES]; } f32x16;
typedef struct { double v[SP_LANES]; } f64x16;
typedef struct { uint32_t v[SP_LANES]; } u32x16;
typedef uint16_t mask16;                                       /* bit l: lane l */

/* Loads, stores, conversions. */
SIMD f32x16 ld_f32 (const void *p) { f32x16 r; memcpy (&r, p, sizeof r); return r; }
SIMD f32x16 ld_bf16 (const void *p) { uint16_t h[SP_LANES]; f32x16 r; memcpy (h, p, sizeof h); EACH r.v[l] = bf16_to_f32 (h[l]); return r; }
SIMD f32x16 ld_f16 (const void *p) { uint16_t h[SP_LANES]; f32x16 r; memcpy (h, p, sizeof h); EACH r.v[l] = f16_to_f32 (h[l]); return r; }
SIMD f64x16 ld_f64 (const void *p) { f64x16 r; memcpy (&r, p, sizeof r); return r; }
SIMD u32x16 ld_u32 (const void *p) { u32x16 r; memcpy (&r, p, sizeof r); return r; }
SIMD void   st_f32 (float *p, f32x16 x) { memcpy (p, &x, sizeof x); }
SIMD void   st_f64 (double *p, f64x16 x) { memcpy (p, &x, sizeof x); }
SIMD void   st_u32 (uint32_t *p, u32x16 x) { memcpy (p, &x, sizeof x); }
SIMD f64x16 to_f64 (f32x16 x) { f64x16 r; EACH r.v[l] = (double) x.v[l]; return r; }
SIMD f32x16 set1 (float x) { f32x16 r; EACH r.v[l] = x; return r; }

/* Comparisons: le is false for NaN, nle and not0 are true for it. */
SIMD mask16 le (f32x16 x, f32x16 y) { mask16 m = 0; EACH m |= (mask16) ((x.v[l] <= y.v[l]) << l); return m; }
SIMD mask16 nle (f32x16 x, f32x16 y) { return (mask16) ~le (x, y); }
SIMD mask16 is0 (f32x16 x) { mask16 m = 0; EACH m |= (mask16) ((x.v[l] == 0.0f) << l); return m; }
SIMD mask16 not0 (f32x16 x) { return (mask16) ~is0 (x); }
SIMD mask16 beyond (unsigned k) { return (mask16) (0xffffu << k); }                 /* lanes k and up */

/* f32 lanes.  hide: NaN where m; drop: 0 where m; vmin and vmax: y where x is NaN. */
SIMD f32x16 vabs (f32x16 x) { EACH x.v[l] = __builtin_fabsf (x.v[l]); return x; }
SIMD f32x16 hide (mask16 m, f32x16 x) { EACH x.v[l] = (m >> l) & 1 ? __builtin_nanf ("") : x.v[l]; return x; }
SIMD f32x16 drop (mask16 m, f32x16 x) { EACH x.v[l] = (m >> l) & 1 ? 0.0f : x.v[l]; return x; }
SIMD f32x16 mul (f32x16 x, f32x16 y) { EACH x.v[l] *= y.v[l]; return x; }
SIMD f32x16 vmin (f32x16 x, f32x16 y) { EACH y.v[l] = x.v[l] < y.v[l] ? x.v[l] : y.v[l]; return y; }
SIMD f32x16 vmax (f32x16 x, f32x16 y) { EACH y.v[l] = x.v[l] > y.v[l] ? x.v[l] : y.v[l]; return y; }
SIMD float  hmin (f32x16 x) { float r = x.v[0]; EACH r = x.v[l] < r ? x.v[l] : r; return r; }
SIMD float  hmax (f32x16 x) { float r = x.v[0]; EACH r = x.v[l] > r ? x.v[l] : r; return r; }

/* f32 arithmetic.  at_least: NaN stays; put: y where m; scale: x · 2^n rounded once, for n whole within ±250 and x near 1. */
SIMD f32x16 plus (f32x16 x, f32x16 y) { EACH x.v[l] += y.v[l]; return x; }
SIMD f32x16 minus (f32x16 x, f32x16 y) { EACH x.v[l] -= y.v[l]; return x; }
SIMD f32x16 over (f32x16 x, f32x16 y) { EACH x.v[l] /= y.v[l]; return x; }
SIMD f32x16 at_least (float least, f32x16 x) { EACH x.v[l] = least > x.v[l] ? least : x.v[l]; return x; }
SIMD f32x16 put (mask16 m, f32x16 x, f32x16 y) { EACH x.v[l] = (m >> l) & 1 ? y.v[l] : x.v[l]; return x; }
SIMD uint32_t whole_bits (float n) { return f32_bits (n + 0x1.8p23f) - f32_bits (0x1.8p23f); }
SIMD float  scale1 (float x, uint32_t n) { uint32_t half = (n + 256) / 2 - 128; return x * f32_from_bits ((half + 127) << 23) * f32_from_bits ((n - half + 127) << 23); }
SIMD f32x16 scale (f32x16 x, f32x16 n) { EACH x.v[l] = scale1 (x.v[l], whole_bits (n.v[l])); return x; }

/* Counters: tally adds 1 where m. */
SIMD uint32_t bits_of (mask16 m) { return m; }
SIMD u32x16   zero_u32 (void) { u32x16 r; EACH r.v[l] = 0; return r; }
SIMD u32x16   tally (u32x16 c, mask16 m) { EACH c.v[l] += (m >> l) & 1; return c; }
SIMD uint32_t total (u32x16 c) { uint32_t r = 0; EACH r += c.v[l]; return r; }

/* f64 lanes. */
SIMD f64x16 dabs (f64x16 x) { EACH x.v[l] = __builtin_fabs (x.v[l]); return x; }
SIMD f64x16 dset1 (double x) { f64x16 r; EACH r.v[l] = x; return r; }
SIMD f32x16 to_f32 (f64x16 x) { f32x16 r; EACH r.v[l] = (float) x.v[l]; return r; }
SIMD f64x16 dsub (f64x16 x, f64x16 y) { EACH x.v[l] -= y.v[l]; return x; }
SIMD f64x16 dmul (f64x16 x, f64x16 y) { EACH x.v[l] *= y.v[l]; return x; }
SIMD f64x16 add (f64x16 x, f64x16 y) { EACH x.v[l] += y.v[l]; return x; }
SIMD f64x16 add_sq (f64x16 x, f64x16 y) { EACH x.v[l] += y.v[l] * y.v[l]; return x; }    /* squares of f32 are exact in f64 */
SIMD f64x16 add_product (f64x16 x, f64x16 y, f64x16 z) { EACH x.v[l] += y.v[l] * z.v[l]; return x; }    /* so are products of f32 */
SIMD double fold (f64x16 x) { return sp_lanes_fold (x.v); }                            /* the fixed tree: +8, +4, +2, +1 */

/* 32 keys of 16 bits: bit i is set where key i is another one. */
SIMD uint32_t
others (const void *keys, uint16_t key)
{
  uint32_t m = 0;

  for (unsigned i = 0; i < KEYS; i++)
    {
      uint16_t k;

      memcpy (&k, (const char *) keys + 2 * i, sizeof k);
      m |= (uint32_t) (k != key) << i;
    }
  return m;
}

/* Of 32 keys the other ones, to out (KEYS), of which what lies behind them may be written too; returns how many. */
SIMD unsigned put_others (const void *keys, uint16_t key, uint32_t *out) { return put_keys (keys, others (keys, key), out); }
