/* sp-opened.c - an opened store with what is being found out about it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-session-private.h"

#include "sp-facts.h"

static gsize
count_analyses (void)
{
  gsize n = 0;

  while (sp_analyses[n] != NULL)
    n++;
  return n;
}

void
sp_opened_free (gpointer data)
{
  SpOpened *opened = data;

  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    sp_slot_free (opened->slots[i]);
  g_free (opened->slots);
  g_clear_pointer (&opened->rows, g_hash_table_unref);
  g_clear_pointer (&opened->counted, sp_result_unref);
  if (opened->names != NULL)
    sp_column_unref ((SpColumn *) opened->names);
  sp_store_unref (opened->store);
  g_free (opened->selection);
  g_free (opened);
}

SpOpened *
sp_opened_new (SpSession *session, SpStore *store)
{
  SpOpened *opened = g_new0 (SpOpened, 1);

  opened->store = store;
  opened->neuron = -1;
  opened->slots = g_new0 (SpSlot *, count_analyses () + 1);
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    opened->slots[i] = sp_slot_new (session, store, sp_analyses[i]);
  return opened;
}

SpSlot *
sp_opened_slot (SpOpened *opened, const SpAnalysis *analysis)
{
  for (gsize i = 0; opened != NULL && sp_analyses[i] != NULL; i++)
    if (sp_analyses[i] == analysis)
      return opened->slots[i];
  return NULL;
}

/* The names are one shared column as long as the same run lasts, so this is made once. */
static void
index_names (SpOpened *opened, const SpColumn *names)
{
  if (opened->names == names)
    return;
  g_clear_pointer (&opened->rows, g_hash_table_unref);
  if (opened->names != NULL)
    sp_column_unref ((SpColumn *) opened->names);
  opened->names = sp_column_ref ((SpColumn *) names);
  opened->rows = g_hash_table_new (g_str_hash, g_str_equal);
  for (gsize i = 0; i < names->n_rows; i++)
    if (names->text[i] != NULL)
      g_hash_table_insert (opened->rows, (gpointer) names->text[i], GSIZE_TO_POINTER (i + 1));
}

static gboolean
count_all (SpResult *result, SpCount *count)
{
  *count = (SpCount) { sp_facts_find_number (result, "near_zero"), sp_facts_find_number (result, "elements"), TRUE,
                       result->is_final };
  return count->n_elements > 0;
}

/* Columns and rows of the tensors, found once a result: the tree asks for ten thousand of them. */
static gboolean
find_columns (SpOpened *opened, SpResult *result)
{
  SpTable        *table;
  const SpColumn *names;

  if (opened->counted == result)
    return TRUE;
  table = sp_result_find_table (result, "tensors");
  names = table != NULL ? sp_table_find_column (table, "tensor") : NULL;
  if (names == NULL || names->type != SP_COLUMN_TEXT)
    return FALSE;
  opened->near = sp_table_find_column (table, "near_zero");
  opened->elements = sp_table_find_column (table, "elements");
  opened->is_counted = sp_table_find_column (table, "counted");
  if (opened->near == NULL || opened->elements == NULL || opened->is_counted == NULL)
    return FALSE;
  index_names (opened, names);
  g_clear_pointer (&opened->counted, sp_result_unref);
  opened->counted = sp_result_ref (result);
  return TRUE;
}

gboolean
sp_opened_get_count (SpOpened *opened, const char *tensor, SpCount *count)
{
  SpResult *result = opened->slots[0]->result;
  gsize     row;

  if (result != NULL && tensor == NULL)
    return count_all (result, count);
  if (result == NULL || !find_columns (opened, result))
    return FALSE;
  row = GPOINTER_TO_SIZE (g_hash_table_lookup (opened->rows, tensor));
  if (row == 0)
    return FALSE;
  *count = (SpCount) { sp_column_get_number (opened->near, row - 1), sp_column_get_number (opened->elements, row - 1),
                       sp_column_get_number (opened->is_counted, row - 1) == 1, result->is_final };
  return count->n_elements > 0;
}
