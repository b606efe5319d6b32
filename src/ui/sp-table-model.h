/* sp-table-model.h - the rows of a table, or some of them, as a list, in a chosen order */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-table.h"

#include <gio/gio.h>

/* An item knows its position and nothing else; it lives as long as somebody looks at it. */
#define SP_TYPE_TABLE_ROW (sp_table_row_get_type ())
G_DECLARE_FINAL_TYPE (SpTableRow, sp_table_row, SP, TABLE_ROW, GObject)
guint         sp_table_row_get_position (SpTableRow *self);

#define SP_TYPE_TABLE_MODEL (sp_table_model_get_type ())
G_DECLARE_FINAL_TYPE (SpTableModel, sp_table_model, SP, TABLE_MODEL, GObject)

SpTableModel *sp_table_model_new         (void);
/* A table with as many rows changes what stands in them, not the items: cells are shown again by who shows them.
 * FALSE: each row is where it was. */
gboolean      sp_table_model_set_table   (SpTableModel *self, SpTable *table);
SpTable      *sp_table_model_get_table   (SpTableModel *self);                       /* NULL: none */
void sp_table_model_sort (SpTableModel *self, gssize column, gboolean is_descending); /* -1: as it is */
/* Rows whose column of this name has this text, of whatever table is set; NULL, or no such column: all. */
void          sp_table_model_show_only   (SpTableModel *self, const char *column, const char *text);
gsize         sp_table_model_row_at      (SpTableModel *self, guint position);       /* row of the table */
guint         sp_table_model_position_of (SpTableModel *self, gsize row);
