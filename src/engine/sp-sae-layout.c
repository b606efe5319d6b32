/* sp-sae-layout.c - the table of layouts, and which of them a file has */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-layout.h"

#include <glib/gi18n-lib.h>
#include <inttypes.h>
#include <string.h>

#define MOST_COMPONENTS 4096             /* of a file; more are no autoencoders trained together */
#define MOST_PARTS      32               /* of a name, that something may be said of: folders have fewer */

/* SAELens' names, which many others took over. */
#define BY_MATRIX \
  [SP_SAE_ENCODER] = "W_enc", [SP_SAE_DECODER] = "W_dec", [SP_SAE_ENCODER_BIAS] = "b_enc", [SP_SAE_DECODER_BIAS] = "b_dec", \
  [SP_SAE_THRESHOLD] = "threshold"
/* Of two torch.nn.Linear. */
#define BY_MODULE \
  [SP_SAE_ENCODER] = "encoder.weight", [SP_SAE_DECODER] = "decoder.weight", [SP_SAE_ENCODER_BIAS] = "encoder.bias", \
  [SP_SAE_THRESHOLD] = "threshold"

/* The first that fits. */
static const SpSaeLayout layouts[] = {
  { .id = "openai", .title = N_("OpenAI sparse_autoencoder"), .marks = { "pre_bias", "latent_bias" },
    .names = { [SP_SAE_ENCODER] = "encoder.weight", [SP_SAE_DECODER] = "decoder.weight", [SP_SAE_ENCODER_BIAS] = "latent_bias",
               [SP_SAE_DECODER_BIAS] = "pre_bias" },
    .subtracts_bias = TRUE },
  { .id = "eleuther", .title = N_("EleutherAI sparsify"), .marks = { "W_dec" },
    .names = { [SP_SAE_ENCODER] = "encoder.weight", [SP_SAE_DECODER] = "W_dec", [SP_SAE_ENCODER_BIAS] = "encoder.bias",
               [SP_SAE_DECODER_BIAS] = "b_dec", [SP_SAE_SKIP] = "W_skip" },
    .is_decoder_feature_major = TRUE, .subtracts_bias = TRUE, .activation = SP_SAE_TOP_K },
  { .id = "dictionary-learning", .title = N_("dictionary_learning"), .marks = { "gate_bias", "mag_bias", "r_mag" },
    .names = { [SP_SAE_ENCODER] = "encoder.weight", [SP_SAE_DECODER] = "decoder.weight", [SP_SAE_DECODER_BIAS] = "decoder_bias",
               [SP_SAE_GATE_BIAS] = "gate_bias", [SP_SAE_MAGNITUDE_BIAS] = "mag_bias", [SP_SAE_MAGNITUDE_SCALE] = "r_mag" },
    .subtracts_bias = TRUE, .activation = SP_SAE_GATED },
  { .id = "dictionary-learning", .title = N_("dictionary_learning"), .marks = { "b_dec", "k" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "b_dec" }, .subtracts_bias = TRUE, .activation = SP_SAE_TOP_K },
  { .id = "dictionary-learning", .title = N_("dictionary_learning"), .marks = { "bias", "encoder.bias" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "bias" }, .subtracts_bias = TRUE, .scales_by_norm = TRUE },
  { .id = "ai-safety", .title = N_("ai-safety-foundation sparse_autoencoder"), .marks = { "tied_bias" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "tied_bias" }, .subtracts_bias = TRUE },
  { .id = "llama-scope", .title = N_("Llama Scope"), .marks = { "encoder.bias", "log_jumprelu_threshold" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "decoder.bias" }, .activation = SP_SAE_JUMP_RELU },
  { .id = "llama-scope", .title = N_("Llama Scope"), .marks = { "encoder.bias" },
    .keys = { "jump_relu_threshold", "dataset_average_activation_norm.in", "apply_decoder_bias_to_pre_encoder", "norm_activation" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "decoder.bias" } },
  { .id = "dictionary-learning", .title = N_("dictionary_learning"), .marks = { "encoder.bias" },
    .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "decoder.bias" } },
  { .id = "dictionary-learning", .title = N_("dictionary_learning"), .keys = { "trainer.dict_class" }, .is_input_major = TRUE,
    .names = { BY_MATRIX } },
  { .id = "saelens", .title = N_("SAELens"), .is_input_major = TRUE,
    .keys = { "architecture", "sae_lens_version", "apply_b_dec_to_input", "activation_fn_str", "hook_name", "hook_point", "d_sae" },
    .names = { BY_MATRIX, [SP_SAE_GATE_BIAS] = "b_gate", [SP_SAE_MAGNITUDE_BIAS] = "b_mag", [SP_SAE_MAGNITUDE_SCALE] = "r_mag",
               [SP_SAE_CODE_SCALE] = "scaling_factor", [SP_SAE_SKIP] = "W_skip" },
    .subtracts_bias = TRUE },
  { .id = "gemma-scope", .title = N_("Gemma Scope"), .is_input_major = TRUE, .marks = { "threshold" }, .names = { BY_MATRIX },
    .activation = SP_SAE_JUMP_RELU },
  { .id = "gemma-scope", .title = N_("Gemma Scope"), .is_input_major = TRUE, .marks = { "threshold" },
    .names = { [SP_SAE_ENCODER] = "w_enc", [SP_SAE_DECODER] = "w_dec", [SP_SAE_ENCODER_BIAS] = "b_enc", [SP_SAE_DECODER_BIAS] = "b_dec",
               [SP_SAE_THRESHOLD] = "threshold" },
    .activation = SP_SAE_JUMP_RELU },
  { .id = "neel-nanda", .title = N_("Neel Nanda's 1L-Sparse-Autoencoder"), .is_input_major = TRUE, .is_pickled = TRUE,
    .marks = { "b_enc", "b_dec" }, .names = { BY_MATRIX }, .subtracts_bias = TRUE },
  { .id = "plain", .title = N_("W_enc and W_dec"), .is_input_major = TRUE, .names = { BY_MATRIX } },
  { .id = "plain", .title = N_("w_enc and w_dec"), .is_input_major = TRUE,
    .names = { [SP_SAE_ENCODER] = "w_enc", [SP_SAE_DECODER] = "w_dec", [SP_SAE_ENCODER_BIAS] = "b_enc", [SP_SAE_DECODER_BIAS] = "b_dec" } },
  { .id = "plain", .title = N_("encoder and decoder"), .names = { BY_MODULE, [SP_SAE_DECODER_BIAS] = "b_dec" } },
};

