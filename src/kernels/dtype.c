/* dtype.c - tables of the element types, and what a histogram bin stands for */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dtype.h"

#include "decode.h"

#include <float.h>
#include <math.h>

static const struct
{
  const char *name;
  size_t      size;
  SpDtypeKind kind;
} dtypes[SP_N_DTYPES + 1] = {
#define X(id, name, size, kind) [SP_DTYPE_##id] = { name, size, SP_KIND_##kind },
  SP_DTYPES (X)
#undef X
  [SP_DTYPE_NONE] = { "none", 0, SP_KIND_INT },
};

static unsigned
known (SpDtype dtype)
{
  return (unsigned) dtype < SP_N_DTYPES ? (unsigned) dtype : SP_DTYPE_NONE;
}

const char *
sp_dtype_name (SpDtype dtype)
{
  return dtypes[known (dtype)].name;
}

size_t
sp_dtype_size (SpDtype dtype)
{
  return dtypes[known (dtype)].size;
}

SpDtypeKind
sp_dtype_kind (SpDtype dtype)
{
  return dtypes[known (dtype)].kind;
}

unsigned
sp_bin_count (SpDtype dtype)
{
  return sp_dtype_size (dtype) == 1 ? 256 : 65536;
}

bool
sp_bin_is_exact (SpDtype dtype)
{
  return sp_dtype_size (dtype) <= 2;
}

/* The value a bit pattern of a type of at most 16 bits stands for. */
static double
pattern_value (SpDtype dtype, unsigned pattern)
{
  switch (dtype)
    {
    case SP_DTYPE_F16:     return (double) f16_to_f32 ((uint16_t) pattern);
    case SP_DTYPE_BF16:    return (double) bf16_to_f32 ((uint16_t) pattern);
    case SP_DTYPE_F8_E4M3: return (double) e4m3_to_f32 ((uint8_t) pattern);
    case SP_DTYPE_F8_E5M2: return (double) e5m2_to_f32 ((uint8_t) pattern);
    case SP_DTYPE_I8:      return (double) (int8_t) pattern;
    case SP_DTYPE_I16:     return (double) (int16_t) pattern;
    case SP_DTYPE_BOOL:    return pattern != 0 ? 1.0 : 0.0;
    default:               return (double) pattern;
    }
}

double
sp_bin_low (SpDtype dtype, unsigned bin)
{
  if (sp_bin_is_exact (dtype))
    return pattern_value (dtype, bin);
  return (double) f32_from_bits ((uint32_t) bin << 16);
}

double
sp_bin_high (SpDtype dtype, unsigned bin)
{
  unsigned magnitude = bin & 0x7fff;
  double   high;

  if (sp_bin_is_exact (dtype) || magnitude >= 0x7f80)
    return sp_bin_low (dtype, bin);
  high = (double) f32_from_bits ((uint32_t) (magnitude + 1) << 16);
  if (magnitude == 0x7f7f)       /* the last finite bin also takes what an f32 cannot hold */
    high = dtype == SP_DTYPE_F64 ? DBL_MAX : (double) FLT_MAX;
  return bin & 0x8000 ? -high : high;
}

bool
sp_bin_is_finite (SpDtype dtype, unsigned bin)
{
  return isfinite (sp_bin_low (dtype, bin));
}
