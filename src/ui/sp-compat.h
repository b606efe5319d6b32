/* sp-compat.h - every use of what a later GTK or libadwaita replaces */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include <adwaita.h>

/* Before GTK starts: drawing with Cairo needs no GL, and starting GL takes a good part of the time to the first frame. */
void sp_compat_skip_gl        (void);

/* Called once with the file chosen, or NULL; then problem says what went wrong, or is NULL: nothing was chosen. */
typedef void (*SpFileFunc) (GFile *file, const char *problem, gpointer data);

/* The widget's text colour, as the theme has it. */
void sp_compat_get_color      (GtkWidget *widget, GdkRGBA *color);
/* data is dropped with free_data after func ran. */
void sp_compat_choose_file (GtkWindow *parent,
                            const char *title,
                            gboolean is_folder,
                            SpFileFunc func,
                            gpointer data,
                            GDestroyNotify free_data);
void sp_compat_save_file (GtkWindow *parent,
                          const char *title,
                          const char *name,
                          SpFileFunc func,
                          gpointer data,
                          GDestroyNotify free_data);
void sp_compat_show_about     (GtkWindow *parent);
void sp_compat_show_shortcuts (GtkWindow *parent);
void sp_compat_scroll_to      (GtkWidget *column_view, guint position);
/* Text into a GtkInscription; before GTK 4.10 that does not tell screen readers. */
void sp_compat_inscribe       (GtkWidget *inscription, const char *text);
/* For screen readers, which before GTK 4.10 meet a drop-down's button without a name, and whatever is not hidden. */
void sp_compat_name_drop_down (GtkWidget *drop_down, const char *title);
void sp_compat_show_child     (GtkWidget *stack, GtkWidget *shown);
/* The title of the last column stands over the end of its cells. */
void sp_compat_end_title      (GtkWidget *column_view);
