# Fixtures of recorded codes: one matrix as everybody stores it, and what it says of each feature.
# SPDX-License-Identifier: GPL-3.0-or-later
"""codes.json: n, tokens, and the measures of sae_measures.py of all cases, which hold the same codes: values that f16 and bf16 have, of
both signs, some below 1e-3 and 1e-6.  per_row: tokens of a sequence, 0: all are one.  assumed: what nobody says and a note must tell.
Layouts: EleutherAI's sparsify and delphi (delphi/latents/cache.py: save, save_splits), OpenAI's pairs, SciPy's save_npz, torch.sparse."""

import io
import json

import numpy as np
import torch
from scipy import sparse

import sae_measures
from sae_files import short
from sae_layouts import N

ROWS, PER_ROW, K = 4, 16, 5
T = ROWS * PER_ROW
NEVER = (3, 17)
TYPES = {"int64": "I64", "int32": "I32", "uint16": "U16", "uint32": "U32", "float32": "F32", "float16": "F16"}


def pairs():
    """Indices and values of tokens, in no order; -1 and 0 where a token has fewer."""
    rng = np.random.default_rng(500)
    alive = np.setdiff1d(np.arange(N), NEVER)
    popular = 1 / (1 + np.arange(len(alive))) ** 0.7
    indices = np.stack([rng.choice(alive, K, replace=False, p=popular / popular.sum()) for _ in range(T)])
    values = rng.integers(1, 128, (T, K)) / 16 * rng.choice([1, 1, 1, -1], (T, K))
    values[7::29, 1], values[11::31, 2] = 2.0 ** -11, 2.0 ** -24
    indices[4, 0] = N - 1 if N - 1 not in indices[4] else indices[4, 0]
    indices[5::13, 3:], values[5::13, 3:] = -1, 0
    values[9, :], indices[9, :] = 0, -1
    return indices, values.astype(np.float32)


def dense(indices, values):
    codes = np.zeros((T, N), np.float32)
    for t, k in zip(*np.nonzero(values)):
        codes[t, indices[t, k]] = values[t, k]
    return codes


def safetensors(tensors):
    header, at = {}, 0
    for name, v in tensors.items():
        header[name] = {"dtype": TYPES[str(v.dtype)], "shape": list(v.shape), "data_offsets": [at, at + v.nbytes]}
        at += v.nbytes
    text = json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(np.ascontiguousarray(v).tobytes() for v in tensors.values())


def npz(writer, *arguments, **arrays):
    out = io.BytesIO()
    writer(out, *arguments, **arrays)
    return out.getvalue()


def pt(tensors):
    out = io.BytesIO()
    torch.save(tensors, out)
    return out.getvalue()


def in_rows(array):
    return array.reshape(ROWS, PER_ROW, -1)


def entries(codes):
    """As torch.nonzero gives them: batch, position, feature."""
    return np.stack(np.nonzero(in_rows(codes)), 1), codes[codes != 0]


def splits(codes, n_splits):
    """Boundaries as save_splits has them; 16-bit integers and floats."""
    locations, activations = entries(codes)
    bounds = np.linspace(0, N, n_splits + 1).astype(int)
    for first, end in zip(bounds[:-1], bounds[1:]):
        mask = (locations[:, 2] >= first) & (locations[:, 2] < end)
        yield first, end - 1, (locations[mask] - [0, 0, first]).astype(np.uint16), activations[mask].astype(np.float16)


def write_sparse(out, indices, values, codes):
    f, tensor = sparse.csr_matrix(codes), torch.from_numpy(codes)
    tokens = np.arange(T).reshape(ROWS, PER_ROW) % 40
    locations, activations = entries(codes)
    csr = tensor.to_sparse_csr()
    yield "pairs.safetensors", safetensors({"layers.3.top_indices": indices, "layers.3.top_acts": values}), 0, "features"
    yield "batches.npz", npz(np.savez, latent_indices=in_rows(indices).astype(np.int16), latent_acts=in_rows(values).astype(np.float16),
                             shape=np.array([ROWS, PER_ROW, N])), PER_ROW, ""
    yield "pairs.pt", pt({"idx": torch.from_numpy(indices.astype(np.int32)), "val": torch.from_numpy(values).bfloat16(),
                          "size": torch.tensor([T, N])}), 0, ""
    yield "scipy-csr.npz", npz(sparse.save_npz, f), 0, ""
    yield "scipy-stored.npz", npz(sparse.save_npz, sparse.csr_matrix(codes.astype(float)), compressed=False), 0, ""
    yield "scipy-coo.npz", npz(sparse.save_npz, sparse.coo_matrix(codes)), 0, ""
    yield "rows.safetensors", safetensors({"crow_indices": csr.crow_indices().numpy(), "col_indices": csr.col_indices().numpy(),
                                           "values": csr.values().numpy()}), 0, "features"
    yield "torch-csr.pt", pt({"feature_acts": csr}), 0, ""
    yield "torch-coo.pt", pt({"sae_acts": tensor.view(ROWS, PER_ROW, N).to_sparse()}), PER_ROW, ""
    yield "dense.npz", npz(np.savez_compressed, feature_acts=in_rows(codes)), PER_ROW, ""
    yield "layers.3.safetensors", safetensors({"locations": locations, "activations": activations, "tokens": tokens}), PER_ROW, "features"
    yield "flat.safetensors", safetensors({"locations": np.stack(np.nonzero(codes), 1).astype(np.uint32), "activations": activations,
                                           "size": np.array([T, N])}), 0, ""
    yield "alone.safetensors", safetensors({"locations": locations, "activations": activations}), PER_ROW, "features tokens"


def write_splits(out, codes):
    tokens = np.arange(T).reshape(ROWS, PER_ROW) % 40
    for first, last, locations, activations in splits(codes, 3):
        out.file(f"codes/splits/{first}_{last}.safetensors",
                 safetensors({"locations": locations, "activations": activations, "tokens": tokens}))


def prompts(codes, per_row):
    return (codes > 0).reshape(-1, per_row or T, N).any(1).sum(0).tolist()


def write(out):
    indices, values = pairs()
    codes = dense(indices, values)
    assert codes[-1].any() and (codes[:, N - 1] != 0).any() and not codes[:, NEVER].any()
    cases = [{"path": "codes/splits", "per_row": PER_ROW, "assumed": ""}]
    write_splits(out, codes)
    for name, data, per_row, assumed in write_sparse(out, indices, values, codes):
        out.file("codes/" + name, data)
        cases.append({"path": "codes/" + name, "per_row": per_row, "assumed": assumed})
    active = (codes > 0).sum(1)
    wide = codes.astype(float)
    fires = {"positive": wide > 0, "nonzero": wide != 0, "above_1e-3": wide > 1e-3, "magnitude_above_1e-6": np.abs(wide) > 1e-6}
    figures = {"n": N, "tokens": T, "l0": float(active.mean()), "l0_histogram": np.bincount(active).tolist(),
               "l1": float(wide.sum(1).mean()), "l1_norm": float(np.abs(wide).sum(1).mean()), "features": sae_measures.per_feature(wide),
               "sums": {test: np.where(where, wide, 0).sum(0).tolist() for test, where in fires.items()},
               "sequences": {str(n): prompts(codes, n) for n in (0, PER_ROW)},
               "top": {str(i): np.argsort(-codes[:, i], kind="stable")[: min(10, int((codes[:, i] > 0).sum()))].tolist() for i in (0, 1)},
               "cases": cases}
    out.file("codes.json", (json.dumps(short(figures), separators=(",", ":"), allow_nan=False) + "\n").encode())
