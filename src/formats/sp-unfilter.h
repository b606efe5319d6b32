/* sp-unfilter.h - what a program did to a tile before it stored it, undone */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

#define SP_MAX_FILTERS 8

typedef enum { SP_FILTER_DEFLATE, SP_FILTER_SHUFFLE, SP_FILTER_FLETCHER } SpFilterKind;

/* In the order in which they were applied. */
typedef struct {
  guint        n;
  SpFilterKind kinds[SP_MAX_FILTERS];
  gsize        sizes[SP_MAX_FILTERS];      /* of a shuffle: bytes that belong together */
} SpFilters;

/* Bytes of room sp_unfilter() needs for a result of n_bytes. */
gsize       sp_unfilter_room (const SpFilters *filters, gsize n_bytes);

/* data (n_data) → out, exactly n_bytes; out has room for more (see above), scratch as much.  Bit i of mask: filter i
 * was left out.  NULL, or why that is impossible, in the person's language. */
const char *sp_unfilter      (const SpFilters *filters, guint32 mask, const guint8 *data, gsize n_data, guint8 *out,
                              guint8 *scratch, gsize n_bytes);
