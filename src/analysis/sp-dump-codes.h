/* sp-dump-codes.h - codes of features that were recorded, a block of tokens at a time, whichever way they are stored
 *
 * Dense: a matrix [tokens, features], or [batch, sequence, features], called feature_acts, sae_acts, latents, codes or the like; a sparse
 * tensor of PyTorch is one, too.  Sparse, by the names of tensors that lie side by side, with whatever stands before and after the word:
 *   pairs      top_indices and top_acts, latent_indices and latent_acts, topk_indices and topk_values, idx and val, indices and values …:
 *              integers and floats [tokens, k] or [batch, sequence, k]
 *   rows       crow_indices, col_indices, values (PyTorch); indptr, indices, data (SciPy's save_npz): CSR, a row a token
 *   entries    locations [n, 3] of batch, position and feature, or [n, 2] of token and feature, with activations [n]: a cache of
 *              EleutherAI's delphi, in one file or in splits of features that say by their names which, "8192_16383.safetensors"; row, col
 *              and data (SciPy).  In the order of their tokens.
 * How many features there are says a vector shape (or size) beside, else the autoencoder they are of; else it is the largest index and
 * one, which is noted.  Entries of value 0 do not count; of those with another value, several of one feature at a token are added up, as
 * SciPy and PyTorch do. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-codes.h"
#include "sp-dump.h"

gboolean sp_dump_has_codes   (SpStore *store);
/* Adds sparse ones to those of sp_dump_offer_rows(), and dense ones of n_features, if there is an autoencoder; 0: there is none. */
void     sp_dump_offer_codes (GPtrArray *offers, SpStore *const *stores, gsize n_stores, guint64 n_features);

typedef struct _SpDumpCodes SpDumpCodes;

/* The ones called name, as offered; NULL: the first there are.  n_features: of the autoencoder they are of; 0: there is none.  Any thread;
 * reads the indices where nothing else says how many features there are.  *codes NULL: there are none.  *dump: one layer whose neurons are
 * the features, or the sentence why there is none; NULL: there is nothing to say.  Both are the caller's, who keeps the dump and the items
 * while codes are read.  Those of another autoencoder are none.  FALSE, an error: parts that do not fit each other. */
gboolean     sp_dump_codes_find (const SpItems *items, const char *name, guint64 n_features, SpDumpCodes **codes, SpDump **dump,
                                 GCancellable *cancellable, GError **error);
void         sp_dump_codes_free (SpDumpCodes *self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpDumpCodes, sp_dump_codes_free)

#define SP_DUMP_CODES_MOST_TOKENS 4096     /* of a block */

typedef struct {
  guint64 n_nonfinite;           /* tokens left out for a value that is not finite */
  guint64 n_added;               /* entries added to one of the same token and feature */
} SpDumpCodesFaults;

/* tokens: (codes->n_tokens) their numbers in the dump, ascending. */
typedef gboolean (*SpDumpCodesFunc) (gpointer data, const SpCodes *codes, const guint64 *tokens, GError **error);

/* In order, on the calling thread, without masked tokens.  Memory grows neither with the tokens nor with their entries.
 * Errors: places that cannot be, by token and number. */
gboolean     sp_dump_codes_each (SpDumpCodes *self, SpDumpCodesFunc func, gpointer data, SpDumpCodesFaults *faults,
                                 GCancellable *cancellable, GError **error);
