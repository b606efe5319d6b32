/* sp-dump-site.c - the sites of recorded activations: names of one kind in one store */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <string.h>

static void
site_free (gpointer data)
{
  g_free (((SpDumpSite *) data)->name);
  g_free (data);
}

static guint
site_hash (gconstpointer data)
{
  const SpDumpSite *site = data;

  return g_str_hash (site->name) ^ g_direct_hash (site->store);
}

static gboolean
site_equal (gconstpointer a, gconstpointer b)
{
  const SpDumpSite *x = a, *y = b;

  return x->store == y->store && strcmp (x->name, y->name) == 0;
}

static SpDumpSite *
find_site (SpDumpSites *sites, const SpItem *item)
{
  SpDumpSite  key = { sp_dump_site_name (item->tensor), item->store, 0 };
  SpDumpSite *site = g_hash_table_lookup (sites->known, &key);

  if (site != NULL)
    {
      g_free (key.name);
      return site;
    }
  site = g_memdup2 (&key, sizeof key);
  g_ptr_array_add (sites->all, site);
  g_hash_table_add (sites->known, site);
  return site;
}

/* A view may repeat a few bytes as often as it likes; counters cannot be had for all of it. */
gboolean
sp_dump_is_too_big (const SpTensor *tensor)
{
  guint64 n_neurons = sp_dump_count_neurons (tensor);

  return n_neurons > SP_DUMP_MOST_NEURONS || (n_neurons > 0 && tensor->n_elements / n_neurons > SP_DUMP_MOST_TOKENS);
}

void
sp_dump_list_sites (SpDumpSites *sites, const SpItems *items)
{
  sites->all = g_ptr_array_new_with_free_func (site_free);
  sites->known = g_hash_table_new (site_hash, site_equal);
  sites->of_item = g_new0 (SpDumpSite *, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    if (sp_dump_is_activations (items->items[i].tensor) && !sp_dump_is_too_big (items->items[i].tensor))
      {
        sites->of_item[i] = find_site (sites, &items->items[i]);
        sites->of_item[i]->n_elements += items->items[i].tensor->n_elements;
      }
}

void
sp_dump_clear_sites (SpDumpSites *sites)
{
  g_hash_table_unref (sites->known);
  g_ptr_array_unref (sites->all);
  g_free (sites->of_item);
}

/* The one with most elements, the first of equals. */
const SpDumpSite *
sp_dump_choose_site (const SpDumpSites *sites)
{
  const SpDumpSite *best = NULL;

  for (guint i = 0; i < sites->all->len; i++)
    {
      const SpDumpSite *site = sites->all->pdata[i];

      best = best == NULL || site->n_elements > best->n_elements ? site : best;
    }
  return best;
}
