/* hdf5-group.h - the links of a group of an HDF5 file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-object.h"

typedef struct {
  char    *name;
  guint64  address;                    /* of the object's header; HDF5_NOWHERE: a soft or external link */
} Hdf5Link;

gboolean hdf5_is_group   (const Hdf5Object *object);
GArray  *hdf5_group_list (const Hdf5Object *object, GError **error);      /* of Hdf5Link, by name */
