/* sp-table-view-private.h - shared by the columns of a table and what selects its rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-table-model.h"
#include "sp-table-view.h"

struct _SpTableView {
  GtkWidget           parent_instance;
  GtkWidget          *scrolled, *view;
  SpSession          *session;              /* owned */
  SpResult           *result;               /* whose table is shown; owned; NULL */
  SpTableModel       *model;
  GtkSingleSelection *selection;
  GPtrArray          *cells;                /* of GtkListItem: bound, borrowed */
  SpTable            *layout;               /* the columns were made for this one; owned */
  guint               count_chars;          /* of its longest count */
  guint               name_chars;           /* of the longest text of its first column */
  gsize               selected;             /* row of the name selected last */
  gssize              probed;               /* while probing the sorter: the first column it asked */
  gboolean            is_selecting;
};

void     sp_table_view_make_columns       (SpTableView *self, SpTable *table);
gboolean sp_table_view_has_columns_of     (SpTableView *self, SpTable *table);     /* those made would do for it, too */
void     sp_table_view_show_cells         (SpTableView *self);                     /* again, all that are bound */
void     sp_table_view_show_changed_cells (SpTableView *self, SpTable *before);    /* those of columns that are others now */
void     sp_table_view_sort               (SpTableView *self);                     /* as the header says */
void     sp_table_view_show_selection     (SpTableView *self);
