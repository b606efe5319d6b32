/* torch-sparse.c - PyTorch's sparse tensors: where their stored values stand */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-file.h"

#include "sp-checksum.h"
#include "sp-reader.h"
#include "sp-sparse.h"
#include "torch-gather.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_ELEMENTS ((guint64) 1 << 36)     /* of the tensor with its absent entries: all of them are gone through */

/* Entry i (of n) is a block of the values, `block` elements: one, or, in tensors with dense
 * dimensions, all of a place of the sparse ones.  It stands at block places[i]. */
typedef struct {
  TorchFile  *file;
  const char *name;
  guint       rank, n_sparse;
  guint64     shape[SP_MAX_RANK];
  SpTensor   *values;                        /* rows: refused parts */
  SpTensor   *first, *second;                /* COO: indices (n_sparse, n); CSR: row starts (rows + 1), columns (n) */
  guint64     n, block;
  guint64    *places;
} Sparse;

static void
sparse_clear (Sparse *sparse)
{
  g_clear_pointer (&sparse->values, sp_tensor_free);
  g_clear_pointer (&sparse->first, sp_tensor_free);
  g_clear_pointer (&sparse->second, sp_tensor_free);
  g_clear_pointer (&sparse->places, g_free);
}

static SpTensor *
refuse (const Sparse *sparse, const char *reason)
{
  const char *dtype = sparse->values != NULL && sparse->values->dtype != SP_DTYPE_NONE
                      ? sp_dtype_name (sparse->values->dtype) : NULL;

  return torch_refuse (sparse->file, sparse->name, dtype, sparse->rank, sparse->shape, "%s", reason);
}

static gboolean
fail (GError **error, SpError code, const char *reason)
{
  g_set_error_literal (error, SP_ERROR, code, reason);
  return FALSE;
}

/* --- its parts --- */

static gboolean
read_shape (Sparse *sparse, const SpPickleNode *size, GError **error)
{
  gint64 sizes[SP_MAX_RANK];
  gsize rank;
  guint64 n;

  if (!torch_read_numbers (size, sizes, SP_MAX_RANK, &rank) || rank > SP_MAX_RANK || rank == 0)
    return fail (error, SP_ERROR_MALFORMED, _("has a size that is no list of 1 to 8 whole numbers"));
  for (gsize i = 0; i < rank; i++)
    {
      sparse->shape[i] = (guint64) sizes[i];
      if (sizes[i] < 0)
        return fail (error, SP_ERROR_MALFORMED, _("has a negative size"));
    }
  if (!sp_checked_product (sparse->shape, (guint) rank, &n) || n > MAX_ELEMENTS)
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: it has more than 2^36 elements"));
  sparse->rank = (guint) rank;
  return TRUE;
}

/* A part of the tensor as a tensor of its own; one that cannot be read tells why. */
static gboolean
read_part (Sparse *sparse, const SpPickleNode *node, SpTensor **part, GError **error)
{
  *part = torch_strided_new (sparse->file, node, sparse->name);
  if (sp_tensor_is_readable (*part))
    return sp_crc32_check_all ((*part)->blob, error)
        || (g_prefix_error (error, _("has a part that cannot be read: ")), FALSE);
  g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED, _("has a part that cannot be read: %s"),
               (*part)->note != NULL ? (*part)->note : "?");
  return FALSE;
}

/* Values (n, sizes of the dense dimensions): sets n and block. */
static gboolean
check_values (Sparse *sparse, GError **error)
{
  const SpTensor *values = sparse->values;
  guint n_dense = sparse->rank - sparse->n_sparse;
  guint64 n_blocks;

  if (values->rank != n_dense + 1
      || memcmp (values->shape + 1, sparse->shape + sparse->n_sparse, n_dense * sizeof *values->shape) != 0)
    return fail (error, SP_ERROR_MALFORMED, _("has values whose sizes do not go with its own"));
  sparse->n = values->shape[0];
  if (!sp_checked_product (sparse->shape + sparse->n_sparse, n_dense, &sparse->block)
      || !sp_checked_product (sparse->shape, sparse->n_sparse, &n_blocks))
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: it has more than 2^63 places"));
  return TRUE;
}

