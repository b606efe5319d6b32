/* clipboard.c - what another program gets from the clipboard: clipboard [PICTURE]; without, its text to standard output */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gtk/gtk.h>

static void
on_text (GObject *clipboard, GAsyncResult *result, gpointer is_done)
{
  g_autofree char *text = gdk_clipboard_read_text_finish (GDK_CLIPBOARD (clipboard), result, NULL);

  if (text != NULL)
    g_print ("%s", text);
  *(gboolean *) is_done = TRUE;
}

static const char *path;

static void
on_picture (GObject *clipboard, GAsyncResult *result, gpointer is_done)
{
  g_autoptr (GdkTexture) texture = gdk_clipboard_read_texture_finish (GDK_CLIPBOARD (clipboard), result, NULL);

  if (texture != NULL)
    gdk_texture_save_to_png (texture, path);
  *(gboolean *) is_done = TRUE;
}

int
main (int argc, char **argv)
{
  GdkClipboard *clipboard;
  gboolean      is_done = FALSE;

  gtk_init ();
  clipboard = gdk_display_get_clipboard (gdk_display_get_default ());
  path = argc > 1 ? argv[1] : NULL;
  if (path != NULL)
    gdk_clipboard_read_texture_async (clipboard, NULL, on_picture, &is_done);
  else
    gdk_clipboard_read_text_async (clipboard, NULL, on_text, &is_done);
  while (!is_done)
    g_main_context_iteration (NULL, TRUE);
}
