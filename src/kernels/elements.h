/* elements.h - sixteen elements of any type as lanes; the type is a constant wherever this is used */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define EACH_LANE for (unsigned l = 0; l < SP_LANES; l++)

SIMD size_t
size_of (SpDtype t)
{
  switch (t)
    {
#define X(id, name, size, kind) case SP_DTYPE_##id: return size;
    SP_DTYPES (X)
#undef X
    default: return 0;
    }
}

/* Narrow types are exact in f32, and so their squares in f64: they run in f32 lanes.
 * The others run in f64 lanes, 64-bit integers rounded to nearest. */
SIMD bool
is_narrow (SpDtype t)
{
  return size_of (t) <= 2 || t == SP_DTYPE_F32;
}

SIMD const void *
at (SpDtype t, const void *x, size_t i)
{
  return (const char *) x + i * size_of (t);
}

/* A copy of the k elements at p with zeros after them; pad: (16 * 8) bytes. */
SIMD const void *
padded (SpDtype t, const void *p, size_t k, void *pad)
{
  memset (pad, 0, SP_LANES * size_of (t));
  return memcpy (pad, p, k * size_of (t));
}

#define PAD_BYTES (SP_LANES * 8)

#define CONVERT(from, to, out) { from v[SP_LANES]; memcpy (v, p, sizeof v); EACH_LANE out[l] = (to) v[l]; break; }

SIMD f32x16
ld_small_int (SpDtype t, const void *p)
{
  float out[SP_LANES];

  switch (t)
    {
    case SP_DTYPE_I8:  CONVERT (int8_t, float, out)
    case SP_DTYPE_U8:  CONVERT (uint8_t, float, out)
    case SP_DTYPE_I16: CONVERT (int16_t, float, out)
    case SP_DTYPE_U16: CONVERT (uint16_t, float, out)
    default:           { uint8_t v[SP_LANES]; memcpy (v, p, sizeof v); EACH_LANE out[l] = v[l] != 0 ? 1.0f : 0.0f; }
    }
  return ld_f32 (out);
}

SIMD f32x16
ld_f8 (SpDtype t, const void *p)
{
  uint8_t  b[SP_LANES];
  uint16_t h[SP_LANES];

  memcpy (b, p, sizeof b);
  EACH_LANE h[l] = t == SP_DTYPE_F8_E5M2 ? e5m2_as_f16 (b[l]) : e4m3_as_f16 (b[l]);
  return t == SP_DTYPE_F8_E5M2 ? ld_f16 (h) : mul (ld_f16 (h), set1 (256.0f));
}

/* Narrow types. */
SIMD f32x16
ld (SpDtype t, const void *p)
{
  switch (t)
    {
    case SP_DTYPE_F32:     return ld_f32 (p);
    case SP_DTYPE_F16:     return ld_f16 (p);
    case SP_DTYPE_BF16:    return ld_bf16 (p);
    case SP_DTYPE_F8_E4M3:
    case SP_DTYPE_F8_E5M2: return ld_f8 (t, p);
    default:               return ld_small_int (t, p);
    }
}

/* Wide types; out: (16). */
SIMD void
ld_wide (SpDtype t, const void *p, double *out)
{
  switch (t)
    {
    case SP_DTYPE_I32: CONVERT (int32_t, double, out)
    case SP_DTYPE_U32: CONVERT (uint32_t, double, out)
    case SP_DTYPE_I64: CONVERT (int64_t, double, out)
    case SP_DTYPE_U64: CONVERT (uint64_t, double, out)
    default:           memcpy (out, p, SP_LANES * sizeof *out);
    }
}

/* |x| of 16 elements of any type; 64-bit integers rounded to nearest. */
SIMD void
ld_magnitudes (SpDtype t, const void *p, double *out)
{
  float narrow[SP_LANES];

  if (is_narrow (t))
    {
      st_f32 (narrow, ld (t, p));
      EACH_LANE out[l] = (double) narrow[l];
    }
  else
    ld_wide (t, p, out);
  EACH_LANE out[l] = __builtin_fabs (out[l]);
}
