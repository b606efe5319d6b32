# Counts of firings without activations: every number type, container and name they come in, and what cannot be counts.
# SPDX-License-Identifier: GPL-3.0-or-later
import json

import numpy as np
import torch

from dumps import named, npz
from good_torch import saved

EDGES = [0, 1, 2, 9, 10, 11, 499, 500, 501, 999, 1000]
RUNS = ({}, {"dead": 0.01, "rare": 0.5}, {"dead": 0.0, "rare": 0.0, "often": 1.0})


class Counts:
    def __init__(self, out):
        self.out = out
        self.entries = []

    def put(self, name, data, layers, tokens, runs=RUNS, notes=(), rows=None):
        """layers: label → counts of its neurons; tokens: their number, None: nothing says; rows: label → words of its note."""
        if data is not None:
            self.out.file("counts/" + name, data)
        counted = [{"label": label, "layer": int(label.split()[-1]), "tokens": tokens, "fired": [int(x) for x in fired]}
                   for label, fired in layers.items()]
        self.entries.append({"file": name, "layers": counted, "runs": list(runs), "notes": list(notes), "rows": rows or {}})

    def finish(self):
        lines = ",\n".join(json.dumps(e, separators=(",", ":"), allow_nan=False) for e in self.entries)
        self.out.file("counts.json", f"[\n{lines}\n]\n".encode())


def labelled(arrays):
    return {str(n): v for n, v in arrays.items()}


def plain(c):
    rng = np.random.default_rng(201)
    layers = {0: np.array(EDGES), 1: np.zeros(5, int), 2: np.full(4, 1000), 10: rng.integers(0, 1001, 300)}
    c.put("plain.npz", npz(**named("counts.{}", layers), n_tokens=np.array(1000)), labelled(layers), 1000)
    c.put("open.npz", npz(**named("counts.{}", layers)), labelled(layers), None, ({},), ["n_tokens", "tokens"])
    c.put("open.npz", None, labelled(layers), 1000, ({"tokens": 1000}, {"tokens": 1000, "dead": 0.01}))
    c.put("plain.npz", None, labelled(layers), 5000, ({"tokens": 5000},))
    types = ("i1", "u1", "i2", "u2", "i4", "u4", "i8", "u8", "f2", "f4", "f8", ">i4", ">f8")
    small = {n: np.minimum(np.array(EDGES) // 8, 125).astype(kind) for n, kind in enumerate(types)}
    c.put("every-dtype.npz", npz(True, **named("layers.{}.counts", small), n_tokens=np.array([125.0])), labelled(small), 125)
    large = {0: np.array([2**31, 2**32 + 1, 2**40 + 1, 0]), 1: np.array([2.0**40 + 1, 3.0, 0.0, 2.0**24 + 1])}
    c.put("large.npz", npz(**named("counts_{}", large), n_tokens=np.array(2**41)), labelled(large), 2**41)
    c.put("empty.npz", npz(**{"counts.0": np.zeros(0, "i8"), "counts.1": np.array([1, 2])}, n_tokens=np.array(3)),
          {"1": [1, 2]}, 3)


def names(c):
    a = {n: np.array([n, 1, 0, 7]) for n in range(12)}
    for file, pattern in (("activation", "activation_{}"), ("act", "act.{}"), ("fired", "model.layers.{}.mlp.fired")):
        c.put(f"name-{file}.npz", npz(**named(pattern, a), n_tokens=np.array(20)), labelled(a), 20, ({},))
    for n, v in a.items():
        c.out.file(f"counts/folder/activation_{n}.pt", saved(torch.tensor(v)))
    c.put("folder", None, labelled(a), 20, ({"tokens": 20},))
    c.put("folder", None, labelled(a), None, ({},), ["n_tokens"])
    both = {"encoder.layers.0.counts": a[0], "decoder.layers.0.counts": a[1], "decoder.layers.1.counts": a[2]}
    c.put("encoder-decoder.npz", npz(**both, n_tokens=np.array(20)), {"enc 0": a[0], "dec 0": a[1], "dec 1": a[2]}, 20)


def lies(c):
    good = np.array([1.0, 0.0, 100.0])
    liars = {1: (-1.0, ("neuron 1", "−1")), 2: (2.5, ("neuron 1", "2.5")), 3: (np.nan, ("neuron 1",)), 4: (101.0, ("1 ", "101", "100")),
             5: (np.inf, ("neuron 1",)), 6: (-np.inf, ("neuron 1",)), 7: (1e300, ("neuron 1",))}
    arrays = {0: good, **{n: np.array([1.0, value, 3.0]) for n, (value, _) in liars.items()}}
    c.put("lies.npz", npz(**named("counts.{}", arrays), n_tokens=np.array(100)), {"0": good}, 100, ({},), [],
          {str(n): list(words) for n, (_, words) in liars.items()})
    whole = {0: np.array([1, 0, 3]), 1: np.array([1, -(2**63), 3]), 2: np.array([2**53, 2**53, 0])}
    c.put("lies-whole.npz", npz(**named("counts.{}", whole)), {"0": whole[0]}, None, ({},), [], {"1": ["neuron 1"], "2": ["more firings"]})
    for name, total in (("negative", -5), ("half", 0.5), ("none", 0), ("nan", np.nan)):
        c.put(f"total-{name}.npz", npz(**{"counts.0": whole[0]}, n_tokens=np.array(total)), {"0": whole[0]}, None, ({},),
              ["n_tokens is no number of tokens"])
    twice = {"counts.0": whole[0], "extra.counts.0": whole[0], "n_tokens": np.array(9)}
    c.put("beside.npz", npz(**twice), {"0": whole[0]}, 9, ({},))


def write(out):
    c = Counts(out)
    plain(c)
    names(c)
    lies(c)
    c.finish()
