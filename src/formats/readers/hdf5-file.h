/* hdf5-file.h - an HDF5 file: its superblock, its addresses, and the blocks they lead to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-reader.h"
#include "sp-store.h"

#define HDF5_NOWHERE G_MAXUINT64       /* an address that is not defined */
#define HDF5_MAX_BLOCK ((gsize) 64 << 20)

typedef struct {
  SpBlob  *blob;
  guint64  base;                       /* where addresses count from */
  guint64  end;                        /* bytes of the whole file, as its superblock says */
  guint    n_address, n_length;        /* bytes of an address, and of a length */
  guint64  root;                       /* address of the root group's object header */
} Hdf5File;

/* Bytes of the file, and a cursor in them. */
typedef struct {
  guint8  *bytes;
  gsize    n;
  guint64  address;
  SpReader reader;
} Hdf5Block;

gboolean hdf5_file_find   (SpBlob *blob, guint64 *base);                  /* whether a superblock is there, and where */
gboolean hdf5_file_open   (Hdf5File *file, SpBlob *blob, GError **error);

guint64  hdf5_take_address (const Hdf5File *file, SpReader *reader);
guint64  hdf5_take_length  (const Hdf5File *file, SpReader *reader);

/* mark: the four bytes it starts with, which the cursor is then behind; or NULL. */
gboolean hdf5_block_read  (Hdf5Block *block, const Hdf5File *file, guint64 address, guint64 n, const char *mark,
                           GError **error);
gboolean hdf5_block_check (const Hdf5Block *block, const Hdf5File *file, gsize n, GError **error);  /* the sum that ends its
                           first n bytes, which were all read */
void     hdf5_block_clear (Hdf5Block *block);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hdf5Block, hdf5_block_clear)

/* FALSE: "NAME: what is at byte N is damaged: REASON". */
gboolean hdf5_fail        (const Hdf5File *file, guint64 address, SpError code, const char *reason, GError **error);
