/* torch-legacy.c - PyTorch files from before 1.6, a row of pickles and raw storages; and plain pickles of arrays */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-bytes.h"
#include "torch-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define PROTOCOL       1001
#define MAGIC          "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"
#define MAGIC_BYTES    10
#define MAGIC_DIGITS   "119547037146038801333356"
#define MAX_HEAD       64                      /* bytes the magic number stands within */

/* What the pickle says of a storage that comes behind it. */
typedef struct {
  const TorchType *type;                       /* NULL: unknown */
  guint64          n;                          /* elements */
} Claim;

/* --- pickles --- */

/* The pickle at byte *at, which then is the byte behind it. */
static SpPickle *
read_pickle (TorchBytes *head, gsize *at, GError **error)
{
  const char *name = sp_blob_get_name (head->blob);
  SpPickle *pickle = NULL;

  while (pickle == NULL)
    {
      g_autoptr (GError) cut = NULL;

      if (head->bytes == NULL && !torch_bytes_grow (head, error))
        return NULL;
      pickle = sp_pickle_new (head->bytes, *at, name, 0, &cut);
      if (pickle != NULL)
        break;
      if (head->is_whole || !g_error_matches (cut, SP_ERROR, SP_ERROR_CUT))
        return g_propagate_error (error, g_steal_pointer (&cut)), NULL;
      if (!torch_bytes_grow (head, error))
        return NULL;
    }
  *at = sp_pickle_get_end (pickle);
  return pickle;
}

/* --- storages --- */

static GHashTable *
collect_claims (TorchFile *file, SpPickle *pickle)
{
  const SpPickleList *ids = sp_pickle_get_persistent (pickle);
  GHashTable *claims = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, g_free);
  TorchRegion region;

  for (guint32 i = 0; i < ids->n; i++)
    if (torch_region_read (file, ids->items[i], &region) && !g_hash_table_contains (claims, region.key))
      {
        Claim *claim = g_new (Claim, 1);
        gint64 n = 0;

        sp_pickle_get_int (sp_pickle_get_item (ids->items[i]->persistent, 4), &n);   /* of the whole, not of a view */
        *claim = (Claim) { region.type, (guint64) n };
        g_hash_table_insert (claims, g_strdup (region.key), claim);
      }
  return claims;
}

/* NULL, or why the storage at byte at is not what the pickle claims; storage gets its place. */
static char *
read_storage (TorchFile *file, const Claim *claim, guint64 at, TorchStorage *storage)
{
  guint64 size = sp_blob_get_size (file->blob), end;
  guint8 last;
  gint64 n;

  if (claim == NULL || claim->type == NULL)
    return g_strdup (_("has elements of unknown size"));
  if (!sp_blob_read (file->blob, at, &n, sizeof n, NULL))
    return g_strdup_printf (_("should begin at byte %" PRIu64 ", where the file has ended"), at);
  n = GINT64_FROM_LE (n);
  if (n < 0 || (guint64) n != claim->n)
    return g_strdup_printf (_("has %" PRId64 " elements, not the %" PRIu64 " the file speaks of"),
                            n, claim->n);
  storage->offset = at + sizeof n;
  if (__builtin_mul_overflow (claim->n, claim->type->n_bytes, &storage->n_bytes)
      || __builtin_add_overflow (storage->offset, storage->n_bytes, &end) || end > G_MAXINT64)
    return g_strdup (_("has more bytes than any file"));
  if (end > size || (size == SP_SIZE_UNKNOWN && !sp_blob_read (file->blob, end - 1, &last, 1, NULL)))
    return g_strdup_printf (_("ends at byte %" PRIu64 ", beyond the end of the file"), end);
  return NULL;
}

/* The storages stand in the order of keys, each behind its number of elements; behind one that
 * cannot be trusted none can be found. */
static gboolean
place_storages (TorchFile *file, const SpPickleNode *keys, GHashTable *claims, guint64 at, GError **error)
{
  gboolean is_lost = FALSE;

  for (gsize i = 0; i < sp_pickle_get_n_items (keys); i++)
    {
      const SpPickleNode *node = sp_pickle_get_item (keys, i);
      g_autofree char *key = node->kind == SP_PICKLE_STRING ? sp_pickle_dup_label (node, 64) : NULL;
      TorchStorage *storage;

      if (key == NULL || g_hash_table_contains (file->storages, key))
        {
          g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                       _("%s: the names of its storages are no list of different strings"),
                       sp_blob_get_name (file->blob));
          return FALSE;
        }
      storage = g_new0 (TorchStorage, 1);
      storage->problem = is_lost ? g_strdup (_("stands behind one that is damaged"))
                                 : read_storage (file, g_hash_table_lookup (claims, key), at, storage);
      is_lost = storage->problem != NULL;
      storage->blob = is_lost ? NULL : sp_blob_ref (file->blob);
      at = storage->offset + storage->n_bytes;
      g_hash_table_insert (file->storages, g_steal_pointer (&key), storage);
    }
  return TRUE;
}

