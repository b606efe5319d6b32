/* sp-pickle-machine.c - the arena, stack, marks and memo behind a pickle, all of them bounded */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pickle-machine.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define BLOCK_BYTES    ((gsize) 64 << 10)
#define MAX_ITEMS      ((gsize) 1 << 27)
#define MAX_NAME_BYTES 1024
#define MEMO_ROOM      ((gsize) 64 << 10)   /* for those who count otherwise */

gboolean
sp_machine_complain (SpMachine *m, const char *complaint)
{
  if (m->complaint == NULL)
    m->complaint = complaint;
  return FALSE;
}

void
sp_machine_clear (SpMachine *m)
{
  g_free (m->stack.items);
  g_free (m->memo.items);
  g_free (m->marks.items);
}

/* --- arena --- */

gboolean
sp_machine_charge (SpMachine *m, gsize n_bytes)
{
  m->is_too_big |= n_bytes > SP_PICKLE_MEMORY - m->n_charged;
  if (!m->is_too_big)
    m->n_charged += n_bytes;
  return !m->is_too_big;
}

static gboolean
add_block (SpMachine *m, gsize n_bytes)
{
  SpPickle *pickle = m->pickle;
  gpointer block = g_try_malloc (n_bytes);

  if (block == NULL)
    return sp_machine_complain (m, N_("there is not enough memory for its objects"));
  g_ptr_array_add (pickle->blocks, block);
  pickle->block_used = 0;
  pickle->block_room = n_bytes;
  return TRUE;
}

gpointer
sp_machine_take (SpMachine *m, gsize n_bytes)
{
  SpPickle *pickle = m->pickle;
  gsize n = (n_bytes + 7) & ~(gsize) 7;
  guint8 *block;

  if (n < n_bytes || !sp_machine_charge (m, n))
    return NULL;
  if (n > pickle->block_room - pickle->block_used && !add_block (m, MAX (n, BLOCK_BYTES)))
    return NULL;
  block = g_ptr_array_index (pickle->blocks, pickle->blocks->len - 1);
  pickle->block_used += n;
  return block + pickle->block_used - n;
}

static SpPickleNode *
new_node (SpMachine *m, SpPickleKind kind)
{
  SpPickleNode *node = sp_machine_take (m, sizeof *node);

  if (node == NULL)
    return NULL;
  memset (node, 0, sizeof *node);
  node->kind = kind;
  node->number = m->pickle->n_nodes++;      /* memory ends long before 2^32 nodes */
  return node;
}

static gboolean
list_reserve (SpMachine *m, SpPickleList *list, gsize n_more)
{
  gsize room = (gsize) list->n + n_more;
  SpPickleNode **items;

  if (room <= list->room)
    return TRUE;
  room = list->room > 0 ? MAX (room, 2 * (gsize) list->room) : room;
  if (room > MAX_ITEMS)
    return sp_machine_complain (m, N_("one of its lists is too long"));
  items = sp_machine_take (m, room * sizeof *items);
  if (items == NULL)
    return FALSE;
  if (list->n > 0)
    memcpy (items, list->items, list->n * sizeof *items);
  list->items = items;
  list->room = (guint32) room;
  return TRUE;
}

gboolean
sp_machine_append (SpMachine *m, SpPickleList *list, SpPickleNode *const *items, gsize n)
{
  if (n == 0)
    return TRUE;
  if (!list_reserve (m, list, n))
    return FALSE;
  memcpy (list->items + list->n, items, n * sizeof *items);
  list->n += (guint32) n;
  return TRUE;
}

/* --- stack, marks, memo --- */

static gboolean
pile_reserve (SpMachine *m, SpPile *pile, gsize n)
{
  gsize room = MAX (n, MAX (64, 2 * pile->room));
  gpointer *items;

  if (n <= pile->room)
    return TRUE;
  if (room > MAX_ITEMS)
    return sp_machine_complain (m, N_("its stack or memo is too long"));
  if (!sp_machine_charge (m, (room - pile->room) * sizeof *items))
    return FALSE;
  items = g_try_realloc_n (pile->items, room, sizeof *items);
  if (items == NULL)
    return sp_machine_complain (m, N_("there is not enough memory for its stack"));
  memset (items + pile->room, 0, (room - pile->room) * sizeof *items);
  pile->items = items;
  pile->room = room;
  return TRUE;
}

static gboolean
pile_push (SpMachine *m, SpPile *pile, gpointer item)
{
  if (!pile_reserve (m, pile, pile->n + 1))
    return FALSE;
  pile->items[pile->n++] = item;
  return TRUE;
}

/* Objects below the last MARK are out of reach until it is popped. */
static gsize
stack_floor (const SpMachine *m)
{
  return m->marks.n > 0 ? GPOINTER_TO_SIZE (m->marks.items[m->marks.n - 1]) : 0;
}

