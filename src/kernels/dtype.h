/* dtype.h - the element types of model files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One line per element type: constant, name shown and exported, bytes, kind.
 * Every table indexed by SpDtype is made from this list. */
#define SP_DTYPES(X) \
  X (F64,     "f64",     8, FLOAT) \
  X (F32,     "f32",     4, FLOAT) \
  X (F16,     "f16",     2, FLOAT) \
  X (BF16,    "bf16",    2, FLOAT) \
  X (F8_E4M3, "f8_e4m3", 1, FLOAT) /* OCP "fn": no infinities, NaN is 0x7f and 0xff */ \
  X (F8_E5M2, "f8_e5m2", 1, FLOAT) \
  X (I8,      "i8",      1, INT) \
  X (U8,      "u8",      1, INT) \
  X (BOOL,    "bool",    1, INT)   /* any byte but 0 is 1 */ \
  X (I16,     "i16",     2, INT) \
  X (U16,     "u16",     2, INT) \
  X (I32,     "i32",     4, INT) \
  X (U32,     "u32",     4, INT) \
  X (I64,     "i64",     8, INT) \
  X (U64,     "u64",     8, INT)

typedef enum {
#define X(id, name, size, kind) SP_DTYPE_##id,
  SP_DTYPES (X)
#undef X
  SP_N_DTYPES,
  SP_DTYPE_NONE = SP_N_DTYPES      /* not numeric, or a type this program does not read */
} SpDtype;

typedef enum { SP_KIND_FLOAT, SP_KIND_INT } SpDtypeKind;

const char *sp_dtype_name (SpDtype dtype);       /* "bf16"; "none" for SP_DTYPE_NONE */
size_t      sp_dtype_size (SpDtype dtype);       /* bytes per element; 0 for SP_DTYPE_NONE */
SpDtypeKind sp_dtype_kind (SpDtype dtype);

/* Signed histogram bins (kernels.h: histogram).  Types of at most 16 bits have one
 * bin per bit pattern, so a bin is one value.  Wider types have a bin per value of
 * the upper 16 bits of their f32 image, rounded toward zero: a bin then holds the
 * magnitudes from sp_bin_low() up to, but without, the next bin's; neighbours differ
 * by at most 1/128 of their magnitude. */
unsigned    sp_bin_count (SpDtype dtype);                  /* 256 or 65536 */
bool        sp_bin_is_exact (SpDtype dtype);
double      sp_bin_low (SpDtype dtype, unsigned bin);      /* signed; the end nearer zero */
double      sp_bin_high (SpDtype dtype, unsigned bin);     /* the end farther from zero; same as low where exact */
bool        sp_bin_is_finite (SpDtype dtype, unsigned bin);
