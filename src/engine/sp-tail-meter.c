/* sp-tail-meter.c - neurons sorted by magnitude into cuts, and added up once
 *
 * A token reads all the weights, which no cache holds; so some tokens wait for one another and use each panel together. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-tail-meter.h"

#include "kernels.h"
#include "sp-panels.h"

#include <math.h>
#include <string.h>

#define STEP_BITS 19                   /* of a float's 23 that differ within a step */
#define FIRST_STEP ((127 - 28) << (23 - STEP_BITS))
#define BATCH_TOKENS 16

/* A token's neurons, in the order of their magnitudes as far as cuts tell them apart. */
typedef struct {
  guint32 *order;                      /* (n_neurons) those that add something */
  float   *factors;                    /* (n_neurons) */
  guint    n_ends;                     /* cuts that take some */
  guint32  ends[SP_TAIL_CUTS];         /* (n_ends) */
  guint16  cuts[SP_TAIL_CUTS];         /* (n_ends) which */
  double   squares[SP_TAIL_CUTS];      /* (n_ends) length of the sum so far */
} Token;

typedef struct {
  Token    tokens[BATCH_TOKENS];
  guint16 *cut_of;                     /* (n_neurons) */
} Room;

struct _SpTailMeter {
  guint    n_neurons, n_threads;
  const SpPanels *panels;              /* lent, here and below */
  const double   *norms;               /* (n_neurons) */
  Room    *rooms;                      /* (n_threads) */
};

double
sp_tail_cut (guint i)
{
  guint32 bits = (guint32) (FIRST_STEP + i) << STEP_BITS;
  float   value;

  memcpy (&value, &bits, sizeof value);
  return value;
}

/* The first whose tail has a neuron of this magnitude. */
static guint
find_cut (float magnitude)
{
  guint32 bits;

  memcpy (&bits, &magnitude, sizeof bits);
  return (guint) CLAMP ((gint) (bits >> STEP_BITS) - FIRST_STEP, 0, SP_TAIL_CUTS - 1);
}

/* --- sums ------------------------------------------------------------------------------------------- */

void
sp_tail_sums_add (SpTailSums *into, const SpTailSums *from)
{
  for (guint i = 0; i < SP_TAIL_CUTS; i++)
    {
      into->cett[i] += from->cett[i];
      into->n_in[i] += from->n_in[i];
    }
  into->n_tokens += from->n_tokens;
  into->n_silent += from->n_silent;
}

double
sp_tail_sums_solve (const SpTailSums *self, double tau, double *cett)
{
  double before = 0, at = 0, cut, next;
  guint  i = 0;

  *cett = NAN;
  if (self->n_tokens == 0)
    return NAN;
  for (; i < SP_TAIL_CUTS; i++, before = at)
    if ((at = self->cett[i] / (double) self->n_tokens) > tau)
      break;
  *cett = i < SP_TAIL_CUTS ? tau : before;
  if (i == SP_TAIL_CUTS)
    return sp_tail_cut (SP_TAIL_CUTS);
  cut = sp_tail_cut (i);
  next = sp_tail_cut (i + 1);
  return cut + (next - cut) * (tau - before) / (at - before);
}

double
sp_tail_sums_active (const SpTailSums *self, double cut, guint n_neurons)
{
  guint  at = find_cut ((float) cut);
  double low = sp_tail_cut (at), inside = CLAMP ((cut - low) / (sp_tail_cut (at + 1) - low), 0, 1);
  double n = (1 - inside) * (double) self->n_in[at];

  for (guint i = at + 1; i < SP_TAIL_CUTS; i++)
    n += (double) self->n_in[i];
  return n / ((double) (self->n_tokens + self->n_silent) * n_neurons);
}

/* --- tokens ----------------------------------------------------------------------------------------- */

