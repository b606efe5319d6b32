/* sp-dump.c - the recorded activations among the tensors of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#define MOST_OF_ALL (1u << 26)           /* neurons of all layers together: a view may repeat what it has */

/* --- layers ----------------------------------------------------------------------------------- */

int
sp_dump_compare_layers (gconstpointer a, gconstpointer b)
{
  const SpDumpLayer *x = a, *y = b;

  if (x->stack != y->stack)
    return x->stack == 'e' || (x->stack == 0 && y->stack != 'e') ? -1 : 1;
  return (x->layer > y->layer) - (x->layer < y->layer);
}

static SpDumpLayer
layer_of (const SpTensor *tensor)
{
  return (SpDumpLayer) { .layer = sp_dump_layer_number (tensor), .stack = tensor->role.stack, .n_neurons = sp_dump_count_neurons (tensor) };
}

gpointer
sp_dump_layer_key (const SpTensor *tensor)
{
  return GSIZE_TO_POINTER ((gsize) ((gint64) sp_dump_layer_number (tensor) + 1) << 8 | (guchar) tensor->role.stack);
}

/* The first tensor of a layer says how many neurons it has.  Layers that would be too many with those before are not listed. */
static void
list_layers (SpDump *dump, const SpItems *items, const SpDumpSites *sites, const SpDumpSite *chosen)
{
  g_autoptr (GArray)     layers = g_array_new (FALSE, FALSE, sizeof (SpDumpLayer));
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);
  guint64                n_left = MOST_OF_ALL;

  for (gsize i = 0; i < items->n; i++)
    if (sites->of_item[i] == chosen)
      {
        SpDumpLayer layer = layer_of (items->items[i].tensor);

        if (!g_hash_table_add (known, sp_dump_layer_key (items->items[i].tensor)) || layer.n_neurons > n_left)
          continue;
        g_array_append_val (layers, layer);
        n_left -= layer.n_neurons;
      }
  g_array_sort (layers, sp_dump_compare_layers);
  dump->n_layers = layers->len;
  dump->layers = (SpDumpLayer *) (gpointer) g_array_steal (layers, NULL);
}

static int
compare_names (gconstpointer a, gconstpointer b, gpointer data)
{
  const SpItems *items = data;

  return sp_natural_compare (items->items[*(const gsize *) a].tensor->name, items->items[*(const gsize *) b].tensor->name);
}

static void
note_too_big (SpDump *dump, const SpTensor *tensor)
{
  g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: a layer may have %u neurons and %u tokens at most."),
                                                 tensor->name, SP_DUMP_MOST_NEURONS, SP_DUMP_MOST_TOKENS));
}

/* Batches of a layer follow one another as their names do. */
static void
place_item (SpDump *dump, const SpItems *items, gsize item)
{
  const SpTensor *tensor = items->items[item].tensor;
  SpDumpLayer     wanted = layer_of (tensor);
  SpDumpLayer    *layer = bsearch (&wanted, dump->layers, dump->n_layers, sizeof wanted, sp_dump_compare_layers);
  guint64         n_neurons = sp_dump_count_neurons (tensor), n_tokens;

  if (layer == NULL)
    {
      g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: all layers together may have %u neurons at most."),
                                                     tensor->name, MOST_OF_ALL));
      return;
    }
  if (n_neurons != layer->n_neurons)
    {
      g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: it has %" PRIu64 " neurons, the others of its layer %" PRIu64 "."),
                                                     tensor->name, n_neurons, layer->n_neurons));
      return;
    }
  n_tokens = n_neurons > 0 ? tensor->n_elements / n_neurons : 0;
  if (n_tokens > SP_DUMP_MOST_TOKENS - layer->n_tokens)
    {
      note_too_big (dump, tensor);
      return;
    }
  dump->layer_of[item] = (gsize) (layer - dump->layers);
  dump->first_token[item] = layer->n_tokens;
  layer->tensor = layer->tensor != NULL ? layer->tensor : tensor->name;
  layer->n_tokens += n_tokens;
}

static void
place_items (SpDump *dump, const SpItems *items, const SpDumpSites *sites, const SpDumpSite *chosen)
{
  g_autofree gsize *order = g_new (gsize, items->n + 1);
  gsize             n = 0;

  for (gsize i = 0; i < items->n; i++)
    if (sites->of_item[i] == chosen)
      order[n++] = i;
  g_qsort_with_data (order, (gint) n, sizeof *order, compare_names, (gpointer) items);
  for (gsize i = 0; i < n; i++)
    place_item (dump, items, order[i]);
}

static void
find_lost (SpDump *dump, const SpItems *items)
{
  for (gsize i = 0; i < items->n; i++)
    {
      dump->layer_of[i] = sp_dump_is_lost (items->items[i].tensor) ? SP_DUMP_LOST : G_MAXSIZE;
      if (dump->layer_of[i] == SP_DUMP_LOST)
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: %s"), items->items[i].tensor->name,
                                                       items->items[i].tensor->note));
      else if (sp_dump_is_activations (items->items[i].tensor) && sp_dump_is_too_big (items->items[i].tensor))
        note_too_big (dump, items->items[i].tensor);
    }
}

void
sp_dump_load_beside (SpDump *dump, const SpItems *items, SpStore *store)
{
  sp_dump_make_links (dump, items);
  sp_dump_list_pieces (dump, items);
  sp_dump_load_mask (dump, store);
  sp_dump_load_sequences (dump, store);
  sp_dump_load_texts (dump, items, store);
}

SpDump *
sp_dump_new (const SpItems *items, const char *site)
{
  SpDump     *dump = g_new0 (SpDump, 1);
  SpDumpSites       sites;
  const SpDumpSite *chosen;

  dump->notes = g_ptr_array_new_with_free_func (g_free);
  dump->layer_of = g_new (gsize, items->n + 1);
  dump->first_token = g_new0 (guint64, items->n + 1);
  find_lost (dump, items);
  sp_dump_list_sites (&sites, items);
  chosen = sp_dump_choose_site (dump, &sites, site);
  if (chosen != NULL)
    {
      dump->kind = chosen->kind;
      list_layers (dump, items, &sites, chosen);
      place_items (dump, items, &sites, chosen);
      sp_dump_load_beside (dump, items, chosen->store);
    }
  sp_dump_clear_sites (&sites);
  return dump;
}

void
sp_dump_free (SpDump *dump)
{
  g_free (dump->site);
  g_free (dump->problem);
  g_free (dump->layers);
  g_free (dump->layer_of);
  g_free (dump->first_token);
  g_free (dump->mask);
  g_free (dump->pieces);
  g_free (dump->starts);
  g_free (dump->texts);
  g_clear_pointer (&dump->text_memory, g_string_chunk_free);
  g_clear_pointer (&dump->links, g_hash_table_unref);
  g_ptr_array_unref (dump->notes);
  g_free (dump);
}
