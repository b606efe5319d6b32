#!/usr/bin/python3
# Models that cannot be run, made of good ones by one change each: refused with one sentence that names the trouble.
# SPDX-License-Identifier: GPL-3.0-or-later
"""bad-models.py PRINT-LOGITS [WORD…]    WORD: any part of a case's name

Each case says what the sentence must hold: all of its words, of a tuple any.  Standard library only."""

import json
import pathlib
import shutil
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402
from compare import Report  # noqa: E402

IDS = [1, 5, 9, 33, 2]
NAN, INF = b"\x00\x7e", b"\x00\x7c"  # of float16
GONE = object()  # a key taken away
UP = "model.layers.1.mlp.up_proj.weight"


# Changes to a copy of a good folder

def config(**changes):
    def change(folder):
        path = folder / "config.json"
        settings = {**json.loads(path.read_text()), **changes}
        path.write_text(json.dumps({k: v for k, v in settings.items() if v is not GONE}))
    return change


def config_text(text):
    return lambda folder: (folder / "config.json").write_text(text)


def header(edit):
    """edit (header, data) changes the header and the data behind it in place."""
    def change(folder):
        path = folder / "model.safetensors"
        whole = path.read_bytes()
        start = 8 + struct.unpack("<Q", whole[:8])[0]
        entries, data = json.loads(whole[8:start]), bytearray(whole[start:])
        edit(entries, data)
        text = json.dumps(entries).encode()
        path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return change


def renamed(name, new):
    return header(lambda entries, data: entries.update({new: entries.pop(name)}))


def reshaped(name, shape):
    return header(lambda entries, data: entries[name].update(shape=shape))


def retyped(name, dtype):
    return header(lambda entries, data: entries[name].update(dtype=dtype))


def split(name, shape, new, rest):
    """The first bytes become 8-bit floats of this shape, what follows a tensor named `new` of 32-bit floats."""
    def edit(entries, data):
        begin, end = entries[name]["data_offsets"]
        middle = begin + shape[0] * shape[1]
        entries[name] = {"dtype": "F8_E4M3", "shape": shape, "data_offsets": [begin, middle]}
        entries[new] = {"dtype": "F32", "shape": rest, "data_offsets": [middle, end]}
    return header(edit)


def packed(name, new, dtype, shape):
    def edit(entries, data):
        entries[new] = {**entries.pop(name), "dtype": dtype, "shape": shape}
    return header(edit)


def poisoned(name, value, place=-2):
    def edit(entries, data):
        begin, end = entries[name]["data_offsets"]
        at = (end if place < 0 else begin) + place
        data[at:at + 2] = value
    return header(edit)


def cut(n_bytes):
    def change(folder):
        path = folder / "model.safetensors"
        path.write_bytes(path.read_bytes()[:-n_bytes])
    return change


def removed(name):
    return lambda folder: (folder / name).unlink()


def nothing(folder):
    pass


# The cases: name, good folder, change, words[, tokens]

