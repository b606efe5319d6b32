# Fixtures of sparse autoencoders: the dump they are run on, and what each makes of it.
# SPDX-License-Identifier: GPL-3.0-or-later
"""saes.json: per case of sae_layouts.py its folder or file, layout, what it is run as, shape, and the measures of sae_measures.py
over saes/x.safetensors.  geometry: of the weights as stored.  features.last -1: never.
zipf, valley, rare: see sae_densities.py."""

import json

import numpy as np

import sae_densities
import sae_layouts
import sae_measures
from sae_layouts import D, N, f32, safetensors

T = 600


def dump():
    """Tokens around a mean that is not zero; every 97th is heavy, one is all zeros."""
    rng = np.random.default_rng(300)
    x = rng.standard_normal((T, D)) + rng.standard_normal(D)
    x[50::97] *= 6
    x[2] = 0
    return f32(x)


def short(value):
    """Seven digits are more than any comparison asks for."""
    if isinstance(value, dict):
        return {k: short(v) for k, v in value.items()}
    if isinstance(value, list):
        return [short(v) for v in value]
    return float(f"{value:.7g}") if isinstance(value, float) else value


def case(x, path, layout, sae, more):
    return {"path": path, "layout": layout, "activation": sae["activation"], "d": D, "n": N, "k": sae.get("k", 0),
            **short({**more, **sae_measures.measures(sae, x)})}


def curves(cases, encoders):
    densities = {c["path"]: np.array(c["features"]["fires"]["positive"]) / T for c in cases}
    return short(sae_densities.document(densities, encoders))


def write(out):
    x = dump()
    out.file("saes/x.safetensors", safetensors({"hidden.1": x}))
    x = x.astype(np.float64)
    made = [("saes/" + path, *rest) for path, *rest in (make(out, x) for make in sae_layouts.CASES)]
    cases = [case(x, *m) for m in made]
    more = curves(cases, {path: sae["E"] for path, _, sae, _ in made})
    lines = ",\n".join(json.dumps(c, separators=(",", ":"), allow_nan=False) for c in cases)
    parts = ",\n".join(f'"{k}":{json.dumps(v, separators=(",", ":"), allow_nan=False)}' for k, v in more.items())
    out.file("saes.json", f'{{"cases":[\n{lines}\n],\n{parts}}}\n'.encode())
