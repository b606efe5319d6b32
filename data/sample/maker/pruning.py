# Prunes a trained model: whole FFN neurons, one 2:4 projection, and small weights up to a wanted share of zeros.
# SPDX-License-Identifier: GPL-3.0-or-later

import torch

from maker import layout, model, training

STEPS, GRADUAL, EVERY = 640, 400, 20             # fine-tuning steps, those while the share grows, steps between cuts


def least_used_neurons(weights, config, ids):
    """Per layer the neurons with the smallest mean |h| times the norm of their down column."""
    use = [0.0] * config["num_hidden_layers"]
    with torch.no_grad():
        for tokens in training.windows(ids):
            for layer, (_, h) in enumerate(model.forward(weights, config, tokens)[1]):
                use[layer] = use[layer] + h[0].abs().sum(0)
    down = [weights[f"model.layers.{layer}.mlp.down_proj.weight"].detach() for layer in range(len(use))]
    return [(u * w.norm(dim=0)).argsort()[:layout.REMOVED_NEURONS] for u, w in zip(use, down)]


def structure(weights, neurons):
    """Masks, true where a weight may stay, of the removed neurons and of the 2:4 projection."""
    keep = {name: torch.ones_like(w, dtype=torch.bool) for name, w in weights.items() if layout.is_linear(name)}
    for layer, gone in enumerate(neurons):
        keep[f"model.layers.{layer}.mlp.gate_proj.weight"][gone] = False
        keep[f"model.layers.{layer}.mlp.up_proj.weight"][gone] = False
        keep[f"model.layers.{layer}.mlp.down_proj.weight"][:, gone] = False
    fours = (weights[layout.PAIRED].detach().abs() * keep[layout.PAIRED]).view(-1, 4)
    smaller = fours.argsort(dim=1)[:, :2]
    keep[layout.PAIRED].view(-1, 4).scatter_(1, smaller, False)
    return keep


def cut(weights, fixed, share):
    """The fixed masks, with the globally smallest other weights added until so large a share is zero."""
    total = sum(mask.numel() for mask in fixed.values())
    zeros = sum((~mask).sum().item() for mask in fixed.values())
    more = round(share * total) - zeros
    if more <= 0:
        return fixed
    free = {name: weights[name].abs() for name in fixed if name != layout.PAIRED}
    limit = torch.cat([w[fixed[name]] for name, w in free.items()]).kthvalue(more).values
    return {name: mask & (free[name] > limit) if name in free else mask for name, mask in fixed.items()}


def share_at(step):
    """A cubic rise to the final share."""
    return layout.PRUNED_SHARE * (1 - (1 - min(1.0, step / GRADUAL)) ** 3)


def prune(weights, config, data, log):
    """Prunes the weights in place while they are trained; the mask stays as it is after the gradual part."""
    fixed = structure(weights, least_used_neurons(weights, config, data.train[:40 * training.LENGTH]))
    masks = fixed

    def after_step(step, weights):
        nonlocal masks
        if step <= GRADUAL and step % EVERY == 0:
            masks = cut(weights, fixed, share_at(step))
        for name, mask in masks.items():
            weights[name].mul_(mask)

    plan = training.Plan(steps=STEPS, rate=2e-3, warmup=20, l1=training.L1, seed=14)
    training.train("relu-pruned", weights, config, data, plan, log, after_step)
