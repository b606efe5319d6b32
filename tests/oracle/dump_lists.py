#!/usr/bin/python3
# Lists of neurons as the command line writes them: their members, where they say they are from, and what cannot be written.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_lists.py CLI    the dumps of fixtures/dumps.json, whose counts are there; the standard library alone"""

import json
import os
import pathlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import dump_figures  # noqa: E402
from command import document, run, tables  # noqa: E402

CLI = sys.argv[1]
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
failures = []


def same(what, want, have):
    if want != have:
        failures.append(f"{what}: {str(have)[:300]}, not {str(want)[:300]}")


def members(layers, params):
    """list → layer → neurons; one that never was a number is in none."""
    params = {**dump_figures.DEFAULTS, **params}
    tests = {"never": lambda f, n: f == 0, "dead": lambda f, n: f / n < params["dead"], "rare": lambda f, n: f / n <= params["rare"],
             "often": lambda f, n: f / n >= params["often"], "always": lambda f, n: f == n}
    return {name: {x["label"]: [i for i, (f, n) in enumerate(zip(x["fired"], x["finite"])) if n and test(f, n)]
                   for x in dump_figures.with_finite(layers)} for name, test in tests.items()}


def read_masks(path):
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    about = header.pop("__metadata__")
    found, at = {}, 0
    for name, entry in header.items():
        (begin, end), (n,) = entry["data_offsets"], entry["shape"]
        same(f"{path.name} {name}", ("U8", at, n), (entry["dtype"], begin, end - begin))
        found[name], at = data[start + begin:start + end], end
    same("bytes", at, len(data) - start)
    same("alignment", 0, start % 8)
    return about, found


def check_json(path, source, want, params):
    found = json.loads(path.read_text())
    same("lists", want, found["lists"])
    same("input", str(source), found["inputs"][0]["path"])
    same("analysis", ("lazy-neurons", "sparsoscope", True), (found["analysis"], found["program"]["name"], found["is_complete"]))
    same("params", {**found["params"], **params}, found["params"])
    same("version and definition", (True, True), (bool(found["program"]["version"]), "neurons" in found["definition"]))


def check_masks(path, source, want, layers):
    about, found = read_masks(path)
    sizes = {x["label"]: len(x["fired"]) for x in layers}
    wanted = {f"{name}.{label}": bytes(i in set(inside) for i in range(sizes[label]))
              for name, lists in want.items() for label, inside in lists.items() if sizes[label]}
    same("masks", wanted, found)
    same("metadata", (str(source), "lazy-neurons", "sparsoscope"), (about["inputs"], about["analysis"], about["program"].split()[0]))
    same("a definition", True, "neurons" in about["definition"] and "dead=" in about["params"])


def check_opens(path, want):
    """The program takes its own masks for tensors, and finds the members in them."""
    outcome = run([CLI, "analyze", str(path), "-a", "weight-sparsity", "--format", "json"])
    rows = {r["tensor"]: r for r in tables(document(outcome.stdout))["tensors"]}
    for name, lists in want.items():
        for label, inside in lists.items():
            row = rows.get(f"{name}.{label}", {"elements": 0, "zeros": 0})
            same(f"ones of {name}.{label}", len(inside), row["elements"] - row["zeros"])


def check(folder, entry):
    source = FIXTURES / "dumps" / entry["file"]
    for params, layers in entry["runs"]:
        want = members(layers, params)
        for kind in ("json", "safetensors"):
            path = folder / f"lists.{kind}"
            outcome = dump_figures.analyze(CLI, source, params, "--lists", str(path))
            same("exit", entry["exit"], outcome.exit)
            check_json(path, source, want, params) if kind == "json" else check_masks(path, source, want, layers)
        check_opens(folder / "lists.safetensors", want)
    same("nothing beside", ["lists.json", "lists.safetensors"], sorted(os.listdir(folder)))


def refuse(what, exit, words, *arguments, path=FIXTURES / "dumps" / "thresholds.npz"):
    outcome = run([CLI, "analyze", str(path), *map(str, arguments)])
    same(what, (exit, 1), (outcome.exit, outcome.stderr.count("\n")))
    same(f"{what}: {outcome.stderr}", True, all(word in outcome.stderr for word in words))


def check_refusals(folder):
    lazy = ("-a", "lazy-neurons", "--lists")
    old = folder / "old.json"
    old.write_text("old")
    full = folder / "full.json"
    full.symlink_to("/dev/full")
    refuse("an unknown kind", 2, [".json", ".safetensors", "lists.txt"], *lazy, folder / "lists.txt")
    refuse("no folder", 3, ["nowhere", "cannot be written"], *lazy, folder / "nowhere" / "lists.json")
    refuse("no room", 3, ["full.json", "cannot be written"], *lazy, full)
    refuse("no analysis that has lists", 2, ["--lists", "lazy-neurons"], "-a", "activation-sparsity", "--lists", old)
    same("an old file", "old", old.read_text())
    same("nothing beside", ["full.json", "old.json"], sorted(os.listdir(folder)))


entries = [e for e in json.loads((FIXTURES / "dumps.json").read_text()) if "runs" in e]
for entry in entries:
    before = len(failures)
    with tempfile.TemporaryDirectory() as folder:
        check(pathlib.Path(folder), entry)
    print("\n    ".join([f"{'not ok' if len(failures) > before else 'ok'} {entry['file']}", *failures[before:][:3]]))
with tempfile.TemporaryDirectory() as folder:
    check_refusals(pathlib.Path(folder))
print(f"{len(entries)} dumps, {len(failures)} failures", *failures[:20], sep="\n")
sys.exit(1 if failures else 0)
