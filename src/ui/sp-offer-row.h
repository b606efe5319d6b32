/* sp-offer-row.h - text that is chosen from what the opened stores offer: title and drop-down */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-analysis.h"

#include <gtk/gtk.h>

#define SP_TYPE_OFFER_ROW (sp_offer_row_get_type ())
G_DECLARE_FINAL_TYPE (SpOfferRow, sp_offer_row, SP, OFFER_ROW, GtkWidget)

/* Signal "changed" when a person chose; visible only where there is a choice.  param is const data of an analysis. */
GtkWidget  *sp_offer_row_new         (const SpParam *param);
/* Of SpStore: what is chosen from is what these offer. */
void        sp_offer_row_set_stores  (SpOfferRow *self, GPtrArray *stores);
const char *sp_offer_row_get_text    (SpOfferRow *self);                   /* lent; NULL: what is taken without a choice */
void        sp_offer_row_set_text    (SpOfferRow *self, const char *text); /* without "changed" */
