/* hdf5-file.c - an HDF5 file: its superblock, its addresses, and the blocks they lead to */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MARK        "\211HDF\r\n\032\n"
#define MARK_BYTES  8
#define FIRST_USER  512                /* a superblock that is not at 0 is at this, or at a doubling of it */
#define SUPERBLOCK  128                /* more than any version takes */

/* A fuzzer does not guess checksums. */
#ifdef FUZZING_BUILD_MODE_UNSAFE_FOR_PRODUCTION
#define IS_FUZZED TRUE
#else
#define IS_FUZZED FALSE
#endif

gboolean
hdf5_fail (const Hdf5File *file, guint64 address, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, _("%s: at byte %" PRIu64 ": %s"), sp_blob_get_name (file->blob),
               file->base + address, reason);
  return FALSE;
}

/* -- checksums -------------------------------------------------------------------------------- */

#define ROTATE(x, k) ((x) << (k) | (x) >> (32 - (k)))

static void
mix (guint32 s[3])
{
  static const guint8 turns[6] = { 4, 6, 8, 16, 19, 4 };

  for (guint i = 0; i < 6; i++)
    {
      guint32 *a = &s[i % 3], *b = &s[(i + 1) % 3], *c = &s[(i + 2) % 3];

      *a -= *c;
      *a ^= ROTATE (*c, turns[i]);
      *c += *b;
    }
}

static void
mix_last (guint32 s[3])
{
  static const guint8 turns[7] = { 14, 11, 25, 16, 4, 14, 24 };

  for (guint i = 0; i < 7; i++)
    {
      guint32 *to = &s[(i + 2) % 3], from = s[(i + 1) % 3];

      *to ^= from;
      *to -= ROTATE (from, turns[i]);
    }
}

/* Bob Jenkins' hash "lookup3", which the format uses as a checksum. */
static guint32
lookup3 (const guint8 *data, gsize n)
{
  guint32 start = 0xdeadbeef + (guint32) n;
  guint32 s[3] = { start, start, start };

  if (n == 0)
    return s[2];
  for (; n > 12; n -= 12, data += 12)
    {
      for (guint i = 0; i < 12; i++)
        s[i / 4] += (guint32) data[i] << 8 * (i % 4);
      mix (s);
    }
  for (guint i = 0; i < n; i++)
    s[i / 4] += (guint32) data[i] << 8 * (i % 4);
  mix_last (s);
  return s[2];
}

/* -- blocks ----------------------------------------------------------------------------------- */

guint64
hdf5_take_address (const Hdf5File *file, SpReader *reader)
{
  guint64 address = sp_reader_number (reader, file->n_address);

  return address == G_MAXUINT64 >> (64 - 8 * file->n_address) ? HDF5_NOWHERE : address;
}

guint64
hdf5_take_length (const Hdf5File *file, SpReader *reader)
{
  return sp_reader_number (reader, file->n_length);
}

