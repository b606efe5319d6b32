/* torch-gather.c - the elements of a small tensor in memory, and sums of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "torch-gather.h"

#include "sp-gather.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_BYTES ((guint64) 2 << 30)

/* --- gathering --- */

static void
copy_strided (const SpTensor *tensor, const guint8 *from, guint8 *to, gsize unit)
{
  guint64 place[SP_MAX_RANK] = { 0 };
  gsize at = 0;

  for (guint64 n = 0; n < tensor->n_elements; n++)
    {
      guint i = tensor->rank;

      memcpy (to + n * unit, from + at * unit, unit);
      while (i-- > 0)
        {
          at += (gsize) tensor->strides[i];
          if (++place[i] < tensor->shape[i])
            break;
          at -= (gsize) tensor->strides[i] * tensor->shape[i];
          place[i] = 0;
        }
    }
}

static void
swap_bytes (guint8 *data, guint64 n, gsize unit)
{
  for (guint64 i = 0; i < n; i++, data += unit)
    for (gsize j = 0; j < unit / 2; j++)
      {
        guint8 byte = data[j];

        data[j] = data[unit - 1 - j];
        data[unit - 1 - j] = byte;
      }
}

static gpointer
take_bytes (TorchFile *file, guint64 n_bytes, GError **error)
{
  gpointer data = n_bytes <= MAX_BYTES && torch_file_spend (file, n_bytes) ? g_try_malloc (MAX (n_bytes, 1)) : NULL;

  if (data == NULL)
    g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
                 _("is too big: its parts take more than 2 GiB, or 4 GiB with others of the file"));
  return data;
}

gpointer
torch_gather (TorchFile *file, const SpTensor *tensor, GError **error)
{
  gsize unit = sp_dtype_size (tensor->dtype);
  guint64 span = sp_gather_span (tensor);
  g_autofree guint8 *data = NULL, *packed = NULL;

  if (span > MAX_BYTES / unit || tensor->n_elements > MAX_BYTES / unit)
    return take_bytes (file, G_MAXUINT64, error);
  data = take_bytes (file, span * unit, error);
  if (data == NULL)
    return NULL;
  if (span > 0 && !sp_blob_read (tensor->blob, tensor->offset, data, span * unit, error))
    {
      g_prefix_error (error, _("has a part that cannot be read: "));
      return NULL;
    }
  if (tensor->is_swapped)
    swap_bytes (data, span, unit);
  if (span == tensor->n_elements && (tensor->rank < 2 || tensor->is_swapped || sp_tensor_is_dense_row_major (tensor)))
    return g_steal_pointer (&data);
  packed = take_bytes (file, tensor->n_elements * unit, error);
  if (packed != NULL)
    copy_strided (tensor, data, packed, unit);
  return g_steal_pointer (&packed);
}

/* --- sums --- */

static float
f16_to_float (guint16 half)
{
  guint32 sign = (guint32) (half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023, bits;
  float value;

  if (exponent == 0)
    return (sign != 0 ? -1.0f : 1.0f) * (float) fraction * 0x1p-24f;
  bits = sign | (exponent == 31 ? 0xff : exponent + 112) << 23 | fraction << 13;
  memcpy (&value, &bits, sizeof value);
  return value;
}

/* To the nearest, ties to even. */
static guint16
f16_from_float (float value)
{
  guint32 bits, sign, magnitude;
  float scaled;

  memcpy (&bits, &value, sizeof bits);
  sign = bits >> 16 & 0x8000;
  magnitude = bits & 0x7fffffff;
  if (magnitude > 0x7f800000)
    return (guint16) (sign | 0x7e00);
  if (magnitude >= 0x477ff000)                             /* 65520, the first that rounds to infinity */
    return (guint16) (sign | 0x7c00);
  if (magnitude < 0x38800000)                              /* 2^-14: subnormal; the sum's unit is that of f16 */
    {
      memcpy (&scaled, &magnitude, sizeof scaled);
      scaled += 0.5f;
      memcpy (&magnitude, &scaled, sizeof magnitude);
      return (guint16) (sign | (magnitude - 0x3f000000));
    }
  return (guint16) (sign | (magnitude - (112u << 23) + 0xfff + (magnitude >> 13 & 1)) >> 13);
}

static float
bf16_to_float (guint16 code)
{
  guint32 bits = (guint32) code << 16;
  float value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

static guint16
bf16_from_float (float value)
{
  guint32 bits;

  memcpy (&bits, &value, sizeof bits);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return 0x7fc0;
  return (guint16) ((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

#define ADD(type, into, from, n, sum) \
  for (gsize i = 0; i < n; i++) \
    { \
      type *a = (type *) into + i; \
      type b = ((const type *) from)[i]; \
      *a = (type) (sum); \
    }

gboolean
torch_add (SpDtype dtype, gpointer into, gconstpointer from, gsize n)
{
  switch (dtype)
    {
    case SP_DTYPE_F64:  ADD (double, into, from, n, *a + b); break;
    case SP_DTYPE_F32:  ADD (float, into, from, n, *a + b); break;
    case SP_DTYPE_F16:  ADD (guint16, into, from, n, f16_from_float (f16_to_float (*a) + f16_to_float (b))); break;
    case SP_DTYPE_BF16: ADD (guint16, into, from, n, bf16_from_float (bf16_to_float (*a) + bf16_to_float (b))); break;
    case SP_DTYPE_BOOL: ADD (guint8, into, from, n, (*a | b) != 0); break;
    case SP_DTYPE_I8:
    case SP_DTYPE_U8:   ADD (guint8, into, from, n, *a + b); break;
    case SP_DTYPE_I16:
    case SP_DTYPE_U16:  ADD (guint16, into, from, n, *a + b); break;
    case SP_DTYPE_I32:
    case SP_DTYPE_U32:  ADD (guint32, into, from, n, *a + b); break;
    case SP_DTYPE_I64:
    case SP_DTYPE_U64:  ADD (guint64, into, from, n, *a + b); break;
    case SP_DTYPE_F8_E4M3:
    case SP_DTYPE_F8_E5M2:
    case SP_DTYPE_NONE:
    default:            return FALSE;
    }
  return TRUE;
}
