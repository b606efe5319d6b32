#!/usr/bin/python3
# Who calls a feature dead: each library's own counter, step by step, against the table of sae-features.
# SPDX-License-Identifier: GPL-3.0-or-later
"""dead_rules.py CLI

Codes are recorded in a file with holes: all are 0 but a few of chosen tokens, on both sides of each limit.  Python alone.

What is counted, read in the libraries at these commits:
- SAELens 91ca16c, sae_lens/training/sae_trainer.py 157, 296-303, 417
- openai/sparse_autoencoder 4965b94, sparse_autoencoder/train.py 316, 351-358, 688-720
- dictionary_learning 60ec6bf, trainers/standard.py 122-124, 152; top_k.py 259, 338-341; jumprelu.py 158-164; evaluation.py 190, 240;
  resample_steps was 25000 until 25d2a62
- EleutherAI/sparsify 9d3b136, sparsify/trainer.py 415, 532
- ai-safety-foundation/sparse_autoencoder b6ba6cb, activation_resampler/activation_resampler.py 104-108, 168, 198-202, 236-241
- neelnanda-io/1L-Sparse-Autoencoder bcae013, scratch.py 280-298, analysis.py 26"""

import json
import os
import pathlib
import struct
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import Result  # noqa: E402

NOT_0, ABOVE_0, ABOVE_1E_3 = (lambda f: f != 0), (lambda f: f > 0), (lambda f: f > 1e-3)


