# Densities of many features near a law of ranks, the same in every Python.
# SPDX-License-Identifier: GPL-3.0-or-later
"""Standard library only: who fits them and who checks the fit make them from the same few numbers."""

import math


def noisy_law(law):
    """q_r = scale (r + beta)^-alpha · e^±noise, n of them; noise by Knuth's generator modulo 2^64"""
    state = law["seed"]
    found = []
    for r in range(law["n"]):
        state = (6364136223846793005 * state + 1442695040888963407) % 2 ** 64
        found.append(law["scale"] * (r + law["beta"]) ** -law["alpha"] * math.exp(law["noise"] * (state / 2 ** 63 - 1)))
    return found
