/* widen.k.h - any type as f32, rounded to nearest once */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

/* p: 16 elements; out: (16). */
SIMD void
widen_step (SpDtype t, const void *p, float *out)
{
  switch (t)
    {
    case SP_DTYPE_F64: CONVERT (double, float, out)
    case SP_DTYPE_I32: CONVERT (int32_t, float, out)
    case SP_DTYPE_U32: CONVERT (uint32_t, float, out)
    case SP_DTYPE_I64: CONVERT (int64_t, float, out)
    case SP_DTYPE_U64: CONVERT (uint64_t, float, out)
    default:           st_f32 (out, ld (t, p));
    }
}

SIMD void
widen (SpDtype t, const void *x, size_t n, float *out)
{
  char   pad[PAD_BYTES];
  float  last[SP_LANES];
  size_t i;

  for (i = 0; i + SP_LANES <= n; i += SP_LANES)
    widen_step (t, at (t, x, i), out + i);
  if (i == n)
    return;
  widen_step (t, padded (t, at (t, x, i), n - i, pad), last);
  memcpy (out + i, last, (n - i) * sizeof *last);
}

#define widen_KERNEL(t, name) \
static void name (const void *x, size_t n, float *out) { widen (t, x, n, out); }
