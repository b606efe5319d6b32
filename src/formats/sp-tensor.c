/* sp-tensor.c - one named array of an opened file */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tensor.h"

#include "sp-reader.h"
#include "sp-sparse.h"
#include "sp-tiles.h"

SpTensor *
sp_tensor_new (const char *name, SpDtype dtype, guint rank, const guint64 *shape)
{
  SpTensor *tensor;
  guint64 n_elements, n_bytes, step = 1;

  g_return_val_if_fail (rank <= SP_MAX_RANK, NULL);
  if (!sp_checked_product (shape, rank, &n_elements))
    return NULL;
  n_bytes = dtype == SP_DTYPE_NONE ? 0 : sp_dtype_size (dtype);
  if (__builtin_mul_overflow (n_bytes, n_elements, &n_bytes) || n_bytes > G_MAXINT64)
    return NULL;

  tensor = g_new0 (SpTensor, 1);
  tensor->name = sp_printable_text (name, -1);
  tensor->dtype = dtype;
  tensor->rank = rank;
  tensor->n_elements = n_elements;
  tensor->n_bytes = n_bytes;
  tensor->alias_of = G_MAXSIZE;
  for (guint i = rank; i-- > 0;)
    {
      tensor->shape[i] = shape[i];
      tensor->strides[i] = n_elements > 0 ? (gint64) step : 0;
      step *= n_elements > 0 ? shape[i] : 1;
    }
  return tensor;
}

void
sp_tensor_free (SpTensor *tensor)
{
  if (tensor == NULL)
    return;
  g_clear_pointer (&tensor->blob, sp_blob_unref);
  g_clear_pointer (&tensor->sum, sp_sum_unref);
  if (tensor->sparse != NULL)
    g_free (tensor->sparse->places);
  g_free (tensor->sparse);
  sp_tiles_free (tensor->tiles);
  g_free (tensor->name);
  g_free (tensor->dtype_name);
  g_free (tensor->note);
  g_free (tensor);
}

void
sp_tensor_take_note (SpTensor *tensor, char *note)
{
  char *earlier = tensor->note;

  tensor->note = earlier != NULL ? g_strconcat (earlier, "; ", note, NULL) : g_strdup (note);
  g_free (earlier);
  g_free (note);
}

void
sp_tensor_refuse (SpTensor *tensor, char *note)
{
  g_clear_pointer (&tensor->blob, sp_blob_unref);
  sp_tensor_take_note (tensor, note);
}

gboolean
sp_tensor_is_readable (const SpTensor *tensor)
{
  return tensor->dtype != SP_DTYPE_NONE && tensor->blob != NULL;
}

gboolean
sp_tensor_is_dense_row_major (const SpTensor *tensor)
{
  guint64 step = 1;

  if (tensor->sparse != NULL || tensor->tiles != NULL || tensor->is_swapped)
    return FALSE;
  for (guint i = tensor->rank; i-- > 0 && tensor->n_elements > 0;)
    {
      if (tensor->shape[i] != 1 && (guint64) tensor->strides[i] != step)
        return FALSE;
      step *= tensor->shape[i];
    }
  return TRUE;
}

char *
sp_tensor_dup_shape (const SpTensor *tensor)
{
  g_autoptr (GString) text = g_string_new (tensor->rank == 0 ? "scalar" : NULL);

  for (guint i = 0; i < tensor->rank; i++)
    g_string_append_printf (text, "%s%" G_GUINT64_FORMAT, i > 0 ? " × " : "", tensor->shape[i]);
  return g_string_free (g_steal_pointer (&text), FALSE);
}

SpMatrix
sp_tensor_get_matrix (const SpTensor *tensor)
{
  SpMatrix matrix = { 1, tensor->n_elements, 1 };

  if (tensor->rank < 2)
    return matrix;
  matrix.n_rows = tensor->shape[0];
  matrix.n_columns = tensor->shape[0] > 0 ? tensor->n_elements / tensor->shape[0] : 0;
  for (guint i = 2; i < tensor->rank; i++)
    matrix.group *= MAX (tensor->shape[i], 1);
  return matrix;
}
