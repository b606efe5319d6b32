/* sp-offer.c - what the opened stores offer as the value of a parameter that is text */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-offer.h"

#include "sp-error.h"
#include "sp-role.h"

#include <glib/gi18n-lib.h>
#include <string.h>
#include <sys/stat.h>

/* Texts of one folder: a data set's thousand files are no choice. */
#define MOST_TEXTS 12

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

/* --- texts ------------------------------------------------------------------------------------------------- */

static const char *
get_name (const SpNamed *named)
{
  return named->name != NULL ? named->name : sp_store_get_title (named->store);
}

static char *
with_title (const SpNamed *named)
{
  return named->name != NULL ? g_strdup_printf ("%s:%s", sp_store_get_title (named->store), named->name) : NULL;
}

static char *
with_path (const SpNamed *named)
{
  const char *path = sp_store_get_path (named->store);

  return named->name != NULL ? g_strdup_printf ("%s:%s", path, named->name) : g_strdup (path);
}

/* Taken; NULL is none. */
static void
count_text (GHashTable *counts, char *text)
{
  if (text != NULL)
    g_hash_table_insert (counts, text, GUINT_TO_POINTER (GPOINTER_TO_UINT (g_hash_table_lookup (counts, text)) + 1));
}

static gboolean
is_unique (GHashTable *counts, const char *text)
{
  return text != NULL && GPOINTER_TO_UINT (g_hash_table_lookup (counts, text)) == 1;
}

static char *
make_text (const SpNamed *named, GHashTable *counts)
{
  g_autofree char *title = with_title (named), *path = with_path (named);

  if (!is_unique (counts, get_name (named)) && is_unique (counts, title))
    return g_steal_pointer (&title);
  if (!is_unique (counts, get_name (named)) && is_unique (counts, path))
    return g_steal_pointer (&path);
  return g_strdup (get_name (named));
}

char **
sp_named_dup_texts (const SpNamed *named, gsize n)
{
  g_autoptr (GHashTable) counts = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  char                 **texts = g_new0 (char *, n + 1);

  for (gsize i = 0; i < n; i++)
    {
      count_text (counts, g_strdup (get_name (&named[i])));
      count_text (counts, with_title (&named[i]));
      count_text (counts, with_path (&named[i]));
    }
  for (gsize i = 0; i < n; i++)
    texts[i] = make_text (&named[i], counts);
  return texts;
}

gboolean
sp_named_goes_by (const SpNamed *named, const char *text)
{
  g_autofree char *title = with_title (named), *path = with_path (named);

  return strcmp (text, get_name (named)) == 0 || g_strcmp0 (text, title) == 0 || strcmp (text, path) == 0;
}

/* --- finding ----------------------------------------------------------------------------------------------- */

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

static void
add_text (GPtrArray *offers, const char *path, const char *name)
{
  g_autofree char *printable = sp_printable_text (name, -1), *size = NULL, *title = NULL;
  struct stat      info;

  if (sp_offers_find (offers, path) != G_MAXUINT || stat (path, &info) != 0 || !S_ISREG (info.st_mode) || info.st_size == 0)
    return;
  size = g_format_size ((guint64) info.st_size);
  title = g_strdup_printf ("%s – %s", printable, size);
  g_ptr_array_add (offers, sp_offer_new (path, title, FALSE));
}

static int
compare_names (gconstpointer a, gconstpointer b)
{
  return sp_natural_compare (*(char *const *) a, *(char *const *) b);
}

static GPtrArray *
list_texts (const char *folder)
{
  GPtrArray       *names = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);

  for (const char *name; dir != NULL && (name = g_dir_read_name (dir)) != NULL;)
    {
      gsize n = strlen (name);

      if (n > 4 && g_ascii_strcasecmp (name + n - 4, ".txt") == 0 && g_utf8_validate (name, -1, NULL))
        g_ptr_array_add (names, g_strdup (name));
    }
  g_ptr_array_sort (names, compare_names);
  return names;
}

void
sp_offers_add_texts (GPtrArray *offers, const char *path)
{
  g_autofree char      *whole = g_canonicalize_filename (path, NULL);
  g_autofree char      *folder = g_file_test (whole, G_FILE_TEST_IS_DIR) ? g_strdup (whole) : g_path_get_dirname (whole);
  g_autoptr (GPtrArray) names = list_texts (folder);

  for (guint i = 0; i < MIN (names->len, MOST_TEXTS); i++)
    {
      g_autofree char *text = g_build_filename (folder, names->pdata[i], NULL);

      add_text (offers, text, names->pdata[i]);
    }
}

GPtrArray *
sp_offer_texts (SpStore *const *stores, gsize n_stores)
{
  GPtrArray *offers = g_ptr_array_new_with_free_func (sp_offer_free);

  for (gsize i = 0; i < n_stores; i++)
    sp_offers_add_texts (offers, sp_store_get_path (stores[i]));
  return offers;
}
