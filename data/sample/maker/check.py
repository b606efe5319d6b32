# Verifies the files of the sample, with the standard library alone.
# SPDX-License-Identifier: GPL-3.0-or-later

import json
import re
import struct
import sys
from math import prod

from maker import bpe, layout, store

MOST_BYTES = 4_000_000
MODELS = ("relu", "silu", "relu-pruned")


class Wrong(Exception):
    pass


def expect(holds, sentence):
    if not holds:
        raise Wrong(sentence)


def read_json(path):
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise Wrong(f"{path}: {error}") from error


def check_size(root):
    total = sum(path.stat().st_size for path in root.rglob("*") if path.is_file())
    expect(total <= MOST_BYTES, f"{root} holds {total} bytes, at most {MOST_BYTES} are allowed")
    return total


def check_checkpoint(folder, gate):
    config = read_json(folder / "config.json")
    expect(config["hidden_act"] == gate, f"{folder} has the gate {config['hidden_act']}, {gate} expected")
    entries = store.read(folder / "model.safetensors")
    shapes = {name: tuple(e.shape) for name, e in entries.items()}
    expect(shapes == layout.tensor_shapes(config), f"{folder}: tensor names or shapes do not fit config.json")
    expect(all(e.dtype == "BF16" for e in entries.values()), f"{folder}: not all tensors are BF16")
    return entries


def zero_rows(entry):
    """Rows of a 16-bit matrix as lists that say which elements are zero, of either sign."""
    values = [bits & 0x7fff == 0 for (bits,) in struct.iter_unpack("<H", entry.data)]
    width = entry.shape[1]
    return [values[i:i + width] for i in range(0, len(values), width)]


def check_pruned(entries):
    zeros = {name: zero_rows(e) for name, e in entries.items() if layout.is_linear(name)}
    total = sum(prod(entries[name].shape) for name in zeros)
    share = sum(sum(row) for rows in zeros.values() for row in rows) / total
    expect(abs(share - layout.PRUNED_SHARE) < 0.001, f"relu-pruned: {100 * share:.2f} % of the weights are zero")
    for name, rows in zeros.items():
        lines = zip(*rows) if "down_proj" in name else rows
        empty = sum(all(line) for line in lines)
        expect(".mlp." not in name or empty >= layout.REMOVED_NEURONS,
               f"relu-pruned: {name} has {empty} neurons removed, {layout.REMOVED_NEURONS} expected")
    fours = [row[i:i + 4] for row in zeros[layout.PAIRED] for i in range(0, len(row), 4)]
    expect(all(sum(four) >= 2 for four in fours), f"relu-pruned: {layout.PAIRED} is not 2:4")


def check_run(root, final):
    """The checkpoints begin at step 0 and end with the ReLU model itself."""
    folders = sorted(path for path in (root / "checkpoints").iterdir() if path.is_dir())
    expect(6 <= len(folders) <= 10, f"{len(folders)} checkpoints, 6 to 10 expected")
    expect(folders[0].name == "step-00000", f"the first checkpoint is {folders[0].name}")
    for folder in folders:
        last = check_checkpoint(folder, "relu")
    expect(last == final, f"{folders[-1].name} is not the model in relu")
    tokens = read_json(root / "checkpoints" / "tokens.json")
    expect(tokens == {folder.name: layout.STEP_TOKENS * int(folder.name[5:]) for folder in folders}, "tokens.json does not fit the steps")
    expect((root / "checkpoints" / "tokenizer.json").read_bytes() == (root / "relu" / "tokenizer.json").read_bytes(),
           "the checkpoints have another tokenizer than relu")


