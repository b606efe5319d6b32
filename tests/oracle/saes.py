# Sparse autoencoders: what they compute, in float64 NumPy, from the definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""An SAE is a dict: E (d, N), D (N, d), b_pre, b_dec (d), activation; and as it needs them b_enc (N), k, threshold (one or N),
b_gate, b_mag, r_mag (N), input (average, token, standard), by_norm, code_scale (N), W_skip (d, d)."""

import numpy as np

MARGIN = 1e-4


def normalised(sae, x):
    """→ what is encoded, and by what the output is multiplied and moved.  A token of zeros stays one."""
    d, how = x.shape[1], sae.get("input", "plain")
    norms = np.linalg.norm(x, axis=1, keepdims=True)
    if how == "average":
        s = sae.get("input_scale") or np.sqrt(d) / norms.mean()
        return x * s, 1 / s, 0.0
    if how == "token":
        return x * np.sqrt(d) / np.where(norms > 0, norms, 1.0), norms / np.sqrt(d), 0.0
    if how == "standard":
        mean, deviation = x.mean(1, keepdims=True), x.std(1, ddof=1, keepdims=True)
        return (x - mean) / (deviation + 1e-5), deviation, mean
    return x, 1.0, 0.0


def top_k(z, k):
    """The k largest of a row, of those what is above 0."""
    rows = np.arange(len(z))[:, None]
    kept = np.argsort(-z, axis=1, kind="stable")[:, :k]
    f = np.zeros_like(z)
    f[rows, kept] = np.maximum(z[rows, kept], 0)
    return f


def group_max(z, k):
    """The largest of each of k runs of features, if above 0."""
    groups = np.maximum(z, 0).reshape(len(z), k, -1)
    first = np.argmax(groups, axis=2)[:, :, None]
    return np.where(np.arange(groups.shape[2]) == first, groups, 0.0).reshape(z.shape)


def gated(sae, h):
    pre = h @ sae["E"]
    return pre + sae["b_gate"], pre * np.exp(sae["r_mag"]) + sae["b_mag"]


def pre_activations(sae, h):
    z = h @ sae["E"] + sae.get("b_enc", 0.0)
    return z * np.linalg.norm(sae["D"], axis=1) if sae.get("by_norm") else z


def encoded(sae, h):
    """h: tokens, normalised, less the pre-bias → codes"""
    if sae["activation"] == "gated":
        gate, magnitude = gated(sae, h)
        return np.maximum(magnitude, 0) * (gate > 0)
    z = pre_activations(sae, h)
    if sae["activation"] == "topk":
        return top_k(z, sae["k"])
    if sae["activation"] == "groupmax":
        return group_max(z, sae["k"])
    return np.maximum(z, 0) * (z > sae.get("threshold", 0.0))


def run(sae, x):
    """→ codes f, reconstruction x̂"""
    y, factor, shift = normalised(sae, x)
    f = encoded(sae, y - sae["b_pre"])
    parts = f / np.linalg.norm(sae["D"], axis=1) if sae.get("by_norm") else f
    out = (parts * sae.get("code_scale", 1.0)) @ sae["D"] + sae["b_dec"]
    return f, out * factor + shift + (x @ sae["W_skip"].T if "W_skip" in sae else 0.0)


def distances(sae, h):
    """How far each number is from where it would be decided the other way; tokens of which all is exactly 0 left out."""
    h = h[np.any(h != 0, axis=1)]
    if sae["activation"] == "gated":
        gate, magnitude = gated(sae, h)
        return [np.abs(gate), np.abs(magnitude[gate > 0])]
    z = pre_activations(sae, h)
    if sae["activation"] == "topk":
        falling, k = -np.sort(-z, axis=1), sae["k"]
        return [np.abs(falling[:, :k]), (falling[:, k - 1] - falling[:, k])[falling[:, k - 1] > 0]]
    if sae["activation"] == "groupmax":
        falling = -np.sort(-z.reshape(len(z), sae["k"], -1), axis=2)
        return [np.abs(falling[:, :, 0]), (falling[:, :, 0] - falling[:, :, 1])[falling[:, :, 0] > 0]]
    return [np.abs(z), np.abs(z - sae.get("threshold", 0.0))]


def is_decided(sae, x):
    """Whether rounding to 32 bits changes no selection, no count of codes above 1e-3, and no nearest feature."""
    h = normalised(sae, x)[0] - sae["b_pre"]
    f = encoded(sae, h)
    return (all(np.min(v) > MARGIN for v in distances(sae, h)) and np.min(np.abs(f - 1e-3)) > MARGIN / 10
            and is_nearest_decided(sae["E"].T) and is_nearest_decided(sae["D"]))


def cosines(rows):
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    c = unit @ unit.T
    np.fill_diagonal(c, 0)
    return c


def is_nearest_decided(rows):
    rising = np.sort(np.abs(cosines(rows)), axis=1)
    return np.min(rising[:, -1] - rising[:, -2]) > 1e-5
