/* simd-common.h - what every instruction set's layer builds on */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"
#include "decode.h"

#define MAX_F32 3.40282347e38f
#define INF_F32 __builtin_inff ()
#define MAX_F64 1.7976931348623157e308
#define INF_F64 __builtin_inf ()

#define KEYS 32               /* 16-bit keys looked at together */

#define SIMD static inline __attribute__ ((always_inline))

/* Sixteen lanes read at SP_LANES - k are clear below k and set from k on. */
static const uint32_t lane_edge[2 * SP_LANES] = {
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u, ~0u,
};

/* The keys at the bits that are set, one after another; returns how many. */
SIMD unsigned
put_keys (const void *keys, uint32_t bits, uint32_t *out)
{
  unsigned n = 0;

  for (; bits != 0; bits &= bits - 1)
    {
      uint16_t key;

      memcpy (&key, (const char *) keys + 2 * __builtin_ctz (bits), sizeof key);
      out[n++] = key;
    }
  return n;
}
