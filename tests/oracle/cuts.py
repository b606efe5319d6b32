#!/usr/bin/python3
# A small file of each format, cut at every length: refused in one sentence, or the tensors it concerns are noted.
# SPDX-License-Identifier: GPL-3.0-or-later
"""cuts.py CLI    Python alone; one process a cut"""

import json
import os
import pathlib
import shutil
import struct
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import containers  # noqa: E402
import pickles  # noqa: E402
from concurrent.futures import ThreadPoolExecutor  # noqa: E402

CLI = sys.argv[1]
SHAPE = (2, 2)
DATA = struct.pack("<4f", 1, 0, -2, 0.5)
NPY = containers.npy_bytes("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", DATA)
TENSOR = {"size": SHAPE, "stride": (2, 1), "numel": 4}
SAFE = containers.safetensors_bytes([("a.weight", "F32", SHAPE, DATA)])
failures = []


def every_format():
    yield "m.safetensors", SAFE
    yield "m.npy", NPY
    yield "stored.npz", containers.zip_bytes([("w.npy", NPY)])
    yield "deflated.npz", containers.zip_bytes([("w.npy", NPY)], True)
    yield "zip.pt", pickles.archive(pickles.program(pickles.mapping(w=pickles.tensor(**TENSOR))), {"0": DATA})
    body = pickles.program(pickles.mapping(w=pickles.tensor(view=(), **TENSOR)))
    yield "legacy.pth", b"".join(pickles.legacy(body, storages=[(4, DATA)]))
    yield "m.safetensors.gz", containers.gz(SAFE)
    yield "m.safetensors.xz", containers.xz(SAFE)
    yield "lists.json", b'{"tokens": [1e9, 2e9], "ratio": [0.1, 0.09]}'
    if shutil.which("zstd"):
        yield "m.safetensors.zst", containers.zst(SAFE)


def notes(text):
    table = json.loads(text)["results"][0]["tables"]["tensors"]
    place = [column["name"] for column in table["columns"]].index("note")
    return [row[place] for row in table["rows"]]


def trouble(name, path):
    """What is wrong with the answer to a cut file; None if nothing."""
    done = subprocess.run([CLI, "analyze", path, "-a", "weight-sparsity"], capture_output=True, text=True, timeout=120,
                          env={**os.environ, "LC_ALL": "C.UTF-8"}, check=False)
    if done.returncode == 3:
        if done.stderr.count("\n") != 1 or name not in done.stderr or done.stdout:
            return f"exit 3, but said {done.stderr!r}"
    elif done.returncode == 1:
        if not any(notes(done.stdout)):
            return "exit 1, but no tensor has a note"
    else:
        return f"exit {done.returncode}: {done.stderr!r}"
    return None


def cut(folder, name, data, length):
    place = folder / f"{length}-{name}"
    place.mkdir()
    path = place / name
    path.write_bytes(data[:length])
    if problem := trouble(name, path):
        failures.append(name)
        print(f"{name} cut at {length} of {len(data)}: {problem}"[:300], flush=True)
    shutil.rmtree(place)


with tempfile.TemporaryDirectory() as root, ThreadPoolExecutor(2) as pool:
    for file, content in every_format():
        (pathlib.Path(root) / file).write_bytes(content)
        whole = subprocess.run([CLI, "analyze", pathlib.Path(root) / file, "-a", "weight-sparsity"], capture_output=True, check=False)
        if whole.returncode != 0:
            failures.append(file)
            print(f"{file} whole: exit {whole.returncode}: {whole.stderr!r}", flush=True)
        list(pool.map(lambda n, f=file, c=content: cut(pathlib.Path(root), f, c, n), range(len(content))))
        print(f"{file}: {len(content)} cuts", flush=True)
print(f"{len(failures)} wrong answers")
sys.exit(1 if failures else 0)
