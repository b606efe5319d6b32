#!/usr/bin/python3
# A small real transformer run on its own task, and what two sparse autoencoders trained on it make of its activations.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae-real.py FOLDER [--npy FILE [--of NAME] | --json]

FOLDER: 2layer_100dig_64d.pt and sae_*.pt of Theosdoor/list-comp.  Its task: two digits below 100, a separator, two places to repeat
them in; the autoencoders (BatchTopK of dictionary_learning, run by threshold) sit behind layer 0 at the separator, and get activations
less act_mean of their file.  All 10 000 pairs in order, d2 fastest.  FILE: these activations, less the mean of the file NAME or the
first, float32.
--json: the measures in full, as sae-real.json has them; near: features at tokens so close to the threshold (1e-5) that rounding may
decide.  around_zero: 1 - sum of squares of the error / of the input, which the authors call explained variance.

The layer, verified against src/models/transformer.py and src/data/datasets.py there: embedding and position are added, one head
without normalisation or MLP, the separator looks at the two digits alone.  What the authors found for these two files is in
report/saes_report_5feb.md there."""

import argparse
import itertools
import json
import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import numpy as np  # noqa: E402
import torch  # noqa: E402

import sae_measures  # noqa: E402
from sae_files import short  # noqa: E402
from saes import distances, run  # noqa: E402

PUBLISHED = {"k3": {"l0": 3.02, "dead": 0, "mse_per_input": 0.0042, "around_zero": 0.9894},
             "k4": {"l0": 3.89, "dead": 0, "mse_per_input": 0.0045, "around_zero": 0.9885}}
SEPARATOR, N_DIGITS = 2, 100


def activations(state):
    """Behind layer 0 at the separator, (10000, 64) in float32."""
    pairs = torch.tensor(list(itertools.product(range(N_DIGITS), repeat=2)))
    tokens = torch.cat([pairs, torch.full((len(pairs), 1), N_DIGITS + 1)], 1)
    x = state["embed.W_E"][tokens] + state["pos_embed.W_pos"][:SEPARATOR + 1]
    q, k, v = (x @ state[f"blocks.0.attn.W_{n}"][0] + state[f"blocks.0.attn.b_{n}"][0] for n in "QKV")
    scores = (q[:, SEPARATOR:] @ k[:, :SEPARATOR].transpose(1, 2)) / math.sqrt(k.shape[2])
    mixed = (torch.softmax(scores, -1) @ v[:, :SEPARATOR])[:, 0]
    return x[:, SEPARATOR] + mixed @ state["blocks.0.attn.W_O"][0] + state["blocks.0.attn.b_O"]


def loaded(path):
    return torch.load(path, map_location="cpu")


def model(checkpoint):
    w = {k: v.double().numpy() for k, v in checkpoint["state_dict"].items()}
    return {"E": w["encoder.weight"].T, "D": w["decoder.weight"].T, "b_enc": w["encoder.bias"], "b_pre": w["b_dec"], "b_dec": w["b_dec"],
            "activation": "jumprelu", "threshold": w["threshold"]}


def found(checkpoint, raw):
    x = (raw - checkpoint["act_mean"]).double().numpy()
    sae = model(checkpoint)
    f, y = run(sae, x)
    near = distances(sae, x - sae["b_pre"])[1] < 1e-5
    return {**sae_measures.summary(f, x, y), "around_zero": float(1 - np.sum((x - y) ** 2) / np.sum(x * x)), "n": f.shape[1],
            "k": int(checkpoint["cfg"]["k"]), "threshold": float(sae["threshold"]), "dead": int(np.sum(f.sum(0) == 0)),
            "near": int(near.sum()), "fires": (f > 0).sum(0).tolist(),
            "mean_distance": float((raw.mean(0) - checkpoint["act_mean"]).norm())}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=pathlib.Path)
    parser.add_argument("--npy", type=pathlib.Path)
    parser.add_argument("--of", metavar="NAME")
    parser.add_argument("--json", action="store_true")
    options = parser.parse_args()
    raw = activations(loaded(options.folder / "2layer_100dig_64d.pt"))
    files = sorted(options.folder.glob("sae_*.pt"))
    if options.npy:
        np.save(options.npy, (raw - loaded(options.folder / (options.of or files[0].name))["act_mean"]).numpy())
        return
    results = {path.name: found(loaded(path), raw) for path in files}
    if options.json:
        print(json.dumps(short(results), separators=(",", ":")))
        return
    for name, values in results.items():
        print(name, *(f"{k} {values[k]:.6g}" for k in ("n", "k", "threshold", "mean_distance")), sep="  ")
        for k, published in PUBLISHED[name.split("_")[2]].items():
            print(f"  {k}: {values[k]:.6g}, published {published}")


if __name__ == "__main__":
    main()
