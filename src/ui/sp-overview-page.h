/* sp-overview-page.h - the model's fingerprint and the facts beside it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

#define SP_TYPE_OVERVIEW_PAGE (sp_overview_page_get_type ())
G_DECLARE_FINAL_TYPE (SpOverviewPage, sp_overview_page, SP, OVERVIEW_PAGE, GtkWidget)

GtkWidget  *sp_overview_page_new      (SpSession *session);
SpPlotView *sp_overview_page_get_view (SpOverviewPage *self);
