/* sp-dump-sequence.c - where the sequences of recorded tokens begin */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

static const char *const names[] = { "seq", "sequence", "sequence_ids", "seq_ids", "doc_ids", NULL };

/* --- from shapes ---------------------------------------------------------------------------------- */

static int
compare_pieces (gconstpointer a, gconstpointer b)
{
  const SpDumpPiece *x = a, *y = b;

  if (x->layer != y->layer)
    return x->layer < y->layer ? -1 : 1;
  return (x->first > y->first) - (x->first < y->first);
}

void
sp_dump_list_pieces (SpDump *dump, const SpItems *items)
{
  g_autoptr (GArray) pieces = g_array_new (FALSE, FALSE, sizeof (SpDumpPiece));

  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *tensor = items->items[i].tensor;

      if (dump->layer_of[i] < dump->n_layers && tensor->n_elements > 0)
        {
          SpDumpPiece piece = { dump->layer_of[i], dump->first_token[i], tensor->rank == 3 ? tensor->shape[1] : 0 };

          g_array_append_val (pieces, piece);
        }
    }
  g_array_sort (pieces, compare_pieces);
  dump->n_pieces = pieces->len;
  dump->pieces = (SpDumpPiece *) (gpointer) g_array_steal (pieces, NULL);
}

void
sp_dump_set_rows (SpDump *dump, guint64 n_per_row)
{
  g_free (dump->pieces);
  dump->pieces = g_new0 (SpDumpPiece, 1);
  dump->pieces[0].n_per_row = n_per_row;
  dump->n_pieces = 1;
}

/* The last that begins at the token or before; every token is in one. */
static const SpDumpPiece *
find_piece (const SpDump *dump, gsize layer, guint64 token)
{
  SpDumpPiece wanted = { layer, token, 0 };
  gsize       low = 0, high = dump->n_pieces;

  while (high - low > 1)
    {
      gsize middle = low + (high - low) / 2;

      if (compare_pieces (&dump->pieces[middle], &wanted) <= 0)
        low = middle;
      else
        high = middle;
    }
  return &dump->pieces[low];
}

/* --- from numbers beside ------------------------------------------------------------------------- */

typedef struct { guint8 *starts; guint64 n; gint64 last; } Reading;

static void
take_number (gpointer data, gint64 number)
{
  Reading *reading = data;

  reading->starts[reading->n] = reading->n == 0 || number != reading->last;
  reading->last = number;
  reading->n++;
}

static gboolean
find_numbered_layers (SpDump *dump, guint64 n_entries)
{
  gsize n = 0;

  for (gsize i = 0; i < dump->n_layers; i++)
    {
      dump->layers[i].is_numbered = dump->layers[i].n_tokens == n_entries;
      n += dump->layers[i].is_numbered;
    }
  if (n < dump->n_layers)
    g_ptr_array_add (dump->notes, g_strdup_printf (_("There are %" PRIu64 " sequence numbers; layers with other numbers of tokens "
                                                     "go without."), n_entries));
  return n > 0;
}

void
sp_dump_load_sequences (SpDump *dump, SpStore *store)
{
  guint64               n_entries = 0;
  g_autoptr (GPtrArray) tensors = sp_dump_find_beside (dump, store, names, &n_entries);
  g_autofree guint8    *starts = NULL;
  g_autoptr (GError)    error = NULL;
  Reading               reading = { 0 };

  if (tensors == NULL || !find_numbered_layers (dump, n_entries))
    return;
  reading.starts = starts = g_malloc (n_entries + 1);
  if (sp_dump_read_integers (tensors, take_number, &reading, &error))
    {
      dump->starts = g_steal_pointer (&starts);
      return;
    }
  for (gsize i = 0; i < dump->n_layers; i++)
    dump->layers[i].is_numbered = FALSE;
  g_ptr_array_add (dump->notes, g_strdup_printf (_("The sequence numbers could not be read: %s"), error->message));
}

/* Where numbers are there, pieces without a batch dimension are pieces of a file, no more. */
gboolean
sp_dump_starts_sequence (const SpDump *dump, gsize layer, guint64 token)
{
  gboolean           is_numbered = dump->layers[layer].is_numbered;
  const SpDumpPiece *piece;

  if (token == 0 || (is_numbered && dump->starts[token] != 0))
    return TRUE;
  piece = find_piece (dump, layer, token);
  return piece->n_per_row > 0 ? (token - piece->first) % piece->n_per_row == 0 : !is_numbered && token == piece->first;
}

gboolean
sp_dump_starts_between (const SpDump *dump, gsize layer, guint64 first, guint64 last)
{
  for (guint64 token = first; token <= last; token++)
    if (sp_dump_starts_sequence (dump, layer, token))
      return TRUE;
  return FALSE;
}
