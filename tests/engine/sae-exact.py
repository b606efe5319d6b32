#!/usr/bin/python3
# Codes of random sparse autoencoders are products in float64 rounded once, and the same on every processor.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae-exact.py PRINT-SAE-CODES [TRIALS [SEED]]    needs numpy

Not one bit may differ from NumPy's, whatever quicker product found the codes: of ReLU, JumpReLU, top k, gated and group max, few and many
codes, scales of inputs and features that lie far apart."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402  (it finds the oracle)
import command  # noqa: E402

try:
    import numpy
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

from containers import safetensors_bytes  # noqa: E402

N_TOKENS = 300
LEVELS = "none", "avx512", "avx2", "scalar"        # the first: whatever the processor has


def f32(values):
    return numpy.ascontiguousarray(values, numpy.float32)


def write(path, tensors):
    path.write_bytes(safetensors_bytes([(name, "F32", values.shape, values.tobytes()) for name, values in tensors.items()]))


def make(random):
    """→ configuration, weights, tokens"""
    n_inputs, n_features = int(random.integers(3, 400)), int(random.integers(500, 2000))
    config = {"d_in": n_inputs, "d_sae": n_features, "apply_b_dec_to_input": True, "k": int(random.integers(1, 60)),
              "architecture": str(random.choice(["standard", "topk", "jumprelu", "gated", "groupmax"]))}
    if config["architecture"] == "groupmax":
        n_features -= n_features % config["k"]
        config["d_sae"] = n_features
    encoder = random.standard_normal((n_inputs, n_features)) / n_inputs ** 0.5 * numpy.exp(random.normal(size=n_features) / 2)
    weights = {"W_enc": f32(encoder), "W_dec": f32(encoder.T), "b_dec": f32(random.standard_normal(n_inputs)),
               "b_enc": f32(random.standard_normal(n_features) * 0.3 - random.choice([0, 1, 2.5]))}
    if config["architecture"] == "jumprelu":
        weights["threshold"] = f32(abs(random.standard_normal(n_features)))
    if config["architecture"] == "gated":
        weights["b_gate"] = weights.pop("b_enc")
        weights["b_mag"], weights["r_mag"] = f32(random.standard_normal(n_features) * 0.2), f32(random.standard_normal(n_features) * 0.3)
    spread = numpy.exp(random.normal(size=n_inputs) * random.choice([0, 1.5, 4]))
    return config, weights, f32(random.standard_normal((N_TOKENS, n_inputs)) * spread)


def gated(weights, y):
    """y in float64; each operation on it is one of float32."""
    magnitudes = f32(y) * f32(numpy.exp(weights["r_mag"].astype(float))) + weights["b_mag"]
    return numpy.where(f32(y) > -weights["b_gate"], numpy.maximum(magnitudes, 0), 0)


def keep_group_max(codes, k):
    groups = codes.reshape(len(codes), k, -1)
    first = numpy.argmax(groups, axis=2)[:, :, None]
    return numpy.where(numpy.arange(groups.shape[2]) == first, groups, 0).reshape(codes.shape)


def codes_of(config, weights, x):
    y = (x - weights["b_dec"]).astype(float) @ weights["W_enc"].astype(float)
    if config["architecture"] == "gated":
        return gated(weights, y)
    z = f32(y + weights["b_enc"].astype(float))
    codes = numpy.where(z > 0, z, 0)
    if config["architecture"] == "jumprelu":
        codes[z <= weights["threshold"]] = 0
    if config["architecture"] == "topk":
        others = numpy.argsort(-z, axis=1, kind="stable")[:, config["k"]:]
        numpy.put_along_axis(codes, others, 0, 1)
    if config["architecture"] == "groupmax":
        codes = keep_group_max(codes, config["k"])
    return codes


def read_codes(text, n_features):
    codes = numpy.zeros((N_TOKENS, n_features), numpy.float32)
    for token, line in enumerate(text.splitlines()):
        _, *pairs = line.split()
        codes[token, [int(feature) for feature in pairs[::2]]] = f32([float(code) for code in pairs[1::2]])
    return codes


def check(program, random, folder):
    config, weights, x = make(random)
    (folder / "cfg.json").write_text(json.dumps(config))
    write(folder / "sae_weights.safetensors", weights)
    write(folder / "x.safetensors", {"hidden.1": x})
    wanted, first = codes_of(config, weights, x), None
    for level in LEVELS:
        done = subprocess.run([program, str(folder), str(folder / "x.safetensors")], capture_output=True, text=True,
                              timeout=command.PATIENCE, env={**os.environ, "SPARSOSCOPE_ISA": level})
        if done.returncode != 0:
            yield f"{level}: exit {done.returncode}: {done.stderr.strip()[:300]}"
            return
        first = first or done.stdout
        if done.stdout != first:
            yield f"{level}: not the bits of {LEVELS[0]}"
    found = read_codes(first, config["d_sae"])
    if (found != wanted).any():
        yield f"{(found != wanted).sum()} of {(wanted > 0).sum()} codes differ: {config}"


def main(program, n_trials=12, seed=3):
    random, report = numpy.random.default_rng(int(seed)), engine.Report()
    for trial in range(int(n_trials)):
        with tempfile.TemporaryDirectory() as folder:
            report.line(f"autoencoder {trial}", check(str(pathlib.Path(program).resolve()), random, pathlib.Path(folder)))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]) if len(sys.argv) > 1 else __doc__)
