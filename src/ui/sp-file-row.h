/* sp-file-row.h - a parameter that is a file: its name, a way to choose it, a place to drop it, and some that may be meant */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#include <gtk/gtk.h>

#define SP_TYPE_FILE_ROW (sp_file_row_get_type ())
G_DECLARE_FINAL_TYPE (SpFileRow, sp_file_row, SP, FILE_ROW, GtkWidget)

/* Signal "changed" when a person chose; param is const data of an analysis.
 * is_page: in the middle of a page that has nothing else to show; else a row of the form. */
GtkWidget  *sp_file_row_new       (const SpParam *param, gboolean is_page);
void        sp_file_row_set_store (SpFileRow *self, SpStore *store);     /* whose offers are shown; NULL: none are */
const char *sp_file_row_get_path  (SpFileRow *self);                     /* lent; NULL: none */
void        sp_file_row_set_path  (SpFileRow *self, const char *path);   /* without "changed" */
