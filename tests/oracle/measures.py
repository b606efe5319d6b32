# The definitions of weight sparsity, computed naively from whole arrays: the oracle the program is compared with.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Every figure straight from its definition: exact integer counts, math.fsum for sums.

Values come in as float64 arrays of the logical shape (every dtype widens exactly, 64-bit integers
to the nearest double).  Nothing here is shared with the program."""

import dataclasses
import math
import re

import numpy as np

FLOATS = {"F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2"}
COUNTED_DTYPES = FLOATS | {"I8", "U8"}
DEFAULT_PARTS = {"attention", "ffn", "other"}
ALL_PARTS = DEFAULT_PARTS | {"embeddings", "vectors"}

RUNS = [  # eps, mode, prune, embeddings and vectors on
    (0.0, "absolute", 0.5, False),
    (1e-3, "absolute", 0.3, False),
    (0.1, "relative", 0.9, False),
    (0.0, "absolute", 0.0, False),
    (0.0, "absolute", 0.5, True),
    (0.05, "absolute", 0.3, True),
    (0.01, "relative", 0.9, True),
]


@dataclasses.dataclass
class Tensor:
    name: str
    part: str
    dtype: str
    values: np.ndarray = None  # float64, logical shape; None when the tensor cannot be read
    layer: int = None
    alias: str = None  # name of the tensor that counts in its place
    has_note: bool = False  # the row must carry a note
    optional: bool = False  # may be left out (optimizer state, NumPy arrays inside a pickle …)
    never_counted: bool = False
    skip: tuple = ()  # figures the definitions leave open for this tensor
    shape: tuple = None  # for unreadable ones

    @property
    def readable(self):
        return self.values is not None


def natural_key(name):
    return [(1, int(p), p) if p.isdigit() else (0, 0, p) for p in re.findall(r"\d+|\D+", name)]


def number(x):
    """A float for JSON: not-a-number and infinities become null."""
    return float(x) if x is not None and math.isfinite(x) else None


def total(values):
    try:
        return math.fsum(values)
    except OverflowError:
        return math.inf


def gini(magnitudes):
    x = np.sort(magnitudes)
    m = x.size
    s = total(x)
    if m == 0 or s == 0:
        return None
    weights = 2.0 * np.arange(1, m + 1) - m - 1
    return total(weights * x) / (m * s)


def hoyer(magnitudes, sum_squares):
    m = magnitudes.size
    l2 = math.sqrt(sum_squares)
    if m < 2 or l2 == 0:
        return None
    return (math.sqrt(m) - total(magnitudes) / l2) / (math.sqrt(m) - 1)


def zero_slices(values, axis):
    other = tuple(a for a in range(values.ndim) if a != axis)
    return int(np.sum(np.all(values == 0, axis=other)))


def figures(t):
    """All figures that depend on the tensor alone."""
    v = t.values
    finite = v[np.isfinite(v)]
    magnitudes = np.abs(finite)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        squares = total(finite * finite)
        r = {
            "elements": int(v.size),
            "zeros": int(np.sum(v == 0)),
            "non_finite": int(v.size - finite.size),
            "min": number(finite.min()) if finite.size else None,
            "max": number(finite.max()) if finite.size else None,
            "mean": number(total(finite) / finite.size) if finite.size else None,
            "abs_mean": number(total(magnitudes) / finite.size) if finite.size else None,
            "rms": number(math.sqrt(squares / finite.size)) if finite.size else None,
            "abs_max": number(magnitudes.max()) if finite.size else None,
            "gini": number(gini(magnitudes)),
            "hoyer": number(hoyer(magnitudes, squares)),
        }
    deep = v.ndim >= 2
    r["rows"] = v.shape[0] if deep else None
    r["zero_rows"] = zero_slices(v, 0) if deep else None
    r["columns"] = v.shape[1] if deep else None
    r["zero_columns"] = zero_slices(v, 1) if deep else None
    return r


def near_zero(t, eps, mode, rms):
    limit = eps if mode == "absolute" else eps * (rms or 0.0)
    magnitudes = np.abs(t.values[np.isfinite(t.values)])
    if mode == "relative" and limit > 0:  # a tie here would make the count depend on the last bit of rms
        assert not np.any(np.abs(magnitudes - limit) < 1e-9 * limit), t.name
    return int(np.sum(magnitudes <= limit))


def is_counted(t, parts):
    if not t.readable or t.alias or t.never_counted:
        return False
    deep_enough = t.values.ndim >= 2 or "vectors" in parts
    return deep_enough and t.dtype in COUNTED_DTYPES and t.part in parts


def finite_magnitudes(t):
    return np.abs(t.values[np.isfinite(t.values)])


def prune_threshold(counted, s):
    n = sum(t.values.size for t in counted)
    k = math.floor(n * s)
    if k == 0:
        return None
    pool = np.concatenate([finite_magnitudes(t).ravel() for t in counted])
    assert k <= pool.size, "the definitions do not say what happens here"
    return float(np.partition(pool, k - 1)[k - 1])


def pruning(t, threshold):
    """(pruned, energy removed, energy) of one tensor."""
    x = finite_magnitudes(t)
    with np.errstate(over="ignore", under="ignore"):
        energy = total(x * x)
        if threshold is None:
            return 0, 0.0, energy
        gone = x[x <= threshold]
        return int(gone.size), total(gone * gone), energy


def share(part, whole):
    return number(part / whole) if whole else None


def group_sums(rows, key):
    groups = {}
    for t, row in rows:
        g = groups.setdefault(key(t), dict.fromkeys(("tensors", "elements", "zeros", "near_zero", "pruned"), 0))
        g["tensors"] += 1
        for field in ("elements", "zeros", "near_zero", "pruned"):
            g[field] += row[field]
    return groups


def run_expected(tensors, stats, run):
    eps, mode, s, everything = run
    parts = ALL_PARTS if everything else DEFAULT_PARTS
    counted = [t for t in tensors if is_counted(t, parts)]
    threshold = prune_threshold(counted, s)
    rows, counted_rows, lost, energy = [], [], 0.0, 0.0
    for t in tensors:
        if not t.readable:
            rows.append([None, 0, None, None])
            continue
        near = near_zero(t, eps, mode, stats[t.name]["rms"])
        if t not in counted:
            rows.append([near, 0, None, None])
            continue
        pruned, removed, whole = pruning(t, threshold)
        rows.append([near, 1, pruned, share(removed, whole)])
        lost, energy = lost + removed, energy + whole
        counted_rows.append((t, {**stats[t.name], "near_zero": near, "pruned": pruned}))
    sums = {f: sum(r[f] for _, r in counted_rows) for f in ("elements", "zeros", "near_zero", "non_finite", "pruned")}
    summary = {
        "tensors_counted": len(counted), **sums,
        "sparsity": share(sums["near_zero"], sums["elements"]),
        "prune_threshold": threshold,
        "pruned_share": share(sums["pruned"], sums["elements"]),
        "energy_lost": share(lost, energy),
    }
    layers = group_sums(counted_rows, lambda t: t.layer)
    return {
        "params": {"eps": eps, "eps-mode": mode, "prune": s, "embeddings": everything, "vectors": everything},
        "summary": summary,
        "parts": group_sums(counted_rows, lambda t: t.part),
        "layers": {str(k): v for k, v in layers.items() if k is not None},
        "columns": ["near_zero", "counted", "pruned", "energy_lost"],
        "tensors": rows,
    }


FIGURES = ["elements", "zeros", "non_finite", "min", "max", "mean", "abs_mean", "rms", "abs_max", "gini", "hoyer",
           "rows", "zero_rows", "columns", "zero_columns"]
COLUMNS = ["tensor", "layer", "part", "dtype", "shape", "alias", "has_note", "readable", "optional", "skip", *FIGURES]


def fixture_expected(file, tensors, exit=0, also=(), runs=RUNS, skip_summary=()):
    """The whole expected document of one fixture."""
    tensors = sorted(tensors, key=lambda t: natural_key(t.name))
    stats = {t.name: figures(t) for t in tensors if t.readable}
    rows = []
    for t in tensors:
        shape = list(t.values.shape) if t.readable else list(t.shape or ())
        skip = list(t.skip)
        if t.readable and t.values.size == 0:
            skip += ["zero_rows", "zero_columns"]  # an empty slice: the definition is vacuous
        figure = [stats[t.name][f] if t.readable else None for f in FIGURES]
        rows.append([t.name, t.layer, t.part, t.dtype, shape, t.alias, t.has_note or t.alias is not None,
                     t.readable, t.optional, skip, *figure])
    return {"file": file, "also": list(also), "exit": exit, "skip_summary": list(skip_summary),
            "columns": COLUMNS, "tensors": rows,
            "runs": [run_expected(tensors, stats, r) for r in runs]}
