/* sp-detail-rows.h - a few tokens with what stands around them, as a concordance has them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-table.h"

#include <gtk/gtk.h>

#define SP_TYPE_DETAIL_ROWS (sp_detail_rows_get_type ())
G_DECLARE_FINAL_TYPE (SpDetailRows, sp_detail_rows, SP, DETAIL_ROWS, GtkWidget)

GtkWidget *sp_detail_rows_new  (void);
void       sp_detail_rows_show (SpDetailRows *self, SpTable *tops);      /* as sp_dump_look_read() makes it */
