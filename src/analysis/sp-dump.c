/* sp-dump.c - the recorded activations among the tensors of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

/* Parts of names that say what was recorded. */
static const char *const words[] = {
  "act", "acts", "activation", "activations", "act_fn", "activation_fn", "intermediate_act_fn", "hook_post", "post_act",
  "neurons", NULL
};

/* Parts of names that say so where no other follows: a module, by whose name its output goes. */
static const char *const modules[] = { "mlp", "ffn", NULL };

/* Last parts of names that say it was not. */
static const char *const parameters[] = { "weight", "bias", "scale", "scales", "weight_g", "weight_v", "kernel", "alpha", "beta", NULL };

static const char *const stacks[] = { "encoder", "decoder", "enc", "dec", NULL };

gboolean
sp_dump_is_number (const char *part)
{
  return part[0] != '\0' && strspn (part, "0123456789") == strlen (part);
}

char **
sp_dump_split_name (const SpTensor *tensor)
{
  g_autofree char *name = g_ascii_strdown (tensor->name, -1);

  return g_strsplit_set (name, SP_DUMP_SEPARATORS, -1);
}

static gboolean
has_word (char **parts)
{
  const char *last = NULL;

  for (gsize i = 0; parts[i] != NULL; i++)
    {
      if (g_strv_contains (words, parts[i]) || g_str_has_prefix (parts[i], "act_"))
        return TRUE;
      last = sp_dump_is_number (parts[i]) ? last : parts[i];
    }
  return last != NULL && g_strv_contains (modules, last);
}

/* Most tensors of most files are parameters, so this copies nothing. */
static gboolean
is_parameter (const SpTensor *tensor)
{
  const char *last = tensor->name;

  for (const char *end; (end = strpbrk (last, SP_DUMP_SEPARATORS)) != NULL;)
    last = end + 1;
  for (gsize i = 0; parameters[i] != NULL; i++)
    if (g_ascii_strcasecmp (last, parameters[i]) == 0)
      return TRUE;
  return FALSE;
}

static gboolean
is_named_so (const SpTensor *tensor)
{
  g_auto (GStrv) parts = NULL;

  if (is_parameter (tensor))
    return FALSE;
  parts = sp_dump_split_name (tensor);
  return has_word (parts);
}

static gboolean
is_lost (const SpTensor *tensor)
{
  return !sp_tensor_is_readable (tensor) && is_named_so (tensor);
}

gboolean
sp_dump_is_activations (const SpTensor *tensor)
{
  if (!sp_tensor_is_readable (tensor) || (tensor->rank != 2 && tensor->rank != 3))
    return FALSE;
  if (sp_dtype_kind (tensor->dtype) == SP_KIND_INT && sp_dtype_size (tensor->dtype) > 1)
    return FALSE;
  return is_named_so (tensor);
}

gboolean
sp_dump_is_in (SpStore *store)
{
  gboolean is_any = FALSE;

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    {
      const SpTensor *tensor = sp_store_get_tensor (store, i);

      if (is_parameter (tensor))
        return FALSE;
      is_any = is_any || sp_dump_is_activations (tensor);
    }
  return is_any;
}

static gboolean
has_activations (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (sp_dump_is_activations (sp_store_get_tensor (store, i)) || is_lost (sp_store_get_tensor (store, i)))
      return TRUE;
  return FALSE;
}

gboolean
sp_analysis_suits (const SpAnalysis *analysis, SpStore *store)
{
  switch (analysis->needs)
    {
    case SP_NEEDS_WEIGHTS:     return !sp_dump_is_in (store);
    case SP_NEEDS_ACTIVATIONS: return has_activations (store);
    case SP_NEEDS_TENSORS:     break;
    }
  return TRUE;
}

guint64
sp_dump_count_neurons (const SpTensor *tensor)
{
  return tensor->shape[tensor->rank - 1];
}

/* "act_3" */
static gboolean
is_numbered (const char *part)
{
  const char *line = strrchr (part, '_');

  return g_ascii_strncasecmp (part, "act", 3) == 0 && line != NULL && sp_dump_is_number (line + 1);
}

