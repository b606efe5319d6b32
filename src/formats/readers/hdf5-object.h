/* hdf5-object.h - the header of an object of an HDF5 file: its messages */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "hdf5-file.h"

typedef enum {
  HDF5_DATASPACE = 0x01, HDF5_LINK_INFO = 0x02, HDF5_DATATYPE = 0x03, HDF5_OLD_FILL = 0x04, HDF5_FILL = 0x05,
  HDF5_LINK = 0x06, HDF5_EXTERNAL = 0x07, HDF5_LAYOUT = 0x08, HDF5_FILTERS = 0x0b, HDF5_CONTINUATION = 0x10,
  HDF5_SYMBOL_TABLE = 0x11,
} Hdf5Kind;

typedef struct {
  guint         kind;
  gboolean      is_shared;             /* its bytes say where it really is */
  const guint8 *bytes;                 /* lent by the object */
  gsize         n;
  guint64       address;               /* of bytes */
} Hdf5Message;

typedef struct {
  const Hdf5File *file;
  guint64         address;
  GArray         *blocks;              /* of Hdf5Block */
  GArray         *messages;            /* of Hdf5Message */
} Hdf5Object;

gboolean           hdf5_object_read  (Hdf5Object *object, const Hdf5File *file, guint64 address, GError **error);
void               hdf5_object_clear (Hdf5Object *object);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Hdf5Object, hdf5_object_clear)

const Hdf5Message *hdf5_object_find  (const Hdf5Object *object, Hdf5Kind kind);      /* the first; NULL: none */
void               hdf5_message_read (const Hdf5Message *message, const Hdf5File *file, SpReader *reader);   /* a cursor */
