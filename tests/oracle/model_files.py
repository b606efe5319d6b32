# Tiny models with random weights, one for each thing an architecture may have, and the logits they must give.
# SPDX-License-Identifier: GPL-3.0-or-later
"""fixtures/models/NAME: a Hugging Face folder.  fixtures/logits/NAME.json: the tokens, one window, and how much the logits
move when a setting is read wrongly; fixtures/logits/NAME.f32: the logits [tokens, vocabulary], taken in float64.

Weights are as large as it takes for every part to matter: attention is neither even nor on one token, biases and norms
are far from 0 and 1.  Each model says what a program that overlooks its speciality would have read (`wrong`)."""

import dataclasses
import json
import zlib

import numpy as np
import torch

import models
from containers import safetensors_bytes
from writers import encode

N_IDS = 64
DTYPES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "F8_E4M3": "float8_e4m3fn",
          "F8_E5M2": "float8_e5m2"}
NOTICED = 0.01  # a setting read wrongly moves logits by at least this share of the largest


@dataclasses.dataclass
class Model:
    name: str
    dtype: str
    config: dict
    prefix: str
    tokens: int
    wrong: tuple  # changes to config.json, each of which must be noticed
    buffers: tuple = ()  # what old checkpoints keep beside the weights
    shards: int = 1
    stored_head: bool = False  # a tied head is in the file as well
    scales: dict = dataclasses.field(default_factory=dict)


LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": 32,
         "intermediate_size": 24, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2,
         "vocab_size": N_IDS, "max_position_embeddings": 64, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "rope_scaling": None,
         "attention_bias": False, "mlp_bias": False, "tie_word_embeddings": True, "bos_token_id": 1, "eos_token_id": 2}
MISTRAL = {**{k: v for k, v in LLAMA.items() if k not in ("attention_bias", "mlp_bias", "rope_scaling")},
           "model_type": "mistral", "architectures": ["MistralForCausalLM"], "sliding_window": 8, "tie_word_embeddings": False}
QWEN2 = {**MISTRAL, "model_type": "qwen2", "architectures": ["Qwen2ForCausalLM"], "rms_norm_eps": 1e-6, "rope_theta": 1e6,
         "use_sliding_window": False, "max_window_layers": 1, "tie_word_embeddings": True}
MINICPM = {**{k: v for k, v in LLAMA.items() if k != "mlp_bias"}, "model_type": "minicpm", "architectures": ["MiniCPMForCausalLM"],
           "num_key_value_heads": 4, "scale_emb": 12, "scale_depth": 1.4, "dim_model_base": 8}
GPT2 = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new", "n_embd": 24, "n_head": 3,
        "n_layer": 2, "n_positions": 24, "n_ctx": 24, "n_inner": None, "vocab_size": N_IDS, "layer_norm_epsilon": 1e-5,
        "scale_attn_weights": True, "scale_attn_by_inverse_layer_idx": False, "bos_token_id": 63, "eos_token_id": 63}
OPT = {"model_type": "opt", "architectures": ["OPTForCausalLM"], "activation_function": "relu", "hidden_size": 32, "ffn_dim": 32,
       "num_hidden_layers": 2, "num_attention_heads": 4, "max_position_embeddings": 24, "vocab_size": N_IDS,
       "word_embed_proj_dim": 32, "do_layer_norm_before": True, "enable_bias": True, "layer_norm_elementwise_affine": True,
       "_remove_final_layer_norm": False, "tie_word_embeddings": True, "bos_token_id": 2, "eos_token_id": 2, "pad_token_id": 1}
NEOX = {"model_type": "gpt_neox", "architectures": ["GPTNeoXForCausalLM"], "hidden_act": "gelu", "hidden_size": 32,
        "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 64,
        "vocab_size": N_IDS, "layer_norm_eps": 1e-5, "rotary_pct": 0.25, "rotary_emb_base": 10000, "use_parallel_residual": True,
        "tie_word_embeddings": False, "bos_token_id": 0, "eos_token_id": 0}


def without(config, *keys):
    return {k: v for k, v in config.items() if k not in keys}


def scaled(kind, key="rope_type", **more):
    return {"rope_scaling": {key: kind, **more}}


