/* sp-series.c - activation ratios of one training run by tokens, found by their names among the tensors of a run */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-series.h"

#include "sp-format.h"

#include <string.h>

static gboolean
is_vector (const SpTensor *tensor)
{
  return tensor != NULL && tensor->rank == 1 && sp_tensor_is_readable (tensor);
}

/* The bytes before the word; -1: it is called otherwise. */
static gssize
find_word (const SpTensor *tensor, const char *word)
{
  gsize n = strlen (tensor->name), n_word = strlen (word);

  if (!g_str_has_suffix (tensor->name, word) || (n > n_word && tensor->name[n - n_word - 1] != ':'))
    return -1;
  return (gssize) (n - n_word);
}

static gboolean
is_by_steps (const SpTensor *tensor)
{
  return find_word (tensor, SP_SERIES_STEPS) >= 0;
}

/* The bytes before "token_passed" or "step_passed"; -1: it is called otherwise. */
static gssize
find_prefix (const SpTensor *tensor)
{
  return is_vector (tensor) ? find_word (tensor, is_by_steps (tensor) ? SP_SERIES_STEPS : SP_SERIES_TOKENS) : -1;
}

/* NULL: the tensor is no series' tokens, or has no ratios beside. */
static const SpTensor *
find_ratios (SpStore *store, const SpTensor *tokens)
{
  gssize           n = find_prefix (tokens);
  g_autofree char *name = n >= 0 ? g_strdup_printf ("%.*s" SP_SERIES_RATIOS, (int) n, tokens->name) : NULL;
  const SpTensor  *ratios = name != NULL ? sp_store_find (store, name) : NULL;

  return is_vector (ratios) ? ratios : NULL;
}

gboolean
sp_series_is_in (SpStore *store)
{
  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    if (find_ratios (store, sp_store_get_tensor (store, i)) != NULL)
      return TRUE;
  return FALSE;
}

gboolean
sp_series_has_losses (SpStore *store)
{
  return sp_store_get_format (store) == &sp_format_series && is_vector (sp_store_find (store, "tau")) &&
         is_vector (sp_store_find (store, "loss"));
}

static char *
name_series (const SpItem *item)
{
  gssize      n = find_prefix (item->tensor);
  char       *title = n > 0 ? g_strndup (item->tensor->name, (gsize) n - 1) : g_strdup (sp_store_get_title (item->store));
  const char *dot = strrchr (title, '.');

  if (dot != NULL && dot > title && (strcmp (dot, ".txt") == 0 || strcmp (dot, ".json") == 0))
    title[dot - title] = '\0';
  return title;
}

static gboolean
has_title (GArray *pairs, const char *title)
{
  for (guint i = 0; i < pairs->len; i++)
    if (strcmp (g_array_index (pairs, SpSeriesPair, i).title, title) == 0)
      return TRUE;
  return FALSE;
}

static void
add_pair (GArray *pairs, const SpItem *item, gsize tokens, gsize ratios)
{
  g_autofree char *title = name_series (item);
  SpSeriesPair     pair = { g_strdup (title), tokens, ratios, is_by_steps (item->tensor) };

  for (guint k = 2; has_title (pairs, pair.title); k++)
    {
      g_free (pair.title);
      pair.title = g_strdup_printf ("%s (%u)", title, k);
    }
  g_array_append_val (pairs, pair);
}

static void
pair_clear (gpointer pair)
{
  g_free (((SpSeriesPair *) pair)->title);
}

/* Files come in any order where several are opened at once. */
static int
compare_pairs (gconstpointer a, gconstpointer b)
{
  return sp_natural_compare (((const SpSeriesPair *) a)->title, ((const SpSeriesPair *) b)->title);
}

GArray *
sp_series_list (const SpItems *items)
{
  GArray *pairs = g_array_new (FALSE, FALSE, sizeof (SpSeriesPair));

  g_array_set_clear_func (pairs, pair_clear);
  for (gsize i = 0; i < items->n; i++)
    {
      const SpTensor *ratios = find_ratios (items->items[i].store, items->items[i].tensor);

      for (gsize k = 0; ratios != NULL && k < items->n; k++)
        if (items->items[k].tensor == ratios)
          add_pair (pairs, &items->items[i], i, k);
    }
  g_array_sort (pairs, compare_pairs);
  return pairs;
}
