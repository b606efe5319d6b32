/* hdf5-index.h - where the chunks of an HDF5 dataset lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-file.h"
#include "sp-tiles.h"

typedef enum {
  HDF5_SINGLE = 1, HDF5_IMPLICIT, HDF5_FIXED, HDF5_EXTENSIBLE, HDF5_TREE2, HDF5_TREE1,   /* the first five as in the file */
} Hdf5IndexKind;

/* The origin of an SpTiles. */
typedef struct {
  Hdf5File      file;                  /* holds a reference to its blob */
  Hdf5IndexKind kind;
  guint64       address;
  guint64       n_single;              /* bytes of the only chunk, and */
  guint32       mask;                  /* which filters it went without */
  guint64       limits[SP_MAX_RANK];   /* to which the dataset may grow */
} Hdf5Index;

Hdf5Index *hdf5_index_new  (const Hdf5File *file, Hdf5IndexKind kind, guint64 address, const guint64 *limits);
void       hdf5_index_free (gpointer index);
GArray    *hdf5_index_find (const SpTensor *tensor, gpointer index, GError **error);       /* SpTiles.find */