def check_dump(root, config):
    """The dump's tokens are those of the held-out text, with the strings the tokenizer has for them."""
    entries = store.read(root / "activations" / "activations.safetensors")
    layers = [f"act.{layer}" for layer in range(config["num_hidden_layers"])]
    expect(sorted(entries) == layers + ["seq", "tokens"],
           f"the dump does not hold {', '.join(layers)}, seq and tokens alone")
    ids = [i for (i,) in struct.iter_unpack("<i", entries["tokens"].data)]
    for name in layers:
        dtype, shape, _ = entries[name]
        expect(dtype == "F16" and shape == [len(ids), config["intermediate_size"]], f"{name} is {dtype} {shape}")
    expect(entries["seq"].shape == [len(ids)], f"seq has the shape {entries['seq'].shape}")
    tokenizer = bpe.Tokenizer.load(root / "relu" / "tokenizer.json")
    expect(len(tokenizer.tokens) == config["vocab_size"], "tokenizer.json and config.json differ in their vocabulary")
    text = (root / "text" / "heldout.txt").read_text(encoding="utf-8")
    expect(ids == ([bpe.BOS] + tokenizer.encode(text))[:len(ids)], "the dump's tokens are not the held-out text's")
    strings = read_json(root / "activations" / "tokens.json")
    expect(strings == [tokenizer.tokens[i] for i in ids], "tokens.json does not fit the dump's tokens")


def check_autoencoder(root, config):
    """Its shape is cfg.json's, and its dump is of the held-out text."""
    settings = read_json(root / "sae" / "cfg.json")
    d, n = settings["d_in"], settings["d_sae"]
    expect(settings == layout.SAE and d == config["hidden_size"], "sae/cfg.json is not what the script writes")
    shapes = {name: tuple(e.shape) for name, e in store.read(root / "sae" / "sae_weights.safetensors").items()}
    expect(shapes == {"W_enc": (d, n), "W_dec": (n, d), "b_enc": (n,), "b_dec": (d,)}, "sae: tensors do not fit cfg.json")
    entries = store.read(root / "residual" / "hidden.safetensors")
    ids = [i for (i,) in struct.iter_unpack("<i", entries["tokens"].data)]
    tokenizer = bpe.Tokenizer.load(root / "relu" / "tokenizer.json")
    text = (root / "text" / "heldout.txt").read_text(encoding="utf-8")
    expect(ids == ([bpe.BOS] + tokenizer.encode(text))[:len(ids)], "residual: the dump's tokens are not the held-out text's")
    strings = read_json(root / "residual" / "tokens.json")
    expect(strings == [tokenizer.tokens[i] for i in ids], "residual: tokens.json does not fit the dump's tokens")
    expect(entries[f"hidden.{layout.SAE_LAYER}"].shape == [len(ids), d], "residual: the dump does not fit its tokens")


def number(log, pattern):
    found = re.search(pattern, log, re.MULTILINE)
    expect(found, f"training-log.txt has no line like {pattern}")
    return float(found[1])


def check_log(root):
    """Learnt: each model made up at least four fifths of the way from the unigram baseline to the floor."""
    log = (root / "training-log.txt").read_text(encoding="utf-8")
    unigram, floor = number(log, r"^baseline unigram: ([\d.]+)"), number(log, r"^entropy floor: ([\d.]+)")
    for name in MODELS:
        loss = number(log, rf"^final {name}: held-out loss ([\d.]+)")
        limit = floor + 0.2 * (unigram - floor)
        expect(loss < limit, f"{name}: held-out loss {loss}, under {limit:.4f} expected (unigram {unigram})")


def check_dead(root):
    log = (root / "training-log.txt").read_text(encoding="utf-8")
    dead = number(log, r"^final sae: on \d+ held-out tokens (\d+) of")
    expect(0 < dead < layout.SAE["d_sae"] / 2, f"sae: {dead} features are dead, some expected")


def check_all(root):
    total = check_size(root)
    models = {name: check_checkpoint(root / name, name.split("-")[0]) for name in MODELS}
    for name in MODELS:
        expect((root / name / "tokenizer.json").read_bytes() == (root / "relu" / "tokenizer.json").read_bytes(),
               f"{name} has another tokenizer than relu")
    check_run(root, models["relu"])
    check_pruned(models["relu-pruned"])
    check_dump(root, read_json(root / "relu" / "config.json"))
    check_autoencoder(root, read_json(root / "relu" / "config.json"))
    check_log(root)
    check_dead(root)
    return total


def run(root):
    try:
        total = check_all(root)
    except KeyError as error:
        print(f"make-sample: {root}: a JSON file or tensor list lacks {error}", file=sys.stderr)
        return 1
    except (Wrong, store.Malformed, OSError, ValueError, LookupError) as error:
        print(f"make-sample: {error}", file=sys.stderr)
        return 1
    print(f"{root}: {total} bytes, all as it should be")
    return 0
