/* torch-numpy.c - NumPy arrays inside pickles */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-file.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

/* What an array's pickle says of it. */
typedef struct {
  const SpPickleNode *shape, *dtype, *data;
  gboolean            is_fortran;
} Array;

static const struct { const char *code; SpDtype dtype; } dtypes[] = {
  { "f8", SP_DTYPE_F64 }, { "f4", SP_DTYPE_F32 }, { "f2", SP_DTYPE_F16 }, { "b1", SP_DTYPE_BOOL },
  { "i8", SP_DTYPE_I64 }, { "i4", SP_DTYPE_I32 }, { "i2", SP_DTYPE_I16 }, { "i1", SP_DTYPE_I8 },
  { "u8", SP_DTYPE_U64 }, { "u4", SP_DTYPE_U32 }, { "u2", SP_DTYPE_U16 }, { "u1", SP_DTYPE_U8 },
};

/* The function's name behind numpy.core or, since NumPy 2, numpy._core. */
static gboolean
is_function (const SpPickleNode *node, const char *name)
{
  const char *function = node->record->callable->text.data;

  if (g_str_has_prefix (function, "numpy.core."))
    return strcmp (function + strlen ("numpy.core."), name) == 0;
  return g_str_has_prefix (function, "numpy._core.") && strcmp (function + strlen ("numpy._core."), name) == 0;
}

gboolean
torch_is_array (const SpPickleNode *node)
{
  return node->kind == SP_PICKLE_RECORD && node->record->callable->kind == SP_PICKLE_GLOBAL
      && (is_function (node, "multiarray._reconstruct") || is_function (node, "numeric._frombuffer"));
}

/* _reconstruct (class, …) with the state (version, shape, dtype, is_fortran, data);
 * _frombuffer (data, dtype, shape, order) in protocol 5. */
static gboolean
read_array (const SpPickleNode *node, Array *array)
{
  const SpPickleNode *state = node->record->state, *args = node->record->args, *fortran;
  gint64 value;

  *array = (Array) { 0 };
  if (is_function (node, "numeric._frombuffer"))
    {
      *array = (Array) { sp_pickle_get_item (args, 2), sp_pickle_get_item (args, 1), sp_pickle_get_item (args, 0),
                         sp_pickle_is_text (sp_pickle_get_item (args, 3), SP_PICKLE_STRING, "F") };
      return array->data != NULL && array->dtype != NULL;
    }
  fortran = sp_pickle_get_item (state, 3);
  *array = (Array) { sp_pickle_get_item (state, 1), sp_pickle_get_item (state, 2), sp_pickle_get_item (state, 4),
                     sp_pickle_get_int (fortran, &value) && value != 0 };
  return array->data != NULL && array->dtype != NULL;
}

/* numpy.dtype ('f4', …) with the state (version, '<', …); code gets "f4". */
static SpDtype
read_dtype (const SpPickleNode *dtype, char code[32], gboolean *is_big)
{
  const SpPickleNode *name = dtype->kind == SP_PICKLE_RECORD ? sp_pickle_get_item (dtype->record->args, 0) : NULL;
  g_autofree char *text = sp_pickle_dup_label (name, 31);

  g_strlcpy (code, text != NULL ? text : "?", 32);
  *is_big = dtype->kind == SP_PICKLE_RECORD
         && sp_pickle_is_text (sp_pickle_get_item (dtype->record->state, 1), SP_PICKLE_STRING, ">");
  if (code[0] == '<' || code[0] == '>' || code[0] == '|')
    {
      *is_big |= code[0] == '>';
      memmove (code, code + 1, strlen (code));
    }
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (code, dtypes[i].code) == 0)
      return dtypes[i].dtype;
  return SP_DTYPE_NONE;
}

/* --- bytes --- */

/* Protocols below 3 write bytes as text, _codecs.encode (text, 'latin1'): a character per byte. */
static GBytes *
decode_latin1 (TorchFile *file, const SpPickleText *text)
{
  const guint8 *from = (const guint8 *) text->data;
  g_autofree guint8 *data = torch_file_spend (file, text->n_bytes) ? g_try_malloc (text->n_bytes + 1) : NULL;
  gsize n = 0;

  if (data == NULL)
    return NULL;
  for (gsize i = 0; i < text->n_bytes; i++)
    {
      data[n] = from[i];
      if (from[i] >= 0x80)                                 /* U+0080 … U+00FF: two bytes of UTF-8 */
        {
          if ((from[i] & 0xfe) != 0xc2 || i + 1 == text->n_bytes || (from[i + 1] & 0xc0) != 0x80)
            return NULL;
          data[n] = (guint8) (from[i] << 6 | (from[i + 1] & 0x3f));
          i++;
        }
      n++;
    }
  return g_bytes_new_take (g_steal_pointer (&data), n);
}

