/* sp-plot-menu.h - how a plot looks: scales, measure, colours and their limits */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

/* A menu button's popover that acts on view; made anew each time it opens. */
GtkWidget *sp_plot_menu_new (SpPlotView *view);
