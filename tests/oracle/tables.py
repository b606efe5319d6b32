#!/usr/bin/python3
# The tables over many tensors, the curve, and the map of one tensor, each figure from its definition.
# SPDX-License-Identifier: GPL-3.0-or-later
"""tables.py CLI    small random models in safetensors, made at the time; Python alone, no figure of the program is used"""

import bisect
import fractions
import json
import math
import os
import pathlib
import random
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from command import document, run  # noqa: E402

CLI = sys.argv[1]
WIDE = {"F32", "F64"}
PACK = {"F64": "d", "F32": "f", "F16": "e", "I8": "b", "U8": "B", "I16": "h", "I32": "i", "U32": "I", "I64": "q", "U64": "Q"}
FLOATS = {"F64", "F32", "F16", "BF16"}
PARTS = [  # name, part, group
    ("model.layers.{}.self_attn.q_proj.weight", "q", "attention"), ("model.layers.{}.self_attn.o_proj.weight", "o", "attention"),
    ("model.layers.{}.mlp.gate_proj.weight", "gate", "ffn"), ("model.layers.{}.mlp.down_proj.weight", "down", "ffn"),
    ("model.layers.{}.input_layernorm.weight", "norm", "vectors"),
]
SWITCHES = {"attention": True, "ffn": True, "other": True, "embeddings": False, "vectors": False}
failures = []


class Tensor:
    """Values as Python numbers, exactly those the bytes stand for."""

    def __init__(self, name, layer, part, group, dtype, shape, values):
        self.name, self.layer, self.part, self.group, self.dtype, self.shape = name, layer, part, group, dtype, shape
        if dtype == "BF16":
            words = [struct.unpack("<I", struct.pack("<f", v))[0] >> 16 for v in values]
            self.bytes = struct.pack(f"<{len(words)}H", *words)
            self.values = [struct.unpack("<f", struct.pack("<I", w << 16))[0] for w in words]
        else:
            self.bytes = struct.pack(f"<{len(values)}{PACK[dtype]}", *values)
            self.values = list(struct.unpack(f"<{len(values)}{PACK[dtype]}", self.bytes))
        self.finite = [v for v in self.values if math.isfinite(v)]
        self.magnitudes = sorted(abs(v) for v in self.finite)
        self.energy = sum(fractions.Fraction(v) ** 2 for v in self.finite)
        self.rms = math.sqrt(self.energy / len(self.finite)) if self.finite else 0

    def counts(self, switches):
        return switches[self.group] and self.dtype in FLOATS | {"I8", "U8"}


def write(path, tensors):
    header, data = {}, b""
    for t in tensors:
        header[t.name] = {"dtype": t.dtype, "shape": list(t.shape), "data_offsets": [len(data), len(data) + len(t.bytes)]}
        data += t.bytes
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def random_values(chance, dtype, n):
    """Weights about 0.05 wide, some exactly zero, some equal, and now and then one that is no number."""
    def one():
        kind = chance.random()
        if kind < 0.15:
            return 0.0
        if kind < 0.25:
            return chance.choice((0.03125, -0.03125, 0.0078125))
        if kind < 0.26:
            return chance.choice((math.nan, math.inf, -math.inf))
        return chance.gauss(0, 0.05)
    if dtype in FLOATS:
        return [one() for _ in range(n)]
    low, high = {"I8": (-128, 127), "U8": (0, 255)}.get(dtype, (-40, 40))
    return [chance.randint(low, high) if chance.random() > 0.2 else 0 for _ in range(n)]


def random_model(seed, dtypes):
    chance = random.Random(seed)
    tensors = []

    def add(name, layer, part, group, shape):
        dtype = chance.choice(dtypes)
        tensors.append(Tensor(name, layer, part, group, dtype, shape, random_values(chance, dtype, math.prod(shape))))

    add("model.embed_tokens.weight", None, "embed", "embeddings", (11, 7))
    for layer in range(3):
        for name, part, group in PARTS:
            shape = (chance.randint(5, 40),) if group == "vectors" else (chance.randint(1, 40), chance.randint(1, 30))
            add(name.format(layer), layer, part, group, shape)
    add("model.norm.weight", None, "norm", "vectors", (9,))
    chance.shuffle(tensors)
    return tensors


# --- the definitions ---------------------------------------------------------------------------------------------


