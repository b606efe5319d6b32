/* test-sae-encoder.c - codes and what they decode to, against the formulas written out in full
 *
 * Of plain inputs everything is a multiple of 1/8, so that products are exact and ties really are ties. */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-sae-encoder.h"

#include <math.h>
#include <string.h>

#define N_TOKENS 45
#define FIRST_BLOCK 32
#define ODD_TOKEN 3
#define NEAR 1e-4

typedef struct {
  const char     *layout;                /* "saelens", "sparsify" */
  SpSaeActivation activation;
  SpSaeInput      input;
  gsize           n_inputs, n_features;
  guint           k;
  double          threshold;
  gboolean        has_thresholds, has_scale, scales_by_norm;
} Case;

typedef struct {
  const Case *c;
  gboolean    is_exact;
  GRand      *rand;
  GByteArray *data;
  GString    *header;
  float      *encoder, *decoder, *bias, *gate, *magnitude, *factor, *threshold, *scale, *output_bias, *skip;     /* (feature, input) */
  float      *x;                         /* (N_TOKENS, n_inputs) */
} World;

/* Of one run: all codes as a matrix, and what they decode to. */
typedef struct { float *codes, *decoded; } Found;

/* --- an SAE in a file ------------------------------------------------------------------------------------ */

static float
draw (World *w, double most)
{
  double value = g_rand_double_range (w->rand, -most, most);

  return (float) (w->is_exact ? rint (value * 8) / 8 : value);
}

/* values: (n_rows, n_columns), stored the other way round where is_turned. */
static void
put (World *w, const char *name, const float *values, gsize n_rows, gsize n_columns, gboolean is_turned)
{
  gsize first = w->data->len, rows = is_turned ? n_columns : n_rows, columns = is_turned ? n_rows : n_columns;
  g_autofree char *shape = n_rows > 1 ? g_strdup_printf ("%zu,%zu", rows, columns) : g_strdup_printf ("%zu", columns);

  for (gsize r = 0; r < rows; r++)
    for (gsize c = 0; c < columns; c++)
      g_byte_array_append (w->data, (const guint8 *) &values[is_turned ? c * n_columns + r : r * n_columns + c], sizeof (float));
  g_string_append_printf (w->header, ",\"%s\":{\"dtype\":\"F32\",\"shape\":[%s],\"data_offsets\":[%zu,%u]}", name, shape, first,
                          w->data->len);
}

static float *
make (World *w, const char *name, gsize n_rows, gsize n_columns, double most, gboolean is_turned)
{
  float *values = g_new (float, n_rows * n_columns);

  for (gsize i = 0; i < n_rows * n_columns; i++)
    values[i] = draw (w, most);
  put (w, name, values, n_rows, n_columns, is_turned);
  return values;
}

static void
make_sae (World *w)
{
  const Case *c = w->c;
  gboolean    is_sparsify = strcmp (c->layout, "sparsify") == 0;

  w->encoder = make (w, is_sparsify ? "encoder.weight" : "W_enc", c->n_features, c->n_inputs, 1, !is_sparsify);
  w->decoder = make (w, "W_dec", c->n_features, c->n_inputs, 1, FALSE);
  w->output_bias = make (w, "b_dec", 1, c->n_inputs, 1, FALSE);
  if (is_sparsify)
    w->skip = make (w, "W_skip", c->n_inputs, c->n_inputs, 1, FALSE);
  if (c->has_thresholds)
    w->threshold = make (w, "threshold", 1, c->n_features, 3, FALSE);
  if (c->has_scale)
    w->scale = make (w, "scaling_factor", 1, c->n_features, 2, FALSE);
  if (c->activation != SP_SAE_GATED)
    {
      w->bias = make (w, is_sparsify ? "encoder.bias" : "b_enc", 1, c->n_features, 2, FALSE);
      return;
    }
  w->gate = make (w, "b_gate", 1, c->n_features, 2, FALSE);
  w->magnitude = make (w, "b_mag", 1, c->n_features, 2, FALSE);
  w->factor = make (w, "r_mag", 1, c->n_features, 1, FALSE);
}

