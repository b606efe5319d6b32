/* hdf5-tree.h - the B-trees of an HDF5 file, of both versions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-file.h"

#define HDF5_MAX_TREE_DEPTH 32

/* One for each leaf entry, in order.  FALSE, with error: stop. */
typedef gboolean (*Hdf5Visit) (const Hdf5File *file, SpReader *reader, gpointer data, GError **error);

/* Version 1.  type: 0 group, 1 chunks; the cursor is on the key before the child (n_key bytes), the child's address behind. */
gboolean hdf5_tree1_walk (const Hdf5File *file, guint64 address, guint type, gsize n_key, Hdf5Visit visit, gpointer data,
                          GError **error);

/* Version 2.  The cursor is on a record, and knows its size (sp_reader_left). */
gboolean hdf5_tree2_walk (const Hdf5File *file, guint64 address, guint type, Hdf5Visit visit, gpointer data, GError **error);
