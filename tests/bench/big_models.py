# Random models of real sizes, written quickly: GPT-2 of 124 M parameters, and a Llama of 7 G as files that are mostly holes.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import pathlib
import struct

import numpy

D, N_LAYERS, N_HEADS, N_IDS, N_POSITIONS = 768, 12, 12, 50257, 1024
GPT2 = {"model_type": "gpt2", "architectures": ["GPT2LMHeadModel"], "activation_function": "gelu_new", "n_embd": D, "n_head": N_HEADS,
        "n_layer": N_LAYERS, "n_positions": N_POSITIONS, "n_ctx": N_POSITIONS, "n_inner": None, "vocab_size": N_IDS,
        "layer_norm_epsilon": 1e-5, "scale_attn_weights": True, "bos_token_id": 50256, "eos_token_id": 50256, "torch_dtype": "float32"}
LLAMA = {"model_type": "llama", "architectures": ["LlamaForCausalLM"], "hidden_act": "silu", "hidden_size": 4096,
         "intermediate_size": 11008, "num_hidden_layers": 32, "num_attention_heads": 32, "num_key_value_heads": 32, "vocab_size": 32000,
         "max_position_embeddings": 4096, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "tie_word_embeddings": False,
         "bos_token_id": 1, "eos_token_id": 2, "torch_dtype": "bfloat16"}
PAGE, EVERY = 4096, 1 << 20  # bytes of weights in each so many


def save_config(folder, config):
    pathlib.Path(folder, "config.json").write_text(json.dumps(config, indent=1) + "\n")


def header_bytes(shapes, dtype, width):
    """→ (header, {name: (begin, end)})"""
    entries, offset = {}, 0
    for name, shape in shapes:
        size = width * int(numpy.prod(shape))
        entries[name] = {"dtype": dtype, "shape": list(shape), "data_offsets": [offset, offset + size]}
        offset += size
    text = json.dumps(entries).encode()
    text += b" " * (-len(text) % 8)
    return struct.pack("<Q", len(text)) + text, entries


# GPT-2

def gpt2_shapes():
    yield "wte.weight", (N_IDS, D)
    yield "wpe.weight", (N_POSITIONS, D)
    for name in (f"h.{n}." for n in range(N_LAYERS)):
        for norm in ("ln_1", "ln_2"):
            yield f"{name}{norm}.weight", (D,)
            yield f"{name}{norm}.bias", (D,)
        for part, into, out in (("attn.c_attn", D, 3 * D), ("attn.c_proj", D, D), ("mlp.c_fc", D, 4 * D), ("mlp.c_proj", 4 * D, D)):
            yield f"{name}{part}.weight", (into, out)
            yield f"{name}{part}.bias", (out,)
    yield "ln_f.weight", (D,)
    yield "ln_f.bias", (D,)


def gpt2_weights():
    """As initialised for training, but larger, so that attention is not even and predictions are of something."""
    random = numpy.random.default_rng(1)
    for name, shape in gpt2_shapes():
        values = random.standard_normal(shape, dtype=numpy.float32) * numpy.float32(0.05)
        if "ln_" in name and name.endswith("weight"):
            values += numpy.float32(2 if "ln_f" in name else 1)
        yield name, values


def write_gpt2(folder):
    """float32, 500 MB.  → the weights by name"""
    weights = dict(gpt2_weights())
    header, _ = header_bytes([(name, w.shape) for name, w in weights.items()], "F32", 4)
    with open(pathlib.Path(folder, "model.safetensors"), "wb") as file:
        file.write(header)
        for values in weights.values():
            values.tofile(file)
    save_config(folder, GPT2)
    return weights


def gpt2_operations(n_windows, window):
    """Multiplications and additions of a dense evaluation.  Attention is counted as far as tokens see, head included."""
    by_token = 2 * (N_LAYERS * 12 * D * D + N_IDS * D)
    attention = N_LAYERS * 4 * D * window * (window + 1) // 2
    return n_windows * (window * by_token + attention)


# Llama of 7 G parameters

def llama_layer(n):
    d, f, name = LLAMA["hidden_size"], LLAMA["intermediate_size"], f"model.layers.{n}."
    yield name + "input_layernorm.weight", (d,)
    yield name + "post_attention_layernorm.weight", (d,)
    yield from ((f"{name}self_attn.{part}_proj.weight", (d, d)) for part in "qkvo")
    yield name + "mlp.gate_proj.weight", (f, d)
    yield name + "mlp.up_proj.weight", (f, d)
    yield name + "mlp.down_proj.weight", (d, f)


def llama_shards():
    ends = [("model.embed_tokens.weight", (LLAMA["vocab_size"], LLAMA["hidden_size"])), ("model.norm.weight", (LLAMA["hidden_size"],)),
            ("lm_head.weight", (LLAMA["vocab_size"], LLAMA["hidden_size"]))]
    layers = [shape for n in range(LLAMA["num_hidden_layers"]) for shape in llama_layer(n)]
    yield ends
    yield from (layers[n:n + len(layers) // 4] for n in range(0, len(layers), len(layers) // 4))


def bf16_bytes(values):
    return (values.astype(numpy.float32).view(numpy.uint32) >> 16).astype("<u2").tobytes()


def fill(file, start, entry, random):
    """Norms are ones; of a matrix a page in each MiB is random, the rest stays a hole."""
    begin, end = (start + offset for offset in entry["data_offsets"])
    if len(entry["shape"]) == 1:
        file.seek(begin)
        file.write(bf16_bytes(numpy.ones(entry["shape"])))
        return
    for place in range(begin, end, EVERY):
        file.seek(place)
        file.write(bf16_bytes(random.standard_normal(min(PAGE, end - place) // 2) * 0.05))


def write_llama(folder):
    """bfloat16, 13.5 GB in five files, of which about 60 MB take room.  → bytes in all"""
    random, shards, where = numpy.random.default_rng(2), list(llama_shards()), {}
    for n, shapes in enumerate(shards):
        name = f"model-{n + 1:05}-of-{len(shards):05}.safetensors"
        header, entries = header_bytes(shapes, "BF16", 2)
        with open(pathlib.Path(folder, name), "wb") as file:
            file.write(header)
            for entry in entries.values():
                fill(file, len(header), entry, random)
            file.truncate(len(header) + max(entry["data_offsets"][1] for entry in entries.values()))
        where.update(dict.fromkeys(entries, name))
    pathlib.Path(folder, "model.safetensors.index.json").write_text(json.dumps({"weight_map": where}))
    save_config(folder, LLAMA)
    return sum(path.stat().st_size for path in pathlib.Path(folder).glob("*.safetensors"))
