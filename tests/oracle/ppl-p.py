#!/usr/bin/python3
# PPL-p% sparsity as Sparsing Law's code finds it, in plain PyTorch: what the convention of parity must equal.
# SPDX-License-Identifier: GPL-3.0-or-later
"""ppl-p.py FOLDER TEXT [--window N] [--mended] [--double] [--generate N] [--out FILE]

TEXT: a text file, or a .json list of token ids, taken as they are.  A text has the start token in front once.  Windows of N
tokens follow one another without overlap; what is left over at the end is not used.  Of each window every token but the first
is predicted.  FILE: a JSON of what was found under names such as FOLDER, FOLDER-mended; what is there already stays.

Thresholds: 65 536 even steps from the smallest magnitude |h|·c to the 0.99 quantile of a strided subsample, bisected for the
largest whose tail (magnitudes <= threshold) makes at most τ of a layer's output, in the mean over tokens; a neuron is left out
where |h| < threshold / c.  τ for p: bisected on [0, 1] to 1e-6, thresholds from the dense activations each time.

Where that code goes astray, --mended does not: tokens whose output is nothing (0/0 there, which drives the threshold to its
end) are left out of the mean, and where no threshold makes at most τ, nothing is cut.  --double takes everything in float64,
to tell how much rounding matters."""

import argparse
import json
import math
import pathlib
import sys
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import torch  # noqa: E402

import models  # noqa: E402
import pieces  # noqa: E402

CANDIDATES, QUANTILE, SAMPLE = 65536, 0.99, 65536
TAUS, PERCENTS, FATS, TOP_SHARES = (0.05, 0.1, 0.2, 0.4), (1, 5, 10), (0.01, 0.03, 0.1, 0.3), (0.1, 0.2, 0.3, 0.5)


