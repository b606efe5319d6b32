/* torch-file.c - the storages of a PyTorch file, and the element types they can have */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define OWN_BYTES ((guint64) 4 << 30)

static const TorchType types[] = {
  { "float64", "DoubleStorage", SP_DTYPE_F64, 8 },     { "float32", "FloatStorage", SP_DTYPE_F32, 4 },
  { "float16", "HalfStorage", SP_DTYPE_F16, 2 },       { "bfloat16", "BFloat16Storage", SP_DTYPE_BF16, 2 },
  { "int64", "LongStorage", SP_DTYPE_I64, 8 },         { "int32", "IntStorage", SP_DTYPE_I32, 4 },
  { "int16", "ShortStorage", SP_DTYPE_I16, 2 },        { "int8", "CharStorage", SP_DTYPE_I8, 1 },
  { "uint8", "ByteStorage", SP_DTYPE_U8, 1 },          { "bool", "BoolStorage", SP_DTYPE_BOOL, 1 },
  { "uint16", NULL, SP_DTYPE_U16, 2 },                 { "uint32", NULL, SP_DTYPE_U32, 4 },
  { "uint64", NULL, SP_DTYPE_U64, 8 },                 { "float8_e4m3fn", NULL, SP_DTYPE_F8_E4M3, 1 },
  { "float8_e5m2", NULL, SP_DTYPE_F8_E5M2, 1 },        { "float8_e4m3fnuz", NULL, SP_DTYPE_NONE, 1 },
  { "float8_e5m2fnuz", NULL, SP_DTYPE_NONE, 1 },       { "float8_e8m0fnu", NULL, SP_DTYPE_NONE, 1 },
  { "float4_e2m1fn_x2", NULL, SP_DTYPE_NONE, 1 },      { "complex32", "ComplexHalfStorage", SP_DTYPE_NONE, 4 },
  { "complex64", "ComplexFloatStorage", SP_DTYPE_NONE, 8 },
  { "complex128", "ComplexDoubleStorage", SP_DTYPE_NONE, 16 },
  { "qint8", "QInt8Storage", SP_DTYPE_NONE, 1 },       { "quint8", "QUInt8Storage", SP_DTYPE_NONE, 1 },
  { "qint32", "QInt32Storage", SP_DTYPE_NONE, 4 },     { "quint4x2", "QUInt4x2Storage", SP_DTYPE_NONE, 1 },
  { "quint2x4", "QUInt2x4Storage", SP_DTYPE_NONE, 1 }, { "bytes", "UntypedStorage", SP_DTYPE_NONE, 1 },
  { "bytes", "_UntypedStorage", SP_DTYPE_NONE, 1 },
};

static void
storage_free (TorchStorage *storage)
{
  g_clear_pointer (&storage->blob, sp_blob_unref);
  g_free (storage->problem);
  g_free (storage);
}

void
torch_file_init (TorchFile *file, SpBlob *blob, SpStore *store)
{
  *file = (TorchFile) { .blob = blob, .store = store, .n_left = OWN_BYTES };
  file->storages = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, (GDestroyNotify) storage_free);
  file->arrays = g_hash_table_new_full (NULL, NULL, NULL, (GDestroyNotify) sp_blob_unref);
}

void
torch_file_clear (TorchFile *file)
{
  g_clear_pointer (&file->storages, g_hash_table_unref);
  g_clear_pointer (&file->arrays, g_hash_table_unref);
  g_clear_pointer (&file->members, g_hash_table_unref);
  g_clear_pointer (&file->archive, sp_archive_unref);
  g_clear_pointer (&file->pickle_blob, sp_blob_unref);
  g_clear_pointer (&file->folder, g_free);
  g_clear_pointer (&file->stranger, g_free);
}

void
torch_file_set_pickle_blob (TorchFile *file, SpBlob *blob)
{
  g_clear_pointer (&file->pickle_blob, sp_blob_unref);
  if (sp_blob_is_random (blob))
    file->pickle_blob = sp_blob_ref (blob);
}

gboolean
torch_file_check (TorchFile *file, SpError code, GError **error)
{
  if (file->n_tensors > 0)
    return TRUE;
  if (file->stranger != NULL)
    g_set_error (error, SP_ERROR, code, _("%s: there is no tensor in it; %s"), sp_blob_get_name (file->blob),
                 file->stranger);
  else
    g_set_error (error, SP_ERROR, code, _("%s: there is no tensor in it"), sp_blob_get_name (file->blob));
  return FALSE;
}

gboolean
torch_file_spend (TorchFile *file, guint64 n_bytes)
{
  if (n_bytes > file->n_left)
    return FALSE;
  file->n_left -= n_bytes;
  return TRUE;
}

