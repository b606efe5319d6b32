/* sp-reader.c - a bounded cursor over header bytes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

void
sp_reader_init (SpReader *reader, gconstpointer data, gsize n_bytes, const char *name)
{
  *reader = (SpReader) { .data = data, .n_bytes = n_bytes, .name = name };
}

gsize
sp_reader_left (const SpReader *reader)
{
  return reader->has_overrun ? 0 : reader->n_bytes - reader->place;
}

const guint8 *
sp_reader_bytes (SpReader *reader, gsize n)
{
  const guint8 *bytes = reader->data + reader->place;

  if (reader->has_overrun)
    return NULL;
  if (n > reader->n_bytes - reader->place)
    {
      reader->has_overrun = TRUE;
      reader->overrun_place = reader->place;
      return NULL;
    }
  reader->place += n;
  return bytes;
}

guint64
sp_reader_number (SpReader *reader, gsize n)
{
  const guint8 *bytes = sp_reader_bytes (reader, n);
  guint64 value = 0;

  if (bytes != NULL)
    memcpy (&value, bytes, n);
  return GUINT64_FROM_LE (value) >> (G_BYTE_ORDER == G_BIG_ENDIAN ? 64 - 8 * n : 0);
}

guint8
sp_reader_u8 (SpReader *reader)
{
  return sp_reader_number (reader, 1);
}

guint16
sp_reader_u16 (SpReader *reader)
{
  return sp_reader_number (reader, 2);
}

guint32
sp_reader_u32 (SpReader *reader)
{
  return sp_reader_number (reader, 4);
}

guint64
sp_reader_u64 (SpReader *reader)
{
  return sp_reader_number (reader, 8);
}

gint32
sp_reader_i32 (SpReader *reader)
{
  return (gint32) sp_reader_u32 (reader);
}

double
sp_reader_f64be (SpReader *reader)
{
  guint64 bits = sp_reader_u64 (reader);
  double value;

  bits = GUINT64_SWAP_LE_BE (bits);              /* a macro that may read its argument eight times */
  memcpy (&value, &bits, sizeof value);
  return value;
}

const guint8 *
sp_reader_line (SpReader *reader, gsize *n)
{
  const guint8 *start = reader->data + reader->place;
  const guint8 *end = sp_reader_left (reader) > 0 ? memchr (start, '\n', sp_reader_left (reader)) : NULL;

  *n = 0;
  if (end == NULL)
    return sp_reader_bytes (reader, G_MAXSIZE);
  *n = end - start;
  return sp_reader_bytes (reader, *n + 1);
}

gboolean
sp_reader_check (const SpReader *reader, GError **error)
{
  if (!reader->has_overrun)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_CUT, _("%s: it ends within the value at byte %zu"), reader->name,
               reader->overrun_place);
  return FALSE;
}

gboolean
sp_checked_product (const guint64 *factors, guint n, guint64 *product)
{
  gboolean is_empty = FALSE;

  for (guint i = 0; i < n; i++)
    is_empty |= factors[i] == 0;
  *product = is_empty ? 0 : 1;
  for (guint i = 0; i < n && !is_empty; i++)
    if (__builtin_mul_overflow (*product, factors[i], product) || *product > G_MAXINT64)
      return FALSE;
  return TRUE;
}
