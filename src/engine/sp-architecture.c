/* sp-architecture.c - the table of architectures: adding one is an entry here */
/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sp-architecture.h"

#include <string.h>

#define YES { NULL, TRUE }
#define NO { NULL, FALSE }

/* Llama's names and keys, which Mistral, Qwen2 and MiniCPM share. */
#define LLAMA_NAMES { \
    [SP_WEIGHT_EMBED] = "embed_tokens", \
    [SP_WEIGHT_FIRST_NORM] = "layers.#.input_layernorm", \
    [SP_WEIGHT_Q] = "layers.#.self_attn.q_proj", \
    [SP_WEIGHT_K] = "layers.#.self_attn.k_proj", \
    [SP_WEIGHT_V] = "layers.#.self_attn.v_proj", \
    [SP_WEIGHT_OUT] = "layers.#.self_attn.o_proj", \
    [SP_WEIGHT_SECOND_NORM] = "layers.#.post_attention_layernorm", \
    [SP_WEIGHT_GATE] = "layers.#.mlp.gate_proj", \
    [SP_WEIGHT_UP] = "layers.#.mlp.up_proj", \
    [SP_WEIGHT_DOWN] = "layers.#.mlp.down_proj", \
    [SP_WEIGHT_LAST_NORM] = "norm", \
    [SP_WEIGHT_HEAD] = "lm_head" }

#define LLAMA_SHAPE \
  .prefixes = { "model.", "" }, .names = LLAMA_NAMES, .norm = SP_NORM_RMS, .position = SP_POSITION_ROTARY, .ffn = SP_FFN_GATED, \
  .qkv = SP_QKV_SEPARATE, .has_norm_bias = NO, .is_parallel = NO, .is_norm_first = YES, .has_scaled_scores = YES, \
  .n_hidden = "hidden_size", .n_layers = "num_hidden_layers", .n_heads = "num_attention_heads", \
  .n_kv_heads = "num_key_value_heads", .n_neurons = "intermediate_size", .n_context = "max_position_embeddings", \
  .norm_eps = "rms_norm_eps", .norm_eps_fallback = 1e-6, .activation = "hidden_act", .activation_fallback = "silu", \
  .rotary_base = "rope_theta"

