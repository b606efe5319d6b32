# Makes all files of the sample, one after the other.
# SPDX-License-Identifier: GPL-3.0-or-later

import json
from math import log as ln

import torch

from maker import autoencoder, bpe, language, layout, model, pruning, store, training

TRAIN_CHARACTERS, LEARN_CHARACTERS, HELD_CHARACTERS = 4_000_000, 400_000, 12_000
DUMPED_TOKENS, ENCODED_TOKENS = 320, 1280


def write_json(path, value):
    path.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def entry(tensor):
    """A tensor's bytes and dtype as the file keeps them; torch's bfloat16 travels as int16."""
    dtype, bits = {torch.bfloat16: ("BF16", torch.int16), torch.float16: ("F16", torch.int16),
                   torch.float32: ("F32", torch.int32), torch.int32: ("I32", torch.int32)}[tensor.dtype]
    return store.Entry(dtype, tuple(tensor.shape), tensor.contiguous().view(bits).numpy().tobytes())


def save_checkpoint(folder, config, weights):
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "config.json", config)
    entries = {name: entry(w.detach().bfloat16()) for name, w in weights.items()}
    store.write(folder / "model.safetensors", entries, {"format": "pt"})


def make_text(out, log):
    """Writes the held-out text, learns the tokenizer, and returns both with the token ids."""
    text, _ = language.write_text(1, TRAIN_CHARACTERS)
    held, nats = language.write_text(2, HELD_CHARACTERS)
    (out / "text").mkdir(parents=True, exist_ok=True)
    (out / "text" / "heldout.txt").write_text(held, encoding="utf-8")
    tokenizer = bpe.Tokenizer.learn(text[:LEARN_CHARACTERS], layout.SHAPE["vocab_size"])
    data = training.Data(torch.tensor(tokenizer.encode(text)), torch.tensor([bpe.BOS] + tokenizer.encode(held)))
    log.line(f"text: {len(data.train)} training tokens, {len(data.held)} held-out tokens with the start token")
    log.line("Losses are means in nats per predicted token. Held-out: the text cut into windows of "
             f"{training.LENGTH} tokens, every")
    log.line("position after a window's first, of the weights rounded to bfloat16 as they are stored.")
    log.line("In training, l1 times the mean gate is added to the loss; the train loss here is without it.")
    log.line(f"baseline uniform: {ln(len(tokenizer.tokens)):.4f}")
    log.line(f"baseline unigram: {training.unigram_loss(data, len(tokenizer.tokens)):.4f}")
    log.line(f"entropy floor: {nats / len(data.held):.4f} (all choices the grammar made; "
             "a window's start lacks what came before,")
    log.line("so the floor cannot quite be reached)")
    log.line()
    return tokenizer, data


def log_final(log, name, weights, config, ids):
    held, zeros = training.evaluate(weights, config, ids)
    layers = " ".join(f"{100 * z:.2f}" for z in zeros)
    log.line(f"final {name}: held-out loss {held:.4f}, zero gates per layer in %: {layers}")
    log.line()


def make_model(out, gate, tokenizer, data, log):
    """Trains one model; the ReLU one leaves its checkpoints."""
    config = layout.new_config(gate)
    weights = model.new_weights(config, seed=11)
    l1 = training.L1 if gate == "relu" else 0.0
    plan = training.Plan(steps=training.CHECKPOINTS[-1], rate=5e-3, warmup=100, l1=l1, seed=12)
    log.line(f"{gate}: {sum(w.numel() for w in weights.values())} parameters, {plan}")

    def after_step(step, weights):
        if gate == "relu" and step in training.CHECKPOINTS:
            save_checkpoint(out / "checkpoints" / f"step-{step:05}", config, weights)

    training.train(gate, weights, config, data, plan, log, after_step)
    log_final(log, gate, weights, config, data.held)
    save_checkpoint(out / gate, config, weights)
    tokenizer.save(out / gate / "tokenizer.json")
    if gate == "relu":
        tokenizer.save(out / "checkpoints" / "tokenizer.json")
        write_json(out / "checkpoints" / "tokens.json", {f"step-{step:05}": layout.STEP_TOKENS * step for step in training.CHECKPOINTS})
    return config, weights


