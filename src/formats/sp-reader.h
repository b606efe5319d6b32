/* sp-reader.h - a bounded cursor over header bytes: knows what is left, never steps over the end */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-error.h"

/* Lives on the stack.  After the first overrun it is sticky: every read gives 0 and
 * sp_reader_check() reports the place of the first. */
typedef struct {
  const guint8 *data;
  gsize         n_bytes, place;
  const char   *name;          /* file name for messages */
  gboolean      has_overrun;
  gsize         overrun_place;
} SpReader;

void           sp_reader_init  (SpReader *reader, gconstpointer data, gsize n_bytes, const char *name);
gsize          sp_reader_left  (const SpReader *reader);
guint8         sp_reader_u8    (SpReader *reader);
guint16        sp_reader_u16   (SpReader *reader);        /* little endian, all of them */
guint32        sp_reader_u32   (SpReader *reader);
guint64        sp_reader_u64   (SpReader *reader);
guint64        sp_reader_number (SpReader *reader, gsize n);         /* of 1 ≤ n ≤ 8 bytes */
gint32         sp_reader_i32   (SpReader *reader);
double         sp_reader_f64be (SpReader *reader);        /* pickle's BINFLOAT */
const guint8  *sp_reader_bytes (SpReader *reader, gsize n);          /* lent; NULL on overrun */
const guint8  *sp_reader_line  (SpReader *reader, gsize *n);         /* up to, and without, the next \n */
gboolean       sp_reader_check (const SpReader *reader, GError **error);   /* SP_ERROR_CUT where it overran */

/* shape → element count; FALSE where the product exceeds 2^63 - 1. */
gboolean       sp_checked_product (const guint64 *factors, guint n, guint64 *product);
