/* cpu.h - the tables built into this program, and which of them the processor runs */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"

extern const SpKernels sp_kernels_scalar;
extern const SpKernels sp_kernels_avx2;        /* x86_64 only, as avx512 */
extern const SpKernels sp_kernels_avx512;
extern const SpKernels sp_kernels_avx512bf16;  /* pairs alone */
extern const SpKernels sp_kernels_neon;        /* aarch64 only */

#define SP_MAX_LEVELS 5

/* Fills tables with those that run here, plainest first; returns how many. */
unsigned sp_cpu_levels (const SpKernels *tables[SP_MAX_LEVELS]);
