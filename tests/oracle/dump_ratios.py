#!/usr/bin/python3
# Activation ratios of recorded activations, by layer, token and threshold, from their definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_ratios.py CLI    dumps in safetensors, made at the time; Python alone, no figure of the program is used"""

import json
import math
import pathlib
import random
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from command import document, run  # noqa: E402

CLI = sys.argv[1]
PACK = {"F64": "d", "F32": "f", "F16": "e", "U8": "B", "I64": "q"}
failures = []


def write(path, tensors):
    """name → (dtype, shape, bytes)"""
    header, data = {}, b""
    for name, (dtype, shape, body) in tensors.items():
        header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def packed(dtype, values):
    body = struct.pack(f"<{len(values)}{PACK[dtype]}", *values)
    return body, struct.unpack(f"<{len(values)}{PACK[dtype]}", body)


def analyze(path, rule, eps, *words):
    outcome = run([CLI, "analyze", str(path), "-a", "activation-sparsity", "--set", f"activation-sparsity.rule={rule}",
                   "--set", f"activation-sparsity.eps={eps!r}", "--format", "json", *words])
    if outcome.exit != 0:
        raise SystemExit(f"{path}: exit {outcome.exit}: {outcome.stderr}")
    result = document(outcome.stdout)["results"][0]
    tables = {}
    for name, table in result["tables"].items():
        columns = [c["name"] for c in table["columns"]]
        tables[name] = [dict(zip(columns, row)) for row in table["rows"]]
    return tables, result


def same(what, want, have, relative=0.0):
    if want != have and not (relative and None not in (want, have) and math.isclose(want, have, rel_tol=relative)):
        failures.append(f"{what}: {have!r}, not {want!r}")


def is_active(value, rule, eps):
    """FAT keeps what is at least ε, and with ε = 0 what is not zero."""
    if rule == "zero" or eps == 0:
        return value != 0
    return abs(value) >= eps if rule == "fat" else abs(value) > eps


def ratio(tokens, rule, eps):
    """(active, finite) of some tokens' values"""
    finite = [v for token in tokens for v in token if math.isfinite(v)]
    return sum(is_active(v, rule, eps) for v in finite), len(finite)


def check_layer(what, row, tokens, rule, eps):
    active, finite = ratio(tokens, rule, eps)
    same(f"{what} tokens", len(tokens), row["tokens"])
    same(f"{what} active", active, row["active"])
    same(f"{what} activations", finite, row["activations"])
    same(f"{what} zeros", sum(v == 0 for token in tokens for v in token), row["zeros"])
    same(f"{what} non_finite", sum(map(len, tokens)) - finite, row["non_finite"])
    same(f"{what} ratio", active / finite, row["activation_ratio"], 1e-12)
    each = [a / n for a, n in (ratio([token], rule, eps) for token in tokens) if n]
    same(f"{what} least", min(each), row["token_least"], 1e-12)
    same(f"{what} most", max(each), row["token_most"], 1e-12)


def check_tokens(what, rows, layers, mask, rule, eps):
    same(f"{what} number of tokens", len(mask), len(rows))
    for t, (row, counts) in enumerate(zip(rows, mask)):
        active, finite = ratio([layer[t] for layer in layers], rule, eps)
        same(f"{what} token {t}", active / finite if counts and finite else None, row["activation_ratio"], 1e-12)


def check_curve(what, rows, layers, is_exact):
    """layers: what counts of each.  Wide bins may be off by what lies within 1/128."""
    for row in rows:
        for k, tokens in enumerate(layers):
            finite = [abs(v) for token in tokens for v in token if math.isfinite(v)]
            low, high = (sum(v <= row["threshold"] * f for v in finite) / len(finite) for f in ((1, 1) if is_exact else (0.99, 1.01)))
            if not low - 1e-12 <= row[f"layer_{k}"] <= high + 1e-12:
                failures.append(f"{what} curve of layer {k} at {row['threshold']!r}: {row[f'layer_{k}']!r}, not {low!r} to {high!r}")


