/* print-sae-geometry.c - lengths, angles and neighbours of a sparse autoencoder's features, one a line */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-geometry.h"

#include <locale.h>
#include <stdio.h>

/* print-sae-geometry FILE: norms of encoder and decoder, their cosine; neighbour and cosine by encoder, by decoder */
int
main (int argc, char **argv)
{
  const SpSaeWishes         wishes = { .neighbours = SP_SAE_BY_ENCODER | SP_SAE_BY_DECODER };
  g_autoptr (GError)        error = NULL;
  g_autoptr (SpStore)       store = NULL;
  g_autoptr (SpSae)         sae = NULL;
  g_autoptr (SpTeam)        team = sp_team_new (2, NULL);
  g_autoptr (SpSaeGeometry) geometry = NULL;

  setlocale (LC_MESSAGES, "");
  if (argc != 2)
    return fprintf (stderr, "usage: print-sae-geometry FILE\n"), 2;
  if ((store = sp_store_open (argv[1], NULL, &error)) == NULL || (sae = sp_sae_open (store, &SP_SAE_NO_CHOICES, &error)) == NULL ||
      (geometry = sp_sae_geometry_new (sae, &wishes, team, NULL, NULL, &error)) == NULL)
    return fprintf (stderr, "%s\n", error->message), 3;
  for (guint i = 0; i < geometry->n_features; i++)
    {
      SpNeighbour encoder = sp_neighbours_strongest (&geometry->by_encoder[i]);
      SpNeighbour decoder = sp_neighbours_strongest (&geometry->by_decoder[i]);

      printf ("%.9g %.9g %.9g %u %.9g %u %.9g\n", geometry->encoder_norms[i], geometry->decoder_norms[i], geometry->cosines[i],
              encoder.feature, (double) encoder.cosine, decoder.feature, (double) decoder.cosine);
    }
  return 0;
}