static World *
world_new (const Case *c)
{
  World *w = g_new0 (World, 1);

  *w = (World) { c, c->input == SP_SAE_INPUT_PLAIN && !c->scales_by_norm && c->activation != SP_SAE_GATED, g_rand_new_with_seed (5),
                 g_byte_array_new (), g_string_new ("{\"__metadata__\":{") };
  g_string_append (w->header, strcmp (c->layout, "sparsify") == 0 ? "\"transcode\":\"false\"}"
                              : "\"finetuning_scaling_factor\":\"true\",\"sae_lens_version\":\"6\"}");
  make_sae (w);
  g_string_append (w->header, "}");
  w->x = g_new (float, N_TOKENS * c->n_inputs);
  for (gsize i = 0; i < N_TOKENS * c->n_inputs; i++)
    w->x[i] = draw (w, 2);
  w->x[ODD_TOKEN * c->n_inputs + 1] = NAN;
  return w;
}

static void
world_free (World *w)
{
  float *all[] = { w->encoder, w->decoder, w->bias, w->gate, w->magnitude, w->factor, w->threshold, w->scale, w->output_bias, w->skip,
                   w->x };

  for (gsize i = 0; i < G_N_ELEMENTS (all); i++)
    g_free (all[i]);
  g_rand_free (w->rand);
  g_byte_array_unref (w->data);
  g_string_free (w->header, TRUE);
  g_free (w);
}

static SpSae *
open_sae (World *w, const char *folder)
{
  SpSaeChoices           choices = SP_SAE_NO_CHOICES;
  g_autoptr (GByteArray) file = files_safetensors (w->header->str, w->data->data, w->data->len);
  g_autofree char       *path = files_write (folder, "sae.safetensors", file->data, file->len);
  g_autoptr (GError)     error = NULL;
  g_autoptr (SpStore)    store = sp_store_open (path, NULL, &error);
  SpSae                 *sae;

  g_assert_no_error (error);
  choices.activation = (int) w->c->activation;
  choices.input = (int) w->c->input;
  choices.k = w->c->k > 0 ? (gint64) w->c->k : -1;
  choices.scales_by_norm = w->c->scales_by_norm;
  choices.threshold = w->c->activation == SP_SAE_JUMP_RELU && !w->c->has_thresholds ? w->c->threshold : NAN;
  choices.subtracts_bias = TRUE;
  sae = sp_sae_open (store, &choices, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_sae_get_shape (sae)->n_features, ==, w->c->n_features);
  g_assert_cmpuint (sp_sae_get_shape (sae)->activation, ==, w->c->activation);
  return sae;
}

/* --- the formulas ---------------------------------------------------------------------------------------- */

/* Returns what x̂ is multiplied by, and *mean. */
static double
normalise (const World *w, const float *x, double *out, double *mean)
{
  gsize  n = w->c->n_inputs;
  double sum = 0, square = 0, spread = 0, factor = 1, undo = 1;

  for (gsize i = 0; i < n; i++)
    {
      sum += (double) x[i];
      square += (double) x[i] * (double) x[i];
    }
  *mean = w->c->input == SP_SAE_INPUT_STANDARD ? sum / (double) n : 0;
  for (gsize i = 0; i < n; i++)
    spread += pow ((double) x[i] - sum / (double) n, 2);
  spread = sqrt (spread / (double) (n - 1));
  if (w->c->input == SP_SAE_INPUT_STANDARD)
    factor = 1 / (spread + 1e-5), undo = spread;
  else if (w->c->input == SP_SAE_INPUT_TOKEN)
    factor = sqrt ((double) n / square), undo = 1 / factor;
  else if (w->c->input == SP_SAE_INPUT_AVERAGE)
    factor = 0.75, undo = 1 / factor;
  for (gsize i = 0; i < n; i++)
    out[i] = ((double) x[i] - *mean) * factor;
  return undo;
}

static double
length_of (const World *w, gsize feature)
{
  double square = 0;

  for (gsize i = 0; i < w->c->n_inputs; i++)
    square += pow ((double) w->decoder[feature * w->c->n_inputs + i], 2);
  return w->c->scales_by_norm ? sqrt (square) : 1;
}

/* y or z, by x as normalised. */
static double
product (const World *w, const double *x, gsize feature)
{
  double sum = w->bias != NULL ? (double) w->bias[feature] : 0;

  for (gsize i = 0; i < w->c->n_inputs; i++)
    sum += (x[i] - (double) w->output_bias[i]) * (double) w->encoder[feature * w->c->n_inputs + i];
  return sum * length_of (w, feature);
}

/* How many features of first … end - 1 are before this one. */
static gsize
rank_of (const double *z, gsize feature, gsize first, gsize end)
{
  gsize rank = 0;

  for (gsize i = first; i < end; i++)
    rank += z[i] > z[feature] || (z[i] == z[feature] && i < feature);
  return rank;
}

