/* sp-pickle-ops.c - the opcodes of pickle protocols 0 to 5: what each does, and the table of them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-pickle-machine.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAX_PROTOCOL 5
#define MAX_DIGITS   64

/* What follows the opcode, read before it runs. */
typedef enum { ARG_NONE, ARG_1, ARG_2, ARG_3, ARG_U8, ARG_U16, ARG_I32, ARG_U32, ARG_U64, ARG_LINE } Argument;

typedef struct {
  guint64       number;                 /* negative ones in two's complement */
  const guint8 *line;
  gsize         n_line;
  SpPickleKind  kind;                   /* of what it makes */
} Call;

typedef struct {
  gboolean   (*run) (SpMachine *m, const Call *call);
  Argument     argument;
  SpPickleKind kind;
} Opcode;

/* --- scalars --- */

static gboolean
op_integer (SpMachine *m, const Call *call)
{
  return sp_machine_push_int (m, call->kind, (gint64) call->number);
}

static gboolean
copy_digits (const Call *call, gsize n, char digits[MAX_DIGITS])
{
  if (n == 0 || n >= MAX_DIGITS || memchr (call->line, '\0', n) != NULL)
    return FALSE;
  memcpy (digits, call->line, n);
  digits[n] = '\0';
  return TRUE;
}

/* INT and LONG of protocol 0: "12", "12L"; "00" and "01" are the booleans. */
static gboolean
op_integer_line (SpMachine *m, const Call *call)
{
  const guint8 *line = call->line;
  gsize n = call->n_line;
  char digits[MAX_DIGITS];
  gint64 value;

  if (n == 2 && line[0] == '0' && (line[1] == '0' || line[1] == '1'))
    return sp_machine_push_int (m, SP_PICKLE_BOOL, line[1] - '0');
  if (n > 1 && line[n - 1] == 'L')
    n--;
  if (copy_digits (call, n, digits) && g_ascii_string_to_signed (digits, 10, G_MININT64, G_MAXINT64, &value, NULL))
    return sp_machine_push_int (m, SP_PICKLE_INT, value);
  for (gsize i = line[0] == '-' ? 1 : 0; i < n; i++)
    if (!g_ascii_isdigit (line[i]))
      n = 0;
  if (n == 0)
    return sp_machine_complain (m, N_("an integer in it is no number"));
  return sp_machine_push_text (m, SP_PICKLE_BIG, line, n);
}

/* LONG1, LONG4: two's complement, little endian; no bytes are the number 0. */
static gboolean
op_long (SpMachine *m, const Call *call)
{
  gint64 n = (gint64) call->number;
  const guint8 *data;
  guint64 value;

  if (n < 0)
    return sp_machine_complain (m, N_("an integer in it has a negative length"));
  data = sp_reader_bytes (&m->reader, n);
  if (data == NULL)
    return FALSE;
  if (n > 8)
    return sp_machine_push_text (m, SP_PICKLE_BIG, data, n);
  value = n > 0 && (data[n - 1] & 0x80) != 0 ? G_MAXUINT64 : 0;
  for (gint64 i = n - 1; i >= 0; i--)
    value = value << 8 | data[i];
  return sp_machine_push_int (m, SP_PICKLE_INT, (gint64) value);
}

static gboolean
op_float (SpMachine *m, const Call *call)
{
  return sp_machine_push_double (m, sp_reader_f64be (&m->reader));
}

static gboolean
op_float_line (SpMachine *m, const Call *call)
{
  char digits[MAX_DIGITS], *end;
  double value;

  if (!copy_digits (call, call->n_line, digits))
    return sp_machine_complain (m, N_("a number in it is no number"));
  value = g_ascii_strtod (digits, &end);
  if (*end != '\0')
    return sp_machine_complain (m, N_("a number in it is no number"));
  return sp_machine_push_double (m, value);
}

/* --- text --- */

static gboolean
op_text (SpMachine *m, const Call *call)
{
  const guint8 *data = sp_reader_bytes (&m->reader, call->number);

  return data != NULL && sp_machine_push_text (m, call->kind, data, call->number);
}

/* At most n hexadecimal digits behind the backslash and letter at text. */
static gunichar
read_hex (const char *text, const char *end, gsize n, gsize *n_used)
{
  gunichar value = 0;
  gsize i;

  for (i = 0; i < n && text + 2 + i < end && g_ascii_isxdigit (text[2 + i]); i++)
    value = value << 4 | (gunichar) g_ascii_xdigit_value (text[2 + i]);
  *n_used = 2 + i;
  return value;
}

