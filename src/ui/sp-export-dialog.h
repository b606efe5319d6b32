/* sp-export-dialog.h - a plot as a picture, its numbers as CSV or JSON, and lists of indices */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-plot-view.h"

#include <adwaita.h>

#define SP_TYPE_EXPORT_DIALOG (sp_export_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SpExportDialog, sp_export_dialog, SP, EXPORT_DIALOG, AdwWindow)

/* What is to be written; everything is taken when the dialog opens.  plot and table may be NULL.
 * Signals: "done" (path), "failed" (sentence). */
GtkWidget *sp_export_dialog_new (GtkWindow *parent,
                                 SpStore *store,
                                 SpResult *result,
                                 const SpPlot *plot,
                                 const SpView *view,
                                 SpTable *table);
