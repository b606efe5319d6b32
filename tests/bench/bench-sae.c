/* bench-sae.c - encoding by a sparse autoencoder against the machine's own matrix products, in one run
 *
 * usage: bench-sae [N-TOKENS [N-FEATURES [N-INPUTS]]]
 * Of ReLU biases are so that some 64 features of a token have codes.  Counting how often each feature fires is in it.  A line each: name,
 * tokens a second, share of SGEMM's rate.  In brackets: by processor time, which a busy machine changes less. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-product.h"
#include "sp-sae-encoder.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define SQUARE ((gsize) 2048)
#define SQUARE_ROWS 256
#define N_ROUNDS 3
#define BIAS -2.66f                       /* in standard deviations of z: 0.4 % are more */

typedef struct { double seconds, busy; } Taken;

typedef struct {
  gsize         n_tokens, n_features, n_inputs;
  SpTeam       *team;
  float        *x, *a, *b, *c, *decoded;
  guint32      *counts;
  SpSaeEncoder *encoder;
  guint64       n_codes;
  gboolean      decodes;
} Bench;

static double
read_clock (clockid_t clock)
{
  struct timespec t;

  clock_gettime (clock, &t);
  return (double) t.tv_sec + 1e-9 * (double) t.tv_nsec;
}

static float
draw (guint64 *state)
{
  double sum = 0;

  for (gsize i = 0; i < 4; i++)
    {
      *state = *state * G_GUINT64_CONSTANT (6364136223846793005) + 1442695040888963407;
      sum += (double) (*state >> 40) / (1 << 24) - 0.5;
    }
  return (float) (sum * sqrt (3));
}

static float *
draw_many (gsize n, double factor, guint64 seed)
{
  float *values = g_aligned_alloc (n, sizeof *values, 64);

  for (gsize i = 0; i < n; i++)
    values[i] = draw (&seed) * (float) factor;
  return values;
}

/* --- what is measured ------------------------------------------------------------------------------------ */

static void
multiply_rows (gpointer data, gsize unit, guint thread)
{
  Bench *bench = data;

  sp_product (SQUARE_ROWS, SQUARE, SQUARE, 1, (SpOperand) { bench->a + unit * SQUARE_ROWS * SQUARE, SQUARE },
              (SpOperand) { bench->b, SQUARE }, TRUE, NULL, bench->c + unit * SQUARE_ROWS * SQUARE, SQUARE);
}

static void
multiply (Bench *bench)
{
  sp_team_each (bench->team, SQUARE / SQUARE_ROWS, multiply_rows, bench, NULL);
}

static void
encode (Bench *bench)
{
  gsize most = sp_sae_encoder_most_tokens (bench->encoder);

  bench->n_codes = 0;
  for (gsize first = 0; first < bench->n_tokens; first += most)
    {
      SpCodes      codes;
      const float *x = bench->x + first * bench->n_inputs;
      gsize        n = MIN (most, bench->n_tokens - first);

      sp_sae_encoder_encode (bench->encoder, x, n, &codes, NULL);
      for (guint64 c = 0; c < codes.starts[n]; c++)
        bench->counts[codes.features[c]]++;
      bench->n_codes += codes.starts[n];
      if (bench->decodes)
        sp_sae_encoder_decode (bench->encoder, x, &codes, bench->decoded, NULL);
    }
}

static Taken
measure (Bench *bench, void (*run) (Bench *bench))
{
  Taken best = { INFINITY, INFINITY };

  for (guint round = 0; round < N_ROUNDS; round++)
    {
      double start = read_clock (CLOCK_MONOTONIC), busy = read_clock (CLOCK_PROCESS_CPUTIME_ID);

      run (bench);
      best.seconds = MIN (best.seconds, read_clock (CLOCK_MONOTONIC) - start);
      best.busy = MIN (best.busy, read_clock (CLOCK_PROCESS_CPUTIME_ID) - busy);
    }
  return best;
}

/* --- SAEs -------------------------------------------------------------------------------------------------- */