def check_dump(folder, seed, dtype, is_masked):
    chance = random.Random(seed)
    shape, n_neurons = [3, 17, 43], 43
    tensors, layers = {}, []
    for k in range(3):
        values = [chance.gauss(0, 1) if chance.random() < 0.2 else 0.0 for _ in range(math.prod(shape))]
        for place in (5, 700, 701):
            values[place] = chance.choice((math.nan, math.inf, -math.inf, -0.0))
        values[100:110] = [0.5, -0.5] * 5
        body, values = packed(dtype, values)
        tensors[f"model.layers.{k}.mlp.act_fn"] = dtype, shape, body
        layers.append([values[t:t + n_neurons] for t in range(0, len(values), n_neurons)])
    mask = [not is_masked or chance.random() < 0.7 for _ in range(51)]
    if is_masked:
        tensors["attention_mask"] = "I64", shape[:2], packed("I64", list(map(int, mask)))[0]
    path = folder / "dump.safetensors"
    write(path, tensors)
    counted = [[token for token, counts in zip(layer, mask) if counts] for layer in layers]
    for rule, eps in (("zero", 0.3), ("eps", 0.0), ("eps", 0.5), ("fat", 0.5), ("fat", 0.0), ("eps", 0.1)):
        what = f"{dtype} {'masked ' * is_masked}{rule} {eps}"
        tables, result = analyze(path, rule, eps)
        for k, tokens in enumerate(counted):
            check_layer(f"{what} layer {k}", tables["layers"][k], tokens, rule, eps)
        check_tokens(what, tables["tokens"], layers, mask, rule, eps)
        check_curve(what, tables["curve"], counted, dtype == "F16")
        summary = {row["name"]: row["value"] for row in tables["summary"]}
        active, finite = ratio([token for tokens in counted for token in tokens], rule, eps)
        same(f"{what} all active", active, summary["active"])
        same(f"{what} all", active / finite, summary["activation_ratio"], 1e-12)
        for n in (1, 3, 16):
            if analyze(path, rule, eps, "--threads", str(n))[1] != result:
                failures.append(f"{what}: other results with {n} threads")


def check_large(folder):
    """Several chunks, which end within tokens, and a mask across them."""
    chance = random.Random(5)
    shape, n_neurons = [3, 900, 1531], 1531
    body = chance.randbytes(math.prod(shape)).translate(bytes(v if v > 200 else 0 for v in range(256)))
    mask = chance.randbytes(2700).translate(bytes(v % 3 > 0 for v in range(256)))
    path = folder / "large.safetensors"
    write(path, {"act.0": ("U8", shape, body), "mask": ("U8", shape[:2], mask)})
    tables, _ = analyze(path, "zero", 0.0)
    active = [n_neurons - body[t * n_neurons:(t + 1) * n_neurons].count(0) for t in range(2700)]
    same("large active", sum(a for a, m in zip(active, mask) if m), tables["layers"][0]["active"])
    same("large tokens", sum(mask), tables["layers"][0]["tokens"])
    for t, (row, m) in enumerate(zip(tables["tokens"], mask)):
        same(f"large token {t}", active[t] / n_neurons if m else None, row["activation_ratio"], 1e-12)


def check_too_big(folder):
    """More tokens or neurons than counters can be had for: left out, and said so; what lies beside it is counted."""
    for shape in ([1 << 27, 1], [1, 1 << 25]):
        size = math.prod(shape)
        header = json.dumps({"act.0": {"dtype": "U8", "shape": shape, "data_offsets": [0, size]},
                             "act.1": {"dtype": "U8", "shape": [2, 3], "data_offsets": [size, size + 6]}}).encode()
        path = folder / "too-big.safetensors"
        with open(path, "wb") as file:
            file.write(struct.pack("<Q", len(header)) + header)
            file.seek(size, 1)
            file.write(bytes([0, 1, 2, 0, 0, 3]))
        tables, result = analyze(path, "zero", 0.0)
        same(f"too big {shape} layers", [(1, 2, 3)], [(row["layer"], row["tokens"], row["active"]) for row in tables["layers"]])
        if not any("act.0 is left out" in note for note in result["notes"]):
            failures.append(f"too big {shape}: no note has 'act.0 is left out': {result['notes']}")


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    for number, kind in enumerate(("F16", "F32", "F64")):
        for masked in (False, True):
            check_dump(place, number, kind, masked)
    check_large(place)
    check_too_big(place)
for line in failures[:40]:
    print(line[:300])
print(f"{len(failures)} differences")
sys.exit(1 if failures else 0)