/* Undoes the escape at text (a backslash and at least one more byte) into out, at most 6 bytes;
 * what is no escape gives the backslash. */
static gsize
unescape (const char *text, const char *end, gboolean is_unicode, char out[6], gsize *n_used)
{
  static const char letters[] = "n\nt\tr\r\\\\\'\'\"\"a\ab\bf\fv\v";
  gunichar value;

  *n_used = 1;
  out[0] = text[0];
  if (is_unicode && (text[1] == 'u' || text[1] == 'U'))
    {
      value = read_hex (text, end, text[1] == 'u' ? 4 : 8, n_used);
      return (gsize) g_unichar_to_utf8 (value <= 0x10ffff ? value : 0xfffd, out);
    }
  for (gsize i = 0; !is_unicode && letters[i] != '\0'; i += 2)
    if (letters[i] == text[1])
      {
        *n_used = 2;
        out[0] = letters[i + 1];
      }
  if (!is_unicode && text[1] == 'x')
    out[0] = (char) read_hex (text, end, 2, n_used);
  return 1;
}

/* Text between text and end, copied where it holds escapes: these are never shorter than what they stand for. */
static gboolean
push_escaped (SpMachine *m, const char *text, const char *end, gboolean is_unicode)
{
  char *out, *to, piece[6];
  gsize n, n_used;

  if (memchr (text, '\\', end - text) == NULL)
    return sp_machine_push_text (m, SP_PICKLE_STRING, text, end - text);
  out = to = sp_machine_take (m, end - text);
  if (out == NULL)
    return FALSE;
  for (; text < end; text += n_used)
    {
      n = n_used = 1;
      piece[0] = text[0];
      if (text[0] == '\\' && end - text >= 2)
        n = unescape (text, end, is_unicode, piece, &n_used);
      n = MIN (n, n_used);
      memcpy (to, piece, n);
      to += n;
    }
  return sp_machine_push_text (m, SP_PICKLE_STRING, out, to - out);
}

static gboolean
op_string_line (SpMachine *m, const Call *call)
{
  const char *line = (const char *) call->line;
  gsize n = call->n_line;

  if (n < 2 || (line[0] != '\'' && line[0] != '"') || line[n - 1] != line[0])
    return sp_machine_complain (m, N_("a string in it has no quotes"));
  return push_escaped (m, line + 1, line + n - 1, FALSE);
}

static gboolean
op_unicode_line (SpMachine *m, const Call *call)
{
  const char *line = (const char *) call->line;

  return push_escaped (m, line, line + call->n_line, TRUE);
}

/* --- collections --- */

static gboolean
op_mark (SpMachine *m, const Call *call)
{
  return sp_machine_mark (m);
}

static gboolean
op_empty (SpMachine *m, const Call *call)
{
  return sp_machine_push_list (m, call->kind, NULL, 0);
}

/* Keys and values by turns; lists and dictionaries are no keys. */
static gboolean
check_pairs (SpMachine *m, SpPickleNode *const *items, gsize n)
{
  if (n % 2 != 0)
    return sp_machine_complain (m, N_("a dictionary in it has a key without a value"));
  for (gsize i = 0; i < n; i += 2)
    if (items[i]->kind == SP_PICKLE_LIST || items[i]->kind == SP_PICKLE_DICT)
      return sp_machine_complain (m, N_("a dictionary in it has a list for a key"));
  return TRUE;
}

static gboolean
op_marked (SpMachine *m, const Call *call)
{
  SpPickleNode **items;
  gsize n;

  return sp_machine_pop_mark (m, &items, &n)
      && (call->kind != SP_PICKLE_DICT || check_pairs (m, items, n))
      && sp_machine_push_list (m, call->kind, items, n);
}

static gboolean
op_short_tuple (SpMachine *m, const Call *call)
{
  SpPickleNode *items[3];

  for (gsize i = call->number; i-- > 0;)
    if ((items[i] = sp_machine_pop (m)) == NULL)
      return FALSE;
  return sp_machine_push_list (m, SP_PICKLE_TUPLE, items, call->number);
}

/* Into the list or set on top, or into an object that would be like one. */
static gboolean
extend (SpMachine *m, SpPickleNode *const *items, gsize n)
{
  SpPickleNode *into = sp_machine_top (m);

  if (into == NULL)
    return FALSE;
  if (into->kind == SP_PICKLE_LIST || into->kind == SP_PICKLE_SET)
    return sp_machine_append (m, &into->list, items, n);
  if (into->kind == SP_PICKLE_RECORD)
    return sp_machine_append (m, &into->record->items, items, n);
  return sp_machine_complain (m, N_("it appends to what is no list"));
}

