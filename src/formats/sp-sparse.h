/* sp-sparse.h - where the stored entries of a sparse tensor stand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* Entry i of the values stands at row-major place places[i] of the dense tensor; ascending, no
 * place twice (a reader that meets duplicates sums them into bytes of its own first). */
struct _SpSparse {
  guint64  n_entries;
  guint64 *places;        /* (n_entries), owned */
};
