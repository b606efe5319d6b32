/* test-sae-weights.c - matrices stored either way round, in pieces of rows, and what must be refused */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "files.h"
#include "sp-sae-weights.h"
#include "sp-source.h"
#include "sp-weights.h"

#include <math.h>
#include <string.h>

/* How a file has them. */
typedef struct {
  const char *encoder, *decoder, *encoder_bias;
  gboolean    is_encoder_input_major, is_decoder_feature_major;
  guint       rank;
  gsize       n_inputs, n_features;
  gboolean    has_nan;
} Layout;

/* Small whole numbers, which bf16 has. */
static guint
encoder_value (gsize feature, gsize input)
{
  return (guint) ((feature * 7 + feature / 251 + input * 13) % 251);
}

static guint
decoder_value (gsize feature, gsize input)
{
  return (guint) ((feature * 5 + feature / 241 + input * 17) % 241);
}

static guint
bias_value (gsize feature)
{
  return (guint) ((feature * 3 + feature / 239) % 239);
}

static void
put (GByteArray *data, guint value)
{
  float   exact = (float) value;
  guint32 bits;
  guint16 half;

  memcpy (&bits, &exact, sizeof bits);
  half = GUINT16_TO_LE ((guint16) (bits >> 16));
  g_byte_array_append (data, (const guint8 *) &half, sizeof half);
}

static void
put_matrix (GByteArray *data, const Layout *layout, gboolean is_feature_major, guint (*value) (gsize, gsize))
{
  gsize n_rows = is_feature_major ? layout->n_features : layout->n_inputs;
  gsize n_columns = is_feature_major ? layout->n_inputs : layout->n_features;

  for (gsize r = 0; r < n_rows; r++)
    for (gsize c = 0; c < n_columns; c++)
      put (data, is_feature_major ? value (r, c) : value (c, r));
}

static char *
header_of (const Layout *layout, gsize n_matrix)
{
  const char *extra = layout->rank > 2 ? "1," : "";
  gsize       e_rows = layout->is_encoder_input_major ? layout->n_inputs : layout->n_features;
  gsize       d_rows = layout->is_decoder_feature_major ? layout->n_features : layout->n_inputs;
  gsize       product = layout->n_inputs * layout->n_features;

  return g_strdup_printf ("{\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s%zu,%zu],\"data_offsets\":[0,%zu]},"
                          "\"%s\":{\"dtype\":\"BF16\",\"shape\":[%s%zu,%zu],\"data_offsets\":[%zu,%zu]},"
                          "\"%s\":{\"dtype\":\"BF16\",\"shape\":[%zu],\"data_offsets\":[%zu,%zu]}}",
                          layout->encoder, extra, e_rows, product / e_rows, n_matrix, layout->decoder, extra, d_rows, product / d_rows,
                          n_matrix, 2 * n_matrix, layout->encoder_bias, layout->n_features, 2 * n_matrix,
                          2 * n_matrix + layout->n_features * 2);
}

