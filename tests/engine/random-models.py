#!/usr/bin/python3
# Random models of every architecture, type and length against the oracle in PyTorch.
# SPDX-License-Identifier: GPL-3.0-or-later
"""random-models.py PRINT-LOGITS [TRIALS [SEED]]    needs numpy and torch

Sizes are odd on purpose: heads, neurons and vocabularies that fill no vector, windows longer than any block, one token."""

import dataclasses
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402  (it finds the oracle)

try:
    import numpy
    import torch

    import model_files
    import models
    from model_files import GPT2, LLAMA, MINICPM, MISTRAL, NEOX, OPT, QWEN2, scaled
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

from compare import Report  # noqa: E402

TOLERANCE = 1e-4  # of the largest logit
TYPES = ("F32", "F16", "BF16", "F8_E4M3", "F8_E5M2", "F64")


# What the architectures' own programs mean where config.json does not say it.
LLAMAS = {"rms_norm_eps": 1e-6, "rope_theta": 1e4, "hidden_act": "silu", "tie_word_embeddings": False}
UNSAID = {"llama": {**LLAMAS, "attention_bias": False, "mlp_bias": False}, "mistral": LLAMAS,
          "qwen2": {**LLAMAS, "use_sliding_window": False, "max_window_layers": 28},
          "minicpm": {**LLAMAS, "attention_bias": False, "tie_word_embeddings": True},
          "gpt2": {"activation_function": "gelu_new", "layer_norm_epsilon": 1e-5, "scale_attn_weights": True,
                   "scale_attn_by_inverse_layer_idx": False, "n_inner": None, "tie_word_embeddings": True},
          "opt": {"activation_function": "relu", "do_layer_norm_before": True, "enable_bias": True, "tie_word_embeddings": True,
                  "_remove_final_layer_norm": False, "layer_norm_elementwise_affine": True},
          "gpt_neox": {"hidden_act": "gelu", "layer_norm_eps": 1e-5, "rotary_pct": 0.25, "rotary_emb_base": 1e4,
                       "use_parallel_residual": True, "attention_bias": True, "tie_word_embeddings": False}}


class Dice:
    def __init__(self, seed):
        self.random = numpy.random.default_rng(seed)

    def one_of(self, *values):
        return values[self.random.integers(len(values))]

    def number(self, low, high):
        """Both ends included; small ones are as likely as large ones."""
        return int(round(float(numpy.exp(self.random.uniform(numpy.log(low), numpy.log(high))))))


def longrope(dice, old, n_pairs):
    lists = {name: numpy.exp(dice.random.uniform(-0.5, 3, n_pairs)).tolist() for name in ("long_factor", "short_factor")}
    first = {"original_max_position_embeddings": old}
    said = dice.one_of(first, {"factor": 3.0, **first}, {"factor": 0.5}, {"factor": 2.0})
    return scaled(dice.one_of("longrope", "su"), **lists, **said, **dice.one_of({}, {"attention_factor": 1.2}))


def yarn(dice, old):
    more = dice.one_of({}, {"attention_factor": 0.8}, {"mscale": 0.7, "mscale_all_dim": 1.3}, {"mscale": 0.7})
    return scaled("yarn", factor=4.0, beta_fast=dice.one_of(32, 16), **dice.one_of({}, {"original_max_position_embeddings": old}),
                  **dice.one_of({}, {"truncate": dice.one_of(False, True)}), **more)


