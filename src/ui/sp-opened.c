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

static gboolean
count_row (SpResult *result, SpTable *table, gsize row, SpCount *count)
{
  const SpColumn *near = sp_table_find_column (table, "near_zero"), *elements = sp_table_find_column (table, "elements");
  const SpColumn *counted = sp_table_find_column (table, "counted");

  if (near == NULL || elements == NULL || counted == NULL)
    return FALSE;
  *count = (SpCount) { sp_column_get_number (near, row), sp_column_get_number (elements, row),
                       sp_column_get_number (counted, row) == 1, result->is_final };
  return count->n_elements > 0;
}

gboolean
sp_opened_get_count (SpOpened *opened, const char *tensor, SpCount *count)
{
  SpResult       *result = opened->slots[0]->result;
  SpTable        *table = result != NULL ? sp_result_find_table (result, "tensors") : NULL;
  const SpColumn *names = table != NULL ? sp_table_find_column (table, "tensor") : NULL;
  gsize           row;

  if (result != NULL && tensor == NULL)
    return count_all (result, count);
  if (names == NULL || names->type != SP_COLUMN_TEXT)
    return FALSE;
  index_names (opened, names);
  row = GPOINTER_TO_SIZE (g_hash_table_lookup (opened->rows, tensor));
  return row > 0 && count_row (result, table, row - 1, count);
}
