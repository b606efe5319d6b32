#!/usr/bin/python3
# The most active tokens of single neurons, as the command line has them, against those of fixtures/tops.json.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_tops.py CLI    standard library only; top_tokens.py computed what must come out"""

import json
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from command import document, run  # noqa: E402

CLI = sys.argv[1]
FIXTURES = pathlib.Path(__file__).resolve().parents[1] / "fixtures"
failures = []


def expected(neurons):
    """Rows of the table: one after another, as they were asked for."""
    return [[layer, neuron, *row] for layer, neuron, rows in neurons for row in rows]


def check(entry):
    words = [w for layer, neuron, _ in entry["neurons"] for w in ("--neuron", f"{layer}:{neuron}")]
    outcome = run([CLI, "analyze", str(FIXTURES / entry["file"]), "-a", "lazy-neurons", "--format", "json", *words])
    failures.extend(f"{entry['file']}: {trouble}" for trouble in outcome.trouble())
    if outcome.exit != 0:
        failures.append(f"{entry['file']}: exit {outcome.exit}: {outcome.stderr}")
        return
    table = document(outcome.stdout)["results"][0]["tables"]["top_tokens"]
    want = expected(entry["neurons"])
    for have, row in zip(table["rows"], want):
        if have != row:
            failures.append(f"{entry['file']}: {have}, not {row}")
            return
    if len(table["rows"]) != len(want):
        failures.append(f"{entry['file']}: {len(table['rows'])} rows, not {len(want)}")


def refuse(file, neuron, exit, words, analysis="lazy-neurons"):
    """One sentence, and no figures."""
    outcome = run([CLI, "analyze", str(FIXTURES / file), "-a", analysis, "--format", "json", "--neuron", neuron])
    failures.extend(f"{file} {neuron}: {trouble}" for trouble in outcome.trouble())
    if outcome.exit != exit or outcome.stdout or outcome.stderr.count("\n") != 1 or words not in outcome.stderr:
        failures.append(f"{file} {neuron}: exit {outcome.exit}, not {exit}: {outcome.stderr}")


refuse("dumps/one.npz", "9", 2, "LAYER:INDEX")
refuse("dumps/one.npz", ":3", 2, "LAYER:INDEX")
refuse("dumps/one.npz", "0:-1", 2, "LAYER:INDEX")
refuse("dumps/one.npz", "9:0", 2, "no such neuron")
refuse("dumps/one.npz", "0:3", 2, "no such neuron")
refuse("dumps/one.npz", "0:1", 2, "an analysis of neurons", "activation-sparsity")
refuse("dumps/damaged-deflate.npz", "0:1", 3, "could not be read")
entries = json.loads((FIXTURES / "tops.json").read_text())
for one in entries:
    check(one)
print(f"{sum(len(e['neurons']) for e in entries)} neurons of {len(entries)} dumps, {len(failures)} differ")
sys.exit("\n".join(failures[:20]) if failures else 0)
