/* dump-model.c - recorded activations of a large model, scanned by both analyses of dumps */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "dump-model.h"

#include "files.h"
#include "pickles.h"

#include <math.h>

#define N_STORED  64                     /* tokens */
#define N_BATCHES 128                    /* of these tokens */

/* How often the neurons fire spreads over three decades, as it does after ReLU. */
static void
fill_layer (guint16 *values, gsize n_neurons, GRand *random)
{
  for (gsize neuron = 0; neuron < n_neurons; neuron++)
    {
      double often = pow (10, -3 * g_rand_double (random));

      for (gsize token = 0; token < N_STORED; token++)
        values[token * n_neurons + neuron] = g_rand_double (random) < often ? (guint16) g_rand_int_range (random, 0x2000, 0x4400) : 0;
    }
}

/* {"act.0": …, "act.1": …} */
static GBytes *
describe (gsize n_layers, gsize n_neurons)
{
  Pickle *pickle = pickle_new ();

  g_string_append (pickle, "}(");
  for (gsize i = 0; i < n_layers; i++)
    {
      gint64           n = (gint64) n_neurons, n_layer = N_STORED * n;
      PickleTensor     tensor = { "HalfStorage", "0", (gint64) n_layers * n_layer, (gint64) i * n_layer, 3,
                                  { N_BATCHES, N_STORED, n }, { 0, n, 1 } };
      g_autofree char *name = g_strdup_printf ("act.%zu", i);

      pickle_text (pickle, name);
      pickle_tensor (pickle, &tensor);
    }
  g_string_append_c (pickle, 'u');
  return pickle_finish (pickle);
}

static char *
write_dump (const char *folder, gsize n_layers, gsize n_neurons)
{
  gsize                  n_layer = N_STORED * n_neurons, n_bytes = n_layers * n_layer * sizeof (guint16);
  FilesZip              *zip = files_zip_new (FALSE);
  g_autofree guint16    *values = g_malloc (n_bytes);
  g_autoptr (GBytes)     pickle = describe (n_layers, n_neurons);
  g_autoptr (GRand)      random = g_rand_new_with_seed (1);
  g_autoptr (GByteArray) bytes = NULL;

  for (gsize i = 0; i < n_layers; i++)
    fill_layer (values + i * n_layer, n_neurons, random);
  files_zip_add (zip, "dump/data.pkl", g_bytes_get_data (pickle, NULL), g_bytes_get_size (pickle), FALSE);
  files_zip_add (zip, "dump/data/0", values, n_bytes, FALSE);
  bytes = files_zip_finish (zip);
  return files_write (folder, "dump.pt", bytes->data, bytes->len);
}

SpRun *
dump_model_scan (gsize n_layers, gsize n_neurons, SpArgs *const args[2])
{
  char               *folder = files_new_folder ();
  g_autofree char    *path = write_dump (folder, n_layers, n_neurons);
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);
  SpRun              *run = store != NULL ? sp_run_new (&store, 1) : NULL;

  if (run != NULL)
    {
      sp_run_add (run, sp_analysis_find ("activation-sparsity"), args[0]);
      sp_run_add (run, sp_analysis_find ("lazy-neurons"), args[1]);
      if (!sp_run_execute (run, NULL, NULL))
        g_error ("the scan of %s failed", path);
    }
  files_remove (folder);
  return run;
}