OLD_LLAMA = without(LLAMA, "num_key_value_heads", "rope_theta", "rope_scaling", "attention_bias", "mlp_bias")
PLAIN = {"rope_scaling": None}
LONG, SHORT = [1.0, 2.5, 7.0, 20.0], [1.0, 1.1, 1.6, 3.0]


def longrope(kind="longrope", **more):
    return scaled(kind, long_factor=LONG, short_factor=SHORT, **more)


ALL = [
    Model("llama-old", "F16", {**OLD_LLAMA, "tie_word_embeddings": False}, "model.", 24,
          ({"rope_theta": 1e6}, {"rms_norm_eps": 0.1}, {"hidden_act": "gelu"}), buffers=("inv_freq",)),
    Model("llama-linear-biases", "BF16", {**LLAMA, "head_dim": 12, "num_key_value_heads": 1, "attention_bias": True, "mlp_bias": True,
                                          **scaled("linear", "type", factor=4.0)}, "model.", 24,
          (PLAIN, scaled("linear", factor=2.0))),
    Model("llama-dynamic-bare", "F32", {**LLAMA, "architectures": ["LlamaModel"], "intermediate_size": 20,
                                        "max_position_embeddings": 16, **scaled("dynamic", "type", factor=2.0)}, "", 40,
          (PLAIN, {"max_position_embeddings": 40}, {"max_position_embeddings": 39})),
    Model("llama3-sharded", "BF16", {**LLAMA, "rope_theta": 500000.0, "num_attention_heads": 2, "num_key_value_heads": 1,
                                     "head_dim": 24, "max_position_embeddings": 128,
                                     **scaled("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0,
                                              original_max_position_embeddings=32)}, "model.", 48,
          (PLAIN, scaled("linear", factor=8.0)), shards=2),
    Model("llama-yarn", "BF16", {**LLAMA, "num_attention_heads": 2, "head_dim": 16, "max_position_embeddings": 128,
                                 **scaled("yarn", factor=4.0, original_max_position_embeddings=32)}, "model.", 40,
          (PLAIN, scaled("linear", factor=4.0), scaled("yarn", factor=4.0, original_max_position_embeddings=128),
           scaled("yarn", factor=4.0, original_max_position_embeddings=32, attention_factor=1.0))),
    Model("llama-relu", "F16", {**LLAMA, "hidden_act": "relu"}, "model.", 24,
          ({"hidden_act": "silu"}, {"rope_theta": 1000.0})),
    Model("mistral-window", "BF16", {**MISTRAL, "head_dim": 8}, "model.", 32,
          ({"sliding_window": None}, {"sliding_window": 7}, {"sliding_window": 9})),
    Model("qwen2-no-window", "BF16", QWEN2, "model.", 24,
          ({"use_sliding_window": True, "max_window_layers": 0}, {"rms_norm_eps": 0.1})),
    Model("qwen2-window-layers", "BF16", {**QWEN2, "use_sliding_window": True, "num_hidden_layers": 3, "intermediate_size": 16,
                                          "tie_word_embeddings": False}, "model.", 32,
          ({"use_sliding_window": False}, {"max_window_layers": 0}, {"max_window_layers": 2}, {"sliding_window": 7})),
    Model("minicpm-scales", "BF16", MINICPM, "model.", 24,
          ({"scale_emb": 1}, {"scale_depth": 1.0}, {"dim_model_base": 32}), scales={"embed_tokens": 0.1}),
    Model("minicpm-longrope-long", "BF16", {**MINICPM, "max_position_embeddings": 128,
                                            **longrope(original_max_position_embeddings=16)}, "model.", 24,
          (PLAIN, {"max_position_embeddings": 16}, longrope(original_max_position_embeddings=24)), scales={"embed_tokens": 0.1}),
    Model("llama-longrope-short", "F16", {**LLAMA, "max_position_embeddings": 96, "original_max_position_embeddings": 24,
                                          **longrope("su", attention_factor=1.5)}, "model.", 24,
          (PLAIN, {"original_max_position_embeddings": 23}, longrope("su"))),
    Model("llama-partial", "F16", {**LLAMA, "partial_rotary_factor": 0.5}, "model.", 24, ({"partial_rotary_factor": 1.0},)),
    Model("llama-pruned", "F16", {**LLAMA, "quantization_config": {
        "quant_method": "compressed-tensors", "format": "dense", "config_groups": {},
        "sparsity_config": {"format": "dense", "global_sparsity": 0.5}}}, "model.", 24, ({"hidden_act": "relu"},)),
    Model("gpt2-untied-unscaled", "F16", {**GPT2, "scale_attn_weights": False, "tie_word_embeddings": False}, "transformer.", 24,
          ({"scale_attn_weights": True}, {"tie_word_embeddings": True})),
    Model("opt-untied", "F16", {**OPT, "tie_word_embeddings": False}, "model.decoder.", 24, ({"tie_word_embeddings": True},)),
    Model("neox-new-keys", "F16", {**without(NEOX, "rotary_pct", "rotary_emb_base"), "rope_parameters": {
        "rope_type": "default", "rope_theta": 1000.0, "partial_rotary_factor": 0.75}}, "gpt_neox.", 24,
          ({"rope_parameters": None}, {"rotary_pct": 0.25}, {"rotary_emb_base": 1000.0, "rotary_pct": 1.0})),
    Model("gpt2-bare", "F16", GPT2, "", 24, ({"activation_function": "relu"}, {"n_head": 4}, {"layer_norm_epsilon": 0.1}),
          buffers=("attn.bias",)),
    Model("gpt2-inverse-layers", "BF16", {**GPT2, "n_inner": 40, "n_layer": 3, "activation_function": "gelu",
                                          "scale_attn_by_inverse_layer_idx": True}, "transformer.", 24,
          ({"scale_attn_by_inverse_layer_idx": False}, {"scale_attn_weights": False}), ("attn.bias", "attn.masked_bias"),
          stored_head=True),
    Model("opt-before", "F16", OPT, "model.decoder.", 24, ({"activation_function": "silu"}, {"num_attention_heads": 8}),
          stored_head=True),
    Model("opt-after-projected", "F16", {**OPT, "do_layer_norm_before": False, "word_embed_proj_dim": 16}, "decoder.", 24,
          ({"activation_function": "gelu"}, {"num_attention_heads": 8})),
    Model("opt-wide-embedding", "F16", {**OPT, "hidden_size": 12, "num_attention_heads": 3, "ffn_dim": 16, "word_embed_proj_dim": 40},
          "model.decoder.", 24, ({"activation_function": "silu"}, {"num_attention_heads": 4})),
    Model("neox-parallel", "F16", NEOX, "gpt_neox.", 24,
          ({"use_parallel_residual": False}, {"rotary_pct": 1.0}, {"rotary_emb_base": 100}, {"num_attention_heads": 4}),
          buffers=("attention.bias", "attention.masked_bias", "inv_freq")),
    Model("neox-sequential", "BF16", {**NEOX, "use_parallel_residual": False, "attention_bias": False, "hidden_act": "gelu_fast",
                                      "rotary_pct": 0.5, "num_attention_heads": 4, "tie_word_embeddings": True}, "gpt_neox.", 24,
          ({"use_parallel_residual": True}, {"hidden_act": "relu"}, {"rotary_pct": 0.25})),
]


