/* main.c - starts the window */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-application.h"
#include "sp-compat.h"
#include "sp-locale.h"

int
main (int argc, char **argv)
{
  g_autoptr (SpApplication) application = NULL;

  sp_locale_init ();
  gtk_disable_setlocale ();     /* it would undo that */
  sp_compat_skip_gl ();
  application = sp_application_new ();
  return g_application_run (G_APPLICATION (application), argc, argv);
}
