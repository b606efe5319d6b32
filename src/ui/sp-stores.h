/* sp-stores.h - lists of opened stores */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

/* Of SpStore, any thread. */
GPtrArray *sp_stores_dup      (GPtrArray *stores);                     /* with references of its own */
gboolean   sp_stores_are_same (GPtrArray *a, GPtrArray *b);            /* in the same order */
