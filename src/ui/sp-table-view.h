/* sp-table-view.h - any table: sortable columns, rows on demand, linked to the selected tensor */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_TABLE_VIEW (sp_table_view_get_type ())
G_DECLARE_FINAL_TYPE (SpTableView, sp_table_view, SP, TABLE_VIEW, GtkWidget)

GtkWidget *sp_table_view_new       (SpSession *session);
void       sp_table_view_set_table (SpTableView *self, SpResult *result, SpTable *table);   /* numbers of a preview are dimmed */
SpTable   *sp_table_view_get_table (SpTableView *self);
/* Rows whose column of this name has this text, also of tables set later; NULL, or no such column: all. */
void       sp_table_view_show_only (SpTableView *self, const char *column, const char *text);
