/* sp-offer.c - what the opened stores offer as the value of a parameter that is text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-offer.h"

#include <glib/gi18n-lib.h>
#include <string.h>

SpOffer *
sp_offer_new (const char *text, const char *title, gboolean is_fallback)
{
  SpOffer *offer = g_new (SpOffer, 1);

  *offer = (SpOffer) { .text = g_strdup (text), .title = g_strdup (title), .is_fallback = is_fallback };
  return offer;
}

void
sp_offer_free (gpointer data)
{
  SpOffer *offer = data;

  g_free (offer->text);
  g_free (offer->title);
  g_free (offer);
}

static gboolean
ends_so (const char *whole, const char *text)
{
  gsize n = strlen (text), n_whole = strlen (whole);

  return n_whole > n && whole[n_whole - n - 1] == ':' && strcmp (whole + n_whole - n, text) == 0;
}

guint
sp_offers_find (GPtrArray *offers, const char *text)
{
  for (guint i = 0; i < offers->len; i++)
    if (strcmp (((SpOffer *) offers->pdata[i])->text, text) == 0)
      return i;
  for (guint i = 0; i < offers->len; i++)
    if (ends_so (((SpOffer *) offers->pdata[i])->text, text))
      return i;
  return G_MAXUINT;
}

char *
sp_offers_list (GPtrArray *offers, guint skip, guint most)
{
  GString *out = g_string_new (NULL);
  guint    n = 0, n_all = offers->len - (skip < offers->len);

  for (guint i = 0; i < offers->len && n < most; i++)
    if (i != skip)
      g_string_append_printf (out, "%s%s", n++ > 0 ? ", " : "", ((SpOffer *) offers->pdata[i])->text);
  if (n < n_all)
    g_string_append_printf (out, _(" and %u more"), n_all - n);
  return g_string_free (out, FALSE);
}
