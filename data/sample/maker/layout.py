# What the sample's models are made of: sizes, the names and shapes of a Llama checkpoint, what is pruned.
# SPDX-License-Identifier: GPL-3.0-or-later

SHAPE = {"hidden_size": 48, "intermediate_size": 160, "num_hidden_layers": 4, "num_attention_heads": 4,
         "num_key_value_heads": 2, "vocab_size": 512, "max_position_embeddings": 256}

PRUNED_SHARE = 0.6                               # zeros among the attention and FFN matrices' elements
STEP_TOKENS = 8 * 256                            # that a step of training reads
REMOVED_NEURONS = 12                             # in every layer of the pruned model
PAIRED = "model.layers.2.mlp.down_proj.weight"   # its 2:4 matrix: two zeros in every four neighbours of a row
SAE_LAYER = 2                                    # the autoencoder reads what goes into it
SAE = {"architecture": "topk", "d_in": 48, "d_sae": 192, "k": 4, "dtype": "float32", "apply_b_dec_to_input": True,
       "normalize_activations": "none", "model_name": "relu", "hook_name": f"blocks.{SAE_LAYER}.hook_resid_pre", "hook_layer": SAE_LAYER}


def new_config(gate):
    return {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "hidden_act": gate, **SHAPE,
            "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": True, "attention_bias": False,
            "mlp_bias": False, "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16"}


def tensor_shapes(config):
    d, f = config["hidden_size"], config["intermediate_size"]
    kv = d // config["num_attention_heads"] * config["num_key_value_heads"]
    layer = {"input_layernorm": (d,), "post_attention_layernorm": (d,),
             "self_attn.q_proj": (d, d), "self_attn.k_proj": (kv, d),
             "self_attn.v_proj": (kv, d), "self_attn.o_proj": (d, d),
             "mlp.gate_proj": (f, d), "mlp.up_proj": (f, d), "mlp.down_proj": (d, f)}
    shapes = {"model.embed_tokens.weight": (config["vocab_size"], d), "model.norm.weight": (d,)}
    for number in range(config["num_hidden_layers"]):
        shapes.update({f"model.layers.{number}.{name}.weight": shape for name, shape in layer.items()})
    return shapes


def is_linear(name):
    """Whether the tensor is one of the attention or FFN matrices."""
    return name.endswith("_proj.weight")
