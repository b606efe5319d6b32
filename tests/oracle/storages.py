#!/usr/bin/python3
# One model in every container has one set of figures; and what a change of the values must do to them.
# SPDX-License-Identifier: GPL-3.0-or-later
"""storages.py CLI    small random models, made at the time; Python alone (and zstd, if it is there)"""

import json
import math
import pathlib
import random
import shutil
import struct
import sys
import tarfile
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import containers  # noqa: E402
import pickles  # noqa: E402
from command import analyze, document, tables  # noqa: E402

CLI = sys.argv[1]
PACK = {"F64": "d", "F32": "f", "F16": "e", "I8": "b", "U8": "B", "I32": "i", "I64": "q"}
NUMPY = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I8": "|i1", "U8": "|u1", "I32": "<i4", "I64": "<i8"}
TORCH = {"F64": "DoubleStorage", "F32": "FloatStorage", "F16": "HalfStorage", "I8": "CharStorage", "U8": "ByteStorage",
         "I32": "IntStorage", "I64": "LongStorage"}
NAMES = ["model.layers.0.self_attn.q_proj.weight", "model.layers.0.mlp.up_proj.weight", "model.layers.1.mlp.up_proj.weight",
         "model.layers.1.mlp.down_proj.weight", "model.embed_tokens.weight", "model.norm.weight", "lm_head.weight"]
SETTINGS = {"eps": 0.25, "prune": 0.4, "vectors": True, "embeddings": True}
ORIGIN = {"file", "offset", "tensor", "note", "model", "format"}
failures = []


def check(what, is_right, detail=""):
    if not is_right:
        failures.append(f"{what}: {detail}")


def pack(dtype, values):
    return struct.pack(f"<{len(values)}{PACK[dtype]}", *values)


def random_values(chance, dtype, n):
    if dtype.startswith("F"):
        return [0.0 if chance.random() < 0.3 else chance.gauss(0, 1) for _ in range(n)]
    low, high = (0, 200) if dtype == "U8" else (-100, 100)
    return [0 if chance.random() < 0.3 else chance.randint(low, high) for _ in range(n)]


def random_model(chance):
    """(name, dtype, shape, bytes); every dtype once."""
    entries = []
    for name, dtype in zip(NAMES, PACK):
        shape = (chance.randint(1, 30), chance.randint(1, 30))
        entries.append((name, dtype, shape, pack(dtype, random_values(chance, dtype, math.prod(shape)))))
    return entries


# --- the containers --------------------------------------------------------------------------------------------------


def npy(dtype, shape, data):
    return containers.npy_bytes(f"{{'descr': '{NUMPY[dtype]}', 'fortran_order': False, 'shape': {tuple(shape)}, }}", data)


def npz(entries, deflate):
    return containers.zip_bytes([(f"{name}.npy", npy(dtype, shape, data)) for name, dtype, shape, data in entries], deflate)


def state(entries, **more):
    """A pickled state dict whose storages are 0, 1, …"""
    tensors = {}
    for key, (name, dtype, (rows, columns), _) in enumerate(entries):
        tensors[name] = pickles.tensor((rows, columns), (columns, 1), key=str(key), numel=rows * columns, cls=TORCH[dtype], **more)
    return pickles.program(b"}(" + b"".join(pickles.text(name) + body for name, body in tensors.items()) + b"u")


def torch_zip(entries):
    return pickles.archive(state(entries), {str(key): entry[3] for key, entry in enumerate(entries)})


def torch_legacy(entries):
    storages = [(math.prod(shape), data) for _, _, shape, data in entries]
    return b"".join(pickles.legacy(state(entries, view=()), [str(key) for key in range(len(entries))], storages))


def tar_gz(folder, inner):
    path = folder / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.add(inner, "model.safetensors")
    return path


def sharded(folder, entries):
    folder.mkdir()
    places = {}
    for number in range(2):
        shard = f"model-{number + 1:05}-of-00002.safetensors"
        part = entries[number::2]
        (folder / shard).write_bytes(containers.safetensors_bytes(part))
        places.update({name: shard for name, *_ in part})
    (folder / "model.safetensors.index.json").write_text(json.dumps({"metadata": {}, "weight_map": places}))
    return folder


def every_container(folder, entries):
    plain = containers.safetensors_bytes(entries)
    contents = {"plain.safetensors": plain, "stored.npz": npz(entries, False), "deflated.npz": npz(entries, True),
                "zip.pt": torch_zip(entries), "legacy.pth": torch_legacy(entries),
                "packed.safetensors.gz": containers.gz(plain), "packed.safetensors.xz": containers.xz(plain)}
    if shutil.which("zstd"):
        contents["packed.safetensors.zst"] = containers.zst(plain)
    for name, data in contents.items():
        (folder / name).write_bytes(data)
        yield folder / name
    yield tar_gz(folder, folder / "plain.safetensors")
    yield sharded(folder / "sharded", entries)


# --- figures ---------------------------------------------------------------------------------------------------------


def figures_of(path, settings=None):
    outcome = analyze(CLI, path, SETTINGS if settings is None else settings)
    if outcome.exit != 0:
        raise SystemExit(f"{path.name}: exit {outcome.exit}: {outcome.stderr}")
    return tables(document(outcome.stdout))