static SpSae *
open_sae (const Layout *layout, char *folder)
{
  g_autoptr (GByteArray) data = g_byte_array_new (), file = NULL;
  g_autofree char       *header = header_of (layout, layout->n_inputs * layout->n_features * 2), *path = NULL;
  g_autoptr (SpStore)    store = NULL;
  g_autoptr (GError)     error = NULL;
  SpSae                 *sae;

  put_matrix (data, layout, !layout->is_encoder_input_major, encoder_value);
  put_matrix (data, layout, layout->is_decoder_feature_major, decoder_value);
  for (gsize i = 0; i < layout->n_features; i++)
    put (data, bias_value (i));
  if (layout->has_nan)
    data->data[1] = data->data[0] = 0xff;
  file = files_safetensors (header, data->data, data->len);
  path = files_write (folder, "sae.safetensors", file->data, file->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  sae = sp_sae_open (store, &SP_SAE_NO_CHOICES, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_sae_get_shape (sae)->n_inputs, ==, layout->n_inputs);
  g_assert_cmpuint (sp_sae_get_shape (sae)->n_features, ==, layout->n_features);
  return sae;
}

static void
check_matrix (SpSae *sae, SpSaeWeight weight, SpTeam *team, const Layout *layout, guint (*value) (gsize, gsize))
{
  g_autoptr (GError) error = NULL;
  float             *features = sp_sae_read_features (sae, weight, team, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (GPOINTER_TO_SIZE (features) % 64, ==, 0);
  for (gsize f = 0; f < layout->n_features; f++)
    for (gsize i = 0; i < layout->n_inputs; i++)
      if (features[f * layout->n_inputs + i] != (float) value (f, i))
        g_error ("feature %zu, input %zu: %g", f, i, (double) features[f * layout->n_inputs + i]);
  g_aligned_free (features);
}

static void
check_bias (SpSae *sae, SpTeam *team, const Layout *layout)
{
  g_autoptr (GError) error = NULL;
  float             *bias;

  g_assert_true (sp_sae_read_vector (sae, SP_SAE_ENCODER_BIAS, team, &bias, &error));
  g_assert_no_error (error);
  for (gsize f = 0; f < layout->n_features; f++)
    if (bias[f] != (float) bias_value (f))
      g_error ("bias of feature %zu: %g", f, (double) bias[f]);
  g_aligned_free (bias);
  g_assert_true (sp_sae_read_vector (sae, SP_SAE_SKIP, team, &bias, &error));
  g_assert_null (bias);
}

static void
test_layout (gconstpointer data)
{
  const Layout     *layout = data;
  char             *folder = files_new_folder ();
  g_autoptr (SpSae) sae = open_sae (layout, folder);

  for (guint n_threads = 1; n_threads <= 3; n_threads += 2)
    {
      g_autoptr (SpTeam) team = sp_team_new (n_threads, NULL);

      check_matrix (sae, SP_SAE_ENCODER, team, layout, encoder_value);
      check_matrix (sae, SP_SAE_DECODER, team, layout, decoder_value);
      check_bias (sae, team, layout);
    }
  files_remove (folder);
}

static void
test_refused (void)
{
  static const Layout layout = { "W_enc", "W_dec", "b_enc", TRUE, TRUE, 2, 3, 5, TRUE };
  char               *folder = files_new_folder ();
  g_autoptr (SpSae)   sae = open_sae (&layout, folder);
  g_autoptr (SpTeam)  team = sp_team_new (2, NULL);
  g_autoptr (GError)  error = NULL;

  g_assert_null (sp_sae_read_features (sae, SP_SAE_ENCODER, team, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_MALFORMED);
  g_clear_error (&error);
  g_assert_true (sp_sae_check_memory (sae, 1e6, &error));
  g_assert_false (sp_sae_check_memory (sae, 1e18, &error));
  g_assert_error (error, SP_ERROR, SP_ERROR_TOO_BIG);
  files_remove (folder);
}

typedef struct { GCancellable *cancellable; guint n; } Stopping;

static void
stop (gpointer data, guint64 first_row, guint64 first_column, gsize n_rows, gsize n_columns, const float *rows)
{
  Stopping *stopping = data;

  stopping->n++;
  g_cancellable_cancel (stopping->cancellable);
}

/* A deflated npz can only be read in order; whoever reads it stops after the chunk that is being read. */
static void
test_stream_stops (void)
{
  char                   *folder = files_new_folder ();
  gsize                   n_bytes = 4 * SP_CHUNK_ELEMENTS * sizeof (float);
  g_autofree char        *zeros = g_malloc0 (n_bytes), *path = NULL;
  g_autoptr (GByteArray)  npy = files_npy ("<f4", FALSE, "(4, 2097152)", zeros, n_bytes), zip = NULL;
  FilesZip               *writer = files_zip_new (FALSE);
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  g_autoptr (SpTeam)      team = sp_team_new (2, cancellable);
  g_autoptr (SpStore)     store = NULL;
  g_autoptr (GError)      error = NULL;
  Stopping                stopping = { cancellable, 0 };

  files_zip_add (writer, "W.npy", npy->data, npy->len, TRUE);
  zip = files_zip_finish (writer);
  path = files_write (folder, "w.npz", zip->data, zip->len);
  store = sp_store_open (path, NULL, &error);
  g_assert_no_error (error);
  g_assert_cmpuint (sp_source_n_chunks (sp_store_get_tensor (store, 0)), ==, 4);
  g_assert_false (sp_weights_each (team, sp_store_get_tensor (store, 0), stop, &stopping, &error));
  g_assert_error (error, G_IO_ERROR, G_IO_ERROR_CANCELLED);
  g_assert_cmpuint (stopping.n, ==, 1);
  files_remove (folder);
}

int
main (int argc, char **argv)
{
  static const Layout input_major = { "W_enc", "W_dec", "b_enc", TRUE, TRUE, 2, 37, 101, FALSE };
  static const Layout linear = { "encoder.weight", "decoder.weight", "encoder.bias", FALSE, FALSE, 2, 37, 101, FALSE };
  static const Layout many_chunks = { "W_enc", "W_dec", "b_enc", TRUE, TRUE, 2, 131, 32771, FALSE };
  static const Layout extra_axis = { "W_enc", "W_dec", "b_enc", TRUE, TRUE, 3, 3, (1 << 20) + 3, FALSE };
  static const Layout long_rows = { "W_enc", "W_dec", "b_enc", TRUE, TRUE, 2, 2, SP_CHUNK_ELEMENTS + 5, FALSE };

  g_test_init (&argc, &argv, NULL);
  g_test_add_data_func ("/sae-weights/input-major", &input_major, test_layout);
  g_test_add_data_func ("/sae-weights/linear", &linear, test_layout);
  g_test_add_data_func ("/sae-weights/many-chunks", &many_chunks, test_layout);
  g_test_add_data_func ("/sae-weights/extra-axis", &extra_axis, test_layout);
  g_test_add_data_func ("/sae-weights/long-rows", &long_rows, test_layout);
  g_test_add_func ("/sae-weights/refused", test_refused);
  g_test_add_func ("/sae-weights/stream-stops", test_stream_stops);
  return g_test_run ();
}
