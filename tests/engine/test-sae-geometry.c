/* test-sae-geometry.c - neighbours, partners and clusters of directions against all cosines written out in f64 */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-compare.h"
#include "sp-sae-geometry.h"

#include <stdlib.h>
#include <string.h>

#define NEAR 2e-7                /* what rounding unit vectors to f32 may confuse */
#define ROUNDED 6e-8             /* what f32 has of a cosine */

typedef struct { gsize n, n_inputs; } Size;

static float *
make_directions (gsize n, gsize n_inputs, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  float            *rows = g_new (float, n * n_inputs);

  for (gsize i = 0; i < n * n_inputs; i++)
    rows[i] = (float) (g_rand_double_range (rand, -1, 1) * (1 + (double) (i / n_inputs % 7)));
  return rows;
}

static void
copy_row (float *rows, gsize n_inputs, gsize to, gsize from, float factor)
{
  for (gsize k = 0; k < n_inputs; k++)
    rows[to * n_inputs + k] = rows[from * n_inputs + k] * factor;
}

static double
length_of (const float *x, gsize n)
{
  double sum = 0;

  for (gsize k = 0; k < n; k++)
    sum += (double) x[k] * (double) x[k];
  return sqrt (sum);
}

static double
cosine_of (const float *a, const float *b, gsize n)
{
  double sum = 0;

  for (gsize k = 0; k < n; k++)
    sum += (double) a[k] * (double) b[k];
  return sum / (length_of (a, n) * length_of (b, n));
}

/* sign 1: the largest cosine, -1: the smallest; itself left out where the two sets are one. */
static SpNeighbour
find_slowly (SpDirections a, gsize i, SpDirections b, double sign)
{
  SpNeighbour best = { NAN, SP_NO_FEATURE };
  double      most = -INFINITY;

  for (gsize j = 0; j < b.n; j++)
    {
      double cosine = cosine_of (a.rows + i * a.n_inputs, b.rows + j * b.n_inputs, a.n_inputs);

      if ((a.rows == b.rows && i == j) || !(sign * cosine > most))
        continue;
      most = sign * cosine;
      best = (SpNeighbour) { (float) cosine, (guint32) j };
    }
  return best;
}

static void
check_neighbour (SpDirections a, gsize i, SpDirections b, SpNeighbour found, double sign)
{
  SpNeighbour expected = find_slowly (a, i, b, sign);

  if (expected.feature == SP_NO_FEATURE)
    {
      g_assert_cmpuint (found.feature, ==, SP_NO_FEATURE);
      g_assert_true (isnan (found.cosine));
      return;
    }
  g_assert_cmpuint (found.feature, <, b.n);
  g_assert_cmpfloat_with_epsilon ((double) found.cosine, (double) expected.cosine, NEAR);
  g_assert_cmpfloat_with_epsilon ((double) found.cosine,
                                  cosine_of (a.rows + i * a.n_inputs, b.rows + found.feature * b.n_inputs, a.n_inputs), ROUNDED);
  g_assert_true (a.rows != b.rows || found.feature != i);
}

static void
check_all (SpDirections a, SpDirections b, const SpNeighbours *found)
{
  for (gsize i = 0; i < a.n; i++)
    {
      check_neighbour (a, i, b, found[i].nearest, 1);
      check_neighbour (a, i, b, found[i].opposite, -1);
    }
}

static void
test_neighbours (gconstpointer data)
{
  const Size              *size = data;
  g_autofree float        *rows = make_directions (size->n, size->n_inputs, 5);
  SpDirections             directions = { rows, size->n, size->n_inputs };
  g_autofree SpNeighbours *first = g_new0 (SpNeighbours, size->n), *again = g_new0 (SpNeighbours, size->n);
  g_autoptr (GError)       error = NULL;

  for (guint n_threads = 1; n_threads <= 3; n_threads++)
    {
      g_autoptr (SpTeam) team = sp_team_new (n_threads, NULL);

      g_assert_true (sp_directions_find_neighbours (team, directions, n_threads == 1 ? first : again, NULL, NULL, &error));
      if (n_threads > 1)
        g_assert_cmpmem (first, size->n * sizeof *first, again, size->n * sizeof *again);
    }
  check_all (directions, directions, first);
}

