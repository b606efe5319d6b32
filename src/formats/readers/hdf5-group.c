/* hdf5-group.c - the links of a group of an HDF5 file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-group.h"

#include "hdf5-heap.h"
#include "hdf5-tree.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_LINKS   (1u << 20)
#define MAX_NAME    4096
#define SOFT_ENTRY  2                  /* of a symbol table */
#define NAME_INDEX  5                  /* type of B-tree */

enum { HAS_ORDER = 4, HAS_TYPE = 8, HAS_CHARSET = 16 };

typedef struct {
  GArray         *links;
  const Hdf5Heap *heap;                /* of a dense group */
  Hdf5Block       names;               /* of an old group */
} Listing;

static void
clear_link (gpointer link)
{
  g_free (((Hdf5Link *) link)->name);
}

static gboolean
take_link (Listing *listing, const Hdf5File *file, char *name, guint64 address, GError **error)
{
  Hdf5Link link = { name, address };

  g_array_append_val (listing->links, link);
  return listing->links->len <= MAX_LINKS
      || hdf5_fail (file, 0, SP_ERROR_TOO_BIG, _("a group has too many links"), error);
}

/* -- old groups ------------------------------------------------------------------------------- */

static gboolean
take_symbol (Listing *listing, const Hdf5File *file, guint64 node, SpReader *reader, GError **error)
{
  guint64 offset = hdf5_take_length (file, reader), address = hdf5_take_address (file, reader);
  guint32 kind = sp_reader_u32 (reader);
  char *name = hdf5_local_heap_dup (&listing->names, offset);

  sp_reader_bytes (reader, 20);
  if (name == NULL || strlen (name) > MAX_NAME)
    {
      g_free (name);
      return hdf5_fail (file, node, SP_ERROR_MALFORMED, _("a link's name is missing or too long"), error);
    }
  return take_link (listing, file, name, kind == SOFT_ENTRY ? HDF5_NOWHERE : address, error);
}

/* The key is a name, which the node behind it holds as well. */
static gboolean
visit_node (const Hdf5File *file, SpReader *reader, gpointer data, GError **error)
{
  g_auto (Hdf5Block) start = { 0 };
  g_auto (Hdf5Block) rest = { 0 };
  guint64 address;
  guint n;

  hdf5_take_length (file, reader);
  address = hdf5_take_address (file, reader);
  if (!sp_reader_check (reader, error) || !hdf5_block_read (&start, file, address, 8, "SNOD", error))
    return FALSE;
  sp_reader_u16 (&start.reader);
  n = sp_reader_u16 (&start.reader);
  if (!hdf5_block_read (&rest, file, address + 8, n * (24 + file->n_length + file->n_address), NULL, error))
    return FALSE;
  for (; n > 0; n--)
    if (!take_symbol (data, file, address, &rest.reader, error))
      return FALSE;
  return TRUE;
}

static gboolean
list_symbols (Listing *listing, const Hdf5File *file, const Hdf5Message *message, GError **error)
{
  SpReader reader;
  guint64 tree, heap;

  hdf5_message_read (message, file, &reader);
  tree = hdf5_take_address (file, &reader);
  heap = hdf5_take_address (file, &reader);
  return sp_reader_check (&reader, error) && hdf5_local_heap_read (&listing->names, file, heap, error)
      && hdf5_tree1_walk (file, tree, 0, file->n_length, visit_node, listing, error);
}

/* -- new groups ------------------------------------------------------------------------------- */

