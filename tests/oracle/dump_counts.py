#!/usr/bin/python3
# Counts of firings without activations: what lazy-neurons makes of them, from its definitions, with and without a number of tokens.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_counts.py CLI    the files of fixtures/counts.json; the standard library alone"""

import json
import pathlib
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import dump_figures  # noqa: E402
from command import run  # noqa: E402

CLI = sys.argv[1]
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
CUT = ("dead", "rare", "often", "always")            # what nobody can say without a number of tokens


def check_known(layers, params, tables):
    params = {key: value for key, value in params.items() if key != "tokens"}
    yield from dump_figures.check(layers, params, tables)


def check_sorted_counts(layers, rows):
    for layer in layers:
        falling = sorted(layer["fired"], reverse=True)
        have = [row["layer_" + layer["label"].replace(" ", "_")] for row in rows]
        if falling and not all(dump_figures.is_at_rank(value, falling, row["rank"]) for value, row in zip(have, rows)):
            yield f"sorted counts of {layer['label']} are {have[:4]}…, not {falling[:4]}…"


def check_open(layers, tables):
    have = {row["name"]: row["value"] for row in tables["summary"]}
    pooled = [f for x in layers for f in x["fired"]]
    want = {"layers": have["layers"], "tokens": None, "neurons": len(pooled), "fired": sum(pooled), "never": pooled.count(0),
            "activation_ratio": None, "sparsity": None, "activations": None, "never_bound": None, "tokens_wanted": None,
            **{name: None for name in CUT}, **{f"cover_{p}": dump_figures.cover(pooled, p) for p in dump_figures.SHARES}}
    yield from dump_figures.compare(want, have, "summary")
    for layer, row in zip(layers, [row for row in tables["layers"] if not row["note"]]):
        fired = layer["fired"]
        want = {"label": layer["label"], "tokens": None, "fired": sum(fired), "never": fired.count(0), "activation_ratio": None,
                "never_bound": None, **{name: None for name in CUT}, **{f"{name}_share": None for name in CUT},
                **{f"cover_{p}": dump_figures.cover(fired, p) for p in dump_figures.SHARES}}
        yield from dump_figures.compare(want, row, f"layer {layer['label']}")
    want = [(x["layer"], n, f, None, None) for x in layers for n, f in enumerate(x["fired"])]
    rows = [tuple(row[name] for name in ("layer", "neuron", "fired", "tokens", "frequency")) for row in tables["neurons"]]
    if rows != want:
        yield f"neurons are {rows[:5]}…, not {want[:5]}…"
    yield from check_sorted_counts(layers, tables["sorted"])
    yield from dump_figures.check_coverage(layers, tables["coverage"])


def check_lists(path, layers):
    """Without a number of tokens: those that never fired, and no others."""
    with tempfile.TemporaryDirectory() as folder:
        lists = pathlib.Path(folder) / "lists.json"
        dump_figures.analyze(CLI, path, {}, "--lists", str(lists))
        found = json.loads(lists.read_text())["lists"]
    want = {"never": {x["label"]: [n for n, f in enumerate(x["fired"]) if f == 0] for x in layers if x["fired"]}}
    if found != want:
        yield f"lists are {found}, not {want}"


def check_rows(entry, rows):
    notes = {row["label"]: row["note"] for row in rows if row["note"]}
    if sorted(notes) != sorted(entry["rows"]):
        yield f"notes of layers {sorted(notes)}, not {sorted(entry['rows'])}"
    for label, words in entry["rows"].items():
        yield from (f"layer {label}: no word of {word!r}: {notes.get(label)}" for word in words if word not in (notes.get(label) or ""))


def without_lies(tables, n_lies):
    """As if the layers that are left out were not there."""
    summary = [{**row, "value": row["value"] - n_lies} if row["name"] == "layers" else row for row in tables["summary"]]
    return {**tables, "summary": summary, "layers": [row for row in tables["layers"] if not row["note"]]}


def reasons(entry, params):
    path = FIXTURES / "counts" / entry["file"]
    outcome = dump_figures.analyze(CLI, path, params)
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr}"
        return
    found = dump_figures.answer(outcome.stdout)
    yield from check_rows(entry, found.tables["layers"])
    yield from (f"no note has {word!r}: {found.notes}" for word in entry["notes"] if word not in " ".join(found.notes))
    is_open = entry["layers"][0]["tokens"] is None
    if is_open:
        yield from check_open(entry["layers"], found.tables)
        yield from check_lists(path, entry["layers"])
    else:
        yield from check_known(entry["layers"], params, without_lies(found.tables, len(entry["rows"])))
        for order in ("original", "frequency"):
            cells = dump_figures.analyze(CLI, path, {**params, "order": order}, "--table", "frequency", form="csv")
            yield from dump_figures.check_map(entry["layers"], cells.stdout, order) if not entry["rows"] else ()


def refusals():
    path = str(FIXTURES / "counts" / "plain.npz")
    outcome = run([CLI, "analyze", path, "-a", "activation-sparsity"])
    if outcome.exit != 2 or "needs recorded activations" not in outcome.stderr or outcome.stderr.count("\n") != 1:
        yield f"activation-sparsity of counts: exit {outcome.exit}: {outcome.stderr}"


n_failures, entries = 0, json.loads((FIXTURES / "counts.json").read_text())
for entry in entries:
    found = [f"{params}: {reason}" for params in entry["runs"] for reason in reasons(entry, params)]
    n_failures += len(found)
    print("\n    ".join([f"{'not ok' if found else 'ok'} {entry['file']}", *found[:4]]))
found = list(refusals())
print(f"{len(entries)} files, {n_failures + len(found)} failures", *found, sep="\n")
sys.exit(1 if n_failures or found else 0)