/* "model.layers.3.mlp" → "model.layers.*.mlp", "act_3" → "act_*"; encoder and decoder are one site, and so are the files of a folder. */
static char *
site_of (const SpTensor *tensor)
{
  const char    *colon = strrchr (tensor->name, ':');
  g_auto (GStrv) parts = g_strsplit (colon != NULL ? colon + 1 : tensor->name, ".", -1);

  for (gsize i = 0; parts[i] != NULL; i++)
    if (sp_dump_is_number (parts[i]) || (tensor->role.stack != 0 && g_strv_contains (stacks, parts[i])))
      {
        g_free (parts[i]);
        parts[i] = g_strdup ("*");
      }
    else if (is_numbered (parts[i]))
      strcpy (strrchr (parts[i], '_') + 1, "*");
  return g_strjoinv (".", parts);
}

/* --- the site: names of one kind in one store --------------------------------------------------- */

typedef struct { char *name; SpStore *store; guint64 n_elements; } Site;

static void
site_free (gpointer data)
{
  g_free (((Site *) data)->name);
  g_free (data);
}

static guint
site_hash (gconstpointer data)
{
  const Site *site = data;

  return g_str_hash (site->name) ^ g_direct_hash (site->store);
}

static gboolean
site_equal (gconstpointer a, gconstpointer b)
{
  const Site *x = a, *y = b;

  return x->store == y->store && strcmp (x->name, y->name) == 0;
}

typedef struct {
  GPtrArray  *all;               /* of Site, as they come */
  GHashTable *known;             /* Site, lent by all → itself */
  Site      **of_item;           /* (n items) lent by all; NULL: no activations */
} Sites;

static Site *
find_site (Sites *sites, const SpItem *item)
{
  Site  key = { site_of (item->tensor), item->store, 0 };
  Site *site = g_hash_table_lookup (sites->known, &key);

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
static gboolean
is_too_big (const SpTensor *tensor)
{
  guint64 n_neurons = sp_dump_count_neurons (tensor);

  return n_neurons > SP_DUMP_MOST_NEURONS || (n_neurons > 0 && tensor->n_elements / n_neurons > SP_DUMP_MOST_TOKENS);
}

static void
list_sites (Sites *sites, const SpItems *items)
{
  sites->all = g_ptr_array_new_with_free_func (site_free);
  sites->known = g_hash_table_new (site_hash, site_equal);
  sites->of_item = g_new0 (Site *, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    if (sp_dump_is_activations (items->items[i].tensor) && !is_too_big (items->items[i].tensor))
      {
        sites->of_item[i] = find_site (sites, &items->items[i]);
        sites->of_item[i]->n_elements += items->items[i].tensor->n_elements;
      }
}

static void
clear_sites (Sites *sites)
{
  g_hash_table_unref (sites->known);
  g_ptr_array_unref (sites->all);
  g_free (sites->of_item);
}

/* The one with most elements, the first of equals. */
static const Site *
choose_site (const Sites *sites)
{
  const Site *best = NULL;

  for (guint i = 0; i < sites->all->len; i++)
    {
      const Site *site = sites->all->pdata[i];

      best = best == NULL || site->n_elements > best->n_elements ? site : best;
    }
  return best;
}

static void
note_others (SpDump *dump, const Sites *sites, const Site *chosen)
{
  for (guint i = 0; i < sites->all->len; i++)
    {
      const Site *site = sites->all->pdata[i];

      if (site != chosen)
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s of %s is not looked at, %s of %s is."), site->name,
                                                       sp_store_get_title (site->store), chosen->name,
                                                       sp_store_get_title (chosen->store)));
    }
}

/* --- layers ----------------------------------------------------------------------------------- */

static int
compare_layers (gconstpointer a, gconstpointer b)
{
  const SpDumpLayer *x = a, *y = b;

  if (x->stack != y->stack)
    return x->stack == 'e' || (x->stack == 0 && y->stack != 'e') ? -1 : 1;
  return (x->layer > y->layer) - (x->layer < y->layer);
}

