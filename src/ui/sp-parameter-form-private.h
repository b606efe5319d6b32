/* sp-parameter-form-private.h - shared by the form and its rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-parameter-form.h"

/* A row tells the form what a person chose; while the form shows values, it does not listen. */
void           sp_parameter_form_take_number (SpParameterForm *self, const SpParam *param, double value);
void           sp_parameter_form_take_text   (SpParameterForm *self, const SpParam *param, const char *text);   /* NULL: not set */

/* One parameter's widget, of the kind that its type needs; param is const data of an analysis. */
GtkWidget     *sp_parameter_row_new          (SpParameterForm *self, const SpParam *param);
void           sp_parameter_row_show         (GtkWidget *row, SpArgs *args);
const SpParam *sp_parameter_row_get_param    (GtkWidget *row);
