/* pickles.c - a pickle assembler for tests */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "pickles.h"

#include <string.h>

static void
put (Pickle *pickle, const char *bytes)
{
  g_string_append (pickle, bytes);
}

Pickle *
pickle_new (void)
{
  return g_string_new ("\x80\x02");
}

GBytes *
pickle_finish (Pickle *pickle)
{
  put (pickle, ".");
  return g_string_free_to_bytes (pickle);
}

void
pickle_text (Pickle *pickle, const char *text)
{
  guint32 n = GUINT32_TO_LE ((guint32) strlen (text));

  put (pickle, "X");
  g_string_append_len (pickle, (const char *) &n, sizeof n);
  put (pickle, text);
}

void
pickle_int (Pickle *pickle, gint64 value)
{
  value = GINT64_TO_LE (value);
  put (pickle, "\x8a\x08");
  g_string_append_len (pickle, (const char *) &value, sizeof value);
}

void
pickle_ints (Pickle *pickle, guint n, const gint64 *values)
{
  put (pickle, "(");
  for (guint i = 0; i < n; i++)
    pickle_int (pickle, values[i]);
  put (pickle, "t");
}

void
pickle_global (Pickle *pickle, const char *module, const char *name)
{
  g_string_append_printf (pickle, "c%s\n%s\n", module, name);
}

void
pickle_storage (Pickle *pickle, const char *class, const char *key, gint64 n)
{
  put (pickle, "(");
  pickle_text (pickle, "storage");
  pickle_global (pickle, "torch", class);
  pickle_text (pickle, key);
  pickle_text (pickle, "cpu");
  pickle_int (pickle, n);
  put (pickle, "tQ");
}

void
pickle_tensor (Pickle *pickle, const PickleTensor *tensor)
{
  pickle_global (pickle, "torch._utils", "_rebuild_tensor_v2");
  put (pickle, "(");
  pickle_storage (pickle, tensor->class, tensor->key, tensor->n);
  pickle_int (pickle, tensor->offset);
  pickle_ints (pickle, tensor->rank, tensor->size);
  pickle_ints (pickle, tensor->rank, tensor->stride);
  put (pickle, "\x89");
  pickle_global (pickle, "collections", "OrderedDict");
  put (pickle, ")RtR");
}

void
pickle_sparse (Pickle *pickle, const PickleTensor *indices, const PickleTensor *values, guint rank, const gint64 *size)
{
  pickle_global (pickle, "torch._utils", "_rebuild_sparse_tensor");
  put (pickle, "(");
  pickle_global (pickle, "torch.serialization", "_get_layout");
  put (pickle, "(");
  pickle_text (pickle, "torch.sparse_coo");
  put (pickle, "tR(");
  pickle_tensor (pickle, indices);
  pickle_tensor (pickle, values);
  pickle_ints (pickle, rank, size);
  put (pickle, "ttR");
}
