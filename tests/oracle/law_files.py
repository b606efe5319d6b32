# Fixtures of activation-law: ratios by tokens, and the curves SciPy fits to them.
# SPDX-License-Identifier: GPL-3.0-or-later
"""laws.json: per case a file, parameters, and per series what must come out: coefficients and standard errors of
scipy.optimize.curve_fit (method lm, from the coefficients the points were made with), sums of residuals, the band at each point.
Ratios have twelve digits: NumPy's exp, log and powers differ in their last bit from processor to processor."""

import json

import numpy as np
from scipy import optimize, stats



def power(d, alpha, c, a0):
    p = d ** -alpha
    return a0 - c * p, (c * p * np.log(d), -p, np.ones_like(d))


def log_space(d, alpha, b, c, a0):
    p = d ** alpha
    e = np.exp(b - c * p)
    return e + a0, (-c * p * np.log(d) * e, e, -p * e, np.ones_like(d))


def logarithm(d, b, c, a0):
    """Not defined where a search may look: that is far from every curve, and said by no warning."""
    with np.errstate(invalid="ignore"):
        logs = np.log(d + b)
    return c * logs + a0, (c / (d + b), logs, np.ones_like(d))


def logistic(d, a, c, e):
    s = 1 / (1 + np.exp(c * d + e))
    return a - s, (np.ones_like(d), s * (1 - s) * d, s * (1 - s))


# Each gives its values, and their derivatives by each coefficient.
FORMS = {"power": (("alpha", "c", "A0"), power), "log-space": (("alpha", "b", "c", "A0"), log_space),
         "logarithm": (("b", "c", "A0"), logarithm), "logistic": (("a", "c", "d"), logistic)}
MADE = {"relu": ("log-space", (0.8, -3.3, 0.05, 0.07), 2e-4), "silu": ("power", (0.8, 0.2, 0.385), 5e-4)}
STARTS = {"logarithm": {"relu": (5.0, -0.01, 0.13), "silu": (1.0, 0.01, 0.3)},
          "logistic": {"relu": (1.07, -0.03, -3.0), "silu": (0.385, 0.03, 2.5)}}


def values(law, d, coefs):
    return FORMS[law][1](d, *coefs)[0]


def gradient(law, d, coefs):
    return np.stack(FORMS[law][1](d, *coefs)[1], 1)


def rounded(ratios):
    return np.array([float(f"{r:.12g}") for r in ratios])


def sums(residuals, ratios):
    return {"points": len(ratios), "mae": float(np.mean(np.abs(residuals))), "mse": float(np.mean(residuals ** 2)),
            "r2": float(1 - np.sum(residuals ** 2) / np.sum((ratios - ratios.mean()) ** 2))}


def fit(law, start, d, ratios, confidence):
    coefs, covariance = optimize.curve_fit(lambda d, *c: values(law, d, c), d, ratios, start, method="lm", ftol=1e-15, xtol=1e-15,
                                           gtol=1e-15, maxfev=100000, jac=lambda d, *c: gradient(law, d, c))
    j = gradient(law, d, coefs)
    half = stats.t.ppf((1 + confidence) / 2, len(d) - len(coefs)) * np.sqrt(np.einsum("ij,jk,ik->i", j, covariance, j))
    fitted, names = values(law, d, coefs), FORMS[law][0]
    return {"law": law, **sums(ratios - fitted, ratios), "coefs": dict(zip(names, coefs.tolist())),
            "errors": dict(zip(names, np.sqrt(np.diag(covariance)).tolist())), "fitted": fitted.tolist(),
            "low": (fitted - half).tolist(), "high": (fitted + half).tolist()}


def make(rng, kind, n):
    law, coefs, noise = MADE[kind]
    tokens = np.round(np.cumsum(rng.uniform(0.5e9, 6e9, n)))
    return tokens, rounded(values(law, tokens / 1e9, coefs) + noise * rng.standard_normal(n))


def put(out, name, tokens, ratios, **more):
    document = {"token_passed": [int(t) for t in tokens], "activation_ratio": [float(r) for r in ratios], **more}
    out.file(f"laws/{name}", json.dumps(document).encode())


def start_of(law, kind):
    start = STARTS.get(law, MADE[kind][1])
    return start[kind] if isinstance(start, dict) else start


def fitted_cases(out, cases, series):
    for kind, (tokens, ratios) in series.items():
        put(out, f"{kind}.txt", tokens, ratios)
        for law, skip, band in (("auto", 0, 0.95), ("auto", 5, 0.8), ("logarithm", 4, 0.95), ("logistic", 0, 0.99)):
            form = MADE[kind][0] if law == "auto" else law
            expected = fit(form, start_of(form, kind), tokens[skip:] / 1e9, ratios[skip:], band)
            cases.append({"files": [f"{kind}.txt"], "params": {"law": law, "skip": skip, "band": band}, "series": {kind: expected}})


def given_case(cases, tokens, ratios):
    coefs = (0.75, -3.25, 0.06, 0.069)
    fitted = values("log-space", tokens / 1e9, coefs)
    cases.append({"files": ["relu.txt"], "params": {"coefficients": ",".join(map(str, coefs))},
                  "series": {"relu": {"law": "log-space", **sums(ratios - fitted, ratios), "coefs": dict(zip(FORMS["log-space"][0], coefs)),
                                      "errors": {}, "fitted": fitted.tolist()}}})


