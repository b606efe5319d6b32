/* sp-png.c - chunks: length, type, content, CRC */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-png.h"

#include <math.h>
#include <string.h>
#include <zlib.h>

#define HEADER_END 33 /* signature 8, IHDR 4 + 4 + 13 + 4 */

static void
append_u32 (GByteArray *bytes, guint32 value)
{
  guint32 big = GUINT32_TO_BE (value);

  g_byte_array_append (bytes, (const guint8 *) &big, 4);
}

static void
insert_chunk (SpPngEditor *editor, const char *type, const GByteArray *content)
{
  g_autoptr (GByteArray) chunk = g_byte_array_new ();
  GByteArray *png = editor->png;
  gsize n_after = png->len - editor->at;

  append_u32 (chunk, content->len);
  g_byte_array_append (chunk, (const guint8 *) type, 4);
  g_byte_array_append (chunk, content->data, content->len);
  append_u32 (chunk, (guint32) crc32 (0, chunk->data + 4, chunk->len - 4));
  g_byte_array_set_size (png, png->len + chunk->len);
  memmove (png->data + editor->at + chunk->len, png->data + editor->at, n_after);
  memcpy (png->data + editor->at, chunk->data, chunk->len);
  editor->at += chunk->len;
}

void
sp_png_begin (SpPngEditor *editor, GByteArray *png)
{
  *editor = (SpPngEditor){ png, MIN (HEADER_END, png->len) };
}

void
sp_png_add_resolution (SpPngEditor *editor, double dpi)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  guint32 per_metre = (guint32) round (dpi / 0.0254);
  guint8 unit_metre = 1;

  append_u32 (content, per_metre);
  append_u32 (content, per_metre);
  g_byte_array_append (content, &unit_metre, 1);
  insert_chunk (editor, "pHYs", content);
}

void
sp_png_add_text (SpPngEditor *editor, const char *keyword, const char *text)
{
  g_autoptr (GByteArray) content = g_byte_array_new ();
  gboolean is_ascii = g_str_is_ascii (text);

  if (*text == '\0')
    return;
  g_byte_array_append (content, (const guint8 *) keyword, (guint) strlen (keyword) + 1);
  /* Not compressed, no language, no translated keyword. */
  if (!is_ascii)
    g_byte_array_append (content, (const guint8 *) "\0\0\0\0", 4);
  g_byte_array_append (content, (const guint8 *) text, (guint) strlen (text));
  insert_chunk (editor, is_ascii ? "tEXt" : "iTXt", content);
}
