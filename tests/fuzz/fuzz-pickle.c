/* fuzz-pickle.c - any bytes as a pickle, as a PyTorch file, and as the pickle of a PyTorch zip */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pickle.h"
#include "sp-source.h"
#include "sp-store.h"

#include "../formats/files.h"

#include <glib/gstdio.h>

#define MAX_READ ((guint64) 1 << 16)      /* elements of tensors that are read */

int LLVMFuzzerTestOneInput (const uint8_t *data, size_t n);

static const guint8 storage[256] = { 1, 2, 3, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 2 };
static char *folder;

static void
remove_folder (void)
{
  files_remove (folder);
}

static void
read_tensor (const SpTensor *tensor)
{
  g_autoptr (SpSource) source = NULL;
  g_autofree gpointer scratch = NULL;

  if (!sp_tensor_is_readable (tensor) || tensor->n_elements > MAX_READ)
    return;
  source = sp_source_new (tensor, NULL);
  scratch = g_aligned_alloc (1, sp_source_scratch_bytes (tensor) + 64, 64);
  for (guint64 i = 0; source != NULL && i < sp_source_n_chunks (tensor); i++)
    {
      SpChunk chunk;

      if (!sp_source_get (source, i, scratch, &chunk, NULL))
        break;
      sp_source_put (source, &chunk, NULL);
    }
  g_aligned_free (g_steal_pointer (&scratch));
}

static void
open_file (gconstpointer data, gsize n)
{
  g_autofree char *path = files_write (folder, "fuzz.pt", data, n);
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);

  for (gsize i = 0; store != NULL && i < sp_store_get_n_tensors (store); i++)
    read_tensor (sp_store_get_tensor (store, i));
}

static void
open_zip (gconstpointer data, gsize n)
{
  static const char *const names[] = { "a/data/0", "a/data/1", "a/data/2" };
  FilesZip *zip = files_zip_new (FALSE);
  g_autoptr (GByteArray) file = NULL;

  files_zip_add (zip, "a/data.pkl", data, n, FALSE);
  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    files_zip_add (zip, names[i], storage, sizeof storage, FALSE);
  file = files_zip_finish (zip);
  open_file (file->data, file->len);
}

int
LLVMFuzzerTestOneInput (const uint8_t *data, size_t n)
{
  g_autoptr (GBytes) bytes = g_bytes_new_static (data, n);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpPickle) pickle = sp_pickle_new (bytes, 0, "fuzz", 0, &error);

  if (folder == NULL)
    {
      folder = files_new_folder ();
      atexit (remove_folder);
    }
  open_file (data, n);
  if (pickle != NULL)
    open_zip (data, n);
  return 0;
}
