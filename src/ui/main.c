/* main.c - starts the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-application.h"
#include "sp-compat.h"
#include "sp-locale.h"
#include "sp-place.h"

/* Settings schema and icons are looked for in the system's data folders; the program may lie outside of them. */
static void
add_data_dir (void)
{
  g_autofree char *own = sp_place_dup_data_dir (), *dirs = NULL;
  const char      *known = g_getenv ("XDG_DATA_DIRS");

  if (known == NULL || *known == '\0')
    known = "/usr/local/share:/usr/share";
  dirs = g_strjoin (":", known, own, NULL);
  g_setenv ("XDG_DATA_DIRS", dirs, TRUE);
}

int
main (int argc, char **argv)
{
  g_autoptr (SpApplication) application = NULL;

  add_data_dir ();
  sp_locale_init ();
  gtk_disable_setlocale ();     /* it would undo that */
  sp_compat_skip_gl ();
  application = sp_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