static SpBlob *
open_text (TorchFile *file, const SpPickleText *text)
{
  GBytes *all = sp_pickle_get_bytes (file->pickle);
  const char *base = g_bytes_get_data (all, NULL);
  gsize at = (gsize) (text->data - base);
  g_autoptr (GBytes) bytes = NULL;

  if (text->data < base || at > g_bytes_get_size (all) || text->n_bytes > g_bytes_get_size (all) - at)
    bytes = torch_file_spend (file, text->n_bytes) ? g_bytes_new (text->data, text->n_bytes) : NULL;
  else if (file->pickle_blob != NULL)
    return sp_blob_new_slice (file->pickle_blob, sp_blob_get_name (file->blob), at, text->n_bytes, NULL);
  else
    bytes = g_bytes_new_from_bytes (all, at, text->n_bytes);
  return bytes != NULL ? sp_blob_new_bytes (bytes, sp_blob_get_name (file->blob)) : NULL;
}

/* bytes, bytearray (bytes), _codecs.encode (text, …): NULL for the rest, and where memory ends. */
static SpBlob *
open_data (TorchFile *file, const SpPickleNode *node)
{
  const char *class = node->kind == SP_PICKLE_RECORD ? sp_pickle_get_class (node) : NULL;
  const SpPickleNode *first = class != NULL ? sp_pickle_get_item (node->record->args, 0) : NULL;
  g_autoptr (GBytes) bytes = NULL;

  if (first != NULL && first->kind == SP_PICKLE_STRING && strcmp (class, "_codecs.encode") == 0)
    {
      bytes = decode_latin1 (file, &first->text);
      return bytes != NULL ? sp_blob_new_bytes (bytes, sp_blob_get_name (file->blob)) : NULL;
    }
  if (first != NULL && first->kind == SP_PICKLE_BYTES && g_str_has_suffix (class, ".bytearray"))
    node = first;
  return node->kind == SP_PICKLE_BYTES || node->kind == SP_PICKLE_STRING ? open_text (file, &node->text) : NULL;
}

/* The same blob for the same array, so that its aliases are seen. */
static SpBlob *
dup_data (TorchFile *file, const SpPickleNode *node)
{
  SpBlob *blob = g_hash_table_lookup (file->arrays, node);

  if (blob == NULL && (blob = open_data (file, node)) != NULL)
    g_hash_table_insert (file->arrays, (gpointer) node, blob);
  return blob != NULL ? sp_blob_ref (blob) : NULL;
}

/* --- the array --- */

static void
set_fortran_strides (SpTensor *tensor)
{
  gint64 step = 1;

  for (guint i = 0; i < tensor->rank && tensor->n_elements > 0; i++)
    {
      tensor->strides[i] = step;
      step *= (gint64) tensor->shape[i];
    }
}

static SpTensor *
build_array (TorchFile *file, const Array *array, guint rank, const guint64 *shape, const char *name)
{
  char code[32];
  gboolean is_big;
  SpDtype dtype = read_dtype (array->dtype, code, &is_big);
  g_autoptr (SpTensor) tensor = sp_tensor_new (name, dtype, rank, shape);

  if (dtype == SP_DTYPE_NONE)
    return torch_refuse (file, name, code, rank, shape, _("is a NumPy array of type %s, which is not supported"), code);
  if (tensor == NULL)
    return torch_refuse (file, name, code, 0, NULL, _("is a NumPy array of more than 2^63 bytes"));
  tensor->blob = dup_data (file, array->data);
  if (tensor->blob == NULL)
    return torch_refuse (file, name, code, rank, shape, _("is a NumPy array whose bytes cannot be read"));
  if (sp_blob_get_size (tensor->blob) != tensor->n_bytes)
    return torch_refuse (file, name, code, rank, shape,
                         _("is a NumPy array that needs %" PRIu64 " bytes but has %" PRIu64),
                         tensor->n_bytes, sp_blob_get_size (tensor->blob));
  tensor->is_swapped = sp_dtype_size (dtype) > 1 && is_big != (G_BYTE_ORDER == G_BIG_ENDIAN);
  if (array->is_fortran)
    set_fortran_strides (tensor);
  return g_steal_pointer (&tensor);
}

SpTensor *
torch_array_new (TorchFile *file, const SpPickleNode *node, const char *name)
{
  gint64 sizes[SP_MAX_RANK];
  guint64 shape[SP_MAX_RANK];
  gsize rank;
  Array array;

  if (!read_array (node, &array) || !torch_read_numbers (array.shape, sizes, SP_MAX_RANK, &rank))
    return torch_refuse (file, name, NULL, 0, NULL, _("is a NumPy array without a shape, type or data"));
  if (rank > SP_MAX_RANK)
    return torch_refuse (file, name, NULL, 0, NULL, _("has too many dimensions: at most 8 are read"));
  for (gsize i = 0; i < rank; i++)
    {
      shape[i] = (guint64) sizes[i];
      if (sizes[i] < 0)
        return torch_refuse (file, name, NULL, 0, NULL, _("has a negative size"));
    }
  return build_array (file, &array, (guint) rank, shape, name);
}
