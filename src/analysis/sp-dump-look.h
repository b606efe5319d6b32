/* sp-dump-look.h - one neuron of a dump, looked at closely: the tokens at which it is most active */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

typedef struct { guint64 token; double value; } SpDumpTop;

/* Reference counted, immutable, any thread; keeps the stores it reads from. */
typedef struct _SpDumpLook SpDumpLook;

SpDumpLook *sp_dump_look_new   (SpDump *take_dump, const SpItems *items);
SpDumpLook *sp_dump_look_ref   (SpDumpLook *look);
void        sp_dump_look_unref (SpDumpLook *look);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (SpDumpLook, sp_dump_look_unref)

/* Around a token of a layer: tokens first … end − 1, up to 8 on either side of its own sequence. */
void        sp_dump_find_context (const SpDump *dump, gsize layer, guint64 token, guint64 *first, guint64 *end);

/* Reads the neuron's activations again, rounded to f32; masked tokens, NaN and infinities do not count.  The table "top_tokens":
 *   rank         1 … at most 10: the largest above 0, the first token of equals; then, if the most negative is farther from 0
 *                than the largest is, -1 … at most -10: the most negative
 *   token        its number in the layer
 *   activation
 *   before, text, after    the token's text and up to 8 tokens on either side, of its own sequence; only where texts are known */
SpTable    *sp_dump_look_read  (SpDumpLook *look, gsize layer, guint64 neuron, GCancellable *cancellable, GError **error);

/* Such a table of tops that were found elsewhere, largest first and above 0. */
SpTable    *sp_dump_look_table (SpDumpLook *look, gsize layer, const SpDumpTop *tops, gsize n);

/* Makes this the detail of a table of neurons: its rows say by their keys of which. */
void        sp_dump_look_link  (SpDumpLook *look, SpTable *neurons);
