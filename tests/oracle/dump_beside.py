#!/usr/bin/python3
# What a dump is and what lies beside it: sites, and how they are chosen.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dump_beside.py CLI    dumps in safetensors, made at the time; Python alone, no figure of the program is used"""

import json
import pathlib
import random
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from command import document, run  # noqa: E402

CLI = sys.argv[1]
failures = []


def expect(what, want, have):
    if want != have:
        failures.append(f"{what}: {have!r}, not {want!r}")


def write(path, tensors, **metadata):
    """name → (shape, what struct packs, values)"""
    header, data = {"__metadata__": metadata} if metadata else {}, b""
    kinds = {"f": "F32", "i": "I32", "q": "I64", "B": "U8", "e": "F16"}
    for name, (shape, code, values) in tensors.items():
        body = struct.pack(f"<{len(values)}{code}", *values)
        header[name] = {"dtype": kinds[code], "shape": shape, "data_offsets": [len(data), len(data) + len(body)]}
        data += body
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)
    return path


def analyze(paths, **params):
    words = [word for name, value in params.items() for word in ("--set", f"activation-sparsity.{name}={value}")]
    outcome = run([CLI, "analyze", *map(str, paths), "-a", "activation-sparsity", *words, "--format", "json"])
    for trouble in outcome.trouble():
        failures.append(f"{paths}: {trouble}")
    return outcome


def result_of(*paths, **params):
    outcome = analyze(paths, **params)
    if outcome.exit != 0:
        raise SystemExit(f"{paths} {params}: exit {outcome.exit}: {outcome.stderr}")
    result = document(outcome.stdout)["results"][0]
    for table in result["tables"].values():
        columns = [c["name"] for c in table["columns"]]
        table["rows"] = [dict(zip(columns, row)) for row in table["rows"]]
    return result


# --- sites ---------------------------------------------------------------------------------------


def some(seed, tokens=30, neurons=8):
    """A tensor, and how many of its elements are not zero."""
    chance = random.Random(seed)
    values = [float(chance.random() < 0.4) for _ in range(tokens * neurons)]
    return ([tokens, neurons], "f", values), int(sum(values))


def dump(folder, name, patterns, **metadata):
    """patterns: name with {} → (layers, neurons); path and pattern → active of each layer."""
    tensors, active = {}, {}
    for number, (pattern, (layers, neurons)) in enumerate(patterns.items()):
        for layer in range(layers):
            tensors[pattern.format(layer)], count = some(f"{name} {number} {layer}", 30, neurons)
            active.setdefault(pattern, []).append(count)
    return write(folder / name, tensors, **metadata), active


def check_site(what, path, active, shown, **params):
    result = result_of(path, **params)
    expect(f"{what}: layers", list(range(len(active))), [row["layer"] for row in result["tables"]["layers"]["rows"]])
    expect(f"{what}: active", active, [row["active"] for row in result["tables"]["layers"]["rows"]])
    expect(f"{what}: named {shown}", True, result["definition"].endswith(f" in {shown}."))
    return [note for note in result["notes"] if note.startswith("Also here")]


def check_choice(folder):
    path, active = dump(folder, "three.safetensors", {"gate.{}": (3, 8), "act.{}": (3, 8), "resid.{}": (4, 5)})
    also = check_site("three", path, active["act.{}"], "act.*")
    expect("three: the note", ["Also here: gate.*, resid.*; choose one with site."], also)
    for pattern in active:
        site = pattern.format("*")
        check_site(f"three {site}", path, active[pattern], site, site=site)
    outcome = analyze([path], site="hidden.*")
    expect("no such site", 2, outcome.exit)
    expect("no such site: the sentence", True, "there is no 'hidden.*' here; there is act.*, gate.*, resid.*" in outcome.stderr)
    bigger, active = dump(folder, "bigger.safetensors", {"act.{}": (2, 8), "gate.{}": (2, 9)})
    check_site("most elements", bigger, active["gate.{}"], "gate.*")
    many, _ = dump(folder, "many.safetensors", {f"at{n}.act.{{}}": (2, 3) for n in range(20)})
    expect("a list that ends", ["Also here: at1.act.*, at2.act.*, at3.act.*, at4.act.* and 15 more; choose one with site."],
           [note for note in result_of(many)["notes"] if note.startswith("Also")])


def check_stores(folder):
    """Names that two dumps have are told apart by the dumps' own."""
    (one, a), (two, b) = (dump(folder, f"{name}.safetensors", {"act.{}": (2, 8)}) for name in ("one", "two"))
    for site, want in (("one.safetensors:act.*", a), ("two.safetensors:act.*", b), ("act.*", a), (None, a)):
        result = result_of(one, two, **({"site": site} if site else {}))
        expect(f"{site} of two dumps", want["act.{}"], [row["active"] for row in result["tables"]["layers"]["rows"]])


def check_names(folder):
    """Each as its library writes it, the layers in order."""
    for number, pattern in enumerate((
            "act_{}", "act_fn_{}", "activation_{}", "layer_{}.act", "layer{}.mlp.act_fn", "blocks.{}.mlp.hook_post", "gate.{}", "gate_{}",
            "layers.{}.gate", "layers.{}.gate_act", "model.layers.{}.mlp.gate_proj.act", "model.layers.{}.mlp.down_proj.input",
            "blocks.{}.mlp.out.hook_in", "encoder.layer.{}.intermediate.intermediate_act_fn", "transformer.h.{}.mlp", "act[{}]")):
        path, active = dump(folder, f"named-{number}.safetensors", {pattern: (3, 8)})
        check_site(pattern, path, active[pattern], pattern.format("*"))


def check_unsure(folder):
    """No name tells, but the shapes do: chosen by name, never by itself; not where there are parameters."""
    path, active = dump(folder, "unsure.safetensors", {"hidden_{}": (3, 8), "h.{}": (2, 6), "once.{}": (1, 6)})
    result = result_of(path)
    expect("unsure: nothing by itself", [], result["tables"]["layers"]["rows"])
    expect("unsure: the sentence", "Nothing here has a name that tells recorded activations; they could be h.*, hidden_*: "
           "choose with site.", result["definition"])
    for pattern in ("hidden_{}", "h.{}"):
        check_site(f"unsure {pattern}", path, active[pattern], pattern.format("*"), site=pattern.format("*"))
    tensors = {f"mixed.{n}": some(n, 30, 8 + n)[0] for n in range(3)}
    expect("no two of one shape", 2, analyze([write(folder / "mixed.safetensors", tensors)]).exit)
    tensors = {f"h.{n}": some(n)[0] for n in range(3)}
    expect("a checkpoint", 2, analyze([write(folder / "parameters.safetensors", {**tensors, "x.weight": some(1)[0]})]).exit)
    router = {f"layers.{n}.mlp.gate": some(n)[0] for n in range(2)}
    expect("a router", True, result_of(write(folder / "router.safetensors", router))["definition"].startswith("Nothing here"))


def main():
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_choice, check_stores, check_names, check_unsure):
            check(pathlib.Path(folder))
    print("\n".join(failures) or "sites: as they should be")
    sys.exit(bool(failures))


main()
