/* sp-character.c - classes of characters as the tokenizers' own libraries draw them (Unicode's White_Space, UTS 18's word) */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-character.h"

#define BIT(type) (1u << (type))

static const guint32 numbers =
  BIT (G_UNICODE_DECIMAL_NUMBER) | BIT (G_UNICODE_LETTER_NUMBER) | BIT (G_UNICODE_OTHER_NUMBER);

static const guint32 words =
  BIT (G_UNICODE_LOWERCASE_LETTER) | BIT (G_UNICODE_MODIFIER_LETTER) | BIT (G_UNICODE_OTHER_LETTER) | BIT (G_UNICODE_TITLECASE_LETTER)
  | BIT (G_UNICODE_UPPERCASE_LETTER) | BIT (G_UNICODE_SPACING_MARK) | BIT (G_UNICODE_ENCLOSING_MARK)
  | BIT (G_UNICODE_NON_SPACING_MARK) | BIT (G_UNICODE_DECIMAL_NUMBER) | BIT (G_UNICODE_LETTER_NUMBER)
  | BIT (G_UNICODE_CONNECT_PUNCTUATION);

static const guint32 punctuation =
  BIT (G_UNICODE_CONNECT_PUNCTUATION) | BIT (G_UNICODE_DASH_PUNCTUATION) | BIT (G_UNICODE_CLOSE_PUNCTUATION)
  | BIT (G_UNICODE_FINAL_PUNCTUATION) | BIT (G_UNICODE_INITIAL_PUNCTUATION) | BIT (G_UNICODE_OTHER_PUNCTUATION)
  | BIT (G_UNICODE_OPEN_PUNCTUATION);

static gboolean
is_of (gunichar c, guint32 types)
{
  return (types >> g_unichar_type (c) & 1) != 0;
}

gboolean
sp_character_is_space (gunichar c)
{
  return (c >= 0x9 && c <= 0xd) || c == 0x20 || c == 0x85 || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a)
         || c == 0x2028 || c == 0x2029 || c == 0x202f || c == 0x205f || c == 0x3000;
}

/* Letters in circles and squares are symbols, but alphabetic; U+200C and U+200D join. */
gboolean
sp_character_is_word (gunichar c)
{
  return is_of (c, words) || c == 0x200c || c == 0x200d || (c >= 0x24b6 && c <= 0x24e9) || (c >= 0x1f130 && c <= 0x1f149)
         || (c >= 0x1f150 && c <= 0x1f169) || (c >= 0x1f170 && c <= 0x1f189);
}

gboolean
sp_character_is_number (gunichar c)
{
  return is_of (c, numbers);
}

gboolean
sp_character_is_punctuation (gunichar c)
{
  return c < 128 ? g_ascii_ispunct (c) : is_of (c, punctuation);
}

gboolean
sp_character_check_text (const char *text, gsize n_bytes, gsize *valid)
{
  const char *p = text, *end = text + n_bytes;

  while (p < end && !g_utf8_validate_len (p, (gsize) (end - p), &p) && *p == '\0')
    p++;
  *valid = (gsize) (p - text);
  return p == end;
}
