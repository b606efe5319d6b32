/* sp-autoencoders.c - sparse autoencoders that were saved one by one, each in a folder of its own: one a layer, or one a setting */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-autoencoders.h"

#include "sp-role.h"

#include <glib/gi18n-lib.h>
#include <string.h>

#define MOST_DEEP    3
#define MOST_FOLDERS 2000                /* looked into: the folder may be anybody's home */
#define MOST_ENTRIES 200000              /* of all of them */
#define MOST_FILES   1000

/* Of several in one folder the first. */
static const char *const weights[] = { "sae.safetensors", "sae_weights.safetensors", "ae.pt", "params.npz" };
#define COUNTS "sparsity.safetensors"

gboolean
sp_autoencoders_is_left_over (const char *name)
{
  static const char *const begins[] = { "optimizer", "lr_scheduler", "rank_", "state." };
  gboolean is_one = FALSE;

  for (gsize i = 0; i < G_N_ELEMENTS (begins); i++)
    is_one = is_one || g_str_has_prefix (name, begins[i]);
  return is_one && g_str_has_suffix (name, ".pt");
}

/* All relative to root; "" is root itself. */
typedef struct {
  const char *root;
  GPtrArray  *folders;                   /* to look into, the shallow ones first */
  GPtrArray  *files;
  guint       n_entries;
  gboolean    is_cut;                    /* there is more than was looked at */
} Search;

static guint
count_parts (const char *folder)
{
  guint n = folder[0] != '\0';

  for (const char *c = folder; *c != '\0'; c++)
    n += *c == '/';
  return n;
}

static void
add_file (Search *search, const char *folder, const char *name)
{
  g_ptr_array_add (search->files, g_build_filename (folder, name, NULL));
}

/* The place of a name among those of weights, or how many these are. */
static gsize
find_weights (const char *name)
{
  gsize i = 0;

  while (i < G_N_ELEMENTS (weights) && strcmp (name, weights[i]) != 0)
    i++;
  return i;
}

/* NULL: there is none, or no more are looked at. */
static const char *
next_name (Search *search, GDir *dir)
{
  const char *name = dir != NULL ? g_dir_read_name (dir) : NULL;

  if (name != NULL && search->n_entries++ < MOST_ENTRIES)
    return name;
  search->is_cut = search->is_cut || name != NULL;
  return NULL;
}

static void
add_folders (Search *search, GPtrArray *inner)
{
  guint n = MIN (inner->len, MOST_FOLDERS - search->folders->len);

  g_ptr_array_sort (inner, sp_natural_compare_places);
  for (guint i = 0; i < n; i++)
    g_ptr_array_add (search->folders, g_strdup (inner->pdata[i]));
  search->is_cut = search->is_cut || n < inner->len;
}

/* What lies deeper than an autoencoder is none of its own. */
static void
look_into (Search *search, const char *folder)
{
  g_autofree char      *path = g_build_filename (search->root, folder, NULL);
  g_autoptr (GPtrArray) inner = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir)      dir = g_dir_open (path, 0, NULL);
  const char           *name;
  gsize                 found = G_N_ELEMENTS (weights);
  gboolean              has_counts = FALSE, goes_on = count_parts (folder) < MOST_DEEP;

  while ((name = next_name (search, dir)) != NULL)
    {
      g_autofree char *full = g_build_filename (path, name, NULL);

      if (goes_on && name[0] != '.' && g_file_test (full, G_FILE_TEST_IS_DIR))
        g_ptr_array_add (inner, g_build_filename (folder, name, NULL));
      found = folder[0] != '\0' ? MIN (found, find_weights (name)) : found;
      has_counts = has_counts || strcmp (name, COUNTS) == 0;
    }
  if (found == G_N_ELEMENTS (weights))
    {
      add_folders (search, inner);
      return;
    }
  add_file (search, folder, weights[found]);
  if (has_counts)
    add_file (search, folder, COUNTS);
}

GPtrArray *
sp_autoencoders_list (const char *folder, GPtrArray *notes)
{
  g_autoptr (GPtrArray) folders = g_ptr_array_new_with_free_func (g_free);
  Search                search = { .root = folder, .folders = folders, .files = g_ptr_array_new_with_free_func (g_free) };

  g_ptr_array_add (folders, g_strdup (""));
  for (guint i = 0; i < folders->len; i++)
    look_into (&search, folders->pdata[i]);
  g_ptr_array_sort (search.files, sp_natural_compare_places);
  if (search.files->len > MOST_FILES)
    {
      g_ptr_array_add (notes, g_strdup_printf (_("the folder holds %u files of sparse autoencoders: the first %u were opened"),
                                               search.files->len, MOST_FILES));
      g_ptr_array_set_size (search.files, MOST_FILES);
    }
  if (search.files->len > 0 && search.is_cut)
    g_ptr_array_add (notes, g_strdup (_("not all of the folder was looked through: there may be more sparse autoencoders in it")));
  return search.files;
}
