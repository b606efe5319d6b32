/* magnitude-keys.h - types of at most 16 bits as whole numbers in the order of their magnitudes
 *
 * A float's bits without the sign; NaN and infinity are more than the largest finite key. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#define KEY_LANES (VECTOR_BYTES / 2)

/* One register of them; compilers see these operations through only where one register holds them all. */
typedef int16_t keys16 __attribute__ ((vector_size (VECTOR_BYTES)));
typedef int8_t  signed8 __attribute__ ((vector_size (VECTOR_BYTES / 2)));
typedef uint8_t unsigned8 __attribute__ ((vector_size (VECTOR_BYTES / 2)));
typedef int32_t counts32 __attribute__ ((vector_size (2 * VECTOR_BYTES)));

SIMD bool
has_keys (SpDtype t)
{
  return t == SP_DTYPE_F16 || t == SP_DTYPE_BF16 || size_of (t) == 1;
}

SIMD int
largest_key (SpDtype t)       /* that is finite */
{
  switch (t)
    {
    case SP_DTYPE_F16:     return 0x7bff;
    case SP_DTYPE_BF16:    return 0x7f7f;
    case SP_DTYPE_F8_E4M3: return 0x7e;
    case SP_DTYPE_F8_E5M2: return 0x7b;
    default:               return 0xff;
    }
}

SIMD double
key_value (SpDtype t, int key)
{
  switch (t)
    {
    case SP_DTYPE_F16:     return (double) f16_to_f32 ((uint16_t) key);
    case SP_DTYPE_BF16:    return (double) bf16_to_f32 ((uint16_t) key);
    case SP_DTYPE_F8_E4M3: return (double) e4m3_to_f32 ((uint8_t) key);
    case SP_DTYPE_F8_E5M2: return (double) e5m2_to_f32 ((uint8_t) key);
    default:               return key;
    }
}

/* The largest key whose value is not more than the limit, which is 0 at least. */
SIMD int
limit_key (SpDtype t, double limit)
{
  int low = 0, high = largest_key (t);

  while (low < high)
    {
      int mid = (low + high + 1) / 2;

      if (key_value (t, mid) <= limit)
        low = mid;
      else
        high = mid - 1;
    }
  return low;
}

#define WIDEN_KEYS(type) { type b; memcpy (&b, p, sizeof b); *keys = __builtin_convertvector (b, keys16); break; }

/* p: KEY_LANES elements. */
SIMD void
ld_keys (SpDtype t, const void *p, keys16 *keys)
{
  switch (t)
    {
    case SP_DTYPE_F16:
    case SP_DTYPE_BF16: memcpy (keys, p, sizeof *keys); break;
    case SP_DTYPE_I8:   WIDEN_KEYS (signed8)
    default:            WIDEN_KEYS (unsigned8)
    }
  if (size_of (t) == 2)
    *keys &= 0x7fff;
  else if (t == SP_DTYPE_F8_E4M3 || t == SP_DTYPE_F8_E5M2)
    *keys &= 0x7f;
  else if (t == SP_DTYPE_I8)
    *keys = (*keys ^ (*keys >> 15)) - (*keys >> 15);
  else if (t == SP_DTYPE_BOOL)
    *keys = -(*keys != 0);
}
