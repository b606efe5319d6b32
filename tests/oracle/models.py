# Forward passes of the known architectures in plain PyTorch, from the published definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""logits (config, weights, ids, dtype) for Llama, Mistral, Qwen2, MiniCPM, GPT-2, OPT and GPT-NeoX.

`config` is a Hugging Face config.json, `weights` a dict of tensors by their names in the checkpoint, `ids` one window of
tokens: no padding, position 0 first.  `tap (layer, s, h, down)`, where given, sees the gate scores s and the activations h
[tokens, neurons] and the output matrix [hidden, neurons] of each layer, and returns the h to go on with.
`see (site, layer, x)` is shown what sparse autoencoders are trained on, by the names of TransformerLens' hooks: the residual
stream "resid_pre" and "resid_post" around each layer, the heads one beside the other "z", what attention and FFN give
"attn_out" and "mlp_out"."""

import json
import math
import pathlib
import struct

import numpy as np
import torch
from torch.nn import functional

import rotary
from writers import E4M3, E5M2, NUMPY_DTYPES, bf16_values

TANH_GELU = ("gelu_new", "gelu_fast", "gelu_pytorch_tanh")
SMALL = {"F8_E4M3": E4M3, "F8_E5M2": E5M2}
PREFIXES = ("model.decoder.", "decoder.", "model.", "transformer.", "gpt_neox.", "")


def gelu_tanh(x):
    return 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x ** 3)))


def activation(name):
    return gelu_tanh if name in TANH_GELU else {"relu": torch.relu, "silu": functional.silu, "swish": functional.silu,
                                                "gelu": functional.gelu}[name]


class Weights:
    """Tensors by the name behind the prefix that this checkpoint has."""

    def __init__(self, tensors, dtype, probe):
        self.tensors, self.dtype = tensors, dtype
        self.prefix = next(p for p in PREFIXES if p + probe in tensors)

    def get(self, name, whole=False):
        found = self.tensors.get(name if whole else self.prefix + name)
        return None if found is None else found.to(self.dtype)

    def linear(self, x, name):
        bias = self.get(name + ".bias")
        y = x @ self.get(name + ".weight").T
        return y if bias is None else y + bias

    def turned_linear(self, x, name):
        """GPT-2's Conv1D: the matrix lies as [in, out]."""
        return x @ self.get(name + ".weight") + self.get(name + ".bias")

    def layer_norm(self, x, name, eps):
        weight, bias = self.get(name + ".weight"), self.get(name + ".bias")
        x = x - x.mean(-1, keepdim=True)
        x = x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps)
        return x * weight + bias

    def rms_norm(self, x, name, eps):
        return x / torch.sqrt((x * x).mean(-1, keepdim=True) + eps) * self.get(name + ".weight")


def attend(q, k, v, scale, window=None):
    """[heads, tokens, size] each → [tokens, heads · size].  A token sees itself and, with a window, the window - 1 before."""
    length = q.shape[1]
    distance = torch.arange(length)[:, None] - torch.arange(length)[None, :]
    hidden = (distance < 0) if window is None else (distance < 0) | (distance >= window)
    scores = (q @ k.transpose(1, 2) * scale).masked_fill(hidden, -math.inf)
    mixed = scores.softmax(-1) @ v
    return mixed.transpose(0, 1).reshape(length, -1)


def heads_of(x, n_heads):
    return x.view(x.shape[0], n_heads, -1).transpose(0, 1)


def head_of(config, w, embedding):
    """Of GPT-2 and OPT, which are tied unless config.json says otherwise."""
    return w.get(embedding) if config.get("tie_word_embeddings", True) else w.get("lm_head.weight", whole=True)


def untouched(layer, s, h, down):
    return h


def unseen(site, layer, x):
    pass


def seen(see, site, layer, x):
    see(site, layer, x)
    return x


# Llama, Mistral, Qwen2, MiniCPM

def window_of(config, layer):
    if config["model_type"] == "mistral":
        return config.get("sliding_window")
    if config["model_type"] == "qwen2" and config.get("use_sliding_window") and layer >= config["max_window_layers"]:
        return config["sliding_window"]
    return None


