# What the layers of some of the tiny models do on a text in windows, from their definitions.
# SPDX-License-Identifier: GPL-3.0-or-later
"""recordings/NAME.json: {folder, ids, window, layers, sites: {site: name of its tensors}}; NAME.f32: site after site, in each
layer after layer [tokens, width].  Each window is a text of its own, the last one is shorter.

Of each architecture one, and of the heads' results one that is wider than the model, of a model with all biases."""

import json

import numpy as np
import torch

import models

NAMES = ("llama-relu", "llama-linear-biases", "mistral-window", "qwen2-window-layers", "gpt2-bare", "neox-parallel", "neox-sequential",
         "opt-before", "opt-after-projected", "minicpm-scales")
N_TOKENS, WINDOW = 5, 2
SITES = {"act": "act.{}", "gate": "gate.{}", "resid_pre": "blocks.{}.hook_resid_pre", "z": "blocks.{}.attn.hook_z",
         "attn_out": "blocks.{}.hook_attn_out", "mlp_out": "blocks.{}.hook_mlp_out", "resid_post": "blocks.{}.hook_resid_post"}


def look(config, tensors, ids):
    """→ {(site, layer): [tokens, width]} of one window."""
    seen = {}

    def tap(layer, s, h, down):
        seen["gate", layer], seen["act", layer] = s, h
        return h

    models.logits(config, tensors, ids, tap=tap, see=lambda site, layer, x: seen.update({(site, layer): x}))
    return seen


def write(out):
    for name in NAMES:
        config, tensors = models.read_folder(out.root / "models" / name)
        ids = json.loads((out.root / "logits" / (name + ".json")).read_text())["ids"][:N_TOKENS]
        windows = [look(config, tensors, ids[i:i + WINDOW]) for i in range(0, N_TOKENS, WINDOW)]
        is_gated = any("gate_proj" in key for key in tensors)
        sites = {site: tensor for site, tensor in SITES.items() if is_gated or site != "gate"}
        n_layers = 1 + max(layer for _, layer in windows[0])
        rows = [torch.cat([w[site, layer] for w in windows]).numpy() for site in sites for layer in range(n_layers)]
        about = {"folder": "models/" + name, "ids": ids, "window": WINDOW, "layers": n_layers, "sites": sites}
        out.file(f"recordings/{name}.json", (json.dumps(about) + "\n").encode())
        out.file(f"recordings/{name}.f32", np.concatenate([r.ravel() for r in rows]).astype("<f4").tobytes())