def steps_fired(codes, fires, n, size):
    """codes of one feature, by token → by step of size tokens whether it fires; the last step ends with token n"""
    fired = [False] * (n // size)
    for token, code in codes.items():
        fired[token // size] |= fires(code)
    return fired


def saelens(codes, n, size):
    since = 0
    for fired in steps_fired(codes, NOT_0, n, size):
        since = 0 if fired else since + 1
    return since > 1000


def openai(codes, n, size=131072):
    last_nonzero = 0
    for fired in steps_fired(codes, ABOVE_1E_3, n, size):
        last_nonzero = last_nonzero * (1 - fired) + 1
    return last_nonzero > 10_000_000 // size


def standard(codes, n, size, resample_steps=25000):
    since = 0
    for fired in steps_fired(codes, NOT_0, n, size):
        since = 0 if fired else since + 1
    return since > resample_steps / 2


def tokens_since(codes, n, size=1000):
    since = 0
    for fired in steps_fired(codes, NOT_0, n, size):
        since = 0 if fired else since + size
    return since


def resampler(codes, n, size=500_000, interval=200_000_000, collated=100_000_000, portion=0.0):
    """The dump is the end of an interval."""
    seen, count = interval - n, 0
    for step in range(n // size):
        if seen >= interval - collated:
            count += sum(step * size <= token < (step + 1) * size and code > 0 for token, code in codes.items())
        seen += size
    return count <= int(interval * portion)


def share(codes, n, fires):
    return sum(map(fires, codes.values())) / n


RULES = {
    "never": lambda codes, n, size: share(codes, n, ABOVE_0) == 0,
    "sum": lambda codes, n, size: sum(codes.values()) == 0,
    "saelens-training": saelens,
    "saelens-1e-5": lambda codes, n, size: share(codes, n, NOT_0) < 1e-5,
    "saelens-1e-6": lambda codes, n, size: share(codes, n, NOT_0) < 1e-6,
    "openai": lambda codes, n, size: openai(codes, n),
    "dictionary-learning-standard": standard,
    "dictionary-learning-topk": lambda codes, n, size: tokens_since(codes, n) >= 10_000_000,
    "dictionary-learning-jumprelu": lambda codes, n, size: tokens_since(codes, n) > 10_000_000,
    "eleuther": lambda codes, n, size: tokens_since(codes, n) > 10_000_000,
    "ai-safety-foundation": None,
    "rare": lambda codes, n, size: share(codes, n, ABOVE_0) < 1e-4,
}


def around_step(n, size, steps):
    """The last firing is at the first or last token of a step, so many of them before the end and one more or less."""
    return [{n - size * (steps + more) - 1 - offset: 1.0} for more in (-1, 0, 1) for offset in (0, size - 1)]


def at_share(n, fired, code=1.0):
    return [{token * (n // (fired + 2)): code for token in range(count)} for count in (fired - 1, fired, fired + 1)]


OPENAI = 78 * 131072

# Rules that are asked, tokens, tokens a step, codes of each feature.
CASES = [
    (("never", "sum", "saelens-training"), 8080, 8,
     [{}, {5: 1.0, 6: -1.0}, {8079: -1.0}, *around_step(8080, 8, 1000), *around_step(8080, 8, 1001)]),
    (("dictionary-learning-standard",), 50040, 4, [{}, {50039: -1.0}, *around_step(50040, 4, 12500), *around_step(50040, 4, 12501)]),
    (("saelens-1e-5", "saelens-1e-6", "rare"), 3_000_000, 4096,
     [{}, *at_share(3_000_000, 30), *at_share(3_000_000, 30, -1.0), *at_share(3_000_000, 3), *at_share(3_000_000, 300)]),
    (("openai",), OPENAI, 4096, [{}, {OPENAI - 1: 2.0 ** -10}, {OPENAI - 1: 2.0 ** -9}, *around_step(OPENAI, 131072, 75),
                                 *around_step(OPENAI, 131072, 76)]),
    (("dictionary-learning-topk", "dictionary-learning-jumprelu", "eleuther"), 10_002_000, 4096,
     [{}, {10_001_999: -1.0}, {999: 1.0}, {1999: 1.0}, {2999: 1.0}]),
]


def half(value):
    return struct.pack("<e", value)


def write_codes(path, n, features):
    """F16 [n, features], with holes."""
    size = 2 * n * len(features)
    header = json.dumps({"blocks.1.feature_acts": {"dtype": "F16", "shape": [n, len(features)], "data_offsets": [0, size]}})
    first = struct.pack("<Q", len(header)) + header.encode()
    with open(path, "wb") as file:
        file.truncate(len(first) + size)
        file.write(first)
        for i, codes in enumerate(features):
            for token, code in codes.items():
                os.pwrite(file.fileno(), half(code), len(first) + 2 * (token * len(features) + i))


def check_resampler(row):
    """No dump has so many tokens: it says how many it would take."""
    n, needed = 100_500_000, row["tokens_needed"]
    if row["decided"] != "no" or row["dead"] is not None:
        yield f"ai-safety-foundation: {row}"
    if not resampler({n - 1 - needed: 1.0}, n) or resampler({n - needed: 1.0}, n):
        yield f"ai-safety-foundation: {needed} tokens are not what is needed"


def check(cli, rules, n, size, features):
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "codes.safetensors"
        write_codes(path, n, features)
        outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path), "--set", f"sae-features.batch={size}"])
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr}"
        return
    rows = {row["rule"]: row for row in Result(outcome.stdout).rows("dead")}
    if rows.keys() != RULES.keys() | {"window"}:
        yield f"rules are {sorted(rows)}"
        return
    yield from check_resampler(rows["ai-safety-foundation"])
    for rule in rules:
        dead = [i for i, codes in enumerate(features) if RULES[rule](codes, n, size)]
        if not 0 < len(dead) < len(features):
            yield f"{rule}: this asks nothing, {dead} of {len(features)} are dead"
        if rows[rule]["decided"] != "yes" or rows[rule]["dead"] != len(dead):
            yield f"{rule}: {rows[rule]['dead']} are dead, not {len(dead)}, {dead}"


def main(cli):
    report = Report()
    for rules, n, size, features in CASES:
        report.line(", ".join(rules), check(cli, rules, n, size, features))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
