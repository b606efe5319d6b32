/* archive.c - model files inside zip, tar and compressed files; nothing is unpacked to disk */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-archive.h"
#include "sp-format.h"

#include <glib/gi18n-lib.h>

#define MAX_DEPTH 3                    /* containers in containers */

static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  return sp_archive_is_known (head, n);
}

/* Folders, and what systems leave in archives. */
static gboolean
is_junk (const char *name)
{
  g_autofree char *base = g_path_get_basename (name);

  return g_str_has_suffix (name, "/") || base[0] == '.' || g_str_has_prefix (name, "__MACOSX/");
}

typedef enum { OPENED, SKIPPED, FAILED, N_OUTCOMES } Outcome;

/* Of a model that cannot be read a row says why. */
static Outcome
open_member (SpArchive *archive, gsize i, SpStore *store, GError **error)
{
  const char *name = sp_archive_get_member (archive, i)->name;
  g_autoptr (GError) problem = NULL;
  g_autoptr (SpBlob) blob = sp_archive_dup_blob (archive, i, &problem);
  SpTensor *tensor;

  if (blob != NULL && sp_format_open_blob (blob, store, sp_store_get_depth (store) + 1, &problem))
    return OPENED;
  if (problem->domain != SP_ERROR || problem->code == SP_ERROR_NOT_A_MODEL)
    return SKIPPED;
  tensor = sp_tensor_new (name, SP_DTYPE_NONE, 0, NULL);
  tensor->n_elements = 0;
  sp_tensor_refuse (tensor, g_strdup (problem->message));
  sp_store_take_tensor (store, tensor);
  if (error != NULL && *error == NULL)
    g_propagate_error (error, g_steal_pointer (&problem));
  return FAILED;
}

static gboolean
open_members (SpArchive *archive, SpBlob *blob, SpStore *store, GError **error)
{
  g_autofree char *outer = g_strdup (sp_store_get_prefix (store));
  gboolean is_nested = sp_store_get_depth (store) > 0;
  g_autoptr (GError) first = NULL;
  gsize counts[N_OUTCOMES] = { 0 };

  for (gsize i = 0; i < sp_archive_get_n_members (archive); i++)
    {
      const char *name = sp_archive_get_member (archive, i)->name;
      g_autofree char *prefix = is_nested ? g_strconcat (outer, "/", name, NULL) : g_strdup (name);

      if (g_cancellable_set_error_if_cancelled (sp_store_get_cancellable (store), error))
        return FALSE;
      sp_store_set_prefix (store, prefix);
      if (!is_junk (name))
        counts[open_member (archive, i, store, &first)]++;
    }
  sp_store_set_prefix (store, outer);
  if (counts[OPENED] == 0 && first != NULL)
    g_propagate_error (error, g_steal_pointer (&first));
  else if (counts[OPENED] == 0)
    g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL,
                 _("%s: nothing in it is a model file of a kind this program knows"), sp_blob_get_name (blob));
  else if (counts[SKIPPED] > 0)
    sp_store_take_note (store,
                        g_strdup_printf (_("%s: %zu members that are no model files were skipped"),
                                         sp_blob_get_name (blob), counts[SKIPPED]));
  return counts[OPENED] > 0;
}

static gboolean
open_archive (SpBlob *blob, SpStore *store, GError **error)
{
  g_autoptr (SpArchive) archive = NULL;

  if (sp_store_get_depth (store) >= MAX_DEPTH)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: archives nested more than %d deep are not read"),
                   sp_blob_get_name (blob), MAX_DEPTH);
      return FALSE;
    }
  archive = sp_archive_open (blob, error);
  return archive != NULL && open_members (archive, blob, store, error);
}

const SpFormat sp_format_archive = {
  .id = "archive",
  .title = N_("Archives and compressed files"),
  .globs = "*.zip;*.tar;*.tar.gz;*.tgz;*.tar.xz;*.tar.zst;*.tar.bz2;*.gz;*.xz;*.zst;*.bz2",
  .mime = "application/zip;application/x-tar;application/gzip;application/x-xz;application/zstd;application/x-bzip2",
  .sniff = sniff,
  .open = open_archive,
};
