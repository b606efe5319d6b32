/* print-logits.c - a model's logits for given ids, for the oracle to compare: print-logits FOLDER IDS.json OUT */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-forward.h"
#include "sp-ids.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct { gsize n_ids; float *out; } Logits;

static void
take_logits (gpointer data, gsize first_token, gsize n_tokens, gsize first_id, gsize n_ids, const float *logits)
{
  Logits *all = data;

  for (gsize t = 0; t < n_tokens; t++)
    memcpy (all->out + (first_token + t) * all->n_ids + first_id, logits + t * n_ids, n_ids * sizeof *logits);
}

static void
stop (const GError *error)
{
  fprintf (stderr, "print-logits: %s\n", error->message);
  exit (3);
}

static gboolean
push (SpForward *forward, SpModel *model, SpTeam *team, const guint32 *ids, float *x, Logits *logits, GError **error)
{
  g_autoptr (SpLayer) weights = sp_layer_new (model);
  gpointer            data = logits;

  if (!sp_forward_embed (forward, ids, x, error))
    return FALSE;
  for (guint layer = 0; layer < sp_model_get_shape (model)->n_layers; layer++)
    if (!sp_layer_read (weights, model, layer, team, error) || !sp_forward_layer (forward, weights, layer, x, NULL, error))
      return FALSE;
  return sp_forward_last (forward, x, error) && sp_forward_head (forward, &x, 1, take_logits, &data, error);
}

static gboolean
run (SpModel *model, const GArray *ids, const char *out, GError **error)
{
  const SpModelShape   *shape = sp_model_get_shape (model);
  g_autoptr (SpTeam)    team = sp_team_new (2, NULL);
  g_autoptr (SpForward) forward = sp_forward_new (model, team, 1, ids->len, error);
  gsize                 n = (gsize) ids->len * shape->n_ids;
  g_autofree float     *x = g_new (float, (gsize) ids->len * shape->n_hidden), *room = g_new (float, n);
  Logits                logits = { shape->n_ids, room };

  return forward != NULL && push (forward, model, team, (const guint32 *) (gconstpointer) ids->data, x, &logits, error) &&
         g_file_set_contents (out, (const char *) room, (gssize) (n * sizeof *room), error);
}

int
main (int argc, char **argv)
{
  GError             *error = NULL;
  g_autoptr (SpStore) store = NULL;
  g_autoptr (SpModel) model = NULL;
  g_autoptr (GArray)  ids = NULL;

  if (argc != 4)
    return 2;
  if ((store = sp_store_open (argv[1], NULL, &error)) == NULL || (model = sp_model_open (store, &error)) == NULL ||
      (ids = sp_ids_read (argv[2], NULL, &error)) == NULL ||
      !sp_model_check_ids (model, (const guint32 *) (gconstpointer) ids->data, ids->len, &error) ||
      !run (model, ids, argv[3], &error))
    stop (error);
  return 0;
}