gboolean
hdf5_block_read (Hdf5Block *block, const Hdf5File *file, guint64 address, guint64 n, const char *mark, GError **error)
{
  guint64 size = sp_blob_get_size (file->blob) - file->base;

  *block = (Hdf5Block) { .address = address, .n = n };
  if (address == HDF5_NOWHERE)
    return hdf5_fail (file, 0, SP_ERROR_MALFORMED, _("something that is needed has no address"), error);
  if (address > size || n > size - address)
    return hdf5_fail (file, address, SP_ERROR_CUT, _("the file ends within what should be here"), error);
  if (n > HDF5_MAX_BLOCK)
    return hdf5_fail (file, address, SP_ERROR_TOO_BIG, _("what should be here is larger than any sane file has it"), error);
  block->bytes = g_malloc (n + 1);
  if (!sp_blob_read (file->blob, file->base + address, block->bytes, n, error))
    return FALSE;
  sp_reader_init (&block->reader, block->bytes, n, sp_blob_get_name (file->blob));
  if (mark == NULL)
    return TRUE;
  if (n < 4 || memcmp (sp_reader_bytes (&block->reader, 4), mark, 4) != 0)
    return hdf5_fail (file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
  return TRUE;
}

gboolean
hdf5_block_check (const Hdf5Block *block, const Hdf5File *file, gsize n, GError **error)
{
  SpReader reader;

  if (n < 4 || n > block->n)
    return hdf5_fail (file, block->address, SP_ERROR_MALFORMED, _("its size is not what its shape needs"), error);
  sp_reader_init (&reader, block->bytes + n - 4, 4, "");
  if (sp_reader_u32 (&reader) == lookup3 (block->bytes, n - 4) || IS_FUZZED)
    return TRUE;
  return hdf5_fail (file, block->address, SP_ERROR_MALFORMED, _("its checksum does not match: the file is damaged"),
                    error);
}

void
hdf5_block_clear (Hdf5Block *block)
{
  g_clear_pointer (&block->bytes, g_free);
}

/* -- the superblock --------------------------------------------------------------------------- */

static gboolean
is_mark_at (SpBlob *blob, guint64 offset)
{
  guint8 mark[MARK_BYTES];

  return sp_blob_read_some (blob, offset, mark, MARK_BYTES, NULL) == MARK_BYTES && memcmp (mark, MARK, MARK_BYTES) == 0;
}

gboolean
hdf5_file_find (SpBlob *blob, guint64 *base)
{
  guint64 size = sp_blob_get_size (blob);

  *base = 0;
  if (is_mark_at (blob, 0))
    return TRUE;
  if (!sp_blob_is_random (blob))
    return FALSE;
  for (*base = FIRST_USER; *base < size && *base <= G_MAXINT64 / 2; *base *= 2)
    if (is_mark_at (blob, *base))
      return TRUE;
  return FALSE;
}

static gboolean
check_widths (Hdf5File *file, GError **error)
{
  gboolean is_address = file->n_address == 2 || file->n_address == 4 || file->n_address == 8;
  gboolean is_length = file->n_length == 2 || file->n_length == 4 || file->n_length == 8;

  return (is_address && is_length)
      || hdf5_fail (file, 0, SP_ERROR_UNSUPPORTED, _("its addresses are of a width that is not read"), error);
}

/* Versions 0 and 1: the root group's entry of a symbol table follows. */
static gboolean
read_old (Hdf5File *file, guint version, SpReader *reader, GError **error)
{
  sp_reader_bytes (reader, 4);
  file->n_address = sp_reader_u8 (reader);
  file->n_length = sp_reader_u8 (reader);
  if (!check_widths (file, error))
    return FALSE;
  sp_reader_bytes (reader, version == 0 ? 9 : 13);
  hdf5_take_address (file, reader);              /* the base, which is where the superblock is */
  hdf5_take_address (file, reader);
  file->end = hdf5_take_address (file, reader);
  hdf5_take_address (file, reader);
  hdf5_take_address (file, reader);
  file->root = hdf5_take_address (file, reader);
  return TRUE;
}

static gboolean
read_new (Hdf5File *file, const Hdf5Block *block, SpReader *reader, GError **error)
{
  file->n_address = sp_reader_u8 (reader);
  file->n_length = sp_reader_u8 (reader);
  if (!check_widths (file, error))
    return FALSE;
  sp_reader_u8 (reader);
  hdf5_take_address (file, reader);
  hdf5_take_address (file, reader);
  file->end = hdf5_take_address (file, reader);
  file->root = hdf5_take_address (file, reader);
  return hdf5_block_check (block, file, 12 + 4 * file->n_address + 4, error);
}

gboolean
hdf5_file_open (Hdf5File *file, SpBlob *blob, GError **error)
{
  g_auto (Hdf5Block) block = { 0 };
  guint version;

  *file = (Hdf5File) { .blob = blob };
  if (!hdf5_file_find (blob, &file->base))
    return hdf5_fail (file, 0, SP_ERROR_NOT_A_MODEL, _("here is something else than what should be"), error);
  if (!hdf5_block_read (&block, file, 0, MIN (SUPERBLOCK, sp_blob_get_size (blob) - file->base), NULL, error))
    return FALSE;
  sp_reader_bytes (&block.reader, MARK_BYTES);
  version = sp_reader_u8 (&block.reader);
  if (version > 3)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: version %u of the HDF5 format is not read"),
                   sp_blob_get_name (blob), version);
      return FALSE;
    }
  if (!sp_reader_check (&block.reader, error)
      || !(version < 2 ? read_old (file, version, &block.reader, error) : read_new (file, &block, &block.reader, error)))
    return FALSE;
  return sp_reader_check (&block.reader, error);
}