def limit_of(tensor, eps, relative):
    return eps * tensor.rms if relative and eps > 0 else eps


def near(tensor, limit):
    return bisect.bisect_right(tensor.magnitudes, limit)


def prune_threshold(tensors, share):
    """The k-th smallest magnitude of all counted elements, k = floor (N · s); those at or under it go."""
    magnitudes = sorted(v for t in tensors for v in t.magnitudes)
    k = math.floor(sum(len(t.values) for t in tensors) * share)
    return magnitudes[min(k, len(magnitudes)) - 1] if k > 0 and magnitudes else None


class Sum:
    def __init__(self, tensors, eps, relative, threshold):
        self.tensors = len(tensors)
        self.elements = sum(len(t.values) for t in tensors)
        self.zeros = sum(v == 0 for t in tensors for v in t.values)
        self.non_finite = sum(len(t.values) - len(t.finite) for t in tensors)
        self.near_zero = sum(near(t, limit_of(t, eps, relative)) for t in tensors)
        self.sparsity = self.near_zero / self.elements if self.elements else None
        pruned = [] if threshold is None else [v for t in tensors for v in t.magnitudes[:near(t, threshold)]]
        self.pruned = len(pruned)
        self.pruned_share = self.pruned / self.elements if self.elements else None
        whole = sum(t.energy for t in tensors)
        self.energy_lost = float(sum(fractions.Fraction(v) ** 2 for v in pruned) / whole) if whole else None


# --- comparing -----------------------------------------------------------------------------------------------------


def fail(what, want, have):
    failures.append(f"{what}: {have!r}, not {want!r}")


def same(what, want, have, relative=0.0):
    if want is None or have is None:
        if want is not have:
            fail(what, want, have)
    elif want != have and not math.isclose(want, have, rel_tol=relative, abs_tol=1e-15 if relative else 0):
        fail(what, want, have)


def compare_sum(what, want, row):
    for field in ("tensors", "elements", "zeros", "non_finite", "near_zero", "pruned"):
        same(f"{what} {field}", getattr(want, field), row[field])
    for field in ("sparsity", "pruned_share", "energy_lost"):
        same(f"{what} {field}", getattr(want, field), row[field], 1e-12)


def analyze(path, analysis, settings):
    words = [w for key, value in settings.items() for w in ("--set", f"{analysis}.{key}={str(value).lower()}")]
    outcome = run([CLI, "analyze", str(path), "-a", analysis, *words, "--format", "json"])
    if outcome.exit != 0:
        raise SystemExit(f"{path}: exit {outcome.exit}: {outcome.stderr}")
    result = document(outcome.stdout)["results"][0]
    tables = {}
    for name, table in result["tables"].items():
        columns = [c["name"] for c in table["columns"]]
        tables[name] = [dict(zip(columns, row)) for row in table["rows"]]
    return tables, outcome.stdout


def check_tables(what, tensors, tables, switches, eps, relative, share):
    counted = [t for t in tensors if t.counts(switches)]
    threshold = prune_threshold(counted, share)

    def total(some):
        return Sum(some, eps, relative, threshold)

    summary = {row["name"]: row["value"] for row in tables["summary"]}
    whole = total(counted)
    for field in ("elements", "zeros", "near_zero", "non_finite", "pruned"):
        same(f"{what} summary {field}", getattr(whole, field), summary[field])
    same(f"{what} summary tensors", whole.tensors, summary["tensors_counted"])
    same(f"{what} summary threshold", threshold, summary["prune_threshold"])
    same(f"{what} summary energy", whole.energy_lost if share else summary["energy_lost"], summary["energy_lost"], 1e-12)
    layers = {row["layer"]: row for row in tables["layers"]}
    for layer in {t.layer for t in counted}:
        compare_sum(f"{what} layer {layer}", total([t for t in counted if t.layer == layer]), layers[layer])
    for key in ("part", "group"):
        rows = {row[key]: row for row in tables[key + "s"]}
        names = {getattr(t, key) for t in counted}
        if names != set(rows):
            fail(f"{what} {key}s", names, set(rows))
        for name in names & set(rows):
            compare_sum(f"{what} {key} {name}", total([t for t in counted if getattr(t, key) == name]), rows[name])


