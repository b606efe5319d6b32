/* sp-memory.h - how much memory the machine has (inside the engine) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <unistd.h>

static inline double
sp_memory_bytes (void)
{
  return (double) sysconf (_SC_PHYS_PAGES) * (double) sysconf (_SC_PAGESIZE);
}
