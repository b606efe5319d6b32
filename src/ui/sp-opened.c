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

/* Where results say how much of a tensor is near zero, or with is_rest how much is not. */
typedef struct { const char *table, *part, *whole, *is_counted; gboolean is_rest; } Source;

static const Source sources[] = {
  { "tensors", "near_zero", "elements", "counted", FALSE }, { "layers", "active", "activations", NULL, TRUE }
};

static gboolean
take_columns (SpOpened *opened, SpResult *result, const Source *source)
{
  SpTable        *table = sp_result_find_table (result, source->table);
  const SpColumn *names = table != NULL ? sp_table_find_column (table, "tensor") : NULL;

  if (names == NULL || names->type != SP_COLUMN_TEXT)
    return FALSE;
  opened->near = sp_table_find_column (table, source->part);
  opened->elements = sp_table_find_column (table, source->whole);
  opened->is_counted = source->is_counted != NULL ? sp_table_find_column (table, source->is_counted) : NULL;
  if (opened->near == NULL || opened->elements == NULL || (source->is_counted != NULL && opened->is_counted == NULL))
    return FALSE;
  index_names (opened, names);
  opened->is_rest = source->is_rest;
  g_clear_pointer (&opened->counted, sp_result_unref);
  opened->counted = sp_result_ref (result);
  return TRUE;
}

/* Columns and rows of the tensors, found once a result: the tree asks for ten thousand of them. */
static gboolean
find_columns (SpOpened *opened)
{
  for (gsize i = 0; sp_analyses[i] != NULL; i++)
    {
      SpResult *result = opened->slots[i]->result;

      if (result != NULL && result == opened->counted)
        return TRUE;
      for (gsize s = 0; result != NULL && s < G_N_ELEMENTS (sources); s++)
        if (take_columns (opened, result, &sources[s]))
          return TRUE;
    }
  return FALSE;
}

static SpCount
make_count (SpOpened *opened, double part, double whole, gboolean is_counted)
{
  return (SpCount) { opened->is_rest ? whole - part : part, whole, is_counted, opened->counted->is_final };
}

gboolean
sp_opened_get_count (SpOpened *opened, const char *tensor, SpCount *count)
{
  gsize row;

  if (!find_columns (opened))
    return FALSE;
  if (tensor == NULL)
    *count = make_count (opened, sp_facts_find_number (opened->counted, opened->near->name),
                         sp_facts_find_number (opened->counted, opened->elements->name), TRUE);
  else if ((row = GPOINTER_TO_SIZE (g_hash_table_lookup (opened->rows, tensor))) == 0)
    return FALSE;
  else
    *count = make_count (opened, sp_column_get_number (opened->near, row - 1), sp_column_get_number (opened->elements, row - 1),
                         opened->is_counted == NULL || sp_column_get_number (opened->is_counted, row - 1) == 1);
  return count->n_elements > 0;
}