def llama_attention(config, w, x, layer, turn, see):
    name, n_heads = f"layers.{layer}.self_attn.", config["num_attention_heads"]
    n_kv_heads = config.get("num_key_value_heads") or n_heads
    q = rotary.rotate(heads_of(w.linear(x, name + "q_proj"), n_heads), turn)
    k = rotary.rotate(heads_of(w.linear(x, name + "k_proj"), n_kv_heads), turn)
    v = heads_of(w.linear(x, name + "v_proj"), n_kv_heads)
    k, v = (t.repeat_interleave(n_heads // n_kv_heads, dim=0) for t in (k, v))
    mixed = seen(see, "z", layer, attend(q, k, v, q.shape[-1] ** -0.5, window_of(config, layer)))
    return seen(see, "attn_out", layer, w.linear(mixed, name + "o_proj"))


def llama_ffn(config, w, x, layer, tap):
    name = f"layers.{layer}.mlp."
    s = activation(config["hidden_act"])(w.linear(x, name + "gate_proj"))
    h = tap(layer, s, s * w.linear(x, name + "up_proj"), w.get(name + "down_proj.weight"))
    return w.linear(h, name + "down_proj")


def llama(config, tensors, ids, dtype, tap, see):
    w, eps, n_layers = Weights(tensors, dtype, "embed_tokens.weight"), config["rms_norm_eps"], config["num_hidden_layers"]
    is_mini = config["model_type"] == "minicpm"
    head_size = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    turn = rotary.turns(config, int(head_size * rotary.turned_share(config)), len(ids), dtype)
    deep = config["scale_depth"] / math.sqrt(n_layers) if is_mini else 1.0
    x = w.get("embed_tokens.weight")[ids] * (config["scale_emb"] if is_mini else 1)
    for layer in range(n_layers):
        see("resid_pre", layer, x)
        inner = w.rms_norm(x, f"layers.{layer}.input_layernorm", eps)
        x = x + deep * llama_attention(config, w, inner, layer, turn, see)
        inner = w.rms_norm(x, f"layers.{layer}.post_attention_layernorm", eps)
        x = x + deep * seen(see, "mlp_out", layer, llama_ffn(config, w, inner, layer, tap))
        see("resid_post", layer, x)
    x = w.rms_norm(x, "norm", eps) / (config["hidden_size"] / config["dim_model_base"] if is_mini else 1)
    is_tied = config.get("tie_word_embeddings", False)
    head = w.get("embed_tokens.weight") if is_tied else w.get("lm_head.weight", whole=True)
    return x @ head.T


# GPT-2

def gpt2_attention(config, w, x, layer, see):
    q, k, v = (heads_of(t, config["n_head"]) for t in w.turned_linear(x, f"h.{layer}.attn.c_attn").chunk(3, dim=-1))
    scale = q.shape[-1] ** -0.5 if config.get("scale_attn_weights", True) else 1.0
    if config.get("scale_attn_by_inverse_layer_idx"):
        scale /= layer + 1
    mixed = seen(see, "z", layer, attend(q, k, v, scale))
    return seen(see, "attn_out", layer, w.turned_linear(mixed, f"h.{layer}.attn.c_proj"))


def gpt2(config, tensors, ids, dtype, tap, see):
    w, eps = Weights(tensors, dtype, "wte.weight"), config["layer_norm_epsilon"]
    x = w.get("wte.weight")[ids] + w.get("wpe.weight")[:len(ids)]
    for layer in range(config["n_layer"]):
        see("resid_pre", layer, x)
        x = x + gpt2_attention(config, w, w.layer_norm(x, f"h.{layer}.ln_1", eps), layer, see)
        inner = w.layer_norm(x, f"h.{layer}.ln_2", eps)
        h = activation(config["activation_function"])(w.turned_linear(inner, f"h.{layer}.mlp.c_fc"))
        h = tap(layer, h, h, w.get(f"h.{layer}.mlp.c_proj.weight").T)
        x = x + seen(see, "mlp_out", layer, w.turned_linear(h, f"h.{layer}.mlp.c_proj"))
        see("resid_post", layer, x)
    return w.layer_norm(x, "ln_f", eps) @ head_of(config, w, "wte.weight").T


# OPT

def opt_attention(config, w, x, layer, see):
    name = f"layers.{layer}.self_attn."
    q, k, v = (heads_of(w.linear(x, name + part), config["num_attention_heads"]) for part in ("q_proj", "k_proj", "v_proj"))
    mixed = seen(see, "z", layer, attend(q, k, v, q.shape[-1] ** -0.5))
    return seen(see, "attn_out", layer, w.linear(mixed, name + "out_proj"))


def opt_ffn(config, w, x, layer, tap, see):
    h = activation(config["activation_function"])(w.linear(x, f"layers.{layer}.fc1"))
    h = tap(layer, h, h, w.get(f"layers.{layer}.fc2.weight"))
    return seen(see, "mlp_out", layer, w.linear(h, f"layers.{layer}.fc2"))


def opt(config, tensors, ids, dtype, tap, see):
    w, before = Weights(tensors, dtype, "embed_tokens.weight"), config["do_layer_norm_before"]
    is_projected = config["word_embed_proj_dim"] != config["hidden_size"]

    def around(x, norm, part):
        if before:
            return x + part(w.layer_norm(x, norm, 1e-5))
        return w.layer_norm(x + part(x), norm, 1e-5)

    x = w.get("embed_tokens.weight")[ids]
    x = w.linear(x, "project_in") if is_projected else x
    x = x + w.get("embed_positions.weight")[2:len(ids) + 2]
    for layer in range(config["num_hidden_layers"]):
        see("resid_pre", layer, x)
        x = around(x, f"layers.{layer}.self_attn_layer_norm", lambda y: opt_attention(config, w, y, layer, see))
        x = around(x, f"layers.{layer}.final_layer_norm", lambda y: opt_ffn(config, w, y, layer, tap, see))
        see("resid_post", layer, x)
    x = w.layer_norm(x, "final_layer_norm", 1e-5) if before else x
    x = w.linear(x, "project_out") if is_projected else x
    return x @ head_of(config, w, "embed_tokens.weight").T


# GPT-NeoX

def neox_attention(config, w, x, layer, see):
    n_heads = config["num_attention_heads"]
    size = config["hidden_size"] // n_heads
    turn = rotary.turns(config, int(size * rotary.turned_share(config)), x.shape[0], x.dtype)
    mixed = w.linear(x, f"layers.{layer}.attention.query_key_value")
    q, k, v = heads_of(mixed, n_heads).split(size, dim=-1)  # of each head query, key and value follow one another
    q, k = rotary.rotate(q, turn), rotary.rotate(k, turn)
    mixed = seen(see, "z", layer, attend(q, k, v, size ** -0.5))
    return seen(see, "attn_out", layer, w.linear(mixed, f"layers.{layer}.attention.dense"))


def neox_ffn(config, w, x, layer, tap, see):
    name = f"layers.{layer}.mlp."
    h = activation(config["hidden_act"])(w.linear(x, name + "dense_h_to_4h"))
    h = tap(layer, h, h, w.get(name + "dense_4h_to_h.weight"))
    return seen(see, "mlp_out", layer, w.linear(h, name + "dense_4h_to_h"))


def neox(config, tensors, ids, dtype, tap, see):
    w, eps = Weights(tensors, dtype, "embed_in.weight"), config["layer_norm_eps"]
    x = w.get("embed_in.weight")[ids]
    for layer in range(config["num_hidden_layers"]):
        see("resid_pre", layer, x)
        after = x + neox_attention(config, w, w.layer_norm(x, f"layers.{layer}.input_layernorm", eps), layer, see)
        inner = w.layer_norm(x if config["use_parallel_residual"] else after, f"layers.{layer}.post_attention_layernorm", eps)
        x = after + neox_ffn(config, w, inner, layer, tap, see)
        see("resid_post", layer, x)
    x = w.layer_norm(x, "final_layer_norm", eps)
    is_tied = config.get("tie_word_embeddings", False)
    return x @ (w.get("embed_in.weight") if is_tied else w.get("embed_out.weight", whole=True)).T


FAMILIES = {"llama": llama, "mistral": llama, "qwen2": llama, "minicpm": llama, "gpt2": gpt2, "opt": opt, "gpt_neox": neox}


def logits(config, tensors, ids, dtype=torch.float64, tap=untouched, see=unseen):
    """→ [tokens, vocabulary]"""
    return FAMILIES[config["model_type"]](config, tensors, torch.as_tensor(ids), dtype, tap, see)


# Folders

def read_tensor(entry, data):
    begin, end = entry["data_offsets"]
    if entry["dtype"] == "BF16":
        values = bf16_values(np.frombuffer(data[begin:end], "<u2"))
    elif entry["dtype"] in SMALL:
        values = SMALL[entry["dtype"]][np.frombuffer(data[begin:end], np.uint8)]
    else:
        values = np.frombuffer(data[begin:end], NUMPY_DTYPES[entry["dtype"]])
    return torch.from_numpy(values.reshape(entry["shape"]).copy())


def read_folder(folder):
    """→ (config, tensors): all .safetensors of a folder."""
    folder, tensors = pathlib.Path(folder), {}
    for path in sorted(folder.glob("*.safetensors")):
        data = path.read_bytes()
        start = 8 + struct.unpack("<Q", data[:8])[0]
        header = json.loads(data[8:start])
        tensors.update({name: read_tensor(e, data[start:]) for name, e in header.items() if name != "__metadata__"})
    return json.loads((folder / "config.json").read_text()), tensors
