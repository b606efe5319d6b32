/* sp-dump-firings.h - which neurons fire at the tokens of one chunk of a dump, counted once for all analyses of a run
 *
 * A neuron fires where its activation is finite and |a| > limit; or, where a share of each token's neurons is dropped, where it is
 * not 0 and among the others, the largest of the token.  Masked tokens do not count. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#pragma once

#include "sp-dump.h"

/* Flat memory inside a worker's partial, zeroed before it is used first; 16-byte aligned. */
typedef struct {
  double   limit, dropped;               /* dropped: 0 … 1; only limit counts where it is 0 */
  gsize    n_neurons, n_tokens;          /* of the layer; of the chunk, with parts of tokens */
  guint64  n_seen, n_nonfinite;          /* elements that count; of them NaN or infinite */
  gboolean is_used;
  gboolean has_parts;                    /* of tokens too long for a chunk, which dropping cannot judge: they count as silent */
  guint32  counts[];
} SpFirings;

/* Tokens that a chunk has a part of at most: it may begin and end within one. */
static inline gsize
sp_firings_most_tokens (guint64 n_neurons)
{
  return SP_CHUNK_ELEMENTS / MAX (n_neurons, 1) + 2;
}

gsize sp_firings_bytes (guint64 n_neurons);
void  sp_firings_clear (SpFirings *firings);          /* for the next chunk */

/* Counts into own, or lends what another analysis counted of the same chunk in the same way: valid until the chunk is folded. */
const SpFirings *sp_firings_count (SpFirings *own, const SpDump *dump, gsize item, const SpChunk *chunk, double limit, double dropped);

/* Firings of each neuron; at each token, from the chunk's first; and how many of them were NaN or infinite: only if n_nonfinite > 0. */
static inline const guint32 *sp_firings_by_neuron (const SpFirings *f) { return f->counts; }
static inline const guint32 *sp_firings_by_token  (const SpFirings *f) { return f->counts + f->n_neurons; }
static inline const guint32 *sp_firings_odd_by_neuron (const SpFirings *f) { return f->counts + f->n_neurons + f->n_tokens; }
static inline const guint32 *sp_firings_odd_by_token  (const SpFirings *f) { return f->counts + 2 * f->n_neurons + f->n_tokens; }