/* Copies have each other; of more than one the smallest index; what is 0 has nobody, and is nobody's. */
static void
test_equals (void)
{
  enum { N = 1100, D = 33 };
  g_autofree float   *rows = make_directions (N, D, 6);
  SpDirections        directions = { rows, N, D };
  g_autoptr (SpTeam)  team = sp_team_new (2, NULL);
  SpNeighbours        found[N];

  copy_row (rows, D, 700, 20, 1);
  copy_row (rows, D, 1099, 20, 4);
  copy_row (rows, D, 900, 31, -0.5f);
  copy_row (rows, D, 3, 3, 0);
  copy_row (rows, D, 1000, 3, 0);
  g_assert_true (sp_directions_find_neighbours (team, directions, found, NULL, NULL, NULL));
  g_assert_cmpuint (found[20].nearest.feature, ==, 700);
  g_assert_cmpuint (found[700].nearest.feature, ==, 20);
  g_assert_cmpuint (found[1099].nearest.feature, ==, 20);
  g_assert_cmpfloat_with_epsilon ((double) found[1099].nearest.cosine, 1, 1e-7);
  g_assert_cmpuint (found[31].opposite.feature, ==, 900);
  g_assert_cmpuint (sp_neighbours_strongest (&found[900]).feature, ==, 31);
  g_assert_cmpfloat_with_epsilon ((double) sp_neighbours_strongest (&found[900]).cosine, -1, 1e-7);
  g_assert_cmpuint (sp_neighbours_strongest (&found[20]).feature, ==, 700);
  check_all (directions, directions, found);
}

/* Directions that all point apart: what is 0, or fills a tile up, would be nearer. */
static void
test_apart (void)
{
  static const float rows[] = { 1, 0, 0, 0, -1, 0.001f };
  SpNeighbours       found[3];
  g_autoptr (SpTeam) team = sp_team_new (1, NULL);

  g_assert_true (sp_directions_find_neighbours (team, (SpDirections) { rows, 3, 2 }, found, NULL, NULL, NULL));
  g_assert_cmpuint (found[0].nearest.feature, ==, 2);
  g_assert_cmpfloat ((double) found[0].nearest.cosine, <, -0.99);
  g_assert_cmpuint (found[2].nearest.feature, ==, 0);
  g_assert_cmpuint (found[1].nearest.feature, ==, SP_NO_FEATURE);
  g_assert_true (isnan (sp_neighbours_strongest (&found[1]).cosine));
}

static void
test_partners (void)
{
  enum { A = 530, B = 90, D = 40, SHARED = 50 };
  g_autofree float  *rows = make_directions (A, D, 7), *others = make_directions (B, D, 8);
  SpDirections       a = { rows, A, D }, b = { others, B, D };
  SpNeighbours       of_a[A], of_b[B], of_a_again[A], of_b_again[B];
  SpSaePartners      partners = { A, B, of_a, of_b };
  SpPartnerCounts    counts;
  g_autoptr (SpTeam) one = sp_team_new (1, NULL), three = sp_team_new (3, NULL);

  for (gsize j = 0; j < SHARED; j++)
    for (gsize k = 0; k < D; k++)
      others[j * D + k] = rows[(A - 1 - j * 10) * D + k] * 3;
  copy_row (others, D, 60, 60, 0);
  g_assert_true (sp_directions_find_partners (one, a, b, of_a, of_b, NULL, NULL, NULL));
  g_assert_true (sp_directions_find_partners (three, a, b, of_a_again, of_b_again, NULL, NULL, NULL));
  g_assert_cmpmem (of_a, sizeof of_a, of_a_again, sizeof of_a_again);
  g_assert_cmpmem (of_b, sizeof of_b, of_b_again, sizeof of_b_again);
  check_all (a, b, of_a);
  check_all (b, a, of_b);
  g_assert_cmpuint (of_a[A - 1].nearest.feature, ==, 0);
  g_assert_true (sp_sae_partners_is_mutual (&partners, A - 1));
  sp_sae_partners_count (&partners, 0.99, &counts);
  g_assert_cmpuint (counts.n_mutual, ==, SHARED);
  g_assert_cmpuint (counts.n_alone_a, ==, A - SHARED);
  g_assert_cmpuint (counts.n_alone_b, ==, B - SHARED);
  sp_sae_partners_count (&partners, -1, &counts);
  g_assert_cmpuint (counts.n_alone_b, ==, 1);
}

/* --- stopped, and how far -------------------------------------------------------------------------------- */

typedef struct { GCancellable *cancellable; double last; guint n; } Watch;

static void
watch (gpointer data, double share)
{
  Watch *w = data;

  g_assert_cmpfloat (share, >, w->last);
  w->last = share;
  w->n++;
  if (w->cancellable != NULL && share > 0.2)
    g_cancellable_cancel (w->cancellable);
}

