# bench-dump.py - both analyses of an activation dump in one reading: against pread, and against PyTorch, in one run
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench-dump.py CLI [GIBIBYTES]: f16 [tokens, 32768 neurons], nine in ten zero as after ReLU, in the page cache, all cores for
# all.  PyTorch computes the counts of both on blocks of tokens; its start is not counted, ours is.  Figures are compared first.
import json
import os
import struct
import subprocess
import sys
import tempfile
import threading
import time

try:
    import numpy
    import torch
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

NEURONS, PIECE, ROWS = 32768, 4 << 20, 512


def write_dump(path, n_bytes):
    tokens = n_bytes // 2 // NEURONS
    header = json.dumps({"act.0": {"dtype": "F16", "shape": [tokens, NEURONS], "data_offsets": [0, tokens * NEURONS * 2]}}).encode()
    header += b" " * (-len(header) % 8)
    random = numpy.random.default_rng(1)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(header)) + header)
        for row in range(0, tokens, ROWS):
            block = random.standard_normal((min(ROWS, tokens - row), NEURONS), dtype=numpy.float32)
            file.write(numpy.where(block > 1.28, block, 0).astype(numpy.float16).tobytes())
    return tokens, 8 + len(header)


def pread_all(path):
    """Into one reused buffer a thread."""
    size, n = os.path.getsize(path), os.cpu_count()
    file = os.open(path, os.O_RDONLY)

    def read(first, last):
        buffer = bytearray(PIECE)
        for at in range(first, last, PIECE):
            os.preadv(file, [buffer], at)
    threads = [threading.Thread(target=read, args=(size * i // n, size * (i + 1) // n)) for i in range(n)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    os.close(file)


def measure_with_torch(path, tokens, start):
    values = torch.from_numpy(numpy.memmap(path, numpy.float16, "r+", start).reshape(tokens, NEURONS))
    by_neuron = torch.zeros(NEURONS, dtype=torch.int64)
    by_token, finite, largest = [], 0, 0.0
    limits = torch.logspace(-5, 1, 200)
    below = torch.zeros(200, dtype=torch.int64)
    for row in range(0, tokens, ROWS):
        block = values[row:row + ROWS].float()
        active = block != 0
        by_neuron += active.sum(0)
        by_token.append(active.sum(1))
        finite += int(torch.isfinite(block).sum())
        magnitude = block.abs().flatten()
        below += torch.bincount(torch.bucketize(magnitude, limits), minlength=201)[:200].cumsum(0)
        largest = max(largest, float(magnitude.max()))
    frequency = by_neuron.double() / tokens
    return {"active": int(by_neuron.sum()), "finite": finite, "least": int(torch.cat(by_token).min()),
            "dead": int((frequency < 0.001).sum()), "rare": int((frequency <= 0.01).sum()), "by_neuron": by_neuron.tolist()}


def measure_with_program(cli, path):
    out = subprocess.run([cli, "analyze", path, "-a", "activation-sparsity,lazy-neurons", "--format", "json"],
                         check=True, capture_output=True, text=True).stdout
    found = {}
    for result in json.loads(out)["results"]:
        for name in ("layers", "neurons"):
            if table := result["tables"].get(name):
                columns = [column["name"] for column in table["columns"]]
                found[result["analysis"], name] = [dict(zip(columns, row)) for row in table["rows"]]
    return found


def compare(ours, theirs):
    layer, lazy = ours["activation-sparsity", "layers"][0], ours["lazy-neurons", "layers"][0]
    assert layer["active"] == lazy["fired"] == theirs["active"] and layer["activations"] == theirs["finite"]
    assert round(layer["token_least"] * NEURONS) == theirs["least"]
    assert (lazy["dead"], lazy["rare"]) == (theirs["dead"], theirs["rare"])
    assert [row["fired"] for row in ours["lazy-neurons", "neurons"]] == theirs["by_neuron"]


def timed(function, *arguments):
    started = time.monotonic()
    value = function(*arguments)
    return value, time.monotonic() - started


cli, n_bytes = sys.argv[1], int(float(sys.argv[2] if len(sys.argv) > 2 else 1) * 2**30)
torch.set_num_threads(os.cpu_count())
with tempfile.TemporaryDirectory() as folder:
    path = os.path.join(folder, "dump.safetensors")
    tokens, start = write_dump(path, n_bytes)
    reading = min(timed(pread_all, path)[1] for _ in range(5))
    ours, seconds = min((timed(measure_with_program, cli, path) for _ in range(5)), key=lambda pair: pair[1])
    theirs, torch_seconds = timed(measure_with_torch, path, tokens, start)
    compare(ours, theirs)
    print(f"activation-sparsity and lazy-neurons, {n_bytes / 2**30:.2f} GiB f16, {os.cpu_count()} threads: pread {reading * 1e3:.0f} ms, "
          f"program {seconds * 1e3:.0f} ms with its start, ratio {seconds / reading:.2f}; PyTorch {torch.__version__} "
          f"{torch_seconds:.2f} s: {torch_seconds / seconds:.0f} times")