/* --- the file --- */

static gboolean
fail (const TorchBytes *head, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (head->blob), reason);
  return FALSE;
}

static gboolean
is_magic (const SpPickleNode *node)
{
  return sp_pickle_is_text (node, SP_PICKLE_BIG, MAGIC) || sp_pickle_is_text (node, SP_PICKLE_BIG, MAGIC_DIGITS);
}

/* Magic number, protocol, and a dictionary about the machine that wrote it, whose byte order does
 * not matter: storages were always written little endian. */
static gboolean
read_preamble (TorchBytes *head, gsize *at, GError **error)
{
  g_autoptr (SpPickle) magic = read_pickle (head, at, error), protocol = NULL, system = NULL;
  gint64 number;

  if (magic == NULL)
    return FALSE;
  if (!is_magic (sp_pickle_get_root (magic)))
    return fail (head, SP_ERROR_NOT_A_MODEL, _("its first pickle is not PyTorch's magic number"), error);
  protocol = read_pickle (head, at, error);
  if (protocol == NULL)
    return FALSE;
  if (!sp_pickle_get_int (sp_pickle_get_root (protocol), &number) || number != PROTOCOL)
    return fail (head, SP_ERROR_UNSUPPORTED, _("it has a version other than 1001"), error);
  system = read_pickle (head, at, error);
  return system != NULL;
}

static gboolean
open_legacy (TorchFile *file, TorchBytes *head, GError **error)
{
  g_autoptr (SpPickle) pickle = NULL, keys = NULL;
  g_autoptr (GHashTable) claims = NULL;
  gsize at = 0;

  if (!read_preamble (head, &at, error) || (pickle = read_pickle (head, &at, error)) == NULL
      || (keys = read_pickle (head, &at, error)) == NULL)
    return FALSE;
  if (sp_pickle_get_root (keys)->kind != SP_PICKLE_LIST)
    return fail (head, SP_ERROR_MALFORMED, _("the names of its storages are no list"), error);
  claims = collect_claims (file, pickle);
  if (!place_storages (file, sp_pickle_get_root (keys), claims, at, error))
    return FALSE;
  return torch_walk (file, pickle, "", error) && torch_file_check (file, SP_ERROR_MALFORMED, error);
}

gboolean
torch_legacy_open (TorchFile *file, GError **error)
{
  TorchBytes head = { .blob = file->blob };
  gboolean is_open;

  file->is_swapped = G_BYTE_ORDER == G_BIG_ENDIAN;
  torch_file_set_pickle_blob (file, file->blob);
  is_open = open_legacy (file, &head, error);
  return torch_bytes_end (&head, error) && is_open;
}

static gboolean
open_pickle (TorchFile *file, TorchBytes *head, GError **error)
{
  gsize at = 0;
  g_autoptr (SpPickle) pickle = read_pickle (head, &at, error);

  return pickle != NULL && torch_walk (file, pickle, "", error) && torch_file_check (file, SP_ERROR_NOT_A_MODEL, error);
}

gboolean
torch_pickle_open (TorchFile *file, GError **error)
{
  TorchBytes head = { .blob = file->blob };
  gboolean is_open;

  torch_file_set_pickle_blob (file, file->blob);
  is_open = open_pickle (file, &head, error);
  return torch_bytes_end (&head, error) && is_open;
}

static gboolean
contains (const guint8 *head, gsize n, const char *text, gsize n_text)
{
  for (gsize i = 0; i + n_text <= n; i++)
    if (memcmp (head + i, text, n_text) == 0)
      return TRUE;
  return FALSE;
}

gboolean
torch_legacy_sniff (const guint8 *head, gsize n)
{
  gsize n_near = MIN (n, MAX_HEAD);

  return n > 0 && (head[0] == 0x80 || head[0] == 'L')
      && (contains (head, n_near, MAGIC, MAGIC_BYTES) || contains (head, n_near, MAGIC_DIGITS, strlen (MAGIC_DIGITS)));
}

/* A pickle that goes well as far as the head shows it; text and most other files break at once. */
gboolean
torch_pickle_sniff (const guint8 *head, gsize n)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (head, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpPickle) pickle = NULL;

  if (n < 2 || head[0] != 0x80 || head[1] < 2 || head[1] > 5)
    return FALSE;
  pickle = sp_pickle_new (bytes, 0, "", 0, &error);
  return pickle != NULL || g_error_matches (error, SP_ERROR, SP_ERROR_CUT);
}