static void
test_cancelled (void)
{
  enum { N = 3000, D = 20 };
  g_autofree float         *rows = make_directions (N, D, 9);
  g_autofree SpNeighbours  *found = g_new (SpNeighbours, N);
  g_autoptr (GCancellable)  cancellable = g_cancellable_new ();
  g_autoptr (SpTeam)        team = sp_team_new (2, cancellable);
  g_autoptr (GError)        error = NULL;
  Watch                     all = { NULL, 0, 0 }, part = { cancellable, 0, 0 };

  g_assert_true (sp_directions_find_neighbours (team, (SpDirections) { rows, N, D }, found, watch, &all, &error));
  g_assert_cmpuint (all.n, ==, 21);                    /* 6 tiles of 512 */
  g_assert_cmpfloat (all.last, ==, 1);
  g_assert_false (sp_directions_find_neighbours (team, (SpDirections) { rows, N, D }, found, watch, &part, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (part.n, <, 10);
}

/* --- a cluster ------------------------------------------------------------------------------------------- */

static void
test_cluster (void)
{
  enum { N = 300, D = 150, CLUSTER = 41 };
  g_autofree float  *rows = make_directions (N, D, 10);
  g_autoptr (SpTeam) team = sp_team_new (2, NULL);
  guint32            features[CLUSTER];
  double             cosines[CLUSTER], expected[CLUSTER], sum = 0;
  float              mean[D] = { 0 };
  SpDirectionCheck   check;

  for (gsize i = 0; i < CLUSTER; i++)
    features[i] = (guint32) (N - 1 - i * 7);
  for (gsize i = 0; i < CLUSTER; i++)                  /* some of one direction, the last one 0 */
    for (gsize k = 0; k < D; k++)
      rows[features[i] * D + k] = i + 1 == CLUSTER ? 0 : rows[features[i] * D + k] + (k % 3 == 0 ? 3 : 0);
  for (gsize k = 0; k < D; k++)
    {
      double total = 0;

      for (gsize i = 0; i < CLUSTER; i++)
        total += (double) rows[features[i] * D + k];
      mean[k] = (float) (total / CLUSTER);
    }
  g_assert_true (sp_directions_check (team, (SpDirections) { rows, N, D }, features, CLUSTER, cosines, &check, NULL));
  for (gsize i = 0; i + 1 < CLUSTER; i++)
    {
      expected[i] = cosine_of (rows + features[i] * D, mean, D);
      g_assert_cmpfloat_with_epsilon (cosines[i], expected[i], 1e-7);
      sum += expected[i];
    }
  g_assert_true (isnan (cosines[CLUSTER - 1]));
  g_assert_cmpuint (check.n, ==, CLUSTER);
  g_assert_cmpuint (check.n_zero, ==, 1);
  g_assert_cmpfloat_with_epsilon (check.mean, sum / (CLUSTER - 1), 1e-7);
  qsort (expected, CLUSTER - 1, sizeof *expected, sp_compare_doubles);
  g_assert_cmpfloat_with_epsilon (check.quantiles[0], expected[0], 1e-7);
  g_assert_cmpfloat_with_epsilon (check.quantiles[1], expected[9] * 0.25 + expected[10] * 0.75, 1e-7);
  g_assert_cmpfloat_with_epsilon (check.quantiles[2], (expected[19] + expected[20]) / 2, 1e-7);
  g_assert_cmpfloat_with_epsilon (check.quantiles[4], expected[CLUSTER - 2], 1e-7);
  g_assert_true (sp_directions_check (team, (SpDirections) { rows, N, D }, features, 0, NULL, &check, NULL));
  g_assert_true (isnan (check.mean) && isnan (check.quantiles[0]));
}

/* --- from a file ----------------------------------------------------------------------------------------- */

/* encoder (n, d), decoder (d, n), as torch.nn.Linear saves them. */
static SpSae *
open_sae (const char *folder, const char *name, SpDirections encoder, SpDirections decoder, const float *bias)
{
  gsize                  n = encoder.n, d = encoder.n_inputs, size = n * d * sizeof (float);
  g_autoptr (GByteArray) data = g_byte_array_new (), file = NULL;
  g_autofree char       *header = NULL, *path = NULL;
  g_autoptr (SpStore)    store = NULL;
  g_autoptr (GError)     error = NULL;
  SpSae                 *sae;

  g_byte_array_append (data, (const guint8 *) encoder.rows, size);
  for (gsize k = 0; k < d; k++)
    for (gsize i = 0; i < n; i++)
      g_byte_array_append (data, (const guint8 *) &decoder.rows[i * d + k], sizeof (float));
  g_byte_array_append (data, (const guint8 *) bias, n * sizeof *bias);
  header = g_strdup_printf ("{\"encoder.weight\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[0,%zu]},"
                            "\"decoder.weight\":{\"dtype\":\"F32\",\"shape\":[%zu,%zu],\"data_offsets\":[%zu,%zu]},"
                            "\"encoder.bias\":{\"dtype\":\"F32\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}}",
                            n, d, size, d, n, size, 2 * size, n, 2 * size, 2 * size + n * sizeof (float));
  file = files_safetensors (header, data->data, data->len);
  path = files_write (folder, name, file->data, file->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  sae = sp_sae_open (store, &SP_SAE_NO_CHOICES, &error);
  g_assert_no_error (error);
  return sae;
}

static void
check_geometry (const SpSaeGeometry *geometry, SpDirections encoder, SpDirections decoder, const float *bias)
{
  gsize d = encoder.n_inputs;

  g_assert_cmpuint (geometry->n_features, ==, encoder.n);
  for (gsize i = 0; i < encoder.n; i++)
    {
      g_assert_cmpfloat_with_epsilon (geometry->encoder_norms[i], length_of (encoder.rows + i * d, d), 1e-9);
      g_assert_cmpfloat_with_epsilon (geometry->decoder_norms[i], length_of (decoder.rows + i * d, d), 1e-9);
      g_assert_cmpfloat_with_epsilon (geometry->cosines[i], cosine_of (encoder.rows + i * d, decoder.rows + i * d, d), 1e-9);
      g_assert_cmpfloat ((double) geometry->biases[i], ==, (double) bias[i]);
    }
}

static void
test_file (void)
{
  enum { N = 77, D = 19 };
  g_autofree float         *rows = make_directions (N, D, 11), *others = make_directions (N, D, 12), *bias = make_directions (1, N, 13);
  SpDirections              encoder = { rows, N, D }, decoder = { others, N, D };
  char                     *folder = files_new_folder ();
  g_autoptr (SpSae)         sae = open_sae (folder, "a.safetensors", encoder, decoder, bias);
  SpDirections              narrow = { rows, N, D - 1 };
  g_autoptr (SpSae)         small = open_sae (folder, "b.safetensors", narrow, narrow, bias);
  g_autoptr (SpSae)         turned = open_sae (folder, "c.safetensors", decoder, encoder, bias);
  g_autoptr (SpTeam)        team = sp_team_new (2, NULL);
  g_autoptr (GError)        error = NULL;
  g_autoptr (SpSaeGeometry) plain = sp_sae_geometry_new (sae, &(SpSaeWishes) { 0 }, team, NULL, NULL, &error), whole = NULL;
  g_autoptr (SpSaePartners) partners = NULL;
  Watch                     w = { NULL, 0, 0 };

  g_assert_no_error (error);
  g_assert_null (plain->by_decoder);
  check_geometry (plain, encoder, decoder, bias);
  whole = sp_sae_geometry_new (sae, &(SpSaeWishes) { .neighbours = SP_SAE_BY_ENCODER | SP_SAE_BY_DECODER }, team, watch, &w, &error);
  g_assert_no_error (error);
  g_assert_cmpfloat (w.last, ==, 1);
  check_all (encoder, encoder, whole->by_encoder);
  check_all (decoder, decoder, whole->by_decoder);
  partners = sp_sae_partners_new (sae, turned, team, NULL, NULL, &error);
  g_assert_no_error (error);
  check_all (decoder, encoder, partners->of_a);
  check_all (encoder, decoder, partners->of_b);
  g_assert_null (sp_sae_partners_new (sae, small, team, NULL, NULL, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_USAGE);
  files_remove (folder);
}

int
main (int argc, char **argv)
{
  static const Size sizes[] = { { 1, 5 }, { 2, 3 }, { 70, 17 }, { 513, 64 }, { 1300, 33 }, { 70, 70000 } };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (sizes); i++)
    {
      g_autofree char *path = g_strdup_printf ("/sae-geometry/neighbours/%zux%zu", sizes[i].n, sizes[i].n_inputs);

      g_test_add_data_func (path, &sizes[i], test_neighbours);
    }
  g_test_add_func ("/sae-geometry/equals", test_equals);
  g_test_add_func ("/sae-geometry/apart", test_apart);
  g_test_add_func ("/sae-geometry/partners", test_partners);
  g_test_add_func ("/sae-geometry/cancelled", test_cancelled);
  g_test_add_func ("/sae-geometry/cluster", test_cluster);
  g_test_add_func ("/sae-geometry/file", test_file);
  return g_test_run ();
}
