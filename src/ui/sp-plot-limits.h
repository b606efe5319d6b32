/* sp-plot-limits.h - where the colours of a heatmap end, over a histogram of its cells */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

/* For a view that shows a heatmap; a choice, the histogram with both limits to be dragged, and two numbers. */
GtkWidget *sp_plot_limits_new (SpPlotView *view);
