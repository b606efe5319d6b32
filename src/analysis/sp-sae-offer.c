/* sp-sae-offer.c - the sparse autoencoders that opened stores hold, as parameters choose them */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-offer.h"

static void
found_free (gpointer data)
{
  SpSaeFound *found = data;

  g_free (found->which);
  g_free (found->text);
  g_free (found);
}

static void
add_found (GPtrArray *all, SpStore *store)
{
  g_autoptr (GPtrArray) names = sp_sae_list (store);

  for (guint i = 0; i < names->len; i++)
    {
      SpSaeFound *found = g_new (SpSaeFound, 1);

      *found = (SpSaeFound) { .store = store, .which = names->len > 1 ? g_strdup (names->pdata[i]) : NULL, .n = names->len };
      g_ptr_array_add (all, found);
    }
}

static void
name_found (GPtrArray *all)
{
  g_autofree SpNamed *named = g_new (SpNamed, all->len + 1);
  g_autofree char   **texts = NULL;

  for (guint i = 0; i < all->len; i++)
    named[i] = (SpNamed) { ((SpSaeFound *) all->pdata[i])->store, ((SpSaeFound *) all->pdata[i])->which };
  texts = sp_named_dup_texts (named, all->len);
  for (guint i = 0; i < all->len; i++)
    ((SpSaeFound *) all->pdata[i])->text = texts[i];
}

GPtrArray *
sp_sae_find_all (SpStore *const *stores, gsize n_stores)
{
  GPtrArray *all = g_ptr_array_new_with_free_func (found_free);

  for (gsize i = 0; i < n_stores; i++)
    add_found (all, stores[i]);
  name_found (all);
  return all;
}

GPtrArray *
sp_sae_offer_found (GPtrArray *found, guint fallback)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (sp_offer_free);

  for (guint i = 0; i < found->len; i++)
    {
      const SpSaeFound *one = found->pdata[i];

      g_ptr_array_add (offers, sp_offer_new (one->text, one->text, i == fallback));
    }
  return offers;
}

SpSaeShape
sp_sae_first_shape (SpStore *const *stores, gsize n_stores)
{
  for (gsize i = 0; i < n_stores; i++)
    {
      g_autoptr (SpSae) sae = sp_sae_is_in (stores[i]) ? sp_sae_open (stores[i], &SP_SAE_NO_CHOICES, NULL) : NULL;

      if (sae != NULL)
        return sp_sae_are_alike (stores[i]) ? *sp_sae_get_shape (sae) : (SpSaeShape) { 0 };
    }
  return (SpSaeShape) { 0 };
}
