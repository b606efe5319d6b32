/* sp-dump-beside.c - what lies beside recorded activations: a mask of their tokens */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>

gboolean
sp_dump_is_mask (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  const char    *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    last = sp_dump_is_number (parts[i]) ? last : parts[i];
  return sp_tensor_is_readable (tensor) && (g_strcmp0 (last, "mask") == 0 || g_strcmp0 (last, "attention_mask") == 0);
}

/* At once, since a stream would be read from its start for every row. */
static gboolean
read_mask (const SpTensor *tensor, guint8 *mask, GError **error)
{
  g_autoptr (SpSource) source = sp_source_new (tensor, error);
  SpMatrix             matrix = sp_tensor_get_matrix (tensor);
  g_autofree float    *values = NULL;

  if (source == NULL)
    return FALSE;
  values = g_new (float, tensor->n_elements + 1);
  if (!sp_source_read_f32 (source, 0, 0, matrix.n_rows, matrix.n_columns, values, error))
    return FALSE;
  for (guint64 i = 0; i < tensor->n_elements; i++)
    mask[i] = values[i] != 0;
  return TRUE;
}

/* A mask for each batch, one after another as their names do. */
static GArray *
list_masks (const SpItems *items, SpStore *store, guint64 *n_entries)
{
  GArray *masks = g_array_new (FALSE, FALSE, sizeof (gsize));

  *n_entries = 0;
  for (gsize i = 0; i < items->n; i++)
    if (items->items[i].store == store && sp_dump_is_mask (items->items[i].tensor))
      {
        g_array_append_val (masks, i);
        *n_entries += items->items[i].tensor->n_elements;
      }
  g_array_sort_with_data (masks, sp_dump_compare_names, (gpointer) items);
  return masks;
}

static gboolean
find_masked_layers (SpDump *dump, guint64 n_entries)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < dump->n_layers; i++)
    {
      dump->layers[i].is_masked = dump->layers[i].n_tokens == n_entries;
      is_any = is_any || dump->layers[i].is_masked;
      if (!dump->layers[i].is_masked)
        {
          g_autofree char *label = sp_dump_layer_label (&dump->layers[i]);

          g_ptr_array_add (dump->notes,
                           g_strdup_printf (_("The mask has %" PRIu64 " entries, layer %s %" PRIu64 " tokens: all of these count."),
                                            n_entries, label, dump->layers[i].n_tokens));
        }
    }
  return is_any;
}

void
sp_dump_load_mask (SpDump *dump, const SpItems *items, SpStore *store)
{
  guint64            n_entries, place = 0;
  g_autoptr (GArray) masks = list_masks (items, store, &n_entries);
  g_autoptr (GError) error = NULL;

  if (masks->len == 0 || !find_masked_layers (dump, n_entries))
    return;
  dump->mask = g_malloc (n_entries + 1);
  dump->n_mask = n_entries;
  for (guint i = 0; i < masks->len && error == NULL; i++)
    {
      const SpTensor *tensor = items->items[g_array_index (masks, gsize, i)].tensor;

      read_mask (tensor, dump->mask + place, &error);
      place += tensor->n_elements;
    }
  for (guint64 i = 0; error == NULL && i < n_entries; i++)
    dump->n_masked_out += dump->mask[i] == 0;
  if (error == NULL)
    return;
  for (gsize i = 0; i < dump->n_layers; i++)
    dump->layers[i].is_masked = FALSE;
  g_ptr_array_add (dump->notes, g_strdup_printf (_("The mask could not be read, all tokens count: %s"), error->message));
}
