/* sp-tiles.h - a tensor cut into boxes of one size that are stored one by one, filtered or not */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"
#include "sp-unfilter.h"

#define SP_MAX_TILE_BYTES ((guint64) 1 << 30)

typedef struct {
  guint64 index;                       /* among all tiles, row-major */
  guint64 offset;                      /* in the tensor's blob */
  guint32 n_bytes;
  guint32 mask;                        /* bit i: filter i was left out */
} SpTile;

/* Owned by its tensor, immutable. */
struct _SpTiles {
  guint64        size[SP_MAX_RANK];    /* of a tile, in elements, > 0; those at the end reach beyond the tensor */
  SpFilters      filters;
  gboolean       is_end_raw;           /* tiles that reach beyond the tensor are not filtered */
  guint8         fill[8];              /* an element where no tile is stored, as the file has it */
  /* Those that are stored, in any order, as (SpTile), all inside the tensor; looks into the file.  NULL: none are. */
  GArray      *(*find) (const SpTensor *tensor, gpointer origin, GError **error);
  gpointer       origin;
  GDestroyNotify free_origin;
};

void          sp_tiles_free   (SpTiles *tiles);
guint64       sp_tiles_count  (const SpTensor *tensor, guint64 counts[SP_MAX_RANK]);   /* all, and by dimension */
guint64       sp_tiles_bytes  (const SpTensor *tensor);         /* of one, unfiltered */

/* Reads elements in any order, by several threads at once; keeps what a band of rows needs, so that every tile is
 * unfiltered about once.  Where that would be too much memory, all are unfiltered into a spool first. */
typedef struct _SpTileReader SpTileReader;
SpTileReader *sp_tile_reader_new  (const SpTensor *tensor, GError **error);
void          sp_tile_reader_free (SpTileReader *reader);

/* Elements first … of the tensor, row-major, into out.  turn: differs between those who read at once, so that they
 * begin at different tiles. */
gboolean      sp_tile_reader_read (SpTileReader *reader, guint64 first, gsize n, guint64 turn, gpointer out, GError **error);