def impossible_numbers():
    for key, others in (("num_attention_heads", ()), ("num_key_value_heads", ()), ("num_hidden_layers", ()), ("hidden_size", ()),
                        ("intermediate_size", ("mlp.gate_proj", UP)), ("vocab_size", ("embed_tokens",)),
                        ("max_position_embeddings", ())):
        for value in (0, -4, 10**9, 1e300, 2.5, "four", True, [4, 4]):
            if (key, value) != ("max_position_embeddings", 10**9):
                named = (key, *others, "self_attn", "layers.2") if value == 10**9 else (key,)
                yield f"{key} {value}", "llama-relu", config(**{key: value}), [named]
    for key in ("num_attention_heads", "num_hidden_layers", "hidden_size", "intermediate_size"):
        yield f"no {key}", "llama-relu", config(**{key: GONE}), [key]
    whole = good_config("llama-relu")
    end, number = len(whole.rstrip()) - 1, whole.index("10000.0")
    yield "config ends early", "llama-relu", config_text(whole[:end]), ["config.json", f"byte {end}"]
    yield "config has no number", "llama-relu", config_text(whole.replace("10000.0", "NaN")), ["config.json", f"byte {number}"]
    yield "heads do not divide", "llama-relu", config(num_attention_heads=5), ["num_attention_heads"]
    yield "key heads do not divide", "llama-relu", config(num_key_value_heads=3), ["num_key_value_heads"]
    yield "more key heads", "llama-relu", config(num_key_value_heads=8), ["num_key_value_heads"]
    yield "one layer more", "llama-relu", config(num_hidden_layers=3), [("layers.2.", "num_hidden_layers")]
    yield "odd heads", "llama-relu", config(head_dim=7), ["7", "pairs"]
    yield "odd parts of heads", "llama-relu", config(partial_rotary_factor=0.4), ["3", "8", "pairs"]
    for value in (0, -1.0, "small"):
        yield f"theta {value}", "llama-relu", config(rope_theta=value), ["rope_theta"]
    yield "huge theta", "llama-relu", config_text(good_config("llama-relu").replace("10000.0", "1e400")), [("rope_theta", "1e400")]
    yield "epsilon", "llama-relu", config(rms_norm_eps=-1.0), ["rms_norm_eps"]
    yield "scaling", "llama-relu", config(rope_scaling={"rope_type": "banana", "factor": 2.0}), ["banana"]
    for value in (0, -2.0, "big", GONE):
        scaling = {"type": "linear", **({} if value is GONE else {"factor": value})}
        yield f"factor {value if value is not GONE else None}", "llama-relu", config(rope_scaling=scaling), ["factor"]
    yield "scaling is a list", "llama-relu", config(rope_scaling=[1]), ["rope_scaling"]
    yield "scaling without original", "llama3-sharded", config(rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0}), ["original_max_position_embeddings"]
    lists = {"long_factor": [1.0] * 4, "short_factor": [1.0] * 4, "original_max_position_embeddings": 16}
    for name, changes, words in (("no list", {"short_factor": GONE}, ["short_factor", "4"]),
                                 ("a number too few", {"short_factor": [1.0] * 3}, ["short_factor", "4"]),
                                 ("a number too many", {"short_factor": [1.0] * 5}, ["short_factor", "4"]),
                                 ("a factor 0", {"short_factor": [1.0, 0, 1.0, 1.0]}, ["short_factor"]),
                                 ("a factor that is none", {"short_factor": [1.0, "x", 1.0, 1.0]}, ["short_factor"]),
                                 ("a list of lists", {"short_factor": [[1.0]] * 4}, ["short_factor"]),
                                 ("no original", {"original_max_position_embeddings": GONE}, ["original_max_position_embeddings"])):
        scaling = {k: v for k, v in {"rope_type": "longrope", **lists, **changes}.items() if v is not GONE}
        yield f"longrope: {name}", "llama-relu", config(rope_scaling=scaling), words
    yield "scaling without its kind", "llama-relu", config(rope_scaling={"factor": 2.0}), ["rope_type"]
    yield "factors swapped", "llama3-sharded", config(rope_scaling={
        "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 4.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 32}), [("high_freq_factor", "low_freq_factor")]


def other_families():
    yield "window 0", "mistral-window", config(sliding_window=0), ["sliding_window"]
    yield "window -3", "mistral-window", config(sliding_window=-3), ["sliding_window"]
    yield "no window", "qwen2-window-layers", config(sliding_window=GONE), ["sliding_window"]
    yield "layers of other kinds", "qwen2-window-layers", config(layer_types=["full_attention"] * 3), ["layer_types", "max_window_layers"]
    yield "layers slide unasked", "qwen2-no-window", config(layer_types=["sliding_attention"] * 2), ["layer_types", "use_sliding_window"]
    for key, good in (("tie_word_embeddings", "llama-relu"), ("attention_bias", "llama-relu"), ("use_sliding_window", "qwen2-no-window"),
                      ("scale_attn_weights", "gpt2-bare"), ("do_layer_norm_before", "opt-before"),
                      ("use_parallel_residual", "neox-parallel")):
        for value in (1, "yes"):
            yield f"{key} {value}", good, config(**{key: value}), [key, str(value)]
    yield "norms without weights", "opt-before", config(layer_norm_elementwise_affine=False), ["layer_norm_elementwise_affine"]
    yield "no scale_depth", "minicpm-scales", config(scale_depth=GONE), ["scale_depth"]
    yield "base 0", "minicpm-scales", config(dim_model_base=0), ["dim_model_base"]
    yield "all turned twice", "neox-parallel", config(rotary_pct=2.0), ["rotary_pct"]
    yield "turned back", "neox-parallel", config(rotary_pct=-0.5), ["rotary_pct"]
    yield "opt is longer than its table", "opt-before", config(max_position_embeddings=1000), [
        ("embed_positions", "max_position_embeddings")]
    yield "gpt2 n_head", "gpt2-bare", config(n_head=0), ["n_head"]
    yield "gpt2 longer than its table", "gpt2-bare", nothing, [("24", "n_positions")], list(range(25))
    yield "opt longer than its table", "opt-before", nothing, [("24", "max_position_embeddings")], list(range(25))


def unknown():
    yield "architecture", "llama-relu", config(model_type="mamba", architectures=["MambaForCausalLM"]), ["mamba", "llama", "gpt2"]
    yield "no architecture", "llama-relu", config(model_type=GONE, architectures=GONE), ["config.json"]
    yield "model_type 5", "llama-relu", config(model_type=5, architectures=GONE), ["config.json"]
    yield "activation", "llama-relu", config(hidden_act="mish2"), ["mish2"]
    yield "activation 3", "llama-relu", config(hidden_act=3), ["hidden_act"]
    yield "gpt2 activation", "gpt2-bare", config(activation_function="mish2"), ["mish2"]
    for name, text in (("empty", ""), ("a list", "[]"), ("a word", "hello"), ("cut", '{"model_type":"llama",'),
                       ("nested", "[" * 100_000)):
        yield f"config is {name}", "llama-relu", config_text(text), ["config.json"]
    yield "no config", "llama-relu", removed("config.json"), ["config.json"]


def weights():
    embedding, norm = "model.embed_tokens.weight", "model.layers.0.input_layernorm.weight"
    query_bias = "model.layers.1.self_attn.q_proj.bias"
    for name in (UP, embedding, norm, "model.norm.weight", "model.layers.1.self_attn.o_proj.weight"):
        yield f"no {name}", "llama-relu", renamed(name, "stranger"), [name.removeprefix("model.")]
    yield "no bias", "qwen2-no-window", renamed(query_bias, "stranger"), [query_bias.removeprefix("model.")]
    yield "no head", "llama-relu", config(tie_word_embeddings=False), ["lm_head.weight"]
    yield "no positions", "gpt2-bare", renamed("wpe.weight", "stranger"), ["wpe.weight"]
    yield "turned", "llama-relu", reshaped(UP, [32, 24]), [UP, "24"]
    yield "flat", "llama-relu", reshaped(UP, [768]), [UP]
    yield "norm with two sides", "llama-relu", reshaped(norm, [4, 8]), [norm]
    yield "embedding", "llama-relu", reshaped(embedding, [32, 64]), [embedding]
    yield "whole numbers", "llama-relu", retyped(UP, "I16"), [UP]
    for name in (UP, embedding, norm):
        yield f"nan in {name}", "llama-relu", poisoned(name, NAN), [name]
        yield f"infinity in {name}", "llama-relu", poisoned(name, INF, 0), [name]
    yield "cut", "llama-relu", cut(1), ["cannot be read: model.safetensors: tensor 'model.norm.weight' ends"]
    yield "no weights", "llama-relu", removed("model.safetensors"), ["llama-relu"]
    yield "a shard is missing", "llama3-sharded", removed("model-00002-of-00002.safetensors"), ["model-00002-of-00002"]


def quantized():
    stem = UP.removesuffix("weight")
    for leaf in ("weight_scale_inv", "weight_scale", "scale"):
        yield f"fp8 with {leaf}", "llama-relu", split(UP, [24, 32], stem + leaf, [192, 1]), [UP, stem + leaf]
    for leaf, dtype, shape in (("qweight", "I32", [12, 32]), ("weight_packed", "I32", [12, 32]), ("W_q", "U8", [48, 32]),
                               ("codes", "I16", [24, 32, 1]), ("compressed", "F16", [768])):
        yield f"packed as {leaf}", "llama-relu", packed(UP, stem + leaf, dtype, shape), [stem + leaf, "quantized"]
    yield "bytes in a weight's place", "llama-relu", packed(UP, UP, "U8", [1536, 1]), [UP]
    for method in ("gptq", "awq", "bitsandbytes", "fp8", "compressed-tensors"):
        settings = {"quant_method": method, "bits": 4, "format": "float-quantized"}
        yield f"config says {method}", "llama-relu", config(quantization_config=settings), ["quantization_config", method]


def tokens():
    for name, ids, words in (("beyond the vocabulary", [1, 64], ["64"]), ("huge", [1, 2**40], [str(2**40)]), ("negative", [1, -7], ["-7"]),
                             ("a fraction", [1.5], [("1.5", "ids.json")]), ("a word", ["a"], ["ids.json"]), ("none", [], ["ids.json"]),
                             ("nested", [[1]], ["ids.json"]), ("no list", {"a": 1}, ["ids.json"]), ("no JSON", "[1, 2", ["ids.json"]),
                             ("empty", "", ["ids.json"])):
        yield f"token {name}", "llama-relu", nothing, words, ids


def good_config(name):
    return (engine.FIXTURES / "models" / name / "config.json").read_text()


def check(program, place, good, change, words, ids=IDS):
    folder = place / "model" / good
    shutil.rmtree(folder.parent, ignore_errors=True)
    shutil.copytree(engine.FIXTURES / "models" / good, folder)
    change(folder)
    outcome, _ = engine.print_logits(program, folder, ids, place)
    yield from outcome.trouble()
    said = outcome.stderr.lower()
    if outcome.exit == 0:
        yield "taken for good"
    elif outcome.stderr.count("\n") != 1:
        yield f"no single line on stderr: {outcome.stderr[:300]!r}"
    else:
        yield from (f"does not name {word}: {outcome.stderr.strip()[:300]!r}" for word in words
                    if not any(w.lower() in said for w in ([word] if isinstance(word, str) else word)))


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    program, report = str(pathlib.Path(arguments[0]).resolve()), Report()
    with tempfile.TemporaryDirectory() as root:
        for group in (impossible_numbers, other_families, unknown, weights, quantized, tokens):
            for name, *case in group():
                if not arguments[1:] or any(word in name for word in arguments[1:]):
                    report.line(name, check(program, pathlib.Path(root), *case))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
