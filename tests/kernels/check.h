/* check.h - what is compared and counted of each level, and the loop over them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "fills.h"

typedef struct
{
  const SpKernels *k;
  SpDtype          t;
  Fill             fill;
} Case;

extern size_t check_step;             /* between lengths, where not all of them are wanted */

/* What was found enters the digest, which must be the same for every level and every machine. */
void check (const Case *c, const char *family, size_t n, const void *expected, const void *found, size_t n_bytes);
void check_within (const Case *c, const char *family, size_t n, bool is_within, const void *found, size_t n_bytes);

/* The whole program: check_level on every level this processor runs.  With an argument: on that level alone, which must be
 * the one chosen.  With another: in such steps of lengths.  Returns its status. */
int check_levels (int argc, char **argv, void (*check_level) (const SpKernels *k));
