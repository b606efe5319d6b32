# The definitions of how often neurons fire, from plain counts; and the comparison with what the command line says.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard library only.  A layer is a dict: label, layer (a number or null), tokens (T), and for each of its neurons
`fired` (tokens with |a| > eps) and, where that is not all T, `finite` (tokens where a is a finite number).
Nothing here is shared with the program."""

import collections
import csv
import math

import command
from command import close

DEFAULTS = {"eps": 0.0, "dead": 0.001, "rare": 0.01, "often": 0.5}
CLASSES = ("never", "dead", "rare", "often", "always")
SHARES = (80, 90, 95, 99)


def frequencies(layer):
    """One a neuron; None: never finite."""
    return [f / n if n else None for f, n in zip(layer["fired"], layer["finite"])]


def classes(layer, params):
    seen = [(f, n) for f, n in zip(layer["fired"], layer["finite"]) if n]
    return {"never": sum(f == 0 for f, n in seen), "dead": sum(f / n < params["dead"] for f, n in seen),
            "rare": sum(f / n <= params["rare"] for f, n in seen), "often": sum(f / n >= params["often"] for f, n in seen),
            "always": sum(f == n for f, n in seen)}


def cover(fired, percent):
    """The fewest neurons that carry so many per cent of all firings, in whole numbers."""
    total, carried = sum(fired), 0
    for count, one in enumerate(sorted(fired, reverse=True)):
        if carried * 100 >= percent * total:
            return count
        carried += one
    return len(fired) if total else 0


def bound(tokens):
    return min(3 / tokens, 1.0) if tokens else None


def sums(layers, params):
    counted = [classes(layer, params) for layer in layers]
    fired, finite = sum(sum(x["fired"]) for x in layers), sum(sum(x["finite"]) for x in layers)
    return {"neurons": sum(len(x["fired"]) for x in layers), "fired": fired,
            "activation_ratio": fired / finite if finite else None,
            "non_finite": sum(x["tokens"] * len(x["fired"]) for x in layers) - finite,
            **{name: sum(c[name] for c in counted) for name in CLASSES}}


def layer_row(layer, params):
    row = {"label": layer["label"], "layer": layer["layer"], "tokens": layer["tokens"], **sums([layer], params)}
    row.update({f"{name}_share": row[name] / row["neurons"] if row["neurons"] else None for name in CLASSES})
    row.update({f"cover_{p}": cover(layer["fired"], p) for p in SHARES})
    return {**row, "never_bound": bound(layer["tokens"])}


def summary(layers, params):
    """What is said of all layers must hold for each: the fewest tokens of any decide."""
    fewest = min((x["tokens"] for x in layers if x["tokens"]), default=0)
    whole = sums(layers, params)
    ratio = whole["activation_ratio"]
    wanted = max(math.ceil(3 / params["dead"]) - fewest, 0) if params["dead"] else None
    pooled = [f for x in layers for f in x["fired"]]
    return {"layers": len(layers), **whole, "activations": sum(sum(x["finite"]) for x in layers),
            "sparsity": None if ratio is None else 1 - ratio, **{f"cover_{p}": cover(pooled, p) for p in SHARES},
            "never_bound": bound(fewest), "tokens_wanted": wanted}


def with_finite(layers):
    return [{"finite": [x["tokens"]] * len(x["fired"]), **x} for x in layers]


def expected(layers, params):
    """layers: their counts at params' eps."""
    params = {**DEFAULTS, **params}
    layers = with_finite(layers)
    return {"counts": layers, "layers": [layer_row(x, params) for x in layers],
            "summary": summary(layers, params)}


def compare(want, have, where):
    for name, value in want.items():
        if name not in have:
            yield f"{where} has no {name}"
        elif not close(value, have[name], 1e-12 if isinstance(value, float) else 0):
            yield f"{where}: {name} is {have[name]!r}, not {value!r}"


def check_layers(want, rows):
    if [r["label"] for r in rows] != [w["label"] for w in want]:
        yield f"layers are {[r['label'] for r in rows]}, not {[w['label'] for w in want]}"
        return
    for row, layer in zip(rows, want):
        yield from compare(layer, row, f"layer {layer['label']}")


def check_neurons(layers, rows):
    want = [(x["layer"], n, f, t, f / t if t else None) for x in layers
            for n, (f, t) in enumerate(zip(x["fired"], x["finite"]))]
    if len(want) != len(rows):
        yield f"{len(rows)} neurons, not {len(want)}"
    for (layer, neuron, fired, tokens, frequency), row in zip(want, rows):
        cells = {"layer": layer, "neuron": neuron, "fired": fired, "tokens": tokens, "frequency": frequency}
        if any(row[name] != value for name, value in cells.items()):
            yield f"neuron {row}, not {cells}"


def is_at_rank(value, falling, rank):
    """Between two neurons either will do."""
    place = rank * len(falling)
    near = {min(max(n, 0), len(falling) - 1) for n in (math.ceil(place - 1e-9) - 1, math.floor(place + 1e-9))}
    return any(close(value or 0, falling[n], 1e-12) for n in near)


