/* sp-cett-tails.c - CETT of tokens at all cuts of a reading, each neuron added up once
 *
 * A token reads all the weights, which no cache holds; so some tokens wait for one another and use each panel together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-cett.h"

#include "kernels.h"

#include <math.h>
#include <string.h>

#define NOT_COUNTED 0xffff
#define MOST_TOKENS 16                   /* for which each panel of the weights is fetched once, */
#define MOST_WAITING ((guint64) 1 << 20) /* if they have no more activations than this */

static guint
batch_size (const SpCettLayer *layer)
{
  return (guint) CLAMP (MOST_WAITING / MAX (layer->n_neurons, 1), 1, MOST_TOKENS);
}

gsize
sp_cett_room_bytes (const SpCettLayer *layer)
{
  gsize n_bytes = batch_size (layer) * (sizeof (SpCettToken) + layer->n_neurons * (sizeof (guint32) + sizeof (float)))
                  + layer->n_neurons * sizeof (guint16);

  return (n_bytes + 7) / 8 * 8;
}

void
sp_cett_batch_init (SpCettBatch *batch, const SpCettLayer *layer, gpointer room)
{
  batch->n = 0;
  batch->most = batch_size (layer);
  batch->tokens = room;
  batch->order = (guint32 *) (batch->tokens + batch->most);
  batch->factors = (float *) (batch->order + batch->most * layer->n_neurons);
  batch->cut_of = (guint16 *) (batch->factors + batch->most * layer->n_neurons);
}

/* Which cut takes each neuron first, and how many each does. */
static void
group_neurons (const SpCettLayer *layer, SpCettCuts cuts, const float *h, guint16 *cut_of, guint32 *n_in)
{
  for (guint64 i = 0; i < layer->n_neurons; i++)
    {
      cut_of[i] = NOT_COUNTED;
      if (!isfinite (h[i]))
        continue;
      cut_of[i] = (guint16) sp_cett_first_cut (layer, cuts, fabs ((double) h[i]) * layer->norms[i]);
      n_in[cut_of[i]]++;
    }
}

/* Neurons that add something, cut by cut. */
static void
sort_neurons (const SpCettLayer *layer, const float *h, const guint16 *cut_of, guint32 *ends, guint32 *order, float *factors)
{
  guint32 at[SP_CETT_SECTION] = { 0 }, sum = 0;

  for (guint64 i = 0; i < layer->n_neurons; i++)
    if (cut_of[i] != NOT_COUNTED && h[i] != 0)
      at[cut_of[i]]++;
  for (guint g = 0; g < SP_CETT_SECTION; g++)
    {
      guint32 n = at[g];

      at[g] = sum;
      sum += n;
      ends[g] = sum;
    }
  for (guint64 i = 0; i < layer->n_neurons; i++)
    if (cut_of[i] != NOT_COUNTED && h[i] != 0)
      {
        guint32 place = at[cut_of[i]]++;

        order[place] = (guint32) i;
        factors[place] = h[i];
      }
}

static void
add_up (const SpCettToken *token, SpCettSums *sums)
{
  double  whole = sqrt (token->squares[SP_CETT_CUTS]);
  guint64 n_so_far = 0;

  for (guint cut = 0; cut < SP_CETT_CUTS; cut++)
    {
      n_so_far += token->n_in[cut];
      sums->n_up_to[cut] += n_so_far;
      sums->cett[cut] += whole > 0 ? sqrt (token->squares[cut]) / whole : 0;
    }
  sums->n_values += n_so_far + token->n_in[SP_CETT_CUTS];
  sums->n_tokens += whole > 0;
  sums->n_silent += !(whole > 0);
}

void
sp_cett_measure (SpCettBatch *batch, const SpCettLayer *layer, SpCettSums *sums)
{
  guint64 n_panels = (layer->n_outputs + SP_PANEL - 1) / SP_PANEL;

  for (guint64 p = 0; p < n_panels; p++)
    for (guint t = 0; t < batch->n; t++)
      sp_kernels ()->tails[SP_DTYPE_F32] (layer->panels + p * layer->n_neurons * SP_PANEL, batch->order + t * layer->n_neurons,
                                          batch->factors + t * layer->n_neurons, batch->tokens[t].ends, SP_CETT_SECTION,
                                          batch->tokens[t].squares);
  for (guint t = 0; t < batch->n; t++)
    add_up (&batch->tokens[t], sums);
  batch->n = 0;
}

void
sp_cett_add_token (SpCettBatch *batch, const SpCettLayer *layer, SpCettCuts cuts, const float *h, SpCettSums *sums)
{
  SpCettToken *token = &batch->tokens[batch->n];

  memset (token, 0, sizeof *token);
  group_neurons (layer, cuts, h, batch->cut_of, token->n_in);
  sort_neurons (layer, h, batch->cut_of, token->ends, batch->order + batch->n * layer->n_neurons,
                batch->factors + batch->n * layer->n_neurons);
  batch->n++;
  if (batch->n == batch->most)
    sp_cett_measure (batch, layer, sums);
}

void
sp_cett_add_sums (SpCettSums *into, const SpCettSums *from)
{
  for (guint cut = 0; cut < SP_CETT_CUTS; cut++)
    {
      into->cett[cut] += from->cett[cut];
      into->n_up_to[cut] += from->n_up_to[cut];
    }
  into->n_values += from->n_values;
  into->n_tokens += from->n_tokens;
  into->n_silent += from->n_silent;
}
