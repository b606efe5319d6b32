# Trains a model on the generated text, writes down how it goes, and measures it on held-out text.
# SPDX-License-Identifier: GPL-3.0-or-later

import math
import time
from collections import Counter, namedtuple

import torch
from torch.nn import functional

from maker import bpe, layout, model

LENGTH = layout.SHAPE["max_position_embeddings"]
BATCH = layout.STEP_TOKENS // LENGTH
LOG_EVERY = 100
CHECKPOINTS = (0, 25, 50, 100, 200, 400, 800, 1600)     # steps that are kept of the ReLU run, and logged
L1 = 0.1                                         # times the mean gate of the ReLU models, added to the loss

Data = namedtuple("Data", "train held")          # token ids, the held-out ones with the start token in front
Plan = namedtuple("Plan", "steps rate warmup l1 seed")


class Log:
    """Lines for a file and for the screen."""

    def __init__(self, path):
        self.file = open(path, "w", encoding="utf-8")

    def line(self, text=""):
        print(text, file=self.file, flush=True)
        print(text, flush=True)


def new_batch(ids, source):
    """Windows from anywhere in the text; every second one begins with the start token."""
    starts = torch.randint(len(ids) - LENGTH, (BATCH, 1), generator=source)
    tokens = ids[starts + torch.arange(LENGTH + 1)]
    tokens[::2, 0] = bpe.BOS
    return tokens[:, :-1], tokens[:, 1:]


def windows(ids):
    """The text cut into windows of the model's length; the last may be shorter."""
    return [part[None] for part in ids.split(LENGTH) if len(part) > 1]


def stored(weights):
    """The weights as a checkpoint keeps them: rounded to bfloat16."""
    return {name: w.detach().bfloat16().float() for name, w in weights.items()}


def evaluate(weights, config, ids):
    """Mean loss over all positions predicted inside windows, and per layer the share of gates that are zero."""
    weights, total, count = stored(weights), 0.0, 0
    zeros = [0] * config["num_hidden_layers"]
    with torch.no_grad():
        for tokens in windows(ids):
            logits, neurons = model.forward(weights, config, tokens)
            total += functional.cross_entropy(logits[0, :-1], tokens[0, 1:], reduction="sum").item()
            count += tokens.shape[1] - 1
            for layer, (s, _) in enumerate(neurons):
                zeros[layer] += (s == 0).sum().item()
    return total / count, [z / (len(ids) * config["intermediate_size"]) for z in zeros]


def unigram_loss(data, vocabulary):
    """Held-out loss in nats of always predicting the token frequencies of the training text."""
    seen, wanted = Counter(data.train.tolist()), data.held.tolist()[1:]
    total = len(data.train) + vocabulary
    return -sum(math.log((seen[token] + 1) / total) for token in wanted) / len(wanted)


def new_optimizer(weights):
    """Weight decay on the matrices of the layers alone."""
    decayed = [w for name, w in weights.items() if layout.is_linear(name)]
    others = [w for name, w in weights.items() if not layout.is_linear(name)]
    return torch.optim.AdamW([{"params": decayed, "weight_decay": 0.1}, {"params": others, "weight_decay": 0.0}],
                             betas=(0.9, 0.95))


def rate_at(step, plan):
    """Learning rate: linear warm-up, then half a cosine down to a twentieth."""
    if step < plan.warmup:
        return plan.rate * (step + 1) / plan.warmup
    done = (step - plan.warmup) / (plan.steps - plan.warmup)
    return plan.rate * (0.05 + 0.95 * (1 + math.cos(math.pi * done)) / 2)


def train_step(weights, config, optimizer, batch, l1):
    """One update; returns the cross-entropy, without the l1 times the mean gate that is added to it."""
    tokens, targets = batch
    logits, neurons = model.forward(weights, config, tokens)
    loss = functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
    penalty = sum(s.abs().mean() for s, _ in neurons) / len(neurons) * l1 if l1 else 0.0
    optimizer.zero_grad()
    (loss + penalty).backward()
    torch.nn.utils.clip_grad_norm_(weights.values(), 1.0)
    optimizer.step()
    return loss.item()


def log_state(log, name, step, losses, weights, config, data):
    held, zeros = evaluate(weights, config, data.held)
    mean = f"{sum(losses) / len(losses):10.4f}" if losses else " " * 9 + "-"
    log.line(f"{name:12} {step:5} {step * BATCH * LENGTH:9} {mean} {held:13.4f} {100 * sum(zeros) / len(zeros):11.2f}")


def train(name, weights, config, data, plan, log, after_step):
    """Trains the weights in place; after_step (steps done, weights) runs before the first and after every step."""
    begin = time.monotonic()
    source = torch.Generator().manual_seed(plan.seed)
    for w in weights.values():
        w.requires_grad_(True)
    optimizer = new_optimizer(weights)
    log.line(f"{'run':12} {'step':>5} {'tokens':>9} {'train loss':>10} {'held-out loss':>13} {'zero gates %':>11}")
    losses = []
    for step in range(plan.steps + 1):
        with torch.no_grad():
            after_step(step, weights)
        if step % LOG_EVERY == 0 or step in CHECKPOINTS or step == plan.steps:
            log_state(log, name, step, losses, weights, config, data)
            losses = []
        if step < plan.steps:
            for group in optimizer.param_groups:
                group["lr"] = rate_at(step, plan)
            losses.append(train_step(weights, config, optimizer, new_batch(data.train, source), plan.l1))
    print(f"{name}: {time.monotonic() - begin:.0f} s")
