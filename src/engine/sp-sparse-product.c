/* sp-sparse-product.c - lists of the neurons that are not silent, and sums of their rows */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sparse-product.h"

#include "kernels.h"

#include <string.h>

#define GROUP        96                  /* neurons: 24 KiB of a panel */
#define SOME_TOKENS  64                  /* that share a group's rows */
/* Up to which share of neurons it is quicker: 0.7 was measured with AVX-512 on a processor that reads as much in a cycle as it multiplies;
 * others multiply twice as much. */
#define MOST_ACTIVE  0.5

static guint
count_groups (guint n_neurons)
{
  return (n_neurons + GROUP - 1) / GROUP;
}

gsize
sp_sparse_room_size (guint n_neurons)
{
  return SOME_TOKENS * (n_neurons * (sizeof (guint8) + sizeof (float)) + count_groups (n_neurons) * sizeof (guint32) +
                        SP_WIDE_PANEL * sizeof (float));
}

void
sp_sparse_room_init (SpSparseRoom *self, guint n_neurons)
{
  self->at = g_new (guint8, (gsize) SOME_TOKENS * n_neurons);
  self->factors = g_new (float, (gsize) SOME_TOKENS * n_neurons);
  self->ends = g_new (guint32, (gsize) SOME_TOKENS * count_groups (n_neurons));
  self->sums = g_aligned_alloc (SOME_TOKENS * SP_WIDE_PANEL, sizeof (float), 64);
}

void
sp_sparse_room_clear (SpSparseRoom *self)
{
  g_free (self->at);
  g_free (self->factors);
  g_free (self->ends);
  g_aligned_free (self->sums);
}

gboolean
sp_sparse_pays (const float *h, gsize n)
{
  gsize n_active = 0;

  for (gsize i = 0; i < n; i++)
    n_active += h[i] != 0;
  return (double) n_active <= MOST_ACTIVE * (double) n;
}

/* Each is written, and stays if it is not 0. */
static void
list_neurons (SpSparseRoom *room, const float *h, gsize n_tokens, guint n_neurons)
{
  guint32 end = 0, *ends = room->ends;

  for (gsize t = 0; t < n_tokens; t++, h += n_neurons)
    for (guint first = 0; first < n_neurons; first += GROUP)
      {
        guint n = MIN (n_neurons - first, GROUP);

        for (guint i = 0; i < n; i++)
          {
            room->at[end] = (guint8) i;
            room->factors[end] = h[first + i];
            end += h[first + i] != 0;
          }
        *ends++ = end;
      }
}

/* Of a panel's outputs, of which there are n_outputs. */
static void
begin_sums (SpSparseRoom *room, gsize n_tokens, const float *bias, gsize n_outputs)
{
  memset (room->sums, 0, n_tokens * SP_WIDE_PANEL * sizeof (float));
  for (gsize t = 0; bias != NULL && t < n_tokens; t++)
    memcpy (room->sums + t * SP_WIDE_PANEL, bias, n_outputs * sizeof (float));
}

static void
add_panel (const SpPanels *panels, SpSparseRoom *room, guint panel, gsize n_tokens)
{
  guint        n_groups = count_groups (panels->n_neurons);
  const float *rows = panels->data + (gsize) panel * panels->n_neurons * SP_WIDE_PANEL;

  for (guint g = 0; g < n_groups; g++, rows += GROUP * SP_WIDE_PANEL)
    for (gsize t = 0; t < n_tokens; t++)
      {
        gsize   place = t * n_groups + g;
        guint32 first = place > 0 ? room->ends[place - 1] : 0;

        sp_kernels ()->add_rows[SP_DTYPE_F32] (rows, room->at + first, room->factors + first, room->ends[place] - first,
                                               room->sums + t * SP_WIDE_PANEL);
      }
}

void
sp_sparse_product (const SpPanels *panels, SpSparseRoom *room, const float *h, gsize n_tokens, const float *bias, float *out)
{
  for (gsize first = 0; first < n_tokens; first += SOME_TOKENS)
    {
      gsize n = MIN (n_tokens - first, SOME_TOKENS);

      list_neurons (room, h + first * panels->n_neurons, n, panels->n_neurons);
      for (guint panel = 0; panel < panels->n_panels; panel++)
        {
          gsize column = (gsize) panel * SP_WIDE_PANEL, n_outputs = MIN (panels->n_outputs - column, SP_WIDE_PANEL);

          begin_sums (room, n, bias != NULL ? bias + column : NULL, n_outputs);
          add_panel (panels, room, panel, n);
          for (gsize t = 0; t < n; t++)
            memcpy (out + (first + t) * panels->n_outputs + column, room->sums + t * SP_WIDE_PANEL, n_outputs * sizeof (float));
        }
    }
}
