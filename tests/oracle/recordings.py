# What the layers of some of the tiny models do on a text in windows, from their definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""recordings/NAME.json: {folder, ids, window, layers, sites}; NAME.f32: site after site, in each layer after layer
[tokens, neurons], or [tokens, hidden].  Each window is a text of its own, the last one is shorter."""

import json

import numpy as np
import torch

import models

NAMES = ("llama-relu", "gpt2-bare", "neox-parallel", "opt-after-projected", "minicpm-scales")
N_TOKENS, WINDOW = 10, 4


def look(config, tensors, ids):
    """→ {(site, layer): [tokens, width]} of one window."""
    seen = {}

    def tap(layer, s, h, down):
        seen["gate", layer], seen["act", layer] = s, h
        return h

    models.logits(config, tensors, ids, tap=tap, enter=lambda layer, x: seen.update({("hidden", layer): x}))
    return seen


def write(out):
    for name in NAMES:
        config, tensors = models.read_folder(out.root / "models" / name)
        ids = json.loads((out.root / "logits" / (name + ".json")).read_text())["ids"][:N_TOKENS]
        windows = [look(config, tensors, ids[i:i + WINDOW]) for i in range(0, N_TOKENS, WINDOW)]
        is_gated = any("gate_proj" in key for key in tensors)
        sites = ["act", "gate", "hidden"] if is_gated else ["act", "hidden"]
        n_layers = 1 + max(layer for _, layer in windows[0])
        rows = [torch.cat([w[site, layer] for w in windows]).numpy() for site in sites for layer in range(n_layers)]
        about = {"folder": "models/" + name, "ids": ids, "window": WINDOW, "layers": n_layers, "sites": sites}
        out.file(f"recordings/{name}.json", (json.dumps(about) + "\n").encode())
        out.file(f"recordings/{name}.f32", np.concatenate([r.ravel() for r in rows]).astype("<f4").tobytes())
