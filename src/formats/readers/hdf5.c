/* hdf5.c - HDF5 files: every numeric dataset, below whatever groups it lies in */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "hdf5-group.h"
#include "hdf5-layout.h"

#include "sp-checksum.h"
#include "sp-format.h"
#include "sp-spool.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

#define MAX_DEPTH   64
#define MAX_OBJECTS (1u << 20)
#define PIECE_BYTES ((gsize) 1 << 20)

typedef struct {
  const Hdf5File *file;
  SpStore        *store;
  GHashTable     *groups;              /* addresses of those that were gone into */
  gsize           n_objects, n_soft, n_repeated;
  gboolean        has_tiles;
} Walk;

static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  guint64 base;

  (void) head;
  (void) n;
  return hdf5_file_find (blob, &base);
}

/* -- datasets --------------------------------------------------------------------------------- */

static void
take_problem (Walk *walk, const char *name, const char *reason)
{
  SpTensor *tensor = sp_tensor_new (name, SP_DTYPE_NONE, 0, NULL);

  tensor->n_elements = 0;
  sp_tensor_refuse (tensor, g_strdup (reason));
  sp_store_take_tensor (walk->store, tensor);
}

static SpTensor *
new_tensor (const Walk *walk, const char *name, const Hdf5Type *type, const Hdf5Space *space, GError **error)
{
  const char *file = sp_blob_get_name (walk->file->blob);
  gboolean is_deep = space->rank > SP_MAX_RANK;
  SpTensor *tensor = sp_tensor_new (name, is_deep ? SP_DTYPE_NONE : type->dtype, is_deep ? 0 : space->rank, space->shape);

  if (tensor == NULL)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("%s: tensor '%s' %s"), file, name, _("has more than 2^63 bytes"));
      return NULL;
    }
  tensor->is_swapped = type->is_swapped;
  if (type->dtype == SP_DTYPE_NONE)
    tensor->dtype_name = g_strdup (type->name);
  if (is_deep)
    sp_tensor_refuse (tensor, g_strdup_printf (_("%s: tensor '%s' has %u dimensions, which is too many: at most 8 are read"),
                                               file, tensor->name, space->rank));
  else if (type->dtype == SP_DTYPE_NONE)
    sp_tensor_refuse (tensor, g_strdup_printf (_("%s: tensor '%s' has the dtype %s, which is not supported"), file,
                                               tensor->name, type->name));
  return tensor;
}

static gboolean
add_dataset (Walk *walk, const Hdf5Object *object, const char *name, GError **error)
{
  const Hdf5Message *type_message = hdf5_object_find (object, HDF5_DATATYPE);
  const Hdf5Message *space_message = hdf5_object_find (object, HDF5_DATASPACE);
  g_autoptr (GError) problem = NULL;
  SpTensor *tensor;
  Hdf5Type type;
  Hdf5Space space;

  if (type_message == NULL || space_message == NULL)
    return hdf5_fail (walk->file, object->address, SP_ERROR_MALFORMED, _("a dataset lacks a type or a shape"), error);
  if (!hdf5_type_read (&type, walk->file, type_message, error)
      || !hdf5_space_read (&space, walk->file, space_message, error)
      || (tensor = new_tensor (walk, name, &type, &space, error)) == NULL)
    return FALSE;
  if (tensor->dtype != SP_DTYPE_NONE && !hdf5_layout_place (object, &space, tensor, &problem))
    sp_tensor_refuse (tensor, g_strdup (problem->message));
  walk->has_tiles |= tensor->tiles != NULL && sp_tensor_is_readable (tensor);
  sp_store_take_tensor (walk->store, tensor);
  return TRUE;
}

/* -- groups ----------------------------------------------------------------------------------- */

static gboolean walk_group (Walk *walk, const Hdf5Object *group, const char *path, guint depth, GError **error);

static gboolean
enter_group (Walk *walk, const Hdf5Object *object, const char *name, guint depth, GError **error)
{
  guint64 *address = g_new (guint64, 1);

  *address = object->address;
  if (!g_hash_table_add (walk->groups, address))
    {
      walk->n_repeated++;
      return TRUE;
    }
  if (depth >= MAX_DEPTH)
    return hdf5_fail (walk->file, object->address, SP_ERROR_TOO_BIG, _("groups are nested more than 64 deep"), error);
  return walk_group (walk, object, name, depth, error);
}

/* Of an object that is neither a group nor a dataset nothing is shown: it is a type with a name. */
static gboolean
walk_object (Walk *walk, guint64 address, const char *name, guint depth, GError **error)
{
  g_auto (Hdf5Object) object = { 0 };

  if (!hdf5_object_read (&object, walk->file, address, error))
    return FALSE;
  if (hdf5_is_group (&object))
    return enter_group (walk, &object, name, depth, error);
  if (hdf5_object_find (&object, HDF5_LAYOUT) == NULL && hdf5_object_find (&object, HDF5_DATASPACE) == NULL)
    return TRUE;
  return add_dataset (walk, &object, name, error);
}

