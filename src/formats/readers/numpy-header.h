/* numpy-header.h - what the header of an npy array says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-tensor.h"

typedef struct {
  char     descr[64];                  /* "<f4"; "" where the type is a structure */
  gboolean is_fortran;
  guint    n_dimensions;               /* may exceed SP_MAX_RANK */
  guint64  shape[SP_MAX_RANK];         /* the first ones */
  guint64  data_at;                    /* where the elements start */
} SpNpyHeader;

/* The header is a Python dictionary; it is read as one of three known keys with plain values,
 * and nothing in it is evaluated. */
gboolean sp_npy_header_read (SpNpyHeader *header, SpBlob *blob, GError **error);

/* SP_DTYPE_NONE: a type this program does not read; is_proper FALSE: no type at all. */
SpDtype  sp_npy_header_find_dtype (const SpNpyHeader *header, gboolean *is_swapped, gboolean *is_proper);
