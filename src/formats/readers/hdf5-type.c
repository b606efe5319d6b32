/* hdf5-type.c - what the elements of an HDF5 dataset are, and how many */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-type.h"

#include <glib/gi18n-lib.h>
#include <string.h>

enum { CLASS_INTEGER = 0, CLASS_FLOAT = 1, CLASS_STRING = 3, CLASS_ENUM = 8, CLASS_VARIABLE = 9 };
enum { IS_BIG = 1, IS_SIGNED = 8, IS_VAX = 64 };

#define MAX_NESTING 4                  /* of committed types in types */
#define COMMITTED   2                  /* a shared message that is another object's */

/* -- types ------------------------------------------------------------------------------------ */

static void
read_integer (Hdf5Type *type, guint32 bits, SpReader *reader)
{
  static const SpDtype dtypes[2][4] = { { SP_DTYPE_U8, SP_DTYPE_U16, SP_DTYPE_U32, SP_DTYPE_U64 },
                                        { SP_DTYPE_I8, SP_DTYPE_I16, SP_DTYPE_I32, SP_DTYPE_I64 } };
  guint start = sp_reader_u16 (reader), n_bits = sp_reader_u16 (reader);
  gboolean is_signed = (bits & IS_SIGNED) != 0;

  g_snprintf (type->name, sizeof type->name, "%cint%u", is_signed ? ' ' : 'u', n_bits);
  g_strstrip (type->name);
  for (guint i = 0; i < 4; i++)
    if (type->size == 1u << i && start == 0 && n_bits == 8 * type->size)
      type->dtype = dtypes[is_signed][i];
}

static void
read_float (Hdf5Type *type, guint32 bits, SpReader *reader)
{
  static const struct { SpDtype dtype; guint8 size, sign, exponent, n_exponent, n_mantissa; guint32 bias; } floats[] = {
    { SP_DTYPE_F16, 2, 15, 10, 5, 10, 15 },     { SP_DTYPE_BF16, 2, 15, 7, 8, 7, 127 },
    { SP_DTYPE_F32, 4, 31, 23, 8, 23, 127 },    { SP_DTYPE_F64, 8, 63, 52, 11, 52, 1023 },
  };
  guint start = sp_reader_u16 (reader), n_bits = sp_reader_u16 (reader);
  guint exponent = sp_reader_u8 (reader), n_exponent = sp_reader_u8 (reader);
  guint mantissa = sp_reader_u8 (reader), n_mantissa = sp_reader_u8 (reader);
  guint32 bias = sp_reader_u32 (reader);
  gboolean is_plain = start == 0 && n_bits == 8 * type->size && mantissa == 0 && !(bits & IS_VAX)
                   && (bits >> 4 & 3) == 2;

  g_snprintf (type->name, sizeof type->name, "float%u", n_bits);
  for (guint i = 0; i < G_N_ELEMENTS (floats) && is_plain; i++)
    if (type->size == floats[i].size && (bits >> 8 & 0xff) == floats[i].sign && exponent == floats[i].exponent
        && n_exponent == floats[i].n_exponent && n_mantissa == floats[i].n_mantissa && bias == floats[i].bias)
      type->dtype = floats[i].dtype;
}

/* The next name of an enum, padded to eight bytes before version 3. */
static gboolean
take_word (SpReader *reader, guint version, const char *word)
{
  gsize n = strlen (word) + 1;
  const guint8 *bytes = sp_reader_bytes (reader, version < 3 ? (n + 7) / 8 * 8 : n);

  return bytes != NULL && memcmp (bytes, word, n) == 0;
}

/* A truth value is written as one of FALSE 0 and TRUE 1, of a byte; its type is that of the numbers, then the names. */
static void
read_enum (Hdf5Type *type, guint version, guint n, SpReader *reader)
{
  Hdf5Type base = { .dtype = SP_DTYPE_NONE };
  gboolean is_integer = (sp_reader_u8 (reader) & 15) == CLASS_INTEGER;
  guint32 bits = sp_reader_number (reader, 3);

  base.size = sp_reader_u32 (reader);
  if (!is_integer || n != 2 || type->size != 1 || base.size != 1)
    return;
  read_integer (&base, bits, reader);
  if (base.dtype == SP_DTYPE_I8 && take_word (reader, version, "FALSE") && take_word (reader, version, "TRUE")
      && sp_reader_u8 (reader) == 0 && sp_reader_u8 (reader) == 1)
    type->dtype = SP_DTYPE_BOOL;
}

