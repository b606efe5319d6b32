/* hdf5-layout.h - where the elements of an HDF5 dataset lie */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-type.h"

/* Gives the tensor its blob, offset and tiles. */
gboolean hdf5_layout_place (const Hdf5Object *object, const Hdf5Space *space, SpTensor *tensor, GError **error);