static double
code_of (const World *w, const double *z, gsize i)
{
  gsize  n = w->c->n_features, width = n / MAX (w->c->k, 1);
  double threshold = w->threshold != NULL ? (double) w->threshold[i] : (double) (float) w->c->threshold;

  switch (w->c->activation)
    {
    case SP_SAE_TOP_K:     return rank_of (z, i, 0, n) < w->c->k ? fmax (z[i], 0) : 0;
    case SP_SAE_GROUP_MAX: return rank_of (z, i, i / width * width, (i / width + 1) * width) == 0 ? fmax (z[i], 0) : 0;
    case SP_SAE_JUMP_RELU: return z[i] > threshold ? fmax (z[i], 0) : 0;
    case SP_SAE_GATED:
      return z[i] + (double) w->gate[i] > 0 ? fmax (z[i] * exp ((double) w->factor[i]) + (double) w->magnitude[i], 0) : 0;
    default:               return fmax (z[i], 0);
    }
}

/* Rounding may decide otherwise only where there is next to nothing between the two. */
static gboolean
is_open (const World *w, double *z, gsize i)
{
  double value = z[i], codes[2];

  for (gsize side = 0; side < 2; side++)
    {
      z[i] = value + (side == 0 ? -NEAR : NEAR);
      codes[side] = code_of (w, z, i);
    }
  z[i] = value;
  return !w->is_exact && (codes[0] == 0) != (codes[1] == 0);
}

static void
check_token (const World *w, const Found *found, gsize token)
{
  gsize               n = w->c->n_inputs;
  const float        *codes = found->codes + token * w->c->n_features, *decoded = found->decoded + token * n;
  g_autofree double  *x = g_new (double, n), *z = g_new (double, w->c->n_features);
  double              mean, undo = normalise (w, w->x + token * n, x, &mean);

  for (gsize i = 0; i < w->c->n_features; i++)
    z[i] = product (w, x, i);
  for (gsize i = 0; i < w->c->n_features; i++)
    if (((double) codes[i] != 0) == (code_of (w, z, i) != 0) || !is_open (w, z, i))
      g_assert_cmpfloat_with_epsilon ((double) codes[i], code_of (w, z, i), w->is_exact ? 1e-12 : NEAR);
  for (gsize o = 0; o < n; o++)
    {
      double sum = (double) w->output_bias[o], whole;

      for (gsize i = 0; i < w->c->n_features; i++)
        if (codes[i] != 0)
          sum += (double) codes[i] * (double) w->decoder[i * n + o] / length_of (w, i) * (w->scale != NULL ? (double) w->scale[i] : 1);
      whole = sum * undo + mean;
      for (gsize i = 0; w->skip != NULL && i < n; i++)
        whole += (double) w->x[token * n + i] * (double) w->skip[o * n + i];
      g_assert_cmpfloat_with_epsilon ((double) decoded[o], whole, 1e-5 * (double) w->c->n_features);
    }
}

/* --- runs ------------------------------------------------------------------------------------------------ */

static void
take_codes (const World *w, const SpCodes *codes, float *out)
{
  g_assert_cmpuint (codes->starts[0], ==, 0);
  for (gsize t = 0; t < codes->n_tokens; t++)
    for (guint64 c = codes->starts[t]; c < codes->starts[t + 1]; c++)
      {
        g_assert_true (c == codes->starts[t] || codes->features[c] > codes->features[c - 1]);
        g_assert_cmpuint (codes->features[c], <, w->c->n_features);
        g_assert_true (codes->values[c] > 0 && isfinite (codes->values[c]));
        out[t * w->c->n_features + codes->features[c]] = codes->values[c];
      }
}

static Found
run (const World *w, SpSae *sae, guint n_threads)
{
  g_autoptr (SpTeam)       team = sp_team_new (n_threads, NULL);
  g_autoptr (GError)       error = NULL;
  g_autoptr (SpSaeEncoder) encoder = sp_sae_encoder_new (sae, team, &error);
  Found                    found = { g_new0 (float, N_TOKENS * w->c->n_features), g_new0 (float, N_TOKENS * w->c->n_inputs) };

  g_assert_no_error (error);
  g_assert_cmpuint (sp_sae_encoder_most_tokens (encoder), >=, FIRST_BLOCK);
  sp_sae_encoder_set_scale (encoder, 0.75);
  for (gsize first = 0; first < N_TOKENS; first += FIRST_BLOCK)
    {
      gsize        n = MIN (N_TOKENS - first, FIRST_BLOCK);
      const float *x = w->x + first * w->c->n_inputs;
      SpCodes      codes;

      g_assert_true (sp_sae_encoder_encode (encoder, x, n, &codes, &error));
      g_assert_cmpuint (codes.n_tokens, ==, n);
      take_codes (w, &codes, found.codes + first * w->c->n_features);
      g_assert_true (sp_sae_encoder_decode (encoder, x, &codes, found.decoded + first * w->c->n_inputs, &error));
    }
  return found;
}

