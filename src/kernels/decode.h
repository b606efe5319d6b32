/* decode.h - small floats to f32, bit by bit: the reference every instruction set must equal */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <stdint.h>
#include <string.h>

static inline float
f32_from_bits (uint32_t bits)
{
  float f;

  memcpy (&f, &bits, sizeof f);
  return f;
}

static inline uint32_t
f32_bits (float f)
{
  uint32_t bits;

  memcpy (&bits, &f, sizeof bits);
  return bits;
}

/* Infinity less infinity is a NaN whose sign the processors do not agree on. */
static inline double
plain_nan (double x)
{
  return x == x ? x : __builtin_nan ("");
}

static inline float
bf16_to_f32 (uint16_t h)
{
  return f32_from_bits ((uint32_t) h << 16);
}

/* The f16 fields are moved into f32's place, which leaves the exponent 112 too small;
 * the product puts that right and normalises subnormals, without rounding.  NaNs become
 * quiet, as processors make them. */
static inline float
f16_to_f32 (uint16_t h)
{
  uint32_t magnitude = (uint32_t) (h & 0x7fff) << 13;
  uint32_t sign = (uint32_t) (h & 0x8000) << 16;

  if (magnitude < 0x0f800000)
    magnitude = f32_bits (f32_from_bits (magnitude) * 0x1p112f);
  else
    magnitude |= magnitude > 0x0f800000 ? 0x70400000 : 0x70000000;
  return f32_from_bits (sign | magnitude);
}

/* e5m2 is the upper byte of an f16. */
static inline uint16_t
e5m2_as_f16 (uint8_t b)
{
  return (uint16_t) (b << 8);
}

static inline float
e5m2_to_f32 (uint8_t b)
{
  return f16_to_f32 (e5m2_as_f16 (b));
}

/* The f16 whose value is 1/256 of the e4m3's: same fields, exponents biased by 15 and by 7. */
static inline uint16_t
e4m3_as_f16 (uint8_t b)
{
  unsigned sign = (unsigned) (b & 0x80) << 8;
  unsigned magnitude = (unsigned) (b & 0x7f) << 7;

  return (uint16_t) (sign | (magnitude == 0x3f80 ? 0x7e00 : magnitude));
}

static inline float
e4m3_to_f32 (uint8_t b)
{
  return f16_to_f32 (e4m3_as_f16 (b)) * 256.0f;
}