def odd_orders(out, cases, rng, tokens, ratios):
    """Any order, and points of no use among them: the same fit."""
    expected = fit("power", MADE["silu"][1], tokens / 1e9, ratios, 0.95)
    order = rng.permutation(len(tokens))
    put(out, "shuffled.json", tokens[order], ratios[order], model="silu")
    cases.append({"files": ["shuffled.json"], "params": {}, "series": {"shuffled": expected}, "notes": ["were sorted"]})
    odd = [(0, 0.3), (-5, 0.3), (10 ** 9, 1.5), (2 * 10 ** 9, -0.1)]
    put(out, "unusable.json", [*tokens, *(t for t, _ in odd)], [*ratios, *(r for _, r in odd)])
    cases.append({"files": ["unusable.json"], "params": {}, "series": {"unusable": expected},
                  "notes": ["2 points are not used: zero or negative tokens", "2 points are not used: a ratio"]})
    document = {"token_passed": [*map(int, tokens), 10 ** 12, 2 * 10 ** 12], "activation_ratio": [*ratios, "@"]}
    out.file("laws/infinite.json", json.dumps(document).replace('"@"', "1e999").encode())
    cases.append({"files": ["infinite.json"], "params": {}, "series": {"infinite": expected},
                  "notes": ["28 numbers of tokens and 27 ratios", "1 point is not used: NaN or infinite"]})


def exact_case(out, cases):
    """Points of the curve itself, whose coefficients are known without a fit."""
    tokens = np.arange(1, 21) * 4 * 10 ** 9
    law, coefs, _ = MADE["relu"]
    ratios = rounded(values(law, tokens / 1e9, coefs))
    put(out, "exact.json", tokens, ratios)
    cases.append({"files": ["exact.json"], "params": {}, "exact": True,
                  "series": {"exact": {"law": law, "points": 20, "coefs": dict(zip(FORMS[law][0], coefs)), "fitted": ratios.tolist()}}})


def refused_cases(out, cases):
    """No curve, and a note that says why."""
    for name, tokens, ratios, why in (
            ("few", [1, 2, 3, 4], [0.1, 0.09, 0.085, 0.083], "4 points are too few: this law takes at least 5"),
            ("level", [1, 2, 3, 4, 5, 6], [0.1] * 6, "all its ratios are equal"),
            ("one-place", [3] * 6, [0.1, 0.2, 0.15, 0.12, 0.11, 0.1], "too few different numbers of tokens, 1: this law takes at least 4"),
            ("one", [1], [0.1], "1 point is too few: this law takes at least"),
            ("none", [0, 0], [0.1, 0.2], "it has no points that can be used"), ("empty", [], [], "it has no points that can be used")):
        document = {"seen": [1], "token_passed": [t * 10 ** 9 for t in tokens], "activation_ratio": ratios}
        out.file(f"laws/{name}.json", json.dumps(document).encode())
        cases.append({"files": [f"{name}.json"], "params": {}, "series": {name: None}, "notes": [why]})
    cases.append({"files": ["relu.txt"], "params": {"coefficients": "1,2,3"}, "series": {"relu": None},
                  "notes": ["the coefficients alpha, b, c, A0, and 3 were given"]})
    cases.append({"files": ["relu.txt"], "params": {"law": "logarithm", "coefficients": "1,-1e6,3,4"}, "series": {"relu": None},
                  "notes": ["is not defined at all of its points"]})
    cases.append({"files": ["silu.txt"], "params": {"skip": 25}, "series": {"silu": None}, "notes": ["1 point is too few"]})


def edge_case(out, cases):
    """Points that bend the other way: the log-space law has no best curve, only a way to one, a power law."""
    tokens = np.arange(2, 22) * 10 ** 9
    logs = np.log(tokens / 1e9)
    ratios = rounded(0.09 - 0.004 * (logs + 0.05 * logs ** 3) + 1e-5 * (-1.0) ** np.arange(20))
    put(out, "edge.json", tokens, ratios)
    expected = fit("power", (-0.3, 0.01, 0.1), tokens / 1e9, ratios, 0.95)
    cases.append({"files": ["edge.json"], "params": {"law": "power"}, "series": {"edge": expected}, "notes": ["the curve has no limit"]})
    cases.append({"files": ["edge.json"], "params": {}, "series": {"edge": expected}, "notes": ["no log-space curve is the best"]})


def write(out):
    rng = np.random.default_rng(10)
    cases = []
    series = {"relu": make(rng, "relu", 30), "silu": make(rng, "silu", 26)}
    fitted_cases(out, cases, series)
    both = {kind: fit(MADE[kind][0], MADE[kind][1], tokens / 1e9, ratios, 0.95) for kind, (tokens, ratios) in series.items()}
    cases.append({"files": ["relu.txt", "silu.txt"], "params": {}, "series": both})
    given_case(cases, *series["relu"])
    odd_orders(out, cases, rng, *series["silu"])
    exact_case(out, cases)
    refused_cases(out, cases)
    edge_case(out, cases)
    lines = ",\n".join(json.dumps(c, allow_nan=False) for c in cases)
    out.file("laws.json", f"[\n{lines}\n]\n".encode())