static SpDumpLayer
layer_of (const SpTensor *tensor)
{
  return (SpDumpLayer) { .layer = tensor->role.layer, .stack = tensor->role.stack, .n_neurons = sp_dump_count_neurons (tensor) };
}

/* A layer and its stack as one number. */
static gpointer
layer_key (const SpDumpLayer *layer)
{
  return GSIZE_TO_POINTER ((gsize) ((gint64) layer->layer + 1) << 8 | (guchar) layer->stack);
}

/* The first tensor of a layer says how many neurons it has. */
static void
list_layers (SpDump *dump, const SpItems *items, const Sites *sites, const Site *chosen)
{
  g_autoptr (GArray)     layers = g_array_new (FALSE, FALSE, sizeof (SpDumpLayer));
  g_autoptr (GHashTable) known = g_hash_table_new (NULL, NULL);

  for (gsize i = 0; i < items->n; i++)
    if (sites->of_item[i] == chosen)
      {
        SpDumpLayer layer = layer_of (items->items[i].tensor);

        if (g_hash_table_add (known, layer_key (&layer)))
          g_array_append_val (layers, layer);
      }
  g_array_sort (layers, compare_layers);
  dump->n_layers = layers->len;
  dump->layers = (SpDumpLayer *) (gpointer) g_array_steal (layers, NULL);
}

int
sp_dump_compare_names (gconstpointer a, gconstpointer b, gpointer data)
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
  SpDumpLayer    *layer = bsearch (&wanted, dump->layers, dump->n_layers, sizeof wanted, compare_layers);
  guint64         n_neurons = sp_dump_count_neurons (tensor), n_tokens;

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
  layer->n_tokens += n_tokens;
}

static void
place_items (SpDump *dump, const SpItems *items, const Sites *sites, const Site *chosen)
{
  g_autofree gsize *order = g_new (gsize, items->n + 1);
  gsize             n = 0;

  for (gsize i = 0; i < items->n; i++)
    if (sites->of_item[i] == chosen)
      order[n++] = i;
  g_qsort_with_data (order, (gint) n, sizeof *order, sp_dump_compare_names, (gpointer) items);
  for (gsize i = 0; i < n; i++)
    place_item (dump, items, order[i]);
}

static void
find_lost (SpDump *dump, const SpItems *items)
{
  for (gsize i = 0; i < items->n; i++)
    {
      dump->layer_of[i] = is_lost (items->items[i].tensor) ? SP_DUMP_LOST : G_MAXSIZE;
      if (dump->layer_of[i] == SP_DUMP_LOST)
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: %s"), items->items[i].tensor->name,
                                                       items->items[i].tensor->note));
      else if (sp_dump_is_activations (items->items[i].tensor) && is_too_big (items->items[i].tensor))
        note_too_big (dump, items->items[i].tensor);
    }
}

SpDump *
sp_dump_new (const SpItems *items)
{
  SpDump     *dump = g_new0 (SpDump, 1);
  Sites       sites;
  const Site *chosen;

  dump->notes = g_ptr_array_new_with_free_func (g_free);
  dump->layer_of = g_new (gsize, items->n + 1);
  dump->first_token = g_new0 (guint64, items->n + 1);
  find_lost (dump, items);
  list_sites (&sites, items);
  chosen = choose_site (&sites);
  if (chosen != NULL)
    {
      dump->site = g_strdup (chosen->name);
      note_others (dump, &sites, chosen);
      list_layers (dump, items, &sites, chosen);
      place_items (dump, items, &sites, chosen);
      sp_dump_load_mask (dump, items, chosen->store);
      sp_dump_load_texts (dump, chosen->store);
    }
  clear_sites (&sites);
  return dump;
}

void
sp_dump_free (SpDump *dump)
{
  g_free (dump->site);
  g_free (dump->layers);
  g_free (dump->layer_of);
  g_free (dump->first_token);
  g_free (dump->mask);
  g_strfreev (dump->texts);
  g_ptr_array_unref (dump->notes);
  g_free (dump);
}