static gboolean
take_places (Sparse *sparse, GError **error)
{
  if (sparse->n > G_MAXSSIZE / 8 || !torch_file_spend (sparse->file, sparse->n * sizeof *sparse->places)
      || (sparse->places = g_try_new (guint64, sparse->n + 1)) == NULL)
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: the places of its entries do not fit into memory"));
  return TRUE;
}

/* The elements of an int64 or int32 tensor; freed with g_free(). */
static gint64 *
read_indices (Sparse *sparse, const SpTensor *tensor, GError **error)
{
  g_autofree gpointer data = NULL;
  g_autofree gint64 *wide = NULL;

  if (tensor->dtype != SP_DTYPE_I64 && tensor->dtype != SP_DTYPE_I32)
    return fail (error, SP_ERROR_MALFORMED, _("has indices that are no int64 or int32")), NULL;
  data = torch_gather (sparse->file, tensor, error);
  if (data == NULL || tensor->dtype == SP_DTYPE_I64)
    return g_steal_pointer (&data);
  wide = g_try_new (gint64, tensor->n_elements + 1);
  if (wide == NULL)
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: its indices do not fit into memory")), NULL;
  for (guint64 i = 0; i < tensor->n_elements; i++)
    wide[i] = ((const gint32 *) data)[i];
  return g_steal_pointer (&wide);
}

/* --- places --- */

static gboolean
place_coo (Sparse *sparse, GError **error)
{
  g_autofree gint64 *indices = NULL;

  if (sparse->first->rank != 2 || sparse->first->shape[0] != sparse->n_sparse || sparse->first->shape[1] != sparse->n)
    return fail (error, SP_ERROR_MALFORMED, _("has indices whose sizes do not go with its values"));
  indices = read_indices (sparse, sparse->first, error);
  if (indices == NULL || !take_places (sparse, error))
    return FALSE;
  memset (sparse->places, 0, sparse->n * sizeof *sparse->places);
  for (guint d = 0; d < sparse->n_sparse; d++)
    for (guint64 i = 0; i < sparse->n; i++)
      {
        guint64 index = (guint64) indices[d * sparse->n + i];

        if (index >= sparse->shape[d])                    /* negative ones are huge */
          return fail (error, SP_ERROR_MALFORMED, _("has an index outside of its size"));
        sparse->places[i] = sparse->places[i] * sparse->shape[d] + index;
      }
  return TRUE;
}

static gboolean
place_csr (Sparse *sparse, GError **error)
{
  g_autofree gint64 *starts = NULL, *columns = NULL;

  if (sparse->first->rank != 1 || sparse->first->n_elements != sparse->shape[0] + 1
      || sparse->second->rank != 1 || sparse->second->n_elements != sparse->n)
    return fail (error, SP_ERROR_MALFORMED, _("has row starts or columns whose sizes do not go with its values"));
  starts = read_indices (sparse, sparse->first, error);
  columns = starts != NULL ? read_indices (sparse, sparse->second, error) : NULL;
  if (columns == NULL || !take_places (sparse, error))
    return FALSE;
  if (starts[0] != 0 || (guint64) starts[sparse->shape[0]] != sparse->n)
    return fail (error, SP_ERROR_MALFORMED, _("has row starts that do not go with its values"));
  for (guint64 row = 0; row < sparse->shape[0]; row++)
    {
      if (starts[row + 1] < starts[row] || (guint64) starts[row + 1] > sparse->n)
        return fail (error, SP_ERROR_MALFORMED, _("has row starts that do not ascend"));
      for (gint64 i = starts[row]; i < starts[row + 1]; i++)
        {
          if ((guint64) columns[i] >= sparse->shape[1])
            return fail (error, SP_ERROR_MALFORMED, _("has an index outside of its size"));
          sparse->places[i] = row * sparse->shape[1] + (guint64) columns[i];
        }
    }
  return TRUE;
}