static char *
write_sae (const Bench *bench, const char *folder)
{
  gsize                  n = bench->n_features * bench->n_inputs;
  g_autofree char       *header = g_strdup_printf (
    "{\"W_enc\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[0,%zu]},"
    "\"W_dec\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[%zu,%zu]},"
    "\"b_enc\":{\"dtype\":\"F32\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}}",
    bench->n_inputs, bench->n_features, 4 * n, bench->n_features, bench->n_inputs, 4 * n, 8 * n, bench->n_features, 8 * n,
    8 * n + 4 * bench->n_features);
  g_autoptr (GByteArray) data = g_byte_array_new (), file = NULL;
  float                 *weights = draw_many (n, 1 / sqrt ((double) bench->n_inputs), 1), bias = BIAS;

  g_byte_array_append (data, (const guint8 *) weights, (guint) (4 * n));
  g_byte_array_append (data, (const guint8 *) weights, (guint) (4 * n));
  for (gsize i = 0; i < bench->n_features; i++)
    g_byte_array_append (data, (const guint8 *) &bias, sizeof bias);
  g_aligned_free (weights);
  file = files_safetensors (header, data->data, data->len);
  return files_write (folder, "sae.safetensors", file->data, file->len);
}

static void
report (Bench *bench, const char *name, Taken taken, double work, Taken product)
{
  double rate = 2 * pow ((double) SQUARE, 3);

  printf ("%-12s %9.0f tokens/s  %.2f [%.2f] of SGEMM  %5.1f codes a token\n", name, (double) bench->n_tokens / taken.seconds,
          work / taken.seconds / (rate / product.seconds), work / taken.busy / (rate / product.busy),
          (double) bench->n_codes / (double) bench->n_tokens);
  fflush (stdout);
}

static void
bench_sae (Bench *bench, SpStore *store, const char *name, SpSaeActivation activation, gboolean decodes)
{
  SpSaeChoices      choices = SP_SAE_NO_CHOICES;
  g_autoptr (GError) error = NULL;
  g_autoptr (SpSae) sae = NULL;
  Taken             product = measure (bench, multiply);

  choices.activation = (int) activation;
  choices.k = 32;
  sae = sp_sae_open (store, &choices, &error);
  bench->encoder = sae != NULL ? sp_sae_encoder_new (sae, bench->team, &error) : NULL;
  if (bench->encoder == NULL)
    g_error ("%s", error->message);
  bench->decodes = decodes;
  report (bench, name, measure (bench, encode), 2.0 * (double) bench->n_tokens * (double) bench->n_features * (double) bench->n_inputs,
          product);
  g_clear_pointer (&bench->encoder, sp_sae_encoder_free);
}

int
main (int argc, char **argv)
{
  Bench               bench = { argc > 1 ? strtoul (argv[1], NULL, 10) : 8192, argc > 2 ? strtoul (argv[2], NULL, 10) : 16384,
                                argc > 3 ? strtoul (argv[3], NULL, 10) : 512, sp_team_new (g_get_num_processors (), NULL) };
  char               *folder = files_new_folder ();
  g_autofree char    *path = write_sae (&bench, folder);
  g_autoptr (SpStore) store = sp_store_open (path, NULL, NULL);

  sp_product_init ();
  bench.x = draw_many (bench.n_tokens * bench.n_inputs, 1, 2);
  bench.decoded = g_aligned_alloc (bench.n_tokens * bench.n_inputs, sizeof (float), 64);
  bench.a = draw_many (SQUARE * SQUARE, 1, 3);
  bench.b = draw_many (SQUARE * SQUARE, 1, 4);
  bench.c = draw_many (SQUARE * SQUARE, 1, 5);
  bench.counts = g_new0 (guint32, bench.n_features);
  bench_sae (&bench, store, "relu", SP_SAE_RELU, FALSE);
  bench_sae (&bench, store, "top 32", SP_SAE_TOP_K, FALSE);
  bench_sae (&bench, store, "relu, decode", SP_SAE_RELU, TRUE);
  for (gsize i = 0; i < 5; i++)
    g_aligned_free (((float *[]) { bench.x, bench.a, bench.b, bench.c, bench.decoded })[i]);
  g_free (bench.counts);
  sp_team_free (bench.team);
  files_remove (folder);
  return EXIT_SUCCESS;
}
