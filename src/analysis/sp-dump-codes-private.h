/* sp-dump-codes-private.h - shared by the parts of sp-dump-codes: tensors that are sparse codes together */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump-codes.h"
#include "sp-dump-private.h"

typedef enum {
  SP_CODES_PAIRS,                /* places and values (tokens, k) */
  SP_CODES_ROWS,                 /* starts (tokens + 1), ascending; places and values (n) */
  SP_CODES_ENTRIES,              /* places (n, 2 or 3), values (n) */
  SP_CODES_COORDINATES,          /* starts, which are the entries' tokens, places and values (n) */
  SP_CODES_STORED,               /* values and places are a tensor [tokens, features] that is stored sparse */
} SpCodesKind;

/* All lent by the store. */
typedef struct {
  SpCodesKind     kind;
  SpStore        *store;
  const SpTensor *values, *places, *starts;
  guint64         first, n;      /* features of a split; places count from first on; n 0: it is no split */
} SpCodesPart;

/* What is read together: one part, or splits by their features. */
typedef struct {
  GArray *parts;                 /* of SpCodesPart, at least one, of one kind */
  guint64 n_tokens, n_features;
  guint64 n_per_row;             /* tokens of a row of a batch; 0: there are no rows */
  char   *problem;               /* a sentence: they are of another autoencoder; NULL: they are not, or there is none */
} SpCodesSet;

/* Whether the tensor is the values of some, by names alone; never SP_CODES_STORED. */
gboolean sp_codes_part_find  (SpStore *store, const SpTensor *tensor, SpCodesPart *part);
/* All that belongs to it.  n_features: as for sp_dump_codes_find(); notes: of char *, what was assumed. */
gboolean sp_codes_set_init   (SpCodesSet *set, const SpCodesPart *part, guint64 n_features, GPtrArray *notes, GCancellable *cancellable,
                              GError **error);
void     sp_codes_set_clear  (SpCodesSet *set);

/* As sp_dump_codes_each(); dump: for its mask. */
gboolean sp_codes_set_each   (const SpCodesSet *set, const SpDump *dump, SpDumpCodesFunc func, gpointer data, SpDumpCodesFaults *faults,
                              GCancellable *cancellable, GError **error);

/* Room for sorting; begins zeroed. */
typedef struct { guint64 *keys, *spare; gsize n; } SpCodesOrder;      /* (n) */

/* One token's n entries, fewer than 2^32, of features below 2^32, as SpCodes wants them; features, out: (n).  Entries of one feature are
 * added up in the order of the file, and their number but one to *n_added.  How many are left; G_MAXSIZE: not all are finite. */
gsize    sp_codes_order       (SpCodesOrder *self, const gint64 *places, const float *values, gsize n, guint32 *features, float *out,
                               guint64 *n_added);
void     sp_codes_order_clear (SpCodesOrder *self);

gboolean sp_codes_fail       (const SpCodesPart *part, GError **error, const char *format, ...) G_GNUC_PRINTF (3, 4);     /* FALSE */
