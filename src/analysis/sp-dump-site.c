/* sp-dump-site.c - the sites of recorded activations: names of one kind in one store, and which of them is looked at */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"
#include "sp-dump-rows.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MOST_LISTED 4                    /* in a note or sentence */

static void
site_free (gpointer data)
{
  SpDumpSite *site = data;

  g_hash_table_unref (site->layers);
  g_free (site->name);
  g_free (site);
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

/* --- what may be a site --------------------------------------------------------------------------- */

/* A view may repeat a few bytes as often as it likes; counters cannot be had for all of it. */
gboolean
sp_dump_is_too_big (const SpTensor *tensor)
{
  guint64 n_neurons = sp_dump_count_neurons (tensor);

  return n_neurons > SP_DUMP_MOST_NEURONS || (n_neurons > 0 && tensor->n_elements / n_neurons > SP_DUMP_MOST_TOKENS);
}

/* It could be activations, were there more of its kind: of a layer, [tokens, neurons], no mask. */
static gboolean
is_unsure (const SpTensor *tensor)
{
  return sp_tensor_is_readable (tensor) && (tensor->rank == 2 || tensor->rank == 3) && sp_dtype_kind (tensor->dtype) == SP_KIND_FLOAT
         && tensor->n_elements > 0 && !sp_dump_is_mask (tensor) && sp_dump_layer_number (tensor) >= 0;
}

static gboolean
has_same_shape (const SpTensor *a, const SpTensor *b)
{
  return a->rank == b->rank && memcmp (a->shape, b->shape, a->rank * sizeof *a->shape) == 0;
}

gboolean
sp_dump_is_unsure_in (SpStore *store)
{
  g_autoptr (GHashTable) known = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor  *tensor = sp_store_get_tensor (store, i), *first;
      g_autofree char *name = is_unsure (tensor) ? sp_dump_site_name (tensor) : NULL;

      if (name == NULL)
        continue;
      first = g_hash_table_lookup (known, name);
      if (first != NULL && has_same_shape (first, tensor) && sp_dump_layer_number (first) != sp_dump_layer_number (tensor))
        return sp_dump_may_have_rows (store);
      if (first == NULL)
        g_hash_table_insert (known, g_steal_pointer (&name), (gpointer) tensor);
    }
  return FALSE;
}

/* --- listing -------------------------------------------------------------------------------------- */

/* What the recorder wrote of the layer: "input of model.layers.3.mlp.down_proj". */
static SpSiteKind
kind_by_metadata (const SpItem *item)
{
  g_autofree char *key = g_strdup_printf ("act.%d", sp_dump_layer_number (item->tensor));
  const char      *says = sp_store_find_metadata (item->store, key);

  if (says == NULL || !g_str_has_prefix (item->tensor->name, "act."))
    return SP_SITE_UNKNOWN;
  if (g_str_has_prefix (says, "input of "))
    return SP_SITE_PRODUCT;
  return g_str_has_suffix (says, ".act_fn") ? SP_SITE_GATE : SP_SITE_UNKNOWN;
}

static SpDumpSite *
site_new (const SpDumpSite *key, const SpItem *item, gboolean is_unsure)
{
  SpDumpSite *site = g_memdup2 (key, sizeof *key);

  site->first = item->tensor;
  site->is_unsure = is_unsure;
  site->kind = sp_dump_site_kind (item->tensor);
  if (site->kind == SP_SITE_UNKNOWN)
    site->kind = kind_by_metadata (item);
  site->layers = g_hash_table_new (NULL, NULL);
  site->least_neurons = G_MAXUINT64;
  return site;
}

static SpDumpSite *
find_site (SpDumpSites *sites, const SpItem *item, gboolean is_unsure)
{
  SpDumpSite  key = { .name = sp_dump_site_name (item->tensor), .store = item->store };
  SpDumpSite *site = g_hash_table_lookup (sites->known, &key);

  if (site != NULL)
    {
      g_free (key.name);
      return site;
    }
  site = site_new (&key, item, is_unsure);
  g_ptr_array_add (sites->all, site);
  g_hash_table_add (sites->known, site);
  return site;
}

