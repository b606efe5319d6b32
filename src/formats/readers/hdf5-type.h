/* hdf5-type.h - what the elements of an HDF5 dataset are, and how many */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-object.h"

typedef struct {
  SpDtype  dtype;                      /* SP_DTYPE_NONE: not numeric, or not read */
  gboolean is_swapped;
  guint64  size;                       /* bytes per element */
  char     name[32];                   /* as it is shown where dtype is none */
} Hdf5Type;

typedef struct {
  guint    rank;                       /* may exceed SP_MAX_RANK */
  guint64  shape[SP_MAX_RANK];
  guint64  limits[SP_MAX_RANK];        /* to which it may grow; G_MAXUINT64: any */
} Hdf5Space;

gboolean hdf5_type_read  (Hdf5Type *type, const Hdf5File *file, const Hdf5Message *message, GError **error);
gboolean hdf5_space_read (Hdf5Space *space, const Hdf5File *file, const Hdf5Message *message, GError **error);
