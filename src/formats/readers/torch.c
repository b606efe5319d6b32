/* torch.c - PyTorch checkpoints and TorchScript archives: a zip of a pickle and its storages, and older forms */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-format.h"

#include "sp-checksum.h"
#include "torch-bytes.h"
#include "torch-file.h"

#include <glib/gi18n-lib.h>
#include <string.h>

static gboolean
is_data_pickle (const char *name)
{
  return strcmp (name, "data.pkl") == 0 || g_str_has_suffix (name, "/data.pkl");
}

/* The name in the first local header of a zip: torch.save() puts data.pkl first, TorchScript does not. */
static gboolean
begins_with_pickle (const guint8 *head, gsize n)
{
  gsize n_name = n >= 30 ? head[26] | (gsize) head[27] << 8 : 0;
  g_autofree char *name = n_name <= n - MIN (n, 30) ? g_strndup ((const char *) head + 30, n_name) : NULL;

  return name != NULL && is_data_pickle (name);
}

/* Of several, which no program of PyTorch's writes, the one nearest to the root. */
static gboolean
find_pickle (SpArchive *archive, gsize *index)
{
  gsize shortest = G_MAXSIZE;

  for (gsize i = 0; i < sp_archive_get_n_members (archive); i++)
    {
      const char *name = sp_archive_get_member (archive, i)->name;

      if (!is_data_pickle (name) || strlen (name) >= shortest)
        continue;
      shortest = strlen (name);
      *index = i;
    }
  return shortest < G_MAXSIZE;
}

static gboolean
is_torch_zip (SpBlob *blob, const guint8 *head, gsize n)
{
  g_autoptr (SpArchive) archive = NULL;
  gsize index;

  if (n < 4 || memcmp (head, "PK\003\004", 4) != 0)
    return FALSE;
  if (begins_with_pickle (head, n))
    return TRUE;
  archive = sp_archive_open (blob, NULL);
  return archive != NULL && find_pickle (archive, &index);
}

static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  return is_torch_zip (blob, head, n) || torch_legacy_sniff (head, n) || torch_pickle_sniff (head, n);
}

/* --- the zip --- */

static gsize
find_member (const TorchFile *file, const char *folder, const char *name)
{
  g_autofree char *full = g_strconcat (folder, name, NULL);

  return GPOINTER_TO_SIZE (g_hash_table_lookup (file->members, full));
}

/* The text of a member of a few bytes; NULL: none. */
static char *
load_text (TorchFile *file, const char *folder, const char *name)
{
  gsize i = find_member (file, folder, name);
  g_autoptr (GBytes) bytes = i > 0 ? sp_archive_load (file->archive, i - 1, 64, NULL) : NULL;

  if (bytes == NULL)
    return NULL;
  return g_strstrip (g_strndup (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes)));
}

/* Absent from files that PyTorch before 2.1 wrote: those are little endian. */
static void
read_byte_order (TorchFile *file, const char *folder)
{
  g_autofree char *order = load_text (file, folder, "byteorder");
  g_autofree char *version = load_text (file, folder, "version");

  file->is_swapped = (g_strcmp0 (order, "big") == 0) != (G_BYTE_ORDER == G_BIG_ENDIAN);
  if (version != NULL)
    sp_store_set_metadata (file->store, "torch.version", version);
}

static gboolean
walk_pickle (TorchFile *file, GBytes *bytes, const char *name, const char *prefix, GError **error)
{
  g_autoptr (GError) cut = NULL;
  g_autoptr (SpPickle) pickle = sp_pickle_new (bytes, 0, name, 0, &cut);

  if (pickle != NULL)
    return torch_walk (file, pickle, prefix, error);
  if (g_error_matches (cut, SP_ERROR, SP_ERROR_CUT))
    cut->code = SP_ERROR_MALFORMED;            /* the file around it is whole */
  g_propagate_error (error, g_steal_pointer (&cut));
  return FALSE;
}

/* One pickle of the archive, its storages in the folder beside it. */
static gboolean
open_member (TorchFile *file, gsize index, char *storages, const char *prefix, GError **error)
{
  g_autoptr (SpBlob) blob = sp_archive_dup_blob (file->archive, index, error);
  TorchBytes bytes = { .blob = blob };
  gboolean is_open;

  g_free (file->folder);
  file->folder = storages;
  g_hash_table_remove_all (file->storages);
  if (blob == NULL)
    return FALSE;
  torch_file_set_pickle_blob (file, blob);
  is_open = torch_bytes_load (&bytes, error) && sp_crc32_check_all (blob, error)
         && walk_pickle (file, bytes.bytes, sp_blob_get_name (blob), prefix, error);
  return torch_bytes_end (&bytes, error) && is_open;
}

static void
list_members (TorchFile *file)
{
  file->members = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < sp_archive_get_n_members (file->archive); i++)
    g_hash_table_insert (file->members, sp_archive_get_member (file->archive, i)->name, GSIZE_TO_POINTER (i + 1));
}

static gboolean
open_zip (TorchFile *file, GError **error)
{
  g_autofree char *folder = NULL;
  gsize index = 0, constants;

  file->archive = sp_archive_open (file->blob, error);
  if (file->archive == NULL)
    return FALSE;
  if (!find_pickle (file->archive, &index))
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                   _("%s: it starts with a data.pkl that its directory does not list"), sp_blob_get_name (file->blob));
      return FALSE;
    }
  list_members (file);
  folder = g_strndup (sp_archive_get_member (file->archive, index)->name,
                      strlen (sp_archive_get_member (file->archive, index)->name) - strlen ("data.pkl"));
  read_byte_order (file, folder);
  if (!open_member (file, index, g_strconcat (folder, "data/", NULL), "", error))
    return FALSE;
  constants = find_member (file, folder, "constants.pkl");    /* of TorchScript: frozen weights */
  if (constants > 0 && !open_member (file, constants - 1, g_strconcat (folder, "constants/", NULL), "constants", error))
    return FALSE;
  return torch_file_check (file, SP_ERROR_MALFORMED, error);
}

static gboolean
open_torch (SpBlob *blob, SpStore *store, GError **error)
{
  guint8 head[SP_HEAD_BYTES];
  gssize n = sp_blob_read_some (blob, 0, head, sizeof head, error);
  TorchFile file;
  gboolean is_open;

  if (n < 0)
    return FALSE;
  torch_file_init (&file, blob, store);
  if (n >= 2 && head[0] == 'P' && head[1] == 'K')
    is_open = open_zip (&file, error);
  else if (torch_legacy_sniff (head, n))
    is_open = torch_legacy_open (&file, error);
  else
    is_open = torch_pickle_open (&file, error);
  torch_file_clear (&file);
  return is_open;
}

const SpFormat sp_format_torch = {
  .id = "torch",
  .title = N_("PyTorch"),
  .globs = "*.pt;*.pth;*.bin;*.ckpt;*.pth.tar;*.pkl",
  .mime = "application/x-pytorch-checkpoint",
  .sniff = sniff,
  .open = open_torch,
};