def check_sorted(layers, rows):
    for layer in layers:
        falling = sorted((q for q in frequencies(layer) if q is not None), reverse=True)
        name = "layer_" + layer['label'].replace(' ', '_')
        if not falling:
            continue
        if name not in rows[0]:
            yield f"sorted has no {name}"
            continue
        for row in rows:
            if not is_at_rank(row[name], falling, row["rank"]):
                yield f"sorted {name} at {row['rank']} is {row[name]!r} of {falling[:5]}…"
                break


def carried(falling, share):
    """The share of all firings of that share of the neurons, the most frequent; part of a neuron has that part of its firings."""
    neurons, total = share * len(falling), sum(falling)
    whole = min(int(neurons), len(falling))
    part = (neurons - whole) * falling[whole] if whole < len(falling) else 0
    return (sum(falling[:whole]) + part) / total if total else None


def check_coverage(layers, rows):
    columns = {"layer_" + x["label"].replace(" ", "_"): x["fired"] for x in layers}
    columns["overall"] = [f for fired in columns.values() for f in fired]
    if [rows[0]["neurons"], rows[-1]["neurons"]] != [0, 1]:
        yield f"coverage is from {rows[0]['neurons']} to {rows[-1]['neurons']}"
    for name, fired in columns.items():
        falling = sorted(fired, reverse=True)
        for row in rows if name in rows[0] else ():
            if not close(carried(falling, row["neurons"]), row[name], 1e-12):
                yield f"coverage {name} at {row['neurons']} is {row[name]!r}, not {carried(falling, row['neurons'])!r}"
                break
        if name not in rows[0]:
            yield f"coverage has no {name}"


def check_histogram(layers, rows):
    known = [q for x in layers for q in frequencies(x)]
    used = [q for q in known if q]
    edges = [r["from"] for r in rows] + [rows[-1]["to"]]
    if any(a["to"] != b["from"] for a, b in zip(rows, rows[1:])) or edges[-1] != 1 or (used and min(used) < edges[0]):
        yield f"bins {edges[0]} … {edges[-1]} do not hold every frequency from {min(used, default=None)} on"
    for row in rows:
        low, high = row["from"], row["to"]
        sure = sum(low * (1 + 1e-9) <= q < high * (1 - 1e-9) or q == high == 1 for q in used)
        edge = sum(abs(q - e) <= 1e-9 * e for q in used for e in (low, high)) if high < 1 else sum(
            abs(q - low) <= 1e-9 * low for q in used)
        count = row["neurons"] * len(known)
        if not sure * (1 - 1e-12) <= count <= (sure + edge) * (1 + 1e-12):
            yield f"bin {low} … {high} has {count} neurons, not {sure}"
    if known and not close(sum(r["neurons"] for r in rows), len(used) / len(known), 1e-12):
        yield f"the bins hold {sum(r['neurons'] for r in rows)} of all, not {len(used) / len(known)}"


CELLS = 2048


def placed(layer, order):
    """Frequencies as the map has them; what never was a number comes last."""
    known = frequencies(layer)
    return known if order == "original" else sorted(known, key=lambda q: -1 if q is None else q, reverse=True)


def map_cells(layers, order):
    """(label, first neuron) → mean frequency of the neurons of a cell; neighbours share one where there are too many."""
    width = max(-(-max(len(x["fired"]) for x in layers) // CELLS), 1)
    cells = {}
    for layer in layers:
        known = placed(layer, order)
        for first in range(0, len(known), width):
            some = [q for q in known[first:first + width] if q is not None]
            cells[layer["label"], first] = math.fsum(some) / len(some) if some else None
    return cells


def check_map(layers, text, order="original"):
    have = {(r["row"], int(r["column"])): r["mean"] for r in csv.DictReader(text.splitlines())}
    want = map_cells(with_finite(layers), order)
    for place in sorted(want.keys() | have.keys()):
        mean, cell = want.get(place), have.get(place) or None
        if (mean is None) != (cell is None) or (mean is not None and not close(mean, float(cell), 1e-6)):
            yield f"the map's cell {place} is {cell}, not {mean}"
            return


def check(layers, params, found):
    want = expected(layers, params)
    have = {r["name"]: r["value"] for r in found["summary"]}
    yield from compare(want["summary"], have, "summary")
    yield from check_layers(want["layers"], found["layers"])
    yield from check_neurons(want["counts"], found["neurons"])
    yield from check_sorted(want["counts"], found["sorted"])
    yield from check_coverage(want["counts"], found["coverage"])
    yield from check_histogram(want["counts"], found["histogram"])


def words(params):
    return [w for key, value in params.items() for w in ("--set", f"lazy-neurons.{key}={value}")]


def analyze(cli, path, params, *more, environment=(), form="json", **options):
    prefix = ["env", *environment] if environment else []
    return command.run([*prefix, cli, "analyze", str(path), "-a", "lazy-neurons", *words(params), "--format", form, *more],
                       **options)


class Answer(collections.namedtuple("Answer", "tables notes")):
    def said(self):
        return " ".join(self.notes + [row["note"] for row in self.tables["layers"] if row["note"]])


def answer(stdout):
    result = command.document(stdout)["results"][0]
    found = {}
    for name, table in result["tables"].items():
        columns = [c["name"] for c in table["columns"]]
        found[name] = [dict(zip(columns, row)) for row in table["rows"]]
    return Answer(found, result["notes"])
