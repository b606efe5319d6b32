/* hdf5-tree.c - the B-trees of an HDF5 file, of both versions */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-tree.h"

#include <glib/gi18n-lib.h>

#define HEAD_BYTES 6                   /* of a node of version 2, before its records */
#define SUM_BYTES  4

typedef struct {
  const Hdf5File *file;
  guint           type;
  gsize           n_key;               /* version 1 */
  Hdf5Visit       visit;
  gpointer        data;
  GHashTable     *seen;                /* addresses of nodes */

  gsize           n_node, n_record;    /* version 2: bytes */
  guint           n_count;             /* of the number of a node's records */
  guint           n_total[HDF5_MAX_TREE_DEPTH + 1];      /* of the number of those below a node of a depth, too */
} Walk;

/* A node that two others lead to would be gone through without end, or without measure. */
static gboolean
see (Walk *walk, guint64 address, GError **error)
{
  guint64 *key = g_new (guint64, 1);

  *key = address;
  return g_hash_table_add (walk->seen, key)
      || hdf5_fail (walk->file, address, SP_ERROR_MALFORMED, _("two parts of an index lead here"), error);
}

static GHashTable *
new_seen (void)
{
  return g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
}

/* -- version 1 -------------------------------------------------------------------------------- */

static gboolean walk_node1 (Walk *walk, guint64 address, gint level, GError **error);

static gboolean
walk_children1 (Walk *walk, SpReader *reader, guint n, gint level, GError **error)
{
  for (guint i = 0; i < n; i++)
    {
      SpReader key = *reader;

      if (level == 0 && !walk->visit (walk->file, &key, walk->data, error))
        return FALSE;
      sp_reader_bytes (reader, walk->n_key);
      if (level > 0 && !walk_node1 (walk, hdf5_take_address (walk->file, reader), level - 1, error))
        return FALSE;
      if (level == 0)
        hdf5_take_address (walk->file, reader);
    }
  return sp_reader_check (reader, error);
}

