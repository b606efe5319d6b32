# bench-engine.py - a dense evaluation and a search for p against SGEMM and PyTorch, in one run
# SPDX-License-Identifier: GPL-3.0-or-later
#
# bench-engine.py CLI [WINDOWS]: GPT-2 of 124 M random parameters in float32, windows of 1024 tokens, all cores for all three.
# The text is drawn from the model itself, token by token, so that leaving out neurons makes it worse as it does for trained ones.
# PyTorch is written as one would who wants it fast: all windows of a layer in one product.  Its start and its reading of
# weights are not counted, ours are.  SGEMM is OpenBLAS itself on matrices of 4096.  The losses are compared first.  In brackets:
# the same by processor time, which a busy machine changes less.
import ctypes
import json
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
try:
    import numpy
    import torch
    from torch.nn import functional

    import big_models
except ImportError as error:
    print(f"skipped: {error.name} is not here")
    sys.exit(77)

WINDOW, N, DENSE, PERCENTS = big_models.N_POSITIONS, 4096, "0", "1,5,10"


def processor_seconds():
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


class Timed:
    """The quickest of some times: its value, seconds, and processor seconds a core."""

    def __init__(self, times, function, *arguments):
        self.seconds = self.busy = float("inf")
        for _ in range(times):
            started, busy = time.monotonic(), processor_seconds()
            self.value = function(*arguments)
            self.seconds = min(self.seconds, time.monotonic() - started)
            self.busy = min(self.busy, (processor_seconds() - busy) / os.cpu_count())

    def against(self, other, work=1.0, other_work=1.0):
        """How many times as quick as the other"""
        by = work / other_work
        return f"{other.seconds / self.seconds * by:.2f} [{other.busy / self.busy * by:.2f}]"


def sgemm():
    """→ C = A·B by the library that the program uses too"""
    blas = ctypes.CDLL("libopenblas.so.0")
    blas.openblas_set_num_threads(os.cpu_count())
    a, b, c = (numpy.ones((N, N), numpy.float32) for _ in range(3))
    row_major, no_transpose, one, zero = 101, 111, ctypes.c_float(1), ctypes.c_float(0)

    def multiply():
        blas.cblas_sgemm(row_major, no_transpose, no_transpose, N, N, N, one, ctypes.c_void_p(a.ctypes.data), N,
                         ctypes.c_void_p(b.ctypes.data), N, zero, ctypes.c_void_p(c.ctypes.data), N)

    multiply()
    assert c[0, 0] == N
    return multiply


