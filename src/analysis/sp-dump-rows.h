/* sp-dump-rows.h - vectors a token, such as hidden states: which tensors may be some, and the rows of one
 *
 * Any matrix of floating-point numbers [tokens, width], or [batch, sequence, width], of a store without parameters may be one, whatever
 * its name.  What lies beside, a mask, sequences, texts, is found as for other dumps (sp-dump.h). */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

/* It is no model's and no autoencoder's own. */
gboolean   sp_dump_may_have_rows (SpStore *store);
/* The same of item after item, zeroed before the first: a store's come one after another, and each would ask all of its tensors. */
typedef struct { SpStore *store; gboolean may_have; } SpRowsAsked;
gboolean   sp_dump_ask_rows (SpRowsAsked *asked, const SpItem *item);

/* Of SpOffer, by store and name.  width: 0: any. */
GPtrArray *sp_dump_offer_rows (SpStore *const *stores, gsize n_stores, guint64 width);

/* A dump of one layer, which is one tensor: the one called name, or as offered; NULL: the one called hook, or of the same place by
 * another name, else of its layer, else the first there is.  hook: where an autoencoder was trained, "blocks.3.hook_mlp_out" or
 * "model.layers.3"; NULL: not known.  What was chosen without need or against the hook is noted.  See its problem,
 * which is a note, too, where there is something that does not fit. */
SpDump    *sp_dump_new_rows   (const SpItems *items, const char *name, guint64 width, const char *hook);

/* rows: (n_tokens, width); tokens: (n_tokens) their numbers in the tensor. */
typedef gboolean (*SpDumpRowsFunc) (gpointer data, const float *rows, const guint64 *tokens, gsize n_tokens, GError **error);

/* In order, most_tokens at a time and the rest at last, on the calling thread; without masked tokens, and without those that have an
 * element that is not finite: n_nonfinite of them. */
gboolean   sp_dump_each_rows  (const SpDump *dump, const SpItems *items, gsize most_tokens, SpDumpRowsFunc func, gpointer data,
                               guint64 *n_nonfinite, GCancellable *cancellable, GError **error);
