/* sp-dump-firings.c - which neurons fire at the tokens of one chunk of a dump, counted once for all analyses of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-firings.h"

#include "kernels.h"

#include <math.h>
#include <string.h>

gsize
sp_firings_bytes (guint64 n_neurons)
{
  return sizeof (SpFirings) + 2 * (n_neurons + sp_firings_most_tokens (n_neurons)) * sizeof (guint32);
}

void
sp_firings_clear (SpFirings *firings)
{
  gsize n_each = firings->n_neurons + firings->n_tokens;

  if (firings->is_used)
    memset (firings->counts, 0, (firings->n_nonfinite > 0 ? 2 : 1) * n_each * sizeof (guint32));
  firings->n_seen = firings->n_nonfinite = 0;
  firings->is_used = FALSE;
}

static gboolean
is_odd (SpDtype dtype, gconstpointer p)
{
  double value;
  float  narrow;

  if (dtype == SP_DTYPE_F64)
    {
      memcpy (&value, p, sizeof value);
      return !isfinite (value);
    }
  sp_kernels ()->widen[dtype] (p, 1, &narrow);
  return !isfinite (narrow);
}

/* NaN is seldom, so only where there is one it is looked for. */
static void
count_odd (SpFirings *firings, SpDtype dtype, const SpDumpBlock *block, gsize token)
{
  guint32      *by_neuron = (guint32 *) sp_firings_odd_by_neuron (firings) + block->neuron;
  guint32      *by_token = (guint32 *) sp_firings_odd_by_token (firings) + token;
  const guint8 *p = block->data;

  for (gsize t = 0; t < block->n_tokens; t++)
    for (gsize k = 0; k < block->n_neurons; k++, p += sp_dtype_size (dtype))
      if (is_odd (dtype, p))
        {
          by_neuron[k]++;
          by_token[t]++;
        }
}

/* By their size among their token's; what is not finite is counted by a limit that nothing reaches. */
static void
count_largest (SpFirings *firings, SpDtype dtype, const SpDumpBlock *block, guint32 *by_neuron, guint32 *by_token)
{
  if (block->n_neurons == firings->n_neurons)
    sp_kernels ()->top[dtype] (block->data, block->n_tokens, block->n_neurons, firings->dropped, by_neuron, by_token);
  else
    firings->has_parts = TRUE;
  sp_kernels ()->fires[dtype] (block->data, block->n_tokens, block->n_neurons, G_MAXDOUBLE, by_neuron, by_token, &firings->n_nonfinite);
}

static void
count_block (SpFirings *firings, SpDtype dtype, const SpDumpBlock *block, gsize token)
{
  guint64  before = firings->n_nonfinite;
  guint32 *by_neuron = firings->counts + block->neuron, *by_token = firings->counts + firings->n_neurons + token;

  if (firings->dropped > 0)
    count_largest (firings, dtype, block, by_neuron, by_token);
  else
    sp_kernels ()->fires[dtype] (block->data, block->n_tokens, block->n_neurons, firings->limit, by_neuron, by_token,
                                 &firings->n_nonfinite);
  if (firings->n_nonfinite > before)
    count_odd (firings, dtype, block, token);
  firings->n_seen += block->n_tokens * block->n_neurons;
}

const SpFirings *
sp_firings_count (SpFirings *own, const SpDump *dump, gsize item, const SpChunk *chunk, double limit, double dropped)
{
  const SpFirings *shared = *chunk->shared;
  SpDumpCursor     cursor;
  SpDumpBlock      block;
  guint64          first;

  if (shared != NULL && shared->limit == limit && shared->dropped == dropped)
    return shared;
  sp_dump_cursor_init (&cursor, dump, item, chunk);
  first = sp_dump_cursor_token (&cursor, 0);
  own->limit = limit;
  own->dropped = dropped;
  own->has_parts = FALSE;
  own->n_neurons = cursor.n_neurons;
  own->n_tokens = sp_dump_cursor_token (&cursor, chunk->n - 1) + 1 - first;
  own->is_used = TRUE;
  while (sp_dump_next (&cursor, &block))
    count_block (own, chunk->tensor->dtype, &block, block.token - first);
  *chunk->shared = own;
  return own;
}
