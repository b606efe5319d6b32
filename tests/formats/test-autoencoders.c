/* test-autoencoders.c - sparse autoencoders in folders of their own: which there are, and what is left out */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-autoencoders.h"

#include <glib/gstdio.h>

static void
put (const char *folder, const char *name)
{
  g_autofree char *path = g_build_filename (folder, name, NULL), *inner = g_path_get_dirname (path);

  g_assert_cmpint (g_mkdir_with_parents (inner, 0700), ==, 0);
  g_assert_true (g_file_set_contents (path, "", 0, NULL));
}

static char *
join (GPtrArray *files)
{
  g_autoptr (GString) all = g_string_new (NULL);

  for (guint i = 0; i < files->len; i++)
    g_string_append_printf (all, "%s%s", i > 0 ? ", " : "", (char *) files->pdata[i]);
  return g_string_free (g_steal_pointer (&all), FALSE);
}

/* In natural order, at most three folders deep, none below another, and not those of the folder itself. */
static void
test_which (void)
{
  static const char *const names[] = {
    "sae.safetensors", "layers.10/sae.safetensors", "layers.9/sae.safetensors", "layers.9/inner/ae.pt", "layers.9/sparsity.safetensors",
    "a/b/c/params.npz", "a/b/c2/d/params.npz", ".cache/ae.pt", "trainer_0/ae.pt", "trainer_0/checkpoints/ae_100.pt",
    "only-counts/sparsity.safetensors", "hook/seed1/sae_weights.safetensors",
  };
  g_autofree char      *all = NULL;
  char                 *folder = files_new_folder ();
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), files = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    put (folder, names[i]);
  files = sp_autoencoders_list (folder, notes);
  all = join (files);
  g_assert_cmpstr (all, ==, "a/b/c/params.npz, hook/seed1/sae_weights.safetensors, layers.9/sae.safetensors, "
                            "layers.9/sparsity.safetensors, layers.10/sae.safetensors, trainer_0/ae.pt");
  g_assert_cmpuint (notes->len, ==, 0);
  files_remove (folder);
}

/* Of several kinds in one folder the same one, in whatever order the folder has them. */
static void
test_both (void)
{
  static const char *const names[][2] = { { "a/ae.pt", "a/sae.safetensors" }, { "a/sae.safetensors", "a/ae.pt" } };

  for (gsize i = 0; i < G_N_ELEMENTS (names); i++)
    {
      g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), files = NULL;
      char                 *folder = files_new_folder ();

      put (folder, names[i][0]);
      put (folder, names[i][1]);
      files = sp_autoencoders_list (folder, notes);
      g_assert_cmpuint (files->len, ==, 1);
      g_assert_cmpstr (files->pdata[0], ==, "a/sae.safetensors");
      files_remove (folder);
    }
}

static void
test_too_many (void)
{
  char                 *folder = files_new_folder ();
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), files = NULL;

  for (guint i = 0; i < 1003; i++)
    {
      g_autofree char *name = g_strdup_printf ("layers.%u/sae.safetensors", i);

      put (folder, name);
    }
  files = sp_autoencoders_list (folder, notes);
  g_assert_cmpuint (files->len, ==, 1000);
  g_assert_cmpstr (files->pdata[999], ==, "layers.999/sae.safetensors");
  g_assert_cmpuint (notes->len, ==, 1);
  g_assert_nonnull (g_strstr_len (notes->pdata[0], -1, "1003 files"));
  files_remove (folder);
}

/* The shallow ones first; that there are more is said where anything was found. */
static void
test_too_much (void)
{
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), files = NULL, none = NULL;
  g_autofree char      *all = NULL;
  char                 *folder = files_new_folder ();

  for (guint i = 0; i < 50; i++)
    for (guint k = 0; k < 50; k++)
      {
        g_autofree char *name = g_strdup_printf ("%u/%u/other", i, k);

        put (folder, name);
      }
  none = sp_autoencoders_list (folder, notes);
  g_assert_cmpuint (none->len, ==, 0);
  g_assert_cmpuint (notes->len, ==, 0);
  put (folder, "3/7/ae.pt");
  put (folder, "49/49/ae.pt");
  files = sp_autoencoders_list (folder, notes);
  all = join (files);
  g_assert_cmpstr (all, ==, "3/7/ae.pt");
  g_assert_cmpuint (notes->len, ==, 1);
  g_assert_nonnull (g_strstr_len (notes->pdata[0], -1, "not all of the folder"));
  files_remove (folder);
}

static void
test_none (void)
{
  g_autoptr (GPtrArray) notes = g_ptr_array_new_with_free_func (g_free), files = sp_autoencoders_list ("/not/there", notes);

  g_assert_cmpuint (files->len, ==, 0);
  g_assert_cmpuint (notes->len, ==, 0);
}

static void
test_left_over (void)
{
  static const char *const theirs[] = { "optimizer_0.pt", "optimizer.pt", "lr_scheduler_1.pt", "rank_0_state.pt", "state.pt" };
  static const char *const others[] = { "model.pt", "optimizer.safetensors", "state_dict.pt", "ae.pt", "my_state.pt", "" };

  for (gsize i = 0; i < G_N_ELEMENTS (theirs); i++)
    g_assert_true (sp_autoencoders_is_left_over (theirs[i]));
  for (gsize i = 0; i < G_N_ELEMENTS (others); i++)
    g_assert_false (sp_autoencoders_is_left_over (others[i]));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/formats/autoencoders/which", test_which);
  g_test_add_func ("/formats/autoencoders/both", test_both);
  g_test_add_func ("/formats/autoencoders/too-many", test_too_many);
  g_test_add_func ("/formats/autoencoders/too-much", test_too_much);
  g_test_add_func ("/formats/autoencoders/none", test_none);
  g_test_add_func ("/formats/autoencoders/left-over", test_left_over);
  return g_test_run ();
}