def scaling(dice, length, n_pairs):
    old = max(length // dice.one_of(1, 2, 5), 2)
    dynamic = scaled("dynamic", "type", factor=dice.one_of(2.0, 4.0)) if n_pairs > 1 else {}  # one pair has no larger θ
    found = dice.one_of({}, scaled("linear", factor=2.5), dynamic,
                        scaled("llama3", factor=8.0, low_freq_factor=1.0, high_freq_factor=4.0, original_max_position_embeddings=old),
                        yarn(dice, old), longrope(dice, old, n_pairs))
    return {"rope_parameters": found["rope_scaling"]} if found and dice.one_of(False, True) else found


def llama_like(dice, length):
    kv_heads, groups, size = dice.number(1, 4), dice.number(1, 4), 2 * dice.number(2, 32)
    config = {**dice.one_of(LLAMA, LLAMA, MISTRAL, QWEN2, MINICPM), "num_attention_heads": kv_heads * groups,
              "num_key_value_heads": kv_heads, "head_dim": size, "hidden_size": kv_heads * groups * size,
              "rope_theta": dice.one_of(500.0, 1e4, 1e6), "hidden_act": dice.one_of("silu", "relu", "gelu", "gelu_pytorch_tanh"),
              "max_position_embeddings": max(length, 8), "intermediate_size": dice.number(1, 300)}
    share = dice.one_of(1.0, 0.5) if size % 4 == 0 else 1.0
    if share != 1.0:
        config["partial_rotary_factor"] = share
    config.update(scaling(dice, length, int(size * share) // 2))
    if dice.one_of(False, True):
        config["hidden_size"] = dice.number(2, 150)
    elif dice.one_of(False, True):
        config.pop("head_dim")
    if config["model_type"] in ("llama", "minicpm"):
        config["attention_bias"] = dice.one_of(False, True)
    if config["model_type"] == "llama":
        config["mlp_bias"] = dice.one_of(False, True)
    if "sliding_window" in config:
        config.update(sliding_window=dice.number(1, 2 * length), use_sliding_window=dice.one_of(False, True),
                      max_window_layers=dice.number(1, 3) - 1)
    if config["model_type"] == "minicpm":
        config.update(scale_emb=dice.one_of(1, 12, 0.3), scale_depth=dice.one_of(1.4, 3.0), dim_model_base=dice.one_of(8, 256))
    if (config.get("rope_scaling") or config.get("rope_parameters") or {}).get("type") == "dynamic":
        config["max_position_embeddings"] = max(length // 2, 2)
    return config, dice.one_of("model.", "")


def gpt2(dice, length):
    heads, size = dice.number(1, 6), dice.number(1, 40)
    return {**GPT2, "n_head": heads, "n_embd": heads * size, "n_inner": dice.one_of(None, dice.number(1, 300)), "n_positions": length + 3,
            "activation_function": dice.one_of("gelu_new", "gelu", "relu"),
            "scale_attn_by_inverse_layer_idx": dice.one_of(False, True), "scale_attn_weights": dice.one_of(False, True),
            "layer_norm_epsilon": dice.one_of(1e-5, 1e-3)}, dice.one_of("transformer.", "")


def opt(dice, length):
    heads, size = dice.number(1, 6), dice.number(1, 40)
    return {**OPT, "num_attention_heads": heads, "hidden_size": heads * size, "ffn_dim": dice.number(1, 300),
            "word_embed_proj_dim": dice.one_of(heads * size, dice.number(1, 90)), "max_position_embeddings": length + 1,
            "do_layer_norm_before": dice.one_of(False, True), "activation_function": dice.one_of("relu", "gelu"),
            "enable_bias": dice.one_of(False, True)}, "model.decoder."


def neox(dice, length):
    heads, size = dice.number(1, 6), 8 * dice.number(1, 10)
    return {**NEOX, "num_attention_heads": heads, "hidden_size": heads * size, "intermediate_size": dice.number(1, 300),
            "rotary_pct": dice.one_of(0.5, 1.0), "rotary_emb_base": dice.one_of(1e4, 300), "max_position_embeddings": length,
            "use_parallel_residual": dice.one_of(False, True), "attention_bias": dice.one_of(False, True),
            "hidden_act": dice.one_of("gelu", "gelu_fast", "relu"), "layer_norm_eps": dice.one_of(1e-5, 1e-3)}, "gpt_neox."


def random_model(seed):
    dice = Dice(seed)
    length = dice.one_of(1, 2, dice.number(3, 70), dice.number(60, 700))
    config, prefix = dice.one_of(llama_like, llama_like, gpt2, opt, neox)(dice, length)
    layers = "n_layer" if "n_layer" in config else "num_hidden_layers"
    config = {**config, layers: dice.number(1, 3), "vocab_size": dice.number(1, 900)}
    config["tie_word_embeddings"] = prefix == "" or dice.one_of(False, True)
    unsaid = {key: value for key, value in UNSAID[config["model_type"]].items() if dice.one_of(False, False, False, True)}
    model = model_files.Model(f"random-{seed}", dice.one_of(*TYPES), {**config, **unsaid}, prefix, length, ())
    return model, dice.random.integers(0, config["vocab_size"], length).tolist(), unsaid


def described(model):
    c = model.config
    given = c.get("rope_parameters") or c.get("rope_scaling") or {}
    kind = given.get("rope_type") or given.get("type") or ""
    return f"{model.name} {c['model_type']} {model.dtype} {kind} {model.tokens} tokens"


def check(program, place, model, ids, unsaid, worst):
    folder = pathlib.Path(place, "model")
    folder.mkdir(exist_ok=True)
    said = dataclasses.replace(model, config={key: value for key, value in model.config.items() if key not in unsaid})
    (folder / "config.json").write_bytes(model_files.config_bytes(said))
    for name, data in model_files.weight_files(model):
        (folder / name).write_bytes(data)
    config, (_, tensors) = model.config, models.read_folder(folder)
    want = models.logits(config, tensors, ids).numpy()
    outcome, have = engine.print_logits(program, folder, ids, place)
    yield from outcome.trouble()
    if have is None or len(have) != want.size:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]} {config}"
        return
    rough = models.logits(config, tensors, ids, torch.float32).numpy()
    largest = numpy.abs(want).max() or 1.0
    error = float(numpy.abs(numpy.array(have).reshape(want.shape) - want).max() / largest)
    worst.append(error)
    if not error <= max(TOLERANCE, 3 * float(numpy.abs(rough - want).max() / largest)):
        yield f"off by {error:.2g} of the largest logit: {config}"


def main(arguments):
    if not arguments:
        sys.exit(__doc__)
    program, report, worst = str(pathlib.Path(arguments[0]).resolve()), Report(), []
    trials, seed = (int(n) for n in (*arguments[1:], 40, 1)[:2]) if len(arguments) != 2 else (int(arguments[1]), 1)
    with tempfile.TemporaryDirectory() as place:
        for n in range(seed, seed + trials):
            model, ids, unsaid = random_model(n)
            report.line(described(model), check(program, place, model, ids, unsaid, worst))
    print(f"farthest: {max(worst, default=0):.2g} of the largest logit")
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
