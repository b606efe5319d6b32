/* sp-sae-geometry.c - lengths, angles and neighbours of features, clusters of one direction, and partners in another autoencoder */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-geometry.h"

#include "sp-compare.h"
#include "sp-sae-weights.h"

#include <glib/gi18n-lib.h>
#include <stdlib.h>

#define UNIT_INPUTS   128          /* of a unit that makes a mean */
#define UNIT_FEATURES 256
#define FEATURE_BYTES 128          /* at most, of a feature beside its weights: figures, neighbours, the best so far */

/* --- a sparse autoencoder's own ------------------------------------------------------------------------ */

/* A part of what is done: of two sides each is half. */
typedef struct { SpShareFunc share; gpointer data; double before, part; } Part;

static void
share_part (gpointer data, double share)
{
  const Part *part = data;

  part->share (part->data, part->before + part->part * share);
}

static gboolean
find_by (SpTeam *team, SpDirections directions, SpNeighbours **neighbours, Part part, GError **error)
{
  *neighbours = g_new (SpNeighbours, directions.n);
  return sp_directions_find_neighbours (team, directions, *neighbours, part.share != NULL ? share_part : NULL, &part, error);
}

static gboolean
measure (SpSaeGeometry *self, SpTeam *team, SpDirections encoder, SpDirections decoder, GError **error)
{
  self->encoder_norms = g_new (double, self->n_features);
  self->decoder_norms = g_new (double, self->n_features);
  self->cosines = g_new (double, self->n_features);
  return sp_directions_find_norms (team, encoder, self->encoder_norms, error) &&
         sp_directions_find_norms (team, decoder, self->decoder_norms, error) &&
         sp_directions_find_cosines (team, encoder, decoder, self->cosines, error);
}

static gboolean
find_neighbours (SpSaeGeometry *self, SpSaeSides sides, SpTeam *team, SpDirections encoder, SpDirections decoder, SpShareFunc share,
                 gpointer data, GError **error)
{
  double part = sides == (SP_SAE_BY_ENCODER | SP_SAE_BY_DECODER) ? 0.5 : 1;

  return ((sides & SP_SAE_BY_ENCODER) == 0 || find_by (team, encoder, &self->by_encoder, (Part) { share, data, 0, part }, error)) &&
         ((sides & SP_SAE_BY_DECODER) == 0 || find_by (team, decoder, &self->by_decoder, (Part) { share, data, 1 - part, part }, error));
}

SpSaeGeometry *
sp_sae_geometry_new (SpSae *sae, const SpSaeWishes *wishes, SpTeam *team, SpShareFunc share, gpointer data, GError **error)
{
  g_autoptr (SpSaeGeometry) self = g_new0 (SpSaeGeometry, 1);
  const SpSaeShape *shape = sp_sae_get_shape (sae);
  SpSaeWeight       bias = shape->activation == SP_SAE_GATED ? SP_SAE_GATE_BIAS : SP_SAE_ENCODER_BIAS;
  double            n_bytes = (double) shape->n_features * ((wishes->neighbours != 0 ? 16.0 : 8.0) * shape->n_inputs + FEATURE_BYTES);
  SpDirections      encoder = { NULL, shape->n_features, shape->n_inputs }, decoder = encoder;
  float            *matrices[2] = { NULL, NULL };
  gboolean          is_done;

  self->n_features = shape->n_features;
  is_done = sp_sae_check_memory (sae, n_bytes, error) &&
            (encoder.rows = matrices[0] = sp_sae_read_features (sae, SP_SAE_ENCODER, team, error)) != NULL &&
            (decoder.rows = matrices[1] = sp_sae_read_features (sae, SP_SAE_DECODER, team, error)) != NULL &&
            sp_sae_read_vector (sae, bias, team, &self->biases, error) && measure (self, team, encoder, decoder, error) &&
            (wishes->n_cluster < 2 ||
             sp_directions_check (team, encoder, wishes->cluster, wishes->n_cluster, NULL, &self->cluster, error)) &&
            find_neighbours (self, wishes->neighbours, team, encoder, decoder, share, data, error);
  g_aligned_free (matrices[0]);
  g_aligned_free (matrices[1]);
  return is_done ? g_steal_pointer (&self) : NULL;
}