def check_curve(what, tensors, rows, switches, relative, exact):
    """Every point: the share of elements at or below it, by group and overall.  Wide bins may be off by what lies within 1/128."""
    counted = [t for t in tensors if t.counts(switches)]
    last = -math.inf
    for row in rows:
        threshold = row["threshold"]
        if not threshold > last:
            fail(f"{what} order of thresholds", f"> {last}", threshold)
        last = threshold
        for name in ("overall", *{t.group for t in counted}):
            some = [t for t in counted if name in ("overall", t.group)]
            n = sum(len(t.values) for t in some)

            def share(factor):
                return sum(near(t, threshold * factor * (t.rms if relative else 1)) for t in some) / n
            if exact:
                same(f"{what} curve {name} at {threshold!r}", share(1), row[name], 1e-12)
            elif not share(1 - 1 / 100) - 1e-12 <= row[name] <= share(1 + 1 / 100) + 1e-12:
                fail(f"{what} curve {name} at {threshold!r}", (share(0.99), share(1.01)), row[name])


def check_model(folder, seed, dtypes):
    tensors = random_model(seed, dtypes)
    path = folder / f"model-{seed}.safetensors"
    write(path, tensors)
    chance = random.Random(seed + 1000)
    tie = chance.choice([abs(v) for t in tensors if t.dtype in FLOATS for v in t.finite])
    for eps, relative, share in ((0, False, 0), (tie, False, 0.3), (0.02, False, chance.random()), (0.5, True, 0.5), (1.0, True, 1)):
        switches = {name: chance.random() < 0.8 if name in ("attention", "ffn") else chance.random() < 0.5 for name in SWITCHES}
        if not any(t.counts(switches) for t in tensors):
            continue
        settings = {"eps": repr(float(eps)), "eps-mode": "relative" if relative else "absolute", "prune": repr(float(share)), **switches}
        tables, _ = analyze(path, "weight-sparsity", settings)
        what = f"model {seed} {dtypes} {settings}"
        check_tables(what, tensors, tables, switches, eps, relative, share)
        check_curve(what, tensors, tables["curve"], switches, relative, not WIDE & set(dtypes))


# --- wide integers -------------------------------------------------------------------------------------------------


def check_integers(folder):
    """Masks and ids never count, but their own rows are exact, also beyond 2^53."""
    chance = random.Random(7)
    for dtype, low, high in (("I16", -2**15, 2**15 - 1), ("I32", -2**31, 2**31 - 1), ("U32", 0, 2**32 - 1), ("I64", -2**63, 2**63 - 1),
                             ("U64", 0, 2**64 - 1)):
        values = [0, 0, low, high, high - 1] + [chance.choice((0, 1, chance.randint(low, high), chance.randint(0, 9))) for _ in range(95)]
        tensor = Tensor("ids", None, None, None, dtype, (10, 10), values)
        path = folder / f"{dtype}.safetensors"
        write(path, [tensor])
        for eps in (0, 5, 2.0**31, 2.0**53):
            tables, _ = analyze(path, "weight-sparsity", {"eps": repr(float(min(eps, 1e6)))})
            row, what = tables["tensors"][0], f"{dtype} eps {eps}"
            same(f"{what} zeros", sum(v == 0 for v in values), row["zeros"])
            same(f"{what} near", sum(abs(v) <= min(eps, 1e6) for v in values), row["near_zero"])
            same(f"{what} counted", 0, row["counted"])
            same(f"{what} min", float(min(values)), row["min"])
            same(f"{what} max", float(max(values)), row["max"])
            same(f"{what} mean", float(fractions.Fraction(sum(values), len(values))), row["mean"], 1e-12)
            same(f"{what} zero rows", sum(not any(values[r * 10:r * 10 + 10]) for r in range(10)), row["zero_rows"])


# --- maps ----------------------------------------------------------------------------------------------------------


def matrix_of(values, shape, index):
    """(O, I·kh·kw), or one index of the first dimension as a matrix (second dimension by the rest)."""
    if index < 0 or len(shape) < 3:
        rows = shape[0]
    else:
        size = math.prod(shape[1:])
        values, rows = values[index * size:(index + 1) * size], shape[1]
    columns = len(values) // rows
    return [values[r * columns:(r + 1) * columns] for r in range(rows)]


def norm(values):
    return math.sqrt(sum(fractions.Fraction(v) ** 2 for v in values if math.isfinite(v)))