class Peer:
    def __init__(self, weights):
        self.weights = {name: torch.from_numpy(values) for name, values in weights.items()}

    def conv(self, x, name):
        w, bias = self.weights[name + ".weight"], self.weights[name + ".bias"]
        return torch.addmm(bias, x.view(-1, x.shape[-1]), w).view(*x.shape[:-1], -1)

    def norm(self, x, name):
        return functional.layer_norm(x, x.shape[-1:], self.weights[name + ".weight"], self.weights[name + ".bias"])

    def attention(self, x, name, future):
        q, k, v = (t.view(*x.shape[:2], big_models.N_HEADS, -1).transpose(1, 2) for t in self.conv(x, name + "c_attn").chunk(3, -1))
        scores = q @ k.transpose(2, 3) * q.shape[-1] ** -0.5 + future
        return self.conv((scores.softmax(-1) @ v).transpose(1, 2).reshape(x.shape), name + "c_proj")

    def fed(self, x, name):
        inner = self.conv(self.norm(x, name + "ln_2"), name + "mlp.c_fc")
        inner = 0.5 * inner * (1 + torch.tanh(0.7978845608028654 * (inner + 0.044715 * inner ** 3)))
        return self.conv(inner, name + "mlp.c_proj")

    def last(self, ids):
        """What the head reads, [windows, tokens, 768]"""
        x = self.weights["wte.weight"][ids] + self.weights["wpe.weight"]
        future = torch.full((WINDOW, WINDOW), float("-inf")).triu(1)
        for name in (f"h.{n}." for n in range(big_models.N_LAYERS)):
            x = x + self.attention(self.norm(x, name + "ln_1"), name + "attn.", future)
            x = x + self.fed(x, name)
        return self.norm(x, "ln_f")

    def scores(self, x):
        return x[:-1] @ self.weights["wte.weight"].T

    def loss(self, ids):
        losses = [functional.cross_entropy(self.scores(x), t[1:], reduction="none") for x, t in zip(self.last(ids), ids)]
        return float(torch.cat(losses).mean())

    def seen(self, x, name, at, keys, values):
        """Attention of the newest token, [windows, 768], whose key and value are kept."""
        q, keys[:, :, at], values[:, :, at] = (t.view(len(x), big_models.N_HEADS, -1) for t in self.conv(x, name + "c_attn").chunk(3, -1))
        scores = (q[:, :, None] @ keys[:, :, :at + 1].transpose(2, 3)) * q.shape[-1] ** -0.5
        return self.conv((scores.softmax(-1) @ values[:, :, :at + 1])[:, :, 0].reshape(x.shape), name + "c_proj")

    def drawn(self, n_windows):
        """Texts [windows, tokens] as the model writes them, each after a token drawn blindly."""
        source = torch.Generator().manual_seed(4)
        ids = torch.randint(big_models.N_IDS, (n_windows, WINDOW), generator=source)
        kept = torch.zeros(big_models.N_LAYERS, 2, n_windows, big_models.N_HEADS, WINDOW, big_models.D // big_models.N_HEADS)
        for at in range(WINDOW - 1):
            x = self.weights["wte.weight"][ids[:, at]] + self.weights["wpe.weight"][at]
            for name, memory in ((f"h.{n}.", memory) for n, memory in enumerate(kept)):
                x = x + self.seen(self.norm(x, name + "ln_1"), name + "attn.", at, *memory)
                x = x + self.fed(x, name)
            scores = self.norm(x, "ln_f") @ self.weights["wte.weight"].T
            ids[:, at + 1] = (scores - torch.empty_like(scores).exponential_(generator=source).log_()).argmax(1)
        return ids


def run(cli, folder, ids, percents):
    """→ (the dense loss, how many ways of cutting were measured)"""
    out = subprocess.run([cli, "analyze", folder, "-a", "ppl-p", "--as", f"text={ids}", "--set", f"ppl-p.window={WINDOW}",
                          "--set", f"ppl-p.p={percents}", "--set", "ppl-p.tokens=0", "--format", "json"],
                         check=True, capture_output=True, text=True).stdout
    tables = json.loads(out)["results"][0]["tables"]
    return next(row[1] for row in tables["summary"]["rows"] if row[0] == "loss"), len(tables["points"]["rows"]) - 1


def measure(cli, n_windows, folder):
    peer, work = Peer(big_models.write_gpt2(folder)), big_models.gpt2_operations(n_windows, WINDOW)
    ids = peer.drawn(n_windows)
    list_file = os.path.join(folder, "ids.json")
    pathlib.Path(list_file).write_text(json.dumps(ids.flatten().tolist()))
    print(f"{n_windows} windows of {WINDOW}, {work / 1e12:.3f} Tflop, {os.cpu_count()} threads")
    products = Timed(5, sgemm())
    print(f"SGEMM    {2 * N**3 / products.seconds / 1e9:6.1f} Gflop/s", flush=True)
    theirs = Timed(2, peer.loss, ids)
    print(f"PyTorch  {work / theirs.seconds / 1e9:6.1f} Gflop/s: {theirs.seconds:.2f} s, loss {theirs.value:.5f}, "
          f"{theirs.against(products, work, 2 * N**3)} of SGEMM", flush=True)
    del peer
    ours = Timed(2, run, cli, folder, list_file, DENSE)
    assert abs(ours.value[0] - theirs.value) < 1e-4 * theirs.value, f"loss {ours.value[0]}, not {theirs.value}"
    print(f"program  {work / ours.seconds / 1e9:6.1f} Gflop/s: {ours.seconds:.2f} s, {ours.against(products, work, 2 * N**3)} of SGEMM "
          f"(aim 0.7), {ours.against(theirs)} times PyTorch (aim 2)", flush=True)
    search = Timed(2, run, cli, folder, list_file, PERCENTS)
    print(f"p = {PERCENTS}: {search.seconds:.2f} s, {ours.against(search)} dense evaluations (aim at most 6), "
          f"{search.value[1]} cuts measured")
    print(f"peak memory of the program {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss >> 10} MiB")


torch.set_num_threads(os.cpu_count())
with torch.no_grad(), tempfile.TemporaryDirectory() as place:
    measure(sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 8, place)