const SpTensor *
sp_sae_layout_find_tensor (SpStore *store, const char *prefix, const char *name)
{
  g_autofree char *whole = name != NULL ? g_strconcat (prefix, name, NULL) : NULL;

  return whole != NULL ? sp_store_find (store, whole) : NULL;
}

/* --- what the configuration says ----------------------------------------------------------------------- */

static const char *
find_metadata (SpStore *store, const char *prefix, const char *place, const char *key)
{
  g_autofree char *whole = g_strconcat (prefix, place, key, NULL);

  return sp_store_find_metadata (store, whole);
}

/* "layers.3.sae." → "layers.3." → "layers." → "" */
static void
drop_last_part (char *prefix)
{
  gsize n = strlen (prefix) - 1;

  while (n > 0 && prefix[n - 1] != '.')
    n--;
  prefix[n] = '\0';
}

/* What is said nearest to it, of a folder or of all of the store. */
static const char *
find_around (SpStore *store, const char *prefix, const char *place, const char *key)
{
  g_autofree char *around = g_strdup (prefix);
  const char      *found = find_metadata (store, around, place, key);

  for (guint i = 0; found == NULL && around[0] != '\0'; i++)
    {
      if (i < MOST_PARTS)
        drop_last_part (around);
      else
        around[0] = '\0';
      found = find_metadata (store, around, place, key);
    }
  return found;
}

const char *
sp_sae_setting (SpStore *store, const char *prefix, const char *key)
{
  static const char *const places[] = { "config.", "cfg.", "metadata." };
  const char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (places) && found == NULL; i++)
    found = find_around (store, prefix, places[i], key);
  return found != NULL ? found : find_metadata (store, prefix, "", key);
}

const char *
sp_sae_config_problem (SpStore *store, const char *prefix)
{
  return find_around (store, prefix, "", "config_damaged");
}

gboolean
sp_sae_setting_is (SpStore *store, const char *prefix, const char *key, gboolean fallback)
{
  const char *text = sp_sae_setting (store, prefix, key);

  return text != NULL ? g_ascii_strcasecmp (text, "true") == 0 || strcmp (text, "1") == 0 : fallback;
}

/* --- which layout -------------------------------------------------------------------------------------- */

static gboolean
has_key (SpStore *store, const char *prefix, const SpSaeLayout *layout)
{
  for (gsize i = 0; layout->keys[i] != NULL; i++)
    if (sp_sae_setting (store, prefix, layout->keys[i]) != NULL)
      return TRUE;
  return layout->keys[0] == NULL;
}

/* Layers of any model may be called encoder and decoder. */
static gboolean
is_pair (const SpTensor *encoder, const SpTensor *decoder, const SpSaeLayout *layout)
{
  return encoder != NULL && decoder != NULL && encoder->rank >= 2 && decoder->rank >= 2 &&
         (encoder->n_elements == decoder->n_elements || strcmp (layout->names[SP_SAE_ENCODER], "encoder.weight") != 0);
}

