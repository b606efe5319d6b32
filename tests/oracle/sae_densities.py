# Curves of feature densities: Zipf fits, the valley between two clusters, and whether the rare ones are one direction.
# SPDX-License-Identifier: GPL-3.0-or-later
"""zipf: log q_r = a - alpha log (r + beta), natural logarithms, r from 0 over falling q (of equals the first feature first), least
squares over q > 0 of ranks window[0] <= r < window[1], beta >= 0 by SciPy.  shortfall of feature i: max (0, 1 - q_i / fitted q of its
rank), 1 where q_i is 0.
valley: Otsu's, of log10 q, q > 0, over every cut between two values: as many are below it, and it is between these two; share is
that of the variance which is between the clusters.
rare: the mean cosine of the encoder's directions of features below a density, which fire, with the mean of these directions as they
are."""

import numpy as np
import sae_noise
from scipy import optimize


def line(r, y, beta):
    """→ alpha, a, the sum of squared residuals"""
    u = -np.log(r + beta)
    du, dy = u - u.mean(), y - y.mean()
    alpha = (du @ dy) / (du @ du)
    return float(alpha), float(y.mean() - alpha * u.mean()), float(np.sum((dy - alpha * du) ** 2))


def rising(r, y, beta):
    """Has the sign of how the sum of squared residuals changes with beta: of a best line, through the abscissas alone."""
    alpha, a, _ = line(r, y, beta)
    return float(np.sum((y - a + alpha * np.log(r + beta)) / (r + beta)))


def best_beta(r, y):
    """Where the sum no longer falls, beside the best of a fine grid: that is known to more digits than where it is least."""
    grid = np.linspace(np.log(1e-6), np.log(1e6), 2000)
    best = int(np.argmin([line(r, y, np.exp(g))[2] for g in grid]))
    assert 0 < best < len(grid) - 1
    found = optimize.brentq(lambda g: rising(r, y, np.exp(g)), grid[best - 1], grid[best + 1], xtol=1e-14, rtol=1e-14)
    return float(np.exp(found))


def is_unbounded(q):
    """Whether the larger beta, the better: densities fall as an exponential does, or faster."""
    y = np.log(np.sort(q[q > 0])[::-1])
    rests = [line(np.arange(len(y)), y, beta)[2] for beta in np.logspace(-6, 6, 200)]
    return int(np.argmin(rests)) > 190 and rests[-1] < rests[-20]


def zipf(q, window=None):
    order = np.argsort(-q, kind="stable")
    falling = q[order]
    first, end = window or (0, int(np.sum(q > 0)))
    r = np.arange(len(q))[first:end].astype(float)
    y = np.log(falling[first:end])
    beta = best_beta(r, y)
    alpha, a, rest = line(r, y, beta)
    shortfall = np.empty(len(q))
    shortfall[order] = np.maximum(0, 1 - falling / np.exp(a - alpha * np.log(np.arange(len(q)) + beta)))
    return {"window": [first, end], "a": a, "alpha": alpha, "beta": beta, "r2": 1 - rest / float(np.sum((y - y.mean()) ** 2)),
            "shortfall": shortfall.tolist()}


def exact(a, alpha, beta, n):
    """A profile without noise, which the fit must give back."""
    q = np.exp(a) * (np.arange(n) + beta) ** -alpha
    fit = zipf(q)
    assert np.allclose([fit["a"], fit["alpha"], fit["beta"]], [a, alpha, beta], rtol=1e-6)
    return {"a": a, "alpha": alpha, "beta": beta, "n": n}


def noisy(**law):
    """Of so many ranks that nobody looks at all of them for every beta: the noise moves beta, and some of them would move it elsewhere."""
    q = np.sort(sae_noise.noisy_law(law))[::-1]
    r, y = np.arange(len(q)).astype(float), np.log(q)
    beta = best_beta(r, y)
    alpha, a, _ = line(r, y, beta)
    return {"law": law, "a": a, "alpha": alpha, "beta": beta}


def valley(q):
    x = np.sort(np.log10(q[q > 0]))
    n = np.arange(1, len(x))
    low, all_of = np.cumsum(x)[:-1], x.sum()
    between = n * (len(x) - n) * (low / n - (all_of - low) / (len(x) - n)) ** 2 / len(x) ** 2
    between[x[:-1] == x[1:]] = 0
    best = int(np.argmax(between))
    return {"below": best + 1, "between": [float(x[best]), float(x[best + 1])], "share": float(between[best] / x.var())}


def clusters(seed, n_tokens, parts):
    """Firings of two or more clusters of features: (how many, mean and deviation of log10 q); some do not fire."""
    rng = np.random.default_rng(seed)
    logs = np.concatenate([rng.normal(mean, deviation, n) for n, mean, deviation in parts])
    fires = np.round(n_tokens * 10 ** np.minimum(logs, 0)).astype(int)
    fires[::13] = 0
    return rng.permutation(fires)


def direction(e, features):
    rows = e.T[features]
    mean = rows.mean(0)
    return {"n": len(features), "mean": float(np.mean(rows @ mean / (np.linalg.norm(rows, axis=1) * np.linalg.norm(mean))))}


def noisy_zipf(seed, n_tokens, n):
    """Firings near a profile, the rarest of them never."""
    rng = np.random.default_rng(seed)
    q = 0.8 * (np.arange(n) + 5) ** -1.8 * np.exp(0.25 * rng.standard_normal(n))
    return rng.permutation(np.where(np.arange(n) < n - 12, np.round(n_tokens * q), 0).astype(int))


def fitted(fires, n_tokens, window=None):
    return {"tokens": n_tokens, "fires": fires.tolist(), **zipf(fires / n_tokens, window)}


def document(densities, encoders):
    """densities, encoders: of cases, by path"""
    fires = noisy_zipf(401, 10 ** 6, 160)
    valleys = [(10 ** 7, clusters(402, 10 ** 7, ((60, -5.5, 0.2), (140, -2.5, 0.4)))),
               (10 ** 6, clusters(403, 10 ** 6, ((40, -4.4, 0.35), (110, -3.0, 0.5))))]
    chosen = ("saes/saelens-topk", "saes/dictionary-learning-topk", "saes/eleuther-topk")
    return {
        "zipf": {"exact": [exact(float(np.log(0.1)), 1.0, 1.0, 10), exact(-0.5, 1.3, 7.5, 500), exact(-2.0, 0.7, 0.25, 2000)],
                 "cases": [{"path": path, **zipf(densities[path])} for path in chosen],
                 "counts": [fitted(fires, 10 ** 6), fitted(fires, 10 ** 6, (4, 100))],
                 "noisy": [noisy(seed=404, n=60000, scale=0.2, alpha=0.8, beta=0.5, noise=0.6)],
                 "unbounded": [path for path in ("saes/saelens-standard", "saes/plain.npz") if is_unbounded(densities[path])]},
        "valley": [{"tokens": n, "fires": f.tolist(), **valley(f / n)} for n, f in valleys],
        "rare": [{"path": path, "below": 0.05,
                  **direction(encoders[path], np.flatnonzero((densities[path] < 0.05) & (densities[path] > 0)))} for path in chosen],
    }