def tensor_rows(found):
    rows = {}
    for row in found["tensors"]:
        name = next(n for n in NAMES if n in row["tensor"])
        rows[name] = {key: value for key, value in row.items() if key not in ORIGIN}
    return rows


def without_origin(rows):
    return [{key: value for key, value in row.items() if key not in ORIGIN} for row in rows]


def check_containers(folder, chance):
    entries = random_model(chance)
    first = None
    for path in every_container(folder, entries):
        found = figures_of(path)
        rows = tensor_rows(found)
        check(path.name, sorted(rows) == sorted(NAMES), f"tensors {sorted(rows)}")
        if first is None:
            first, first_rows = found, rows
            continue
        for name, row in rows.items():
            different = [(k, v, first_rows[name].get(k)) for k, v in row.items() if v != first_rows[name].get(k)]
            check(f"{path.name} {name}", not different, different)
        for table in ("layers", "parts", "groups", "curve"):
            key = {"curve": "threshold"}.get(table, table[:-1])
            order = {repr(row[key]): row for row in without_origin(first[table])}
            other = {repr(row[key]): row for row in without_origin(found[table])}
            check(f"{path.name} {table}", order == other, "differs from safetensors")
    check_single_arrays(folder, entries, first_rows)


def check_single_arrays(folder, entries, wanted):
    for name, dtype, shape, data in entries:
        path = folder / f"{name}.npy"
        path.write_bytes(npy(dtype, shape, data))
        row = figures_of(path)["tensors"][0]
        for field in ("elements", "zeros", "min", "max", "mean", "rms", "gini", "hoyer", "near_zero", "zero_rows"):
            check(f"{path.name} {field}", row[field] == wanted[name][field], (row[field], wanted[name][field]))


# --- what a change of the values must do -----------------------------------------------------------------------------


def one_tensor(folder, dtype, shape, values, settings):
    path = folder / "one.safetensors"
    path.write_bytes(containers.safetensors_bytes([(NAMES[1], dtype, shape, pack(dtype, values))]))
    found = figures_of(path, settings)
    return found["tensors"][0], found["curve"]


def compare_fields(what, want, have, fields):
    for field in fields:
        check(f"{what} {field}", want[field] == have[field], (want[field], have[field]))


COUNTS = ("elements", "zeros", "non_finite", "near_zero", "pruned")


def check_changes(folder, chance, dtype):
    rows, columns = chance.randint(2, 60), chance.randint(2, 60)
    values = random_values(chance, dtype, rows * columns)
    eps = 0.25
    settings = {"eps": eps, "prune": 0.3}
    before, curve = one_tensor(folder, dtype, (rows, columns), values, settings)

    after, _ = one_tensor(folder, dtype, (rows, columns), [v * 4 for v in values], {"eps": 4 * eps, "prune": 0.3})
    compare_fields(f"{dtype} times 4", before, after, COUNTS + ("zero_rows", "zero_columns", "gini", "hoyer"))
    for field in ("min", "max", "abs_max", "mean", "rms"):
        check(f"{dtype} times 4 {field}", after[field] == 4 * before[field], (before[field], after[field]))

    after, negated = one_tensor(folder, dtype, (rows, columns), [-v for v in values], settings)
    compare_fields(f"{dtype} negated", before, after, COUNTS + ("zero_rows", "zero_columns", "abs_max", "rms", "gini", "hoyer"))
    check(f"{dtype} negated range", (after["min"], after["max"], after["mean"]) == (-before["max"], -before["min"], -before["mean"]),
          (before, after))
    check(f"{dtype} negated curve", curve == negated)

    order = list(range(rows))
    chance.shuffle(order)
    mixed = [v for r in order for v in values[r * columns:(r + 1) * columns]]
    after, permuted = one_tensor(folder, dtype, (rows, columns), mixed, settings)
    compare_fields(f"{dtype} rows shuffled", before, after, COUNTS + ("zero_rows", "zero_columns", "min", "max"))
    for field in ("mean", "rms", "gini", "hoyer"):
        check(f"{dtype} rows shuffled {field}", math.isclose(before[field], after[field], rel_tol=1e-12, abs_tol=1e-15),
              (before[field], after[field]))
    check(f"{dtype} rows shuffled curve", len(curve) == len(permuted)
          and all(math.isclose(a["overall"], b["overall"], abs_tol=1e-15) for a, b in zip(curve, permuted)))

    more = random_values(chance, dtype, 3 * columns)
    other, _ = one_tensor(folder, dtype, (3, columns), more, settings)
    both, _ = one_tensor(folder, dtype, (rows + 3, columns), values + more, settings)
    for field in ("elements", "zeros", "non_finite", "near_zero", "zero_rows"):
        check(f"{dtype} joined {field}", both[field] == before[field] + other[field], (before[field], other[field], both[field]))


with tempfile.TemporaryDirectory() as name:
    place = pathlib.Path(name)
    for seed in range(2):
        (place / str(seed)).mkdir()
        check_containers(place / str(seed), random.Random(seed))
        for kind in ("F64", "F32", "F16"):
            check_changes(place, random.Random(seed + 100), kind)
for line in failures[:40]:
    print(line[:400])
print(f"{len(failures)} differences")
sys.exit(1 if failures else 0)
