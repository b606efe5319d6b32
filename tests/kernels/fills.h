/* fills.h - inputs that are hard on kernels, and memory that ends where a page does */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "kernels.h"

typedef enum {
  FILL_RAW, FILL_ZERO, FILL_SIGNS, FILL_SUBNORMAL, FILL_SPECIAL, FILL_MAX, FILL_CONSTANT,
  FILL_ALTERNATE, FILL_WEIGHTS, FILL_SPARSE, FILL_FINITE, N_FILLS
} Fill;

const char *fill_name (Fill fill);
void        fill_elements (Fill fill, SpDtype t, void *x, size_t n);

uint32_t rnd (void);                  /* the same numbers on every machine */
void     rnd_seed (uint64_t seed);

/* n_bytes between two pages that cannot be touched; owned by the process. */
typedef struct { uint8_t *first, *end; } Guarded;

Guarded guarded_new (size_t n_bytes);      /* rounded up to whole pages */
