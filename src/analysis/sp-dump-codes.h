/* sp-dump-codes.h - codes of features that were recorded, a block of tokens at a time
 *
 * A matrix [tokens, features], or [batch, sequence, features], called feature_acts, sae_acts, latents, codes or the like. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"
#include "sp-dump.h"

gboolean sp_dump_has_codes   (SpStore *store);
/* Adds those of n_features, of an autoencoder, to what sp_dump_offer_rows() offers; 0: there is none, and nothing to add. */
void     sp_dump_offer_codes (GPtrArray *offers, SpStore *const *stores, gsize n_stores, guint64 n_features);

typedef struct _SpDumpCodes SpDumpCodes;

/* The ones called name, as offered; NULL: the first there are.  n_features: of the autoencoder they are of; 0: there is none.  Any thread.
 * NULL: there are none.  *dump: one layer whose neurons are the features, or the sentence why there is none; NULL: none was asked for.
 * Both are the caller's, who keeps the dump and the items while codes are read. */
SpDumpCodes *sp_dump_codes_new  (const SpItems *items, const char *name, guint64 n_features, SpDump **dump);
void         sp_dump_codes_free (SpDumpCodes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpDumpCodes, sp_dump_codes_free)

#define SP_DUMP_CODES_MOST_TOKENS 4096     /* of a block */

/* tokens: (codes->n_tokens) their numbers in the dump, ascending. */
typedef gboolean (*SpDumpCodesFunc) (gpointer data, const SpCodes *codes, const guint64 *tokens, GError **error);

/* In order, on the calling thread, without masked tokens, and without those that have a value that is not finite: n_nonfinite of them. */
gboolean     sp_dump_codes_each (SpDumpCodes *self, SpDumpCodesFunc func, gpointer data, guint64 *n_nonfinite, GCancellable *cancellable,
                                 GError **error);