static gboolean
is_ascending (const Sparse *sparse)
{
  for (guint64 i = 1; i < sparse->n; i++)
    if (sparse->places[i] <= sparse->places[i - 1])
      return FALSE;
  return TRUE;
}

/* By place, entries of the same place in the order of the file. */
static int
compare_entries (gconstpointer a, gconstpointer b, gpointer places)
{
  guint64 x = *(const guint64 *) a, y = *(const guint64 *) b;
  guint64 place_x = ((const guint64 *) places)[x], place_y = ((const guint64 *) places)[y];

  if (place_x != place_y)
    return place_x < place_y ? -1 : 1;
  return x < y ? -1 : x > y;
}

/* Values and places sorted, equal places summed, as torch.coalesce() would. */
static gboolean
merge_entries (Sparse *sparse, const guint64 *order, const guint64 *places, const guint8 *values, guint8 *merged)
{
  gsize n_bytes = sparse->block * sp_dtype_size (sparse->values->dtype);
  guint64 n = 0;

  for (guint64 i = 0; i < sparse->n; i++)
    {
      const guint8 *from = values + order[i] * n_bytes;

      if (n > 0 && sparse->places[n - 1] == places[order[i]])
        {
          if (!torch_add (sparse->values->dtype, merged + (n - 1) * n_bytes, from, sparse->block))
            return FALSE;
          continue;
        }
      memcpy (merged + n * n_bytes, from, n_bytes);
      sparse->places[n++] = places[order[i]];
    }
  sparse->n = n;
  return TRUE;
}

/* Puts the values into bytes of their own, in the order of their places. */
static gboolean
coalesce (Sparse *sparse, GError **error)
{
  gsize n_bytes = sp_dtype_size (sparse->values->dtype) * sparse->values->n_elements;
  g_autofree guint8 *values = torch_gather (sparse->file, sparse->values, error), *merged = NULL;
  g_autofree guint64 *order = NULL, *places = NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (values == NULL)
    return FALSE;
  if (!torch_file_spend (sparse->file, n_bytes + 2 * sparse->n * sizeof *order)
      || (order = g_try_new (guint64, sparse->n + 1)) == NULL || (places = g_try_new (guint64, sparse->n + 1)) == NULL
      || (merged = g_try_malloc (n_bytes + 1)) == NULL)
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: its values do not fit into memory"));
  for (guint64 i = 0; i < sparse->n; i++)
    order[i] = i;
  g_qsort_with_data (order, (int) sparse->n, sizeof *order, compare_entries, sparse->places);   /* fewer than 2^30 */
  memcpy (places, sparse->places, sparse->n * sizeof *places);
  if (!merge_entries (sparse, order, places, values, merged))
    return fail (error, SP_ERROR_UNSUPPORTED, _("has several values of 8 bits for one place, which cannot be summed"));
  bytes = g_bytes_new_take (g_steal_pointer (&merged),
                            sparse->n * sparse->block * sp_dtype_size (sparse->values->dtype));
  g_clear_pointer (&sparse->values->blob, sp_blob_unref);
  sparse->values->blob = sp_blob_new_bytes (bytes, sp_blob_get_name (sparse->file->blob));
  sparse->values->offset = 0;
  sparse->values->is_swapped = FALSE;
  return TRUE;
}

/* From a place per block to a place per value. */
static gboolean
expand_blocks (Sparse *sparse, GError **error)
{
  guint64 n = sparse->n * sparse->block;     /* of values that lie in the file or in memory */
  g_autofree guint64 *places = NULL;

  if (sparse->block == 1)
    return TRUE;
  if (n > G_MAXSSIZE / 8 || !torch_file_spend (sparse->file, n * sizeof *places)
      || (places = g_try_new (guint64, n + 1)) == NULL)
    return fail (error, SP_ERROR_TOO_BIG, _("is too big: the places of its entries do not fit into memory"));
  for (guint64 i = 0; i < n; i++)
    places[i] = sparse->places[i / sparse->block] * sparse->block + i % sparse->block;
  g_free (sparse->places);
  sparse->places = g_steal_pointer (&places);
  sparse->n = n;
  return TRUE;
}

