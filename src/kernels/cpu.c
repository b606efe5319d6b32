/* cpu.c - what the processor and the system beneath it can run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "cpu.h"

#if defined(__x86_64__)

#include <cpuid.h>

/* The compiler's own test also asks the system whether it saves the wide registers, but
 * not every compiler knows f16c by name. */
static bool
has_f16c (void)
{
  unsigned a, b, c, d;

  return __get_cpuid (1, &a, &b, &c, &d) && (c & bit_F16C);
}

static bool
has_avx2 (void)
{
  __builtin_cpu_init ();
  return __builtin_cpu_supports ("avx2") && __builtin_cpu_supports ("fma") && __builtin_cpu_supports ("bmi2")
         && __builtin_cpu_supports ("popcnt") && has_f16c ();
}

static bool
has_avx512 (void)
{
  return __builtin_cpu_supports ("avx512f") && __builtin_cpu_supports ("avx512bw")
         && __builtin_cpu_supports ("avx512vl") && __builtin_cpu_supports ("avx512dq");
}

#endif

unsigned
sp_cpu_levels (const SpKernels *tables[SP_MAX_LEVELS])
{
  unsigned n = 0;

  tables[n++] = &sp_kernels_scalar;
#if defined(__x86_64__)
  if (has_avx2 ())
    tables[n++] = &sp_kernels_avx2;
  if (n == 2 && has_avx512 ())
    tables[n++] = &sp_kernels_avx512;
  if (n == 3 && __builtin_cpu_supports ("avx512bf16"))
    tables[n++] = &sp_kernels_avx512bf16;
#elif defined(__aarch64__)
  tables[n++] = &sp_kernels_neon;
#endif
  return n;
}