void
sp_sae_geometry_free (SpSaeGeometry *self)
{
  g_free (self->encoder_norms);
  g_free (self->decoder_norms);
  g_free (self->cosines);
  g_aligned_free (self->biases);
  g_free (self->by_encoder);
  g_free (self->by_decoder);
  g_free (self);
}

/* --- one direction ------------------------------------------------------------------------------------- */

typedef struct {
  SpDirections   directions;
  const guint32 *features;
  gsize          n;
  float         *mean;             /* (n_inputs) */
  double        *cosines;          /* (n) */
} Checking;

static void
add_inputs (gpointer data, gsize unit, guint thread)
{
  const Checking *checking = data;
  gsize           d = checking->directions.n_inputs, first = unit * UNIT_INPUTS, n = MIN (d - first, UNIT_INPUTS);
  double          sums[UNIT_INPUTS] = { 0 };

  for (gsize i = 0; i < checking->n; i++)
    for (gsize k = 0; k < n; k++)
      sums[k] += (double) checking->directions.rows[checking->features[i] * d + first + k];
  for (gsize k = 0; k < n; k++)
    checking->mean[first + k] = (float) (sums[k] / (double) checking->n);
}

static void
compare_features (gpointer data, gsize unit, guint thread)
{
  const Checking *checking = data;
  gsize           d = checking->directions.n_inputs, end = MIN ((unit + 1) * UNIT_FEATURES, checking->n);

  for (gsize i = unit * UNIT_FEATURES; i < end; i++)
    checking->cosines[i] = sp_directions_cosine (checking->directions.rows + checking->features[i] * d, checking->mean, d);
}

static double
find_quantile (const double *sorted, gsize n, double share)
{
  double place = (double) (n - 1) * share;
  gsize  below = (gsize) place;

  return below + 1 < n ? sorted[below] + (place - (double) below) * (sorted[below + 1] - sorted[below]) : sorted[below];
}

static void
summarise (const double *cosines, gsize n, SpDirectionCheck *check)
{
  g_autofree double *sorted = g_new (double, n + 1);      /* qsort() wants room, for none, too */
  gsize              n_sorted = 0;
  double             sum = 0;

  for (gsize i = 0; i < n; i++)
    if (!isnan (cosines[i]))
      {
        sorted[n_sorted++] = cosines[i];
        sum += cosines[i];
      }
  qsort (sorted, n_sorted, sizeof *sorted, sp_compare_doubles);
  check->n = n;
  check->mean = n_sorted > 0 ? sum / (double) n_sorted : NAN;
  for (guint q = 0; q < G_N_ELEMENTS (check->quantiles); q++)
    check->quantiles[q] = n_sorted > 0 ? find_quantile (sorted, n_sorted, q / 4.0) : NAN;
}

static gsize
count_zeros (const Checking *checking)
{
  gsize d = checking->directions.n_inputs, n_zero = 0;

  for (gsize i = 0; i < checking->n; i++)
    {
      const float *row = checking->directions.rows + checking->features[i] * d;
      gsize        k = 0;

      while (k < d && row[k] == 0)
        k++;
      n_zero += k == d;
    }
  return n_zero;
}

gboolean
sp_directions_check (SpTeam *team, SpDirections directions, const guint32 *features, gsize n, double *cosines, SpDirectionCheck *check,
                     GError **error)
{
  g_autofree double *own = cosines == NULL ? g_new (double, n) : NULL;
  g_autofree float  *mean = g_new0 (float, directions.n_inputs);
  Checking           checking = { directions, features, n, mean, cosines != NULL ? cosines : own };

  if (!sp_team_each (team, (directions.n_inputs + UNIT_INPUTS - 1) / UNIT_INPUTS, add_inputs, &checking, error) ||
      !sp_team_each (team, (n + UNIT_FEATURES - 1) / UNIT_FEATURES, compare_features, &checking, error))
    return FALSE;
  summarise (checking.cosines, n, check);
  check->n_zero = count_zeros (&checking);
  return TRUE;
}