def make_pruned(out, config, weights, tokenizer, data, log):
    log.line(f"relu-pruned: {layout.REMOVED_NEURONS} neurons of every layer removed, {layout.PAIRED} 2:4,")
    log.line(f"then the smallest weights up to {100 * layout.PRUNED_SHARE:.0f} % of the attention and FFN matrices; "
             f"the mask is fixed from step {pruning.GRADUAL} on")
    weights = {name: w.detach().clone() for name, w in weights.items()}
    pruning.prune(weights, config, data, log)
    linear = [w for name, w in weights.items() if layout.is_linear(name)]
    zeros, total = sum((w == 0).sum().item() for w in linear), sum(w.numel() for w in linear)
    log.line(f"zero weights: {zeros} of {total} ({100 * zeros / total:.2f} %)")
    log_final(log, "relu-pruned", weights, config, data.held)
    save_checkpoint(out / "relu-pruned", config, weights)
    tokenizer.save(out / "relu-pruned" / "tokenizer.json")


def make_dump(out, config, weights, tokenizer, data, log):
    """The gated products of the ReLU model on the first held-out tokens, window by window."""
    ids = data.held[:DUMPED_TOKENS]
    weights, parts = training.stored(weights), []
    with torch.no_grad():
        for tokens in training.windows(ids):
            parts.append([h[0] for _, h in model.forward(weights, config, tokens)[1]])
    exact = [torch.cat(layer) for layer in zip(*parts)]
    entries = {f"act.{layer}": entry(h.half()) for layer, h in enumerate(exact)}
    entries["tokens"] = entry(ids.int())
    entries["seq"] = entry((torch.arange(len(ids)) // training.LENGTH).int())
    folder = out / "activations"
    folder.mkdir(parents=True, exist_ok=True)
    store.write(folder / "activations.safetensors", entries, {"model": "relu", "text": "text/heldout.txt"})
    write_json(folder / "tokens.json", [tokenizer.tokens[i] for i in ids.tolist()])
    lost = sum(((h != 0) & (h.half() == 0)).sum().item() for h in exact)
    shares = " ".join(f"{100 * (h.half() == 0).float().mean().item():.2f}" for h in exact)
    log.line(f"activations: {len(ids)} tokens, zeros per layer in %: {shares}; {lost} of them too small for float16")


def make_autoencoder(out, config, weights, tokenizer, data, log):
    """A sparse autoencoder of the ReLU model's residual stream, and that stream on the first held-out tokens."""
    weights = training.stored(weights)
    log.line(f"sae: top {layout.SAE['k']} of {layout.SAE['d_sae']} features of what goes into layer {layout.SAE_LAYER} of relu, "
             f"{autoencoder.PLAN}")
    sae = autoencoder.train(weights, config, data, log)
    folder = out / "sae"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "cfg.json", layout.SAE)
    store.write(folder / "sae_weights.safetensors", {name: entry(w) for name, w in sae.items()}, {"model": "relu"})
    ids = data.held[:ENCODED_TOKENS]
    x = autoencoder.stream(weights, config, training.windows(ids)).half()
    seq = (torch.arange(len(ids)) // training.LENGTH).int()
    folder = out / "residual"
    folder.mkdir(parents=True, exist_ok=True)
    write_json(folder / "tokens.json", [tokenizer.tokens[i] for i in ids.tolist()])
    store.write(folder / "hidden.safetensors",
                {f"hidden.{layout.SAE_LAYER}": entry(x), "tokens": entry(ids.int()), "seq": entry(seq)},
                {"model": "relu", "text": "text/heldout.txt"})
    f, error = autoencoder.measure(sae, x.float())
    log.line(f"final sae: on {len(ids)} held-out tokens {int((f.sum(0) == 0).sum())} of {f.shape[1]} features are dead, "
             f"L0 {(f > 0).sum(1).float().mean().item():.3f}, fraction of variance unexplained {error:.4f}")


def make(out):
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    out.mkdir(parents=True, exist_ok=True)
    log = training.Log(out / "training-log.txt")
    tokenizer, data = make_text(out, log)
    config, weights = make_model(out, "relu", tokenizer, data, log)
    make_pruned(out, config, weights, tokenizer, data, log)
    make_dump(out, config, weights, tokenizer, data, log)
    log.line()
    make_model(out, "silu", tokenizer, data, log)
    log.line()
    make_autoencoder(out, config, weights, tokenizer, data, log)