static void
add_item (SpDumpSites *sites, const SpItems *items, gsize i, gboolean is_unsure)
{
  const SpTensor *tensor = items->items[i].tensor;
  SpDumpSite     *site = find_site (sites, &items->items[i], is_unsure);
  guint64         n_neurons = sp_dump_count_neurons (tensor);

  sites->of_item[i] = site;
  site->n_elements += tensor->n_elements;
  site->least_neurons = MIN (site->least_neurons, n_neurons);
  site->most_neurons = MAX (site->most_neurons, n_neurons);
  site->is_mixed = site->is_mixed || !has_same_shape (site->first, tensor);
  g_hash_table_add (site->layers, sp_dump_layer_key (tensor));
}

/* By the order of the stores, then by name: the same whatever the order in the file. */
static int
compare_sites (gconstpointer a, gconstpointer b)
{
  const SpDumpSite *x = *(SpDumpSite *const *) a, *y = *(SpDumpSite *const *) b;

  if (x->n_store != y->n_store)
    return x->n_store < y->n_store ? -1 : 1;
  return x->is_unsure != y->is_unsure ? x->is_unsure - y->is_unsure : sp_natural_compare (x->name, y->name);
}

static gboolean
is_site (const SpDumpSite *site)
{
  return !site->is_unsure || (!site->is_mixed && g_hash_table_size (site->layers) > 1);
}

static void
drop_no_sites (SpDumpSites *sites, gsize n_items)
{
  for (gsize i = 0; i < n_items; i++)
    if (sites->of_item[i] != NULL && !is_site (sites->of_item[i]))
      sites->of_item[i] = NULL;
  for (guint i = sites->all->len; i-- > 0;)
    if (!is_site (sites->all->pdata[i]))
      {
        g_hash_table_remove (sites->known, sites->all->pdata[i]);
        g_ptr_array_remove_index (sites->all, i);
      }
}

void
sp_dump_list_sites (SpDumpSites *sites, const SpItems *items)
{
  SpStore *store = NULL;
  gboolean may_guess = FALSE;
  guint    n_store = 0;

  sites->all = g_ptr_array_new_with_free_func (site_free);
  sites->known = g_hash_table_new (site_hash, site_equal);
  sites->of_item = g_new0 (SpDumpSite *, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *tensor = items->items[i].tensor;
      gboolean        is_known = sp_dump_is_activations (tensor);

      if (items->items[i].store != store)
        {
          store = items->items[i].store;
          may_guess = sp_dump_may_have_rows (store);
          n_store++;
        }
      if (!is_known && !(may_guess && is_unsure (tensor)))
        continue;
      if (sp_dump_is_too_big (tensor))
        continue;
      add_item (sites, items, i, !is_known);
      sites->of_item[i]->n_store = n_store;
    }
  drop_no_sites (sites, items->n);
  g_ptr_array_sort (sites->all, compare_sites);
}

void
sp_dump_clear_sites (SpDumpSites *sites)
{
  g_hash_table_unref (sites->known);
  g_ptr_array_unref (sites->all);
  g_free (sites->of_item);
}

/* --- choosing -------------------------------------------------------------------------------------- */

/* The one with most elements, the first of equals; never one that nobody is sure of. */
static guint
find_fallback (const SpDumpSites *sites)
{
  guint best = G_MAXUINT;

  for (guint i = 0; i < sites->all->len; i++)
    {
      const SpDumpSite *site = sites->all->pdata[i];

      if (!site->is_unsure && (best == G_MAXUINT || site->n_elements > ((SpDumpSite *) sites->all->pdata[best])->n_elements))
        best = i;
    }
  return best;
}

