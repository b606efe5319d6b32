/* sp-text-row.h - text that is written: title, entry, and what is wrong with it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#include <gtk/gtk.h>

#define SP_TYPE_TEXT_ROW (sp_text_row_get_type ())
G_DECLARE_FINAL_TYPE (SpTextRow, sp_text_row, SP, TEXT_ROW, GtkWidget)

/* Signal "changed" when a person wrote something that the parameter's check lets pass, and pressed Enter or went on;
 * param is const data of an analysis. */
GtkWidget  *sp_text_row_new      (const SpParam *param);
const char *sp_text_row_get_text (SpTextRow *self);                      /* lent; "": not set */
void        sp_text_row_set_text (SpTextRow *self, const char *text);    /* without "changed"; NULL: not set */