/* level: which it must be; -1: any. */
static gboolean
walk_node1 (Walk *walk, guint64 address, gint level, GError **error)
{
  g_auto (Hdf5Block) start = { 0 };
  g_auto (Hdf5Block) rest = { 0 };
  gsize n_start = 8 + 2 * walk->file->n_address;
  guint type, found, n;

  if (!hdf5_block_read (&start, walk->file, address, n_start, "TREE", error) || !see (walk, address, error))
    return FALSE;
  type = sp_reader_u8 (&start.reader);
  found = sp_reader_u8 (&start.reader);
  n = sp_reader_u16 (&start.reader);
  if (type != walk->type || found > HDF5_MAX_TREE_DEPTH || (level >= 0 && found != (guint) level))
    return hdf5_fail (walk->file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
  return hdf5_block_read (&rest, walk->file, address + n_start, n * (walk->n_key + walk->file->n_address), NULL, error)
      && walk_children1 (walk, &rest.reader, n, found, error);
}

gboolean
hdf5_tree1_walk (const Hdf5File *file, guint64 address, guint type, gsize n_key, Hdf5Visit visit, gpointer data,
                 GError **error)
{
  g_autoptr (GHashTable) seen = new_seen ();
  Walk walk = { .file = file, .type = type, .n_key = n_key, .visit = visit, .data = data, .seen = seen };

  return walk_node1 (&walk, address, -1, error);
}

/* -- version 2 -------------------------------------------------------------------------------- */

/* Bytes that numbers up to this one take. */
static guint
width_of (guint64 number)
{
  guint n = 1;

  while (n < 8 && number >> 8 * n != 0)
    n++;
  return n;
}

/* How many records fit into nodes of each depth, hence how wide their numbers are. */
static gboolean
find_widths (Walk *walk, guint depth)
{
  guint64 n_leaf = (walk->n_node - HEAD_BYTES - SUM_BYTES) / walk->n_record, n_all = n_leaf;

  walk->n_count = width_of (n_leaf);
  walk->n_total[0] = 0;
  for (guint d = 1; d <= depth; d++)
    {
      gsize n_pointer = walk->file->n_address + walk->n_count + walk->n_total[d - 1];
      guint64 n = (walk->n_node - HEAD_BYTES - SUM_BYTES);

      if (n < n_pointer + walk->n_record)
        return FALSE;
      n = (n - n_pointer) / (walk->n_record + n_pointer);
      if (__builtin_mul_overflow (n_all, n + 1, &n_all) || __builtin_add_overflow (n_all, n, &n_all))
        n_all = G_MAXUINT64;
      walk->n_total[d] = width_of (n_all);
    }
  return TRUE;
}

static gboolean
visit_record (Walk *walk, SpReader *reader, GError **error)
{
  const guint8 *bytes = sp_reader_bytes (reader, walk->n_record);
  SpReader record;

  if (bytes == NULL)
    return sp_reader_check (reader, error);
  sp_reader_init (&record, bytes, walk->n_record, reader->name);
  return walk->visit (walk->file, &record, walk->data, error);
}

static gboolean walk_node2 (Walk *walk, guint64 address, guint64 n, guint depth, GError **error);

/* Child 0, record 0, child 1 …: the children's pointers lie behind all records. */
static gboolean
walk_inner (Walk *walk, SpReader *records, guint64 n, guint depth, GError **error)
{
  SpReader pointers = *records;

  sp_reader_bytes (&pointers, n * walk->n_record);
  for (guint64 i = 0; i <= n; i++)
    {
      guint64 address = hdf5_take_address (walk->file, &pointers);
      guint64 n_child = sp_reader_number (&pointers, walk->n_count);

      if (depth > 1)
        sp_reader_number (&pointers, walk->n_total[depth - 1]);
      if (!sp_reader_check (&pointers, error) || !walk_node2 (walk, address, n_child, depth - 1, error)
          || (i < n && !visit_record (walk, records, error)))
        return FALSE;
    }
  return TRUE;
}

static gboolean
walk_node2 (Walk *walk, guint64 address, guint64 n, guint depth, GError **error)
{
  g_auto (Hdf5Block) block = { 0 };
  gsize n_pointer = depth > 0 ? walk->file->n_address + walk->n_count + walk->n_total[depth - 1] : 0;
  guint64 n_used = HEAD_BYTES + n * walk->n_record + (depth > 0 ? n + 1 : 0) * n_pointer + SUM_BYTES;

  if (n > walk->n_node || n_used > walk->n_node)
    return hdf5_fail (walk->file, address, SP_ERROR_MALFORMED, _("a part of it reaches beyond its end"), error);
  if (!hdf5_block_read (&block, walk->file, address, n_used, depth > 0 ? "BTIN" : "BTLF", error)
      || !see (walk, address, error) || !hdf5_block_check (&block, walk->file, n_used, error))
    return FALSE;
  sp_reader_bytes (&block.reader, 2);
  if (depth > 0)
    return walk_inner (walk, &block.reader, n, depth, error);
  for (guint64 i = 0; i < n; i++)
    if (!visit_record (walk, &block.reader, error))
      return FALSE;
  return TRUE;
}

gboolean
hdf5_tree2_walk (const Hdf5File *file, guint64 address, guint type, Hdf5Visit visit, gpointer data, GError **error)
{
  g_autoptr (GHashTable) seen = new_seen ();
  g_auto (Hdf5Block) block = { 0 };
  Walk walk = { .file = file, .type = type, .visit = visit, .data = data, .seen = seen };
  gsize n = 16 + file->n_address + 2 + file->n_length + SUM_BYTES;
  guint found, depth, n_root;
  guint64 root;

  if (!hdf5_block_read (&block, file, address, n, "BTHD", error) || !hdf5_block_check (&block, file, n, error))
    return FALSE;
  sp_reader_u8 (&block.reader);
  found = sp_reader_u8 (&block.reader);
  walk.n_node = sp_reader_u32 (&block.reader);
  walk.n_record = sp_reader_u16 (&block.reader);
  depth = sp_reader_u16 (&block.reader);
  sp_reader_u16 (&block.reader);
  root = hdf5_take_address (file, &block.reader);
  n_root = sp_reader_u16 (&block.reader);
  if (found != type || depth > HDF5_MAX_TREE_DEPTH || walk.n_record == 0
      || walk.n_node < HEAD_BYTES + SUM_BYTES + walk.n_record || walk.n_node > HDF5_MAX_BLOCK || !find_widths (&walk, depth))
    return hdf5_fail (file, address, SP_ERROR_MALFORMED, _("here is something else than what should be"), error);
  return root == HDF5_NOWHERE || n_root == 0 || walk_node2 (&walk, root, n_root, depth, error);
}