class Layer:
    """Dense activations h and gate scores s of all tokens [tokens, neurons], and the output matrix [hidden, neurons]."""

    def __init__(self, s, h, down, is_mended):
        self.is_mended, self.s, self.h, self.down = is_mended, s, h, down
        self.norms = down.norm(dim=0)
        self.magnitudes = h.abs() * self.norms
        self.lengths = (h @ down.T).norm(dim=1)
        step = max(h.numel() // SAMPLE, 1)
        high = torch.quantile(self.magnitudes.flatten()[::step], QUANTILE)
        self.candidates = torch.linspace(float(self.magnitudes.min()), float(high), CANDIDATES, dtype=h.dtype)

    def cett(self, threshold):
        tail = torch.where(self.magnitudes <= threshold, self.h, torch.zeros_like(self.h))
        shares = (tail @ self.down.T).norm(dim=1) / self.lengths
        return float((shares[self.lengths > 0] if self.is_mended else shares).mean())

    def place(self, tau):
        """The number of the candidate chosen for τ; -1 is the last, as that code has it."""
        left, right = 0, CANDIDATES - 1
        while left < right:
            middle = (left + right) // 2
            if self.cett(self.candidates[middle]) > tau:
                right = middle
            else:
                left = middle + 1
        return max(left - 1, 0) if self.is_mended else left - 1


class Model:
    def __init__(self, folder, ids, window, dtype, is_mended):
        self.config, self.tensors = models.read_folder(folder)
        self.dtype, self.is_mended = dtype, is_mended
        self.windows = [ids[n:n + window] for n in range(0, len(ids) - window + 1, window)]

    def run(self, tap):
        """Losses of the predicted tokens."""
        losses = []
        for ids in self.windows:
            scores = models.logits(self.config, self.tensors, ids, self.dtype, tap)[:-1].double().log_softmax(-1)
            losses.append(-scores.gather(1, torch.tensor(ids[1:])[:, None]))
        return torch.cat(losses)[:, 0]

    def dense(self):
        found = {}

        def keep(layer, s, h, down):
            found.setdefault(layer, []).append((s, h))
            found[layer, "down"] = down
            return h

        losses = self.run(keep)
        n_layers = sum(isinstance(key, int) for key in found)
        return losses, [Layer(*(torch.cat(part) for part in zip(*found[n])), found[n, "down"], self.is_mended) for n in range(n_layers)]

    def cut(self, is_active):
        """is_active (layer, s, h) → mask.  → (losses, active share of each layer, in this run)"""
        active, seen = {}, {}

        def leave_out(layer, s, h, down):
            mask = is_active(layer, s, h)
            active[layer], seen[layer] = active.get(layer, 0) + int(mask.sum()), seen.get(layer, 0) + mask.numel()
            return torch.where(mask, h, torch.zeros_like(h))

        losses = self.run(leave_out)
        return losses, [active[n] / seen[n] for n in sorted(active)]

    def generate(self, start, n):
        ids = [start]
        while len(ids) <= n:
            ids.append(int(models.logits(self.config, self.tensors, ids, self.dtype)[-1].argmax()))
        return ids


class Search:
    def __init__(self, model):
        self.model, self.known = model, {}
        self.dense_losses, self.layers = model.dense()
        self.dense_loss = float(self.dense_losses.mean())

    def described(self, losses, ratios):
        """loss_error: the standard error of what the loss grows by."""
        growth = losses - self.dense_losses
        return {"loss": float(losses.mean()), "loss_error": float(growth.std() / math.sqrt(len(growth))),
                "ratio": sum(ratios) / len(ratios), "ratios": ratios}

    def at(self, tau):
        """Thresholds for τ and what they cost; by the places of the thresholds, since many τ share them."""
        places = tuple(layer.place(tau) for layer in self.layers)
        if places not in self.known:
            thresholds = [layer.candidates[place] for layer, place in zip(self.layers, places)]
            limits = [t / layer.norms for layer, t in zip(self.layers, thresholds)]
            cost = self.model.cut(lambda layer, s, h: ~(h.abs() < limits[layer]))
            self.known[places] = {"thresholds": [float(t) for t in thresholds], "places": places, **self.described(*cost)}
        return {"tau": tau, **self.known[places]}

    def for_percent(self, p):
        lower, upper = 0.0, 1.0
        while upper - lower > 1e-6:
            middle = (lower + upper) / 2
            if math.exp(self.at(middle)["loss"] - self.dense_loss) < 1 + p / 100:
                lower = middle
            else:
                upper = middle
        return {"p": p, **self.at((lower + upper) / 2)}

    def others(self):
        """The rules that Sparsing Law compares with: all look at the gate scores."""
        n_neurons = self.layers[0].h.shape[1]
        yield {"rule": "exact zero", **self.described(*self.model.cut(lambda layer, s, h: s != 0))}
        for least in FATS:
            yield {"rule": "FAT", "value": least, **self.described(*self.model.cut(lambda layer, s, h: s.abs() >= least))}
        for share in TOP_SHARES:
            k = n_neurons - int(n_neurons * (1 - share))
            yield {"rule": "top k", "value": share, **self.described(*self.model.cut(lambda layer, s, h: top(s, k)))}


def top(s, k):
    """The k largest of each token; exact zeros are never active."""
    chosen = torch.zeros_like(s, dtype=torch.bool).scatter(1, s.abs().topk(k, dim=1).indices, True)
    return chosen & (s != 0)


class Clock:
    def __init__(self):
        self.last = time.monotonic()

    def lap(self, what):
        now = time.monotonic()
        print(f"{now - self.last:7.2f} s  {what}", flush=True)
        self.last = now


def read_ids(folder, path):
    if path.endswith(".json"):
        return json.loads(pathlib.Path(path).read_text()), None
    tokenizer = pieces.Tokenizer(pathlib.Path(folder) / "tokenizer.json")
    return tokenizer.encode(pathlib.Path(path).read_bytes().decode()), tokenizer


def measure(search, clock):
    model, n_windows = search.model, len(search.model.windows)
    window = len(model.windows[0])
    clock.lap(f"dense: loss {search.dense_loss:.9f}, perplexity {math.exp(search.dense_loss):.6f}")
    found = {"window": window, "tokens": n_windows * window, "predicted": n_windows * (window - 1), "loss": search.dense_loss,
             "perplexity": math.exp(search.dense_loss), "empty": sum(int((layer.lengths == 0).sum()) for layer in search.layers)}
    for key, wanted, find in (("taus", TAUS, search.at), ("percents", PERCENTS, search.for_percent)):
        found[key] = []
        for value in wanted:
            entry = find(value)
            found[key].append(entry)
            clock.lap(f"{key} {value}: tau {entry['tau']:.7f}, ratio {entry['ratio']:.6f}, PPL "
                      f"{math.exp(entry['loss'] - search.dense_loss):.6f} times, places {entry['places']}")
    found["others"] = list(search.others())
    clock.lap("; ".join(f"{r['rule']} {r.get('value', '')}: ratio {r['ratio']:.6f}, loss {r['loss']:.6f}" for r in found["others"]))
    return found


def save(path, name, found):
    """One line for each entry of each list."""
    whole = {**(json.loads(path.read_text()) if path.exists() else {}), name: found}
    parts = [f"{json.dumps(key)}: {lines(value)}" for key, value in sorted(whole.items())]
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n")


def lines(found):
    parts = (f" {json.dumps(key)}: " + ("[\n  " + ",\n  ".join(map(json.dumps, value)) + "]" if isinstance(value, list)
                                       else json.dumps(value)) for key, value in found.items())
    return "{\n" + ",\n".join(parts) + "}"


def main():
    words = argparse.ArgumentParser(usage=__doc__)
    words.add_argument("folder")
    words.add_argument("text")
    words.add_argument("--window", type=int, default=256)
    words.add_argument("--mended", action="store_true")
    words.add_argument("--double", action="store_true")
    words.add_argument("--generate", type=int, default=0)
    words.add_argument("--out")
    words = words.parse_args()
    clock = Clock()
    ids, tokenizer = read_ids(words.folder, words.text)
    model = Model(words.folder, ids, words.window, torch.float64 if words.double else torch.float32, words.mended)
    clock.lap(f"{len(ids)} tokens, {len(model.windows)} windows of {words.window}")
    if words.generate:
        clock.lap(repr(tokenizer.decode(model.generate(tokenizer.start, words.generate))))
    found = measure(Search(model), clock)
    if words.out:
        save(pathlib.Path(words.out), pathlib.Path(words.folder).name + ("-mended" if words.mended else ""), found)


if __name__ == "__main__":
    main()
