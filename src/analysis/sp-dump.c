/* sp-dump.c - the recorded activations among the tensors of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-dump-private.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
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

  return g_strsplit_set (name, "./[]:", -1);
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

static gboolean
is_parameter (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);
  guint          n = g_strv_length (parts);

  return n > 0 && g_strv_contains (parameters, parts[n - 1]);
}

static gboolean
is_named_so (const SpTensor *tensor)
{
  g_auto (GStrv) parts = sp_dump_split_name (tensor);

  return !is_parameter (tensor) && has_word (parts);
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
site_clear (gpointer data)
{
  g_free (((Site *) data)->name);
}

static void
add_to_sites (GArray *sites, const SpItem *item)
{
  g_autofree char *name = site_of (item->tensor);
  Site             site = { NULL, item->store, item->tensor->n_elements };

  for (guint i = 0; i < sites->len; i++)
    {
      Site *known = &g_array_index (sites, Site, i);

      if (known->store == item->store && strcmp (known->name, name) == 0)
        {
          known->n_elements += item->tensor->n_elements;
          return;
        }
    }
  site.name = g_steal_pointer (&name);
  g_array_append_val (sites, site);
}

/* The one with most elements, the first of equals. */
static const Site *
choose_site (GArray *sites)
{
  const Site *best = NULL;

  for (guint i = 0; i < sites->len; i++)
    if (best == NULL || g_array_index (sites, Site, i).n_elements > best->n_elements)
      best = &g_array_index (sites, Site, i);
  return best;
}

static void
note_others (SpDump *dump, GArray *sites, const Site *chosen)
{
  for (guint i = 0; i < sites->len; i++)
    {
      const Site *site = &g_array_index (sites, Site, i);

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

static gsize
find_layer (GArray *layers, const SpDumpLayer *wanted)
{
  for (guint i = 0; i < layers->len; i++)
    if (compare_layers (&g_array_index (layers, SpDumpLayer, i), wanted) == 0)
      return i;
  return G_MAXSIZE;
}

static SpDumpLayer
layer_of (const SpTensor *tensor)
{
  return (SpDumpLayer) { .layer = tensor->role.layer, .stack = tensor->role.stack, .n_neurons = sp_dump_count_neurons (tensor) };
}

static gboolean
is_at (const SpItem *item, const Site *site)
{
  g_autofree char *name = NULL;

  if (item->store != site->store || !sp_dump_is_activations (item->tensor))
    return FALSE;
  name = site_of (item->tensor);
  return strcmp (name, site->name) == 0;
}

static void
list_layers (SpDump *dump, const SpItems *items, const Site *site)
{
  g_autoptr (GArray) layers = g_array_new (FALSE, FALSE, sizeof (SpDumpLayer));

  for (gsize i = 0; i < items->n; i++)
    {
      SpDumpLayer layer;

      if (!is_at (&items->items[i], site))
        continue;
      layer = layer_of (items->items[i].tensor);
      if (find_layer (layers, &layer) == G_MAXSIZE)
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

/* Batches of a layer follow one another as their names do. */
static void
place_item (SpDump *dump, const SpItems *items, gsize item)
{
  const SpTensor *tensor = items->items[item].tensor;
  SpDumpLayer     wanted = layer_of (tensor), *layer = NULL;
  guint64         n_neurons = sp_dump_count_neurons (tensor);

  for (gsize i = 0; i < dump->n_layers && layer == NULL; i++)
    if (compare_layers (&dump->layers[i], &wanted) == 0)
      layer = &dump->layers[i];
  if (n_neurons != layer->n_neurons)
    {
      g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: it has %" PRIu64 " neurons, the others of its layer %" PRIu64 "."),
                                                     tensor->name, n_neurons, layer->n_neurons));
      return;
    }
  dump->layer_of[item] = (gsize) (layer - dump->layers);
  dump->first_token[item] = layer->n_tokens;
  layer->n_tokens += n_neurons > 0 ? tensor->n_elements / n_neurons : 0;
}

static void
place_items (SpDump *dump, const SpItems *items, const Site *site)
{
  g_autofree gsize *order = g_new (gsize, items->n + 1);
  gsize             n = 0;

  for (gsize i = 0; i < items->n; i++)
    if (is_at (&items->items[i], site))
      order[n++] = i;
  g_qsort_with_data (order, (gint) n, sizeof *order, sp_dump_compare_names, (gpointer) items);
  for (gsize i = 0; i < n; i++)
    place_item (dump, items, order[i]);
}

SpDump *
sp_dump_new (const SpItems *items)
{
  SpDump            *dump = g_new0 (SpDump, 1);
  g_autoptr (GArray) sites = g_array_new (FALSE, FALSE, sizeof (Site));
  const Site        *site;

  g_array_set_clear_func (sites, site_clear);
  dump->notes = g_ptr_array_new_with_free_func (g_free);
  dump->layer_of = g_new (gsize, items->n + 1);
  dump->first_token = g_new0 (guint64, items->n + 1);
  for (gsize i = 0; i < items->n; i++)
    {
      dump->layer_of[i] = is_lost (items->items[i].tensor) ? SP_DUMP_LOST : G_MAXSIZE;
      if (dump->layer_of[i] == SP_DUMP_LOST)
        g_ptr_array_add (dump->notes, g_strdup_printf (_("%s is left out: %s"), items->items[i].tensor->name,
                                                       items->items[i].tensor->note));
      if (sp_dump_is_activations (items->items[i].tensor))
        add_to_sites (sites, &items->items[i]);
    }
  site = choose_site (sites);
  if (site == NULL)
    return dump;
  dump->site = g_strdup (site->name);
  note_others (dump, sites, site);
  list_layers (dump, items, site);
  place_items (dump, items, site);
  sp_dump_load_mask (dump, items, site->store);
  sp_dump_load_texts (dump, site->store);
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
