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
