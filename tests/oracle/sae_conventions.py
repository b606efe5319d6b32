#!/usr/bin/python3
# Where libraries of sparse autoencoders disagree: what is assumed, what is said of it, and that it can be had the other way.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae_conventions.py CLI

Standard library only.  The figures are saes.json's."""

import json
import math
import pathlib
import shutil
import sys
import tempfile

sys.dont_write_bytecode = True
HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
from compare import Report  # noqa: E402
from sae_figures import FIXTURES, analyze, differ  # noqa: E402

DUMP = FIXTURES / "saes/x.safetensors"


# embeddings

def check_embeddings(cli, case, path, is_scaled, is_said, *words):
    """is_scaled: whether weights are as SAELens has them once it has loaded them; is_said: the result says so was assumed."""
    outcome, result = analyze(cli, path, DUMP, *words)
    yield from outcome.trouble()
    rows, geometry, root = result.rows("features"), case["geometry"], 1 if is_scaled else math.sqrt(case["d"])
    yield from differ("the encoder's norm", [r["encoder_norm"] for r in rows], [n * root for n in geometry["encoder_norms"]])
    yield from differ("the decoder's norm", [r["decoder_norm"] for r in rows], [n / root for n in geometry["decoder_norms"]])
    is_same = [r["fired"] for r in rows] == case["features"]["fires"]["positive"]
    if is_same != is_scaled:
        yield f"firings are {'those' if is_same else 'others than those'} of scaled weights"
    if (fact := result.named("autoencoder")["of_embeddings"]) != ("yes" if is_scaled else "no"):
        yield f"of embeddings: {fact}"
    if any("as SAELens loads these" in note for note in result.result["notes"]) != is_said:
        yield f"the notes are {result.result['notes']}"


def check_all_embeddings(cli, report, case):
    path = FIXTURES / case["path"]
    report.line("of embeddings, by the folder", check_embeddings(cli, case, path, True, True))
    report.line("of embeddings, the folder opened", check_embeddings(cli, case, path.parent, True, True))
    report.line("of embeddings, said not to be", check_embeddings(cli, case, path, False, False, "-s", "sae-features.embeddings=no"))
    for place, *words in (("layer_3/width_40/average_l0_6",), ("embedding/layer_3/average_l0_6",), ("embedding/a/b/c/d",),
                          ("elsewhere", "-s", "sae-features.embeddings=yes")):
        with tempfile.TemporaryDirectory() as folder:
            copy = pathlib.Path(folder) / place / "params.npz"
            copy.parent.mkdir(parents=True)
            shutil.copyfile(path, copy)
            report.line(" ".join(("of embeddings in", place, *words)), check_embeddings(cli, case, copy, bool(words), False, *words))


def main():
    cli, report = sys.argv[1], Report()
    by_path = {case["path"].removeprefix("saes/"): case for case in json.loads((FIXTURES / "saes.json").read_text())["cases"]}
    check_all_embeddings(cli, report, by_path["embedding/width_40/average_l0_6/params.npz"])
    sys.exit(report.end())


if __name__ == "__main__":
    main()