# Names and shapes of what a checkpoint holds

def llama_shapes(c):
    d, f, n_heads = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"]
    size, n_kv_heads = c.get("head_dim") or d // n_heads, c.get("num_key_value_heads") or n_heads
    outs = {"q": n_heads * size, "k": n_kv_heads * size, "v": n_kv_heads * size}
    yield "embed_tokens.weight", (c["vocab_size"], d)
    for name in (f"layers.{n}." for n in range(c["num_hidden_layers"])):
        yield name + "input_layernorm.weight", (d,)
        yield name + "post_attention_layernorm.weight", (d,)
        for part, rows in outs.items():
            yield f"{name}self_attn.{part}_proj.weight", (rows, d)
            if c.get("attention_bias") or c["model_type"] == "qwen2":
                yield f"{name}self_attn.{part}_proj.bias", (rows,)
        yield name + "self_attn.o_proj.weight", (d, n_heads * size)
        if c.get("attention_bias"):
            yield name + "self_attn.o_proj.bias", (d,)
        for part, shape in (("gate", (f, d)), ("up", (f, d)), ("down", (d, f))):
            yield f"{name}mlp.{part}_proj.weight", shape
            if c.get("mlp_bias"):
                yield f"{name}mlp.{part}_proj.bias", shape[:1]
    yield "norm.weight", (d,)