/* What cannot be read is a row that says why. */
static gboolean
walk_link (Walk *walk, const Hdf5Link *link, const char *path, guint depth, GError **error)
{
  g_autofree char *name = *path != '\0' ? g_strconcat (path, ".", link->name, NULL) : g_strdup (link->name);
  g_autoptr (GError) problem = NULL;

  if (g_cancellable_set_error_if_cancelled (sp_store_get_cancellable (walk->store), error))
    return FALSE;
  if (link->address == HDF5_NOWHERE)
    {
      walk->n_soft++;
      return TRUE;
    }
  if (++walk->n_objects > MAX_OBJECTS)
    return hdf5_fail (walk->file, link->address, SP_ERROR_TOO_BIG, _("there are more objects than in any sane file"), error);
  if (walk_object (walk, link->address, name, depth, &problem))
    return TRUE;
  if (problem->domain != SP_ERROR || walk->n_objects > MAX_OBJECTS)
    {
      g_propagate_error (error, g_steal_pointer (&problem));
      return FALSE;
    }
  take_problem (walk, name, problem->message);
  return TRUE;
}

static gboolean
walk_group (Walk *walk, const Hdf5Object *group, const char *path, guint depth, GError **error)
{
  g_autoptr (GArray) links = hdf5_group_list (group, error);

  for (guint i = 0; links != NULL && i < links->len; i++)
    if (!walk_link (walk, &g_array_index (links, Hdf5Link, i), path, depth + 1, error))
      return FALSE;
  return links != NULL;
}

static gboolean
walk_root (Walk *walk, GError **error)
{
  g_auto (Hdf5Object) root = { 0 };

  if (!hdf5_object_read (&root, walk->file, walk->file->root, error))
    return FALSE;
  if (!hdf5_is_group (&root))
    return hdf5_fail (walk->file, walk->file->root, SP_ERROR_MALFORMED, _("here is something else than what should be"),
                      error);
  return enter_group (walk, &root, "", 0, error);
}

/* -- the file --------------------------------------------------------------------------------- */

static void
take_notes (const Walk *walk)
{
  const char *name = sp_blob_get_name (walk->file->blob);

  if (walk->n_soft > 0)
    sp_store_take_note (walk->store, g_strdup_printf (_("%s: %zu soft or external links were not followed"), name,
                                                      walk->n_soft));
  if (walk->n_repeated > 0)
    sp_store_take_note (walk->store, g_strdup_printf (_("%s: %zu links to groups that are shown already were not followed"),
                                                      name, walk->n_repeated));
  if (walk->file->end != HDF5_NOWHERE && walk->file->end > sp_blob_get_size (walk->file->blob))
    sp_store_take_note (walk->store,
                        g_strdup_printf (_("%s: the file is cut short: it should end at byte %" PRIu64 ", but does at %" PRIu64),
                                         name, walk->file->end, sp_blob_get_size (walk->file->blob)));
}

static gboolean
find_size (SpBlob *blob, guint64 *size, GError **error)
{
  g_autofree guint8 *piece = g_malloc (PIECE_BYTES);
  gssize n = 1;

  *size = sp_blob_get_size (blob);
  if (*size != SP_SIZE_UNKNOWN)
    return TRUE;
  for (*size = 0; n > 0; *size += MAX (n, 0))
    n = sp_blob_read_some (blob, *size, piece, PIECE_BYTES, error);
  return n == 0;
}

/* Its parts lie anywhere: a stream would be started again for each of them. */
static SpBlob *
make_random (SpBlob *blob, GError **error)
{
  guint64 size;

  if (sp_blob_is_random (blob))
    return sp_blob_ref (blob);
  return find_size (blob, &size, error) ? sp_spool_new (blob, 0, size, error) : NULL;
}

static gboolean
open_hdf5 (SpBlob *blob, SpStore *store, GError **error)
{
  g_autoptr (SpBlob) random = make_random (blob, error);
  g_autoptr (GHashTable) groups = g_hash_table_new_full (g_int64_hash, g_int64_equal, g_free, NULL);
  Hdf5File file;
  Walk walk = { .file = &file, .store = store, .groups = groups };

  if (random == NULL || !hdf5_file_open (&file, random, error) || !walk_root (&walk, error)
      || (walk.has_tiles && !sp_crc32_check_all (random, error)))
    return FALSE;
  take_notes (&walk);
  return TRUE;
}

const SpFormat sp_format_hdf5 = {
  .id = "hdf5",
  .title = N_("HDF5"),
  .globs = "*.h5;*.hdf5",
  .mime = "application/x-hdf",
  .sniff = sniff,
  .open = open_hdf5,
};