static gboolean
fits (SpStore *store, const char *prefix, const SpSaeLayout *layout)
{
  const SpTensor *encoder = sp_sae_layout_find_tensor (store, prefix, layout->names[SP_SAE_ENCODER]);
  const SpTensor *decoder = sp_sae_layout_find_tensor (store, prefix, layout->names[SP_SAE_DECODER]);

  for (gsize i = 0; layout->marks[i] != NULL; i++)
    if (sp_sae_layout_find_tensor (store, prefix, layout->marks[i]) == NULL)
      return FALSE;
  return is_pair (encoder, decoder, layout) && has_key (store, prefix, layout) &&
         (!layout->is_pickled || find_around (store, prefix, "", "torch.version") != NULL);
}

/* What stands before an encoder's name; NULL: it is none. */
static char *
find_prefix (const char *name)
{
  static const char *const encoders[] = { "W_enc", "w_enc", "encoder.weight" };

  for (gsize k = 0; k < G_N_ELEMENTS (encoders); k++)
    {
      gsize n = strlen (name), n_end = strlen (encoders[k]);

      if (n >= n_end && strcmp (name + n - n_end, encoders[k]) == 0 && (n == n_end || name[n - n_end - 1] == '.'))
        return g_strndup (name, n - n_end);
    }
  return NULL;
}

static const SpSaeLayout *
find_layout (SpStore *store, const char *prefix)
{
  for (gsize i = 0; i < G_N_ELEMENTS (layouts); i++)
    if (fits (store, prefix, &layouts[i]))
      return &layouts[i];
  return NULL;
}

/* --- which autoencoders ---------------------------------------------------------------------------------- */

static void
place_free (gpointer data)
{
  SpSaePlace *place = data;

  g_free (place->name);
  g_free (place->prefix);
  g_free (place);
}

gboolean
sp_sae_place_is_stacked (const SpSaePlace *place, const SpTensor *tensor, SpSaeWeight weight)
{
  gboolean is_matrix = weight == SP_SAE_ENCODER || weight == SP_SAE_DECODER || weight == SP_SAE_SKIP;

  return place->n_components > 1 && tensor->rank == (is_matrix ? 3 : 2) && tensor->shape[0] == place->n_components;
}

/* 1: not each of its tensors has an axis for them, as a crosscoder's that has one code for all. */
static guint64
count_components (SpStore *store, const char *prefix, const SpSaeLayout *layout)
{
  const SpTensor *encoder = sp_sae_layout_find_tensor (store, prefix, layout->names[SP_SAE_ENCODER]);
  SpSaePlace      place = { .n_components = encoder->rank == 3 && encoder->shape[0] <= MOST_COMPONENTS ? encoder->shape[0] : 1 };

  for (SpSaeWeight w = 0; w < SP_SAE_N_WEIGHTS; w++)
    {
      const SpTensor *tensor = sp_sae_layout_find_tensor (store, prefix, layout->names[w]);

      if (tensor != NULL && tensor->n_elements > 1 && !sp_sae_place_is_stacked (&place, tensor, w))
        return 1;
    }
  return place.n_components;
}

static char *
name_place (const char *prefix, guint64 component, guint64 n)
{
  gsize            length = strlen (prefix);
  g_autofree char *name = g_strndup (prefix, length > 0 ? length - 1 : 0);

  if (n == 1)
    return g_steal_pointer (&name);
  return length > 0 ? g_strdup_printf ("%s.%" PRIu64, name, component) : g_strdup_printf ("%" PRIu64, component);
}

/* All of one prefix. */
static void
add_places (GPtrArray *places, SpStore *store, const char *prefix, const SpSaeLayout *layout)
{
  guint64 n = count_components (store, prefix, layout);

  for (guint64 i = 0; i < n; i++)
    {
      SpSaePlace *place = g_new (SpSaePlace, 1);

      *place = (SpSaePlace) { layout, name_place (prefix, i, n), g_strdup (prefix), i, n };
      g_ptr_array_add (places, place);
    }
}

static gboolean
has_prefix (GPtrArray *places, const char *prefix)
{
  for (guint i = 0; i < places->len; i++)
    if (strcmp (((SpSaePlace *) places->pdata[i])->prefix, prefix) == 0)
      return TRUE;
  return FALSE;
}

static GPtrArray *
list_places (SpStore *store, guint most)
{
  GPtrArray *places = g_ptr_array_new_with_free_func (place_free);
  guint      n_tried = 0;

  for (gsize i = 0; i < sp_store_get_n_tensors (store) && places->len < most && n_tried < MOST_COMPONENTS; i++)
    {
      g_autofree char   *prefix = find_prefix (sp_store_get_tensor (store, i)->name);
      const SpSaeLayout *layout = prefix != NULL && !has_prefix (places, prefix) ? find_layout (store, prefix) : NULL;

      n_tried += prefix != NULL;
      if (layout != NULL)
        add_places (places, store, prefix, layout);
    }
  return places;
}

GPtrArray *
sp_sae_layout_list (SpStore *store)
{
  return list_places (store, MOST_COMPONENTS);
}

gboolean
sp_sae_layout_is_in (SpStore *store)
{
  g_autoptr (GPtrArray) places = list_places (store, 1);

  return places->len > 0;
}