/* --- the tensor --- */

static SpTensor *
finish (Sparse *sparse)
{
  SpTensor *tensor = sp_tensor_new (sparse->name, sparse->values->dtype, sparse->rank, sparse->shape);

  tensor->blob = g_steal_pointer (&sparse->values->blob);
  tensor->offset = sparse->values->offset;
  tensor->is_swapped = sparse->values->is_swapped;
  tensor->n_bytes = sparse->values->n_bytes + sparse->first->n_bytes;
  if (sparse->second != NULL)
    tensor->n_bytes += sparse->second->n_bytes;
  tensor->sparse = g_new0 (SpSparse, 1);
  tensor->sparse->n_entries = sparse->n;
  tensor->sparse->places = g_steal_pointer (&sparse->places);
  return tensor;
}

static gboolean
read_coo (Sparse *sparse, const SpPickleNode *parts, GError **error)
{
  if (!read_shape (sparse, sp_pickle_get_item (parts, 2), error)
      || !read_part (sparse, sp_pickle_get_item (parts, 1), &sparse->values, error)
      || !read_part (sparse, sp_pickle_get_item (parts, 0), &sparse->first, error))
    return FALSE;
  sparse->n_sparse = sparse->first->rank == 2 ? (guint) MIN (sparse->first->shape[0], SP_MAX_RANK + 1) : 0;
  if (sparse->n_sparse == 0 || sparse->n_sparse > sparse->rank)
    return fail (error, SP_ERROR_MALFORMED, _("has indices whose sizes do not go with its own"));
  return check_values (sparse, error) && place_coo (sparse, error);
}

static gboolean
read_csr (Sparse *sparse, const SpPickleNode *parts, GError **error)
{
  if (!read_shape (sparse, sp_pickle_get_item (parts, 3), error)
      || !read_part (sparse, sp_pickle_get_item (parts, 2), &sparse->values, error)
      || !read_part (sparse, sp_pickle_get_item (parts, 0), &sparse->first, error)
      || !read_part (sparse, sp_pickle_get_item (parts, 1), &sparse->second, error))
    return FALSE;
  if (sparse->rank != 2)
    return fail (error, SP_ERROR_UNSUPPORTED, _("is a CSR tensor of more than 2 dimensions, which is not supported"));
  sparse->n_sparse = 2;
  return check_values (sparse, error) && place_csr (sparse, error);
}

/* torch.serialization._get_layout ('torch.sparse_coo'). */
static gboolean
is_layout (const SpPickleNode *node, const char *layout)
{
  if (node != NULL && node->kind == SP_PICKLE_RECORD)
    node = sp_pickle_get_item (node->record->args, 0);
  return sp_pickle_is_text (node, SP_PICKLE_STRING, layout) || sp_pickle_is_text (node, SP_PICKLE_GLOBAL, layout);
}

static gboolean
read_sparse (Sparse *sparse, const SpPickleNode *args, GError **error)
{
  const SpPickleNode *layout = sp_pickle_get_item (args, 0), *parts = sp_pickle_get_item (args, 1);
  gboolean is_read;

  if (is_layout (layout, "torch.sparse_coo"))
    is_read = read_coo (sparse, parts, error);
  else if (is_layout (layout, "torch.sparse_csr"))
    is_read = read_csr (sparse, parts, error);
  else
    return fail (error, SP_ERROR_UNSUPPORTED,
                 _("is sparse in a layout other than COO and CSR, which is not supported"));
  if (!is_read)
    return FALSE;
  if ((!is_ascending (sparse) || !sp_tensor_is_dense_row_major (sparse->values)) && !coalesce (sparse, error))
    return FALSE;
  return expand_blocks (sparse, error);
}

SpTensor *
torch_sparse_new (TorchFile *file, const SpPickleNode *args, const char *name)
{
  Sparse sparse = { .file = file, .name = name };
  g_autoptr (GError) error = NULL;
  SpTensor *tensor = read_sparse (&sparse, args, &error) ? finish (&sparse) : refuse (&sparse, error->message);

  sparse_clear (&sparse);
  return tensor;
}
