#!/usr/bin/python3
# The map of features and tokens on the command line, against codes in NumPy and the rules of what it shows, written anew.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_map.py CLI"""

import csv
import io
import json
import pathlib
import struct
import sys

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import numpy as np  # noqa: E402

import command  # noqa: E402
import saes  # noqa: E402
from compare import Report  # noqa: E402

FIXTURES, SAMPLE = HERE.parent / "fixtures/saes", HERE.parents[1] / "data/sample"
DTYPES = {"F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4"}
ROWS, TOPS, REACH, TOKENS = 32, 10, 8, 256
NOTE = "only those of the"


def read(path):
    data = path.read_bytes()
    n, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    return {name: np.frombuffer(data[8 + n:], DTYPES[t["dtype"]], (t["data_offsets"][1] - t["data_offsets"][0]) // np.dtype(
        DTYPES[t["dtype"]]).itemsize, t["data_offsets"][0]).reshape(t["shape"]) for name, t in header.items() if name != "__metadata__"}


def load(folder):
    w = {k: v.astype(np.float64) for k, v in read(folder / "sae_weights.safetensors").items()}
    config = json.loads((folder / "cfg.json").read_text())
    has_pre_bias = config.get("apply_b_dec_to_input", True)
    sae = {"activation": config["architecture"], "E": w["W_enc"], "D": w["W_dec"], "b_enc": w["b_enc"], "b_dec": w["b_dec"],
           "b_pre": w["b_dec"] if has_pre_bias else np.zeros_like(w["b_dec"]), "k": config.get("k", 0)}
    return {**sae, "threshold": w["threshold"]} if "threshold" in w else sae


