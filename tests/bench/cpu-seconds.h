/* cpu-seconds.h - processor time of this process */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <time.h>

static inline double
cpu_seconds (void)
{
  struct timespec now;

  clock_gettime (CLOCK_PROCESS_CPUTIME_ID, &now);
  return (double) now.tv_sec + 1e-9 * (double) now.tv_nsec;
}
