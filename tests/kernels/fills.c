/* fills.c - inputs by bit pattern, so that no arithmetic of this machine enters */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fills.h"

#include "oracle.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static uint64_t state = 1;

void
rnd_seed (uint64_t seed)
{
  state = seed * UINT64_C (0x9e3779b97f4a7c15) + 1;
}

uint32_t
rnd (void)
{
  state ^= state << 13;
  state ^= state >> 7;
  state ^= state << 17;
  return (uint32_t) (state >> 16);
}

static uint64_t
rnd64 (void)
{
  uint64_t upper = rnd ();

  return upper << 32 | rnd ();
}

const char *
fill_name (Fill fill)
{
  static const char *const names[N_FILLS] = { "raw bits", "zeros", "signed zeros", "subnormals", "inf and nan", "largest",
                                              "constant", "alternating", "weights", "nine in ten zero", "finite" };
  return names[fill];
}

/* Every draw is a statement of its own: compilers order the arguments of a call as they like. */
static uint64_t
with_exponent (SpDtype t, uint64_t exponent, uint64_t mantissa)
{
  unsigned e_bits = oracle_exponent_bits (t), m_bits = oracle_mantissa_bits (t);
  uint64_t sign = rnd () & 1;

  return sign << (e_bits + m_bits) | exponent << m_bits | (mantissa & ((UINT64_C (1) << m_bits) - 1));
}

static uint64_t
float_element (Fill fill, SpDtype t, size_t i)
{
  unsigned e_bits = oracle_exponent_bits (t), m_bits = oracle_mantissa_bits (t);
  uint64_t top = (UINT64_C (1) << e_bits) - 1, bias = top >> 1, mantissa = rnd64 ();
  uint32_t choice = rnd ();
  uint64_t octave = (uint64_t) __builtin_ctz (choice | 0x100) + (bias > 8 ? 5 : 1);

  switch (fill)
    {
    case FILL_SUBNORMAL: return with_exponent (t, 0, choice % 3 ? mantissa : 1);
    case FILL_SPECIAL:   return with_exponent (t, choice % 3 ? top : bias, choice & 8 ? mantissa : 0);
    case FILL_MAX:       return with_exponent (t, t == SP_DTYPE_F8_E4M3 ? top : top - 1, t == SP_DTYPE_F8_E4M3 ? 6 : ~UINT64_C (0));
    case FILL_CONSTANT:  return bias << m_bits;
    case FILL_ALTERNATE: return i % 2 ? bias << m_bits : with_exponent (t, top - 1, 1);
    case FILL_FINITE:    return with_exponent (t, choice % top, mantissa);
    default:             return with_exponent (t, octave < bias ? bias - octave : 0, mantissa);
    }
}

static uint64_t
int_element (Fill fill, SpDtype t, size_t i)
{
  unsigned n_bits = (unsigned) sp_dtype_size (t) * 8;
  uint64_t any = rnd64 (), halfway = UINT64_C (0x4000004000000000);     /* between two f32; 1 more is lost in f64 */
  uint32_t choice = rnd ();

  switch (fill)
    {
    case FILL_SUBNORMAL: return choice % 4;
    case FILL_SPECIAL:   return choice & 64 ? halfway >> choice % 16 | 1 : (UINT64_C (1) << choice % n_bits) - (any & 1);
    case FILL_MAX:       return choice & 1 ? ~UINT64_C (0) : ~UINT64_C (0) >> 1 >> (64 - n_bits);
    case FILL_CONSTANT:  return 42;
    case FILL_ALTERNATE: return i % 2 ? 0 : ~UINT64_C (0);
    case FILL_FINITE:    return any >> choice % 64;
    default:             return choice % 100;
    }
}

static uint64_t
element (Fill fill, SpDtype t, size_t i)
{
  switch (fill)
    {
    case FILL_RAW:    return rnd64 ();
    case FILL_ZERO:   return 0;
    case FILL_SIGNS:  return (uint64_t) (rnd () & 1) << (sp_dtype_size (t) * 8 - 1);
    case FILL_SPARSE: if (rnd () % 10) return 0; break;
    default:          break;
    }
  return oracle_exponent_bits (t) ? float_element (fill, t, i) : int_element (fill, t, i);
}

void
fill_elements (Fill fill, SpDtype t, void *x, size_t n)
{
  size_t size = sp_dtype_size (t);

  for (size_t i = 0; i < n; i++)
    {
      uint64_t bits = element (fill, t, i);
      uint8_t  b1 = (uint8_t) bits;
      uint16_t b2 = (uint16_t) bits;
      uint32_t b4 = (uint32_t) bits;

      memcpy ((uint8_t *) x + i * size, size == 1 ? (void *) &b1 : size == 2 ? (void *) &b2 : size == 4 ? (void *) &b4 : &bits, size);
    }
}

Guarded
guarded_new (size_t n_bytes)
{
  size_t   page = (size_t) sysconf (_SC_PAGESIZE), body = (n_bytes + page - 1) / page * page;
  uint8_t *p = mmap (NULL, body + 2 * page, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

  if (p == MAP_FAILED || mprotect (p + page, body, PROT_READ | PROT_WRITE) != 0)
    {
      perror ("guarded memory");
      exit (2);
    }
  return (Guarded) { p + page, p + page + body };
}
