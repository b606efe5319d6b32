# bench-sae.py - encoding by a sparse autoencoder, counting included, against SGEMM and PyTorch, in one run
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench-sae.py BENCH-SAE [TOKENS]: 16 384 features of 512 inputs in float32, all cores for all.  PyTorch is the loop one writes: batches of
# 4096, relu or topk of x @ W_enc + b, how many of each feature are not 0.  BENCH-SAE draws weights and biases likewise.
import re
import subprocess
import sys
import os
import time

try:
    import torch
except ImportError:
    print("skipped: torch is not here")
    sys.exit(77)

N_INPUTS, N_FEATURES, BATCH, BIAS, K, ROUNDS = 512, 16384, 4096, -2.66, 32, 3


def relu(z):
    return torch.relu(z)


def top_k(z):
    values, places = z.topk(K, dim=-1)
    return torch.zeros_like(z).scatter_(-1, places, torch.relu(values))


def rate(x, encoder, bias, activation):
    """→ tokens a second of the quickest round, codes a token"""
    best = float("inf")
    for _ in range(ROUNDS):
        started, counts = time.monotonic(), torch.zeros(N_FEATURES, dtype=torch.int64)
        for batch in x.split(BATCH):
            counts += (activation(batch @ encoder + bias) != 0).sum(0)
        best = min(best, time.monotonic() - started)
    return len(x) / best, float(counts.sum()) / len(x)


n_tokens = int(sys.argv[2]) if len(sys.argv) > 2 else 8192
ours = subprocess.run([sys.argv[1], str(n_tokens), str(N_FEATURES), str(N_INPUTS)], check=True, capture_output=True, text=True).stdout
print(ours, end="", flush=True)
torch.set_num_threads(os.cpu_count())
torch.manual_seed(1)
tokens, weights = torch.randn(n_tokens, N_INPUTS), torch.randn(N_INPUTS, N_FEATURES) / N_INPUTS ** 0.5
for name, function in (("relu", relu), (f"top {K}", top_k)):
    theirs, codes = rate(tokens, weights, torch.full((N_FEATURES,), BIAS), function)
    mine = float(re.search(rf"^{name} +(\d+) tokens", ours, re.MULTILINE).group(1))
    print(f"PyTorch {name}: {theirs:.0f} tokens/s, {codes:.1f} codes a token; the program is {mine / theirs:.2f} times as quick (aim 3)",
          flush=True)
