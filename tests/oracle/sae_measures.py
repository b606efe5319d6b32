# Measures of codes, reconstructions and directions of sparse autoencoders, each by its definition over whole arrays.
# SPDX-License-Identifier: GPL-3.0-or-later
import numpy as np

import saes


def squares(rows):
    return np.sum(rows * rows, axis=1)


def cosine(x, y):
    """→ the mean over tokens, and how many have no cosine"""
    norms = np.sqrt(squares(x) * squares(y))
    kept = norms > 0
    return float(np.mean(np.sum(x * y, axis=1)[kept] / norms[kept])), int(np.sum(~kept))


def reconstruction(x, y):
    """EV legacy leaves out tokens that are the mean, the normalised MSE per token those of zeros: x / 0 both."""
    e, centred, size = squares(x - y), squares(x - x.mean(0)), squares(x)
    norms, power = np.sqrt(size), size.mean()
    mean_cosine, skipped = cosine(x, y)
    fvu = float(e.sum() / centred.sum())
    return {
        "mse": float(e.mean()), "mse_per_input": float(e.mean() / x.shape[1]), "fvu": fvu, "explained_variance": 1 - fvu,
        "fve_dictionary_learning": float(1 - np.var(x - y, axis=0, ddof=1).sum() / np.var(x, axis=0, ddof=1).sum()),
        "ev_legacy": float(np.mean(1 - e[centred > 0] / centred[centred > 0])),
        "ev_new": float(1 - e.mean() / (power - (power / x.shape[1]) ** 2)),
        "nmse_per_token": float(np.mean(e[size > 0] / size[size > 0])), "nmse_zero_tokens": int(np.sum(size == 0)),
        "nmse_of_mean": fvu, "l2_loss": float(np.sqrt(e).mean()), "cosine": mean_cosine, "cosine_skipped": skipped,
        "l2_ratio": float(np.mean(np.sqrt(squares(y)) / np.where(norms < 1e-4, 1.0, norms))),
        "relative_reconstruction_bias": float(squares(y).mean() / np.mean(np.sum(x * y, axis=1))),
    }


def longest_gap(fires):
    """The longest run of tokens without a firing; of all tokens where there is none."""
    at = np.concatenate(([-1], np.flatnonzero(fires), [len(fires)]))
    return int(np.max(np.diff(at)) - 1)


def last(fires):
    """-1: never"""
    at = np.flatnonzero(fires)
    return int(at[-1]) if len(at) else -1


def per_feature(f):
    return {
        "fires": {"positive": (f > 0).sum(0).tolist(), "nonzero": (f != 0).sum(0).tolist(),
                  "above_1e-3": (f > 1e-3).sum(0).tolist(), "magnitude_above_1e-6": (np.abs(f) > 1e-6).sum(0).tolist()},
        "sum": f.sum(0).tolist(), "max": f.max(0).tolist(), "sum_squares": (f * f).sum(0).tolist(),
        "last": [last(c > 0) for c in f.T], "longest_gap": [longest_gap(c > 0) for c in f.T],
    }


def nearest(rows):
    """Of each row the other one of the largest |cosine|: its index, and the cosine with its sign."""
    c = saes.cosines(rows)
    best = np.argmax(np.abs(c), axis=1)
    return {"index": best.tolist(), "cosine": c[np.arange(len(c)), best].tolist()}


def geometry(sae):
    """Of the weights as they are stored."""
    e, d = sae["E"].T, sae["D"]
    norms_e, norms_d = np.linalg.norm(e, axis=1), np.linalg.norm(d, axis=1)
    return {"encoder_norms": norms_e.tolist(), "decoder_norms": norms_d.tolist(),
            "encoder_decoder_cosines": (np.sum(e * d, axis=1) / (norms_e * norms_d)).tolist(),
            "nearest_encoder": nearest(e), "nearest_decoder": nearest(d)}


def summary(f, x, y):
    n_active = (f > 0).sum(1)
    return {"l0": float(n_active.mean()), "l0_histogram": np.bincount(n_active).tolist(), "l1": float(np.abs(f).sum(1).mean()),
            **reconstruction(x, y)}


def measures(sae, x):
    f, y = saes.run(sae, x)
    return {**summary(f, x, y), "features": per_feature(f),
            "codes": [{str(i): float(row[i]) for i in np.flatnonzero(row)} for row in f[:5]], "geometry": geometry(sae)}
