/* sp-table-filter.h - a choice of which rows of a table are shown: all, or those of one class */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-table-view.h"

GtkWidget *sp_table_filter_new       (SpTableView *view);
void       sp_table_filter_set_table (GtkWidget *filter, SpTable *table);  /* hidden where it has no classes; NULL: there is none */
