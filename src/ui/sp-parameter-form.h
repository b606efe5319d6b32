/* sp-parameter-form.h - the parameters of the page shown, and the definition of its numbers */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_PARAMETER_FORM (sp_parameter_form_get_type ())
G_DECLARE_FINAL_TYPE (SpParameterForm, sp_parameter_form, SP, PARAMETER_FORM, GtkWidget)

GtkWidget *sp_parameter_form_new (SpSession *session);