static gboolean
read_type (Hdf5Type *type, SpReader *reader, GError **error)
{
  static const char *const names[] = { "integer", "float", "time", "string", "bitfield", "opaque", "compound",
                                       "reference", "enum", "variable-length", "array", "complex" };
  guint first = sp_reader_u8 (reader), class = first & 15, version = first >> 4;
  guint32 bits = sp_reader_number (reader, 3);

  *type = (Hdf5Type) { .dtype = SP_DTYPE_NONE, .size = sp_reader_u32 (reader) };
  if (class == CLASS_VARIABLE && (bits & 15) == 1)
    class = CLASS_STRING;
  g_snprintf (type->name, sizeof type->name, "%s", class < G_N_ELEMENTS (names) ? names[class] : "unknown");
  if (class == CLASS_INTEGER)
    read_integer (type, bits, reader);
  else if (class == CLASS_FLOAT)
    read_float (type, bits, reader);
  else if (class == CLASS_ENUM)
    read_enum (type, version, bits & 0xffff, reader);
  if (type->dtype != SP_DTYPE_NONE && class != CLASS_ENUM)
    type->is_swapped = type->size > 1 && ((bits & IS_BIG) != 0) != (G_BYTE_ORDER == G_BIG_ENDIAN);
  return sp_reader_check (reader, error);
}

/* Where the header of the named type is that a message stands for. */
static gboolean
find_committed (const Hdf5File *file, SpReader *reader, guint64 *address, GError **error)
{
  guint version = sp_reader_u8 (reader), kind = sp_reader_u8 (reader);

  if (version == 1)
    sp_reader_bytes (reader, 6);
  if (version == 3 && kind != COMMITTED)
    return hdf5_fail (file, 0, SP_ERROR_UNSUPPORTED, _("a type in a heap of shared messages is not read"), error);
  *address = hdf5_take_address (file, reader);
  return sp_reader_check (reader, error);
}

static gboolean
read_message (Hdf5Type *type, const Hdf5File *file, const Hdf5Message *message, guint depth, GError **error)
{
  g_auto (Hdf5Object) object = { 0 };
  const Hdf5Message *other;
  SpReader reader;
  guint64 address = HDF5_NOWHERE;

  hdf5_message_read (message, file, &reader);
  if (!message->is_shared)
    return read_type (type, &reader, error);
  if (depth > MAX_NESTING)
    return hdf5_fail (file, message->address, SP_ERROR_MALFORMED, _("a type stands for itself"), error);
  if (!find_committed (file, &reader, &address, error) || !hdf5_object_read (&object, file, address, error))
    return FALSE;
  other = hdf5_object_find (&object, HDF5_DATATYPE);
  if (other == NULL)
    return hdf5_fail (file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
  return read_message (type, file, other, depth + 1, error);
}

gboolean
hdf5_type_read (Hdf5Type *type, const Hdf5File *file, const Hdf5Message *message, GError **error)
{
  return read_message (type, file, message, 0, error);
}

/* -- shapes ----------------------------------------------------------------------------------- */

/* Those beyond what a tensor has are counted only. */
static void
take_sizes (const Hdf5File *file, SpReader *reader, guint rank, guint64 *sizes)
{
  for (guint i = 0; i < rank; i++)
    {
      guint64 size = hdf5_take_length (file, reader);

      if (i < SP_MAX_RANK)
        sizes[i] = size == G_MAXUINT64 >> (64 - 8 * file->n_length) ? G_MAXUINT64 : size;
    }
}

gboolean
hdf5_space_read (Hdf5Space *space, const Hdf5File *file, const Hdf5Message *message, GError **error)
{
  SpReader reader;
  guint version, flags, kind;

  *space = (Hdf5Space) { 0 };
  hdf5_message_read (message, file, &reader);
  version = sp_reader_u8 (&reader);
  space->rank = sp_reader_u8 (&reader);
  flags = sp_reader_u8 (&reader);
  kind = sp_reader_u8 (&reader);
  if (message->is_shared || (version != 1 && version != 2))
    return hdf5_fail (file, message->address, SP_ERROR_UNSUPPORTED, _("a shape of a version that is not read"), error);
  if (version == 1)
    sp_reader_u32 (&reader);
  take_sizes (file, &reader, space->rank, space->shape);
  memcpy (space->limits, space->shape, sizeof space->limits);
  if (flags & 1)
    take_sizes (file, &reader, space->rank, space->limits);
  if (version == 2 && kind == 2)                 /* null: no element at all */
    *space = (Hdf5Space) { .rank = 1 };
  return sp_reader_check (&reader, error);
}
