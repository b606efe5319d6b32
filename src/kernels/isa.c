/* isa.c - all kernels for one instruction set, built once per set with -DSIMD_HEADER="simd-<set>.h"
 *
 * Everything but the table is static, so no body can leak into another set's code. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu.h"

#include SIMD_HEADER
#include "elements.h"
#include "moments.k.h"
#include "histogram.k.h"
#include "below.k.h"
#include "matrix.k.h"
#include "cells.k.h"
#include "widen.k.h"
#include "narrow.k.h"
#include "magnitude-keys.h"
#include "fires-keys.h"
#include "fires.k.h"
#include "top.k.h"
#include "bits.k.h"
#include "reaches.k.h"
#include "tails.k.h"
#include "part.h"
#include "exp.h"
#include "norm.k.h"
#include "activate.k.h"
#include "softmax.k.h"
#include "row.k.h"
#include "pick.k.h"
#include "dots.k.h"

#define KERNEL(family, dtype, type) family##_KERNEL (SP_DTYPE_##dtype, family##_##type)
#include "kernels.inc"

#define TABLE_(isa) sp_kernels_##isa
#define TABLE(isa) TABLE_ (isa)
#define NAME_(isa) #isa
#define NAME(isa) NAME_ (isa)

const SpKernels TABLE (SIMD_ISA) = {
  .isa = NAME (SIMD_ISA),
#define KERNEL(family, dtype, type) .family[SP_DTYPE_##dtype] = family##_##type,
#include "kernels.inc"
};
