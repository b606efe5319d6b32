/* drag-source.c - a window one can drag a file out of: drag-source FILE */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include <gtk/gtk.h>

int
main (int argc, char **argv)
{
  g_autoptr (GFile) file = g_file_new_for_commandline_arg (argc > 1 ? argv[1] : "");
  GtkDragSource    *source;
  GtkWidget        *window;

  gtk_init ();
  window = gtk_window_new ();
  source = gtk_drag_source_new ();
  gtk_drag_source_set_content (source, gdk_content_provider_new_typed (G_TYPE_FILE, file));
  gtk_widget_add_controller (window, GTK_EVENT_CONTROLLER (source));
  gtk_window_set_decorated (GTK_WINDOW (window), FALSE);
  gtk_window_set_default_size (GTK_WINDOW (window), 200, 200);
  gtk_window_present (GTK_WINDOW (window));
  for (;;)
    g_main_context_iteration (NULL, TRUE);
}
