# dump-rules.py - top-k, CETT, lists of thresholds and overlap of recorded activations, from their definitions
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump-rules.py CLI [TRIALS]: random dumps and down projections of many shapes, types and layouts, always the same ones, are
measured by the program and here, as literally as the definitions are written and as slowly.  Nothing is shared with the program."""
import json
import os
import re
import resource
import struct
import subprocess
import sys
import tempfile

try:
    import numpy as np
except ImportError:
    print("skipped: numpy is not here")
    sys.exit(77)

DTYPES = {"float16": "F16", "float32": "F32", "float64": "F64", "int32": "I32", "uint8": "U8", "bool": "BOOL"}
LEVELS = (({"SPARSOSCOPE_ISA": "scalar"}, 1), ({"SPARSOSCOPE_ISA": "avx2"}, 3), ({}, 16))
differences = []


class Bf16:
    """Numbers cut to their upper halves, which is what they then are."""

    def __init__(self, values):
        self.bits = (np.ascontiguousarray(values, np.float32).view(np.uint32) >> 16).astype(np.uint16)
        self.shape = self.bits.shape

    def numbers(self):
        return (self.bits.astype(np.uint32) << 16).view(np.float32)

    def reshape(self, *shape):
        return self.rows(self.bits.reshape(*shape))

    def __getitem__(self, part):
        return self.rows(self.bits[part])

    @property
    def T(self):
        return self.rows(self.bits.T)

    def rows(self, bits):
        other = Bf16(np.zeros(0))
        other.bits, other.shape = bits, bits.shape
        return other


def save(path, tensors):
    header, blobs, at = {}, [], 0
    for name, values in tensors.items():
        is_short = isinstance(values, Bf16)
        data = np.ascontiguousarray(values.bits if is_short else values).tobytes()
        header[name] = {"dtype": "BF16" if is_short else DTYPES[str(values.dtype)], "shape": list(values.shape),
                        "data_offsets": [at, at + len(data)]}
        blobs.append(data)
        at += len(data)
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + b"".join(blobs))


def run(cli, paths, analysis, environment={}, threads=0, **settings):
    command = [cli, "analyze", *paths, "-a", analysis, "-q", "--format", "json", "-j", str(threads)]
    for name, value in settings.items():
        command += ["-s", f"{analysis}.{name}={value}"]
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})
    assert done.returncode == 0, (done.returncode, done.stderr, command)
    tables = {}
    for name, table in json.loads(done.stdout)["results"][0]["tables"].items():
        columns = [column["name"] for column in table["columns"]]
        tables[name] = [dict(zip(columns, row)) for row in table["rows"]]
    return tables, re.sub(r'"(isa|threads)": [^,}]+', "", done.stdout)


def check(what, found, expected, near=0.0):
    missing = expected is None or np.isnan(expected)
    if missing and found is None:
        return
    if missing or found is None or not abs(found - expected) <= near * max(abs(expected), 1e-3):
        differences.append((what, found, expected))


# --- the definitions -------------------------------------------------------------------------------

def cett(h, w, tau):
    """(threshold, CETT at it, active, tokens without output): 65 536 candidates, bisected.  What is not finite is left out."""
    is_number, whole = np.isfinite(h), h
    h = np.where(is_number, h, 0)
    lengths = np.sqrt((w * w).sum(0))
    magnitudes, outputs = np.where(is_number, np.abs(h) * lengths, np.nan), np.linalg.norm(h @ w.T, axis=1)
    speaks = outputs > 0
    flat = magnitudes.ravel()
    sample = flat[::max(flat.size // 65536, 1)]
    if not is_number.any() or np.isnan(sample).all():
        return np.nan, np.nan, None, int((~speaks).sum())
    least, most = np.nanmin(flat), np.quantile(sample[~np.isnan(sample)], 0.99)
    candidates = np.linspace(least, most, 65536)

    def cost(cut):
        tails = np.where(magnitudes <= cut, h, 0)[speaks] @ w.T
        return (np.linalg.norm(tails, axis=1) / outputs[speaks]).mean() if speaks.any() else np.nan
    left, right = 0, 65535
    while left < right:
        middle = (left + right) // 2
        if cost(candidates[middle]) > tau:
            right = middle
        else:
            left = middle + 1
    if not speaks.any():
        return np.nan, np.nan, None, int((~speaks).sum())
    if left == 0:
        return least, 0.0, int(is_number.sum()), int((~speaks).sum())
    return candidates[left - 1], cost(candidates[left - 1]), at_least(whole, lengths, candidates[left - 1]), int((~speaks).sum())


def at_least(h, lengths, cut):
    with np.errstate(divide="ignore", invalid="ignore"):
        limits = np.where(lengths > 0, cut / lengths, np.inf if cut > 0 else 0.0) if cut > 0 else np.zeros_like(lengths)
    return int((np.isfinite(h) & (np.abs(h) >= limits)).sum())


def top_of_tokens(h, kept):
    n = 0
    for token in np.abs(h):
        finite = token[np.isfinite(token)]
        order = np.argsort(-finite, kind="stable")[:len(finite) - int(len(finite) * (1 - kept))]
        n += int((finite[order] != 0).sum())
    return n


def top_by_neuron(h, kept):
    fired = np.zeros(h.shape[1], int)
    for token in np.abs(h):
        finite = np.flatnonzero(np.isfinite(token))
        order = finite[np.argsort(-token[finite], kind="stable")][:len(finite) - int(len(finite) * (1 - kept))]
        fired[order[token[order] != 0]] += 1
    return fired.tolist()


def top_of_all(h, kept):
    values = np.sort(np.abs(h[np.isfinite(h)]), kind="stable")
    values[:int(len(values) * (1 - kept))] = 0
    return int((values != 0).sum())


def runs_of(tokens, starts):
    """Sets of active neurons of each sequence, of the tokens that count."""
    runs = []
    for active, begins in zip(tokens, starts):
        if begins or not runs:
            runs.append([])
        runs[-1].append(active)
    return runs


def overlap(runs, lag, width):
    pairs = [(a, b) for one in runs for a, b in zip(one, one[lag:])]
    with_some = [(len(a & b) / len(a), len(b) / width) for a, b in pairs if a]
    either = [len(a & b) / len(a | b) for a, b in pairs if a | b]
    def mean(values):
        return sum(values) / len(values) if values else None
    return mean([x for x, _ in with_some]), mean([x for _, x in with_some]), mean(either), len(with_some)


def mean_of(layers):
    """Of those layers that have one; all are equally wide."""
    known = [value for value in layers if value is not None]
    return sum(known) / len(known) if known else None


def union(runs, size, width):
    windows = [set().union(*one[k:k + size]) for one in runs for k in range(0, len(one) - size + 1, size)]
    return sum(map(len, windows)) / (len(windows) * width) if windows else None


# --- dumps ---------------------------------------------------------------------------------------------

def activations(random, shape, kind, dtype):
    values = random.standard_normal(shape)
    if kind == "relu":
        values = np.where(values > 0.8, values, 0)
    elif kind == "ties":
        values = np.round(values * 2) / 2
    if random.random() < 0.3:
        values[int(random.integers(shape[0]))] = 0
    if dtype in ("uint8", "bool"):
        return np.minimum(np.abs(values) * 3, 255).astype(dtype)
    values[random.random(shape) < 0.02] = -0.0
    values[random.random(shape) < 0.02] = 6e-8      # a subnormal of f16
    if random.random() < 0.25:
        values[random.random(shape) < 0.03] = random.choice([np.nan, np.inf, -np.inf])
    return Bf16(values) if dtype == "bfloat16" else values.astype(dtype)


def numbers(values):
    return (values.numbers() if isinstance(values, Bf16) else values).astype(float)


class Dump:
    """Some layers, how they are stored, and which tokens count; with weights to match."""

    def __init__(self, random, is_long):
        self.tokens, self.outputs = int(random.integers(1, 60)), int(random.integers(1, 70))
        self.width = int(random.choice([1, 100, random.integers(2, 150)]))
        self.dtype = random.choice(["float16", "float32", "float64", "bfloat16", "uint8", "bool"])
        kind = random.choice(["relu", "silu", "ties"])
        self.layout = random.choice(["rows", "rows", "batch", "batches"])
        n_layers = int(random.integers(1, 4))
        if is_long:        # a row of the batch is more than the program reads at a time, so that tokens are cut in two
            self.tokens, self.width, self.outputs, self.dtype, kind, self.layout, n_layers = 3000, 1511, 40, "float16", "relu", "batch", 1
        self.layers = [activations(random, (self.tokens, self.width), kind, self.dtype) for _ in range(n_layers)]
        self.weights = []
        for _ in range(n_layers):
            w = random.standard_normal((self.outputs, self.width)) * 0.3
            if random.random() < 0.3:
                w[:, int(random.integers(self.width))] = 0
            if random.random() < 0.2:                       # pairs that cancel, so that more is not always worse
                w[:, 1::2] = -w[:, :w.shape[1] // 2 * 2:2]
            kind_of = random.choice(["float16", "float32", "bfloat16"])
            self.weights.append(Bf16(w) if kind_of == "bfloat16" else w.astype(kind_of))
        self.mask = (random.random(self.tokens) < 0.7).astype(np.int32) if random.random() < 0.4 else None
        self.numbers = np.cumsum(random.random(self.tokens) < 0.1).astype(np.int32) if random.random() < 0.4 else None
        self.is_conv1d = random.random() < 0.3
        if self.tokens % 2 and self.layout == "batch" or self.tokens < 3:
            self.layout = "rows"

    def counts(self):
        return self.mask != 0 if self.mask is not None else np.ones(self.tokens, bool)

    def starts(self):
        """Of the tokens that count: where the sequence is another one than the last that counts was in."""
        piece = np.zeros(self.tokens, int)
        if self.layout == "batch":
            piece[self.tokens // 2:] = 1
        elif self.layout == "batches" and self.numbers is None:
            piece[self.tokens // 3:] = 1
        numbers = self.numbers if self.numbers is not None else np.zeros(self.tokens, int)
        places = list(zip(piece[self.counts()], numbers[self.counts()]))
        return [i == 0 or place != places[i - 1] for i, place in enumerate(places)]

    def save(self, dump, weights):
        tensors = {}
        for i, values in enumerate(self.layers):
            if self.layout == "batch":
                tensors[f"act.{i}"] = values.reshape(2, self.tokens // 2, self.width)
            elif self.layout == "batches":
                tensors[f"act.{i}.0"], tensors[f"act.{i}.1"] = values[:self.tokens // 3], values[self.tokens // 3:]
            else:
                tensors[f"act.{i}"] = values
        if self.mask is not None:
            tensors["mask"] = self.mask
        if self.numbers is not None:
            tensors["seq"] = self.numbers
        save(dump, tensors)
        if self.is_conv1d:
            save(weights, {f"h.{i}.mlp.c_proj.weight": w.T for i, w in enumerate(self.weights)})
        else:
            save(weights, {f"model.layers.{i}.mlp.down_proj.weight": w for i, w in enumerate(self.weights)})


def check_levels(cli, name, paths, analysis, **settings):
    tables, text = run(cli, paths, analysis, **settings)
    for environment, threads in LEVELS:
        if run(cli, paths, analysis, environment, threads, **settings)[1] != text:
            differences.append((name, environment, threads))
    return tables


def check_cett(cli, name, dump, paths, tau):
    tables = check_levels(cli, name, paths, "activation-sparsity", rule="cett", tau=tau)
    rows = tables["layers"]
    near = 1e-6 if dump.dtype == "float64" else 1e-12
    for i, row in enumerate(rows):
        cut, cost, active, silent = cett(numbers(dump.layers[i])[dump.counts()], numbers(dump.weights[i]), tau)
        check(f"{name}, layer {i}: threshold", row["threshold"], cut, near)
        check(f"{name}, layer {i}: CETT", row["cett"], cost, 1e-3 if dump.dtype == "float64" else 1e-9)
        check(f"{name}, layer {i}: tokens without output", row["cett_skipped"], silent)
        if active is not None:
            check(f"{name}, layer {i}: active", row["active"], active)
    if (text := tables["thresholds"][0]["thresholds"]) is not None and all(row["threshold"] > 0 for row in rows):
        again = run(cli, paths, "activation-sparsity", rule="list", thresholds=text)[0]["layers"]
        for before, after in zip(rows, again):
            check(f"{name}: what was exported, read again", after["active"], before["active"])


def check_shares(cli, name, dump, paths, kept):
    for rule, count in (("topk", top_of_tokens), ("topk-all", top_of_all)):
        rows = check_levels(cli, name, paths[:1], "activation-sparsity", rule=rule, k=kept)["layers"]
        for i, row in enumerate(rows):
            check(f"{name}, layer {i}: {rule} {kept}", row["active"], count(numbers(dump.layers[i])[dump.counts()], kept))


def check_together(cli, name, paths):
    """What one analysis reads again is not counted again by the others."""
    others = ("lazy-neurons", "activation-overlap")
    command = [cli, "analyze", *paths, "-a", ",".join(("activation-sparsity", *others)), "-q", "--format", "json",
               "-s", "activation-sparsity.rule=cett"]
    results = json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)["results"]
    for analysis, result in zip(others, results[1:]):
        alone = json.loads(subprocess.run([cli, "analyze", *paths, "-a", analysis, "-q", "--format", "json"], check=True,
                                          capture_output=True, text=True).stdout)["results"][0]
        if result["tables"] != alone["tables"]:
            differences.append((f"{name}: {analysis} beside CETT",))


def check_silent(cli, folder):
    """A layer that never says anything has no CETT, and takes nothing from the others."""
    paths = [os.path.join(folder, name) for name in ("silent.safetensors", "silent-weights.safetensors")]
    save(paths[0], {"act.0": np.array([[1, 2], [3, 1]], np.float32), "act.1": np.zeros((2, 2), np.float32)})
    save(paths[1], {f"model.layers.{i}.mlp.down_proj.weight": np.ones((1, 2), np.float32) for i in range(2)})
    tables = run(cli, paths, "activation-sparsity", rule="cett", tau=0.5)[0]
    check("a silent layer: its tokens without output", tables["layers"][1]["cett_skipped"], 2)
    for column in ("active", "threshold", "token_least", "token_most"):
        check(f"a silent layer: {column}", tables["layers"][1][column], None)
    places = [row["activation_ratio"] for row in tables["cett_ratio"]]
    if None in places or all(row["layer_0"] is None for row in tables["cett_ratio"]):
        differences.append(("a silent layer beside another's curve",))
    save(paths[1], {"model.layers.0.mlp.down_proj.weight": np.ones((2, 1), np.float32)})
    if "not outputs" not in (run(cli, paths, "activation-sparsity", rule="cett")[0]["layers"][0]["note"] or ""):
        differences.append(("weights the other way round",))
    for leaf in ("weight_scale", "weight_scale_inv"):
        scales = f"model.layers.0.mlp.down_proj.{leaf}"
        save(paths[1], {"model.layers.0.mlp.down_proj.weight": np.ones((1, 2), np.float32), scales: np.full((1, 1), 2, np.float32)})
        if scales not in (run(cli, paths, "activation-sparsity", rule="cett")[0]["layers"][0]["note"] or ""):
            differences.append(("weights with scales beside them", leaf))


def check_neurons(cli, name, dump, paths, kept):
    rows = check_levels(cli, name, paths[:1], "lazy-neurons", k=kept, eps=0.5)["neurons"]
    for i, values in enumerate(dump.layers):
        h = numbers(values)[dump.counts()]
        expected = top_by_neuron(h, kept) if kept < 1 else (np.isfinite(h) & (np.abs(h) > 0.5)).sum(0).tolist()
        if [row["fired"] for row in rows if row["layer"] == i] != expected:
            differences.append((f"{name}, layer {i}: neurons at k = {kept}",))


def check_list(cli, name, dump, paths, cuts):
    text = ",".join(map(str, cuts))
    plain, weighed = (check_levels(cli, name, given, "activation-sparsity", rule="list", thresholds=text)["layers"]
                      for given in (paths[:1], paths))
    for i, cut in enumerate(cuts):
        h = np.abs(numbers(dump.layers[i])[dump.counts()])
        h[~np.isfinite(h)] = np.nan
        check(f"{name}, layer {i}: list {cut}", plain[i]["active"], int((h >= cut).sum() if cut > 0 else (h > 0).sum()))
        w = numbers(dump.weights[i])
        check(f"{name}, layer {i}: list {cut} by weights", weighed[i]["active"], at_least(h, np.sqrt((w * w).sum(0)), cut))


def check_overlap(cli, name, dump, paths, limit):
    tables = check_levels(cli, name, paths[:1], "activation-overlap", eps=limit, window=16)
    sets = [[set(np.flatnonzero(np.isfinite(token) & (np.abs(token) > limit))) for token in numbers(layer)[dump.counts()]]
            for layer in dump.layers]
    for i, tokens in enumerate(sets):
        runs = runs_of(tokens, dump.starts())
        row, title = tables["layers"][i], f"{name}, layer {i}: "
        expected = overlap(runs, 1, dump.width)
        for column, value in zip(("overlap", "overlap_expected", "jaccard", "pairs"), expected):
            check(title + column, row[column], value, 1e-12)
        check(title + "ratio", row["activation_ratio"], sum(map(len, tokens)) / (len(tokens) * dump.width), 1e-12)
        for k, (window, lag) in enumerate(zip(tables["windows"], tables["lags"])):
            check(title + f"window {2 ** k}", window[f"layer_{i}"], union(runs, 2 ** k, dump.width), 1e-12)
            check(title + f"lag {2 ** k}", lag[f"layer_{i}"], overlap(runs, 2 ** k, dump.width)[0], 1e-12)
    n = sum(map(len, sets)) * dump.width
    ratio = sum(len(token) for tokens in sets for token in tokens) / n
    frequencies = [sum(k in token for token in tokens) / len(tokens) for tokens in sets for k in range(dump.width)]
    runs = [runs_of(tokens, dump.starts()) for tokens in sets]
    for k, (window, lag) in enumerate(zip(tables["windows"], tables["lags"])):
        pairs = [overlap(one, 2 ** k, dump.width) for one in runs]
        check(f"{name}: all layers, window {2 ** k}", window["overall"], mean_of([union(one, 2 ** k, dump.width) for one in runs]), 1e-12)
        check(f"{name}: all layers, lag {2 ** k}", lag["overall"], mean_of([share for share, *_ in pairs]), 1e-12)
        check(f"{name}: all layers, lag {2 ** k}, expected", lag["expected"], mean_of([chance for _, chance, *_ in pairs]), 1e-12)
        check(f"{name}: expected {2 ** k}", window["expected"], 1 - (1 - ratio) ** 2 ** k, 1e-9)
        check(f"{name}: by neuron {2 ** k}", window["expected_neurons"], sum(1 - (1 - q) ** 2 ** k for q in frequencies) / len(frequencies),
              1e-9)


def check_dump(cli, random, number, folder, is_long=False):
    dump, paths = Dump(random, is_long), [os.path.join(folder, name) for name in ("dump.safetensors", "weights.safetensors")]
    name = f"dump {number}: {dump.tokens} × {dump.width} {dump.dtype} in {dump.layout}"
    dump.save(*paths)
    if not dump.counts().any():
        return
    check_cett(cli, name, dump, paths, float(random.choice([0, 0.01, 0.1, 0.2, 0.5, 0.9, 1])))
    check_shares(cli, name, dump, paths, float(random.choice([0, 1, 0.1, 0.29, 0.71, 0.5, 0.333, 0.01])))
    check_together(cli, name, paths)
    check_neurons(cli, name, dump, paths, float(random.choice([1, 0.5, 0.29, 0.1, 0])))
    check_list(cli, name, dump, paths, [float(random.choice([0, 0.3, 0.5, 1])) for _ in dump.layers])
    check_overlap(cli, name, dump, paths, float(random.choice([0, 0.5, 1])))


def check_wide(cli, random, folder):
    """Tokens that are longer than what the program reads at a time: their neurons are looked at in pieces, in little memory."""
    h, w = activations(random, (4, 2 ** 21 + 1), "relu", "float16"), random.standard_normal((1, 2 ** 21 + 1)).astype(np.float32)
    paths = [os.path.join(folder, name) for name in ("dump.safetensors", "weights.safetensors")]
    save(paths[0], {"act.0": h})
    save(paths[1], {"model.layers.0.mlp.down_proj.weight": w})
    row = run(cli, paths, "activation-sparsity", threads=2, rule="cett", tau=0.2)[0]["layers"][0]
    n_bytes = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024
    if n_bytes > 1 << 30:
        differences.append(("wide tokens take", n_bytes, "bytes"))
    cut, cost, active, silent = cett(h.astype(float), w.astype(float), 0.2)
    for column, value in (("threshold", cut), ("cett", cost), ("active", active), ("cett_skipped", silent)):
        check(f"wide tokens: {column}", row[column], value, 1e-9)


def check_damaged(cli, random, folder):
    """A stream that breaks off, with parts still to come: its layer says why, the other has its figures."""
    layers = {f"act.{i}": random.integers(0, 2, (32768, 512)).astype(np.uint8) for i in range(2)}
    paths = [os.path.join(folder, name) for name in ("damaged.npz", "weights.safetensors")]
    np.savez_compressed(paths[0], **layers)
    save(paths[1], {f"model.layers.{i}.mlp.down_proj.weight": random.standard_normal((1, 512)).astype(np.float32) for i in range(2)})
    with open(paths[0], "r+b") as file:
        file.seek(os.path.getsize(paths[0]) // 4)
        file.write(b"\xff" * 64)
    command = [cli, "analyze", *paths, "-a", "activation-sparsity", "-q", "--format", "json", "-j", "1"]
    for setting in ("rule=cett", "cett-tokens=32768"):
        command += ["-s", f"activation-sparsity.{setting}"]
    done = subprocess.run(command, capture_output=True, text=True)
    table = json.loads(done.stdout or "{}").get("results", [{"tables": {"layers": {"columns": [], "rows": []}}}])[0]["tables"]["layers"]
    names = [column["name"] for column in table["columns"]]
    rows = [dict(zip(names, row)) for row in table["rows"]]
    if done.returncode != 1 or [(row["active"] is None, row["note"] is None) for row in rows] != [(True, False), (False, True)]:
        differences.append(("a damaged stream", done.returncode, done.stderr, rows))


cli, n_trials = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 12
generator = np.random.default_rng(7)
with tempfile.TemporaryDirectory() as scratch:
    for trial in range(n_trials):
        check_dump(cli, generator, trial, scratch)
    check_silent(cli, scratch)
    check_dump(cli, generator, n_trials, scratch, True)
    check_wide(cli, generator, scratch)
    check_damaged(cli, generator, scratch)
for difference in differences[:40]:
    print(*difference)
print(f"{n_trials + 3} dumps, {len(differences)} differences")
sys.exit(1 if differences else 0)
