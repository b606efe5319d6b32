# bench-peer.py - weight-sparsity against the same figures in PyTorch, in one run
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench-peer.py CLI [GIBIBYTES]: a bf16 file in the page cache, all cores for both.  PyTorch is written as one would who
# wants it fast: whole-tensor operations, one sort for Gini, the curve and pruning.  Its start is not counted, ours is.
# The figures of both are compared first: a quick wrong answer is no peer.
import json
import os
import struct
import subprocess
import sys
import tempfile
import time

try:
    import numpy
    import torch
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

COLUMNS, EPS, PRUNE, N_CURVE = 8192, 0.01, 0.5, 200


def write_model(path, n_bytes):
    rows = n_bytes // 2 // COLUMNS
    header = json.dumps({"model.layers.0.mlp.up_proj.weight": {"dtype": "BF16", "shape": [rows, COLUMNS],
                                                               "data_offsets": [0, rows * COLUMNS * 2]}}).encode()
    header += b" " * (-len(header) % 8)
    random = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for row in range(0, rows, 1024):
            block = random.standard_normal((min(1024, rows - row), COLUMNS), dtype=numpy.float32) * numpy.float32(0.02)
            file.write((block.view(numpy.uint32) >> 16).astype(numpy.uint16).tobytes())
    return rows, 8 + len(header)


def measure_with_torch(path, rows, start):
    raw = numpy.fromfile(path, dtype=numpy.int16, offset=start)
    w = torch.from_numpy(raw).view(torch.bfloat16).view(rows, COLUMNS).float()
    magnitude = w.abs()
    flat = magnitude.flatten()
    n = flat.numel()
    found = {"zeros": int((w == 0).sum()), "near_zero": int((magnitude <= EPS).sum()),
             "non_finite": int((~torch.isfinite(w)).sum()), "min": float(w.min()), "max": float(w.max()),
             "rms": float(w.square().sum(dtype=torch.float64) / n) ** 0.5,
             "zero_rows": int((magnitude.amax(1) == 0).sum()), "zero_columns": int((magnitude.amax(0) == 0).sum())}
    ordered, _ = flat.sort()
    ranks = torch.arange(1, n + 1, dtype=torch.float64)
    total = float(ordered.sum(dtype=torch.float64))
    found["gini"] = float(((2 * ranks - n - 1) * ordered).sum()) / (n * total)
    k = int(n * PRUNE)
    found["prune_threshold"] = float(ordered[k - 1])
    found["pruned"] = int(torch.searchsorted(ordered, ordered[k - 1], right=True))
    limits = torch.logspace(-6, 0, N_CURVE)
    found["curve"] = torch.searchsorted(ordered, limits, right=True).tolist()
    return found


def measure_with_program(cli, path):
    out = subprocess.run([cli, "analyze", path, "-a", "weight-sparsity", "--set", f"weight-sparsity.eps={EPS}",
                          "--set", f"weight-sparsity.prune={PRUNE}", "--format", "json"],
                         check=True, capture_output=True, text=True).stdout
    tables = json.loads(out)["results"][0]["tables"]
    names = [column["name"] for column in tables["tensors"]["columns"]]
    found = dict(zip(names, tables["tensors"]["rows"][0]))
    found.update({row[0]: row[1] for row in tables["summary"]["rows"] if row[0] not in found})
    return found


def compare(ours, theirs):
    for name in ("zeros", "near_zero", "non_finite", "min", "max", "zero_rows", "zero_columns", "prune_threshold",
                 "pruned"):
        assert ours[name] == theirs[name], f"{name}: {ours[name]} is not {theirs[name]}"
    assert abs(ours["gini"] - theirs["gini"]) < 1e-9 and abs(ours["rms"] / theirs["rms"] - 1) < 1e-9


def timed(function, *arguments):
    started = time.monotonic()
    value = function(*arguments)
    return value, time.monotonic() - started


cli, n_bytes = sys.argv[1], int(float(sys.argv[2] if len(sys.argv) > 2 else 0.25) * 2**30)
torch.set_num_threads(os.cpu_count())
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "model.safetensors")
    rows, start = write_model(path, n_bytes)
    theirs, torch_seconds = timed(measure_with_torch, path, rows, start)
    ours, seconds = min((timed(measure_with_program, cli, path) for _ in range(3)), key=lambda pair: pair[1])
    compare(ours, theirs)
    print(f"weight-sparsity, {n_bytes / 2**30:.2f} GiB bf16, {os.cpu_count()} threads: program {seconds * 1e3:.0f} ms with "
          f"its start, PyTorch {torch.__version__} {torch_seconds:.2f} s: {torch_seconds / seconds:.0f} times")