static gboolean
set_items (SpMachine *m, SpPickleNode *const *items, gsize n)
{
  SpPickleNode *into = sp_machine_top (m);

  if (into == NULL || !check_pairs (m, items, n))
    return FALSE;
  if (into->kind == SP_PICKLE_DICT)
    return sp_machine_append (m, &into->list, items, n);
  if (into->kind == SP_PICKLE_RECORD)
    return sp_machine_append (m, &into->record->pairs, items, n);
  return sp_machine_complain (m, N_("it sets items of what is no dictionary"));
}

static gboolean
op_append (SpMachine *m, const Call *call)
{
  SpPickleNode *item = sp_machine_pop (m);

  return item != NULL && extend (m, &item, 1);
}

static gboolean
op_appends (SpMachine *m, const Call *call)
{
  SpPickleNode **items;
  gsize n;

  return sp_machine_pop_mark (m, &items, &n) && extend (m, items, n);
}

static gboolean
op_setitem (SpMachine *m, const Call *call)
{
  SpPickleNode *pair[2];

  pair[1] = sp_machine_pop (m);
  pair[0] = pair[1] != NULL ? sp_machine_pop (m) : NULL;
  return pair[0] != NULL && set_items (m, pair, 2);
}

static gboolean
op_setitems (SpMachine *m, const Call *call)
{
  SpPickleNode **items;
  gsize n;

  return sp_machine_pop_mark (m, &items, &n) && set_items (m, items, n);
}

/* --- classes, and what would be called: names and records, never more --- */

static gboolean
op_global (SpMachine *m, const Call *call)
{
  SpPickleText module = { (const char *) call->line, call->n_line }, name = { 0 };

  name.data = (const char *) sp_reader_line (&m->reader, &name.n_bytes);
  return name.data != NULL && sp_machine_push_global (m, &module, &name);
}

static gboolean
op_stack_global (SpMachine *m, const Call *call)
{
  SpPickleNode *name = sp_machine_pop (m);
  SpPickleNode *module = name != NULL ? sp_machine_pop (m) : NULL;

  if (module == NULL)
    return FALSE;
  if (module->kind != SP_PICKLE_STRING || name->kind != SP_PICKLE_STRING)
    return sp_machine_complain (m, N_("the name of a class in it is no string"));
  return sp_machine_push_global (m, &module->text, &name->text);
}

static gboolean
push_record (SpMachine *m, SpPickleNode *callable, SpPickleNode *args)
{
  if (callable == NULL || args == NULL)
    return FALSE;
  if (callable->kind < SP_PICKLE_GLOBAL)
    return sp_machine_complain (m, N_("it calls what is no function"));
  if (args->kind != SP_PICKLE_TUPLE)
    return sp_machine_complain (m, N_("the arguments of a call in it are no tuple"));
  return sp_machine_push_record (m, callable, args);
}

static gboolean
op_reduce (SpMachine *m, const Call *call)
{
  SpPickleNode *args = sp_machine_pop (m);

  return args != NULL && push_record (m, sp_machine_pop (m), args);
}

/* Named arguments join the record as its pairs. */
static gboolean
op_newobj_ex (SpMachine *m, const Call *call)
{
  SpPickleNode *named = sp_machine_pop (m);

  return named != NULL && op_reduce (m, call)
      && (named->kind != SP_PICKLE_DICT || set_items (m, named->list.items, named->list.n));
}

/* OBJ: the class, then its arguments lie above a mark. */
static gboolean
op_obj (SpMachine *m, const Call *call)
{
  SpPickleNode **items, *callable;
  gsize n;

  if (!sp_machine_pop_mark (m, &items, &n))
    return FALSE;
  if (n == 0)
    return sp_machine_complain (m, N_("an object in it has no class"));
  callable = items[0];
  return sp_machine_push_list (m, SP_PICKLE_TUPLE, items + 1, n - 1)
      && push_record (m, callable, sp_machine_pop (m));
}

/* INST: the arguments lie above a mark, the class follows the opcode. */
static gboolean
op_inst (SpMachine *m, const Call *call)
{
  SpPickleNode **items, *args;
  gsize n;

  if (!sp_machine_pop_mark (m, &items, &n) || !sp_machine_push_list (m, SP_PICKLE_TUPLE, items, n))
    return FALSE;
  args = sp_machine_pop (m);
  return op_global (m, call) && push_record (m, sp_machine_pop (m), args);
}

