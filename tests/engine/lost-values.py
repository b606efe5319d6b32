#!/usr/bin/python3
# Values that are not finite, in weights or on their way through the layers: told by name, and never in a number.
# SPDX-License-Identifier: GPL-3.0-or-later
"""lost-values.py CLI    Standard library only.

What a dump is said to hold is counted in its bytes."""

import json
import pathlib
import re
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402  (it finds the oracle)
from compare import Report  # noqa: E402

GOOD = engine.FIXTURES / "models" / "llama-yarn"  # bf16, two layers
DOWN = "model.layers.{}.mlp.down_proj.weight"
HUGE, NAN = b"\x49\x71", b"\xc0\x7f"  # of bf16: 1e30
EXPONENT = {"BF16": 0x7f80, "F32": 0x7f800000}
WINDOW, N_IDS = 16, 64


def read_dump(path):
    data = pathlib.Path(path).read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    header = json.loads(data[8:start])
    header.pop("__metadata__", None)
    return header, data[start:]


def not_finite(path):
    """→ {name: how many}, of tensors of floats that have such"""
    header, data = read_dump(path)
    found = {}
    for name, entry in header.items():
        if entry["dtype"] in EXPONENT:
            most = EXPONENT[entry["dtype"]]
            begin, end = entry["data_offsets"]
            bits = memoryview(data[begin:end]).cast("H" if entry["dtype"] == "BF16" else "I")
            found[name] = sum(b & most == most for b in bits)
    return {name: n for name, n in found.items() if n > 0}


def changed(place, change):
    """A copy whose weights `change (name, bytes)` gives anew, or None."""
    folder = place / "model"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(GOOD, folder)
    path = folder / "model.safetensors"
    whole = bytearray(path.read_bytes())
    start = 8 + struct.unpack("<Q", whole[:8])[0]
    for name, entry in json.loads(whole[8:start]).items():
        begin, end = (start + at for at in entry.get("data_offsets", (0, 0)))
        whole[begin:end] = change(name, bytes(whole[begin:end])) or whole[begin:end]
    path.write_bytes(whole)
    return folder


def overflowing(place, layer):
    """Products of two weights of this layer are beyond f32."""
    return changed(place, lambda name, data: HUGE * (len(data) // 2) if f"layers.{layer}.mlp.up" in name or name == DOWN.format(layer)
                   else None)


def poisoned(place, layer):
    return changed(place, lambda name, data: data[:-2] + NAN if name == DOWN.format(layer) else None)


def run(cli, *words):
    return subprocess.run([str(cli), *map(str, words)], capture_output=True, text=True, timeout=60)


def perplexity(cli, folder, place):
    return run(cli, "analyze", folder, "-a", "ppl-p", "--as", f"text={place / 'ids.json'}", "--set", f"ppl-p.window={WINDOW}")


def record(cli, folder, place, what, kind="f32"):
    return run(cli, "record", folder, place / "ids.json", "-o", place / "dump.safetensors", "--window", WINDOW, "--what", what,
               "--dtype", kind)


def refused(outcome, *words):
    if outcome.returncode != 3:
        yield f"exit {outcome.returncode}: {outcome.stderr[-300:]}"
    yield from (f"does not say {word!r}: {outcome.stderr[-300:]}" for word in words if word not in outcome.stderr)


def told(outcome, place, first):
    """Of a dump that was written."""
    said = re.search(r"(\d+) values? (?:is|are) not finite,(?: the first)? in (\S+);", outcome.stderr)
    held = not_finite(place / "dump.safetensors") if outcome.returncode == 0 else {}
    if outcome.returncode != 0:
        yield f"exit {outcome.returncode}: {outcome.stderr[-300:]}"
    elif first is None and (said or held):
        yield f"{held}, and said {outcome.stderr[-300:]}"
    elif first is not None and (not said or said[2] != first or int(said[1]) != sum(held.values()) or first not in held):
        yield f"not finite: {held}; said: {outcome.stderr[-300:]}"


def cases(cli, place):
    yield "a weight, perplexity", refused(perplexity(cli, poisoned(place, 1), place), DOWN.format(1), "not finite")
    yield "a weight, recording", refused(record(cli, poisoned(place, 0), place, "act"), DOWN.format(0), "not finite")
    yield "first layer, perplexity", refused(perplexity(cli, overflowing(place, 0), place), "not finite", "hidden states")
    yield "last layer, perplexity", refused(perplexity(cli, overflowing(place, 1), place), "not finite", "hidden states")
    for kind in ("f32", "bf16"):
        yield f"hidden states in {kind}", told(record(cli, overflowing(place, 0), place, "act,gate,resid_pre", kind), place,
                                               "blocks.1.hook_resid_pre")
        yield f"activations in {kind}", told(record(cli, overflowing(place, 0), place, "act", kind), place, "act.1")
    yield "after the last layer", told(record(cli, overflowing(place, 1), place, "act,resid_pre"), place, None)
    yield "nothing lost", told(record(cli, GOOD, place, "act,gate,resid_pre"), place, None)


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    report = Report()
    with tempfile.TemporaryDirectory() as root:
        place = pathlib.Path(root)
        (place / "ids.json").write_text(json.dumps([i * 7 % N_IDS for i in range(3 * WINDOW)]))
        for name, reasons in cases(pathlib.Path(arguments[0]).resolve(), place):
            report.line(name, reasons)
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
