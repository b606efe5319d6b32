/* check.c - what is compared and counted of each level, and the loop over them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "check.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t digest, n_checks;
static unsigned n_failures;

size_t check_step = 1;

void
check_within (const Case *c, const char *family, size_t n, bool is_within, const void *found, size_t n_bytes)
{
  const uint8_t *b = found;

  n_checks++;
  for (size_t i = 0; i < n_bytes; i++)
    digest = (digest ^ b[i]) * UINT64_C (0x100000001b3);
  if (!is_within && n_failures++ < 30)
    printf ("FAIL %s %s_%s, n = %zu, %s\n", c->k->isa, family, sp_dtype_name (c->t), n, fill_name (c->fill));
}

void
check (const Case *c, const char *family, size_t n, const void *expected, const void *found, size_t n_bytes)
{
  check_within (c, family, n, n_bytes == 0 || memcmp (expected, found, n_bytes) == 0, found, n_bytes);
}

/* Every kernel of the list is there. */
static void
check_list (const SpKernels *k)
{
#define KERNEL(family, dtype, type) \
  if (k->family[SP_DTYPE_##dtype] == NULL) \
    printf ("FAIL %s has no " #family "_" #type "\n", k->isa), n_failures++;
#include "kernels.inc"
}

static void
say_skipped (void)
{
  static const char *const all[] = { "scalar", "avx2", "avx512", "avx512bf16", "neon" };

  for (unsigned i = 0; i < sizeof all / sizeof *all; i++)
    {
      const SpKernels *k;
      bool             ran = false;

      for (unsigned j = 0; (k = sp_kernels_level (j)) != NULL; j++)
        ran |= strcmp (k->isa, all[i]) == 0;
      if (!ran)
        printf ("level %-7s skipped: this processor does not run it\n", all[i]);
    }
}

static void
check_one (const SpKernels *k, void (*check_level) (const SpKernels *k))
{
  rnd_seed (42);
  digest = UINT64_C (0xcbf29ce484222325);
  n_checks = 0;
  check_list (k);
  check_level (k);
  printf ("level %-7s %" PRIu64 " checks, digest %016" PRIx64 "\n", k->isa, n_checks, digest);
}

int
check_levels (int argc, char **argv, void (*check_level) (const SpKernels *k))
{
  const SpKernels *k;
  uint64_t         first = 0;

  check_step = argc > 2 ? strtoul (argv[2], NULL, 10) : 1;
  for (unsigned i = 0; (k = sp_kernels_level (i)) != NULL; i++)
    {
      if (argc > 1 && strcmp (argv[1], k->isa) != 0)
        continue;
      check_one (k, check_level);
      first = first == 0 ? digest : first;
      if (digest != first)
        printf ("FAIL %s has another digest\n", k->isa), n_failures++;
    }
  if (argc == 1)
    say_skipped ();
  printf ("chosen: %s\n", sp_kernels ()->isa);
  if (argc > 1 && strcmp (argv[1], sp_kernels ()->isa) != 0)
    printf ("FAIL %s should have been chosen\n", argv[1]), n_failures++;
  return n_failures == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}
