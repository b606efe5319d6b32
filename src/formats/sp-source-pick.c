/* sp-source-pick.c - some elements of one tensor, at equal steps: a column */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-source.h"

#include "kernels.h"
#include "sp-gather.h"

#define N_AT_ONCE 2048
#define MAX_SIZE 8                       /* bytes of an element */

typedef struct {
  const SpTensor *tensor;
  guint64         first, step, n;
  SpPickFunc      func;
  gpointer        data;
  GCancellable   *cancellable;
  guint64         next;                  /* of n, where it is read in chunks */
} Pick;

/* Of an element, counted row-major, in its blob. */
static guint64
find_place (const SpTensor *tensor, guint64 element)
{
  guint64 place = 0;

  for (guint i = tensor->rank; i-- > 0;)
    {
      place += element % tensor->shape[i] * (guint64) tensor->strides[i];
      element /= tensor->shape[i];
    }
  return tensor->offset + place * sp_dtype_size (tensor->dtype);
}

static gboolean
read_each (const Pick *pick, guint64 from, gsize n, guint8 *bytes, GError **error)
{
  gsize size = sp_dtype_size (pick->tensor->dtype);

  for (gsize i = 0; i < n; i++)
    if (!sp_blob_read (pick->tensor->blob, find_place (pick->tensor, pick->first + (from + i) * pick->step), bytes + i * size, size,
                       error))
      return FALSE;
  if (pick->tensor->is_swapped)
    sp_swap_bytes (bytes, n, size);
  return TRUE;
}

static gboolean
pick_in_place (const Pick *pick, GError **error)
{
  _Alignas (64) guint8 bytes[N_AT_ONCE * MAX_SIZE];
  float                values[N_AT_ONCE];

  for (guint64 from = 0; from < pick->n; from += N_AT_ONCE)
    {
      gsize n = (gsize) MIN (pick->n - from, N_AT_ONCE);

      if (g_cancellable_set_error_if_cancelled (pick->cancellable, error) || !read_each (pick, from, n, bytes, error))
        return FALSE;
      sp_kernels ()->widen[pick->tensor->dtype] (bytes, n, values);
      pick->func (from, values, n, pick->data);
    }
  return TRUE;
}

/* From the next on those that lie in the chunk. */
static gboolean
pick_from_chunk (gpointer data, const SpChunk *chunk)
{
  Pick   *pick = data;
  SpDtype dtype = chunk->tensor->dtype;
  guint64 start = chunk->row * sp_tensor_get_matrix (chunk->tensor).n_columns + chunk->column;
  float   values[N_AT_ONCE];

  while (pick->next < pick->n && pick->first + pick->next * pick->step < start + chunk->n)
    {
      gsize n = 0;

      for (guint64 at; n < N_AT_ONCE && pick->next + n < pick->n; n++)
        {
          at = pick->first + (pick->next + n) * pick->step - start;
          if (at >= chunk->n)
            break;
          sp_kernels ()->widen[dtype] ((const guint8 *) chunk->data + at * sp_dtype_size (dtype), 1, &values[n]);
        }
      pick->func (pick->next, values, n, pick->data);
      pick->next += n;
    }
  return pick->next < pick->n;
}

gboolean
sp_source_pick_f32 (const SpTensor *tensor, guint64 first, guint64 step, guint64 n, SpPickFunc func, gpointer data,
                    GCancellable *cancellable, GError **error)
{
  Pick     pick = { tensor, first, step, n, func, data, cancellable, 0 };
  gboolean is_in_place = sp_tensor_is_readable (tensor) && tensor->tiles == NULL && tensor->sparse == NULL
                         && sp_blob_is_random (tensor->blob);

  g_return_val_if_fail (n == 0 || first + (n - 1) * step < tensor->n_elements, FALSE);
  if (is_in_place)
    return pick_in_place (&pick, error);
  return n == 0 || sp_source_each (tensor, pick_from_chunk, &pick, cancellable, error);
}