/* --- storages --- */

/* The member of a zip that holds a storage; not looked into. */
static TorchStorage *
open_member (TorchFile *file, gsize i)
{
  const SpMember *member = sp_archive_get_member (file->archive, i);
  TorchStorage *storage = g_new0 (TorchStorage, 1);
  g_autoptr (GError) error = NULL;

  storage->blob = sp_archive_dup_blob (file->archive, i, &error);
  if (storage->blob == NULL)
    {
      storage->problem = g_strdup_printf (_("cannot be opened: %s"), error->message);
      return storage;
    }
  storage->n_bytes = member->n_bytes;
  return storage;
}

static TorchStorage *
find_storage (TorchFile *file, const char *key)
{
  TorchStorage *storage = g_hash_table_lookup (file->storages, key);
  g_autofree char *name = NULL;
  gsize i;

  if (storage != NULL || file->archive == NULL)
    return storage;
  name = g_strconcat (file->folder, key, NULL);
  i = GPOINTER_TO_SIZE (g_hash_table_lookup (file->members, name));
  if (i == 0)
    return NULL;
  storage = open_member (file, i - 1);
  g_hash_table_insert (file->storages, g_strdup (key), storage);
  return storage;
}

/* --- element types --- */

const TorchType *
torch_type_find (const SpPickleNode *global)
{
  const char *name = global != NULL && global->kind == SP_PICKLE_GLOBAL ? global->text.data : "";
  const char *tail = strrchr (name, '.');

  if (tail == NULL || !g_str_has_prefix (name, "torch."))
    return NULL;
  for (gsize i = 0; i < G_N_ELEMENTS (types); i++)
    if (strcmp (tail + 1, types[i].name) == 0 || g_strcmp0 (tail + 1, types[i].storage) == 0)
      return &types[i];
  return NULL;
}

/* --- persistent ids --- */

/* The legacy format's (key of the view, first, n): a storage that is a part of another. */
static gboolean
read_view (const SpPickleNode *view, TorchRegion *region, guint64 n_whole)
{
  gint64 first, n;

  if (view == NULL || view->kind == SP_PICKLE_NONE)
    return TRUE;
  if (!sp_pickle_get_int (sp_pickle_get_item (view, 1), &first) || !sp_pickle_get_int (sp_pickle_get_item (view, 2), &n)
      || first < 0 || n < 0 || (guint64) first > n_whole || (guint64) n > n_whole - (guint64) first)
    return FALSE;
  region->first = (guint64) first;
  region->n = (guint64) n;
  return TRUE;
}

/* A storage must have all the elements its id claims, even those no tensor looks at. */
static gboolean
check_claim (TorchRegion *region, guint64 n_whole)
{
  TorchStorage *storage = region->storage;
  guint64 n_bytes;

  if (storage == NULL || region->type == NULL || storage->problem != NULL)
    return TRUE;
  if (__builtin_mul_overflow (n_whole, region->type->n_bytes, &n_bytes))
    return FALSE;
  if (storage->n_bytes < n_bytes)
    {
      storage->problem = g_strdup_printf (_("has %" PRIu64 " bytes, not the %" PRIu64
                                            " the file speaks of"), storage->n_bytes, n_bytes);
      g_clear_pointer (&storage->blob, sp_blob_unref);
    }
  return TRUE;
}

gboolean
torch_region_read (TorchFile *file, const SpPickleNode *persistent, TorchRegion *region)
{
  gboolean is_id = persistent != NULL && persistent->kind == SP_PICKLE_PERSISTENT;
  const SpPickleNode *id = is_id ? persistent->persistent : NULL;
  const SpPickleNode *key = sp_pickle_get_item (id, 2), *class = sp_pickle_get_item (id, 1);
  gint64 n;

  *region = (TorchRegion) { 0 };
  if (!sp_pickle_is_text (sp_pickle_get_item (id, 0), SP_PICKLE_STRING, "storage")
      || class == NULL || class->kind != SP_PICKLE_GLOBAL || key == NULL || key->kind != SP_PICKLE_STRING
      || key->text.n_bytes >= sizeof region->key || memchr (key->text.data, '\0', key->text.n_bytes) != NULL
      || !sp_pickle_get_int (sp_pickle_get_item (id, 4), &n) || n < 0)
    return FALSE;
  memcpy (region->key, key->text.data, key->text.n_bytes);
  region->n = (guint64) n;
  region->class_name = class->text.data;
  region->type = torch_type_find (class);
  region->storage = find_storage (file, region->key);
  return check_claim (region, (guint64) n) && read_view (sp_pickle_get_item (id, 5), region, (guint64) n);
}