static gboolean
op_build (SpMachine *m, const Call *call)
{
  SpPickleNode *state = sp_machine_pop (m);
  SpPickleNode *into = state != NULL ? sp_machine_top (m) : NULL;

  if (into == NULL)
    return FALSE;
  if (into->kind != SP_PICKLE_RECORD)
    return sp_machine_complain (m, N_("it gives attributes to what is no object"));
  into->record->state = state;
  return TRUE;
}

static gboolean
op_persistent (SpMachine *m, const Call *call)
{
  return sp_machine_push_persistent (m, sp_machine_pop (m));
}

static gboolean
op_persistent_line (SpMachine *m, const Call *call)
{
  return sp_machine_push_text (m, SP_PICKLE_STRING, call->line, call->n_line) && op_persistent (m, call);
}

/* A class by its number in a registry that is not in the file. */
static gboolean
op_extension (SpMachine *m, const Call *call)
{
  g_autofree char *digits = g_strdup_printf ("%" G_GUINT64_FORMAT, call->number);
  SpPickleText module = { "copyreg.extension", strlen ("copyreg.extension") }, name = { digits, strlen (digits) };

  return sp_machine_push_global (m, &module, &name);
}

/* --- stack and memo --- */

/* POP right behind a MARK drops the mark. */
static gboolean
op_pop (SpMachine *m, const Call *call)
{
  SpPickleNode **items;
  gsize n;

  if (m->marks.n > 0 && GPOINTER_TO_SIZE (m->marks.items[m->marks.n - 1]) == m->stack.n)
    return sp_machine_pop_mark (m, &items, &n);
  return sp_machine_pop (m) != NULL;
}

static gboolean
op_pop_mark (SpMachine *m, const Call *call)
{
  SpPickleNode **items;
  gsize n;

  return sp_machine_pop_mark (m, &items, &n);
}

static gboolean
op_dup (SpMachine *m, const Call *call)
{
  return sp_machine_push (m, sp_machine_top (m));
}

static gboolean
op_get (SpMachine *m, const Call *call)
{
  return sp_machine_memo_get (m, call->number);
}

static gboolean
op_put (SpMachine *m, const Call *call)
{
  return sp_machine_memo_put (m, call->number);
}

static gboolean
op_memoize (SpMachine *m, const Call *call)
{
  return sp_machine_memo_put (m, m->n_memoized);
}

static gboolean
line_index (SpMachine *m, const Call *call, guint64 *index)
{
  char digits[MAX_DIGITS];

  return (copy_digits (call, call->n_line, digits)
          && g_ascii_string_to_unsigned (digits, 10, 0, G_MAXUINT32, index, NULL))
      || sp_machine_complain (m, N_("a place of its memo is no number"));
}

static gboolean
op_get_line (SpMachine *m, const Call *call)
{
  guint64 index;

  return line_index (m, call, &index) && sp_machine_memo_get (m, index);
}

static gboolean
op_put_line (SpMachine *m, const Call *call)
{
  guint64 index;

  return line_index (m, call, &index) && sp_machine_memo_put (m, index);
}

/* --- frame --- */

static gboolean
op_protocol (SpMachine *m, const Call *call)
{
  return call->number <= MAX_PROTOCOL || sp_machine_complain (m, N_("its protocol is newer than 5"));
}

/* Frames only help those who read in pieces; one that does not fit tells of a cut. */
static gboolean
op_frame (SpMachine *m, const Call *call)
{
  m->reader.has_overrun = call->number > sp_reader_left (&m->reader);
  return TRUE;
}

static gboolean
op_buffer (SpMachine *m, const Call *call)
{
  return sp_machine_complain (m, N_("it wants a buffer that is not in the file"));
}

static gboolean
op_stop (SpMachine *m, const Call *call)
{
  m->pickle->root = sp_machine_pop (m);
  m->has_stopped = m->pickle->root != NULL;
  return m->has_stopped;
}

