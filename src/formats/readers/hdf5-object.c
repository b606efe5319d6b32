/* hdf5-object.c - the header of an object of an HDF5 file: its messages */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-object.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_BLOCKS   4096
#define MAX_MESSAGES (1 << 16)

#define IS_SHARED       0x02           /* flag of a message */
#define HAS_ORDER       0x04           /* flags of a header */
#define HAS_PHASE       0x10
#define HAS_TIMES       0x20

/* How a message begins in this header. */
typedef struct {
  gboolean is_new, has_order;
} Style;

static void
clear_block (gpointer block)
{
  hdf5_block_clear (block);
}

void
hdf5_object_clear (Hdf5Object *object)
{
  g_clear_pointer (&object->blocks, g_array_unref);
  g_clear_pointer (&object->messages, g_array_unref);
}

static gboolean
add_block (Hdf5Object *object, guint64 address, guint64 n, const char *mark, GError **error)
{
  Hdf5Block block;

  if (object->blocks->len >= MAX_BLOCKS)
    return hdf5_fail (object->file, address, SP_ERROR_TOO_BIG, _("an object's header has too many parts"), error);
  if (hdf5_block_read (&block, object->file, address, n, mark, error))
    {
      g_array_append_val (object->blocks, block);
      return TRUE;
    }
  hdf5_block_clear (&block);
  return FALSE;
}

static gboolean
add_continuation (Hdf5Object *object, const Hdf5Message *message, const Style *style, GError **error)
{
  SpReader reader;
  guint64 address, n;

  hdf5_message_read (message, object->file, &reader);
  address = hdf5_take_address (object->file, &reader);
  n = hdf5_take_length (object->file, &reader);
  if (!sp_reader_check (&reader, error) || !add_block (object, address, n, style->is_new ? "OCHK" : NULL, error))
    return FALSE;
  return !style->is_new
      || hdf5_block_check (&g_array_index (object->blocks, Hdf5Block, object->blocks->len - 1), object->file, n, error);
}

/* Those between the cursor of a block and its byte end. */
static gboolean
add_messages (Hdf5Object *object, guint index, gsize end, const Style *style, GError **error)
{
  gsize n_start = style->is_new ? (style->has_order ? 6 : 4) : 8;

  for (;;)
    {
      Hdf5Block *block = &g_array_index (object->blocks, Hdf5Block, index);      /* moves when blocks are added */
      SpReader *reader = &block->reader;
      Hdf5Message message = { 0 };
      guint flags;

      if (reader->place + n_start > end)
        return TRUE;
      message.kind = style->is_new ? sp_reader_u8 (reader) : sp_reader_u16 (reader);
      message.n = sp_reader_u16 (reader);
      flags = sp_reader_u8 (reader);
      sp_reader_bytes (reader, style->is_new ? (style->has_order ? 2 : 0) : 3);
      if (message.n > end - reader->place)
        return hdf5_fail (object->file, block->address, SP_ERROR_MALFORMED, _("a part of it reaches beyond its end"), error);
      message.address = block->address + reader->place;
      message.is_shared = (flags & IS_SHARED) != 0;
      message.bytes = sp_reader_bytes (reader, message.n);
      if (object->messages->len >= MAX_MESSAGES)
        return hdf5_fail (object->file, block->address, SP_ERROR_TOO_BIG, _("an object's header has too many parts"),
                          error);
      g_array_append_val (object->messages, message);
      if (message.kind == HDF5_CONTINUATION && !add_continuation (object, &message, style, error))
        return FALSE;
    }
}

static gboolean
read_old (Hdf5Object *object, Style *style, gsize *end, GError **error)
{
  g_auto (Hdf5Block) start = { 0 };
  guint64 n;

  *style = (Style) { FALSE, FALSE };
  if (!hdf5_block_read (&start, object->file, object->address, 16, NULL, error))
    return FALSE;
  if (sp_reader_u8 (&start.reader) != 1)
    return hdf5_fail (object->file, object->address, SP_ERROR_MALFORMED, _("here is something else than what should be"),
                      error);
  sp_reader_bytes (&start.reader, 7);
  n = sp_reader_u32 (&start.reader);
  *end = n;
  return add_block (object, object->address + 16, n, NULL, error);
}

static gboolean
read_new (Hdf5Object *object, Style *style, gsize *end, GError **error)
{
  g_auto (Hdf5Block) start = { 0 };
  guint64 left = sp_blob_get_size (object->file->blob) - object->file->base - object->address;
  guint flags;
  guint64 n;
  gsize n_start;

  if (!hdf5_block_read (&start, object->file, object->address, MIN (left, 64), "OHDR", error))
    return FALSE;
  if (sp_reader_u8 (&start.reader) != 2)
    return hdf5_fail (object->file, object->address, SP_ERROR_UNSUPPORTED, _("an object's header of a version that is not read"),
                      error);
  flags = sp_reader_u8 (&start.reader);
  sp_reader_bytes (&start.reader, (flags & HAS_TIMES ? 16 : 0) + (flags & HAS_PHASE ? 4 : 0));
  n = sp_reader_number (&start.reader, 1u << (flags & 3));
  n_start = start.reader.place;
  *style = (Style) { TRUE, (flags & HAS_ORDER) != 0 };
  if (!sp_reader_check (&start.reader, error))
    return FALSE;
  if (n > HDF5_MAX_BLOCK)
    return hdf5_fail (object->file, object->address, SP_ERROR_TOO_BIG,
                      _("what should be here is larger than any sane file has it"), error);
  *end = n_start + n;
  if (!add_block (object, object->address, *end + 4, "OHDR", error))
    return FALSE;
  sp_reader_bytes (&g_array_index (object->blocks, Hdf5Block, 0).reader, n_start - 4);
  return hdf5_block_check (&g_array_index (object->blocks, Hdf5Block, 0), object->file, *end + 4, error);
}

gboolean
hdf5_object_read (Hdf5Object *object, const Hdf5File *file, guint64 address, GError **error)
{
  g_auto (Hdf5Block) mark = { 0 };
  Style style;
  gsize end;

  *object = (Hdf5Object) { .file = file, .address = address };
  object->blocks = g_array_new (FALSE, FALSE, sizeof (Hdf5Block));
  g_array_set_clear_func (object->blocks, clear_block);
  object->messages = g_array_new (FALSE, FALSE, sizeof (Hdf5Message));
  if (!hdf5_block_read (&mark, file, address, 4, NULL, error)
      || !(memcmp (mark.bytes, "OHDR", 4) == 0 ? read_new : read_old) (object, &style, &end, error)
      || !add_messages (object, 0, end, &style, error))
    return FALSE;
  for (guint i = 1; i < object->blocks->len; i++)
    {
      gsize n = g_array_index (object->blocks, Hdf5Block, i).n;

      if (!add_messages (object, i, style.is_new ? n - 4 : n, &style, error))
        return FALSE;
    }
  return TRUE;
}

const Hdf5Message *
hdf5_object_find (const Hdf5Object *object, Hdf5Kind kind)
{
  for (guint i = 0; i < object->messages->len; i++)
    if (g_array_index (object->messages, Hdf5Message, i).kind == kind)
      return &g_array_index (object->messages, Hdf5Message, i);
  return NULL;
}

void
hdf5_message_read (const Hdf5Message *message, const Hdf5File *file, SpReader *reader)
{
  sp_reader_init (reader, message->bytes, message->n, sp_blob_get_name (file->blob));
}