def check_map(folder, seed, dtype, shape, index):
    chance = random.Random(seed)
    tensor = Tensor("w", None, None, None, dtype, shape, random_values(chance, dtype, math.prod(shape)))
    path = folder / f"map-{seed}.safetensors"
    write(path, [tensor])
    matrix, what = matrix_of(tensor.values, shape, index), f"map {dtype} {shape} slice {index}"
    tables, _ = analyze(path, "tensor-map", {"tensor": "w", **({"slice": index} if index >= 0 else {})})
    for name, lines in (("rows", matrix), ("columns", list(zip(*matrix)))):
        if len(tables[name]) != len(lines):
            fail(f"{what} number of {name}", len(lines), len(tables[name]))
            continue
        for i, (line, row) in enumerate(zip(lines, tables[name])):
            same(f"{what} {name} {i} norm", norm(line), row["norm"], 1e-12)
            same(f"{what} {name} {i} non_zero", sum(v != 0 for v in line), row["non_zero"])
    check_cells(what, path, matrix, index)


def check_cells(what, path, matrix, index):
    """Maps this small have one element a cell; as they are drawn in f32."""
    words = ["--set", f"tensor-map.slice={index}"] if index >= 0 else []
    outcome = run([CLI, "analyze", str(path), "-a", "tensor-map", "--set", "tensor-map.tensor=w", *words,
                   "--format", "csv", "--table", "map"])
    if outcome.exit != 0:
        fail(f"{what} cells", 0, outcome.stderr)
        return
    lines = outcome.stdout.strip().split("\n")
    columns = lines[0].split(",")
    for line in lines[1:]:
        cell = dict(zip(columns, line.split(",")))
        value = matrix[int(cell["row"])][int(cell["column"])]
        have = cell.get("mean", "")
        if not math.isfinite(value):
            if have != "":
                fail(f"{what} cell {cell}", "nothing", have)
            continue
        want = struct.unpack("<f", struct.pack("<f", value))[0]
        same(f"{what} cell {cell}", want, float(have) if have else None, 1e-7)
    if len(lines) - 1 != len(matrix) * len(matrix[0]):
        fail(f"{what} number of cells", len(matrix) * len(matrix[0]), len(lines) - 1)


# --- what must not matter --------------------------------------------------------------------------------------------


def check_same_bytes(folder):
    path = folder / "same.safetensors"
    write(path, random_model(99, ["F32", "F64", "BF16", "F16"]))
    settings = {"eps": "0.02", "prune": "0.4", "vectors": True, "embeddings": True}
    _, first = analyze(path, "weight-sparsity", settings)
    for key, values in (("SPARSOSCOPE_ISA", ("scalar", "avx2", "avx512")), ("SPARSOSCOPE_READ", ("map", "copy"))):
        for value in values:
            os.environ[key] = value
            _, other = analyze(path, "weight-sparsity", settings)
            del os.environ[key]
            a, b = document(first), document(other)
            a["program"] = b["program"] = None
            if a != b:
                fail(f"{key}={value}", "the same document", "another")
    for n in (1, 2, 3, 5, 8, 16):
        words = [w for key, value in settings.items() for w in ("--set", f"weight-sparsity.{key}={str(value).lower()}")]
        outcome = run([CLI, "analyze", str(path), "-a", "weight-sparsity", *words, "--format", "json", "--threads", str(n)])
        if document(outcome.stdout)["results"] != document(first)["results"]:
            fail(f"{n} threads", "the same results", "others")


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    for number, kinds in enumerate((["BF16"], ["F16", "BF16"], ["F16", "BF16", "I8", "U8"], ["F32"], ["F64"],
                                    ["F64", "F32", "BF16", "F16", "I8"])):
        check_model(place, number, kinds)
        check_model(place, number + 50, kinds)
    check_integers(place)
    for number, (kind, size, which) in enumerate((("F32", (7, 13), -1), ("BF16", (5, 3, 4), -1), ("F64", (4, 3, 5, 2), -1),
                                                  ("F16", (4, 3, 5, 2), 2), ("F32", (6, 9, 4), 5), ("I8", (9, 4), -1),
                                                  ("F64", (1, 40), -1), ("F32", (40, 1), -1))):
        check_map(place, 200 + number, kind, size, which)
    check_same_bytes(place)
for line in failures[:40]:
    print(line[:400])
print(f"{len(failures)} differences")
sys.exit(1 if failures else 0)
