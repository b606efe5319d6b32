/* print-sae-codes.c - what a sparse autoencoder makes of a dump's activations: a line a token */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-encoder.h"
#include "sp-source.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>

static float *
read_tokens (const char *path, gsize n_inputs, gsize *n_tokens, GError **error)
{
  g_autoptr (SpStore)  store = sp_store_open (path, NULL, error);
  const SpTensor      *tensor = store != NULL ? sp_store_find (store, "hidden.1") : NULL;
  g_autoptr (SpSource) source = tensor != NULL ? sp_source_new (tensor, error) : NULL;
  g_autofree float    *x = NULL;

  if (source == NULL)
    return NULL;
  *n_tokens = tensor->n_elements / n_inputs;
  x = g_new (float, tensor->n_elements);
  return sp_source_read_f32 (source, 0, 0, *n_tokens, n_inputs, x, error) ? g_steal_pointer (&x) : NULL;
}

static double
square_of (const float *x, const float *y, gsize n)
{
  double square = 0;

  for (gsize i = 0; i < n; i++)
    square += pow ((double) x[i] - (y != NULL ? (double) y[i] : 0), 2);
  return square;
}

/* √n_inputs / mean length */
static double
find_scale (const float *x, gsize n_tokens, gsize n_inputs)
{
  double sum = 0;

  for (gsize t = 0; t < n_tokens; t++)
    sum += sqrt (square_of (x + t * n_inputs, NULL, n_inputs));
  return sqrt ((double) n_inputs) / (sum / (double) n_tokens);
}

static gboolean
print_block (SpSaeEncoder *encoder, const float *x, gsize n_tokens, gsize n_inputs, GError **error)
{
  g_autofree float *decoded = g_new (float, n_tokens * n_inputs);
  SpCodes           codes;

  if (!sp_sae_encoder_encode (encoder, x, n_tokens, &codes, error) || !sp_sae_encoder_decode (encoder, x, &codes, decoded, error))
    return FALSE;
  for (gsize t = 0; t < n_tokens; t++)
    {
      printf ("%.17g", square_of (x + t * n_inputs, decoded + t * n_inputs, n_inputs));
      for (guint64 c = codes.starts[t]; c < codes.starts[t + 1]; c++)
        printf (" %u %.9g", codes.features[c], (double) codes.values[c]);
      printf ("\n");
    }
  return TRUE;
}

/* print-sae-codes SAE ACTIVATIONS: ‖x - x̂‖², then features and their codes */
int
main (int argc, char **argv)
{
  g_autoptr (GError)       error = NULL;
  g_autoptr (SpStore)      store = NULL;
  g_autoptr (SpSae)        sae = NULL;
  g_autoptr (SpTeam)       team = sp_team_new (2, NULL);
  g_autoptr (SpSaeEncoder) encoder = NULL;
  g_autofree float        *x = NULL;
  gsize                    n_tokens = 0, n_inputs, most;

  setlocale (LC_MESSAGES, "");
  if (argc != 3)
    return fprintf (stderr, "usage: print-sae-codes SAE ACTIVATIONS\n"), 2;
  if ((store = sp_store_open (argv[1], NULL, &error)) == NULL || (sae = sp_sae_open (store, &SP_SAE_NO_CHOICES, &error)) == NULL ||
      (encoder = sp_sae_encoder_new (sae, team, &error)) == NULL ||
      (x = read_tokens (argv[2], n_inputs = sp_sae_get_shape (sae)->n_inputs, &n_tokens, &error)) == NULL)
    return fprintf (stderr, "%s\n", error != NULL ? error->message : "no tensor hidden.1"), 3;
  if (sp_sae_get_shape (sae)->input == SP_SAE_INPUT_AVERAGE && !(sp_sae_get_shape (sae)->input_scale > 0))
    sp_sae_encoder_set_scale (encoder, find_scale (x, n_tokens, n_inputs));
  most = sp_sae_encoder_most_tokens (encoder);
  for (gsize first = 0; first < n_tokens; first += most)
    if (!print_block (encoder, x + first * n_inputs, MIN (most, n_tokens - first), n_inputs, &error))
      return fprintf (stderr, "%s\n", error->message), 3;
  return 0;
}