static gboolean
take_message (Listing *listing, const Hdf5File *file, SpReader *reader, guint64 address, GError **error)
{
  const guint8 *name;
  guint64 n, target = HDF5_NOWHERE;
  guint flags, type = 0;

  sp_reader_u8 (reader);
  flags = sp_reader_u8 (reader);
  if (flags & HAS_TYPE)
    type = sp_reader_u8 (reader);
  sp_reader_bytes (reader, (flags & HAS_ORDER ? 8 : 0) + (flags & HAS_CHARSET ? 1 : 0));
  n = sp_reader_number (reader, 1u << (flags & 3));
  name = n > 0 && n <= MAX_NAME ? sp_reader_bytes (reader, n) : NULL;
  if (type == 0)
    target = hdf5_take_address (file, reader);
  if (!sp_reader_check (reader, error))
    return FALSE;
  if (name == NULL)
    return hdf5_fail (file, address, SP_ERROR_MALFORMED, _("a link's name is missing or too long"), error);
  return take_link (listing, file, g_strndup ((const char *) name, n), target, error);
}

static gboolean
visit_name (const Hdf5File *file, SpReader *reader, gpointer data, GError **error)
{
  Listing *listing = data;
  g_auto (Hdf5Block) object = { 0 };

  sp_reader_u32 (reader);                        /* hash of the name */
  return hdf5_heap_read (&object, listing->heap, reader, error)
      && take_message (listing, file, &object.reader, object.address, error);
}

/* More links than fit into the header lie in a heap, with an index of their names. */
static gboolean
list_dense (Listing *listing, const Hdf5File *file, const Hdf5Message *message, GError **error)
{
  SpReader reader;
  Hdf5Heap heap;
  guint64 heap_at, tree;
  guint flags;

  hdf5_message_read (message, file, &reader);
  sp_reader_u8 (&reader);
  flags = sp_reader_u8 (&reader);
  sp_reader_bytes (&reader, flags & 1 ? 8 : 0);
  heap_at = hdf5_take_address (file, &reader);
  tree = hdf5_take_address (file, &reader);
  if (!sp_reader_check (&reader, error))
    return FALSE;
  if (heap_at == HDF5_NOWHERE)
    return TRUE;
  listing->heap = &heap;
  return hdf5_heap_open (&heap, file, heap_at, error)
      && hdf5_tree2_walk (file, tree, NAME_INDEX, visit_name, listing, error);
}

/* -- both ------------------------------------------------------------------------------------- */

gboolean
hdf5_is_group (const Hdf5Object *object)
{
  return hdf5_object_find (object, HDF5_SYMBOL_TABLE) != NULL || hdf5_object_find (object, HDF5_LINK_INFO) != NULL
      || hdf5_object_find (object, HDF5_LINK) != NULL;
}

static gboolean
list_all (Listing *listing, const Hdf5Object *object, GError **error)
{
  const Hdf5Message *symbols = hdf5_object_find (object, HDF5_SYMBOL_TABLE);
  const Hdf5Message *dense = hdf5_object_find (object, HDF5_LINK_INFO);

  for (guint i = 0; i < object->messages->len; i++)
    {
      const Hdf5Message *message = &g_array_index (object->messages, Hdf5Message, i);
      SpReader reader;

      hdf5_message_read (message, object->file, &reader);
      if (message->kind == HDF5_LINK && !take_message (listing, object->file, &reader, message->address, error))
        return FALSE;
    }
  return (symbols == NULL || list_symbols (listing, object->file, symbols, error))
      && (dense == NULL || list_dense (listing, object->file, dense, error));
}

static int
compare_links (gconstpointer a, gconstpointer b)
{
  return strcmp (((const Hdf5Link *) a)->name, ((const Hdf5Link *) b)->name);
}

GArray *
hdf5_group_list (const Hdf5Object *object, GError **error)
{
  Listing listing = { .links = g_array_new (FALSE, FALSE, sizeof (Hdf5Link)) };
  gboolean is_listed;

  g_array_set_clear_func (listing.links, clear_link);
  is_listed = list_all (&listing, object, error);
  hdf5_block_clear (&listing.names);
  g_array_sort (listing.links, compare_links);
  if (is_listed)
    return listing.links;
  g_array_unref (listing.links);
  return NULL;
}
