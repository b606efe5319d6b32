#!/usr/bin/python3
# Densities as SAELens keeps them: what is written is what its writer makes of the oracle's counts, and opens again as the same.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_sparsity.py CLI

SAELens, sae_lens/training/sae_trainer.py and llm_sae_training_runner.py: save_file ({"sparsity": torch.log10 (counts / tokens + 1e-10)}),
of float32, into sparsity.safetensors.

OpenAI, sparse_autoencoder/train.py: stats_last_nonzero *= (codes == 0).all (0); stats_last_nonzero += 1; dead where it is above
dead_toks_threshold // tokens a step, 10 000 000 // 131 072."""

import json
import pathlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import numpy as np  # noqa: E402
import torch  # noqa: E402

import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import Result  # noqa: E402

FIXTURES = HERE.parent / "fixtures"
TESTS = {"above-0": "positive", "not-0": "nonzero"}
N_TOKENS = 600


def write(cli, path, *words):
    return command.run([cli, "analyze", "-q", "-a", "sae-features", *map(str, words), "--densities", str(path)])


def check_file(path, wanted):
    """The layout of safetensors, by hand."""
    data = path.read_bytes()
    n, = struct.unpack("<Q", data[:8])
    header = json.loads(data[8:8 + n])
    entry = header.pop("sparsity")
    if set(header) != {"__metadata__"} or not all(isinstance(v, str) for v in header["__metadata__"].values()):
        yield f"beside it there is {header}"
    if n % 8 != 0 or entry != {"dtype": "F32", "shape": [len(wanted)], "data_offsets": [0, 4 * len(wanted)]}:
        yield f"the header is {entry}, of {n} bytes"
    values = np.frombuffer(data[8 + n:], "<f4")
    off = np.abs(values.astype(np.float64) - wanted.numpy())
    if len(values) != len(wanted) or off.max() > 1e-6:
        yield f"logarithms are off by {off.max()}"
    if np.any((values == -10) != (wanted.numpy() == -10)):
        yield "others never fire"


def check_again(cli, path, counts):
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path)])
    yield from outcome.trouble()
    rows = Result(outcome.stdout).rows("features")
    off = max(abs(row["density"] - n / N_TOKENS) for row, n in zip(rows, counts))
    if len(rows) != len(counts) or off > 3e-6 or [row["density"] == 0 for row in rows] != [n == 0 for n in counts]:
        yield f"densities are off by {off}"


def check_case(cli, case, folder):
    for test, counts in TESTS.items():
        counts = case["features"]["fires"][counts]
        path = folder / "sparsity.safetensors"
        outcome = write(cli, path, FIXTURES / case["path"], FIXTURES / "saes/x.safetensors", "-s", f"sae-features.fires={test}")
        yield from outcome.trouble()
        if outcome.exit != 0:
            yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
            return
        wanted = torch.log10(torch.tensor(counts, dtype=torch.float32) / N_TOKENS + 1e-10)
        yield from check_file(path, wanted)
        yield from check_again(cli, path, counts)
        again = folder / "again.safetensors"
        write(cli, again, path)
        first, second = (np.frombuffer(one.read_bytes()[-4 * len(counts):], "<f4") for one in (path, again))
        if (off := np.abs(first - second)).max() > 1e-6:
            yield f"written again, logarithms are off by {off.max()}"


def train_silences():
    """As its training leaves them: some fire often, some seldom, some never."""
    chance = torch.Generator().manual_seed(4)
    rates = torch.logspace(-4, 0, 300)
    rates[::7] = 0
    last = torch.zeros(len(rates), dtype=torch.int64)
    for _ in range(500):
        last *= torch.rand(len(rates), generator=chance) >= rates
        last += 1
    return last


def check_silences(cli, folder):
    last, path = train_silences(), folder / "counters.pt"
    torch.save({"stats_last_nonzero": last}, path)
    dead = int((last > 10_000_000 // 131_072).sum())
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path)])
    yield from outcome.trouble()
    result = Result(outcome.stdout)
    if [row["silent_steps"] for row in result.rows("features")] != last.tolist():
        yield "counters are others"
    if result.named("dead", "rule", "dead") != {**dict.fromkeys(result.named("dead", "rule", "dead")), "openai": dead}:
        yield f"dead are {result.named('dead', 'rule', 'dead')}, not {dead} as OpenAI has it"
    if not result.result["definition"].startswith(f"{dead} of 300 features"):
        yield f"it says: {result.result['definition']}"
    for row in result.rows("silences"):
        low, high = (10 ** row[edge] - 1e-6 for edge in ("log10_low", "log10_high"))
        if (n := int(((last >= low) & (last < high)).sum())) != row["features"]:
            yield f"{row['features']} features are silent for {low:.0f} to {high:.0f} steps, not {n}"
    if sum(row["features"] for row in result.rows("silences")) != len(last):
        yield "the histogram has not all"


def check_mistakes(cli, folder):
    sae, dump = FIXTURES / "saes/saelens-topk", FIXTURES / "saes/x.safetensors"
    for code, words, outcome in ((2, "a file .safetensors", write(cli, folder / "x.json", sae, dump)),
                                 (3, "no densities", write(cli, folder / "x.safetensors", sae)),
                                 (3, "no lists to write: There are no recorded activations",
                                  command.run([cli, "analyze", "-q", "-a", "sae-features", str(sae), "--lists", str(folder / "x.json")])),
                                 (2, "that is sae-features", command.run([cli, "analyze", "-q", "-a", "tensor-map", str(sae), "--densities",
                                                                          str(folder / "x.safetensors")]))):
        yield from outcome.trouble()
        if outcome.exit != code or words not in outcome.stderr:
            yield f"exit {outcome.exit}, not {code}: {outcome.stderr.strip()}"
    if list(folder.glob("x.*")):
        yield "something was written"


def main():
    cli = sys.argv[1]
    report = Report()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for case in json.loads((FIXTURES / "saes.json").read_text())["cases"][:4]:
            report.line(case["path"], check_case(cli, case, folder))
        report.line("silences", check_silences(cli, folder))
        report.line("mistakes", check_mistakes(cli, folder))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