static char *
make_title (const SpDumpSite *site, const char *text)
{
  guint            n = g_hash_table_size (site->layers);
  g_autofree char *layers = g_strdup_printf (ngettext ("%u layer", "%u layers", n), n);
  g_autofree char *neurons = site->least_neurons == site->most_neurons
                               ? g_strdup_printf ("%" PRIu64, site->most_neurons)
                               : g_strdup_printf ("%" PRIu64 "–%" PRIu64, site->least_neurons, site->most_neurons);

  if (site->kind == SP_SITE_PRODUCT)
    return g_strdup_printf (_("%s – %s × %s neurons, product"), text, layers, neurons);
  if (site->kind == SP_SITE_GATE)
    return g_strdup_printf (_("%s – %s × %s neurons, gate score"), text, layers, neurons);
  return g_strdup_printf (_("%s – %s × %s neurons"), text, layers, neurons);
}

GPtrArray *
sp_dump_offer (const SpDumpSites *sites)
{
  GPtrArray            *offers = g_ptr_array_new_with_free_func (sp_offer_free);
  g_autofree SpNamed   *named = g_new (SpNamed, sites->all->len + 1);
  g_auto (GStrv)        texts = NULL;
  guint                 fallback = find_fallback (sites);

  for (guint i = 0; i < sites->all->len; i++)
    named[i] = (SpNamed) { ((SpDumpSite *) sites->all->pdata[i])->store, ((SpDumpSite *) sites->all->pdata[i])->name };
  texts = sp_named_dup_texts (named, sites->all->len);
  for (guint i = 0; i < sites->all->len; i++)
    {
      g_autofree char *title = make_title (sites->all->pdata[i], texts[i]);

      g_ptr_array_add (offers, sp_offer_new (texts[i], title, i == fallback));
    }
  return offers;
}

GArray *
sp_dump_list_items (SpStore *const *stores, gsize n_stores)
{
  GArray *items = g_array_new (FALSE, FALSE, sizeof (SpItem));

  for (gsize s = 0; s < n_stores; s++)
    for (gsize i = 0; i < sp_store_get_n_tensors (stores[s]); i++)
      {
        SpItem item = { stores[s], sp_store_get_tensor (stores[s], i) };

        g_array_append_val (items, item);
      }
  return items;
}

GPtrArray *
sp_dump_offer_sites (SpStore *const *stores, gsize n_stores)
{
  g_autoptr (GArray) items = sp_dump_list_items (stores, n_stores);
  SpDumpSites        sites;
  GPtrArray         *offers;

  sp_dump_list_sites (&sites, &(SpItems) { items->len, (SpItem *) (gpointer) items->data });
  offers = sp_dump_offer (&sites);
  sp_dump_clear_sites (&sites);
  return offers;
}

static char *
explain_none (GPtrArray *offers, const char *wanted)
{
  g_autofree char *list = sp_offers_list (offers, G_MAXUINT, MOST_LISTED);

  if (offers->len == 0)
    return g_strdup (_("No recorded activations here: a dump has tensors [tokens, neurons] with names like act.3 or layers.3.mlp.act_fn."));
  if (wanted != NULL)
    return g_strdup_printf (_("There is no site %s here; there is %s."), wanted, list);
  return g_strdup_printf (_("Nothing here has a name that tells recorded activations; they could be %s: choose with site."), list);
}

const SpDumpSite *
sp_dump_choose_site (SpDump *dump, const SpDumpSites *sites, const char *wanted)
{
  g_autoptr (GPtrArray) offers = sp_dump_offer (sites);
  guint                 chosen = wanted != NULL ? sp_offers_find (offers, wanted) : find_fallback (sites);

  if (chosen == G_MAXUINT)
    {
      dump->problem = explain_none (offers, wanted);
      return NULL;
    }
  if (offers->len > 1)
    {
      g_autofree char *others = sp_offers_list (offers, chosen, MOST_LISTED);

      g_ptr_array_add (dump->notes, g_strdup_printf (_("Also here: %s; choose one with site."), others));
    }
  dump->site = g_strdup (((SpOffer *) offers->pdata[chosen])->text);
  return sites->all->pdata[chosen];
}