def biased(name, *shape, bias=None):
    """A matrix or a norm with its bias."""
    yield name + ".weight", shape
    yield name + ".bias", shape[:1] if bias is None else (bias,)


def gpt2_shapes(c):
    d, f = c["n_embd"], c["n_inner"] or 4 * c["n_embd"]
    yield "wte.weight", (c["vocab_size"], d)
    yield "wpe.weight", (c["n_positions"], d)
    for name in (f"h.{n}." for n in range(c["n_layer"])):
        yield from biased(name + "ln_1", d)
        yield from biased(name + "attn.c_attn", d, 3 * d, bias=3 * d)
        yield from biased(name + "attn.c_proj", d, d)
        yield from biased(name + "ln_2", d)
        yield from biased(name + "mlp.c_fc", d, f, bias=f)
        yield from biased(name + "mlp.c_proj", f, d, bias=d)
    yield from biased("ln_f", d)


def linear(c, name, *shape):
    """OPT's matrices."""
    found = [*biased(name, *shape)]
    yield from found if c["enable_bias"] else found[:1]


def opt_shapes(c):
    d, f, narrow = c["hidden_size"], c["ffn_dim"], c["word_embed_proj_dim"]
    yield "embed_tokens.weight", (c["vocab_size"], narrow)
    yield "embed_positions.weight", (c["max_position_embeddings"] + 2, d)
    for name in (f"layers.{n}." for n in range(c["num_hidden_layers"])):
        for part in ("q_proj", "k_proj", "v_proj", "out_proj"):
            yield from linear(c, f"{name}self_attn.{part}", d, d)
        yield from biased(name + "self_attn_layer_norm", d)
        yield from linear(c, name + "fc1", f, d)
        yield from linear(c, name + "fc2", d, f)
        yield from biased(name + "final_layer_norm", d)
    if c["do_layer_norm_before"]:
        yield from biased("final_layer_norm", d)
    if narrow != d:
        yield "project_in.weight", (d, narrow)
        yield "project_out.weight", (narrow, d)


def neox_shapes(c):
    d, f = c["hidden_size"], c["intermediate_size"]
    yield "embed_in.weight", (c["vocab_size"], d)
    for name in (f"layers.{n}." for n in range(c["num_hidden_layers"])):
        yield from biased(name + "input_layernorm", d)
        yield from biased(name + "post_attention_layernorm", d)
        for part, rows in (("query_key_value", 3 * d), ("dense", d)):
            found = biased(f"{name}attention.{part}", rows, d)
            yield from found if c.get("attention_bias", True) else [next(found)]
        yield from biased(name + "mlp.dense_h_to_4h", f, d)
        yield from biased(name + "mlp.dense_4h_to_h", d, f)
    yield from biased("final_layer_norm", d)


SHAPES = {"gpt2": gpt2_shapes, "opt": opt_shapes, "gpt_neox": neox_shapes}
HEADS = {"gpt_neox": "embed_out.weight"}


def shapes(model):
    """(name in the file, shape), the head included where the file has one."""
    c = model.config
    yield from ((model.prefix + name, shape) for name, shape in SHAPES.get(c["model_type"], llama_shapes)(c))
    if not c.get("tie_word_embeddings", True):
        width = c.get("n_embd") or c.get("word_embed_proj_dim") or c["hidden_size"]
        yield HEADS.get(c["model_type"], "lm_head.weight"), (c["vocab_size"], width)


# Values

def spread(model, name, shape):
    """How far weights of this name lie from 0."""
    for part, scale in model.scales.items():
        if part in name:
            return scale
    if len(shape) == 1:
        return 0.3
    if "positions" in name or "wpe" in name:
        return 0.7
    if "embed_tokens" in name or "wte" in name or "embed_in" in name:
        return 1.0
    into = shape[0] if model.config["model_type"] == "gpt2" else shape[1]
    is_query_or_key = any(part in name for part in ("q_proj", "k_proj", "query_key_value", "c_attn"))
    return (1.6 if is_query_or_key else 1.0) * into ** -0.5


def is_norm(name):
    return name.endswith(".weight") and any(part in name for part in ("norm", "ln_"))