SpPickleNode *
sp_machine_pop (SpMachine *m)
{
  SpPickleNode *node = sp_machine_top (m);

  if (node != NULL)
    m->stack.n--;
  return node;
}

SpPickleNode *
sp_machine_top (SpMachine *m)
{
  if (m->stack.n <= stack_floor (m))
    {
      sp_machine_complain (m, N_("its stack is empty"));
      return NULL;
    }
  return m->stack.items[m->stack.n - 1];
}

gboolean
sp_machine_mark (SpMachine *m)
{
  return pile_push (m, &m->marks, GSIZE_TO_POINTER (m->stack.n));
}

gboolean
sp_machine_memo_put (SpMachine *m, gsize index)
{
  SpPickleNode *node = sp_machine_top (m);

  if (node == NULL)
    return FALSE;
  if (index >= m->reader.n_bytes + MEMO_ROOM)    /* picklers count from 0 or 1 */
    return sp_machine_complain (m, N_("its memo has more places than it has bytes"));
  if (!pile_reserve (m, &m->memo, index + 1))
    return FALSE;
  m->n_memoized += m->memo.items[index] == NULL;
  m->memo.items[index] = node;
  m->memo.n = MAX (m->memo.n, index + 1);
  return TRUE;
}

gboolean
sp_machine_memo_get (SpMachine *m, gsize index)
{
  if (index >= m->memo.n || m->memo.items[index] == NULL)
    return sp_machine_complain (m, N_("it recalls what its memo does not hold"));
  return sp_machine_push (m, m->memo.items[index]);
}

gboolean
sp_machine_pop_mark (SpMachine *m, SpPickleNode ***items, gsize *n)
{
  gsize height = stack_floor (m);

  if (m->marks.n == 0)
    return sp_machine_complain (m, N_("a mark is missing"));
  *n = m->stack.n - height;
  *items = *n > 0 ? (SpPickleNode **) m->stack.items + height : NULL;
  m->stack.n = height;
  m->marks.n--;
  return TRUE;
}

/* --- values --- */

gboolean
sp_machine_push (SpMachine *m, SpPickleNode *node)
{
  return node != NULL && pile_push (m, &m->stack, node);
}

gboolean
sp_machine_push_int (SpMachine *m, SpPickleKind kind, gint64 value)
{
  SpPickleNode *node = new_node (m, kind);

  if (node != NULL)
    node->integer = value;
  return sp_machine_push (m, node);
}

gboolean
sp_machine_push_double (SpMachine *m, double value)
{
  SpPickleNode *node = new_node (m, SP_PICKLE_FLOAT);

  if (node != NULL)
    node->real = value;
  return sp_machine_push (m, node);
}

gboolean
sp_machine_push_text (SpMachine *m, SpPickleKind kind, gconstpointer data, gsize n_bytes)
{
  SpPickleNode *node = new_node (m, kind);

  if (node != NULL)
    {
      node->text.data = data;
      node->text.n_bytes = n_bytes;
    }
  return sp_machine_push (m, node);
}

gboolean
sp_machine_push_list (SpMachine *m, SpPickleKind kind, SpPickleNode *const *items, gsize n)
{
  SpPickleNode *node = new_node (m, kind);

  return node != NULL && sp_machine_append (m, &node->list, items, n) && sp_machine_push (m, node);
}

gboolean
sp_machine_push_global (SpMachine *m, const SpPickleText *module, const SpPickleText *name)
{
  gsize n = module->n_bytes + 1 + name->n_bytes;
  char *text;

  if (module->n_bytes > MAX_NAME_BYTES || name->n_bytes > MAX_NAME_BYTES)
    return sp_machine_complain (m, N_("the name of a class in it is too long"));
  text = sp_machine_take (m, n + 1);
  if (text == NULL)
    return FALSE;
  memcpy (text, module->data, module->n_bytes);
  text[module->n_bytes] = '.';
  memcpy (text + module->n_bytes + 1, name->data, name->n_bytes);
  text[n] = '\0';
  return sp_machine_push_text (m, SP_PICKLE_GLOBAL, text, n);
}

gboolean
sp_machine_push_record (SpMachine *m, SpPickleNode *callable, SpPickleNode *args)
{
  SpPickleNode *node;

  if (callable == NULL || args == NULL)
    return FALSE;
  node = new_node (m, SP_PICKLE_RECORD);
  if (node == NULL || (node->record = sp_machine_take (m, sizeof *node->record)) == NULL)
    return FALSE;
  memset (node->record, 0, sizeof *node->record);
  node->record->callable = callable;
  node->record->args = args;
  return sp_machine_push (m, node);
}

gboolean
sp_machine_push_persistent (SpMachine *m, SpPickleNode *id)
{
  SpPickleNode *node = id != NULL ? new_node (m, SP_PICKLE_PERSISTENT) : NULL;

  if (node != NULL)
    node->persistent = id;
  return node != NULL && sp_machine_append (m, &m->pickle->persistent, &node, 1) && sp_machine_push (m, node);
}
