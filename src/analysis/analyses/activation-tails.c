/* activation-tails.c - CETT of one token at all cuts of a reading, each neuron added up once */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "activation-cett.h"

#include "kernels.h"

#include <math.h>

#define N_GROUPS (CETT_CUTS + 1)         /* of neurons: by the first cut that takes them; the last: none does */
#define NOT_COUNTED 0xffff

/* Which cut takes each neuron first, and how many each does. */
static void
group_neurons (const CettLayer *layer, CettCuts cuts, const float *h, guint16 *cut_of, guint64 *n_in)
{
  for (guint64 i = 0; i < layer->n_neurons; i++)
    {
      cut_of[i] = NOT_COUNTED;
      if (!isfinite (h[i]))
        continue;
      cut_of[i] = (guint16) cett_first_cut (layer, cuts, fabs ((double) h[i]) * layer->norms[i]);
      n_in[cut_of[i]]++;
    }
}

/* Neurons that add something, group by group; ends: (N_GROUPS). */
static void
sort_neurons (const CettLayer *layer, const float *h, const CettRoom *room, guint32 *ends)
{
  guint32 at[N_GROUPS] = { 0 }, sum = 0;

  for (guint64 i = 0; i < layer->n_neurons; i++)
    if (room->cut_of[i] != NOT_COUNTED && h[i] != 0)
      at[room->cut_of[i]]++;
  for (guint g = 0; g < N_GROUPS; g++)
    {
      guint32 n = at[g];

      at[g] = sum;
      sum += n;
      ends[g] = sum;
    }
  for (guint64 i = 0; i < layer->n_neurons; i++)
    if (room->cut_of[i] != NOT_COUNTED && h[i] != 0)
      {
        guint32 place = at[room->cut_of[i]]++;

        room->order[place] = (guint32) i;
        room->factors[place] = h[i];
      }
}

void
cett_measure (const CettLayer *layer, CettCuts cuts, const float *h, CettRoom *room, CettSums *sums)
{
  guint64 n_in[N_GROUPS] = { 0 }, n_panels = (layer->n_outputs + SP_PANEL - 1) / SP_PANEL, n_so_far = 0;
  guint32 ends[N_GROUPS];
  double  squares[N_GROUPS] = { 0 };

  group_neurons (layer, cuts, h, room->cut_of, n_in);
  sort_neurons (layer, h, room, ends);
  for (guint64 p = 0; p < n_panels; p++)
    sp_kernels ()->tails[SP_DTYPE_F32] (layer->panels + p * layer->n_neurons * SP_PANEL, room->order, room->factors, ends, N_GROUPS,
                                        squares);
  if (!(squares[N_GROUPS - 1] > 0))
    {
      sums->n_silent++;
      return;
    }
  for (guint cut = 0; cut < CETT_CUTS; cut++)
    {
      n_so_far += n_in[cut];
      sums->n_up_to[cut] += n_so_far;
      sums->cett[cut] += sqrt (squares[cut]) / sqrt (squares[N_GROUPS - 1]);
    }
  sums->n_values += n_so_far + n_in[CETT_CUTS];
  sums->n_tokens++;
}

void
cett_add_sums (CettSums *into, const CettSums *from)
{
  for (guint cut = 0; cut < CETT_CUTS; cut++)
    {
      into->cett[cut] += from->cett[cut];
      into->n_up_to[cut] += from->n_up_to[cut];
    }
  into->n_values += from->n_values;
  into->n_tokens += from->n_tokens;
  into->n_silent += from->n_silent;
}
