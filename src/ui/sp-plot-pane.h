/* sp-plot-pane.h - the plots of a result: which one, the plot, its caption */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

#define SP_TYPE_PLOT_PANE (sp_plot_pane_get_type ())
G_DECLARE_FINAL_TYPE (SpPlotPane, sp_plot_pane, SP, PLOT_PANE, GtkWidget)

/* only: what the ids of the plots to show begin with; without: of those to leave out; NULL for either. */
GtkWidget *sp_plot_pane_new (SpSession *session, const SpAnalysis *analysis, const char *only, const char *without);
void        sp_plot_pane_set_result (SpPlotPane *self, SpResult *result);   /* NULL: nothing yet */
SpPlotView *sp_plot_pane_get_view   (SpPlotPane *self);
gboolean    sp_plot_pane_is_empty   (SpPlotPane *self);                     /* the result has no plot to show here */
