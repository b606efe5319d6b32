#!/usr/bin/python3
# A process that may have less memory than the machine has: what does not fit is refused before it is begun, naming the limit.
# SPDX-License-Identifier: GPL-3.0-or-later
"""memory-limits.py CLI    Standard library only."""

import functools
import json
import pathlib
import resource
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402  (it finds the oracle)
import command  # noqa: E402
from compare import Report  # noqa: E402

MODEL = engine.FIXTURES / "models" / "llama-relu"
N_IDS, WINDOW = 64, 1_000_000  # takes some 1.5 GiB
LIMIT = 900 << 20
SMALL = 64
MANY = 40_000  # windows, one a token: a state takes some 0.3 GiB, and three are run at once


def run(arguments, kind):
    limit = functools.partial(resource.setrlimit, kind, (LIMIT, LIMIT))
    return subprocess.run([str(a) for a in arguments], preexec_fn=limit, capture_output=True, text=True, timeout=60)


def commands(cli, ids, place, window):
    yield "ppl-p", [cli, "analyze", MODEL, "-a", "ppl-p", "--as", f"text={ids}", "--set", f"ppl-p.window={window}",
                    "--set", f"ppl-p.tokens={window}"]
    yield "record", [cli, "record", MODEL, ids, "-o", place / "dump.safetensors", f"--window={window}", f"--tokens={window}"]


def many_windows(cli, ids, n_windows):
    options = {"window": SMALL, "stride": 1, "tokens": n_windows + SMALL - 1}
    return [cli, "analyze", MODEL, "-a", "ppl-p", "--as", f"text={ids}", *(f"--set=ppl-p.{k}={v}" for k, v in options.items())]


def check_large(arguments, kind, *words):
    outcome = run(arguments, kind)
    if outcome.returncode != 3:
        yield f"exit {outcome.returncode}: {outcome.stderr[-300:]}"
    for said in (*words, "GiB"):
        if said not in outcome.stderr:
            yield f"does not say {said!r}: {outcome.stderr[-300:]}"


def check_small(arguments, kind):
    outcome = run(arguments, kind)
    if outcome.returncode != 0:
        yield f"exit {outcome.returncode}: {outcome.stderr[-300:]}"


def main(arguments):
    if len(arguments) != 1:
        sys.exit(__doc__)
    if command.SANITIZED:
        print("skipped: a sanitizer maps more")
        return 77
    cli, report = pathlib.Path(arguments[0]).resolve(), Report()
    with tempfile.TemporaryDirectory() as root:
        place = pathlib.Path(root)
        ids = place / "ids.json"
        ids.write_text(json.dumps([i % N_IDS for i in range(WINDOW)]))
        for word, kind in (("ulimit -v", resource.RLIMIT_AS), ("ulimit -d", resource.RLIMIT_DATA)):
            for name, words in commands(cli, ids, place, WINDOW):
                report.line(f"{name} {word}", check_large(words, kind, word, f"{WINDOW} tokens"))
            for name, words in commands(cli, ids, place, SMALL):
                report.line(f"{name} {word}, a small window", check_small(words, kind))
            for n in (MANY, 2 * MANY):
                report.line(f"{n} windows {word}", check_large(many_windows(cli, ids, n), kind, word, f"{n} windows of {SMALL}"))
    return report.end()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
