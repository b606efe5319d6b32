/* numpy-header.c - what the header of an npy array says */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "numpy-header.h"

#include "sp-reader.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MAGIC       "\223NUMPY"
#define MAGIC_BYTES 6
#define MAX_HEADER  ((gsize) 1 << 20)
#define MAX_NESTING 32

/* Goes through the text of the dictionary. */
typedef struct {
  const char *text;                    /* ends with a zero byte */
  const char *p;
} Cursor;

static void
skip_space (Cursor *cursor)
{
  while (*cursor->p == ' ' || *cursor->p == '\t' || *cursor->p == '\n' || *cursor->p == '\r')
    cursor->p++;
}

static gboolean
take (Cursor *cursor, char c)
{
  skip_space (cursor);
  if (*cursor->p != c)
    return FALSE;
  cursor->p++;
  skip_space (cursor);
  return TRUE;
}

static gboolean
take_word (Cursor *cursor, const char *word)
{
  gsize n = strlen (word);

  if (strncmp (cursor->p, word, n) != 0)
    return FALSE;
  cursor->p += n;
  return TRUE;
}

/* 'text' or "text" without escapes, which no type or key has. */
static gboolean
take_string (Cursor *cursor, char *out, gsize n_room)
{
  char quote = *cursor->p;
  const char *end;

  if (quote != '\'' && quote != '"')
    return FALSE;
  end = strchr (cursor->p + 1, quote);
  if (end == NULL || (gsize) (end - cursor->p) > n_room || memchr (cursor->p, '\\', end - cursor->p) != NULL)
    return FALSE;
  memcpy (out, cursor->p + 1, end - cursor->p - 1);
  out[end - cursor->p - 1] = '\0';
  cursor->p = end + 1;
  return TRUE;
}

/* A structured type: brackets that match, with anything but code in them. */
static gboolean
skip_structure (Cursor *cursor)
{
  char open[MAX_NESTING];
  char text[256];
  guint depth = 0;

  if (*cursor->p != '[' && *cursor->p != '{')
    return FALSE;
  do
    {
      char c = *cursor->p;

      if (c == '\'' || c == '"')
        {
          if (!take_string (cursor, text, sizeof text))
            return FALSE;
          continue;
        }
      if ((c == '[' || c == '(' || c == '{') && depth < MAX_NESTING)
        open[depth++] = c == '[' ? ']' : c == '(' ? ')' : '}';
      else if (c == ']' || c == ')' || c == '}')
        {
          if (open[--depth] != c)
            return FALSE;
        }
      else if (strchr (" ,:0123456789\n", c) == NULL || c == '\0')
        return FALSE;
      cursor->p++;
    }
  while (depth > 0);
  return TRUE;
}

static gboolean
take_descr (Cursor *cursor, SpNpyHeader *header)
{
  header->descr[0] = '\0';
  if (*cursor->p == '\'' || *cursor->p == '"')
    return take_string (cursor, header->descr, sizeof header->descr) && header->descr[0] != '\0';
  return skip_structure (cursor);
}

/* "(3, 4)", "(5,)", "()"; Python 2 wrote long numbers as "5L". */
static gboolean
take_shape (Cursor *cursor, SpNpyHeader *header)
{
  if (!take (cursor, '('))
    return FALSE;
  while (*cursor->p != ')')
    {
      guint64 size = 0;

      if (!g_ascii_isdigit (*cursor->p))
        return FALSE;
      for (; g_ascii_isdigit (*cursor->p); cursor->p++)
        if (__builtin_mul_overflow (size, 10, &size) ||
            __builtin_add_overflow (size, (guint64) (*cursor->p - '0'), &size))
          return FALSE;
      if (*cursor->p == 'L')
        cursor->p++;
      if (size > G_MAXINT64)
        return FALSE;
      if (header->n_dimensions < SP_MAX_RANK)
        header->shape[header->n_dimensions] = size;
      header->n_dimensions++;
      if (!take (cursor, ',') && *cursor->p != ')')
        return FALSE;
    }
  cursor->p++;
  return TRUE;
}

static gboolean
take_order (Cursor *cursor, SpNpyHeader *header)
{
  header->is_fortran = take_word (cursor, "True");
  return header->is_fortran || take_word (cursor, "False");
}

/* One "key: value"; seen gets the bit of its key, which must be new. */
static gboolean
take_item (Cursor *cursor, SpNpyHeader *header, guint *seen)
{
  static const struct { const char *key; gboolean (*take) (Cursor *, SpNpyHeader *); } keys[] = {
    { "descr", take_descr }, { "fortran_order", take_order }, { "shape", take_shape },
  };
  char key[32];

  if (!take_string (cursor, key, sizeof key) || !take (cursor, ':'))
    return FALSE;
  for (guint i = 0; i < G_N_ELEMENTS (keys); i++)
    if (strcmp (key, keys[i].key) == 0 && !(*seen & 1u << i))
      {
        *seen |= 1u << i;
        return keys[i].take (cursor, header);
      }
  return FALSE;
}

