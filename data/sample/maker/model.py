# A small Llama in torch: its weights are a plain dict with the names a Hugging Face checkpoint has.
# SPDX-License-Identifier: GPL-3.0-or-later

import torch
from torch.nn import functional

from maker import layout

GATES = {"relu": torch.relu, "silu": functional.silu}


def new_weights(config, seed):
    """Norms of ones, the rest normal; what writes into the residual stream starts smaller."""
    source, weights = torch.Generator().manual_seed(seed), {}
    into_residual = (2 * config["num_hidden_layers"]) ** -0.5
    for name, shape in layout.tensor_shapes(config).items():
        if len(shape) == 1:
            weights[name] = torch.ones(shape)
        else:
            scale = into_residual if "o_proj" in name or "down_proj" in name else 1.0
            weights[name] = torch.randn(shape, generator=source) * scale * shape[-1] ** -0.5
    return weights


def normed(x, weight, config):
    return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + config["rms_norm_eps"]) * weight


def rotary(config, length):
    size = config["hidden_size"] // config["num_attention_heads"]
    speed = config["rope_theta"] ** (-torch.arange(0, size, 2) / size)
    angle = torch.outer(torch.arange(length).float(), speed).repeat(1, 2)
    return angle.cos(), angle.sin()


def rotate(x, turn):
    cos, sin = turn
    low, high = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-high, low), dim=-1) * sin


def attention(x, weights, prefix, config, turn):
    batch, length, d = x.shape
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    q, k, v = ((x @ weights[f"{prefix}.{name}_proj.weight"].T).view(batch, length, -1, d // heads).transpose(1, 2)
               for name in "qkv")
    k, v = (t.repeat_interleave(heads // kv_heads, dim=1) for t in (rotate(k, turn), v))
    scores = rotate(q * (d // heads) ** -0.5, turn) @ k.transpose(2, 3)
    future = torch.full((length, length), float("-inf")).triu(1)
    mixed = (scores + future).softmax(-1) @ v
    return mixed.transpose(1, 2).reshape(batch, length, d) @ weights[f"{prefix}.o_proj.weight"].T


def run_layer(x, weights, layer, config, turn):
    """The residual stream x [B, T, D] after the layer, and its gate s and gated product h, both [B, T, F]."""
    prefix = f"model.layers.{layer}"
    inner = normed(x, weights[f"{prefix}.input_layernorm.weight"], config)
    x = x + attention(inner, weights, f"{prefix}.self_attn", config, turn)
    inner = normed(x, weights[f"{prefix}.post_attention_layernorm.weight"], config)
    s = GATES[config["hidden_act"]](inner @ weights[f"{prefix}.mlp.gate_proj.weight"].T)
    h = s * (inner @ weights[f"{prefix}.mlp.up_proj.weight"].T)
    return x + h @ weights[f"{prefix}.mlp.down_proj.weight"].T, s, h


def residual(weights, config, tokens, layer):
    """tokens [B, T] to what goes into the layer, [B, T, D]."""
    x = weights["model.embed_tokens.weight"][tokens]
    turn = rotary(config, tokens.shape[1])
    for before in range(layer):
        x, _, _ = run_layer(x, weights, before, config, turn)
    return x


def forward(weights, config, tokens):
    """tokens [B, T] to logits [B, T, V], and per layer the gate s and the gated product h, both [B, T, F]."""
    x = weights["model.embed_tokens.weight"][tokens]
    turn, neurons = rotary(config, tokens.shape[1]), []
    for layer in range(config["num_hidden_layers"]):
        x, s, h = run_layer(x, weights, layer, config, turn)
        neurons.append((s, h))
    x = normed(x, weights["model.norm.weight"], config)
    return x @ weights["model.embed_tokens.weight"].T, neurons