static const SpArchitecture architectures[] = {
  { .model_type = "llama", .class_name = "LlamaForCausalLM", LLAMA_SHAPE, .context_fallback = 2048,
    .has_qkv_bias = { "attention_bias", FALSE }, .has_out_bias = { "attention_bias", FALSE }, .has_ffn_bias = { "mlp_bias", FALSE },
    .is_tied = { "tie_word_embeddings", FALSE }, .has_sliding_window = NO },

  { .model_type = "mistral", .class_name = "MistralForCausalLM", LLAMA_SHAPE, .context_fallback = 4096 * 32,
    .has_qkv_bias = NO, .has_out_bias = NO, .has_ffn_bias = NO,
    .is_tied = { "tie_word_embeddings", FALSE }, .has_sliding_window = YES, .sliding_window = "sliding_window" },

  { .model_type = "qwen2", .class_name = "Qwen2ForCausalLM", LLAMA_SHAPE, .context_fallback = 32768,
    .has_qkv_bias = YES, .has_out_bias = NO, .has_ffn_bias = NO,
    .is_tied = { "tie_word_embeddings", FALSE },
    .has_sliding_window = { "use_sliding_window", FALSE }, .sliding_window = "sliding_window",
    .first_sliding_layer = "max_window_layers", .first_sliding_fallback = 28 },

  { .model_type = "minicpm", .class_name = "MiniCPMForCausalLM", LLAMA_SHAPE, .context_fallback = 2048,
    .has_qkv_bias = { "attention_bias", FALSE }, .has_out_bias = { "attention_bias", FALSE }, .has_ffn_bias = NO,
    .is_tied = { "tie_word_embeddings", TRUE }, .has_sliding_window = NO,
    .embed_scale = "scale_emb", .depth_scale = "scale_depth", .base_width = "dim_model_base" },

  { .model_type = "gpt2", .class_name = "GPT2LMHeadModel", .prefixes = { "transformer.", "" },
    .names = {
      [SP_WEIGHT_EMBED] = "wte",
      [SP_WEIGHT_POSITION] = "wpe",
      [SP_WEIGHT_FIRST_NORM] = "h.#.ln_1",
      [SP_WEIGHT_QKV] = "h.#.attn.c_attn",
      [SP_WEIGHT_OUT] = "h.#.attn.c_proj",
      [SP_WEIGHT_SECOND_NORM] = "h.#.ln_2",
      [SP_WEIGHT_UP] = "h.#.mlp.c_fc",
      [SP_WEIGHT_DOWN] = "h.#.mlp.c_proj",
      [SP_WEIGHT_LAST_NORM] = "ln_f",
      [SP_WEIGHT_HEAD] = "lm_head" },
    .norm = SP_NORM_LAYER, .position = SP_POSITION_LEARNED, .ffn = SP_FFN_PLAIN, .qkv = SP_QKV_JOINED, .is_input_major = TRUE,
    .has_norm_bias = YES, .has_qkv_bias = YES, .has_out_bias = YES, .has_ffn_bias = YES,
    .is_tied = { "tie_word_embeddings", TRUE }, .is_parallel = NO, .is_norm_first = YES, .has_sliding_window = NO,
    .has_scaled_scores = { "scale_attn_weights", TRUE },
    .n_hidden = "n_embd", .n_layers = "n_layer", .n_heads = "n_head", .n_neurons = "n_inner", .n_context = "n_positions",
    .norm_eps = "layer_norm_epsilon", .norm_eps_fallback = 1e-5, .activation = "activation_function",
    .activation_fallback = "gelu_new", .context_fallback = 1024, .scales_by_layer = "scale_attn_by_inverse_layer_idx" },

  { .model_type = "opt", .class_name = "OPTForCausalLM", .prefixes = { "model.decoder.", "decoder.", "" },
    .names = {
      [SP_WEIGHT_EMBED] = "embed_tokens",
      [SP_WEIGHT_PROJECT_IN] = "project_in",
      [SP_WEIGHT_POSITION] = "embed_positions",
      [SP_WEIGHT_FIRST_NORM] = "layers.#.self_attn_layer_norm",
      [SP_WEIGHT_Q] = "layers.#.self_attn.q_proj",
      [SP_WEIGHT_K] = "layers.#.self_attn.k_proj",
      [SP_WEIGHT_V] = "layers.#.self_attn.v_proj",
      [SP_WEIGHT_OUT] = "layers.#.self_attn.out_proj",
      [SP_WEIGHT_SECOND_NORM] = "layers.#.final_layer_norm",
      [SP_WEIGHT_UP] = "layers.#.fc1",
      [SP_WEIGHT_DOWN] = "layers.#.fc2",
      [SP_WEIGHT_LAST_NORM] = "final_layer_norm",
      [SP_WEIGHT_PROJECT_OUT] = "project_out",
      [SP_WEIGHT_HEAD] = "lm_head" },
    .norm = SP_NORM_LAYER, .position = SP_POSITION_LEARNED, .position_offset = 2, .ffn = SP_FFN_PLAIN, .qkv = SP_QKV_SEPARATE,
    .has_norm_bias = { "layer_norm_elementwise_affine", TRUE }, .has_qkv_bias = { "enable_bias", TRUE },
    .has_out_bias = { "enable_bias", TRUE }, .has_ffn_bias = { "enable_bias", TRUE },
    .is_tied = { "tie_word_embeddings", TRUE }, .is_parallel = NO, .is_norm_first = { "do_layer_norm_before", TRUE },
    .has_sliding_window = NO, .has_scaled_scores = YES,
    .n_hidden = "hidden_size", .n_layers = "num_hidden_layers", .n_heads = "num_attention_heads", .n_neurons = "ffn_dim",
    .n_context = "max_position_embeddings", .n_embed = "word_embed_proj_dim", .norm_eps_fallback = 1e-5,
    .activation = "activation_function", .activation_fallback = "relu", .context_fallback = 2048 },

  { .model_type = "gpt_neox", .class_name = "GPTNeoXForCausalLM", .prefixes = { "gpt_neox.", "" },
    .names = {
      [SP_WEIGHT_EMBED] = "embed_in",
      [SP_WEIGHT_FIRST_NORM] = "layers.#.input_layernorm",
      [SP_WEIGHT_QKV] = "layers.#.attention.query_key_value",
      [SP_WEIGHT_OUT] = "layers.#.attention.dense",
      [SP_WEIGHT_SECOND_NORM] = "layers.#.post_attention_layernorm",
      [SP_WEIGHT_UP] = "layers.#.mlp.dense_h_to_4h",
      [SP_WEIGHT_DOWN] = "layers.#.mlp.dense_4h_to_h",
      [SP_WEIGHT_LAST_NORM] = "final_layer_norm",
      [SP_WEIGHT_HEAD] = "embed_out" },
    .norm = SP_NORM_LAYER, .position = SP_POSITION_ROTARY, .ffn = SP_FFN_PLAIN, .qkv = SP_QKV_BY_HEAD,
    .has_norm_bias = YES, .has_qkv_bias = { "attention_bias", TRUE }, .has_out_bias = { "attention_bias", TRUE },
    .has_ffn_bias = YES, .is_tied = { "tie_word_embeddings", FALSE }, .is_parallel = { "use_parallel_residual", TRUE },
    .is_norm_first = YES, .has_sliding_window = NO, .has_scaled_scores = YES,
    .n_hidden = "hidden_size", .n_layers = "num_hidden_layers", .n_heads = "num_attention_heads",
    .n_neurons = "intermediate_size", .n_context = "max_position_embeddings", .norm_eps = "layer_norm_eps",
    .norm_eps_fallback = 1e-5, .activation = "hidden_act", .activation_fallback = "gelu", .rotary_base = "rotary_emb_base",
    .rotary_share = "rotary_pct", .context_fallback = 2048 },
};

static gboolean
has_class (const char *class_names, const char *class_name)
{
  g_auto (GStrv) names = g_strsplit (class_names != NULL ? class_names : "", ", ", -1);

  return g_strv_contains ((const char *const *) names, class_name);
}

const SpArchitecture *
sp_architecture_find (const char *model_type, const char *class_names)
{
  for (gsize i = 0; i < G_N_ELEMENTS (architectures); i++)
    if (model_type != NULL ? strcmp (architectures[i].model_type, model_type) == 0
                           : has_class (class_names, architectures[i].class_name))
      return &architectures[i];
  return NULL;
}

char *
sp_architecture_list (void)
{
  GString *list = g_string_new (NULL);

  for (gsize i = 0; i < G_N_ELEMENTS (architectures); i++)
    g_string_append_printf (list, "%s%s", i > 0 ? ", " : "", architectures[i].model_type);
  return g_string_free (list, FALSE);
}
