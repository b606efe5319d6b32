/* sp-window-private.h - shared by the window's parts */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"
#include "sp-session.h"
#include "sp-window.h"

struct _SpWindow {
  AdwApplicationWindow parent_instance;
  GtkWidget    *title, *error, *toasts, *stack, *loading, *panes, *tree, *tabs, *pages, *open;
  GtkWidget    *content, *export, *bar;      /* bar: below, while compact */
  GtkWidget    *toggles[2];           /* of the side panes */
  GtkWidget    *homes[3];             /* boxes of the first toggle, the tabs and the second toggle while not compact */
  gboolean      is_compact;
  guint         compact_idle;
  GMenu        *recents;

  SpSession    *session;              /* owned */
  GCancellable *cancellable;          /* of the files being opened; owned */
  guint         n_loading, n_opened;  /* of them; that were ever asked for */
  char         *failed_path;          /* what "Retry" opens again; NULL: runs again */
  char         *next_path, *next_page;    /* opened, and shown, when what is loading is there; NULL: nothing */
  const SpAnalysis *failed_analysis;
};

void        sp_window_add_actions   (GtkWidgetClass *widget_class);
void        sp_window_add_drop      (SpWindow *self);
void        sp_window_fit           (SpWindow *self);      /* to the width it was given */
void        sp_window_show_bar      (SpWindow *self);      /* or what stands in the header bar instead */
void        sp_window_choose        (SpWindow *self, gboolean is_folder);
SpPlotView *sp_window_get_plot_view (SpWindow *self);      /* of the page shown; NULL */
SpTable    *sp_window_get_table     (SpWindow *self);      /* of the page shown; NULL */
void        sp_window_open_beside   (SpWindow *self, const char *path, const char *next_path, const char *page);    /* then the next, at
                                     this page */
void        sp_window_fail          (SpWindow *self, const char *sentence);   /* the banner, with another choice */
void        sp_window_tell          (SpWindow *self, const char *sentence);   /* a toast */
