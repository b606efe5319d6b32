#!/usr/bin/python3
# Codes and reconstructions of each sparse autoencoder in fixtures/saes against those PyTorch and NumPy gave.
# SPDX-License-Identifier: GPL-3.0-or-later
"""sae-codes.py PRINT-SAE-CODES [NAME…]    NAME: any part of a path

Codes within 1e-5, firings the same, sums and errors within 1e-5 of themselves.  Standard library only."""

import math
import pathlib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import engine  # noqa: E402
import command  # noqa: E402

NEAR = 1e-5


def is_near(found, wanted):
    return math.isclose(found, wanted, rel_tol=NEAR, abs_tol=NEAR)


def tokens_of(text):
    """→ squared errors, {feature: code} of each token"""
    rows = [line.split() for line in text.splitlines()]
    return ([float(row[0]) for row in rows],
            [{int(feature): float(code) for feature, code in zip(row[1::2], row[2::2])} for row in rows])


def check_codes(case, codes):
    for t, wanted in enumerate(case["codes"]):
        wanted = {int(feature): code for feature, code in wanted.items()}
        if codes[t].keys() != wanted.keys():
            yield f"token {t}: features {sorted(codes[t])}, not {sorted(wanted)}"
        elif not all(is_near(codes[t][i], wanted[i]) for i in wanted):
            yield f"token {t}: codes {codes[t]}, not {wanted}"


def check_features(case, codes):
    wanted = case["features"]
    for i in range(case["n"]):
        mine = [token[i] for token in codes if i in token]
        if len(mine) != wanted["fires"]["positive"][i]:
            yield f"feature {i}: fires {len(mine)} times, not {wanted['fires']['positive'][i]}"
        for name, found in (("sum", sum(mine)), ("max", max(mine, default=0)), ("sum_squares", sum(code * code for code in mine))):
            if not is_near(found, wanted[name][i]):
                yield f"feature {i}: {name} {found}, not {wanted[name][i]}"


def check(program, case):
    outcome = command.run([program, str(engine.FIXTURES / case["path"]), str(engine.FIXTURES / "saes/x.safetensors")])
    yield from outcome.trouble()
    if outcome.exit != 0:
        yield f"exit {outcome.exit}: {outcome.stderr.strip()[:300]}"
        return
    errors, codes = tokens_of(outcome.stdout)
    yield from check_codes(case, codes)
    yield from check_features(case, codes)
    mse = sum(errors) / len(errors)
    if not is_near(mse, case["mse"]):
        yield f"mse {mse}, not {case['mse']}"


if __name__ == "__main__":
    sys.exit(engine.check_each_sae(check, sys.argv[1:], __doc__))
