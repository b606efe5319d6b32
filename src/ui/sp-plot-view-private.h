/* sp-plot-view-private.h - shared by what paints, what reads closer and what listens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

typedef enum { SP_DRAG_NONE, SP_DRAG_PAN, SP_DRAG_BOX, SP_DRAG_MARKER, SP_DRAG_HANDLED } SpDrag;

/* What is remembered of each plot. */
typedef struct {
  SpView view;
  SpAxis fit_x, fit_y;                       /* limits when nothing is set by hand */
} SpLook;

struct _SpPlotView {
  GtkWidget         parent_instance;
  SpSession        *session;                 /* owned */
  const SpAnalysis *analysis;

  SpResult         *result;                  /* owned; NULL: nothing */
  SpFigure         *figure;                  /* owned; NULL: nothing */
  GHashTable       *looks;                   /* plot id → SpLook */
  SpLook           *look;                    /* of the plot shown; lent by looks */
  SpView           *view;                    /* of look */
  char             *reading;                 /* what the limits held in looks are of; NULL: nothing held */
  GdkTexture       *texture;                 /* the figure as last drawn; NULL: to be drawn */

  gboolean          has_cursor;              /* the pointer or the keyboard is somewhere */
  double            cursor_x, cursor_y;      /* widget coordinates */
  SpHit             hit;                     /* under the cursor */

  SpDrag            drag;
  double            drag_x, drag_y;          /* where it began */
  double            box_x, box_y;            /* opposite corner of the box */
  SpAxis            drag_axis_x, drag_axis_y;   /* when it began */
  gsize             marker;                  /* the one dragged */

  guint             detail_timeout;
  GCancellable *detail; /* of the elements being read for a close look, the newest wish; NULL: none */
};

void sp_plot_view_init_input    (SpPlotView *self);
void sp_plot_view_add_bindings  (GtkWidgetClass *widget_class);
void sp_plot_view_redraw (SpPlotView *self); /* data and all; else gtk_widget_queue_draw() paints the cursor only */
void sp_plot_view_hit           (SpPlotView *self);        /* looks again under the cursor */
void sp_plot_view_look_closer   (SpPlotView *self);        /* a moment after the last call: reads elements, where they show */
gboolean sp_plot_view_is_y_down (SpPlotView *self);
