/* sp-pickle.c - pickles: runs the machine over one, and looks into its nodes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pickle.h"

#include "sp-pickle-machine.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MAX_TOUCHED ((gsize) 64 << 10)  /* of a long string the system maps no more, as nobody looks into it */
#define MAX_BEHIND  8                   /* callables behind callables */

/* place, opcode: of the instruction that failed. */
static void
set_error (const SpMachine *m, guint64 place, guint8 opcode, GError **error)
{
  const char *name = m->reader.name;

  if (m->reader.has_overrun && m->reader.place == m->reader.n_bytes)
    g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                 _("%s: the pickle ends at byte %" PRIu64 " without its STOP"), name, place);
  else if (m->reader.has_overrun)
    g_set_error (error, SP_ERROR, SP_ERROR_CUT,
                 _("%s: the pickle is cut off in its opcode 0x%02x at byte %" PRIu64), name, opcode, place);
  else if (m->is_too_big)
    g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
                 _("%s: the pickle needs more than %u MiB of memory up to byte %" PRIu64
                    ", more than that of any known checkpoint"),
                 name, (guint) (SP_PICKLE_MEMORY >> 20), place);
  else
    g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                 _("%s: the pickle is not usable at its opcode 0x%02x at byte %" PRIu64 ": %s"),
                 name, opcode, place, m->complaint != NULL ? _(m->complaint) : "?");
}

static gboolean
run (SpMachine *m, guint64 origin, GError **error)
{
  while (!m->has_stopped)
    {
      gsize place = m->reader.place;
      guint8 opcode = place < m->reader.n_bytes ? m->reader.data[place] : 0;

      if (!sp_machine_step (m) || !sp_machine_charge (m, MIN (m->reader.place - place, MAX_TOUCHED)))
        {
          set_error (m, origin + place, opcode, error);
          return FALSE;
        }
    }
  return TRUE;
}

SpPickle *
sp_pickle_new (GBytes *bytes, gsize start, const char *name, guint64 origin, GError **error)
{
  g_autoptr (SpPickle) pickle = g_new0 (SpPickle, 1);
  SpMachine machine = { .pickle = pickle };
  gsize n_bytes;
  gconstpointer data = g_bytes_get_data (bytes, &n_bytes);
  gboolean is_read;

  pickle->bytes = g_bytes_ref (bytes);
  pickle->blocks = g_ptr_array_new_with_free_func (g_free);
  sp_reader_init (&machine.reader, data, n_bytes, name);
  if (start > 0)
    sp_reader_bytes (&machine.reader, start);
  is_read = run (&machine, origin, error);
  pickle->end = machine.reader.place;
  sp_machine_clear (&machine);
  return is_read ? g_steal_pointer (&pickle) : NULL;
}

void
sp_pickle_free (SpPickle *pickle)
{
  if (pickle == NULL)
    return;
  g_ptr_array_unref (pickle->blocks);
  g_bytes_unref (pickle->bytes);
  g_free (pickle);
}

SpPickleNode *
sp_pickle_get_root (SpPickle *pickle)
{
  return pickle->root;
}

gsize
sp_pickle_get_end (SpPickle *pickle)
{
  return pickle->end;
}

guint32
sp_pickle_get_n_nodes (SpPickle *pickle)
{
  return pickle->n_nodes;
}

GBytes *
sp_pickle_get_bytes (SpPickle *pickle)
{
  return pickle->bytes;
}

const SpPickleList *
sp_pickle_get_persistent (SpPickle *pickle)
{
  return &pickle->persistent;
}

/* --- nodes --- */

gboolean
sp_pickle_is_text (const SpPickleNode *node, SpPickleKind kind, const char *text)
{
  return node != NULL && node->kind == kind && node->text.n_bytes == strlen (text)
      && memcmp (node->text.data, text, node->text.n_bytes) == 0;
}

