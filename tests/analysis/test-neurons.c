/* test-neurons.c - lazy-neurons' map by frequency: each neuron of a layer once, where its frequency puts it */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-run.h"

#include <math.h>

static SpResult *
run_fixture (const char *name)
{
  const SpAnalysis   *analysis = sp_analysis_find ("lazy-neurons");
  g_autofree char    *path = g_test_build_filename (G_TEST_DIST, "tests", "fixtures", "dumps", name, NULL);
  g_autoptr (GError)  error = NULL;
  g_autoptr (SpStore) store = sp_store_open (path, NULL, &error);
  g_autoptr (SpArgs)  args = sp_args_new (analysis);
  g_autoptr (SpRun)   run = NULL;

  g_assert_no_error (error);
  g_assert_true (sp_args_parse (args, "order", "frequency", NULL));
  run = sp_run_new (&store, 1);
  sp_run_add (run, analysis, args);
  g_assert_true (sp_run_execute (run, NULL, NULL));
  return sp_run_dup_result (run, 0, NULL);
}

/* first: row of the table at which the layer's neurons begin. */
static gsize
check_layer (const SpGrid *grid, SpTable *neurons, gsize layer, gsize first)
{
  const SpColumn         *layers = sp_table_find_column (neurons, "layer"), *frequency = sp_table_find_column (neurons, "frequency");
  g_autoptr (GHashTable)  seen = g_hash_table_new (NULL, NULL);
  gsize                   n = 0;

  while (first + n < layers->n_rows && layers->i64[first + n] == layers->i64[first])
    n++;
  for (gsize place = 0; place < grid->n_columns; place++)
    {
      gint64 neuron = sp_grid_get_neuron (grid, layer, place);
      float  cell = grid->layers[SP_LAYER_MEAN][layer * grid->n_cell_columns + place], q;

      g_assert_cmpint (neuron >= 0, ==, place < n);
      if (neuron < 0)
        continue;
      g_assert_true (g_hash_table_add (seen, GSIZE_TO_POINTER ((gsize) neuron)));
      q = (float) frequency->f64[first + (gsize) neuron];
      g_assert_true (isnan (cell) ? isnan (q) : cell == q);
    }
  g_assert_cmpuint (g_hash_table_size (seen), ==, n);
  return first + n;
}

static void
test_places (gconstpointer name)
{
  g_autoptr (SpResult) result = run_fixture (name);
  const SpGrid        *grid = sp_result_find_grid (result, "frequency");
  SpTable             *neurons = sp_result_find_table (result, "neurons");
  gsize                first = 0;

  g_assert_cmpuint (grid->cell_columns, ==, 1);
  for (gsize layer = 0; layer < grid->n_rows; layer++)
    first = check_layer (grid, neurons, layer, first);
  g_assert_cmpuint (first, ==, sp_table_get_n_rows (neurons));
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/neurons/places/widths", "widths.npz", test_places);
  g_test_add_data_func ("/neurons/places/equal", "every-dtype-rank-2.safetensors", test_places);
  g_test_add_data_func ("/neurons/places/not-numbers", "special.safetensors", test_places);
  return g_test_run ();
}
