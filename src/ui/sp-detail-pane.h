/* sp-detail-pane.h - more about the neuron that is selected: the tokens at which it is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-session.h"

#include <gtk/gtk.h>

#define SP_TYPE_DETAIL_PANE (sp_detail_pane_get_type ())
G_DECLARE_FINAL_TYPE (SpDetailPane, sp_detail_pane, SP, DETAIL_PANE, GtkWidget)

/* Shows and hides itself, as what is selected is a row of a table of the result that has a detail. */
GtkWidget *sp_detail_pane_new        (SpSession *session);
void       sp_detail_pane_set_result (SpDetailPane *self, SpResult *result);     /* NULL: none */
