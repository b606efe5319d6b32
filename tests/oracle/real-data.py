#!/usr/bin/python3
# Compares the command line with PyTorch and NumPy on real checkpoints, kept outside the tree.
# SPDX-License-Identifier: GPL-3.0-or-later
"""real-data.py CLI FOLDER [NAME…]    every .safetensors, .pt, .pth, .pth.tar, .ckpt and .npz below FOLDER

Needs numpy and torch.  Layer and part of a tensor are taken from the command line's own row (names are read
elsewhere); every figure, the counted set's sums, the threshold and what pruning costs are computed here."""

import json
import pathlib
import pickle
import re
import struct
import sys
import tempfile
import types
import warnings
import zipfile
from unittest import mock

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import numpy as np  # noqa: E402
import torch  # noqa: E402

import command  # noqa: E402
import compare  # noqa: E402
import good_torch  # noqa: E402
import measures  # noqa: E402
from measures import Tensor  # noqa: E402
from writers import E4M3, E5M2, NUMPY_DTYPES, bf16_values  # noqa: E402

KINDS = (".safetensors", ".pt", ".pth", ".pth.tar", ".ckpt", ".npz")
RUNS = [(0.0, "absolute", 0.5, False), (0.1, "relative", 0.9, False), (1e-3, "absolute", 0.3, True)]
NUMPY_NAMES = {np.dtype(v): k for k, v in NUMPY_DTYPES.items()}
WEIGHT_KEYS = ("state_dict", "model_state_dict", "model")
TRAINING = re.compile(r"(^|\.)(optimizer\w*|compression_sched|lr_schedulers|callbacks)\.")
BUFFER = re.compile(r"(^|\.)(running_mean|running_var|num_batches_tracked|position_ids|inv_freq)(\.\d+)?$")
LEAST_NORMAL = 2.0 ** -126      # wide bins tell nothing of what is smaller


class Stranger(tuple):
    """Stands for a class whose module is not installed; does nothing, keeps what it was made of."""

    def __new__(cls, *arguments, **named):
        return super().__new__(cls, arguments)


class Tolerant(good_torch.Inert):
    def find_class(self, module, name):
        try:
            return super().find_class(module, name)
        except (ImportError, AttributeError):
            return type(name, (Stranger,), {})


def decoded(kind, data):
    if kind == "BF16":
        return bf16_values(np.frombuffer(data, "<u2"))
    if kind in ("F8_E4M3", "F8_E5M2"):
        return (E4M3 if kind == "F8_E4M3" else E5M2)[np.frombuffer(data, np.uint8)]
    return np.frombuffer(data, NUMPY_DTYPES[kind]).astype(np.float64)


def read_safetensors(path):
    data = path.read_bytes()
    start = 8 + struct.unpack("<Q", data[:8])[0]
    for name, entry in json.loads(data[8:start]).items():
        if name != "__metadata__":
            begin, end = entry["data_offsets"]
            values = decoded(entry["dtype"], data[start + begin:start + end]).reshape(entry["shape"])
            yield Tensor(name, None, entry["dtype"], values)


def read_member(name, file):
    """One npy member; arrays of objects are pickles and stay unread."""
    version = np.lib.format.read_magic(file)
    shape, fortran, kind = np.lib.format._read_array_header(file, version)
    if kind not in NUMPY_NAMES:
        return Tensor(name, None, "?", has_note=True, shape=shape, skip=("dtype",))
    values = np.frombuffer(file.read(), kind).astype(np.float64).reshape(shape, order="F" if fortran else "C")
    return Tensor(name, None, NUMPY_NAMES[kind], values)


def read_npz(path):
    with zipfile.ZipFile(path) as members:
        for name in members.namelist():
            with members.open(name) as file:
                yield read_member(name.removesuffix(".npy"), file)


def place(t):
    return t.storage().data_ptr(), t.storage_offset(), tuple(t.shape), t.stride()


def read_torch(path):
    tolerant = types.SimpleNamespace(**{**vars(pickle), "Unpickler": Tolerant})
    with mock.patch.object(torch.serialization, "pickle", tolerant):
        value = torch.load(path, map_location="cpu")
    weights = next((k for k in WEIGHT_KEYS if isinstance(value, dict) and isinstance(value.get(k), dict)), None)
    found = sorted(((n.lstrip("."), t) for n, t in good_torch.flat(value)), key=lambda p: measures.natural_key(p[0]))
    first = {}
    for name, t in sorted(found, key=lambda p: weights is not None and not p[0].startswith(weights + ".")):
        beside = weights is not None and not name.startswith(weights + ".")
        alias = first.setdefault(place(t), name) if t.numel() else name
        yield Tensor(name, None, good_torch.DTYPES[t.dtype], good_torch.dense(t), optional=beside,
                     alias=alias if alias != name else None)


def read(path):
    if path.name.endswith(".safetensors"):
        return list(read_safetensors(path))
    return list(read_npz(path) if path.name.endswith(".npz") else read_torch(path))


def borrow_roles(cli, path, tensors):
    """Layer and part from the command line's rows.  Of what lies beside the weights, the state of the training
    never counts; for the rest the definitions leave it open, so the rows decide."""
    outcome = command.analyze(cli, path, {"embeddings": True, "vectors": True})
    rows = command.tables(command.document(outcome.stdout))["tensors"]
    names = [t.name for t in sorted(tensors, key=lambda t: t.optional)]
    pairs, _ = command.match(names, rows)
    for t in tensors:
        row = pairs[t.name]
        t.layer, t.part = (row["layer"], row["group"]) if row else (None, "other")
        beside = t.optional and (bool(TRAINING.search(t.name)) or not row or not row["counted"])
        t.never_counted = beside or bool(BUFFER.search(t.name))
        if t.readable and t.dtype in ("F32", "F64") and t.values.size and np.abs(t.values).max() < LEAST_NORMAL:
            t.skip = {*t.skip, "gini"}
        if t.readable and t.values.ndim < 2 and t.part != "vectors":
            yield f"{t.name} has rank {t.values.ndim}, but its part is {t.part}"


def check(cli, path, place):
    tensors = read(path)
    try:
        yield from borrow_roles(cli, path, tensors)
    except (ValueError, KeyError, StopIteration, TypeError) as error:
        yield f"cannot use the output: {error!r}"
        return
    exit = 0 if all(t.readable for t in tensors) else 1
    document = measures.fixture_expected(str(path), tensors, exit=exit, runs=RUNS)
    for n, expected in enumerate(document["runs"]):
        yield from (f"run {n}: {r}" for r in compare.check_good_run(cli, path, document, expected, place))


def main(arguments):
    if len(arguments) < 2:
        sys.exit(__doc__)
    warnings.filterwarnings("ignore")
    cli, folder, *wanted = arguments
    report = compare.Report()
    cli, folder = str(pathlib.Path(cli).resolve()), pathlib.Path(folder).resolve()
    with tempfile.TemporaryDirectory() as root:
        place = compare.Workplace(root)
        for path in sorted(p for p in folder.rglob("*") if p.name.endswith(KINDS)):
            if not wanted or any(w in str(path) for w in wanted):
                report.line(str(path.relative_to(folder)), check(cli, path, place))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