def weights(model):
    """(name, dtype, shape, bytes) of all weights."""
    source = np.random.default_rng(zlib.crc32(model.name.encode()))
    for name, shape in shapes(model):
        values = source.standard_normal(shape) * spread(model, name, shape) + (1 if is_norm(name) and len(shape) == 1 else 0)
        yield name, model.dtype, shape, encode(model.dtype, values)[0]


def buffer(model, kind):
    """(dtype, shape, bytes) of what old checkpoints keep beside each layer's weights."""
    n, size = model.tokens, model.config.get("hidden_size", 32) // model.config.get("num_attention_heads", 4)
    if kind == "inv_freq":
        n_turned = int(size * model.config.get("rotary_pct", 1.0))
        speeds = 10000.0 ** (-np.arange(0, n_turned, 2) / n_turned)
        return "F32", speeds.shape, speeds.astype("<f4").tobytes()
    if kind.endswith("masked_bias"):
        return model.dtype, (), encode(model.dtype, np.array([-1e4]))[0]
    return "BOOL", (1, 1, n, n), np.tril(np.ones((n, n), np.uint8)).tobytes()


BUFFER_NAMES = {"inv_freq": {"llama": "self_attn.rotary_emb.inv_freq", "gpt_neox": "attention.rotary_emb.inv_freq"}}


def buffers(model):
    kind = model.config["model_type"]
    stem = model.prefix + ("h." if kind == "gpt2" else "layers.")
    for layer in range(model.config.get("n_layer") or model.config["num_hidden_layers"]):
        for name in model.buffers:
            yield f"{stem}{layer}.{BUFFER_NAMES.get(name, {}).get(kind, name)}", *buffer(model, name)


def entries(model):
    found = [*weights(model), *buffers(model)]
    if model.stored_head:
        _, dtype, shape, data = found[0]
        found.append(("lm_head.weight", dtype, shape, data))
    return sorted(found)


# Files

def config_bytes(model):
    return (json.dumps({**model.config, "torch_dtype": DTYPES[model.dtype]}, indent=1) + "\n").encode()


def weight_files(model):
    found = entries(model)
    if model.shards == 1:
        yield "model.safetensors", safetensors_bytes(found, {"format": "pt"})
        return
    names = [f"model-{n + 1:05}-of-{model.shards:05}.safetensors" for n in range(model.shards)]
    parts = [found[n::model.shards] for n in range(model.shards)]
    for name, part in zip(names, parts):
        yield name, safetensors_bytes(part, {"format": "pt"})
    index = {"metadata": {"total_size": sum(len(e[3]) for e in found)},
             "weight_map": {e[0]: name for name, part in zip(names, parts) for e in part}}
    yield "model.safetensors.index.json", (json.dumps(index, indent=1) + "\n").encode()


def noticed(model, tensors, ids, right):
    """How far each wrong reading moves the logits, as a share of the largest; none may pass for right."""
    largest, moved = right.abs().max(), []
    for change in model.wrong:
        wrong = models.logits({**model.config, **change}, tensors, ids)
        moved.append(float((wrong - right).abs().max() / largest))
        assert moved[-1] >= NOTICED, f"{model.name}: {change} is hardly noticed: {moved[-1]}"
    return moved


def write_model(out, model):
    out.file(f"models/{model.name}/config.json", config_bytes(model))
    for name, data in weight_files(model):
        out.file(f"models/{model.name}/{name}", data)
    config, tensors = models.read_folder(out.root / "models" / model.name)
    ids = np.random.default_rng(len(model.name)).integers(0, N_IDS, model.tokens).tolist()
    right = models.logits(config, tensors, ids)
    rough = models.logits(config, tensors, ids, torch.float32)
    error = float((rough - right).abs().max() / right.abs().max())
    assert error < 1e-5, f"{model.name}: float32 alone is off by {error}"
    moved = noticed(model, tensors, ids, right)
    about = {"folder": "models/" + model.name, "ids": ids, "least_noticed": float(f"{min(moved):.2g}")}
    out.file(f"logits/{model.name}.json", (json.dumps(about) + "\n").encode())
    out.file(f"logits/{model.name}.f32", right.numpy().astype("<f4").tobytes())


def same_logits(old, new):
    a, b = (np.frombuffer(path.read_bytes(), "<f4") for path in (old, new))
    return a.size == b.size and np.abs(a - b).max() <= 1e-6 * np.abs(a).max()


def write(out):
    for model in ALL:
        write_model(out, model)
