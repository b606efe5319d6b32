/* sp-memory.h - how much memory there is for this process, and who says so (inside the engine) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <glib.h>

typedef enum {
  SP_MEMORY_MACHINE,           /* all there is */
  SP_MEMORY_CGROUP,            /* memory.max of the process' control group or one around it, memory.limit_in_bytes in version 1 */
  SP_MEMORY_ADDRESSES,         /* RLIMIT_AS: what it leaves */
  SP_MEMORY_DATA,              /* RLIMIT_DATA: what it leaves */
} SpMemoryLimit;

typedef struct { double n_bytes; SpMemoryLimit limit; } SpMemory;

/* The least of all.  Of the limits that end a process at once, what is in use is taken off; of the others, it may be let go of. */
SpMemory sp_memory_find      (void);
/* As sp_memory_find(), but files are looked for below root: tests make one. */
SpMemory sp_memory_find_below (const char *root);
char    *sp_memory_describe  (SpMemory memory);         /* "this machine has 15.6 GiB" */
/* The same of the least there is, where it is less than that; NULL: there is enough. */
char    *sp_memory_lack      (double n_bytes);