static void
sort_neurons (const SpTailMeter *self, const float *h, guint16 *cut_of, Token *token)
{
  guint32 at[SP_TAIL_CUTS] = { 0 }, sum = 0;

  for (guint i = 0; i < self->n_neurons; i++)
    {
      cut_of[i] = (guint16) find_cut (fabsf (h[i]) * (float) self->norms[i]);
      at[cut_of[i]] += h[i] != 0;
    }
  token->n_ends = 0;
  for (guint cut = 0; cut < SP_TAIL_CUTS; cut++)
    {
      guint32 n = at[cut];

      at[cut] = sum;
      sum += n;
      if (n == 0)
        continue;
      token->cuts[token->n_ends] = (guint16) cut;
      token->squares[token->n_ends] = 0;
      token->ends[token->n_ends++] = sum;
    }
  for (guint i = 0; i < self->n_neurons; i++)
    if (h[i] != 0)
      {
        guint32 place = at[cut_of[i]]++;

        token->order[place] = i;
        token->factors[place] = h[i];
      }
}

static void
add_up (const Token *token, SpTailSums *sums)
{
  double whole = token->n_ends > 0 ? sqrt (token->squares[token->n_ends - 1]) : 0, share = 0;
  guint  k = 0;

  for (guint i = 0; i < token->n_ends; i++)
    sums->n_in[token->cuts[i]] += token->ends[i] - (i > 0 ? token->ends[i - 1] : 0);
  if (!(whole > 0) || !isfinite (whole))
    {
      sums->n_silent++;
      return;
    }
  for (guint cut = token->cuts[0]; cut < SP_TAIL_CUTS; cut++)
    {
      if (k < token->n_ends && token->cuts[k] == cut)
        share = sqrt (token->squares[k++]) / whole;
      sums->cett[cut] += share;
    }
  sums->n_tokens++;
}

void
sp_tail_meter_measure (SpTailMeter *self, guint thread, const float *h, gsize n_tokens, SpTailSums *sums)
{
  Room *room = &self->rooms[thread];

  for (gsize first = 0; first < n_tokens; first += BATCH_TOKENS)
    {
      gsize n = MIN (n_tokens - first, BATCH_TOKENS);

      for (gsize t = 0; t < n; t++)
        sort_neurons (self, h + (first + t) * self->n_neurons, room->cut_of, &room->tokens[t]);
      for (guint p = 0; p < self->panels->n_panels; p++)
        for (gsize t = 0; t < n; t++)
          sp_kernels ()->quick_tails[SP_DTYPE_F32] (self->panels->data + (gsize) p * self->n_neurons * SP_WIDE_PANEL,
                                                    room->tokens[t].order, room->tokens[t].factors, room->tokens[t].ends,
                                                    room->tokens[t].n_ends, room->tokens[t].squares);
      for (gsize t = 0; t < n; t++)
        add_up (&room->tokens[t], sums);
    }
}

/* --- weights ------------------------------------------------------------------------------------------ */

void
sp_tail_meter_set_weights (SpTailMeter *self, const SpPanels *down, const double *norms)
{
  self->panels = down;
  self->norms = norms;
}

SpTailMeter *
sp_tail_meter_new (guint n_neurons, guint n_threads)
{
  SpTailMeter *self = g_new0 (SpTailMeter, 1);

  self->n_neurons = n_neurons;
  self->n_threads = n_threads;
  self->rooms = g_new0 (Room, n_threads);
  for (guint i = 0; i < n_threads; i++)
    {
      self->rooms[i].cut_of = g_new (guint16, n_neurons);
      for (guint t = 0; t < BATCH_TOKENS; t++)
        {
          self->rooms[i].tokens[t].order = g_new (guint32, n_neurons);
          self->rooms[i].tokens[t].factors = g_new (float, n_neurons);
        }
    }
  return self;
}

void
sp_tail_meter_free (SpTailMeter *self)
{
  for (guint i = 0; i < self->n_threads; i++)
    {
      g_free (self->rooms[i].cut_of);
      for (guint t = 0; t < BATCH_TOKENS; t++)
        {
          g_free (self->rooms[i].tokens[t].order);
          g_free (self->rooms[i].tokens[t].factors);
        }
    }
  g_free (self->rooms);
  g_free (self);
}
