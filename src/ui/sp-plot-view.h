/* sp-plot-view.h - the one plot widget: zoom, pan, cursor, readout, markers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-figure.h"
#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_PLOT_VIEW (sp_plot_view_get_type ())
G_DECLARE_FINAL_TYPE (SpPlotView, sp_plot_view, SP, PLOT_VIEW, GtkWidget)

/* Signals: "key-clicked" (tensor name), "view-changed". */
GtkWidget     *sp_plot_view_new        (SpSession *session, const SpAnalysis *analysis);
/* What was zoomed, hidden or coloured by hand stays so for the plot of the same name. */
void           sp_plot_view_set_plot   (SpPlotView *self, SpResult *result, const SpPlot *plot);   /* NULL: nothing */
SpFigure      *sp_plot_view_get_figure (SpPlotView *self);           /* lent; NULL: nothing shown */
SpResult      *sp_plot_view_get_result (SpPlotView *self);
SpView        *sp_plot_view_edit       (SpPlotView *self);           /* lent; then: */
void           sp_plot_view_edited     (SpPlotView *self);
void sp_plot_view_zoom (SpPlotView *self, double factor); /* about the cursor or the middle; > 1: closer */
void           sp_plot_view_fit        (SpPlotView *self);
/* Heatmaps: square elements of a whole number of pixels, as many as fit the matrix, at least one; about the cursor. */
void           sp_plot_view_one_to_one (SpPlotView *self);
gboolean       sp_plot_view_is_matrix  (SpPlotView *self);           /* of numbered rows and columns: one to one makes sense */
void           sp_plot_view_copy       (SpPlotView *self);           /* the picture, to the clipboard */
void           sp_plot_view_copy_numbers (SpPlotView *self);         /* what is behind it, as CSV */
