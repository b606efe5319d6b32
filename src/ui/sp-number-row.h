/* sp-number-row.h - a number: title, slider (linear or logarithmic), entry, unit */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#include <gtk/gtk.h>

#define SP_TYPE_NUMBER_ROW (sp_number_row_get_type ())
G_DECLARE_FINAL_TYPE (SpNumberRow, sp_number_row, SP, NUMBER_ROW, GtkWidget)

/* Signal "changed" when a person moved it; param is const data of an analysis. */
GtkWidget *sp_number_row_new       (const SpParam *param);
double     sp_number_row_get_value (SpNumberRow *self);
void       sp_number_row_set_value (SpNumberRow *self, double value);   /* without "changed" */
void       sp_number_row_set_most  (SpNumberRow *self, double most);    /* at first the parameter's own */
