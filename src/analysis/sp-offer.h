/* sp-offer.h - what the opened stores offer as the value of a parameter that is text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-store.h"

/* One choice.  Immutable. */
typedef struct {
  char    *text;                 /* the value, as parsed: "act.*", or "dump-a:act.*" where several stores have it */
  char    *title;                /* for people: "act.* – 4 layers × 160 neurons" */
  gboolean is_fallback;          /* what is taken where no value is set; at most one is */
} SpOffer;

SpOffer *sp_offer_new  (const char *text, const char *title, gboolean is_fallback);
void     sp_offer_free (gpointer offer);

/* Something in a store that is offered by its name; both lent.  NULL: it is all of the store, by whose title it goes. */
typedef struct { SpStore *store; const char *name; } SpNamed;
/* Texts to choose each of n by: its name; where another goes by that too, with its store's title or, where that does not do either, its
 * path; of one file opened twice the name is all there is. */
char   **sp_named_dup_texts (const SpNamed *named, gsize n);
gboolean sp_named_goes_by   (const SpNamed *named, const char *text);     /* it may be meant: one of those three */

/* offers: of SpOffer.  What follows a colon stands for all of a text; the first that fits.  G_MAXUINT: none does. */
guint    sp_offers_find (GPtrArray *offers, const char *text);
/* "act.*, gate.* and 14 more"; the first texts, all but the one at skip (G_MAXUINT: none is left out). */
char    *sp_offers_list (GPtrArray *offers, guint skip, guint most);
/* The text files of a folder, or beside a file: path and size, in natural order; those offered already are left out. */
void     sp_offers_add_texts (GPtrArray *offers, const char *path);
GPtrArray *sp_offer_texts (SpStore *const *stores, gsize n_stores);           /* those beside any of them */
