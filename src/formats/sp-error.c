/* sp-error.c - the error domain of everything that reads files */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-error.h"

G_DEFINE_QUARK (sp-error-quark, sp_error)

const char *
sp_error_code_name (SpError code)
{
  switch (code)
    {
    case SP_ERROR_CUT:         return "cut";
    case SP_ERROR_MALFORMED:   return "malformed";
    case SP_ERROR_UNSUPPORTED: return "unsupported";
    case SP_ERROR_TOO_BIG:     return "too-big";
    case SP_ERROR_NOT_A_MODEL: return "not-a-model";
    case SP_ERROR_IO:          return "io";
    case SP_ERROR_USAGE:       return "usage";
    }
  return "unknown";
}

/* Those that reverse the direction of writing count as control characters: they can make one name look like another. */
static gboolean
is_control (gunichar c)
{
  return g_unichar_iscntrl (c) || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
}

/* line_end, tab: what stands for them. */
static char *
replace_controls (const char *text, gssize n_bytes, gunichar line_end, gunichar tab)
{
  g_autofree char *valid = g_utf8_make_valid (text, n_bytes);
  g_autoptr (GString) printable = NULL;
  gboolean is_plain = TRUE;

  for (const char *p = valid; *p != '\0' && is_plain; p++)
    is_plain = *p >= 0x20 && *p < 0x7f;
  if (is_plain)
    return g_steal_pointer (&valid);
  printable = g_string_new (NULL);
  for (const char *p = valid; *p != '\0'; p = g_utf8_next_char (p))
    {
      gunichar c = g_utf8_get_char (p);

      g_string_append_unichar (printable, c == '\n' ? line_end : c == '\t' ? tab : is_control (c) ? 0xfffd : c);
    }
  return g_string_free (g_steal_pointer (&printable), FALSE);
}

char *
sp_printable_text (const char *text, gssize n_bytes)
{
  return replace_controls (text, n_bytes, 0xfffd, 0xfffd);
}

char *
sp_printable_lines (const char *text, gssize n_bytes)
{
  return replace_controls (text, n_bytes, '\n', '\t');
}

char *
sp_visible_text (const char *text)
{
  return replace_controls (text, -1, 0x21b5, 0x21e5);
}
