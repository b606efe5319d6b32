/* numpy.c - NumPy arrays: one in an npy file, several in an npz, which is a zip of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numpy-header.h"

#include "sp-archive.h"
#include "sp-format.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MAGIC       "\223NUMPY"
#define MAGIC_BYTES 6
#define SUFFIX      ".npy"

static gboolean
is_array_name (const char *name)
{
  return g_str_has_suffix (name, SUFFIX);
}

/* By its name, or by holding nothing but arrays. */
static gboolean
is_npz (SpBlob *blob)
{
  g_autoptr (SpArchive) archive = sp_archive_open (blob, NULL);
  gsize n_arrays = 0, n = archive != NULL ? sp_archive_get_n_members (archive) : 0;

  for (gsize i = 0; i < n; i++)
    n_arrays += is_array_name (sp_archive_get_member (archive, i)->name);
  return n_arrays > 0 && (n_arrays == n || g_str_has_suffix (sp_blob_get_name (blob), ".npz"));
}

static gboolean
sniff (SpBlob *blob, const guint8 *head, gsize n)
{
  if (n >= 4 && memcmp (head, "PK\003\004", 4) == 0)
    return is_npz (blob);
  if (memcmp (head, MAGIC, MIN (n, MAGIC_BYTES)) != 0)
    return FALSE;
  return n >= MAGIC_BYTES || is_array_name (sp_blob_get_name (blob));
}

/* "b.npz/sub/x.npy" → "x"; members keep their folders. */
static char *
name_array (const char *name)
{
  return g_strndup (name, strlen (name) - (is_array_name (name) ? strlen (SUFFIX) : 0));
}

static void
set_fortran_strides (SpTensor *tensor)
{
  guint64 step = 1;

  for (guint i = 0; i < tensor->rank && tensor->n_elements > 0; i++)
    {
      tensor->strides[i] = step;
      step *= tensor->shape[i];
    }
}

static SpTensor *
fail (SpBlob *blob, SpError code, const char *reason, GError **error)
{
  g_set_error (error, SP_ERROR, code, "%s: %s", sp_blob_get_name (blob), reason);
  return NULL;
}

static SpTensor *
new_tensor (SpBlob *blob, const char *name, const SpNpyHeader *header, GError **error)
{
  gboolean is_swapped, is_proper;
  SpDtype dtype = sp_npy_header_find_dtype (header, &is_swapped, &is_proper);
  const char *shown = header->descr[0] != '\0' ? header->descr : "structure";
  SpTensor *tensor;

  if (!is_proper)
    return fail (blob, SP_ERROR_MALFORMED, _("its type is none that NumPy has"), error);
  if (header->n_dimensions > SP_MAX_RANK)
    return fail (blob, SP_ERROR_TOO_BIG, _("it has too many dimensions: at most 8 are read"), error);
  tensor = sp_tensor_new (name, dtype, header->n_dimensions, header->shape);
  if (tensor == NULL)
    return fail (blob, SP_ERROR_MALFORMED, _("its shape has more than 2^63 bytes"), error);
  tensor->is_swapped = is_swapped;
  tensor->offset = header->data_at;
  if (header->is_fortran)
    set_fortran_strides (tensor);
  if (dtype != SP_DTYPE_NONE)
    return tensor;
  tensor->is_foreign = strchr ("cfiu", shown[strspn (shown, "<>=|")]) == NULL;
  tensor->dtype_name = g_strdup (strchr (shown, 'O') != NULL && strlen (shown) <= 2 ? "object" : shown);
  sp_tensor_refuse (tensor, g_strdup_printf (_("%s: an array of the type %s is not supported"), sp_blob_get_name (blob),
                                             tensor->dtype_name));
  return tensor;
}

static SpTensor *
read_array (SpBlob *blob, const char *name, GError **error)
{
  guint64 size = sp_blob_get_size (blob);
  SpNpyHeader header;
  SpTensor *tensor;

  if (!sp_npy_header_read (&header, blob, error))
    return NULL;
  tensor = new_tensor (blob, name, &header, error);
  if (tensor == NULL || tensor->dtype == SP_DTYPE_NONE)
    return tensor;
  if (tensor->n_bytes > size - header.data_at)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                   _("%s: its %" PRIu64 " elements would end at byte %" PRIu64
                      ", the file at byte %" PRIu64),
                   sp_blob_get_name (blob), tensor->n_elements, header.data_at + tensor->n_bytes, size);
      sp_tensor_free (tensor);
      return NULL;
    }
  tensor->blob = sp_blob_ref (blob);
  return tensor;
}

static gboolean
open_array (SpBlob *blob, SpStore *store, GError **error)
{
  g_autofree char *base = g_path_get_basename (sp_blob_get_name (blob));
  g_autofree char *name = name_array (base);
  SpTensor *tensor = read_array (blob, name, error);

  if (tensor == NULL)
    return FALSE;
  sp_store_take_tensor (store, tensor);
  return TRUE;
}

/* An array that cannot be read is a row that says why; the others open. */
static void
open_member (SpArchive *archive, gsize i, SpStore *store)
{
  g_autofree char *name = name_array (sp_archive_get_member (archive, i)->name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpBlob) blob = sp_archive_dup_blob (archive, i, &error);
  SpTensor *tensor = blob != NULL ? read_array (blob, name, &error) : NULL;

  if (tensor == NULL)
    {
      tensor = sp_tensor_new (name, SP_DTYPE_NONE, 0, NULL);
      tensor->n_elements = 0;
      sp_tensor_refuse (tensor, g_strdup (error->message));
    }
  sp_store_take_tensor (store, tensor);
}

static gboolean
open_arrays (SpBlob *blob, SpStore *store, GError **error)
{
  g_autoptr (SpArchive) archive = sp_archive_open (blob, error);
  gsize n_skipped = 0;

  if (archive == NULL)
    return FALSE;
  for (gsize i = 0; i < sp_archive_get_n_members (archive); i++)
    {
      if (g_cancellable_set_error_if_cancelled (sp_store_get_cancellable (store), error))
        return FALSE;
      if (is_array_name (sp_archive_get_member (archive, i)->name))
        open_member (archive, i, store);
      else
        n_skipped++;
    }
  if (n_skipped > 0)
    sp_store_take_note (store, g_strdup_printf (_("%s: %zu members that are no arrays were skipped"),
                                                sp_blob_get_name (blob), n_skipped));
  return TRUE;
}

static gboolean
open_numpy (SpBlob *blob, SpStore *store, GError **error)
{
  guint8 first = 0;

  if (sp_blob_read_some (blob, 0, &first, 1, error) < 0)
    return FALSE;
  return first == 'P' ? open_arrays (blob, store, error) : open_array (blob, store, error);
}

const SpFormat sp_format_numpy = {
  .id = "numpy",
  .title = N_("NumPy arrays"),
  .globs = "*.npy;*.npz",
  .mime = "application/x-npy;application/x-npz",
  .sniff = sniff,
  .open = open_numpy,
};