static gboolean
take_dictionary (Cursor *cursor, SpNpyHeader *header)
{
  guint seen = 0;

  if (!take (cursor, '{'))
    return FALSE;
  while (*cursor->p != '}')
    if (!take_item (cursor, header, &seen) || (!take (cursor, ',') && *cursor->p != '}'))
      return FALSE;
  cursor->p++;
  skip_space (cursor);
  return *cursor->p == '\0' && seen == 7;
}

/* The bytes before the dictionary: their number, and the dictionary's length. */
static gboolean
read_start (SpBlob *blob, guint8 start[12], gsize *n_start, gsize *n_text, GError **error)
{
  SpReader reader;

  if (!sp_blob_read (blob, 0, start, MAGIC_BYTES + 2, error))
    return FALSE;
  if (memcmp (start, MAGIC, MAGIC_BYTES) != 0)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_NOT_A_MODEL, _("%s: it is no npy array: its first bytes are others"),
                   sp_blob_get_name (blob));
      return FALSE;
    }
  if (start[MAGIC_BYTES] < 1 || start[MAGIC_BYTES] > 3)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_UNSUPPORTED, _("%s: version %u of the npy format is not read"),
                   sp_blob_get_name (blob), start[MAGIC_BYTES]);
      return FALSE;
    }
  *n_start = start[MAGIC_BYTES] == 1 ? 10 : 12;
  if (!sp_blob_read (blob, 0, start, *n_start, error))
    return FALSE;
  sp_reader_init (&reader, start + MAGIC_BYTES + 2, 4, "");
  *n_text = start[MAGIC_BYTES] == 1 ? sp_reader_u16 (&reader) : sp_reader_u32 (&reader);
  return TRUE;
}

gboolean
sp_npy_header_read (SpNpyHeader *header, SpBlob *blob, GError **error)
{
  g_autofree char *text = NULL;
  guint8 start[12];
  gsize n_start, n_text;
  Cursor cursor;

  *header = (SpNpyHeader) { 0 };
  if (!read_start (blob, start, &n_start, &n_text, error))
    return FALSE;
  if (n_text > MAX_HEADER && sp_blob_get_size (blob) - n_start >= n_text)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_TOO_BIG,
                   _("%s: its header of %zu bytes is longer than any sane one"),
                   sp_blob_get_name (blob), n_text);
      return FALSE;
    }
  text = n_text > MAX_HEADER ? NULL : g_malloc0 (n_text + 1);
  if (!sp_blob_read (blob, n_start, text, n_text, error))
    return FALSE;
  cursor = (Cursor) { text, text };
  if (!take_dictionary (&cursor, header) || strlen (text) != n_text)
    {
      g_set_error (error, SP_ERROR, SP_ERROR_MALFORMED,
                   _("%s: its header does not describe an array (at byte %zu)"),
                   sp_blob_get_name (blob), n_start + (cursor.p - text));
      return FALSE;
    }
  header->data_at = n_start + n_text;
  return TRUE;
}

SpDtype
sp_npy_header_find_dtype (const SpNpyHeader *header, gboolean *is_swapped, gboolean *is_proper)
{
  static const struct { const char *code; SpDtype dtype; } dtypes[] = {
    { "f8", SP_DTYPE_F64 }, { "f4", SP_DTYPE_F32 }, { "f2", SP_DTYPE_F16 }, { "i1", SP_DTYPE_I8 },
    { "u1", SP_DTYPE_U8 },
    { "b1", SP_DTYPE_BOOL }, { "i2", SP_DTYPE_I16 }, { "u2", SP_DTYPE_U16 }, { "i4", SP_DTYPE_I32 },
    { "u4", SP_DTYPE_U32 },
    { "i8", SP_DTYPE_I64 }, { "u8", SP_DTYPE_U64 },
  };
  gboolean has_order = header->descr[0] != '\0' && strchr ("<>=|", header->descr[0]) != NULL;
  const char *code = header->descr + (has_order ? 1 : 0);

  *is_proper = header->descr[0] == '\0' || g_ascii_isalpha (*code);
  *is_swapped = header->descr[0] == (G_BYTE_ORDER == G_LITTLE_ENDIAN ? '>' : '<');
  for (gsize i = 0; i < G_N_ELEMENTS (dtypes); i++)
    if (strcmp (code, dtypes[i].code) == 0)
      {
        *is_swapped &= sp_dtype_size (dtypes[i].dtype) > 1;
        return dtypes[i].dtype;
      }
  return SP_DTYPE_NONE;
}
