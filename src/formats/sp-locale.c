/* sp-locale.c - the language of the person, and numbers that are the same in every language */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-locale.h"

#include "sp-place.h"

#include <glib.h>
#include <libintl.h>
#include <locale.h>

void
sp_locale_init (void)
{
  const char      *folder = g_getenv ("SPARSOSCOPE_LOCALE_DIR");
  g_autofree char *own = sp_place_dup_locale_dir ();

  setlocale (LC_ALL, "");
  setlocale (LC_NUMERIC, "C");
  bindtextdomain (GETTEXT_PACKAGE, folder != NULL ? folder : own);
  bind_textdomain_codeset (GETTEXT_PACKAGE, "UTF-8");
  textdomain (GETTEXT_PACKAGE);
}

void
sp_locale_end_messages (void)
{
  setlocale (LC_MESSAGES, "C");
}
