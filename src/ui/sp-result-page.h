/* sp-result-page.h - any result: plots above, tables below, notes */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

#define SP_TYPE_RESULT_PAGE (sp_result_page_get_type ())
G_DECLARE_FINAL_TYPE (SpResultPage, sp_result_page, SP, RESULT_PAGE, GtkWidget)

GtkWidget  *sp_result_page_new       (SpSession *session, const SpAnalysis *analysis);
SpPlotView *sp_result_page_get_view  (SpResultPage *self);
SpTable    *sp_result_page_get_table (SpResultPage *self);    /* the one shown; NULL */
