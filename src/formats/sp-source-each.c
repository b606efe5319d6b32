/* sp-source-each.c - a whole tensor by one thread, chunk after chunk */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-source.h"

gboolean
sp_source_each (const SpTensor *tensor, SpChunkFunc func, gpointer data, GCancellable *cancellable, GError **error)
{
  g_autoptr (SpSource) source = sp_source_new (tensor, error);
  gpointer             scratch;
  gboolean             is_read = TRUE, is_wanted = TRUE;

  if (source == NULL)
    return FALSE;
  scratch = g_aligned_alloc (1, sp_source_scratch_bytes (tensor) + 64, 64);
  for (guint64 i = 0; is_read && is_wanted && i < sp_source_n_chunks (tensor); i++)
    {
      SpChunk chunk = { 0 };

      is_read = !g_cancellable_set_error_if_cancelled (cancellable, error) && sp_source_get (source, i, scratch, &chunk, error);
      if (!is_read)
        break;
      is_wanted = func (data, &chunk);
      is_read = sp_source_put (source, &chunk, error);
    }
  g_aligned_free (scratch);
  return is_read;
}
