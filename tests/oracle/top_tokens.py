# The tokens at which neurons of the dumps are most active, from whole arrays; and a dump with texts, a mask and batches in HDF5.
# SPDX-License-Identifier: GPL-3.0-or-later
import json
import pathlib
import tempfile

import h5py
import numpy as np

from dumps import relu, tokens_of

N_TOP, N_CONTEXT = 10, 8


def column(arrays, neuron):
    """Rounded to 32 bits, as the program reads a single neuron."""
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        return np.concatenate([tokens_of(v)[:, neuron] for v in arrays]).astype(np.float32).astype(np.float64)


def tops(arrays, neuron, counts=None):
    """[rank, token, activation], the definition word for word."""
    a = column(arrays, neuron)
    a = np.where(np.isfinite(a) & (True if counts is None else counts != 0), a, 0.0)
    falling, rising = np.argsort(-a, kind="stable"), np.argsort(a, kind="stable")
    most = [int(t) for t in falling[:N_TOP] if a[t] > 0]
    least = [int(t) for t in rising[:N_TOP] if a[t] < 0]
    if least and most and -a[least[0]] <= a[most[0]]:
        least = []
    return [[r + 1, t, float(a[t])] for r, t in enumerate(most)] + [[-r - 1, t, float(a[t])] for r, t in enumerate(least)]


def some(layers):
    """Neurons at both ends, and those that recordings here have something odd in."""
    for n, arrays in layers.items():
        width = arrays[0].shape[-1]
        for neuron in sorted({0, 7, 9, width - 1}):
            if neuron < width:
                yield [str(n), neuron, tops(arrays, neuron)]


def with_texts(out):
    """Two batches of sequences; some tokens masked out, some not finite; two neurons that are mostly negative."""
    rng = np.random.default_rng(110)
    shapes, words = ((3, 11, 12), (2, 11, 12)), ["▁a", "b", "Ġc", "▁", "d,", "ee", "▁f", "é", "\"", "ghi", "\u4e00"]
    layers = {n: [relu(rng, s).astype("f4") for s in shapes] for n in (0, 2)}
    for batches in layers.values():
        batches[0][1, 4, 0] = batches[1][0, 0, 0] = np.nan
        batches[0][2, 1, 1] = np.inf
        for batch in batches:
            batch[..., 3] -= 1
            batch[..., 5] = -np.round(np.abs(batch[..., 5]), 1)
    mask = np.ones(55, "i1")
    mask[[0, 9, 10, 33, 34]] = 0
    texts = [words[i] for i in rng.integers(0, len(words), 55)]
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "dump.h5"
        with h5py.File(path, "w") as file:
            for n, batches in layers.items():
                for i, batch in enumerate(batches):
                    file.create_dataset(f"act.{n}.{i}", data=batch, chunks=(1, 4, 5), compression="gzip", track_times=False)
            file.create_dataset("attention_mask", data=mask, track_times=False)
            file.create_dataset("seq", data=np.arange(55) // 7, track_times=False)
        out.file("tops/dump.h5", path.read_bytes())
    out.file("tops/tokens.json", json.dumps(texts, ensure_ascii=False).encode())
    return [[str(n), k, [[*row, *context(texts, row[1])] for row in tops(batches, k, mask)]]
            for n, batches in layers.items() for k in range(12)]


def context(texts, token):
    """Up to a row's end, or to where the number of the sequence changes."""
    shown = [" " + t[1:] if t[0] in "▁Ġ" else t for t in texts]
    own = [t for t in range(len(texts)) if (t // 11, t // 7) == (token // 11, token // 7)]
    return ["".join(shown[max(own[0], token - N_CONTEXT):token]), shown[token],
            "".join(shown[token + 1:min(own[-1], token + N_CONTEXT) + 1])]


def write(out, stored):
    """stored: file → layer → its arrays, of the dumps that can be read."""
    entries = [{"file": "dumps/" + file, "neurons": list(some(layers))} for file, layers in stored.items()
               if layers and min(a.size for arrays in layers.values() for a in arrays[:1])]
    entries.append({"file": "tops/dump.h5", "neurons": with_texts(out)})
    lines = ",\n".join(json.dumps(e, separators=(",", ":"), allow_nan=False, ensure_ascii=False) for e in entries)
    out.file("tops.json", f"[\n{lines}\n]\n".encode())
