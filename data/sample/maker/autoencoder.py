# Trains a sparse autoencoder on the residual stream of a model: the k largest features of a token, laid out as SAELens has it.
# SPDX-License-Identifier: GPL-3.0-or-later

from collections import namedtuple

import torch

from maker import layout, model, training

Plan = namedtuple("Plan", "steps batch rate tokens seed")
PLAN = Plan(steps=2000, batch=1024, rate=1e-2, tokens=256 * 1024, seed=21)
LOG_EVERY = 500


def stream(weights, config, windows):
    """What goes into the autoencoder's layer, [tokens, D]."""
    with torch.no_grad():
        return torch.cat([model.residual(weights, config, tokens, layout.SAE_LAYER).flatten(0, 1) for tokens in windows])


def encode(sae, x):
    z = (x - sae["b_dec"]) @ sae["W_enc"] + sae["b_enc"]
    top = z.topk(layout.SAE["k"], dim=1)
    return torch.zeros_like(z).scatter(1, top.indices, top.values.relu())


def decode(sae, f):
    return f @ sae["W_dec"] + sae["b_dec"]


def measure(sae, x):
    """Codes, and the fraction of variance unexplained."""
    with torch.no_grad():
        f = encode(sae, x)
        return f, ((x - decode(sae, f)).pow(2).sum() / (x - x.mean(0)).pow(2).sum()).item()


def new_sae(x, source):
    """Encoder and decoder begin as one; the bias as the mean."""
    decoder = torch.randn((layout.SAE["d_sae"], layout.SAE["d_in"]), generator=source)
    decoder /= decoder.norm(dim=1, keepdim=True)
    return {"W_enc": decoder.T.clone(), "W_dec": decoder, "b_enc": torch.zeros(layout.SAE["d_sae"]), "b_dec": x.mean(0)}


def train(weights, config, data, log):
    """Nothing brings features back that no longer fire, so some stay dead."""
    source = torch.Generator().manual_seed(PLAN.seed)
    windows = [part.view(-1, training.LENGTH) for part in data.train[:PLAN.tokens].split(16 * training.LENGTH)]
    x = stream(weights, config, windows)
    sae = {name: w.requires_grad_() for name, w in new_sae(x, source).items()}
    optimizer = torch.optim.Adam(sae.values(), lr=PLAN.rate)
    for step in range(1, PLAN.steps + 1):
        batch = x[torch.randint(len(x), (PLAN.batch,), generator=source)]
        loss = (batch - decode(sae, encode(sae, batch))).pow(2).sum(1).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        with torch.no_grad():
            sae["W_dec"] /= sae["W_dec"].norm(dim=1, keepdim=True)
        if step % LOG_EVERY == 0:
            log.line(f"step {step:5}  mean squared error {loss.item():.4f}")
    return {name: w.detach() for name, w in sae.items()}
