#!/usr/bin/python3
# Writes activation dumps larger than a chunk of reading into a folder, and what their neurons did, in plain Python.
# SPDX-License-Identifier: GPL-3.0-or-later
"""big-dumps.py FOLDER    about 100 MB; entries of big-dumps.json as in fixtures/dumps.json

A dump's tokens are a few rows again and again in an order that does not repeat, so a count is that of the row times how
often it was used, and a neuron counted in its neighbour's place is seen."""

import array
import io
import json
import math
import pathlib
import random
import struct
import sys
import tarfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from containers import gz, npy_bytes, safetensors_bytes, zip_bytes  # noqa: E402
from pickles import archive, program, storage, rebuild, integer, ints, mapping  # noqa: E402

# The program reads 2 097 152 elements at a time: tensors here are larger, so are single batches of them, and no width
# divides it.
VALUES = [0.0, -0.0, 0.25, -0.25, 0.5, -0.5, 0.75, -2.0]
ODD = [math.nan, math.inf, -math.inf]
DESCR = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "U8": "|u1"}


class Dump:
    """T tokens of N neurons."""

    def __init__(self, seed, n_tokens, n_neurons, n_rows=13, odd=True, dtype="F32"):
        rng = random.Random(seed)
        values = [0, 0, 1, 255] if dtype == "U8" else VALUES + (ODD if odd else [])
        busy = [rng.random() for _ in range(n_neurons)]
        self.dtype, self.n_tokens, self.n_neurons = dtype, n_tokens, n_neurons
        self.rows = [[rng.choice(values) if rng.random() < b else 0 for b in busy] for _ in range(n_rows)]
        self.order = [rng.randrange(n_rows) for _ in range(n_tokens)]

    def packed(self, values):
        if self.dtype == "BF16":
            return b"".join(struct.pack("<f", v)[2:] for v in values)
        return struct.pack(f"<{len(values)}{dict(F64='d', F32='f', F16='e', U8='B')[self.dtype]}", *values)

    def data(self):
        rows = [self.packed(row) for row in self.rows]
        return b"".join(rows[n] for n in self.order)

    def columns(self, n_batches=1):
        """In Fortran's order: a neuron after the other, and of these the last index but one before the first."""
        length = self.n_tokens // n_batches
        for n in range(self.n_neurons):
            column = array.array("d" if self.dtype == "F64" else "f", [self.rows[r][n] for r in self.order])
            mixed = column[:]
            for b in range(n_batches):
                mixed[b::n_batches] = column[b * length:(b + 1) * length]
            yield mixed.tobytes()

    def counts(self, layer, eps):
        used = [self.order.count(r) for r in range(len(self.rows))]
        finite = [[math.isfinite(v) for v in row] for row in self.rows]
        fired = [[f and abs(v) > eps for f, v in zip(good, row)] for good, row in zip(finite, self.rows)]

        def total(flags):
            return [sum(u for u, flag in zip(used, column) if flag) for column in zip(*flags)]
        return {"label": str(layer), "layer": layer, "tokens": self.n_tokens, "fired": total(fired), "finite": total(finite)}


def npy(dump, shape, fortran=False):
    header = f"{{'descr': '{DESCR[dump.dtype]}', 'fortran_order': {fortran}, 'shape': {tuple(shape)!r}, }}"
    return npy_bytes(header, b"".join(dump.columns(shape[0] if len(shape) == 3 else 1)) if fortran else dump.data())


def runs(layers):
    return [[{"eps": eps}, [d.counts(n, eps) for n, d in layers.items()]] for eps in (0.0, 0.5)]


def ranks():
    a = {0: Dump(1, 2 * 4201, 509, dtype="F16"), 1: Dump(2, 5 * 1301, 509, dtype="BF16"), 2: Dump(3, 9, 509, dtype="F16")}
    shapes = {0: (2, 4201, 509), 1: (5, 1301, 509), 2: (9, 1, 509)}
    yield "rank-3.safetensors", safetensors_bytes([(f"act.{n}", d.dtype, shapes[n], d.data()) for n, d in a.items()]), a
    wide = {0: Dump(4, 24, 100_003, 3, dtype="U8"), 3: Dump(5, 2 * 22, 100_003, 3, dtype="F16")}
    shapes = {0: (24, 100_003), 3: (2, 22, 100_003)}
    yield "wide.safetensors", safetensors_bytes([(f"act.{n}", d.dtype, shapes[n], d.data()) for n, d in wide.items()]), wide
    thin = {0: Dump(6, 2_200_001, 1, dtype="F32"), 1: Dump(7, 11 * 200_001, 1, dtype="F16")}
    shapes = {0: (2_200_001, 1), 1: (11, 200_001, 1)}
    yield "thin.safetensors", safetensors_bytes([(f"act.{n}", d.dtype, shapes[n], d.data()) for n, d in thin.items()]), thin


def arrays():
    a = {0: Dump(8, 3 * 9001, 131), 1: Dump(9, 16_411, 131)}
    shapes = {0: (3, 9001, 131), 1: (16_411, 131)}
    for deflate in False, True:
        members = [(f"act.{n}.npy", npy(d, shapes[n])) for n, d in a.items()]
        yield f"{'deflated' if deflate else 'stored'}.npz", zip_bytes(members, deflate), a
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    yield "members.tar.gz", gz(packed.getvalue()), a
    f = {0: Dump(10, 300_007, 7, dtype="F64"), 1: Dump(11, 3 * 100_003, 7)}
    members = [("act.0.npy", npy(f[0], (300_007, 7), True)), ("act.1.npy", npy(f[1], (3, 100_003, 7), True))]
    for deflate in False, True:
        yield f"fortran-{'deflated' if deflate else 'stored'}.npz", zip_bytes(members, deflate), f


def strided():
    """PyTorch: whole, and as the transpose of what is stored."""
    d = {0: Dump(12, 20_011, 113), 1: Dump(13, 4 * 5003, 113)}
    sizes = {"act__0": (113 * 20_011, (20_011, 113), (1, 20_011)), "act__1": (113 * 20_012, (4, 5003, 113), (5003 * 113, 113, 1))}
    tensors = {name: rebuild(storage(key=str(n), numel=numel), integer(0), ints(*size), ints(*stride))
               for n, (name, (numel, size, stride)) in enumerate(sizes.items())}
    data = {"0": b"".join(d[0].columns()), "1": d[1].data()}
    yield "strided.pt", archive(program(mapping(**tensors)), data), d


def batches():
    """Two thousand of them, which follow one another by number."""
    whole = Dump(14, 14_000, 41)
    data, step = whole.data(), 7 * 41 * 4
    entries = [(f"act.0.{n}", "F32", (7, 41), data[n * step:(n + 1) * step]) for n in range(2000)]
    yield "batches.safetensors", safetensors_bytes(entries), {0: whole}


def write(folder):
    entries = []
    for group in (ranks, arrays, strided, batches):
        for name, data, layers in group():
            (folder / name).write_bytes(data)
            entries.append({"file": name, "exit": 0, "notes": [], "runs": runs(layers)})
    (folder / "big-dumps.json").write_text("[\n" + ",\n".join(map(json.dumps, entries)) + "\n]\n")
    return entries


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    target = pathlib.Path(sys.argv[1])
    target.mkdir(parents=True, exist_ok=True)
    print(f"{len(write(target))} files")
