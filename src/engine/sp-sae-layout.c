/* sp-sae-layout.c - the table of layouts, and which of them a file has */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-sae-layout.h"

#include <glib/gi18n-lib.h>
#include <string.h>

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

const char *
sp_sae_setting (SpStore *store, const char *prefix, const char *key)
{
  const char *places[] = { "config.", "cfg.", "metadata.", prefix };
  const char *found = NULL;

  for (gsize i = 0; i < G_N_ELEMENTS (places) && found == NULL; i++)
    {
      g_autofree char *whole = g_strconcat (places[i], key, NULL);

      found = sp_store_find_metadata (store, whole);
    }
  return found;
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

static gboolean
fits (SpStore *store, const char *prefix, const SpSaeLayout *layout)
{
  const SpTensor *encoder = sp_sae_layout_find_tensor (store, prefix, layout->names[SP_SAE_ENCODER]);
  const SpTensor *decoder = sp_sae_layout_find_tensor (store, prefix, layout->names[SP_SAE_DECODER]);

  for (gsize i = 0; layout->marks[i] != NULL; i++)
    if (sp_sae_layout_find_tensor (store, prefix, layout->marks[i]) == NULL)
      return FALSE;
  return encoder != NULL && decoder != NULL && encoder->rank >= 2 && decoder->rank >= 2 &&
         encoder->n_elements == decoder->n_elements && has_key (store, prefix, layout) &&
         (!layout->is_pickled || sp_store_find_metadata (store, "torch.version") != NULL);
}

/* What stands before an encoder's name. */
static char *
find_prefix (SpStore *store)
{
  static const char *const encoders[] = { "W_enc", "w_enc", "encoder.weight" };

  for (gsize i = 0; i < sp_store_get_n_tensors (store); i++)
    for (gsize k = 0; k < G_N_ELEMENTS (encoders); k++)
      {
        const char *name = sp_store_get_tensor (store, i)->name;
        gsize       n = strlen (name), n_end = strlen (encoders[k]);

        if (n >= n_end && strcmp (name + n - n_end, encoders[k]) == 0 && (n == n_end || name[n - n_end - 1] == '.'))
          return g_strndup (name, n - n_end);
      }
  return NULL;
}

const SpSaeLayout *
sp_sae_layout_find (SpStore *store, char **prefix)
{
  g_autofree char *found = find_prefix (store);

  for (gsize i = 0; found != NULL && i < G_N_ELEMENTS (layouts); i++)
    if (fits (store, found, &layouts[i]))
      {
        *prefix = g_steal_pointer (&found);
        return &layouts[i];
      }
  return NULL;
}
