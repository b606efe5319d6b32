#!/usr/bin/python3
# Two published autoencoders on the activations they were trained on, as far as these can be made again: firings as an oracle has them.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_real.py CLI FOLDER           exit 77 where FOLDER, of Theosdoor/list-comp's files, is not there"""

import json
import pathlib
import subprocess
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import command  # noqa: E402
from compare import Report  # noqa: E402
from sae_figures import Result, near  # noqa: E402


def check(cli, path, activations, wanted):
    outcome = command.run([cli, "analyze", "-q", "-a", "sae-features", str(path), str(activations),
                           "-s", "sae-features.activation=jumprelu"])
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()}"
        return
    result = Result(outcome.stdout)
    summary = result.named("summary")
    off = sum(abs(row["fired"] - n) for row, n in zip(result.rows("features"), wanted["fires"]))
    if off > wanted["near"]:
        yield f"{off} firings are others, though only {wanted['near']} are near their threshold"
    if not near(summary["l0"], wanted["l0"], relative=wanted["near"] / 10000 / wanted["l0"]):
        yield f"L0 is {summary['l0']}, not {wanted['l0']}"
    if not near(summary["fvu"], wanted["fvu"], relative=1e-3):
        yield f"FVU is {summary['fvu']}, not {wanted['fvu']}"


def main():
    cli, folder = sys.argv[1], pathlib.Path(sys.argv[2])
    if not folder.is_dir():
        print(f"skipped: {folder} is not there")
        sys.exit(77)
    report = Report()
    with tempfile.TemporaryDirectory() as scratch:
        for name, wanted in json.loads((HERE / "sae-real.json").read_text()).items():
            activations = pathlib.Path(scratch) / "x.npy"
            subprocess.run(["/usr/bin/python3", str(HERE / "sae-real.py"), "--npy", str(activations), "--of", name, str(folder)],
                           check=True)
            report.line(name, check(cli, folder / name, activations, wanted))
    sys.exit(report.end())


if __name__ == "__main__":
    main()
