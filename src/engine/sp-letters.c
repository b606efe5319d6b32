/* sp-letters.c - bytes written as letters, as byte-level tokenizers do (GPT-2: "Ġthe") */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-letters.h"

#define N_LOW  33                        /* 0 … 32 come first */
#define N_HIGH 34                        /* then 127 … 160, then 173 */

static gboolean
is_itself (gunichar letter)
{
  return (letter >= 33 && letter <= 126) || (letter >= 161 && letter <= 172) || (letter >= 174 && letter <= 255);
}

int
sp_letter_to_byte (gunichar letter)
{
  if (is_itself (letter))
    return (int) letter;
  if (letter < 256 || letter > 256 + N_LOW + N_HIGH)
    return -1;
  letter -= 256;
  return letter < N_LOW ? (int) letter : letter < N_LOW + N_HIGH ? (int) letter + 127 - N_LOW : 173;
}

gunichar
sp_letter_from_byte (guint8 byte)
{
  if (is_itself (byte))
    return byte;
  return 256 + (byte < N_LOW ? byte : byte == 173 ? N_LOW + N_HIGH : (gunichar) byte - 127 + N_LOW);
}

GString *
sp_letters_to_bytes (const char *letters)
{
  g_autoptr (GString) bytes = g_string_new (NULL);

  for (; *letters != '\0'; letters = g_utf8_next_char (letters))
    {
      int byte = sp_letter_to_byte (g_utf8_get_char (letters));

      if (byte < 0)
        return NULL;
      g_string_append_c (bytes, (char) byte);
    }
  return g_steal_pointer (&bytes);
}
