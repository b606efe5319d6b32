/* fuzz-open.c - opening bytes as a file of some name, and reading what they hold */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "fuzz-open.h"

#include "sp-source.h"
#include "sp-store.h"

#define MAX_ELEMENTS ((guint64) 1 << 20)   /* of all tensors that are read */

static guint64
read_tensor (const SpTensor *tensor)
{
  SpSource *source = sp_tensor_is_readable (tensor) ? sp_source_new (tensor, NULL) : NULL;
  gpointer scratch = source != NULL ? g_aligned_alloc (1, sp_source_scratch_bytes (tensor) + 1, 64) : NULL;
  volatile guint8 last;

  for (guint64 i = 0; source != NULL && i < sp_source_n_chunks (tensor); i++)
    {
      SpChunk chunk;

      if (!sp_source_get (source, i, scratch, &chunk, NULL))
        break;
      last = ((const guint8 *) chunk.data)[chunk.n * sp_dtype_size (tensor->dtype) - 1];
      (void) last;
      if (!sp_source_put (source, &chunk, NULL))
        break;
    }
  g_aligned_free (scratch);
  sp_source_free (source);
  return tensor->n_elements;
}

void
fuzz_open (const guint8 *data, gsize n, const char *name)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, n);
  g_autoptr (SpBlob) blob = sp_blob_new_bytes (bytes, name);
  g_autoptr (GError) error = NULL;
  g_autoptr (SpStore) store = sp_store_open_blob (blob, &error);
  guint64 n_read = 0;

  g_assert_true ((store == NULL) == (error != NULL));
  for (gsize i = 0; store != NULL && i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (tensor->n_elements <= MAX_ELEMENTS - n_read)
        n_read += read_tensor (tensor);
    }
}
