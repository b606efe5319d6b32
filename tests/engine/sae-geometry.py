#!/usr/bin/python3
# Lengths, angles and neighbours of the features of each sparse autoencoder in fixtures/saes against those NumPy gave.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae-geometry.py PRINT-SAE-GEOMETRY [NAME…]    NAME: any part of a path

Lengths within 1e-6 of themselves, cosines within 1e-6, neighbours the same.  Standard library only."""

import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402
import command  # noqa: E402

NEAR = 1e-6


def columns_of(geometry):
    """→ (name, values, whether they are indices), in the order the program prints"""
    for name in ("encoder_norms", "decoder_norms", "encoder_decoder_cosines"):
        yield name, geometry[name], False
    for name in ("nearest_encoder", "nearest_decoder"):
        yield name, geometry[name]["index"], True
        yield name + " cosine", geometry[name]["cosine"], False


def check(program, case):
    outcome = command.run([program, str(engine.FIXTURES / case["path"])])
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
        return
    rows = [line.split() for line in outcome.stdout.splitlines()]
    if len(rows) != case["n"]:
        yield f"{len(rows)} features, not {case['n']}"
        return
    for c, (name, wanted, is_index) in enumerate(columns_of(case["geometry"])):
        for i, (row, want) in enumerate(zip(rows, wanted)):
            if int(row[c]) != want if is_index else not math.isclose(float(row[c]), want, rel_tol=NEAR, abs_tol=NEAR):
                yield f"feature {i}: {name} {row[c]}, not {want}"


if __name__ == "__main__":
    sys.exit(engine.check_each_sae(check, sys.argv[1:], __doc__))