static const Opcode opcodes[256] = {
  ['('] = { op_mark }, ['.'] = { op_stop }, ['0'] = { op_pop }, ['1'] = { op_pop_mark }, ['2'] = { op_dup },
  ['N'] = { op_integer, ARG_NONE, SP_PICKLE_NONE },
  [0x88] = { op_integer, ARG_1, SP_PICKLE_BOOL },     [0x89] = { op_integer, ARG_NONE, SP_PICKLE_BOOL },
  ['J'] = { op_integer, ARG_I32, SP_PICKLE_INT },     ['K'] = { op_integer, ARG_U8, SP_PICKLE_INT },
  ['M'] = { op_integer, ARG_U16, SP_PICKLE_INT },     ['I'] = { op_integer_line, ARG_LINE },
  ['L'] = { op_integer_line, ARG_LINE },              [0x8a] = { op_long, ARG_U8 },
  [0x8b] = { op_long, ARG_I32 },                      ['F'] = { op_float_line, ARG_LINE },
  ['G'] = { op_float },
  ['S'] = { op_string_line, ARG_LINE },               ['T'] = { op_text, ARG_U32, SP_PICKLE_STRING },
  ['U'] = { op_text, ARG_U8, SP_PICKLE_STRING },      ['V'] = { op_unicode_line, ARG_LINE },
  ['X'] = { op_text, ARG_U32, SP_PICKLE_STRING },     [0x8c] = { op_text, ARG_U8, SP_PICKLE_STRING },
  [0x8d] = { op_text, ARG_U64, SP_PICKLE_STRING },    ['B'] = { op_text, ARG_U32, SP_PICKLE_BYTES },
  ['C'] = { op_text, ARG_U8, SP_PICKLE_BYTES },       [0x8e] = { op_text, ARG_U64, SP_PICKLE_BYTES },
  [0x96] = { op_text, ARG_U64, SP_PICKLE_BYTES },
  [']'] = { op_empty, ARG_NONE, SP_PICKLE_LIST },     ['l'] = { op_marked, ARG_NONE, SP_PICKLE_LIST },
  [')'] = { op_empty, ARG_NONE, SP_PICKLE_TUPLE },    ['t'] = { op_marked, ARG_NONE, SP_PICKLE_TUPLE },
  ['}'] = { op_empty, ARG_NONE, SP_PICKLE_DICT },     ['d'] = { op_marked, ARG_NONE, SP_PICKLE_DICT },
  [0x8f] = { op_empty, ARG_NONE, SP_PICKLE_SET },     [0x91] = { op_marked, ARG_NONE, SP_PICKLE_SET },
  [0x85] = { op_short_tuple, ARG_1 }, [0x86] = { op_short_tuple, ARG_2 }, [0x87] = { op_short_tuple, ARG_3 },
  ['a'] = { op_append }, ['e'] = { op_appends }, [0x90] = { op_appends },
  ['s'] = { op_setitem }, ['u'] = { op_setitems },
  ['c'] = { op_global, ARG_LINE }, [0x93] = { op_stack_global },
  ['R'] = { op_reduce }, [0x81] = { op_reduce }, [0x92] = { op_newobj_ex },
  ['o'] = { op_obj }, ['i'] = { op_inst, ARG_LINE },
  ['b'] = { op_build }, ['P'] = { op_persistent_line, ARG_LINE }, ['Q'] = { op_persistent },
  [0x82] = { op_extension, ARG_U8 }, [0x83] = { op_extension, ARG_U16 }, [0x84] = { op_extension, ARG_U32 },
  ['g'] = { op_get_line, ARG_LINE }, ['h'] = { op_get, ARG_U8 }, ['j'] = { op_get, ARG_U32 },
  ['p'] = { op_put_line, ARG_LINE }, ['q'] = { op_put, ARG_U8 }, ['r'] = { op_put, ARG_U32 }, [0x94] = { op_memoize },
  [0x80] = { op_protocol, ARG_U8 }, [0x95] = { op_frame, ARG_U64 }, [0x97] = { op_buffer }, [0x98] = { op_buffer },
};

static void
read_argument (SpReader *reader, Argument argument, Call *call)
{
  switch (argument)
    {
    case ARG_NONE: break;
    case ARG_1:    call->number = 1; break;
    case ARG_2:    call->number = 2; break;
    case ARG_3:    call->number = 3; break;
    case ARG_U8:   call->number = sp_reader_u8 (reader); break;
    case ARG_U16:  call->number = sp_reader_u16 (reader); break;
    case ARG_I32:  call->number = (guint64) (gint64) sp_reader_i32 (reader); break;
    case ARG_U32:  call->number = sp_reader_u32 (reader); break;
    case ARG_U64:  call->number = sp_reader_u64 (reader); break;
    case ARG_LINE: call->line = sp_reader_line (reader, &call->n_line); break;
    }
}

gboolean
sp_machine_step (SpMachine *m)
{
  const Opcode *opcode = &opcodes[sp_reader_u8 (&m->reader)];
  Call call = { .kind = opcode->kind };

  if (!m->reader.has_overrun && opcode->run == NULL)
    return sp_machine_complain (m, N_("there is no such opcode"));
  if (!m->reader.has_overrun)
    read_argument (&m->reader, opcode->argument, &call);
  return !m->reader.has_overrun && opcode->run (m, &call) && !m->reader.has_overrun;
}