/* --- partners ------------------------------------------------------------------------------------------ */

static gboolean
check_inputs (SpSae *a, SpSae *b, GError **error)
{
  guint n_a = sp_sae_get_shape (a)->n_inputs, n_b = sp_sae_get_shape (b)->n_inputs;

  if (n_a == n_b)
    return TRUE;
  g_set_error (error, SP_ERROR, SP_ERROR_USAGE,
               _("%s has %u inputs and %s %u: their features do not lie in one space; choose two of the same place of a model"),
               sp_store_get_title (sp_sae_get_store (a)), n_a, sp_store_get_title (sp_sae_get_store (b)), n_b);
  return FALSE;
}

SpSaePartners *
sp_sae_partners_new (SpSae *a, SpSae *b, SpTeam *team, SpShareFunc share, gpointer data, GError **error)
{
  g_autoptr (SpSaePartners) self = g_new0 (SpSaePartners, 1);
  gsize        n_inputs = sp_sae_get_shape (a)->n_inputs;
  SpDirections rows_a = { NULL, sp_sae_get_shape (a)->n_features, n_inputs };
  SpDirections rows_b = { NULL, sp_sae_get_shape (b)->n_features, n_inputs };
  float       *matrices[2] = { NULL, NULL };
  double       n_bytes = (double) (rows_a.n + rows_b.n) * (10.0 * (double) n_inputs + FEATURE_BYTES);
  gboolean     is_done;

  self->n_a = rows_a.n;
  self->n_b = rows_b.n;
  is_done = check_inputs (a, b, error) &&
            sp_sae_check_memory (rows_a.n > rows_b.n ? a : b, n_bytes, error) &&
            (rows_a.rows = matrices[0] = sp_sae_read_features (a, SP_SAE_DECODER, team, error)) != NULL &&
            (rows_b.rows = matrices[1] = sp_sae_read_features (b, SP_SAE_DECODER, team, error)) != NULL;
  if (is_done)
    {
      self->of_a = g_new (SpNeighbours, self->n_a);
      self->of_b = g_new (SpNeighbours, self->n_b);
      is_done = sp_directions_find_partners (team, rows_a, rows_b, self->of_a, self->of_b, share, data, error);
    }
  g_aligned_free (matrices[0]);
  g_aligned_free (matrices[1]);
  return is_done ? g_steal_pointer (&self) : NULL;
}

void
sp_sae_partners_free (SpSaePartners *self)
{
  g_free (self->of_a);
  g_free (self->of_b);
  g_free (self);
}

gboolean
sp_sae_partners_is_mutual (const SpSaePartners *self, gsize i)
{
  guint32 partner = self->of_a[i].nearest.feature;

  return partner != SP_NO_FEATURE && self->of_b[partner].nearest.feature == i;
}

static gsize
count_alone (const SpNeighbours *neighbours, gsize n, double limit)
{
  gsize n_alone = 0;

  for (gsize i = 0; i < n; i++)
    n_alone += !((double) neighbours[i].nearest.cosine > limit);
  return n_alone;
}

void
sp_sae_partners_count (const SpSaePartners *self, double limit, SpPartnerCounts *counts)
{
  *counts = (SpPartnerCounts) { count_alone (self->of_a, self->n_a, limit), count_alone (self->of_b, self->n_b, limit), 0 };
  for (gsize i = 0; i < self->n_a; i++)
    counts->n_mutual += (double) self->of_a[i].nearest.cosine > limit && sp_sae_partners_is_mutual (self, i);
}