class Dump:
    def __init__(self, sae, path, name):
        tensors = read(path)
        x = tensors[name].astype(np.float64)
        self.f = saes.run(load(sae), x)[0].astype(np.float32)
        seq = tensors.get("seq", np.zeros(len(x)))
        self.begins = np.concatenate(([True], np.diff(seq) != 0))
        texts = path.parent / "tokens.json"
        self.texts = json.loads(texts.read_text()) if texts.exists() else None

    def tops(self, feature):
        """Largest first, of equals the first token first."""
        column = self.f[:, feature]
        return [t for t in np.argsort(-column, kind="stable")[:TOPS] if column[t] > 0]

    def window(self, token, reach):
        first, end = token, token + 1
        while token - first < reach and not self.begins[first]:
            first -= 1
        while end <= token + reach and end < len(self.f) and not self.begins[end]:
            end += 1
        return range(first, end)

    def around(self, rows, most):
        """The strongest token of each row with what is around it, then the second; as long as there is room."""
        reach = min(REACH, (max(most // len(rows), 1) - 1) // 2)
        found, tops = set(), [self.tops(row) for row in rows]
        for rank in range(TOPS):
            for one in tops:
                if rank < len(one):
                    window = self.window(one[rank], reach)
                    if found and len(found) + len(window) > most:
                        return sorted(found)
                    found.update(window)
        return sorted(found)

    def strongest(self):
        """By the largest code, those that fire at more than a hundredth of the tokens last; then by where that is."""
        largest, is_dense = self.f.max(0), (self.f > 0).mean(0) > 0.01
        order = sorted((i for i in range(self.f.shape[1]) if largest[i] > 0), key=lambda i: (is_dense[i], -largest[i], i))[:ROWS]
        return sorted(order, key=lambda i: self.tops(i)[0])

    def beside(self, feature, columns):
        largest = self.f[columns].max(0)
        order = sorted((i for i in range(len(largest)) if largest[i] > 0), key=lambda i: (-largest[i], i))
        return [feature] + [i for i in order if i != feature][:ROWS - 1]


def ask(cli, sae, dump, **params):
    words = [word for key, value in params.items() for word in ("--set", f"sae-features.{key.replace('_', '-')}={value}")]
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(sae), str(dump), "--format", "csv", "--table", "features-tokens",
                           *words])
    return outcome, list(csv.DictReader(io.StringIO(outcome.stdout)))


def compare(outcome, cells, dump, rows, columns):
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
        return
    found = list(dict.fromkeys(int(c["row"]) for c in cells)), list(dict.fromkeys(int(c["column"]) for c in cells))
    for what, ours, wanted in zip(("features", "tokens"), found, (rows, columns)):
        if ours != [int(i) for i in wanted]:
            yield f"{what} are {ours}, not {[int(i) for i in wanted]}"
            return
    values = np.array([float(c["mean"]) for c in cells]).reshape(len(rows), len(columns))
    wanted = dump.f[np.ix_(columns, rows)].T
    if not np.allclose(values, wanted, rtol=1e-4, atol=1e-4) or np.any((values != 0) != (wanted != 0)):
        yield f"codes are off by up to {np.abs(values - wanted).max()}"
    if dump.texts is not None and [c["text"] for c in cells[:len(columns)]] != [dump.texts[t].replace("▁", " ") for t in columns]:
        yield "texts are others"


def check(cli, sae, path, name):
    dump = Dump(sae, path, name)
    active = [int(i) for i in np.flatnonzero(dump.f.max(0) > 0)]

    def same(rows, columns, **params):
        return compare(*ask(cli, sae, path, **params), dump, rows, columns)
    strongest = dump.strongest()
    yield from same(strongest, dump.around(strongest, TOKENS))
    yield from same(strongest, dump.around(strongest, 40), map_tokens=40)
    asked = active[3:6] + [active[0]]
    yield from same(asked, dump.around(asked, TOKENS), features=",".join(map(str, asked)))
    yield from same([3, 4, 5, 1], list(range(50)), features="3-5; 1 4", map_at="first", map_tokens=50)
    for one in active[::7]:
        columns = dump.around([one], TOKENS)
        yield from same(dump.beside(one, columns), columns, selected=one)
    both = [active[1]] + [i for i in asked if i != active[1]]
    yield from same(both, dump.around(both, 100), selected=active[1], features=",".join(map(str, asked)), map_tokens=100)


def check_dead(cli):
    """A feature that never fires is a row of zeros; the tokens are the first."""
    sae, path = FIXTURES / "saelens-topk", FIXTURES / "x.safetensors"
    dump = Dump(sae, path, "hidden.1")
    dead = int(np.flatnonzero(dump.f.max(0) <= 0)[0])
    yield from compare(*ask(cli, sae, path, features=dead, map_tokens=20), dump, [dead], list(range(20)))


def check_room(cli, sae, path, name, memory):
    """Where there is no room for all codes, a feature's strongest token is still there, and what is there is right."""
    dump = Dump(sae, path, name)
    active, n_whole = np.flatnonzero(dump.f.max(0) > 0), 0
    for one in active:
        outcome, cells = ask(cli, sae, path, selected=one, map_memory=memory)
        rows, columns = (list(dict.fromkeys(int(c[key]) for c in cells)) for key in ("row", "column"))
        yield from compare(outcome, cells, dump, rows, columns)
        if rows[0] != one or dump.tops(one)[0] not in columns:
            yield f"of {one} there is {columns}, not {dump.tops(one)[0]}"
        if not set(columns) <= set(dump.around([one], TOKENS)):
            yield f"of {one} there is more than what stands around its strongest tokens"
        n_whole += columns == dump.around([one], TOKENS)
    if n_whole > len(active) / 4:
        yield f"of {n_whole} of {len(active)} everything is there, though there is no room"
    words = ["--set", f"sae-features.map-memory={memory}"]
    notes = json.loads(command.run([cli, "analyze", "-q", "-a", "sae-features", str(sae), str(path), *words]).stdout)["results"][0]["notes"]
    if not any("there is no room" in note for note in notes):
        yield "nothing says so"


def check_mistakes(cli):
    sae, path = FIXTURES / "saelens-topk", FIXTURES / "x.safetensors"
    for text in ("x", "5,-3", "7-5", "1-", "99999999", "1.5"):
        outcome, _ = ask(cli, sae, path, features=text)
        if outcome.exit != 2 or "is no feature" not in outcome.stderr:
            yield f"{text}: exit {outcome.exit}, {outcome.stderr.strip()}"
    for text, is_noted in (("3,500", True), ("0-16777215", True), ("3,5", False)):
        outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(sae), str(path), "--set", f"sae-features.features={text}"])
        yield from outcome.trouble()
        if outcome.exit != 0 or any(NOTE in note for note in json.loads(outcome.stdout)["results"][0]["notes"]) != is_noted:
            yield f"{text}: exit {outcome.exit}, a note is {'missing' if is_noted else 'there'}"


def main():
    cli = sys.argv[1]
    report = Report()
    for name in ("saelens-topk", "saelens-jumprelu"):
        report.line(name, check(cli, FIXTURES / name, FIXTURES / "x.safetensors", "hidden.1"))
    report.line("sample", check(cli, SAMPLE / "sae", SAMPLE / "residual/hidden.safetensors", "hidden.2"))
    report.line("dead", check_dead(cli))
    report.line("room", check_room(cli, SAMPLE / "sae", SAMPLE / "residual/hidden.safetensors", "hidden.2", 0.03))
    report.line("mistakes", check_mistakes(cli))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