gboolean
sp_pickle_get_int (const SpPickleNode *node, gint64 *value)
{
  if (node == NULL || (node->kind != SP_PICKLE_INT && node->kind != SP_PICKLE_BOOL))
    return FALSE;
  *value = node->integer;
  return TRUE;
}

gsize
sp_pickle_get_n_items (const SpPickleNode *node)
{
  return node != NULL && (node->kind == SP_PICKLE_LIST || node->kind == SP_PICKLE_TUPLE) ? node->list.n : 0;
}

SpPickleNode *
sp_pickle_get_item (const SpPickleNode *node, gsize i)
{
  return i < sp_pickle_get_n_items (node) ? node->list.items[i] : NULL;
}

SpPickleNode *
sp_pickle_find (const SpPickleNode *node, const char *key)
{
  guint32 i;

  if (node == NULL || node->kind != SP_PICKLE_DICT)
    return NULL;
  for (i = node->list.n; i >= 2; i -= 2)
    if (sp_pickle_is_text (node->list.items[i - 2], SP_PICKLE_STRING, key))
      return node->list.items[i - 1];
  return NULL;
}

/* copyreg._reconstructor (class, …), __newobj__ (class, …): the class is their first argument. */
static gboolean
is_helper (const SpPickleNode *callable)
{
  static const char *const helpers[] = { "copy_reg._reconstructor", "copyreg._reconstructor",
                                         "copy_reg.__newobj__", "copyreg.__newobj__" };
  gsize i;

  for (i = 0; i < G_N_ELEMENTS (helpers); i++)
    if (sp_pickle_is_text (callable, SP_PICKLE_GLOBAL, helpers[i]))
      return TRUE;
  return FALSE;
}

const char *
sp_pickle_get_class (const SpPickleNode *node)
{
  guint i;

  for (i = 0; node != NULL && i < MAX_BEHIND; i++)
    {
      if (node->kind == SP_PICKLE_GLOBAL)
        return node->text.data;
      if (node->kind == SP_PICKLE_PERSISTENT)
        node = sp_pickle_get_item (node->persistent, 1);
      else if (node->kind == SP_PICKLE_RECORD)
        node = is_helper (node->record->callable) ? sp_pickle_get_item (node->record->args, 0)
                                                  : node->record->callable;
      else
        return NULL;
    }
  return NULL;
}

static char *
dup_text (const SpPickleText *text, gsize max_bytes)
{
  g_autofree char *valid = g_utf8_make_valid (text->data, MIN (text->n_bytes, max_bytes));
  gsize n = strlen (valid);

  if (n > max_bytes)                    /* replacement characters are longer than what they replace */
    *g_utf8_find_prev_char (valid, valid + max_bytes + 1) = '\0';
  return g_steal_pointer (&valid);
}

char *
sp_pickle_dup_label (const SpPickleNode *node, gsize max_bytes)
{
  char digits[G_ASCII_DTOSTR_BUF_SIZE];

  if (node == NULL)
    return NULL;
  switch (node->kind)
    {
    case SP_PICKLE_STRING:
    case SP_PICKLE_BYTES:
      return dup_text (&node->text, max_bytes);
    case SP_PICKLE_INT:
      return g_strdup_printf ("%" G_GINT64_FORMAT, node->integer);
    case SP_PICKLE_BOOL:
      return g_strdup (node->integer != 0 ? "True" : "False");
    case SP_PICKLE_NONE:
      return g_strdup ("None");
    case SP_PICKLE_FLOAT:
      return g_strdup (g_ascii_dtostr (digits, sizeof digits, node->real));
    case SP_PICKLE_BIG: case SP_PICKLE_LIST: case SP_PICKLE_TUPLE: case SP_PICKLE_SET: case SP_PICKLE_DICT:
    case SP_PICKLE_GLOBAL: case SP_PICKLE_RECORD: case SP_PICKLE_PERSISTENT:
    default:
      return NULL;
    }
}
