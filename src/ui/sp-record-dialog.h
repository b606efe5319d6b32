/* sp-record-dialog.h - runs a model on a text, and writes what its layers do */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-model.h"

#include <adwaita.h>

#define SP_TYPE_RECORD_DIALOG (sp_record_dialog_get_type ())
G_DECLARE_FINAL_TYPE (SpRecordDialog, sp_record_dialog, SP, RECORD_DIALOG, AdwWindow)

/* Not modal: the window stays in use while it records; closed, it stops.
 * Signal "done" (path, what of it became 0 or NULL). */
GtkWidget *sp_record_dialog_new       (GtkWindow *parent, SpModel *model);
SpStore   *sp_record_dialog_get_store (SpRecordDialog *self);            /* the model's; lent */
