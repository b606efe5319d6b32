/* hdf5-heap.h - the heaps of an HDF5 file, where names and links are kept */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-file.h"

/* Names of old groups. */
gboolean hdf5_local_heap_read (Hdf5Block *names, const Hdf5File *file, guint64 address, GError **error);
char    *hdf5_local_heap_dup  (const Hdf5Block *names, guint64 offset);      /* NULL: there is no text */

/* A fractal heap: direct blocks below rows of indirect ones, twice as large from row to row. */
typedef struct {
  const Hdf5File *file;
  guint           n_offset, n_size;    /* bytes of an object's place and size in its ID */
  guint64         n_columns, n_start, n_max_direct;
  guint           n_rows;              /* 0: root is a direct block */
  guint64         root;
} Hdf5Heap;

gboolean hdf5_heap_open (Hdf5Heap *heap, const Hdf5File *file, guint64 address, GError **error);
gboolean hdf5_heap_read (Hdf5Block *object, const Hdf5Heap *heap, SpReader *id, GError **error);
