/* sp-stores.c - lists of opened stores */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-stores.h"

GPtrArray *
sp_stores_dup (GPtrArray *stores)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify) sp_store_unref);

  for (guint i = 0; i < stores->len; i++)
    g_ptr_array_add (copy, sp_store_ref (stores->pdata[i]));
  return copy;
}

gboolean
sp_stores_are_same (GPtrArray *a, GPtrArray *b)
{
  gboolean are_same = a->len == b->len;

  for (guint i = 0; are_same && i < a->len; i++)
    are_same = a->pdata[i] == b->pdata[i];
  return are_same;
}