static void
test_case (gconstpointer data)
{
  const Case       *c = data;
  World            *w = world_new (c);
  char             *folder = files_new_folder ();
  g_autoptr (SpSae) sae = open_sae (w, folder);
  Found             one = run (w, sae, 1);

  for (gsize t = 0; t < N_TOKENS; t++)
    if (t != ODD_TOKEN)
      check_token (w, &one, t);
  for (gsize i = 0; i < c->n_features; i++)
    g_assert_cmpfloat ((double) one.codes[ODD_TOKEN * c->n_features + i], ==, 0);
  for (guint n_threads = 2; n_threads <= 3; n_threads++)
    {
      Found more = run (w, sae, n_threads);

      g_assert_cmpmem (one.codes, N_TOKENS * c->n_features * sizeof (float), more.codes, N_TOKENS * c->n_features * sizeof (float));
      g_assert_cmpmem (one.decoded, N_TOKENS * c->n_inputs * sizeof (float), more.decoded, N_TOKENS * c->n_inputs * sizeof (float));
      g_free (more.codes);
      g_free (more.decoded);
    }
  g_free (one.codes);
  g_free (one.decoded);
  world_free (w);
  files_remove (folder);
}

int
main (int argc, char **argv)
{
  static const struct { const char *name; Case c; } cases[] = {
    { "relu", { "saelens", SP_SAE_RELU, SP_SAE_INPUT_PLAIN, 37, 1101, .has_scale = TRUE } },
    { "relu-one-tile", { "saelens", SP_SAE_RELU, SP_SAE_INPUT_AVERAGE, 5, 13 } },
    { "relu-by-norm", { "saelens", SP_SAE_RELU, SP_SAE_INPUT_PLAIN, 19, 513, .scales_by_norm = TRUE, .has_scale = TRUE } },
    { "top-k", { "saelens", SP_SAE_TOP_K, SP_SAE_INPUT_PLAIN, 37, 2101, .k = 17 } },
    { "top-1", { "sparsify", SP_SAE_TOP_K, SP_SAE_INPUT_PLAIN, 16, 1024, .k = 1 } },
    { "top-most", { "saelens", SP_SAE_TOP_K, SP_SAE_INPUT_PLAIN, 16, 600, .k = 590 } },
    { "top-all", { "saelens", SP_SAE_TOP_K, SP_SAE_INPUT_TOKEN, 16, 600, .k = 600 } },
    { "top-k-by-norm", { "saelens", SP_SAE_TOP_K, SP_SAE_INPUT_STANDARD, 31, 1200, .k = 40, .scales_by_norm = TRUE } },
    { "jumprelu", { "saelens", SP_SAE_JUMP_RELU, SP_SAE_INPUT_PLAIN, 24, 1500, .has_thresholds = TRUE } },
    { "jumprelu-one", { "sparsify", SP_SAE_JUMP_RELU, SP_SAE_INPUT_TOKEN, 24, 700, .threshold = 1.5 } },
    { "jumprelu-below", { "sparsify", SP_SAE_JUMP_RELU, SP_SAE_INPUT_PLAIN, 24, 700, .threshold = -1.5 } },
    { "gated", { "saelens", SP_SAE_GATED, SP_SAE_INPUT_STANDARD, 33, 1030 } },
    { "groupmax", { "sparsify", SP_SAE_GROUP_MAX, SP_SAE_INPUT_PLAIN, 21, 1050, .k = 30 } },
    { "groupmax-wide", { "sparsify", SP_SAE_GROUP_MAX, SP_SAE_INPUT_AVERAGE, 21, 1400, .k = 2 } },
  };

  g_test_init (&argc, &argv, NULL);
  for (gsize i = 0; i < G_N_ELEMENTS (cases); i++)
    {
      g_autofree char *path = g_strconcat ("/sae-encoder/", cases[i].name, NULL);

      g_test_add_data_func (path, &cases[i].c, test_case);
    }
  return g_test_run ();
}
